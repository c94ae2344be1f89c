/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtWaitForSingleObject, NtWaitForMultipleObjects, NtSignalAndWaitForSingleObject,
 * NtDelayExecution.
 *
 * Handles are looked up with SYNCHRONIZE before anything is waited for; each object may stand in
 * for another (a file's event, an ALPC port). A wait with server objects in it is wait_mixed's. An
 * object may move to the server while it is waited for (shared.c): the wait begins again, with the
 * same deadline.
 */
#include "client.h"
#include "common/trace.h"
#include "file.h"
#include "named.h"
#include "ntprocess.h"
#include "ntwait.h"
#include "port_object.h"
#include "shared.h"
#include "usermem.h"
#include "wait_mixed.h"
#include "waitblock.h"
#include <portico/portico.h>

void wait_set_release(struct wait_set *set)
{
    for (unsigned i = 0; i < set->n; i++)
        nt_object_unref(set->subjects[i].object);
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

static NTSTATUS subject_from_server(HANDLE handle, struct wait_subject *subject)
{
    handle_t server = (handle_t)(uintptr_t)handle & ~(handle_t)3;
    enum object_kind kind;
    struct file *file;
    uint32_t access;

    if (!client_may_have_handles()) /* no server handle can exist yet: none is started for nonsense
                                     */
        return STATUS_INVALID_HANDLE;
    client_need();
    TRY((NTSTATUS)portico_handle_kind(server, &kind, &access));
    if (!(access & SYNCHRONIZE))
        return STATUS_ACCESS_DENIED;
    switch (kind) {
    case OBJECT_KIND_DIRECTORY:
    case OBJECT_KIND_SYMLINK:
    case OBJECT_KIND_SECTION:
        return STATUS_OBJECT_TYPE_MISMATCH;
    case OBJECT_KIND_PORT:
        return port_object_from_handle(handle, &subject->object);
    case OBJECT_KIND_FILE: /* its operations are this process' own */
        TRY(shared_file_get(handle, 0, &file));
        subject->object = &file->header.header;
        return STATUS_SUCCESS;
    default:
        subject->server = server;
        return STATUS_SUCCESS;
    }
}

NTSTATUS wait_set_add(struct wait_set *set, HANDLE handle)
{
    struct wait_subject *subject = &set->subjects[set->n];

    *subject = (struct wait_subject){.object = NULL};
    if (handle_is_server(handle))
        TRY(subject_from_server(handle, subject));
    else
        TRY(wait_object_from_handle(handle, &subject->object));
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

static NTSTATUS wait_set_run(const struct wait_set *set, bool all, bool alertable,
                             const struct deadline *deadline)
{
    struct nt_object *objects[MAXIMUM_WAIT_OBJECTS];
    NTSTATUS status;

    do {
        if (wait_set_is_mixed(set)) {
            status = wait_mixed(set, all, 0, alertable, deadline);
            continue;
        }
        for (unsigned i = 0; i < set->n; i++)
            objects[i] = set->subjects[i].object;
        status = wait_objects_until(set->n, objects, all, alertable, deadline);
    } while (status == STATUS_RETRY);
    return status;
}

NTSTATUS WINAPI NtWaitForSingleObject(HANDLE handle, BOOLEAN alertable,
                                      const LARGE_INTEGER *timeout)
{
    _cleanup_nt_(wait_set_release) struct wait_set set;
    struct deadline deadline;
    LARGE_INTEGER copy;
    NTSTATUS status;

    set.n = 0;
    TRY(timeout_get(&timeout, &copy));
    status = wait_set_add(&set, handle);
    deadline = deadline_from_timeout(timeout);
    if (!status)
        status = wait_set_run(&set, false, alertable, &deadline);
    TRACE(wait, "handle %#zx: %08x", (size_t)handle, (unsigned)status);
    return status;
}

/* A wait-all for one object twice could never end as Windows' would: it refuses. Only local ones:
 * the server sees to its own. */
static bool has_duplicate(const struct wait_set *set)
{
    for (unsigned i = 1; i < set->n; i++)
        for (unsigned j = 0; j < i; j++) {
            const struct nt_object *a = set->subjects[i].object, *b = set->subjects[j].object;

            if (a && b && (a == b || port_object_is_same(a, b)))
                return true;
        }
    return false;
}

NTSTATUS WINAPI NtWaitForMultipleObjects(ULONG count, const HANDLE *handles, BOOLEAN wait_any,
                                         BOOLEAN alertable, const LARGE_INTEGER *timeout)
{
    _cleanup_nt_(wait_set_release) struct wait_set set;
    HANDLE copies[MAXIMUM_WAIT_OBJECTS];
    struct deadline deadline;
    LARGE_INTEGER copy;
    NTSTATUS status;

    set.n = 0;
    if (!count || count > MAXIMUM_WAIT_OBJECTS)
        return STATUS_INVALID_PARAMETER_1;
    if (wait_any > 1)
        return STATUS_INVALID_PARAMETER_3;
    TRY(timeout_get(&timeout, &copy));
    TRY(user_read(copies, handles, count * sizeof(*copies)));
    for (ULONG i = 0; i < count; i++)
        TRY(wait_set_add(&set, copies[i]));
    if (!wait_any && has_duplicate(&set))
        return STATUS_INVALID_PARAMETER_MIX;
    deadline = deadline_from_timeout(timeout);
    status = wait_set_run(&set, !wait_any, alertable, &deadline);
    TRACE(wait, "%s of %u handles from %#zx: %08x", wait_any ? "any" : "all", (unsigned)count,
          (size_t)copies[0], (unsigned)status);
    return status;
}

/* The first half of a NtSignalAndWait; the dispatcher lock is held. */
static NTSTATUS server_signal_locked(handle_t server, enum object_kind kind)
{
    switch (kind) {
    case OBJECT_KIND_EVENT:
        (void)shared_event_set(server);
        return STATUS_SUCCESS;
    case OBJECT_KIND_SEMAPHORE:
        return shared_semaphore_release(server, 1);
    case OBJECT_KIND_MUTANT:
        return shared_mutant_release(server);
    default:
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
}

static NTSTATUS signal_check_server(HANDLE signal, enum object_kind *ret_kind)
{
    uint32_t access;

    if (!client_may_have_handles())
        return STATUS_INVALID_HANDLE;
    client_need();
    TRY((NTSTATUS)portico_handle_kind((handle_t)(uintptr_t)signal & ~(handle_t)3, ret_kind,
                                      &access));
    /* EVENT_MODIFY_STATE is SEMAPHORE_MODIFY_STATE; a mutant's owner needs no right. */
    if (*ret_kind != OBJECT_KIND_MUTANT && !(access & EVENT_MODIFY_STATE))
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

/* DIFFERS: with a server object on the waiting side only, signalling and beginning to wait are two
 * steps; Microsoft's documentation does not promise one. */
NTSTATUS WINAPI NtSignalAndWaitForSingleObject(HANDLE signal, HANDLE wait, BOOLEAN alertable,
                                               const LARGE_INTEGER *timeout)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    _cleanup_nt_(wait_set_release) struct wait_set set;
    struct wait_block block = {.n_entries = 1, .alertable = alertable};
    enum object_kind kind = OBJECT_ANY;
    struct deadline deadline;
    LARGE_INTEGER copy;
    ACCESS_MASK granted = 0;
    NTSTATUS status;

    set.n = 0;
    TRY(timeout_get(&timeout, &copy));
    if (handle_is_server(signal))
        TRY(signal_check_server(signal, &kind));
    else
        TRY(handle_lookup_access(signal, 0, NULL, &object, &granted));
    if (object && !object->type->signal)
        return STATUS_OBJECT_TYPE_MISMATCH;
    TRY(wait_set_add(&set, wait));
    deadline = deadline_from_timeout(timeout);
    if (!object && wait_set_is_mixed(&set))
        return wait_mixed(&set, false, (handle_t)(uintptr_t)signal, alertable, &deadline);
    block.thread = wait_thread_current();
    block.entries[0].object = set.subjects[0].object;
    ntlist_init(&block.entries[0].link);
    dispatcher_lock(); /* signal and begin to wait are one step */
    status = object ? object->type->signal(object, granted)
                    : server_signal_locked((handle_t)(uintptr_t)signal & ~(handle_t)3, kind);
    if (!status)
        status = block.entries[0].object ? wait_block_run_locked(&block, &deadline) : STATUS_RETRY;
    dispatcher_unlock();
    return status == STATUS_RETRY ? wait_set_run(&set, false, alertable, &deadline) : status;
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
