/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Timer queues, the older interface: a queue is a list of timers, each on a pool timer. Deleting
 * waits for a running callback (INVALID_HANDLE_VALUE), or signals an event when the last one has
 * ended, or just says STATUS_PENDING. A timer is freed when its deleter and its callbacks have let
 * go of it.
 */
#include "threadpool.h"

struct queue {
    RTL_CRITICAL_SECTION lock;
    LIST_ENTRY timers;
    LONG refs; /* the owner's and one for each timer; atomic */
    HANDLE done;
};

struct queue_timer {
    LIST_ENTRY entry; /* guarded by the queue's lock */
    struct queue *queue;
    TP_TIMER *timer;
    RTL_WAITORTIMERCALLBACKFUNC callback;
    void *context;
    LONG refs; /* the handle's and one for each callback that runs; atomic */
    HANDLE done;
    BOOL deleted;
    HANDLE thread; /* of the callback that runs, to tell a delete from inside it */
};

static struct queue *default_queue;
static RTL_SRWLOCK default_lock;

static void queue_unref(struct queue *queue)
{
    HANDLE done = queue->done;

    if (__atomic_sub_fetch(&queue->refs, 1, __ATOMIC_SEQ_CST))
        return;
    RtlDeleteCriticalSection(&queue->lock);
    rtl_free(queue);
    if (done)
        NtSetEvent(done, NULL);
}

static void timer_unref(struct queue_timer *timer)
{
    HANDLE done = timer->done;

    if (__atomic_sub_fetch(&timer->refs, 1, __ATOMIC_SEQ_CST))
        return;
    queue_unref(timer->queue);
    rtl_free(timer);
    if (done)
        NtSetEvent(done, NULL);
}

static void WINAPI timer_fired(TP_CALLBACK_INSTANCE *instance, void *context, TP_TIMER *handle)
{
    struct queue_timer *timer = context;

    (void)instance;
    (void)handle;
    RtlEnterCriticalSection(&timer->queue->lock);
    BOOL run = !timer->deleted;
    if (run)
        __atomic_add_fetch(&timer->refs, 1, __ATOMIC_SEQ_CST);
    RtlLeaveCriticalSection(&timer->queue->lock);
    if (!run)
        return;
    timer->thread = teb()->ClientId.UniqueThread;
    timer->callback(timer->context, TRUE);
    timer->thread = NULL;
    timer_unref(timer);
}

NTSTATUS WINAPI RtlCreateTimerQueue(HANDLE *ret_queue)
{
    struct queue *queue = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(*queue));

    if (!queue)
        return STATUS_NO_MEMORY;
    RtlInitializeCriticalSectionEx(&queue->lock, 0, RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO);
    list_init(&queue->timers);
    queue->refs = 1;
    *ret_queue = queue;
    return STATUS_SUCCESS;
}

static struct queue *queue_from(HANDLE handle)
{
    if (handle)
        return handle;
    RtlAcquireSRWLockExclusive(&default_lock);
    HANDLE fresh = default_queue;
    if (fresh || !RtlCreateTimerQueue(&fresh))
        default_queue = fresh;
    RtlReleaseSRWLockExclusive(&default_lock);
    return fresh;
}

static void set_timer(struct queue_timer *timer, DWORD due_ms, DWORD period_ms)
{
    LARGE_INTEGER due = {.QuadPart = due_ms * -10000ll};

    TpSetTimer(timer->timer, due_ms == INFINITE ? NULL : &due, (LONG)period_ms, 0);
}

NTSTATUS WINAPI RtlCreateTimer(HANDLE handle, HANDLE *ret_timer,
                               RTL_WAITORTIMERCALLBACKFUNC callback, void *context, DWORD due_ms,
                               DWORD period_ms, ULONG flags)
{
    struct queue *queue = queue_from(handle);
    TP_CALLBACK_ENVIRON env = {.Version = 1};
    struct queue_timer *timer =
        queue ? RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(*timer)) : NULL;

    if (!timer)
        return STATUS_NO_MEMORY;
    env.u.s.LongFunction = (flags & WT_EXECUTELONGFUNCTION) != 0;
    timer->queue = queue;
    timer->callback = callback;
    timer->context = context;
    timer->refs = 1;
    NTSTATUS status = TpAllocTimer(&timer->timer, timer_fired, timer, &env);
    if (status) {
        rtl_free(timer);
        return status;
    }
    __atomic_add_fetch(&queue->refs, 1, __ATOMIC_SEQ_CST);
    RtlEnterCriticalSection(&queue->lock);
    list_append(&queue->timers, &timer->entry);
    *ret_timer = timer;
    RtlLeaveCriticalSection(&queue->lock);
    set_timer(timer, due_ms, flags & WT_EXECUTEONLYONCE ? 0 : period_ms);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlUpdateTimer(HANDLE queue, HANDLE handle, DWORD due_ms, DWORD period_ms)
{
    (void)queue;
    set_timer(handle, due_ms, period_ms);
    return STATUS_SUCCESS;
}

/* Stop it; with `wait`, until no callback runs. The handle's reference goes. TRUE: a callback still
 * runs. */
static BOOL timer_delete(struct queue_timer *timer, BOOL wait, HANDLE done)
{
    BOOL inside = timer->thread == teb()->ClientId.UniqueThread;

    RtlEnterCriticalSection(&timer->queue->lock);
    timer->deleted = TRUE;
    list_unlink(&timer->entry);
    RtlLeaveCriticalSection(&timer->queue->lock);
    TpSetTimer(timer->timer, NULL, 0, 0);
    object_cancel((struct tp_object *)timer->timer);
    if (wait && !inside)
        TpWaitForTimer(timer->timer, TRUE);
    /* A worker between taking the packet and looking at `deleted` is counted by the pool object
     * only. */
    if (!inside && !wait)
        while (!__atomic_load_n(&timer->thread, __ATOMIC_SEQ_CST) &&
               ((struct tp_object *)timer->timer)->n_running)
            NtYieldExecution();
    TpReleaseTimer(timer->timer);
    timer->done = done;
    BOOL busy = __atomic_load_n(&timer->refs, __ATOMIC_SEQ_CST) > 1;
    timer_unref(timer);
    return busy;
}

NTSTATUS WINAPI RtlDeleteTimer(HANDLE queue, HANDLE handle, HANDLE event)
{
    (void)queue;
    if (!handle)
        return STATUS_INVALID_PARAMETER_1;
    BOOL wait = event == INVALID_HANDLE_VALUE;
    return timer_delete(handle, wait, wait ? NULL : event) ? STATUS_PENDING : STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlDeleteTimerQueueEx(HANDLE handle, HANDLE event)
{
    struct queue *queue = handle;
    BOOL wait = event == INVALID_HANDLE_VALUE, busy = FALSE;

    if (!queue)
        return STATUS_INVALID_HANDLE;
    for (;;) {
        RtlEnterCriticalSection(&queue->lock);
        LIST_ENTRY *entry = queue->timers.Flink;
        BOOL empty = entry == &queue->timers;
        RtlLeaveCriticalSection(&queue->lock);
        if (empty)
            break;
        busy |= timer_delete(CONTAINING_RECORD(entry, struct queue_timer, entry), wait, NULL);
    }
    queue->done = wait ? NULL : event;
    queue_unref(queue);
    return busy && !wait && !event ? STATUS_PENDING : STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlDeleteTimerQueue(HANDLE handle)
{
    return RtlDeleteTimerQueueEx(handle, INVALID_HANDLE_VALUE);
}
