/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Keyed events: a waiter and a releaser of the same key meet; whoever comes first sleeps for the other. NULL as a handle is
 * the process's own keyed event. Keys are addresses whose lowest bit is clear. */
#include "create.h"
#include "named.h"
#include "ntwait.h"
#include "usermem.h"
#include "waitblock.h"
#include <stdlib.h>

struct keyed_event {
    struct nt_object header;
    struct ntlist sleepers; /* struct meeting; dispatcher lock */
};

struct meeting {
    struct ntlist link;
    const void *key;
    bool is_release;
    struct wait_block block;
};

static const struct nt_type keyed_event_type = {
    .name = u"KeyedEvent",
    .valid = STANDARD_RIGHTS_REQUIRED | 3,
    .generic = {STANDARD_RIGHTS_READ | 1, STANDARD_RIGHTS_WRITE | 2, STANDARD_RIGHTS_EXECUTE},
};

static struct keyed_event own = {
    .header = {.type = &keyed_event_type,
               .n_refs = 1,
               .waiters = {&own.header.waiters, &own.header.waiters}},
    .sleepers = {&own.sleepers, &own.sleepers},
};

NTSTATUS WINAPI NtCreateKeyedEvent(HANDLE *ret_handle, ACCESS_MASK access,
                                   const OBJECT_ATTRIBUTES *attributes, ULONG flags)
{
    struct keyed_event *event;
    struct creation creation;

    TRY(create_begin(ret_handle, attributes, &creation));
    if (flags)
        return STATUS_INVALID_PARAMETER_4;
    if (creation.has_name)
        return named_create(NAMED_KEYED_EVENT, ret_handle, access, &creation, 0, 0);
    event = calloc(1, sizeof(*event));
    if (!event)
        return STATUS_NO_MEMORY;
    nt_object_init(&event->header, &keyed_event_type);
    ntlist_init(&event->sleepers);
    return create_end(ret_handle, &event->header, access, &creation);
}

NTSTATUS WINAPI NtOpenKeyedEvent(HANDLE *ret_handle, ACCESS_MASK access,
                                 const OBJECT_ATTRIBUTES *attributes)
{
    return named_open(NAMED_KEYED_EVENT, ret_handle, access, attributes);
}

static NTSTATUS meet(HANDLE handle, const void *key, bool is_release, BOOLEAN alertable,
                     const LARGE_INTEGER *user_timeout)
{
    struct nt_object *object = &own.header;
    struct meeting meeting = {
        .key = key, .is_release = is_release, .block = {.alertable = alertable}};
    struct deadline deadline;
    LARGE_INTEGER copy;
    struct keyed_event *event;
    NTSTATUS status = STATUS_SUCCESS;
    bool met = false;

    if ((uintptr_t)key & 1)
        return STATUS_INVALID_PARAMETER_1;
    if (user_timeout)
        TRY(USER_GET(copy, user_timeout));
    if (handle)
        TRY(handle_lookup(handle, is_release ? 2 : 1, &keyed_event_type, &object));
    else
        nt_object_ref(object);
    deadline = deadline_from_timeout(user_timeout ? &copy : NULL);
    event = (struct keyed_event *)object;
    meeting.block.thread = wait_thread_current();
    dispatcher_lock();
    for (struct ntlist *link = event->sleepers.next; link != &event->sleepers && !met;
         link = link->next) {
        struct meeting *other = ntlist_entry(link, struct meeting, link);

        if (other->key != key || other->is_release == is_release)
            continue;
        ntlist_unlink(&other->link);
        wait_finish_locked(&other->block, STATUS_SUCCESS);
        met = true;
        break;
    }
    if (!met) {
        ntlist_append(&event->sleepers, &meeting.link);
        status = wait_block_run_locked(&meeting.block, &deadline);
        ntlist_unlink(&meeting.link);
    }
    dispatcher_unlock();
    nt_object_unref(object);
    return status;
}

NTSTATUS WINAPI NtWaitForKeyedEvent(HANDLE handle, const void *key, BOOLEAN alertable,
                                    const LARGE_INTEGER *timeout)
{
    return meet(handle, key, false, alertable, timeout);
}

NTSTATUS WINAPI NtReleaseKeyedEvent(HANDLE handle, const void *key, BOOLEAN alertable,
                                    const LARGE_INTEGER *timeout)
{
    return meet(handle, key, true, alertable, timeout);
}
