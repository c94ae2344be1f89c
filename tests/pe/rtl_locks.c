/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Locks and what stands on waiting for an address, under eight threads; nobody may be lost or let
 * in twice. */
#include "rtl.h"

NTSTATUS NTAPI RtlEnterCriticalSection(RTL_CRITICAL_SECTION *);
NTSTATUS NTAPI RtlLeaveCriticalSection(RTL_CRITICAL_SECTION *);
BOOL NTAPI RtlTryEnterCriticalSection(RTL_CRITICAL_SECTION *);
NTSTATUS NTAPI RtlInitializeCriticalSection(RTL_CRITICAL_SECTION *);
NTSTATUS NTAPI RtlDeleteCriticalSection(RTL_CRITICAL_SECTION *);
void NTAPI RtlAcquireSRWLockExclusive(void *);
void NTAPI RtlReleaseSRWLockExclusive(void *);
void NTAPI RtlAcquireSRWLockShared(void *);
void NTAPI RtlReleaseSRWLockShared(void *);
BOOLEAN NTAPI RtlTryAcquireSRWLockExclusive(void *);
BOOLEAN NTAPI RtlTryAcquireSRWLockShared(void *);
NTSTATUS NTAPI RtlSleepConditionVariableCS(void *, RTL_CRITICAL_SECTION *, const LARGE_INTEGER *);
NTSTATUS NTAPI RtlSleepConditionVariableSRW(void *, void *, const LARGE_INTEGER *, ULONG);
void NTAPI RtlWakeConditionVariable(void *);
void NTAPI RtlWakeAllConditionVariable(void *);
NTSTATUS NTAPI RtlWaitOnAddress(const void *, const void *, SIZE_T, const LARGE_INTEGER *);
void NTAPI RtlWakeAddressSingle(const void *);
void NTAPI RtlWakeAddressAll(const void *);
NTSTATUS NTAPI NtTerminateThread(HANDLE, NTSTATUS);
DWORD NTAPI RtlRunOnceExecuteOnce(RTL_RUN_ONCE *, DWORD(NTAPI *)(RTL_RUN_ONCE *, void *, void **),
                                  void *, void **);
DWORD NTAPI RtlRunOnceBeginInitialize(RTL_RUN_ONCE *, DWORD, void **);
DWORD NTAPI RtlRunOnceComplete(RTL_RUN_ONCE *, DWORD, void *);

void *NTAPI RtlAddVectoredExceptionHandler(ULONG, LONG(NTAPI *)(EXCEPTION_POINTERS *));
ULONG NTAPI RtlRemoveVectoredExceptionHandler(void *);

enum { N_THREADS = 8, N_ROUNDS = 20000 };

/* As a compiler initialises it: nobody calls Initialize. */
static RTL_CRITICAL_SECTION static_section = {(void *)(LONG_PTR)-1, -1, 0, 0, 0, 0};
static long counter;

static void NTAPI count_in_section(void *arg)
{
    (void)arg;
    for (int i = 0; i < N_ROUNDS; i++) {
        RtlEnterCriticalSection(&static_section);
        if (i % 3 == 0)
            RtlEnterCriticalSection(&static_section);
        counter++;
        if (i % 3 == 0)
            RtlLeaveCriticalSection(&static_section);
        RtlLeaveCriticalSection(&static_section);
    }
    RtlExitUserThread(0);
}

static void test_section(void)
{
    RTL_CRITICAL_SECTION cs;

    run_threads(N_THREADS, count_in_section);
    is_number(counter, N_THREADS * N_ROUNDS, "a static section lets one in at a time");
    is_number(static_section.LockCount, -1, "and is free as in the beginning");
    RtlInitializeCriticalSection(&cs);
    ok(cs.LockCount == -1 && !cs.RecursionCount && cs.DebugInfo, "a section is made");
    RtlEnterCriticalSection(&cs);
    ok(RtlTryEnterCriticalSection(&cs), "its owner enters again");
    is_number(cs.RecursionCount, 2, "twice");
    RtlLeaveCriticalSection(&cs);
    RtlLeaveCriticalSection(&cs);
    RtlDeleteCriticalSection(&cs);
}

static void *srw, *condition, *other_condition;
static long readers, writers, violations, total;

static void NTAPI read_and_write(void *arg)
{
    int self = (int)(ULONG_PTR)arg;

    for (int i = 0; i < N_ROUNDS; i++) {
        if ((i + self) % 4) {
            RtlAcquireSRWLockShared(&srw);
            __sync_fetch_and_add(&readers, 1);
            if (writers)
                __sync_fetch_and_add(&violations, 1);
            __sync_fetch_and_sub(&readers, 1);
            RtlReleaseSRWLockShared(&srw);
        } else {
            RtlAcquireSRWLockExclusive(&srw);
            writers++;
            if (readers || writers != 1)
                __sync_fetch_and_add(&violations, 1);
            total++;
            writers--;
            RtlReleaseSRWLockExclusive(&srw);
        }
    }
    RtlExitUserThread(0);
}

static void test_srw(void)
{
    run_threads(N_THREADS, read_and_write);
    is_number(violations, 0, "writers are alone, readers are not with writers");
    is_number(total, N_THREADS * N_ROUNDS / 4, "every writer came in");
    ok(!srw, "the lock is free: all zero");
    ok(RtlTryAcquireSRWLockShared(&srw) && RtlTryAcquireSRWLockShared(&srw), "two readers");
    ok(!RtlTryAcquireSRWLockExclusive(&srw), "and no writer");
    RtlReleaseSRWLockShared(&srw);
    RtlReleaseSRWLockShared(&srw);
    ok(RtlTryAcquireSRWLockExclusive(&srw) && !RtlTryAcquireSRWLockShared(&srw), "a writer alone");
    RtlReleaseSRWLockExclusive(&srw);
}

/* A queue of one place: producers and consumers meet on two conditions. */
static long place, produced, consumed;

static void NTAPI produce_or_consume(void *arg)
{
    int consumer = (int)(ULONG_PTR)arg % 2;

    for (int i = 0; i < 3000; i++) {
        RtlAcquireSRWLockExclusive(&srw);
        while (consumer ? !place : place)
            RtlSleepConditionVariableSRW(consumer ? &condition : &other_condition, &srw, NULL, 0);
        place = !consumer;
        if (consumer)
            consumed++;
        else
            produced++;
        RtlReleaseSRWLockExclusive(&srw);
        RtlWakeConditionVariable(consumer ? &other_condition : &condition);
    }
    RtlExitUserThread(0);
}

static void test_conditions(void)
{
    LARGE_INTEGER soon = {.QuadPart = -10000};

    run_threads(N_THREADS, produce_or_consume);
    ok(produced == 12000 && consumed == 12000 && !place, "no wake-up is lost");
    RtlEnterCriticalSection(&static_section);
    is_status(RtlSleepConditionVariableCS(&condition, &static_section, &soon), STATUS_TIMEOUT,
              "a sleep without a wake-up times out");
    ok(static_section.RecursionCount == 1, "with the section entered again");
    RtlLeaveCriticalSection(&static_section);
}

static volatile long baton;

static void NTAPI pass_baton(void *arg)
{
    long self = (long)(ULONG_PTR)arg;

    for (int i = 0; i < 2000; i++) {
        for (;;) {
            long seen = baton;
            if (seen % N_THREADS == self)
                break;
            RtlWaitOnAddress((void *)&baton, &seen, sizeof(seen), NULL);
        }
        baton = baton + 1;
        RtlWakeAddressAll((void *)&baton);
    }
    RtlExitUserThread(0);
}

static void test_addresses(void)
{
    LARGE_INTEGER soon = {.QuadPart = -10000};
    ULONGLONG value = 0x1122334455667788, compare = value;

    run_threads(N_THREADS, pass_baton);
    is_number(baton, 2000 * N_THREADS, "the baton went round");
    for (SIZE_T size = 1; size <= 8; size *= 2) {
        is_status(RtlWaitOnAddress(&value, &compare, size, &soon), STATUS_TIMEOUT,
                  "%u bytes that stay: time-out", (unsigned)size);
        ULONGLONG different = ~value;
        is_status(RtlWaitOnAddress(&value, &different, size, NULL), 0,
                  "%u bytes that differ: at once", (unsigned)size);
    }
    is_status(RtlWaitOnAddress(&value, &compare, 3, &soon), STATUS_INVALID_PARAMETER, "3 bytes");
}

static volatile long word, n_begun;

static void NTAPI wait_for_word(void *arg)
{
    const long zero = 0;

    (void)arg;
    __sync_fetch_and_add(&n_begun, 1);
    while (!word)
        RtlWaitOnAddress((void *)&word, &zero, sizeof(zero), NULL);
    RtlExitUserThread(0);
}

/* Likely asleep by the time this returns; what follows must be right in any case. */
static HANDLE waiter_start(void)
{
    HANDLE thread;

    n_begun = 0;
    if (RtlCreateUserThread((HANDLE)(LONG_PTR)-1, NULL, FALSE, 0, 0, 0, wait_for_word, NULL,
                            &thread, NULL))
        bail_out("no thread");
    while (!n_begun)
        NtYieldExecution();
    for (int i = 0; i < 20; i++)
        NtYieldExecution();
    return thread;
}

static void thread_join(HANDLE thread)
{
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
}

/* As happens to all but one when a process exits. */
static void test_ended_waiters(void)
{
    int n;

    for (n = 0; n < 200; n++) {
        HANDLE ended[3], survivor;

        word = 0;
        for (int i = 0; i < COUNT(ended); i++)
            ended[i] = waiter_start();
        survivor = waiter_start();
        for (int i = 0; i < COUNT(ended); i++) {
            NtTerminateThread(ended[i], 0);
            thread_join(ended[i]);
        }
        word = 1;
        RtlWakeAddressSingle((void *)&word);
        thread_join(survivor);
    }
    ok(n == 200, "a thread that is ended while it waits takes no wake-up from the others");
}

static RTL_RUN_ONCE once;
static long n_run_once, once_sum;

static DWORD NTAPI run_it(RTL_RUN_ONCE *o, void *parameter, void **context)
{
    (void)o;
    (void)parameter;
    __sync_fetch_and_add(&n_run_once, 1);
    for (int i = 0; i < 100; i++)
        NtYieldExecution();
    *context = (void *)0x1230;
    return TRUE;
}

static void NTAPI all_run_once(void *arg)
{
    void *context = NULL;

    (void)arg;
    if (!RtlRunOnceExecuteOnce(&once, run_it, NULL, &context) && context == (void *)0x1230)
        __sync_fetch_and_add(&once_sum, 1);
    RtlExitUserThread(0);
}

static DWORD NTAPI fail_it(RTL_RUN_ONCE *o, void *parameter, void **context)
{
    (void)o;
    (void)parameter;
    (void)context;
    return FALSE;
}

static void test_once(void)
{
    RTL_RUN_ONCE fresh = {0};
    void *context;

    run_threads(N_THREADS, all_run_once);
    is_number(n_run_once, 1, "run once");
    is_number(once_sum, N_THREADS, "and every thread got the context");
    is_status(RtlRunOnceExecuteOnce(&fresh, fail_it, NULL, NULL), STATUS_UNSUCCESSFUL, "a failure");
    is_status(RtlRunOnceExecuteOnce(&fresh, run_it, NULL, NULL), 0, "can be tried again");
    is_status(RtlRunOnceBeginInitialize(&fresh, RTL_RUN_ONCE_CHECK_ONLY, &context), 0, "checked");
    fresh.Ptr = NULL;
    is_status(RtlRunOnceBeginInitialize(&fresh, RTL_RUN_ONCE_CHECK_ONLY, &context),
              STATUS_UNSUCCESSFUL, "a new one is not done");
    is_status(RtlRunOnceBeginInitialize(&fresh, RTL_RUN_ONCE_ASYNC, &context), STATUS_PENDING,
              "two may run it asynchronously");
    is_status(RtlRunOnceBeginInitialize(&fresh, RTL_RUN_ONCE_ASYNC, &context), STATUS_PENDING,
              "at once");
    is_status(RtlRunOnceComplete(&fresh, 0, NULL), STATUS_UNSUCCESSFUL,
              "ended as asynchronous only");
    is_status(RtlRunOnceComplete(&fresh, RTL_RUN_ONCE_ASYNC, (void *)0x40), 0, "the first ends it");
    is_status(RtlRunOnceComplete(&fresh, RTL_RUN_ONCE_ASYNC, NULL), STATUS_UNSUCCESSFUL,
              "the second is too late");
    is_status(RtlRunOnceBeginInitialize(&fresh, 0, &context), 0, "done");
    ok(context == (void *)0x40, "with the first one's context");
}

static SLIST_HEADER list;
static struct __attribute__((aligned(16))) {
    SLIST_ENTRY entry;
    long owner;
} items[64];
static long doubles;

static void NTAPI push_and_pop(void *arg)
{
    (void)arg;
    for (int i = 0; i < N_ROUNDS; i++) {
        SLIST_ENTRY *entry = RtlInterlockedPopEntrySList(&list);
        if (!entry)
            continue;
        long *owner = &((typeof(&items[0]))entry)->owner;
        if (__sync_fetch_and_add(owner, 1))
            __sync_fetch_and_add(&doubles, 1);
        __sync_fetch_and_sub(owner, 1);
        RtlInterlockedPushEntrySList(&list, entry);
    }
    RtlExitUserThread(0);
}

/* What another thread does between a pop's two steps: the entry goes, and its memory with it. */
static LONG NTAPI empty_list(EXCEPTION_POINTERS *info)
{
    if (info->ExceptionRecord->ExceptionCode != (DWORD)EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    RtlInitializeSListHead(&list);
    ((ULONGLONG *)&list)[0] = 0x50000;
    return EXCEPTION_CONTINUE_SEARCH;
}

static void test_pop_of_freed(void)
{
    void *handler = RtlAddVectoredExceptionHandler(1, empty_list);

    ((ULONGLONG *)&list)[0] = 0x40001;
    ((ULONGLONG *)&list)[1] = 0x10000 | 1; /* nothing is mapped there */
    ok(!RtlInterlockedPopEntrySList(&list), "a pop outlives the memory of an entry that has gone");
    RtlRemoveVectoredExceptionHandler(handler);
}

static void test_slist(void)
{
    test_pop_of_freed();
    RtlInitializeSListHead(&list);
    ok(!RtlInterlockedPopEntrySList(&list), "an empty list");
    for (int i = 0; i < COUNT(items); i++)
        RtlInterlockedPushEntrySList(&list, &items[i].entry);
    ok(RtlInterlockedPopEntrySList(&list) == &items[COUNT(items) - 1].entry, "last in, first out");
    RtlInterlockedPushEntrySList(&list, &items[COUNT(items) - 1].entry);
    run_threads(N_THREADS, push_and_pop);
    is_number(doubles, 0, "no entry is popped by two");
    is_number(RtlQueryDepthSList(&list), COUNT(items), "and none is lost");
}

static void test_main(void)
{
    test_section();
    test_srw();
    test_conditions();
    test_addresses();
    test_ended_waiters();
    test_once();
    test_slist();
}
