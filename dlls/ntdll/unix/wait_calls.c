/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtWaitForSingleObject, NtWaitForMultipleObjects, NtSignalAndWaitForSingleObject,
 * NtDelayExecution.
 *
 * Handles are looked up with SYNCHRONIZE before anything is waited for; each object may stand in
 * for another (a file's event, an ALPC port). Server handles: wait_mixed.c.
 */
#include "named.h"
#include "ntprocess.h"
#include "ntwait.h"
#include "port_object.h"
#include "usermem.h"
#include "wait_mixed.h"
#include "waitblock.h"

struct wait_set {
    unsigned n;
    struct nt_object *objects[MAXIMUM_WAIT_OBJECTS];
};

static void wait_set_release(struct wait_set *set)
{
    for (unsigned i = 0; i < set->n; i++)
        nt_object_unref(set->objects[i]);
}

NTSTATUS wait_object_from_handle(HANDLE handle, struct nt_object **ret_object)
{
    struct nt_object *object, *stand_in;

    if (handle_is_server(handle))
        return port_object_from_handle(handle, ret_object);
    TRY(handle_lookup(handle, SYNCHRONIZE, NULL, &object));
    if (object->type->wait_object) {
        stand_in = nt_object_ref(object->type->wait_object(object));
        nt_object_unref(object);
        object = stand_in;
    }
    if (!object->type->is_signaled) {
        nt_object_unref(object);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *ret_object = object;
    return STATUS_SUCCESS;
}

static NTSTATUS wait_set_add(struct wait_set *set, HANDLE handle)
{
    TRY(wait_object_from_handle(handle, &set->objects[set->n]));
    set->n++;
    return STATUS_SUCCESS;
}

static NTSTATUS timeout_get(const LARGE_INTEGER **timeout, LARGE_INTEGER *copy)
{
    if (!*timeout)
        return STATUS_SUCCESS;
    TRY(user_read(copy, *timeout, sizeof(*copy)));
    *timeout = copy;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtWaitForSingleObject(HANDLE handle, BOOLEAN alertable,
                                      const LARGE_INTEGER *timeout)
{
    _cleanup_nt_(wait_set_release) struct wait_set set = {0};
    LARGE_INTEGER copy;

    TRY(timeout_get(&timeout, &copy));
    if (handle_is_server(handle))
        return wait_mixed(1, &handle, false, NULL, alertable, timeout);
    TRY(wait_set_add(&set, handle));
    return wait_objects(1, set.objects, false, alertable, timeout);
}

static bool has_duplicate(const struct wait_set *set)
{
    for (unsigned i = 1; i < set->n; i++)
        for (unsigned j = 0; j < i; j++)
            if (set->objects[i] == set->objects[j])
                return true;
    return false;
}

NTSTATUS WINAPI NtWaitForMultipleObjects(ULONG count, const HANDLE *handles, BOOLEAN wait_any,
                                         BOOLEAN alertable, const LARGE_INTEGER *timeout)
{
    _cleanup_nt_(wait_set_release) struct wait_set set = {0};
    HANDLE copies[MAXIMUM_WAIT_OBJECTS];
    LARGE_INTEGER copy;

    if (!count || count > MAXIMUM_WAIT_OBJECTS)
        return STATUS_INVALID_PARAMETER_1;
    if (wait_any > 1)
        return STATUS_INVALID_PARAMETER_3;
    TRY(timeout_get(&timeout, &copy));
    TRY(user_read(copies, handles, count * sizeof(*copies)));
    for (ULONG i = 0; i < count; i++)
        if (handle_is_server(copies[i]))
            return wait_mixed(count, copies, !wait_any, NULL, alertable, timeout);
    for (ULONG i = 0; i < count; i++)
        TRY(wait_set_add(&set, copies[i]));
    if (!wait_any && has_duplicate(&set))
        return STATUS_INVALID_PARAMETER_MIX;
    return wait_objects(count, set.objects, !wait_any, alertable, timeout);
}

NTSTATUS WINAPI NtSignalAndWaitForSingleObject(HANDLE signal, HANDLE wait, BOOLEAN alertable,
                                               const LARGE_INTEGER *timeout)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    _cleanup_nt_(wait_set_release) struct wait_set set = {0};
    struct wait_block block = {.n_entries = 1, .alertable = alertable};
    struct deadline deadline;
    LARGE_INTEGER copy;
    ACCESS_MASK granted;
    NTSTATUS status;

    TRY(timeout_get(&timeout, &copy));
    if (handle_is_server(signal) && handle_is_server(wait))
        return wait_mixed(1, &wait, false, signal, alertable, timeout);
    if (handle_is_server(signal) || (handle_is_server(wait) && !port_object_is_port(wait))) {
        unimplemented_once(__func__, "a local and a shared object:", 0);
        return STATUS_NOT_IMPLEMENTED;
    }
    TRY(handle_lookup_access(signal, 0, NULL, &object, &granted));
    if (!object->type->signal)
        return STATUS_OBJECT_TYPE_MISMATCH;
    TRY(wait_set_add(&set, wait));
    deadline = deadline_from_timeout(timeout);
    block.thread = wait_thread_current();
    block.entries[0].object = set.objects[0];
    ntlist_init(&block.entries[0].link);
    dispatcher_lock(); /* signal and begin to wait are one step */
    status = object->type->signal(object, granted);
    if (!status)
        status = wait_block_run_locked(&block, &deadline);
    dispatcher_unlock();
    return status;
}

/* The end of the delay is its success; only alerts and APCs are told. */
NTSTATUS WINAPI NtDelayExecution(BOOLEAN alertable, const LARGE_INTEGER *timeout)
{
    LARGE_INTEGER copy;
    NTSTATUS status;

    TRY(timeout_get(&timeout, &copy));
    status = wait_objects(0, NULL, false, alertable, timeout);
    if (timeout && !timeout->QuadPart && status == STATUS_TIMEOUT)
        return NtYieldExecution();
    return status == STATUS_TIMEOUT ? STATUS_SUCCESS : status;
}
