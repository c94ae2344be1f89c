/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Waitable timers: notification and synchronization, one-shot and periodic, with an APC.
 *
 * Armed timers stand in one list ordered by due time; a helper thread, made at the first
 * NtSetTimer, sleeps until the first is due, signals it and queues its APC to the thread that set
 * it. Setting and cancelling take the timer's own APC out of that thread's queue if it has not run
 * yet, as NT does. Those that others know are the server's (timer_shared.c).
 *
 * DIFFERS: an absolute due time is converted when the timer is set; a later change of the wall
 * clock does not move it.
 */
#include "common/helper.h"
#include "create.h"
#include "named.h"
#include "ntprocess.h"
#include "nttime.h"
#include "ntwait.h"
#include "shared.h"
#include "timer.h"
#include "usermem.h"
#include "waitblock.h"
#include <stdlib.h>

struct timer {
    struct nt_object header;
    bool is_notification;
    /* dispatcher lock, all below */
    bool signaled;
    struct ntlist armed; /* in the list of armed timers; the list holds a reference */
    int64_t due;         /* CLOCK_MONOTONIC, 100 ns */
    int64_t period;      /* 100 ns; 0: one shot */
    struct apc apc;
    void *apc_function;
    ULONG_PTR apc_context;
    struct wait_thread *setter;      /* whom the APC goes to */
    struct nt_object *setter_object; /* keeps it alive; NULL for a native thread */
};

static struct ntlist armed_timers = {&armed_timers, &armed_timers};
static _Atomic uint32_t changed; /* futex of the helper thread */
static bool helper_runs;         /* dispatcher lock */

static int64_t monotonic_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NT_UNITS_PER_SECOND + now.tv_nsec / 100;
}

static bool timer_is_signaled(struct nt_object *object, struct wait_thread *waiter)
{
    (void)waiter;
    return ((struct timer *)object)->signaled;
}

static NTSTATUS timer_acquire(struct nt_object *object, struct wait_thread *waiter)
{
    struct timer *timer = (struct timer *)object;

    (void)waiter;
    if (!timer->is_notification)
        timer->signaled = false;
    return STATUS_WAIT_0;
}

static void timer_insert_locked(struct timer *timer)
{
    struct ntlist *at = armed_timers.next;

    while (at != &armed_timers && ntlist_entry(at, struct timer, armed)->due <= timer->due)
        at = at->next;
    ntlist_link_before(at, &timer->armed);
}

/* Out of the list and its APC out of the queue; how many references the caller must drop then. */
static unsigned timer_disarm_locked(struct timer *timer, struct nt_object **ret_setter)
{
    unsigned n = 0;

    *ret_setter = NULL;
    if (!ntlist_is_empty(&timer->armed)) {
        ntlist_unlink(&timer->armed);
        n++;
    }
    if (!ntlist_is_empty(&timer->apc.link)) {
        ntlist_unlink(&timer->apc.link);
        n++;
    }
    *ret_setter = timer->setter_object;
    timer->setter_object = NULL;
    timer->setter = NULL;
    return n;
}

/* Closing the last handle cancels the timer. */
static void timer_close(struct nt_object *object, bool last)
{
    struct timer *timer = (struct timer *)object;
    struct nt_object *setter;
    unsigned n;

    if (!last)
        return;
    dispatcher_lock();
    n = timer_disarm_locked(timer, &setter);
    dispatcher_unlock();
    nt_object_unref(setter);
    while (n--)
        nt_object_unref(object);
}

/* A setting for the server, and the local timer is idle. What the list held is given up: the handle
 * that is being shared holds the timer. */
static NTSTATUS timer_share(struct nt_object *object, uint32_t *ret_server)
{
    struct timer *timer = (struct timer *)object;
    struct timer_setting setting = {timer->due, timer->period, timer->apc_function,
                                    timer->apc_context};
    const bool is_armed = !ntlist_is_empty(&timer->armed);

    TRY(timer_shared_new(timer->is_notification, timer->signaled, is_armed ? &setting : NULL,
                         timer->setter, timer->setter_object, ret_server));
    if (is_armed && timer->apc_function)
        timer->setter_object = NULL; /* the server's timer has it now */
    if (is_armed) {
        ntlist_unlink(&timer->armed);
        nt_object_unref(object);
    }
    return STATUS_SUCCESS;
}

const struct nt_type timer_type = {
    .name = u"Timer",
    .valid = TIMER_ALL_ACCESS,
    .generic = {STANDARD_RIGHTS_READ | TIMER_QUERY_STATE,
                STANDARD_RIGHTS_WRITE | TIMER_MODIFY_STATE, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE},
    .is_signaled = timer_is_signaled,
    .acquire = timer_acquire,
    .close = timer_close,
    .share = timer_share,
    .moves = true,
};

/* The timer is due: signal, APC, next period. Returns the list's reference if it was given up. */
static struct timer *timer_fire_locked(struct timer *timer)
{
    struct timer *released = NULL;

    timer->signaled = true;
    dispatcher_wake_locked(&timer->header);
    if (timer->apc_function && timer->setter && ntlist_is_empty(&timer->apc.link)) {
        timer->apc.function = timer->apc_function;
        timer->apc.owner = &timer->header;
        timer->apc.arguments[0] = timer->apc_context;
        timer->apc.arguments[1] = (ULONG)nt_system_time();
        timer->apc.arguments[2] = (ULONG)(nt_system_time() >> 32);
        (void)wait_apc_enqueue_locked(timer->setter, &timer->apc);
    }
    ntlist_unlink(&timer->armed);
    if (timer->period) {
        timer->due += timer->period;
        timer_insert_locked(timer);
    } else {
        released = timer;
    }
    return released;
}

static void *helper_run(void *unused)
{
    for (;;) {
        uint32_t seen = atomic_load(&changed);
        struct deadline deadline = {.is_set = false};
        struct timer *released = NULL;

        dispatcher_lock();
        if (!ntlist_is_empty(&armed_timers)) {
            struct timer *timer = ntlist_entry(armed_timers.next, struct timer, armed);

            if (timer->due <= monotonic_now()) {
                released = timer_fire_locked(timer);
                dispatcher_unlock();
                if (released)
                    nt_object_unref(&released->header);
                continue;
            }
            deadline.is_set = true;
            deadline.at = (struct timespec){.tv_sec = timer->due / NT_UNITS_PER_SECOND,
                                            .tv_nsec = timer->due % NT_UNITS_PER_SECOND * 100};
        }
        dispatcher_unlock();
        futex_sleep(&changed, seen, &deadline);
    }
    return unused;
}

static NTSTATUS helper_start_locked(void)
{
    if (!helper_runs)
        helper_runs = !helper_start(helper_run, NULL);
    return helper_runs ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

static struct timer *timer_new(void)
{
    struct timer *timer = calloc(1, sizeof(*timer));

    if (!timer)
        return NULL;
    nt_object_init(&timer->header, &timer_type);
    ntlist_init(&timer->armed);
    ntlist_init(&timer->apc.link);
    return timer;
}

struct nt_object *timer_shell(void)
{
    struct timer *timer = timer_new();

    return timer ? &timer->header : NULL;
}

NTSTATUS WINAPI NtCreateTimer(HANDLE *ret_handle, ACCESS_MASK access,
                              const OBJECT_ATTRIBUTES *attributes, TIMER_TYPE type)
{
    struct creation creation;
    struct timer *timer;

    TRY(create_begin(ret_handle, attributes, &creation));
    if (type != NotificationTimer && type != SynchronizationTimer)
        return STATUS_INVALID_PARAMETER_4;
    if (creation.has_name)
        return named_create(NAMED_TIMER, ret_handle, access, &creation, type, 0);
    timer = timer_new();
    if (!timer)
        return STATUS_NO_MEMORY;
    timer->is_notification = type == NotificationTimer;
    return create_end(ret_handle, &timer->header, access, &creation);
}

NTSTATUS WINAPI NtOpenTimer(HANDLE *ret_handle, ACCESS_MASK access,
                            const OBJECT_ATTRIBUTES *attributes)
{
    return named_open(NAMED_TIMER, ret_handle, access, attributes);
}

/* Programs say "never" by the longest time that there is. */
static int64_t due_from_nt(LARGE_INTEGER due)
{
    int64_t from_now;

    if (due.QuadPart > 0)
        return monotonic_now() + (due.QuadPart - nt_system_time());
    return __builtin_sub_overflow(monotonic_now(), due.QuadPart, &from_now) ? INT64_MAX : from_now;
}

/* Armed anew; *ret_n references are the caller's to drop, with *ret_old_setter. */
static NTSTATUS timer_set_locked(struct timer *timer, const struct timer_setting *setting,
                                 BOOLEAN *ret_previous, struct nt_object **ret_old_setter,
                                 unsigned *ret_n)
{
    TRY(helper_start_locked());
    *ret_n = timer_disarm_locked(timer, ret_old_setter);
    *ret_previous = timer->signaled;
    timer->signaled = false;
    timer->due = setting->due;
    timer->period = setting->period;
    timer->apc_function = setting->function;
    timer->apc_context = setting->context;
    if (setting->function) {
        timer->setter = wait_thread_current();
        if (thread_object_current && thread_object_current())
            timer->setter_object = nt_object_ref(thread_object_current());
    }
    nt_object_ref(&timer->header);
    timer_insert_locked(timer);
    /* A first timer that is due earlier than what the helper sleeps for. */
    atomic_fetch_add(&changed, 1);
    futex_wake_one(&changed);
    return STATUS_SUCCESS;
}

/* Of a handle of this process': the server's when it has moved. */
static NTSTATUS timer_set(HANDLE handle, const struct timer_setting *setting, BOOLEAN *ret_previous)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    struct nt_object *old_setter = NULL;
    NTSTATUS status = STATUS_SUCCESS;
    unsigned n = 0;
    bool has_moved;

    if (handle_is_server(handle))
        return timer_shared_set(handle, setting, ret_previous);
    TRY(handle_lookup(handle, TIMER_MODIFY_STATE, &timer_type, &object));
    dispatcher_lock();
    has_moved = object->shared;
    if (has_moved) /* an APC may be left of the time before */
        n = timer_disarm_locked((struct timer *)object, &old_setter);
    else
        status = timer_set_locked((struct timer *)object, setting, ret_previous, &old_setter, &n);
    dispatcher_unlock();
    nt_object_unref(old_setter);
    while (n--)
        nt_object_unref(object);
    return has_moved ? timer_shared_set(handle_of_shared(object), setting, ret_previous) : status;
}

/* STATUS_TIMER_RESUME_IGNORED: "wake the machine" is not promised. */
NTSTATUS WINAPI NtSetTimer(HANDLE handle, const LARGE_INTEGER *user_due,
                           PTIMER_APC_ROUTINE function, PVOID context, BOOLEAN resume,
                           ULONG period_ms, BOOLEAN *ret_user_previous)
{
    struct timer_setting setting = {.period = (int64_t)period_ms * 10000,
                                    .function = (void *)function,
                                    .context = (ULONG_PTR)context};
    LARGE_INTEGER due;
    BOOLEAN previous;

    TRY(USER_GET(due, user_due));
    if (period_ms > INT32_MAX)
        return STATUS_INVALID_PARAMETER_6;
    setting.due = due_from_nt(due);
    TRY(timer_set(handle, &setting, &previous));
    if (ret_user_previous)
        TRY(USER_PUT(ret_user_previous, previous));
    return resume ? STATUS_TIMER_RESUME_IGNORED : STATUS_SUCCESS;
}

static NTSTATUS timer_cancel(HANDLE handle, BOOLEAN *ret_state)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    struct nt_object *setter = NULL;
    unsigned n = 0;
    bool has_moved;

    if (handle_is_server(handle))
        return timer_shared_cancel(handle, ret_state);
    TRY(handle_lookup(handle, TIMER_MODIFY_STATE, &timer_type, &object));
    dispatcher_lock();
    has_moved = object->shared;
    *ret_state = ((struct timer *)object)->signaled;
    n = timer_disarm_locked((struct timer *)object, &setter);
    dispatcher_unlock();
    nt_object_unref(setter);
    while (n--)
        nt_object_unref(object);
    return has_moved ? timer_shared_cancel(handle_of_shared(object), ret_state) : STATUS_SUCCESS;
}

NTSTATUS WINAPI NtCancelTimer(HANDLE handle, BOOLEAN *ret_user_state)
{
    BOOLEAN state;

    TRY(timer_cancel(handle, &state));
    return ret_user_state ? USER_PUT(ret_user_state, state) : STATUS_SUCCESS;
}

static NTSTATUS timer_query(HANDLE handle, BOOLEAN *ret_state, int64_t *ret_due)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    bool has_moved;

    if (handle_is_server(handle))
        return timer_shared_query(handle, ret_state, ret_due);
    TRY(handle_lookup(handle, TIMER_QUERY_STATE, &timer_type, &object));
    dispatcher_lock();
    has_moved = object->shared;
    *ret_state = ((struct timer *)object)->signaled;
    *ret_due = ((struct timer *)object)->due;
    dispatcher_unlock();
    return has_moved ? timer_shared_query(handle_of_shared(object), ret_state, ret_due)
                     : STATUS_SUCCESS;
}

NTSTATUS WINAPI NtQueryTimer(HANDLE handle, TIMER_INFORMATION_CLASS class, PVOID buffer,
                             ULONG length, PULONG ret_user_length)
{
    TIMER_BASIC_INFORMATION info = {.TimerState = FALSE};
    ULONG size = sizeof(info);
    int64_t due;

    if (class != TimerBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (length < sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(timer_query(handle, &info.TimerState, &due));
    info.RemainingTime.QuadPart = due - monotonic_now();
    TRY(USER_PUT((TIMER_BASIC_INFORMATION *)buffer, info));
    return ret_user_length ? USER_PUT(ret_user_length, size) : STATUS_SUCCESS;
}
