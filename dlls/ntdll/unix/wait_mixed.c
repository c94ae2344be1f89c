/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Waits in which server handles take part (design section 6).
 *
 * Server objects alone: one parked request; the daemon decides any, all, and what is acquired.
 * Local and server objects, wait any: (1) local objects are tried; (2) a looking block is linked to
 * them, so that one that becomes signalled interrupts (3) the parked request for the server's part;
 * (4) interrupted: back to (1); a server object that came first is the result, and the local ones,
 * only looked at, are untouched. So no object is acquired for nothing. ALPC ports count as local
 * objects (port_object.c).
 *
 * TODO(waits): wait-all over both kinds: refused by name.
 */
#include "client.h"
#include "named.h"
#include "ntprocess.h"
#include "nttime.h"
#include "port_object.h"
#include "usermem.h"
#include "wait_mixed.h"
#include "waitblock.h"
#include <portico/portico.h>

struct mixed {
    struct wait_block block; /* the local part */
    unsigned local_index[MAXIMUM_WAIT_OBJECTS];
    handle_t servers[MAXIMUM_WAIT_OBJECTS];
    unsigned server_index[MAXIMUM_WAIT_OBJECTS];
    unsigned n_servers;
    bool alertable;
    struct deadline deadline;
    int64_t deadline_ns;
};

static void mixed_release(struct mixed *mixed)
{
    for (unsigned i = 0; i < mixed->block.n_entries; i++)
        nt_object_unref(mixed->block.entries[i].object);
}

static NTSTATUS mixed_add_local(struct mixed *mixed, HANDLE handle, unsigned index)
{
    struct wait_entry *entry = &mixed->block.entries[mixed->block.n_entries];

    TRY(wait_object_from_handle(handle, &entry->object));
    mixed->local_index[mixed->block.n_entries] = index;
    ntlist_init(&entry->link);
    mixed->block.n_entries++;
    return STATUS_SUCCESS;
}

static NTSTATUS mixed_add(struct mixed *mixed, HANDLE handle, unsigned index)
{
    enum object_kind kind;
    uint32_t access;

    if (handle_is_server(handle)) {
        handle_t server = (handle_t)(uintptr_t)handle & ~(handle_t)3;
        NTSTATUS status = (NTSTATUS)portico_handle_kind(server, &kind, &access);

        if (status)
            return status;
        if (!(access & SYNCHRONIZE))
            return STATUS_ACCESS_DENIED;
        if (kind == OBJECT_KIND_DIRECTORY || kind == OBJECT_KIND_SYMLINK ||
            kind == OBJECT_KIND_SECTION)
            return STATUS_OBJECT_TYPE_MISMATCH;
        if (kind == OBJECT_KIND_PORT)
            return mixed_add_local(mixed, handle, index);
        mixed->server_index[mixed->n_servers] = index;
        mixed->servers[mixed->n_servers++] = server;
        return STATUS_SUCCESS;
    }
    return mixed_add_local(mixed, handle, index);
}

static NTSTATUS server_result(const struct mixed *mixed, status_t status, uint32_t index, bool all)
{
    unsigned at = all || index >= mixed->n_servers ? 0 : mixed->server_index[index];

    if (status == STATUS_SUCCESS)
        return STATUS_WAIT_0 + (NTSTATUS)at;
    if (status == (status_t)STATUS_ABANDONED)
        return STATUS_ABANDONED_WAIT_0 + (NTSTATUS)at;
    return (NTSTATUS)status;
}

static NTSTATUS wait_servers(struct mixed *mixed, bool all, handle_t signal)
{
    uint32_t index = 0;
    status_t status;

    client_wait_begin(mixed->alertable);
    status = portico_wait(mixed->n_servers, mixed->servers, all, signal, mixed->alertable,
                          mixed->deadline_ns, &index);
    return server_result(mixed, status, index, all);
}

/* (1)-(4) of the head comment. */
static NTSTATUS wait_any_of_both(struct mixed *mixed)
{
    NTSTATUS status;

    for (;;) {
        bool signaled;

        dispatcher_lock();
        signaled = wait_block_try_locked(&mixed->block, &status);
        if (!signaled)
            wait_look_begin_locked(&mixed->block); /* in one step: no signal falls between */
        dispatcher_unlock();
        if (signaled)
            return STATUS_WAIT_0 + (NTSTATUS)mixed->local_index[status & 0x3f] + (status & 0x80);
        status = wait_servers(mixed, false, 0);
        dispatcher_lock();
        wait_look_end_locked(&mixed->block);
        mixed->block.looks_only = false;
        dispatcher_unlock();
        if (status != STATUS_RETRY)
            return status;
    }
}

/* Ports and local objects: the dispatcher's. */
static NTSTATUS wait_locals(struct mixed *mixed, bool all)
{
    NTSTATUS status;

    mixed->block.all = all;
    dispatcher_lock();
    status = wait_block_run_locked(&mixed->block, &mixed->deadline);
    dispatcher_unlock();
    return status;
}

/* A wait-all for one object twice could never end as Windows' would: it refuses. */
static bool has_duplicate(const struct mixed *mixed)
{
    for (unsigned i = 1; i < mixed->block.n_entries; i++)
        for (unsigned j = 0; j < i; j++)
            if (mixed->block.entries[i].object == mixed->block.entries[j].object ||
                port_object_is_same(mixed->block.entries[i].object, mixed->block.entries[j].object))
                return true;
    return false;
}

NTSTATUS wait_mixed(ULONG count, const HANDLE *handles, bool all, HANDLE signal, bool alertable,
                    const LARGE_INTEGER *timeout)
{
    _cleanup_nt_(mixed_release) struct mixed mixed = {.alertable = alertable};
    struct timespec left;

    if (!portico_process_id()) /* no server handle can exist yet: none is started for nonsense */
        return STATUS_INVALID_HANDLE;
    client_need();
    mixed.block.thread = wait_thread_current();
    mixed.block.alertable = alertable;
    for (ULONG i = 0; i < count; i++) {
        NTSTATUS status = mixed_add(&mixed, handles[i], i);

        if (status)
            return status;
    }
    mixed.deadline = deadline_from_timeout(timeout);
    mixed.deadline_ns = PORTICO_FOREVER;
    if (mixed.deadline.is_zero) {
        mixed.deadline_ns = PORTICO_POLL;
    } else if (deadline_left(&mixed.deadline, &left)) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        mixed.deadline_ns =
            (int64_t)(now.tv_sec + left.tv_sec) * 1000000000 + now.tv_nsec + left.tv_nsec;
    }
    if (all && has_duplicate(&mixed))
        return STATUS_INVALID_PARAMETER_MIX;
    if (!mixed.block.n_entries)
        return wait_servers(&mixed, all, (handle_t)(uintptr_t)signal);
    if (!mixed.n_servers && !signal)
        return wait_locals(&mixed, all);
    if (!all && !signal)
        return wait_any_of_both(&mixed);
    unimplemented_once("NtWaitForMultipleObjects", "this mixture of local and shared objects:", 0);
    return STATUS_NOT_IMPLEMENTED;
}
