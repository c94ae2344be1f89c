/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Events. A wait that is satisfied resets a synchronisation (auto-reset) event. A pulse lets those
 * go that wait now: all of them, or one, and leaves the event reset. */

#include "event.h"

#include <assert.h>
#include <stdio.h>

#include "wait.h"

#define EVENT_MODIFY_STATE 2u

static bool event_signaled(struct object *object, struct thread_id thread _unused_)
{
    return event_from_object(object)->signaled;
}

static bool event_acquire(struct object *object, struct thread_id thread _unused_)
{
    struct event *event = event_from_object(object);

    event->signaled = event->manual_reset;
    return false;
}

static status_t event_signal(struct object *object, struct thread_id thread _unused_,
                             uint32_t access)
{
    uint32_t previous;

    if (!(access & EVENT_MODIFY_STATE))
        return STATUS_ACCESS_DENIED;
    return event_change(event_from_object(object), EVENT_CHANGE_SET, &previous);
}

static void event_dump(struct object *object, char *ret_text, size_t size)
{
    struct event *event = event_from_object(object);

    snprintf(ret_text, size, "manual=%d signaled=%d", event->manual_reset, event->signaled);
}

const struct object_ops event_ops = {
    .kind = OBJECT_KIND_EVENT,
    .type_name = "Event",
    .size = sizeof(struct event),
    .all_access = 0x001f0003,
    .generic_read = 0x00020001,
    .generic_write = 0x00020002,
    .generic_execute = 0x00120000,
    .signaled = event_signaled,
    .acquire = event_acquire,
    .signal = event_signal,
    .dump = event_dump,
};

struct event *event_from_object(struct object *object)
{
    assert(object->ops == &event_ops);
    return CONTAINER_OF(object, struct event, object);
}

status_t event_new(struct server *server, struct user *user, bool manual_reset, bool signaled,
                   struct object **ret_object)
{
    struct object *object;
    status_t status = object_new(server, user, &event_ops, &object);

    if (status)
        return status;
    event_from_object(object)->manual_reset = manual_reset;
    event_from_object(object)->signaled = signaled;
    *ret_object = object;
    return STATUS_SUCCESS;
}

status_t event_change(struct event *event, uint32_t change, uint32_t *ret_previous)
{
    *ret_previous = event->signaled;
    switch (change) {
    case EVENT_CHANGE_SET:
    case EVENT_CHANGE_PULSE:
        event->signaled = true;
        object_wake(&event->object);
        if (change == EVENT_CHANGE_PULSE)
            event->signaled = false;
        return STATUS_SUCCESS;
    case EVENT_CHANGE_RESET:
        event->signaled = false;
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}
