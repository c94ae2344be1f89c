/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "semaphore.h"

#include "server_fixture.h"

START_TEST(counts_stay_between_zero_and_the_maximum)
{
    struct server *server = fixture_start();
    struct object *object;
    struct semaphore *semaphore;
    uint32_t previous = 77;

    ck_assert_uint_eq(semaphore_new(server, NULL, 1, 3, &object), STATUS_SUCCESS);
    semaphore = semaphore_from_object(object);
    ck_assert_uint_eq(semaphore_release(semaphore, 2, &previous), STATUS_SUCCESS);
    ck_assert_uint_eq(previous, 1);
    ck_assert_uint_eq(semaphore_release(semaphore, 1, &previous), STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    ck_assert_uint_eq(semaphore->count, 3);
    ck_assert_uint_eq(semaphore_release(semaphore, 0, &previous), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(semaphore_release(semaphore, 0x80000000, &previous),
                      STATUS_INVALID_PARAMETER);
    for (int i = 0; i < 3; i++) {
        ck_assert(semaphore_ops.signaled(object, (struct thread_id){0}));
        semaphore_ops.acquire(object, (struct thread_id){0});
    }
    ck_assert(!semaphore_ops.signaled(object, (struct thread_id){0}));
    object_unref(object);
    fixture_end();
}
END_TEST

START_TEST(impossible_semaphores_are_refused)
{
    struct server *server = fixture_start();
    struct object *object;

    ck_assert_uint_eq(semaphore_new(server, NULL, 0, 0, &object), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(semaphore_new(server, NULL, 2, 1, &object), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(semaphore_new(server, NULL, 0, 0x80000000, &object),
                      STATUS_INVALID_PARAMETER);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("semaphore");
    UNIT_TEST(counts_stay_between_zero_and_the_maximum);
    UNIT_TEST(impossible_semaphores_are_refused);
    return UNIT_END();
}
