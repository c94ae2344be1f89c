/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Waits in which server objects take part (design section 6): those of server handles, and local
 * ones that have moved there (shared.c).
 *
 * Server objects alone: one parked request; the daemon decides any, all, and what is acquired.
 *
 * Local and server objects, any: (1) local objects are tried; (2) a looking block is linked to
 * them, so that one that becomes signalled interrupts (3) the parked request for the server's part;
 * (4) interrupted: back to (1); a server object that came first is the result, and the local ones,
 * only looked at, are untouched. So no object is acquired for nothing.
 *
 * Local and server objects, all: (1) under the dispatcher lock, when all local ones are signalled,
 * the daemon is asked to take all of its part or none; if it does, the local ones are acquired: one
 * step for everybody here. If not, (2) sleep until the missing side has changed, taking nothing:
 * in the daemon until all of its part is signalled (WAIT_MODE_LOOK), or here until a local one
 * that is not signalled becomes so; then (1) again.
 *
 * ALPC ports count as local objects (port_object.c).
 */
#include "client.h"
#include "ntprocess.h"
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
    const struct deadline *deadline;
    int64_t deadline_ns;
};

bool wait_set_is_mixed(const struct wait_set *set)
{
    for (unsigned i = 0; i < set->n; i++)
        if (!set->subjects[i].object || nt_object_has_moved(set->subjects[i].object))
            return true;
    return false;
}

static void mixed_add(struct mixed *mixed, const struct wait_subject *subject, unsigned index)
{
    if (!subject->object || nt_object_has_moved(subject->object)) {
        mixed->server_index[mixed->n_servers] = index;
        mixed->servers[mixed->n_servers++] =
            subject->object ? subject->object->shared : subject->server;
    } else {
        struct wait_entry *entry = &mixed->block.entries[mixed->block.n_entries];

        mixed->local_index[mixed->block.n_entries++] = index;
        entry->object = subject->object;
        ntlist_init(&entry->link);
    }
}

static void mixed_init(struct mixed *mixed, const struct wait_set *set, bool alertable,
                       const struct deadline *deadline)
{
    struct timespec left, now;

    mixed->n_servers = 0;
    mixed->block = (struct wait_block){.thread = wait_thread_current(), .alertable = alertable};
    mixed->alertable = alertable;
    mixed->deadline = deadline;
    for (unsigned i = 0; i < set->n; i++)
        mixed_add(mixed, &set->subjects[i], i);
    mixed->deadline_ns = PORTICO_FOREVER;
    if (deadline->is_zero) {
        mixed->deadline_ns = PORTICO_POLL;
    } else if (deadline_left(deadline, &left)) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        mixed->deadline_ns =
            (int64_t)(now.tv_sec + left.tv_sec) * 1000000000 + now.tv_nsec + left.tv_nsec;
    }
}

static bool has_moved(const struct mixed *mixed)
{
    for (unsigned i = 0; i < mixed->block.n_entries; i++)
        if (nt_object_has_moved(mixed->block.entries[i].object))
            return true;
    return false;
}

/* A wait-any's status in terms of the handles waited for. */
static NTSTATUS local_status(const struct mixed *mixed, NTSTATUS status)
{
    unsigned base = (unsigned)status & ~0x3fu;

    if (base != STATUS_WAIT_0 && base != STATUS_ABANDONED_WAIT_0)
        return status;
    return (NTSTATUS)(base + mixed->local_index[status & 0x3f]);
}

/* A local object that is signalled now; the wait's status. */
static bool local_try_locked(struct mixed *mixed, NTSTATUS *ret_status)
{
    if (has_moved(mixed)) {
        *ret_status = STATUS_RETRY;
        return true;
    }
    if (!mixed->block.n_entries || !wait_block_try_locked(&mixed->block, ret_status))
        return false;
    *ret_status = local_status(mixed, *ret_status);
    return true;
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

static NTSTATUS wait_servers(struct mixed *mixed, enum wait_mode mode, handle_t signal)
{
    uint32_t index = 0;
    status_t status;

    client_wait_begin(mixed->alertable);
    status = portico_wait(mixed->n_servers, mixed->servers, mode, signal, mixed->alertable,
                          mixed->deadline_ns, &index);
    return server_result(mixed, status, index, mode != WAIT_MODE_ANY);
}

/* (1)-(4) of the head comment. */
static NTSTATUS wait_any_of_both(struct mixed *mixed)
{
    NTSTATUS status;

    for (;;) {
        bool ended;

        dispatcher_lock();
        ended = local_try_locked(mixed, &status);
        if (!ended)
            wait_look_begin_locked(&mixed->block); /* in one step: no signal falls between */
        dispatcher_unlock();
        if (ended)
            return status;
        status = wait_servers(mixed, WAIT_MODE_ANY, 0);
        dispatcher_lock();
        wait_look_end_locked(&mixed->block);
        mixed->block.looks_only = false;
        dispatcher_unlock();
        if (status != STATUS_RETRY)
            return status;
    }
}

/* The local objects that are not signalled. */
static void unsignaled_locked(const struct mixed *mixed, struct wait_block *ret_block)
{
    *ret_block = (struct wait_block){.thread = mixed->block.thread, .alertable = mixed->alertable};
    for (unsigned i = 0; i < mixed->block.n_entries; i++) {
        struct nt_object *object = mixed->block.entries[i].object;

        if (object->type->is_signaled(object, mixed->block.thread))
            continue;
        ret_block->entries[ret_block->n_entries].object = object;
        ntlist_init(&ret_block->entries[ret_block->n_entries++].link);
    }
}

/* Takes everything, if everything is there. STATUS_TIMEOUT: the server's part is not;
 * STATUS_SUCCESS and nothing taken: look again. */
static NTSTATUS all_take_locked(struct mixed *mixed, bool *ret_is_taken)
{
    status_t servers;
    NTSTATUS locals;

    if (!wait_block_take_locked(&mixed->block))
        return STATUS_SUCCESS; /* a port that another process has emptied: not signalled any more */
    servers = portico_try_all(mixed->n_servers, mixed->servers);
    if (servers != STATUS_SUCCESS && servers != (status_t)STATUS_ABANDONED) {
        wait_block_untake_locked(&mixed->block);
        return (NTSTATUS)servers;
    }
    *ret_is_taken = true;
    locals = wait_block_acquire_locked(&mixed->block);
    return servers == STATUS_SUCCESS ? locals : STATUS_ABANDONED_WAIT_0;
}

static NTSTATUS wait_all_of_both(struct mixed *mixed)
{
    bool is_taken = false;
    NTSTATUS status;

    mixed->block.all = true;
    do {
        struct wait_block missing;

        dispatcher_lock();
        unsignaled_locked(mixed, &missing);
        if (has_moved(mixed))
            status = STATUS_RETRY;
        else if (missing.n_entries)
            status = wait_look_run_locked(&missing, mixed->deadline);
        else
            status = all_take_locked(mixed, &is_taken);
        dispatcher_unlock();
        if (status == STATUS_TIMEOUT && !missing.n_entries)
            status = wait_servers(mixed, WAIT_MODE_LOOK, 0);
    } while (status == STATUS_SUCCESS && !is_taken);
    return status;
}

NTSTATUS wait_mixed(const struct wait_set *set, bool all, handle_t signal, bool alertable,
                    const struct deadline *deadline)
{
    struct mixed mixed;

    client_need();
    mixed_init(&mixed, set, alertable, deadline);
    if (!mixed.block.n_entries)
        return wait_servers(&mixed, all ? WAIT_MODE_ALL : WAIT_MODE_ANY, signal);
    if (!mixed.n_servers) /* they have not moved after all */
        return STATUS_RETRY;
    return all ? wait_all_of_both(&mixed) : wait_any_of_both(&mixed);
}
