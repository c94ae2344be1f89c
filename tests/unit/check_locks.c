/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Critical sections, SRW locks and conditions on native threads, so that the thread sanitizer can
 * see them (tests/pe/rtl_locks.c runs them for real).
 */
#include "rtl.h"

#include <pthread.h>

#include "rtl_native.h"
#include "unit.h"

enum { N_THREADS = 8, N_ROUNDS = 5000 };

static void run(void *(*function)(void *))
{
    pthread_t threads[N_THREADS];

    for (long i = 0; i < N_THREADS; i++)
        pthread_create(&threads[i], NULL, function, (void *)i);
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
}

static RTL_CRITICAL_SECTION section = {.LockCount = -1};
static RTL_SRWLOCK srw;
static RTL_CONDITION_VARIABLE filled, emptied;
static long counter, place, n_taken; /* plain: the locks alone make them safe */

static void *count_in_section(void *arg)
{
    (void)arg;
    rtl_native_thread();
    for (int i = 0; i < N_ROUNDS; i++) {
        RtlEnterCriticalSection(&section);
        counter++;
        RtlLeaveCriticalSection(&section);
    }
    return NULL;
}

START_TEST(a_critical_section_lets_one_in)
{
    run(count_in_section);
    ck_assert_int_eq(counter, N_THREADS * N_ROUNDS);
    ck_assert_int_eq(section.LockCount, -1);
}
END_TEST

static void *read_and_write(void *arg)
{
    long seen = 0;

    rtl_native_thread();
    for (int i = 0; i < N_ROUNDS; i++) {
        if ((i + (long)arg) % 4) {
            RtlAcquireSRWLockShared(&srw);
            seen += counter;
            RtlReleaseSRWLockShared(&srw);
        } else {
            RtlAcquireSRWLockExclusive(&srw);
            counter++;
            RtlReleaseSRWLockExclusive(&srw);
        }
    }
    return (void *)seen;
}

START_TEST(writers_are_alone)
{
    counter = 0;
    run(read_and_write);
    ck_assert_int_eq(counter, N_THREADS * N_ROUNDS / 4);
    ck_assert_ptr_null(srw.Ptr);
}
END_TEST

static void *pass(void *arg)
{
    BOOL taker = (long)arg % 2;

    rtl_native_thread();
    for (int i = 0; i < N_ROUNDS / 5; i++) {
        RtlEnterCriticalSection(&section);
        while (taker ? !place : place)
            RtlSleepConditionVariableCS(taker ? &filled : &emptied, &section, NULL);
        place = !taker;
        n_taken += taker;
        RtlLeaveCriticalSection(&section);
        RtlWakeConditionVariable(taker ? &emptied : &filled);
    }
    return NULL;
}

START_TEST(no_wake_up_is_lost)
{
    run(pass);
    ck_assert_int_eq(n_taken, N_THREADS / 2 * N_ROUNDS / 5);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("locks");
    UNIT_TEST(a_critical_section_lets_one_in);
    UNIT_TEST(writers_are_alone);
    UNIT_TEST(no_wake_up_is_lost);
    return UNIT_END();
}
