/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Events, semaphores, mutants, timers, keyed events, waits for any and all, alerts and APCs. */
#include "nt_api.h"

#include <stdint.h>

static LARGE_INTEGER zero;

struct thread {
    HANDLE handle;
    ULONG id;
};

static struct thread thread_start(void *function, void *argument)
{
    struct thread thread = {NULL, 0};
    CLIENT_ID id;

    if (RtlCreateUserThread(NT_SELF, NULL, FALSE, 0, 0, 0, function, argument, &thread.handle, &id))
        bail_out("no thread");
    thread.id = (ULONG)(ULONG_PTR)id.UniqueThread;
    return thread;
}

static void thread_join(struct thread thread)
{
    NtWaitForSingleObject(thread.handle, FALSE, NULL);
    NtClose(thread.handle);
}

static void test_events(void)
{
    struct {
        ULONG type;
        LONG state;
    } info;
    HANDLE automatic, manual;
    LONG previous = 77;
    ULONG length;

    is_status(NtCreateEvent(&automatic, EVENT_ALL_ACCESS, NULL, 1, FALSE), 0,
              "an auto-reset event");
    is_status(NtCreateEvent(&manual, EVENT_ALL_ACCESS, NULL, 0, TRUE), 0, "a manual-reset event");
    is_status(NtWaitForSingleObject(automatic, FALSE, &zero), STATUS_TIMEOUT,
              "not set: a poll times out");
    is_status(NtSetEvent(automatic, &previous), 0, "set it");
    is_number(previous, 0, "it was not set before");
    NtSetEvent(automatic, &previous);
    is_number(previous, 1, "the second time it was");
    is_status(NtWaitForSingleObject(automatic, FALSE, NULL), 0, "set: the wait returns");
    is_status(NtWaitForSingleObject(automatic, FALSE, &zero), STATUS_TIMEOUT, "and took it");
    is_status(NtWaitForSingleObject(manual, FALSE, &zero), 0, "a manual event stays set");
    is_status(NtWaitForSingleObject(manual, FALSE, &zero), 0, "for every wait");
    is_status(NtQueryEvent(manual, 0, &info, sizeof(info), &length), 0, "query");
    ok(info.type == 0 && info.state == 1 && length == 8, "type, state, length");
    is_status(NtResetEvent(manual, &previous), 0, "reset");
    is_number(previous, 1, "it was set before");
    is_status(NtPulseEvent(manual, NULL), 0, "pulse with nobody there");
    is_status(NtWaitForSingleObject(manual, FALSE, &zero), STATUS_TIMEOUT, "leaves it unset");
    is_status(NtQueryEvent(manual, 0, &info, 4, NULL), STATUS_INFO_LENGTH_MISMATCH,
              "query, wrong length");
    is_status(NtQueryEvent(manual, 1, &info, 8, NULL), STATUS_INVALID_INFO_CLASS,
              "query, wrong class");
    NtClose(manual);
    NtClose(automatic);
    is_status(NtSetEvent(automatic, NULL), STATUS_INVALID_HANDLE, "a closed handle is invalid");
    automatic = (HANDLE)1;
    is_status(NtCreateEvent(&automatic, EVENT_ALL_ACCESS, NULL, 2, FALSE),
              STATUS_INVALID_PARAMETER_4, "no such type of event");
    ok(!automatic, "the handle is zero after a failure");
    is_status(NtCreateEvent(BAD_POINTER, EVENT_ALL_ACCESS, NULL, 0, FALSE), STATUS_ACCESS_VIOLATION,
              "a bad pointer");
    NtCreateEvent(&manual, SYNCHRONIZE, NULL, 0, FALSE);
    is_status(NtSetEvent(manual, NULL), STATUS_ACCESS_DENIED, "setting needs EVENT_MODIFY_STATE");
    NtClose(manual);
    NtCreateEvent(&manual, EVENT_MODIFY_STATE, NULL, 0, FALSE);
    is_status(NtWaitForSingleObject(manual, FALSE, &zero), STATUS_ACCESS_DENIED,
              "waiting needs SYNCHRONIZE");
    NtClose(manual);
}

static void test_semaphores(void)
{
    struct {
        ULONG count, maximum;
    } info;
    HANDLE semaphore;
    ULONG previous;

    is_status(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 2, 1),
              STATUS_INVALID_PARAMETER, "more than the maximum");
    is_status(NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 1, 3), 0, "a semaphore");
    is_status(NtWaitForSingleObject(semaphore, FALSE, &zero), 0, "one");
    is_status(NtWaitForSingleObject(semaphore, FALSE, &zero), STATUS_TIMEOUT, "and no more");
    is_status(NtReleaseSemaphore(semaphore, 2, &previous), 0, "release two");
    is_number(previous, 0, "there were none");
    is_status(NtReleaseSemaphore(semaphore, 2, NULL), STATUS_SEMAPHORE_LIMIT_EXCEEDED,
              "over the limit");
    is_status(NtQuerySemaphore(semaphore, 0, &info, sizeof(info), NULL), 0, "query");
    ok(info.count == 2 && info.maximum == 3, "a refused release changed nothing");
    is_status(NtReleaseSemaphore(semaphore, 0, NULL), STATUS_INVALID_PARAMETER, "release none");
    is_status(NtSetEvent(semaphore, NULL), STATUS_OBJECT_TYPE_MISMATCH, "a semaphore is no event");
    NtClose(semaphore);
}

static HANDLE mutant;
static NTSTATUS seen;

static void WINAPI take_and_leave(void *unused)
{
    (void)unused;
    seen = NtWaitForSingleObject(mutant, FALSE, NULL);
    seen = NtReleaseMutant(mutant, NULL);
    NtWaitForSingleObject(mutant, FALSE, NULL);
    RtlExitUserThread(0); /* owns it still */
}

static void test_mutants(void)
{
    struct {
        LONG count;
        BOOLEAN owned, abandoned;
    } info;
    LONG previous;

    is_status(NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE), 0, "a mutant, owned");
    is_status(NtWaitForSingleObject(mutant, FALSE, &zero), 0, "its owner may take it again");
    is_status(NtQueryMutant(mutant, 0, &info, sizeof(info), NULL), 0, "query");
    ok(info.count == -1 && info.owned && !info.abandoned, "taken twice, by the caller");
    is_status(NtReleaseMutant(mutant, &previous), 0, "release");
    is_number(previous, -1, "the count before");
    is_status(NtReleaseMutant(mutant, &previous), 0, "release again");
    is_number(previous, 0, "it was owned once");
    is_status(NtReleaseMutant(mutant, &previous), STATUS_MUTANT_NOT_OWNED,
              "release what one does not own");
    thread_join(thread_start(take_and_leave, NULL));
    is_status(seen, 0, "another thread took and released it");
    is_status(NtQueryMutant(mutant, 0, &info, sizeof(info), NULL), 0, "query");
    ok(info.count == 1 && info.abandoned, "a thread that ends abandons its mutants");
    is_status(NtWaitForSingleObject(mutant, FALSE, &zero), STATUS_ABANDONED,
              "the next owner is told");
    NtReleaseMutant(mutant, NULL);
    is_status(NtWaitForSingleObject(mutant, FALSE, &zero), 0, "once");
    NtReleaseMutant(mutant, NULL);
    NtClose(mutant);
}

static void test_many(void)
{
    HANDLE events[3], twice[2];
    LARGE_INTEGER time;

    for (int i = 0; i < 3; i++)
        NtCreateEvent(&events[i], EVENT_ALL_ACCESS, NULL, 1, FALSE);
    NtSetEvent(events[2], NULL);
    NtSetEvent(events[1], NULL);
    is_status(NtWaitForMultipleObjects(3, events, 1, FALSE, &zero), 1,
              "any: the lowest index wins");
    is_status(NtWaitForMultipleObjects(3, events, 0, FALSE, nt_ms(&time, 1)), STATUS_TIMEOUT,
              "all: not yet");
    is_status(NtWaitForSingleObject(events[2], FALSE, &zero), 0,
              "a wait for all takes nothing until it ends");
    for (int i = 0; i < 3; i++)
        NtSetEvent(events[i], NULL);
    is_status(NtWaitForMultipleObjects(3, events, 0, FALSE, NULL), 0, "all are set");
    is_status(NtWaitForMultipleObjects(3, events, 1, FALSE, &zero), STATUS_TIMEOUT,
              "and all were taken");
    is_status(NtWaitForMultipleObjects(0, events, 1, FALSE, &zero), STATUS_INVALID_PARAMETER_1,
              "none");
    is_status(NtWaitForMultipleObjects(65, events, 1, FALSE, &zero), STATUS_INVALID_PARAMETER_1,
              "65");
    is_status(NtWaitForMultipleObjects(3, events, 2, FALSE, &zero), STATUS_INVALID_PARAMETER_3,
              "no such type of wait");
    is_status(NtWaitForMultipleObjects(3, BAD_POINTER, 1, FALSE, &zero), STATUS_ACCESS_VIOLATION,
              "a bad array");
    twice[0] = twice[1] = events[0];
    is_status(NtWaitForMultipleObjects(2, twice, 0, FALSE, &zero), STATUS_INVALID_PARAMETER_MIX,
              "all, one twice");
    is_status(NtWaitForMultipleObjects(2, twice, 1, FALSE, &zero), STATUS_TIMEOUT,
              "any, one twice, is fine");
    twice[1] = NEVER_HANDLE;
    is_status(NtWaitForMultipleObjects(2, twice, 1, FALSE, &zero), STATUS_INVALID_HANDLE,
              "one is no handle");
    is_status(NtSignalAndWaitForSingleObject(events[0], events[0], FALSE, &zero), 0,
              "signal and wait for the same");
    for (int i = 0; i < 3; i++)
        NtClose(events[i]);
}

static HANDLE go, done;
static volatile LONG n_woken;

static void WINAPI wake_counter(void *unused)
{
    (void)unused;
    NtReleaseSemaphore(done, 1, NULL);
    if (!NtWaitForSingleObject(go, FALSE, NULL))
        InterlockedIncrement(&n_woken);
    NtReleaseSemaphore(done, 1, NULL);
}

static void test_wake_order(void)
{
    struct thread threads[4];

    NtCreateEvent(&go, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    NtCreateSemaphore(&done, SEMAPHORE_ALL_ACCESS, NULL, 0, 100);
    for (int i = 0; i < 4; i++)
        threads[i] = thread_start(wake_counter, NULL);
    for (int i = 0; i < 4; i++)
        NtWaitForSingleObject(done, FALSE, NULL);
    for (int i = 1; i <= 4; i++) {
        NtSetEvent(go, NULL);
        NtWaitForSingleObject(done, FALSE, NULL);
        ok(n_woken == i, "one set of an auto-reset event wakes one thread (%d)", i);
    }
    for (int i = 0; i < 4; i++)
        thread_join(threads[i]);
    NtClose(go);
    NtClose(done);
}

static void test_timers(void)
{
    HANDLE timer, timers[2];
    BOOLEAN state = 9;
    LARGE_INTEGER due;

    is_status(NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, 0), 0, "a notification timer");
    is_status(NtWaitForSingleObject(timer, FALSE, &zero), STATUS_TIMEOUT, "not due");
    is_status(NtSetTimer(timer, nt_ms(&due, 1), NULL, NULL, FALSE, 0, &state), 0,
              "due in a millisecond");
    is_number(state, 0, "it was not signalled");
    is_status(NtWaitForSingleObject(timer, FALSE, NULL), 0, "it comes");
    is_status(NtWaitForSingleObject(timer, FALSE, &zero), 0, "and stays");
    is_status(NtSetTimer(timer, nt_ms(&due, 1000000), NULL, NULL, FALSE, 0, &state), 0, "set anew");
    is_number(state, 1, "it was signalled");
    is_status(NtCancelTimer(timer, &state), 0, "cancel");
    is_number(state, 0, "setting had cleared it");
    NtClose(timer);
    NtCreateTimer(&timers[0], TIMER_ALL_ACCESS, NULL, 1);
    NtSetTimer(timers[0], nt_ms(&due, 1), NULL, NULL, FALSE, 1, NULL);
    for (int i = 0; i < 3; i++)
        is_status(NtWaitForSingleObject(timers[0], FALSE, NULL), 0, "a periodic timer, time %d", i);
    NtClose(timers[0]);
    is_status(NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, 7), STATUS_INVALID_PARAMETER_4,
              "no such type");
    is_status(NtSetTimer(NEVER_HANDLE, nt_ms(&due, 1), NULL, NULL, FALSE, 0, NULL),
              STATUS_INVALID_HANDLE, "no such timer");
}

/* They fire in the order in which they are due: after another one has, an earlier one would have.
 */
static void test_far_timers(void)
{
    static const LONGLONG far_times[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX};
    HANDLE timer, near_timer;
    LARGE_INTEGER due;

    NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, 0);
    NtCreateTimer(&near_timer, TIMER_ALL_ACCESS, NULL, 0);
    for (int i = 0; i < 3; i++) {
        due.QuadPart = far_times[i];
        is_status(NtSetTimer(timer, &due, NULL, NULL, FALSE, 0, NULL), 0, "due as late as can be");
        NtSetTimer(near_timer, nt_ms(&due, 1), NULL, NULL, FALSE, 0, NULL);
        is_status(NtWaitForSingleObject(near_timer, FALSE, NULL), 0, "another one comes");
        is_status(NtWaitForSingleObject(timer, FALSE, &zero), STATUS_TIMEOUT, "this one has not");
    }
    NtClose(timer);
    NtClose(near_timer);
}

static volatile ULONG_PTR apc_sum, apc_order;

static void WINAPI apc(ULONG_PTR a, ULONG_PTR b, ULONG_PTR c)
{
    apc_sum += a + b + c;
    apc_order = apc_order * 10 + a;
}

static void WINAPI timer_apc(void *context, ULONG low, LONG high)
{
    (void)low, (void)high;
    apc_sum += (ULONG_PTR)context;
}

static void test_apcs(void)
{
    LARGE_INTEGER time;
    HANDLE event, timer;

    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    is_status(NtQueueApcThread(NT_THREAD, apc, 1, 10, 100), 0, "queue an APC to oneself");
    NtQueueApcThread(NT_THREAD, apc, 2, 0, 0);
    is_status(NtWaitForSingleObject(event, FALSE, &zero), STATUS_TIMEOUT,
              "a plain wait does not run it");
    is_number(apc_sum, 0, "it has not run");
    is_status(NtWaitForSingleObject(event, TRUE, NULL), STATUS_USER_APC, "an alertable wait does");
    is_number(apc_sum, 113, "both ran, with their arguments");
    is_number(apc_order, 12, "in order");
    NtQueueApcThread(NT_THREAD, apc, 3, 0, 0);
    is_status(NtTestAlert(), 0, "NtTestAlert");
    is_number(apc_order, 123, "runs them too");
    apc_sum = 0;
    NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, 1);
    NtSetTimer(timer, nt_ms(&time, 1), timer_apc, (void *)5, FALSE, 0, NULL);
    is_status(NtDelayExecution(TRUE, nt_ms(&time, 1000000)), STATUS_USER_APC,
              "a timer's APC ends a delay");
    is_number(apc_sum, 5, "with its context");
    is_status(NtAlertThread(NT_THREAD), 0, "alert oneself");
    is_status(NtDelayExecution(TRUE, nt_ms(&time, 1000000)), STATUS_ALERTED,
              "an alert ends a delay");
    is_status(NtDelayExecution(FALSE, nt_ms(&time, 1)), 0,
              "a delay that ends by itself is a success");
    NtClose(timer);
    NtClose(event);
}

static ULONG main_id;

static void WINAPI alerter(void *unused)
{
    (void)unused;
    NtAlertThreadByThreadId((HANDLE)(ULONG_PTR)main_id);
}

static void test_alert_by_id(void)
{
    char *teb;
    LARGE_INTEGER time;

    __asm__ volatile("movq %%gs:0x30, %0" : "=r"(teb));
    main_id = *(ULONG *)(teb + 0x48);
    is_status(NtWaitForAlertByThreadId(NULL, nt_ms(&time, 1)), STATUS_TIMEOUT,
              "no alert: time-out");
    is_status(NtAlertThreadByThreadId((HANDLE)(ULONG_PTR)main_id), 0, "alert before the wait");
    is_status(NtWaitForAlertByThreadId(NULL, NULL), STATUS_ALERTED, "is kept");
    is_status(NtWaitForAlertByThreadId(NULL, &zero), STATUS_TIMEOUT, "once");
    thread_join(thread_start(alerter, NULL));
    is_status(NtWaitForAlertByThreadId(NULL, NULL), STATUS_ALERTED, "another thread's alert");
    is_status(NtAlertThreadByThreadId((HANDLE)(ULONG_PTR)1), STATUS_INVALID_CID,
              "not a thread of ours");
}

static HANDLE keyed;

static void WINAPI key_waiter(void *key)
{
    seen = NtWaitForKeyedEvent(keyed, key, FALSE, NULL);
}

static void test_keyed(void)
{
    struct thread thread;
    LARGE_INTEGER time;
    static LONG key;

    is_status(NtCreateKeyedEvent(&keyed, 3, NULL, 0), 0, "a keyed event");
    is_status(NtWaitForKeyedEvent(keyed, &key, FALSE, nt_ms(&time, 1)), STATUS_TIMEOUT,
              "nobody releases");
    is_status(NtReleaseKeyedEvent(keyed, &key, FALSE, nt_ms(&time, 1)), STATUS_TIMEOUT,
              "nobody waits");
    is_status(NtWaitForKeyedEvent(keyed, (char *)&key + 1, FALSE, NULL), STATUS_INVALID_PARAMETER_1,
              "an odd key");
    seen = -1;
    thread = thread_start(key_waiter, &key);
    is_status(NtReleaseKeyedEvent(keyed, &key, FALSE, NULL), 0, "a releaser meets its waiter");
    thread_join(thread);
    is_status(seen, 0, "and the waiter its releaser");
    NtClose(keyed);
}

static void test_handles(void)
{
    struct {
        ULONG attributes, access, handles, pointers, rest[10];
    } basic;
    HANDLE event, copy = (HANDLE)1, weak;
    char buffer[512];
    UNICODE_STRING *type = (UNICODE_STRING *)buffer;
    BOOLEAN flags[2] = {FALSE, TRUE};
    ULONG length;

    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    is_status(NtDuplicateObject(NT_SELF, event, NT_SELF, &copy, 0, 0, DUPLICATE_SAME_ACCESS), 0,
              "duplicate");
    NtSetEvent(copy, NULL);
    is_status(NtWaitForSingleObject(event, FALSE, &zero), 0, "both handles mean one event");
    is_status(NtCompareObjects(event, copy), 0, "NtCompareObjects agrees");
    is_status(NtCompareObjects(event, NT_SELF), (NTSTATUS)0xc00001ac, "an event is not a process");
    is_status(NtQueryObject(event, 0, &basic, sizeof(basic), &length), 0, "query");
    ok(basic.handles == 2 && basic.access == EVENT_ALL_ACCESS, "two handles, full access");
    is_status(NtQueryObject(event, 2, buffer, sizeof(buffer), &length), 0, "query the type");
    ok(type->Length == 10 && type->Buffer[0] == 'E', "it is an Event");
    is_status(NtDuplicateObject(NT_SELF, event, NT_SELF, &weak, SYNCHRONIZE, 0, 0), 0,
              "a weaker handle");
    is_status(NtSetEvent(weak, NULL), STATUS_ACCESS_DENIED, "cannot set the event");
    NtClose(weak);
    is_status(NtSetInformationObject(copy, 4, flags, sizeof(flags)), 0, "protect a handle");
    is_status(NtClose(copy), STATUS_HANDLE_NOT_CLOSABLE, "it cannot be closed");
    flags[1] = FALSE;
    NtSetInformationObject(copy, 4, flags, sizeof(flags));
    is_status(NtClose(copy), 0, "until it is unprotected");
    is_status(NtClose(copy), STATUS_INVALID_HANDLE, "close twice");
    is_status(NtDuplicateObject(NT_SELF, NEVER_HANDLE, NT_SELF, &copy, 0, 0, 2),
              STATUS_INVALID_HANDLE, "duplicate nothing");
    ok(!copy, "the output is zero");
    is_status(NtDuplicateObject(NT_SELF, NT_THREAD, NT_SELF, &copy, 0, 0, 2), 0,
              "the pseudo-handle of the thread becomes a real one");
    is_status(NtWaitForSingleObject(copy, FALSE, &zero), STATUS_TIMEOUT,
              "a live thread is not signalled");
    NtClose(copy);
    is_status(NtDuplicateObject(NT_SELF, event, NULL, NULL, 0, 0, DUPLICATE_CLOSE_SOURCE), 0,
              "close by duplicating");
    is_status(NtSetEvent(event, NULL), STATUS_INVALID_HANDLE, "it is closed");
}

static void test_main(void)
{
    test_events();
    test_semaphores();
    test_mutants();
    test_many();
    test_wake_order();
    test_timers();
    test_far_timers();
    test_apcs();
    test_alert_by_id();
    test_keyed();
    test_handles();
}
