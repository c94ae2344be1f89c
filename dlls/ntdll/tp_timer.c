/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Timers. One thread, started with the first timer, holds the set timers sorted by due time and
 * sleeps until the first is due; setting an earlier one wakes it through `changes`. A timer that is
 * due is posted to its pool. With no timer set the thread sleeps without end.
 */
#include "threadpool.h"

static RTL_CRITICAL_SECTION timer_lock = {.LockCount = -1};
static LIST_ENTRY timers = {&timers, &timers};
static ULONG changes; /* written under the lock; the thread sleeps on it */
static BOOL thread_runs;

ULONGLONG due_from_timeout(const LARGE_INTEGER *timeout)
{
    LONGLONG ahead;

    if (!timeout || timeout->QuadPart == (LONGLONG)0x8000000000000000ull)
        return ~0ull;
    if (timeout->QuadPart <= 0) {
        ahead = -timeout->QuadPart;
    } else {
        ahead = timeout->QuadPart - RtlGetSystemTimePrecise();
        ahead = ahead < 0 ? 0 : ahead;
    }
    ULONGLONG now = tp_now();
    return now + (ULONGLONG)ahead < now ? ~0ull : now + (ULONGLONG)ahead;
}

static void timer_insert(struct tp_object *timer)
{
    LIST_ENTRY *place = timers.Flink;

    while (place != &timers &&
           CONTAINING_RECORD(place, struct tp_object, u.timer.entry)->u.timer.due <=
               timer->u.timer.due)
        place = place->Flink;
    list_append(place, &timer->u.timer.entry);
    timer->u.timer.is_set = TRUE;
}

static void timer_remove(struct tp_object *timer)
{
    if (timer->u.timer.is_set)
        list_unlink(&timer->u.timer.entry);
    timer->u.timer.is_set = FALSE;
}

/* The first due timer, out of the list and with a reference, or NULL and when the next is due. */
static struct tp_object *timer_take_due(ULONGLONG *ret_next)
{
    ULONGLONG now = tp_now();

    *ret_next = ~0ull;
    if (timers.Flink == &timers)
        return NULL;
    struct tp_object *timer = CONTAINING_RECORD(timers.Flink, struct tp_object, u.timer.entry);
    if (timer->u.timer.due > now) {
        *ret_next = timer->u.timer.due;
        return NULL;
    }
    timer_remove(timer);
    if (timer->u.timer.period_ms) {
        timer->u.timer.due += timer->u.timer.period_ms * 10000ull;
        if (timer->u.timer.due <= now) /* late: the times that were missed are left out */
            timer->u.timer.due = now + 1;
        timer_insert(timer);
    }
    __atomic_add_fetch(&timer->refs, 1, __ATOMIC_SEQ_CST);
    return timer;
}

static void WINAPI timer_thread(void *arg)
{
    (void)arg;
    for (;;) {
        ULONGLONG next;

        RtlEnterCriticalSection(&timer_lock);
        ULONG seen = changes;
        struct tp_object *timer = timer_take_due(&next);
        RtlLeaveCriticalSection(&timer_lock);
        if (timer) {
            object_post(timer, 0);
            object_unref(timer);
            continue;
        }
        ULONGLONG now = tp_now();
        LARGE_INTEGER timeout = {.QuadPart = next > now ? -(LONGLONG)(next - now) : 0};
        key_wait(&changes, &changes, &seen, sizeof(seen), next == ~0ull ? NULL : &timeout);
    }
}

static NTSTATUS thread_start_locked(void)
{
    HANDLE thread;

    if (thread_runs)
        return STATUS_SUCCESS;
    NTSTATUS status = RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, timer_thread,
                                          NULL, &thread, NULL);
    if (!status) {
        NtClose(thread);
        thread_runs = TRUE;
    }
    return status;
}

NTSTATUS WINAPI TpAllocTimer(TP_TIMER **ret_timer, PTP_TIMER_CALLBACK callback, void *context,
                             TP_CALLBACK_ENVIRON *env)
{
    struct tp_object *object;
    NTSTATUS status = object_new(TP_TIMER_KIND, (void *)callback, context, env, &object);

    if (status)
        return status;
    list_init(&object->u.timer.entry);
    RtlEnterCriticalSection(&timer_lock);
    status = thread_start_locked();
    RtlLeaveCriticalSection(&timer_lock);
    if (status) {
        object_release(object);
        return status;
    }
    *ret_timer = (TP_TIMER *)object;
    return STATUS_SUCCESS;
}

void timer_stop(struct tp_object *timer)
{
    RtlEnterCriticalSection(&timer_lock);
    timer_remove(timer);
    RtlLeaveCriticalSection(&timer_lock);
}

/* NULL unsets it; 0 is at once. TODO(timers): the window is not used, timers are not batched. */
void WINAPI TpSetTimer(TP_TIMER *handle, LARGE_INTEGER *due, LONG period_ms, LONG window_ms)
{
    struct tp_object *timer = (struct tp_object *)handle;

    (void)window_ms;
    RtlEnterCriticalSection(&timer_lock);
    timer_remove(timer);
    if (due) {
        timer->u.timer.due = due_from_timeout(due);
        timer->u.timer.period_ms = period_ms > 0 ? (ULONG)period_ms : 0;
        timer_insert(timer);
    }
    BOOL first = timers.Flink == &timer->u.timer.entry;
    changes += first;
    RtlLeaveCriticalSection(&timer_lock);
    if (first)
        key_wake(&changes, FALSE);
}

BOOL WINAPI TpIsTimerSet(TP_TIMER *handle)
{
    struct tp_object *timer = (struct tp_object *)handle;

    RtlEnterCriticalSection(&timer_lock);
    BOOL is_set = timer->u.timer.is_set;
    RtlLeaveCriticalSection(&timer_lock);
    return is_set;
}

void WINAPI TpWaitForTimer(TP_TIMER *timer, BOOL cancel)
{
    object_wait((struct tp_object *)timer, cancel);
}

void WINAPI TpReleaseTimer(TP_TIMER *timer)
{
    timer_stop((struct tp_object *)timer);
    object_release((struct tp_object *)timer);
}
