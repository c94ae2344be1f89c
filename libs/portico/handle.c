/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The handle cache: see handle.h. Two levels, so that a process with three handles has one page of
 * it and one with a million can have them. Entering, removing and walking take `table_lock`;
 * looking up takes none.
 *
 * Unknown handles: the answer of alpc_query makes the port; the notice handle_closed (another
 * process closed a handle of ours) removes it. Handles that are no ports are not cached:
 * portico_handle_kind asks. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "common/seldom.h"
#include "handle.h"
#include "local_port.h"
#include "process.h"

#define CHUNK_HANDLES 1024u
#define N_CHUNKS      (HANDLE_LOCAL_BASE / 4 / CHUNK_HANDLES)

struct chunk {
    struct port *_Atomic ports[CHUNK_HANDLES];
};

/* Race 2 of handle.h; handles share one by their value. */
struct removal {
    uint32_t n;         /* so far; wraps around */
    uint32_t n_closing; /* closes under way */
};
#define N_REMOVALS 64u

static struct chunk *_Atomic chunks[N_CHUNKS] SELDOM;
static uint32_t n_slots_used; /* beyond them no port has ever been; table_lock */
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_closed = PTHREAD_COND_INITIALIZER;
static struct removal removals[N_REMOVALS]; /* table_lock */

static struct port *_Atomic *handle_slot(handle_t handle)
{
    uint32_t index = (handle >> 2) - 1;
    struct chunk *chunk;

    if ((handle & 3) || handle == 0 || handle >= HANDLE_LOCAL_BASE)
        return NULL;
    chunk = chunks[index / CHUNK_HANDLES];
    return chunk ? &chunk->ports[index % CHUNK_HANDLES] : NULL;
}

static struct port *_Atomic *handle_slot_make_locked(handle_t handle)
{
    uint32_t index = (handle >> 2) - 1;

    if ((handle & 3) || handle == 0 || handle >= HANDLE_LOCAL_BASE)
        return NULL;
    if (!chunks[index / CHUNK_HANDLES])
        chunks[index / CHUNK_HANDLES] = calloc(1, sizeof(struct chunk));
    n_slots_used = MAX(n_slots_used, index + 1);
    return handle_slot(handle);
}

static struct port *handle_peek_port(handle_t handle)
{
    struct port *_Atomic *slot = handle_slot(handle);
    struct port *port;

    if (!slot)
        return NULL;
    while ((port = *slot)) {
        port_prefetch(port);
        if (!port_try_ref(port))
            continue;      /* it goes: the slot has changed or is about to */
        if (*slot == port) /* race 1 of handle.h */
            break;
        port_unref(port);
    }
    return port;
}

status_t handle_get_port(handle_t handle, struct port **ret_port)
{
    struct port *port = handle_peek_port(handle);
    status_t status;

    while (!port) {
        if (handle >= HANDLE_LOCAL_BASE)
            return STATUS_OBJECT_TYPE_MISMATCH;
        status = port_open_unknown(handle);
        if (status != STATUS_SUCCESS && status != STATUS_RETRY)
            return status;
        port = handle_peek_port(handle); /* not: closed since then, so the server is asked again */
    }
    *ret_port = port;
    return STATUS_SUCCESS;
}

status_t handle_enter_port(handle_t handle, struct port *port)
{
    struct port *_Atomic *slot;
    struct port *old = NULL;

    pthread_mutex_lock(&table_lock);
    slot = handle_slot_make_locked(handle);
    if (slot)
        old = atomic_exchange(slot, port);
    pthread_mutex_unlock(&table_lock);
    if (old) { /* the handle was closed and reused behind our back; the notice of that is to come */
        port_closed_here(old);
        port_unref(old);
    }
    return slot ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static struct removal *removal_of_locked(handle_t handle)
{
    return &removals[(handle >> 2) % N_REMOVALS];
}

void handle_ask_begin(handle_t handle, uint32_t *ret_removals)
{
    pthread_mutex_lock(&table_lock);
    while (removal_of_locked(handle)->n_closing)
        pthread_cond_wait(&is_closed, &table_lock);
    *ret_removals = removal_of_locked(handle)->n;
    pthread_mutex_unlock(&table_lock);
}

status_t handle_enter_found(handle_t handle, struct port *port, uint32_t n_removals)
{
    struct port *_Atomic *slot;
    struct port *unused = port;
    status_t status = STATUS_SUCCESS;

    pthread_mutex_lock(&table_lock);
    slot = handle_slot_make_locked(handle);
    if (!slot)
        status = STATUS_NO_MEMORY;
    else if (removal_of_locked(handle)->n != n_removals)
        status = STATUS_RETRY;
    else if (!*slot) /* else another thread has asked too, and what it found is in use */
        unused = atomic_exchange(slot, port);
    pthread_mutex_unlock(&table_lock);
    if (unused) {
        unused->port_id = 0; /* was never that port's here: what belongs to it stays */
        port_unref(unused);
    }
    return status;
}

struct port *handle_close_begin(handle_t handle)
{
    struct port *_Atomic *slot;
    struct port *port;

    pthread_mutex_lock(&table_lock);
    removal_of_locked(handle)->n++;
    removal_of_locked(handle)->n_closing++;
    slot = handle_slot(handle);
    port = slot ? atomic_exchange(slot, NULL) : NULL;
    pthread_mutex_unlock(&table_lock);
    return port;
}

void handle_close_end(handle_t handle)
{
    pthread_mutex_lock(&table_lock);
    removal_of_locked(handle)->n_closing--;
    pthread_cond_broadcast(&is_closed);
    pthread_mutex_unlock(&table_lock);
}

void handle_closed_elsewhere(handle_t handle, uint64_t object_id)
{
    struct port *_Atomic *slot;
    struct port *port = NULL;

    pthread_mutex_lock(&table_lock);
    removal_of_locked(handle)->n++;
    slot = handle_slot(handle);
    if (slot && *slot && (*slot)->port_id == object_id)
        port = atomic_exchange(slot, NULL);
    pthread_mutex_unlock(&table_lock);
    if (port) {
        port_closed_here(port);
        port_unref(port);
    }
}

void handle_for_each_port(void (*each)(struct port *port, void *argument), void *argument)
{
    pthread_mutex_lock(&table_lock);
    for (uint32_t i = 0; i < n_slots_used; i++) {
        struct chunk *chunk = chunks[i / CHUNK_HANDLES];
        if (!chunk)
            i |= CHUNK_HANDLES - 1;
        else if (chunk->ports[i % CHUNK_HANDLES])
            each(chunk->ports[i % CHUNK_HANDLES], argument);
    }
    pthread_mutex_unlock(&table_lock);
}
