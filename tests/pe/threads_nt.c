/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Threads by their native calls: start, end, suspension, contexts, APCs, termination of a thread
 * that runs, waits or is suspended. Nothing here depends on time: threads are met at flags and by
 * waiting for their objects. */
#include <windows.h>

#include "test.h"

#ifndef THREAD_ALL_ACCESS
#error windows.h
#endif

typedef void(NTAPI *apc_function)(ULONG_PTR, ULONG_PTR, ULONG_PTR);
extern NTSTATUS NTAPI NtCreateThreadEx(HANDLE *, ACCESS_MASK, void *, HANDLE, void *, void *, ULONG,
                                       ULONG_PTR, SIZE_T, SIZE_T, void *);
extern NTSTATUS NTAPI NtSuspendThread(HANDLE, ULONG *);
extern NTSTATUS NTAPI NtResumeThread(HANDLE, ULONG *);
extern NTSTATUS NTAPI NtTerminateThread(HANDLE, NTSTATUS);
extern NTSTATUS NTAPI NtGetContextThread(HANDLE, CONTEXT *);
extern NTSTATUS NTAPI NtSetContextThread(HANDLE, const CONTEXT *);
extern NTSTATUS NTAPI NtQueueApcThread(HANDLE, apc_function, ULONG_PTR, ULONG_PTR, ULONG_PTR);
extern NTSTATUS NTAPI NtTestAlert(void);
extern NTSTATUS NTAPI NtWaitForSingleObject_(HANDLE, BOOLEAN,
                                             LARGE_INTEGER *) __asm__("NtWaitForSingleObject");
extern NTSTATUS NTAPI NtDelayExecution(BOOLEAN, LARGE_INTEGER *);
extern NTSTATUS NTAPI NtQueryInformationThread_(HANDLE, ULONG, void *, ULONG,
                                                ULONG *) __asm__("NtQueryInformationThread");
extern NTSTATUS NTAPI NtCreateEvent(HANDLE *, ACCESS_MASK, void *, ULONG, BOOLEAN);
extern NTSTATUS NTAPI NtSetEvent(HANDLE, LONG *);
extern NTSTATUS NTAPI NtYieldExecution(void);

struct basic {
    NTSTATUS exit_status;
    void *teb;
    ULONG_PTR process, thread;
    ULONG_PTR affinity;
    LONG priority, base_priority;
};

static volatile LONG counter, stage;
static HANDLE never;

static NTSTATUS exit_status_of(HANDLE thread)
{
    struct basic info;
    ULONG length = 0;
    NTSTATUS status = NtQueryInformationThread_(thread, 0, &info, sizeof(info), &length);

    return status ? status : info.exit_status;
}

static HANDLE thread_new(void *function, void *argument, ULONG flags)
{
    HANDLE thread = NULL;
    NTSTATUS status = NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, (HANDLE)-1, function,
                                       argument, flags, 0, 0, 0, NULL);

    if (status)
        bail_out("NtCreateThreadEx: %x", (unsigned)status);
    return thread;
}

static void thread_join(HANDLE thread)
{
    NtWaitForSingleObject_(thread, FALSE, NULL);
}

static void stage_wait(LONG wanted)
{
    while (__atomic_load_n(&stage, __ATOMIC_SEQ_CST) < wanted)
        NtYieldExecution();
}

static void stage_set(LONG value)
{
    __atomic_store_n(&stage, value, __ATOMIC_SEQ_CST);
}

static DWORD WINAPI returns_argument(void *argument)
{
    return (DWORD)(ULONG_PTR)argument;
}

static __attribute__((noreturn)) DWORD WINAPI spins(void *unused)
{
    (void)unused;
    stage_set(1);
    for (;;)
        __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
}

static DWORD WINAPI waits(void *alertable)
{
    stage_set(1);
    return (DWORD)NtWaitForSingleObject_(never, alertable != NULL, NULL);
}

static void thread_ends_with_its_result(void)
{
    HANDLE thread = thread_new(returns_argument, (void *)77, 0);

    thread_join(thread);
    is_status(exit_status_of(thread), 77, "a thread's exit status is what its function returned");
    is_status(NtResumeThread(thread, NULL), 0, "an ended thread can be resumed without effect");
    ok(NtSuspendThread(thread, NULL) == (NTSTATUS)0xc000004b, "but not suspended");
}

static void suspended_thread_does_not_run(void)
{
    HANDLE thread;
    ULONG count = 99;
    LONG before;
    unsigned i;

    stage_set(0);
    thread = thread_new(spins, NULL, 0);
    stage_wait(1);
    is_status(NtSuspendThread(thread, &count), 0, "a spinning thread is suspended");
    ok(count == 0, "its count was 0");
    before = __atomic_load_n(&counter, __ATOMIC_SEQ_CST);
    for (i = 0; i < 1000; i++)
        NtYieldExecution();
    ok(__atomic_load_n(&counter, __ATOMIC_SEQ_CST) == before, "it does not run from then on");
    NtSuspendThread(thread, &count);
    NtResumeThread(thread, &count);
    ok(count == 2, "suspensions count");
    NtResumeThread(thread, &count);
    while (__atomic_load_n(&counter, __ATOMIC_SEQ_CST) == before)
        NtYieldExecution();
    ok(count == 1, "after as many resumes it runs");
    is_status(NtTerminateThread(thread, 5), 0, "it is terminated while it spins");
    thread_join(thread);
    is_status(exit_status_of(thread), 5, "its exit status is the terminator's");
}

static void suspend_resume_storm(void)
{
    HANDLE thread;
    unsigned i, failed = 0;
    CONTEXT context;

    stage_set(0);
    thread = thread_new(spins, NULL, 0);
    stage_wait(1);
    for (i = 0; i < 2000; i++) {
        context.ContextFlags = CONTEXT_CONTROL;
        failed += !!NtSuspendThread(thread, NULL);
        failed += !!NtGetContextThread(thread, &context);
        failed += !context.Rip;
        failed += !!NtResumeThread(thread, NULL);
    }
    ok(!failed, "2000 suspend, context, resume");
    NtTerminateThread(thread, 0);
    thread_join(thread);
}

static __attribute__((noreturn)) DWORD WINAPI calls_forever(void *unused)
{
    (void)unused;
    stage_set(1);
    for (;;)
        NtYieldExecution();
}

/* The races of a system call's exit (dispatch.S, RACE 1). */
static void storm_on_system_calls(void)
{
    HANDLE thread;
    unsigned i, failed = 0;
    CONTEXT context;

    stage_set(0);
    thread = thread_new(calls_forever, NULL, 0);
    stage_wait(1);
    for (i = 0; i < 5000; i++) {
        context.ContextFlags = CONTEXT_FULL;
        failed += !!NtSuspendThread(thread, NULL);
        failed += !!NtGetContextThread(thread, &context);
        failed += !!NtSetContextThread(thread, &context);
        failed += !!NtResumeThread(thread, NULL);
    }
    ok(!failed, "5000 suspend, get and set context, resume of a thread in system calls");
    NtTerminateThread(thread, 0);
    thread_join(thread);
    is_status(exit_status_of(thread), 0, "and it can be terminated");
}

static void context_can_be_moved(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};
    HANDLE thread = thread_new(returns_argument, (void *)1, 1);

    is_status(NtGetContextThread(thread, &context), 0,
              "the context of a thread that was made suspended");
    ok(context.Rip != 0 && context.Rsp % 16 == 8, "it has a rip and a stack");
    NtTerminateThread(thread, 9);
    thread_join(thread);
    is_status(exit_status_of(thread), 9, "a thread that never ran is terminated");

    stage_set(0);
    thread = thread_new(spins, NULL, 0);
    stage_wait(1);
    NtSuspendThread(thread, NULL);
    context.ContextFlags = CONTEXT_FULL;
    NtGetContextThread(thread, &context);
    context.Rip = (DWORD64)returns_argument;
    context.Rcx = 33;
    context.Rsp = (context.Rsp & ~(DWORD64)15) - 0x88;
    *(void **)context.Rsp = (void *)(DWORD64)0; /* it never returns: see below */
    context.Rip = (DWORD64)waits;
    context.Rcx = 0;
    stage_set(0);
    is_status(NtSetContextThread(thread, &context), 0, "a context is set");
    NtResumeThread(thread, NULL);
    stage_wait(1);
    ok(1, "the thread goes on in the other function");
    NtTerminateThread(thread, 4);
    thread_join(thread);
    is_status(exit_status_of(thread), 4, "a waiting thread is terminated");
}

/* No breakpoint is set, and nobody is told that one was. */
static void breakpoints_are_refused(void)
{
    CONTEXT context = {.ContextFlags = CONTEXT_DEBUG_REGISTERS, .Dr0 = 1, .Dr7 = 1};
    HANDLE thread = thread_new(returns_argument, (void *)1, 1);

    is_status(NtGetContextThread(thread, &context), 0, "the debug registers of a thread");
    ok(!context.Dr0 && !context.Dr7, "are zero");
    is_status(NtSetContextThread(thread, &context), 0, "and may be set to that");
    context.Dr7 = 1;
    is_status(NtSetContextThread(thread, &context), (NTSTATUS)0xc00000bb, "not enabled");
    context.Dr7 = 0;
    context.Dr3 = (DWORD64)returns_argument;
    is_status(NtSetContextThread(thread, &context), (NTSTATUS)0xc00000bb, "nor given an address");
    context.ContextFlags = CONTEXT_INTEGER;
    is_status(NtGetContextThread(thread, &context), 0, "another part of the context");
    is_status(NtSetContextThread(thread, &context), 0, "is set whatever lies in them");
    NtTerminateThread(thread, 9);
    thread_join(thread);
}

static volatile ULONG_PTR apc_seen[3];

static void NTAPI apc_note(ULONG_PTR a, ULONG_PTR b, ULONG_PTR c)
{
    apc_seen[0] = a;
    apc_seen[1] = b;
    apc_seen[2] = c;
    __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
}

static DWORD WINAPI waits_twice(void *unused)
{
    NTSTATUS first, second;

    (void)unused;
    stage_set(1);
    first = NtWaitForSingleObject_(never, TRUE, NULL);
    second = NtWaitForSingleObject_(never, TRUE, NULL);
    return first == 0xc0 && second == 0xc0 ? 0x600d : 0xbad;
}

static void apcs_are_delivered(void)
{
    HANDLE thread;

    counter = 0;
    is_status(NtQueueApcThread((HANDLE)-2, apc_note, 1, 2, 3), 0, "an APC to oneself");
    ok(counter == 0, "does not run by itself");
    NtTestAlert();
    ok(counter == 1 && apc_seen[0] == 1 && apc_seen[1] == 2 && apc_seen[2] == 3,
       "it runs in NtTestAlert with its arguments");
    NtQueueApcThread((HANDLE)-2, apc_note, 4, 5, 6);
    NtQueueApcThread((HANDLE)-2, apc_note, 7, 8, 9);
    is_status(NtWaitForSingleObject_(never, TRUE, NULL), 0xc0,
              "an alertable wait ends with USER_APC");
    ok(counter == 3 && apc_seen[0] == 7, "both queued APCs have run, in order");
    stage_set(0);
    thread = thread_new(waits_twice, NULL, 0);
    stage_wait(1);
    NtQueueApcThread(thread, apc_note, 10, 0, 0);
    while (__atomic_load_n(&counter, __ATOMIC_SEQ_CST) < 4)
        NtYieldExecution();
    NtQueueApcThread(thread, apc_note, 11, 0, 0);
    thread_join(thread);
    is_status(exit_status_of(thread), 0x600d,
              "each of two waits of another thread ends by one APC");
    ok(apc_seen[0] == 11, "the second came second");
}

static void waiting_thread_is_terminated(void)
{
    HANDLE thread;

    stage_set(0);
    thread = thread_new(waits, NULL, 0);
    stage_wait(1);
    NtTerminateThread(thread, 6);
    thread_join(thread);
    is_status(exit_status_of(thread), 6, "a thread in a wait without end is terminated");
    stage_set(0);
    thread = thread_new(spins, NULL, 0);
    stage_wait(1);
    NtSuspendThread(thread, NULL);
    NtTerminateThread(thread, 7);
    thread_join(thread);
    is_status(exit_status_of(thread), 7, "a suspended thread is terminated");
}

static void many_threads(void)
{
    HANDLE threads[16];
    unsigned round, i, failed = 0;

    for (round = 0; round < 16; round++) {
        for (i = 0; i < 16; i++)
            threads[i] = thread_new(returns_argument, (void *)(ULONG_PTR)i, 0);
        for (i = 0; i < 16; i++) {
            thread_join(threads[i]);
            failed += exit_status_of(threads[i]) != (NTSTATUS)i;
        }
    }
    ok(!failed, "256 threads come and go");
}

static void test_main(void)
{
    NtCreateEvent(&never, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    thread_ends_with_its_result();
    suspended_thread_does_not_run();
    suspend_resume_storm();
    storm_on_system_calls();
    context_can_be_moved();
    breakpoints_are_refused();
    apcs_are_delivered();
    waiting_thread_is_terminated();
    many_threads();
    /* Ends with a thread still spinning: the process must end all the same. */
    stage_set(0);
    thread_new(spins, NULL, 0);
    stage_wait(1);
    done_testing();
}
