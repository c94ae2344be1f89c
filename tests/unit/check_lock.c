/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The robust mutex across processes. */

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lane/lock.h"
#include "unit.h"

static struct robust_lock *shared_lock(void)
{
    struct robust_lock *lock =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(lock, MAP_FAILED);
    lock_init(lock);
    return lock;
}

static void die_holding(struct robust_lock *lock)
{
    pid_t pid = fork();

    if (pid == 0) {
        enum lock_result result = lock_take(lock);
        _exit(result == LOCK_UNUSABLE);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}

START_TEST(a_lock_whose_owner_died_is_taken_for_repair)
{
    struct robust_lock *lock = shared_lock();

    die_holding(lock);
    ck_assert_int_eq(lock_take(lock), LOCK_REPAIR);
    lock_repaired(lock);
    lock_drop(lock);
    ck_assert_int_eq(lock_take(lock), LOCK_TAKEN);
    lock_drop(lock);
}
END_TEST

START_TEST(a_lock_dropped_without_repair_is_unusable)
{
    struct robust_lock *lock = shared_lock();

    die_holding(lock);
    ck_assert_int_eq(lock_take(lock), LOCK_REPAIR);
    lock_drop(lock);
    ck_assert_int_eq(lock_take(lock), LOCK_UNUSABLE);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("lock");
    UNIT_TEST(a_lock_whose_owner_died_is_taken_for_repair);
    UNIT_TEST(a_lock_dropped_without_repair_is_unusable);
    return UNIT_END();
}
