/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "inherited_limits.h"

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define NOBODY 65534u

/* In a process of its own, since what it lowers stays so: its exit status. */
static int in_child(int (*test)(void))
{
    int status = -1;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(test());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool is_now(__rlimit_resource_t resource, rlim_t soft, rlim_t hard)
{
    struct rlimit limit;

    return !getrlimit(resource, &limit) && limit.rlim_cur == soft && limit.rlim_max == hard;
}

/* A user who may not raise what is hard. */
static int as_user(void)
{
    const struct rlimit time = {1000, 2000}, files = {3000, 4000};

    if (!geteuid() && setresuid(NOBODY, NOBODY, NOBODY))
        return 1;
    if (setrlimit(RLIMIT_CPU, &time) || setrlimit(RLIMIT_FSIZE, &files))
        return 2;
    if (inherited_limits_raise() != 2000)
        return 3;
    return is_now(RLIMIT_CPU, 2000, 2000) && is_now(RLIMIT_FSIZE, 4000, 4000) ? 0 : 4;
}

static int as_user_with_a_soft_limit(void)
{
    const struct rlimit time = {1000, RLIM_INFINITY};

    if (!is_now(RLIMIT_CPU, RLIM_INFINITY, RLIM_INFINITY))
        return 77;
    if (!geteuid() && setresuid(NOBODY, NOBODY, NOBODY))
        return 1;
    if (setrlimit(RLIMIT_CPU, &time))
        return 2;
    return inherited_limits_raise() || !is_now(RLIMIT_CPU, RLIM_INFINITY, RLIM_INFINITY) ? 3 : 0;
}

/* Root, but not of every container. */
static int as_who_may(void)
{
    const struct rlimit time = {1000, 2000}, none = {RLIM_INFINITY, RLIM_INFINITY};

    if (setrlimit(RLIMIT_CPU, &time))
        return 2;
    if (setrlimit(RLIMIT_CPU, &none))
        return 77;
    if (setrlimit(RLIMIT_CPU, &time))
        return 2;
    return inherited_limits_raise() || !is_now(RLIMIT_CPU, RLIM_INFINITY, RLIM_INFINITY) ? 3 : 0;
}

START_TEST(soft_limits_are_raised_and_the_hard_one_of_time_is_told)
{
    ck_assert_int_eq(in_child(as_user), 0);
}
END_TEST

START_TEST(a_soft_limit_of_time_goes)
{
    int result = in_child(as_user_with_a_soft_limit);

    ck_assert(!result || result == 77); /* 77: the test itself runs under a hard one */
}
END_TEST

START_TEST(who_may_raise_a_hard_limit_has_none_of_time)
{
    int result = in_child(as_who_may);

    ck_assert(!result || result == 77);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("limits");
    UNIT_TEST(soft_limits_are_raised_and_the_hard_one_of_time_is_told);
    UNIT_TEST(a_soft_limit_of_time_goes);
    UNIT_TEST(who_may_raise_a_hard_limit_has_none_of_time);
    return UNIT_END();
}
