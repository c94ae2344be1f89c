/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See waitable_timer.h. A timer that fires becomes signaled, and a wait that is satisfied resets a
 * synchronisation timer. Its APC is queued by the process that has set it, which is told. When that
 * one ends the timer fires as before, for those who wait, and keeps nothing of it. The last
 * handle's end disarms it. A period that was missed
 * (the machine slept) is left out: the next one is in the future. */

#include "waitable_timer.h"

#include <assert.h>
#include <stdio.h>

#include "process.h"
#include "server.h"
#include "wait.h"

static bool waitable_timer_signaled(struct object *object, struct thread_id thread _unused_)
{
    return waitable_timer_from_object(object)->signaled;
}

static bool waitable_timer_acquire(struct object *object, struct thread_id thread _unused_)
{
    struct waitable_timer *timer = waitable_timer_from_object(object);

    timer->signaled = timer->manual_reset;
    return false;
}

static void setter_drop(struct waitable_timer *timer)
{
    if (!timer->setter)
        return;
    list_remove(&timer->of_setter);
    timer->setter = NULL;
    timer->apc_id = 0;
}

void waitable_timers_forget(struct process *process)
{
    struct waitable_timer *timer, *next;

    list_for_each_safe(timer, next, &process->timers, of_setter)
        setter_drop(timer);
}

/* time 0: it will not fire for the setter any more. */
static void setter_tell(struct waitable_timer *timer, uint64_t time)
{
    struct timer_fired_notice notice = {.apc_id = timer->apc_id, .time = time};

    if (timer->setter && timer->apc_id)
        process_notify(timer->setter, NOTICE_timer_fired, &notice.header, sizeof(notice));
}

static void waitable_timer_close(struct object *object, struct process *process _unused_, bool last)
{
    struct waitable_timer *timer = waitable_timer_from_object(object);

    if (!last)
        return;
    timer_disarm(&timer->timer);
    setter_tell(timer, 0);
    setter_drop(timer);
}

static void waitable_timer_destroy(struct object *object)
{
    waitable_timer_close(object, NULL, true);
}

static void waitable_timer_dump(struct object *object, char *ret_text, size_t size)
{
    struct waitable_timer *timer = waitable_timer_from_object(object);

    snprintf(ret_text, size, "manual=%d signaled=%d armed=%d period_ms=%u", timer->manual_reset,
             timer->signaled, timer->timer.loop != NULL, (unsigned)(timer->period_ns / 1000000));
}

const struct object_ops waitable_timer_ops = {
    .kind = OBJECT_KIND_TIMER,
    .type_name = "Timer",
    .size = sizeof(struct waitable_timer),
    .all_access = 0x001f0003,
    .generic_read = 0x00020001,
    .generic_write = 0x00020002,
    .generic_execute = 0x00120000,
    .close = waitable_timer_close,
    .destroy = waitable_timer_destroy,
    .signaled = waitable_timer_signaled,
    .acquire = waitable_timer_acquire,
    .dump = waitable_timer_dump,
};

struct waitable_timer *waitable_timer_from_object(struct object *object)
{
    assert(object->ops == &waitable_timer_ops);
    return CONTAINER_OF(object, struct waitable_timer, object);
}

status_t waitable_timer_new(struct server *server, struct user *user, bool manual_reset,
                            bool signaled, struct object **ret_object)
{
    struct object *object;
    status_t status = object_new(server, user, &waitable_timer_ops, &object);

    if (status)
        return status;
    waitable_timer_from_object(object)->manual_reset = manual_reset;
    waitable_timer_from_object(object)->signaled = signaled;
    *ret_object = object;
    return STATUS_SUCCESS;
}

/* The setter goes; what it had set when it is the process that asks, else it is told. */
static uint64_t setter_replace(struct waitable_timer *timer, struct process *by)
{
    uint64_t id = timer->setter == by ? timer->apc_id : 0;

    if (timer->setter != by)
        setter_tell(timer, 0);
    setter_drop(timer);
    return id;
}

static uint64_t next_due(const struct waitable_timer *timer, uint64_t now)
{
    uint64_t due = timer->due_ns + timer->period_ns;

    return due > now ? due : now + timer->period_ns - (now - timer->due_ns) % timer->period_ns;
}

static void waitable_timer_fired(struct timer *loop_timer)
{
    struct waitable_timer *timer = CONTAINER_OF(loop_timer, struct waitable_timer, timer);

    if (timer->period_ns) {
        timer->due_ns = next_due(timer, clock_ns());
        /* The place that it had is free: this cannot fail. */
        (void)!timer_arm(&timer->timer, &timer->object.server->loop, timer->due_ns,
                         waitable_timer_fired);
    }
    /* One that was not heard of is followed by others: a process that is stopped is not drowned. */
    if (!timer->period_ns || !timer->setter || !process_is_behind(timer->setter))
        setter_tell(timer, clock_nt());
    timer->signaled = true;
    object_wake(&timer->object);
}

status_t waitable_timer_arm(struct waitable_timer *timer, struct process *setter,
                            const struct waitable_timer_setting *setting)
{
    timer->due_ns = setting->due_ns;
    timer->period_ns = setting->period_ns;
    if (timer_arm(&timer->timer, &timer->object.server->loop, timer->due_ns, waitable_timer_fired))
        return STATUS_NO_MEMORY;
    if (!setting->apc_id)
        return STATUS_SUCCESS;
    timer->setter = setter;
    list_append(&setter->timers, &timer->of_setter);
    timer->apc_id = setting->apc_id;
    return STATUS_SUCCESS;
}

status_t waitable_timer_set(struct waitable_timer *timer, struct process *setter,
                            const struct waitable_timer_setting *setting, uint64_t *ret_old_apc_id)
{
    timer_disarm(&timer->timer);
    *ret_old_apc_id = setter_replace(timer, setter);
    timer->signaled = false;
    return waitable_timer_arm(timer, setter, setting);
}

uint64_t waitable_timer_cancel(struct waitable_timer *timer, struct process *process)
{
    timer_disarm(&timer->timer);
    return setter_replace(timer, process);
}
