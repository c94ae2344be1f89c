/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Events: notification (manual reset) and synchronization (auto reset). */
#include "create.h"
#include "event.h"
#include "named.h"
#include "shared.h"
#include "usermem.h"
#include <stdlib.h>

static bool event_is_signaled(struct nt_object *object, struct wait_thread *waiter)
{
    (void)waiter;
    return ((struct event *)object)->signaled;
}

static NTSTATUS event_acquire(struct nt_object *object, struct wait_thread *waiter)
{
    struct event *event = (struct event *)object;

    (void)waiter;
    if (!event->is_notification)
        event->signaled = false;
    return STATUS_WAIT_0;
}

static NTSTATUS event_signal(struct nt_object *object, ACCESS_MASK access)
{
    if (!(access & EVENT_MODIFY_STATE))
        return STATUS_ACCESS_DENIED;
    event_set_locked((struct event *)object);
    return STATUS_SUCCESS;
}

static NTSTATUS event_share(struct nt_object *object, uint32_t *ret_server)
{
    struct event *event = (struct event *)object;

    return shared_event_new(event->is_notification, event->signaled, ret_server);
}

const struct nt_type event_type = {
    .name = u"Event",
    .valid = EVENT_ALL_ACCESS,
    .generic = {STANDARD_RIGHTS_READ | EVENT_QUERY_STATE,
                STANDARD_RIGHTS_WRITE | EVENT_MODIFY_STATE, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE},
    .is_signaled = event_is_signaled,
    .acquire = event_acquire,
    .signal = event_signal,
    .share = event_share,
    .moves = true,
};

void event_init(struct event *event, bool is_notification, bool signaled)
{
    nt_object_init(&event->header, &event_type);
    event->is_notification = is_notification;
    event->signaled = signaled;
}

struct nt_object *event_shell(void)
{
    struct event *event = calloc(1, sizeof(*event));

    if (event)
        event_init(event, true, false);
    return event ? &event->header : NULL;
}

bool event_set_locked(struct event *event)
{
    bool before = event->signaled;

    if (event->header.shared)
        return shared_event_set(event->header.shared);
    event->signaled = true;
    if (!before)
        dispatcher_wake_locked(&event->header);
    return before;
}

void event_reset(struct event *event)
{
    bool is_shared;

    dispatcher_lock();
    is_shared = event->header.shared;
    event->signaled = false;
    dispatcher_unlock();
    if (is_shared)
        (void)named_event_change(handle_of_shared(&event->header), EVENT_RESET, NULL);
}

NTSTATUS WINAPI NtCreateEvent(PHANDLE ret_handle, ACCESS_MASK access,
                              const OBJECT_ATTRIBUTES *attributes, EVENT_TYPE type,
                              BOOLEAN signaled)
{
    struct creation creation;
    struct event *event;

    TRY(create_begin(ret_handle, attributes, &creation));
    if (type != NotificationEvent && type != SynchronizationEvent)
        return STATUS_INVALID_PARAMETER_4;
    if (creation.has_name)
        return named_create(NAMED_EVENT, ret_handle, access, &creation, type, signaled);
    event = calloc(1, sizeof(*event));
    if (!event)
        return STATUS_NO_MEMORY;
    event_init(event, type == NotificationEvent, signaled);
    return create_end(ret_handle, &event->header, access, &creation);
}

static NTSTATUS event_lookup(HANDLE handle, ACCESS_MASK access, struct event **ret_event)
{
    struct nt_object *object;

    TRY(handle_lookup(handle, access, &event_type, &object));
    *ret_event = (struct event *)object;
    return STATUS_SUCCESS;
}

/* Takes the reference. */
static NTSTATUS event_change_shared(struct event *event, enum event_verb verb,
                                    LONG *ret_user_previous)
{
    NTSTATUS status =
        named_event_change(handle_of_shared(&event->header), (int)verb, ret_user_previous);

    nt_object_unref(&event->header);
    return status;
}

static NTSTATUS event_change(HANDLE handle, LONG *ret_user_previous, enum event_verb verb)
{
    struct event *event;
    LONG previous;

    if (handle_is_server(handle))
        return named_event_change(handle, (int)verb, ret_user_previous);
    TRY(event_lookup(handle, EVENT_MODIFY_STATE, &event));
    dispatcher_lock();
    if (event->header.shared) {
        dispatcher_unlock();
        return event_change_shared(event, verb, ret_user_previous);
    }
    previous = event->signaled;
    if (verb != EVENT_RESET)
        event_set_locked(event);
    if (verb != EVENT_SET)
        event->signaled = false;
    dispatcher_unlock();
    nt_object_unref(&event->header);
    return ret_user_previous ? USER_PUT(ret_user_previous, previous) : STATUS_SUCCESS;
}

NTSTATUS WINAPI NtSetEvent(HANDLE handle, LONG *previous)
{
    return event_change(handle, previous, EVENT_SET);
}

/* A boost of the waiter's priority, which Linux' scheduler does by itself. */
NTSTATUS WINAPI NtSetEventBoostPriority(HANDLE handle)
{
    return event_change(handle, NULL, EVENT_SET);
}

NTSTATUS WINAPI NtResetEvent(HANDLE handle, LONG *previous)
{
    return event_change(handle, previous, EVENT_RESET);
}

NTSTATUS WINAPI NtClearEvent(HANDLE handle)
{
    return event_change(handle, NULL, EVENT_RESET);
}

NTSTATUS WINAPI NtPulseEvent(HANDLE handle, LONG *previous)
{
    return event_change(handle, previous, EVENT_PULSE);
}

NTSTATUS WINAPI NtQueryEvent(HANDLE handle, EVENT_INFORMATION_CLASS class, PVOID buffer,
                             ULONG length, PULONG ret_user_length)
{
    EVENT_BASIC_INFORMATION info;
    ULONG size = sizeof(info);
    struct event *event;

    if (class != EventBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (length != sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (handle_is_server(handle))
        return named_query(NAMED_EVENT, handle, buffer, length, ret_user_length);
    TRY(event_lookup(handle, EVENT_QUERY_STATE, &event));
    dispatcher_lock();
    if (event->header.shared) {
        NTSTATUS status;

        dispatcher_unlock();
        status = named_query(NAMED_EVENT, handle_of_shared(&event->header), buffer, length,
                             ret_user_length);
        nt_object_unref(&event->header);
        return status;
    }
    info.EventType = event->is_notification ? NotificationEvent : SynchronizationEvent;
    info.EventState = event->signaled;
    dispatcher_unlock();
    nt_object_unref(&event->header);
    TRY(USER_PUT((EVENT_BASIC_INFORMATION *)buffer, info));
    return ret_user_length ? USER_PUT(ret_user_length, size) : STATUS_SUCCESS;
}

NTSTATUS WINAPI NtOpenEvent(PHANDLE ret_handle, ACCESS_MASK access,
                            const OBJECT_ATTRIBUTES *attributes)
{
    return named_open(NAMED_EVENT, ret_handle, access, attributes);
}
