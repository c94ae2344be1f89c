/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The thread pool: work, simple posts, timers, waits, cleanup groups, and the older interfaces on
 * top. Every step ends by an event or a count, none by a time; time-outs that are themselves the
 * subject are a millisecond.
 */
#include "rtl.h"

typedef void(NTAPI *work_callback)(void *instance, void *context, void *work);
NTSTATUS NTAPI TpAllocPool(void **, void *);
void NTAPI TpReleasePool(void *);
void NTAPI TpSetPoolMaxThreads(void *, ULONG);
BOOL NTAPI TpSetPoolMinThreads(void *, ULONG);
NTSTATUS NTAPI TpAllocWork(void **, work_callback, void *, void *);
void NTAPI TpPostWork(void *);
void NTAPI TpWaitForWork(void *, BOOL);
void NTAPI TpReleaseWork(void *);
NTSTATUS NTAPI TpSimpleTryPost(void(NTAPI *)(void *, void *), void *, void *);
NTSTATUS NTAPI TpAllocTimer(void **, work_callback, void *, void *);
void NTAPI TpSetTimer(void *, LARGE_INTEGER *, LONG, LONG);
BOOL NTAPI TpIsTimerSet(void *);
void NTAPI TpWaitForTimer(void *, BOOL);
void NTAPI TpReleaseTimer(void *);
NTSTATUS NTAPI TpAllocWait(void **, void(NTAPI *)(void *, void *, void *, ULONG), void *, void *);
void NTAPI TpSetWait(void *, HANDLE, LARGE_INTEGER *);
void NTAPI TpWaitForWait(void *, BOOL);
void NTAPI TpReleaseWait(void *);
NTSTATUS NTAPI TpAllocCleanupGroup(void **);
void NTAPI TpReleaseCleanupGroupMembers(void *, BOOL, void *);
void NTAPI TpReleaseCleanupGroup(void *);
NTSTATUS NTAPI TpCallbackMayRunLong(void *);
void NTAPI TpCallbackSetEventOnCompletion(void *, HANDLE);
void NTAPI TpDisassociateCallback(void *);
NTSTATUS NTAPI RtlQueueWorkItem(ULONG(NTAPI *)(void *), void *, ULONG);
NTSTATUS NTAPI RtlCreateTimerQueue(HANDLE *);
NTSTATUS NTAPI RtlCreateTimer(HANDLE, HANDLE *, void(NTAPI *)(void *, BOOLEAN), void *, ULONG,
                              ULONG, ULONG);
NTSTATUS NTAPI RtlDeleteTimer(HANDLE, HANDLE, HANDLE);
NTSTATUS NTAPI RtlDeleteTimerQueueEx(HANDLE, HANDLE);
NTSTATUS NTAPI RtlRegisterWait(HANDLE *, HANDLE, void(NTAPI *)(void *, BOOLEAN), void *, ULONG,
                               ULONG);
NTSTATUS NTAPI RtlDeregisterWaitEx(HANDLE, HANDLE);

typedef struct {
    ULONG version;
    void *pool, *group, *group_cancel, *dll, *context, *finalization;
    ULONG flags;
} environ_t;

static HANDLE event_new(int type)
{
    HANDLE event;

    if (NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, type, FALSE))
        bail_out("no event");
    return event;
}

static HANDLE done, gate;
static volatile long count, inside, inside_max;

static void wait_for(HANDLE handle)
{
    NtWaitForSingleObject(handle, FALSE, NULL);
}

static void NTAPI count_up(void *instance, void *context, void *work)
{
    (void)instance;
    (void)work;
    if (__sync_add_and_fetch(&count, 1) == (long)(ULONG_PTR)context)
        NtSetEvent(done, NULL);
}

static void NTAPI pass_gate(void *instance, void *context, void *work)
{
    (void)instance;
    (void)context;
    (void)work;
    long n = __sync_add_and_fetch(&inside, 1);
    if (n > inside_max)
        inside_max = n;
    if (n == 4)
        NtSetEvent(done, NULL);
    wait_for(gate);
    __sync_sub_and_fetch(&inside, 1);
    __sync_add_and_fetch(&count, 1);
}

static void test_work(void)
{
    void *work;

    is_status(TpAllocWork(&work, count_up, (void *)1000, NULL), 0, "work");
    for (int i = 0; i < 1000; i++)
        TpPostWork(work);
    wait_for(done);
    TpWaitForWork(work, FALSE);
    is_number(count, 1000, "every post runs");
    TpReleaseWork(work);
    count = 0;
    TpAllocWork(&work, pass_gate, NULL, NULL);
    for (int i = 0; i < 4; i++)
        TpPostWork(work);
    wait_for(done);
    ok(1, "four blocked callbacks run at once");
    NtSetEvent(gate, NULL);
    TpWaitForWork(work, FALSE);
    ok(count == 4 && !inside, "and waiting waits for all");
    TpReleaseWork(work);
}

static void test_pool(void)
{
    void *pool, *work;
    environ_t env = {.version = 1};

    is_status(TpAllocPool(&pool, NULL), 0, "a pool");
    TpSetPoolMaxThreads(pool, 1);
    env.pool = pool;
    inside_max = 0;
    count = 0;
    TpAllocWork(&work, pass_gate, NULL, &env);
    for (int i = 0; i < 20; i++)
        TpPostWork(work);
    TpWaitForWork(work, FALSE);
    is_number(count, 20, "one thread serves all");
    is_number(inside_max, 1, "one after the other");
    TpReleaseWork(work);
    ok(TpSetPoolMinThreads(pool, 3), "three threads at least");
    TpReleasePool(pool);
}

static void NTAPI simple(void *instance, void *context)
{
    (void)instance;
    __sync_add_and_fetch(&count, 1);
    NtSetEvent(context, NULL);
}

static void NTAPI finalize(void *instance, void *context)
{
    (void)instance;
    (void)context;
    __sync_add_and_fetch(&count, 100);
}

static HANDLE own_event;

static void NTAPI with_event(void *instance, void *context, void *work)
{
    (void)context;
    (void)work;
    TpCallbackSetEventOnCompletion(instance, own_event);
    is_status(TpCallbackMayRunLong(instance), 0, "a callback may run long");
}

static ULONG NTAPI work_item(void *context)
{
    NtSetEvent(context, NULL);
    return 0;
}

static void test_simple(void)
{
    environ_t env = {.version = 1, .finalization = (void *)finalize};
    void *work;

    count = 0;
    is_status(TpSimpleTryPost(simple, done, NULL), 0, "a simple post");
    wait_for(done);
    is_status(RtlQueueWorkItem(work_item, done, 0), 0, "a work item");
    wait_for(done);
    is_number(count, 1, "both have run");
    own_event = event_new(1);
    TpAllocWork(&work, with_event, NULL, &env);
    TpPostWork(work);
    wait_for(own_event);
    TpWaitForWork(work, FALSE);
    is_number(count, 101, "the finalization callback and the event at the end");
    TpReleaseWork(work);
}

static volatile long n_cancelled;

static void NTAPI group_cancelled(void *object_context, void *cleanup_context)
{
    (void)object_context;
    if (cleanup_context == &count)
        __sync_add_and_fetch(&n_cancelled, 1);
}

static void test_groups(void)
{
    void *group, *pool, *blocker, *pending;
    environ_t env = {.version = 1};

    TpAllocPool(&pool, NULL);
    TpSetPoolMaxThreads(pool, 1);
    is_status(TpAllocCleanupGroup(&group), 0, "a group");
    env.pool = pool;
    env.group = group;
    env.group_cancel = (void *)group_cancelled;
    count = 0;
    inside = 3;
    gate = event_new(0);
    TpAllocWork(&blocker, pass_gate, NULL, &env);
    TpAllocWork(&pending, count_up, NULL, &env);
    TpPostWork(blocker);
    wait_for(done); /* it is inside, and holds the only thread */
    TpPostWork(pending);
    TpPostWork(pending);
    TpWaitForWork(pending, TRUE);
    is_number(count, 0, "cancelled work does not run");
    TpPostWork(pending);
    TpSimpleTryPost(simple, done, &env);
    NtSetEvent(gate, NULL);
    TpReleaseCleanupGroupMembers(group, FALSE, NULL);
    is_number(count, 3, "releasing a group runs what is pending");
    TpReleaseCleanupGroup(group);
    TpAllocCleanupGroup(&group);
    env.group = group;
    NtWaitForSingleObject(done, FALSE, NULL);
    gate = event_new(0);
    inside = 3;
    count = 0;
    TpAllocWork(&blocker, pass_gate, NULL, &env);
    TpPostWork(blocker);
    wait_for(done);
    TpAllocWork(&pending, count_up, NULL, &env);
    TpPostWork(pending);
    NtSetEvent(gate, NULL);
    TpReleaseCleanupGroupMembers(group, TRUE, (void *)&count);
    ok(count + n_cancelled == 2, "releasing with cancel runs or cancels each: %d ran, %d cancelled",
       (int)count, (int)n_cancelled);
    TpReleaseCleanupGroup(group);
    TpReleasePool(pool);
}

static void test_timers(void)
{
    LARGE_INTEGER soon = {.QuadPart = -10000}, late = {.QuadPart = -36000000000ll}, at_once = {{0}};
    void *timer, *other;
    HANDLE queue, handle;

    count = 0;
    is_status(TpAllocTimer(&timer, count_up, (void *)5, NULL), 0, "a timer");
    TpAllocTimer(&other, count_up, (void *)-1, NULL);
    TpSetTimer(other, &late, 0, 0);
    ok(TpIsTimerSet(other) && !TpIsTimerSet(timer), "set in an hour");
    TpSetTimer(timer, &soon, 1, 0);
    wait_for(done);
    ok(count >= 5, "a periodic timer fires again and again");
    TpSetTimer(timer, NULL, 0, 0);
    TpWaitForTimer(timer, TRUE);
    long seen = count;
    ok(!TpIsTimerSet(timer), "unset");
    TpSetTimer(other, NULL, 0, 0);
    TpReleaseTimer(timer);
    count = 4;
    TpAllocTimer(&timer, count_up, (void *)5, NULL);
    TpSetTimer(timer, &at_once, 0, 0);
    wait_for(done);
    ok(seen >= 5 && !TpIsTimerSet(timer), "a timer of zero fires at once, and once");
    TpReleaseTimer(timer);
    TpReleaseTimer(other);
    is_status(RtlCreateTimerQueue(&queue), 0, "a timer queue");
    is_status(RtlCreateTimer(queue, &handle, (void *)work_item, done, 1, 0, 0), 0, "its timer");
    wait_for(done);
    is_status(RtlDeleteTimer(queue, handle, INVALID_HANDLE_VALUE), 0, "deleted after its callback");
    RtlCreateTimer(queue, &handle, (void *)work_item, done, 3600000, 0, 0);
    own_event = event_new(1);
    is_status(RtlDeleteTimer(queue, handle, own_event), 0, "deleted before it is due");
    wait_for(own_event);
    RtlCreateTimer(queue, &handle, (void *)work_item, done, 3600000, 0, 0);
    RtlCreateTimer(queue, &handle, (void *)work_item, done, 1, 1, 0);
    wait_for(done);
    is_status(RtlDeleteTimerQueueEx(queue, INVALID_HANDLE_VALUE), 0, "the queue with its timers");
}

static volatile long last_result;

static void NTAPI wait_over(void *instance, void *context, void *wait, ULONG result)
{
    (void)instance;
    (void)context;
    (void)wait;
    last_result = (long)result;
    __sync_add_and_fetch(&count, 1);
    NtSetEvent(done, NULL);
}

static void NTAPI legacy_wait_over(void *context, BOOLEAN timed_out)
{
    last_result = timed_out ? WAIT_TIMEOUT : WAIT_OBJECT_0;
    __sync_add_and_fetch(&count, 1);
    NtSetEvent(context, NULL);
}

static void test_waits(void)
{
    LARGE_INTEGER soon = {.QuadPart = -10000};
    HANDLE event = event_new(1), registered, many[130];
    void *wait, *waits[130];

    NtWaitForSingleObject(done, FALSE, &soon); /* an old signal of a periodic timer */
    count = 0;
    is_status(TpAllocWait(&wait, wait_over, NULL, NULL), 0, "a wait");
    TpSetWait(wait, event, NULL);
    NtSetEvent(event, NULL);
    wait_for(done);
    is_number(last_result, WAIT_OBJECT_0, "ends by the signal");
    TpSetWait(wait, event, &soon);
    wait_for(done);
    is_number(last_result, WAIT_TIMEOUT, "or by the time-out");
    TpSetWait(wait, event, NULL);
    TpSetWait(wait, NULL, NULL);
    TpWaitForWait(wait, TRUE);
    NtSetEvent(event, NULL);
    TpWaitForWait(wait, FALSE);
    is_number(count, 2, "a wait that is unset does not call");
    TpReleaseWait(wait);
    count = 0;
    for (int i = 0; i < COUNT(waits); i++) {
        many[i] = event_new(1);
        TpAllocWait(&waits[i], (void *)count_up, (void *)COUNT(waits), NULL);
        TpSetWait(waits[i], many[i], NULL);
    }
    for (int i = COUNT(waits); i--;)
        NtSetEvent(many[i], NULL);
    wait_for(done);
    is_number(count, COUNT(waits), "more waits than one thread can hold");
    for (int i = 0; i < COUNT(waits); i++) {
        TpReleaseWait(waits[i]);
        NtClose(many[i]);
    }
    count = 0;
    event = event_new(1);
    is_status(RtlRegisterWait(&registered, event, legacy_wait_over, done, INFINITE, 0), 0,
              "a registered wait");
    for (int i = 0; i < 3; i++) {
        NtSetEvent(event, NULL);
        wait_for(done);
    }
    is_number(count, 3, "calls each time");
    is_status(RtlDeregisterWaitEx(registered, INVALID_HANDLE_VALUE), 0, "until it is ended");
    NtSetEvent(event, NULL);
    is_number(count, 3, "and not after");
    RtlRegisterWait(&registered, event_new(1), legacy_wait_over, done, 1, WT_EXECUTEONLYONCE);
    wait_for(done);
    is_number(last_result, WAIT_TIMEOUT, "once, by its time-out");
    RtlDeregisterWaitEx(registered, INVALID_HANDLE_VALUE);
}

static void test_main(void)
{
    done = event_new(1);
    gate = event_new(0);
    test_work();
    test_pool();
    test_simple();
    test_groups();
    test_timers();
    test_waits();
}
