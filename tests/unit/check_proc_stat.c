/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/proc_stat.h"
#include "unit.h"

START_TEST(a_process_tells_of_itself)
{
    struct proc_stat stat = {0};

    ck_assert(proc_stat_of(getpid(), &stat));
    ck_assert_int_eq(stat.parent, getppid());
    ck_assert_int_eq(stat.nice, getpriority(PRIO_PROCESS, 0));
    ck_assert_int_eq(stat.state, 'R');
    ck_assert_uint_gt(stat.start, 0);
    ck_assert_uint_gt(stat.resident_pages, 0);
    ck_assert_uint_ge(stat.virtual_bytes, stat.resident_pages * 4096);
}
END_TEST

START_TEST(a_name_with_blanks_and_parentheses_is_read_whole)
{
    struct proc_stat stat = {0};
    char old[16];

    prctl(PR_GET_NAME, old);
    prctl(PR_SET_NAME, "a) R 1 (b)) 2");
    ck_assert(proc_stat_of(getpid(), &stat));
    ck_assert_str_eq(stat.name, "a) R 1 (b)) 2");
    ck_assert_int_eq(stat.parent, getppid());
    prctl(PR_SET_NAME, old);
}
END_TEST

START_TEST(what_has_gone_and_what_is_no_such_file_is_told)
{
    struct proc_stat stat;
    pid_t child = fork();

    if (!child)
        _exit(0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert(!proc_stat_of(child, &stat));
    ck_assert(!proc_stat_read("/dev/null", &stat));
    ck_assert(!proc_stat_read("/proc/self/comm", &stat));
}
END_TEST

int main(void)
{
    UNIT_BEGIN("proc_stat");
    UNIT_TEST(a_process_tells_of_itself);
    UNIT_TEST(a_name_with_blanks_and_parentheses_is_read_whole);
    UNIT_TEST(what_has_gone_and_what_is_no_such_file_is_told);
    return UNIT_END();
}
