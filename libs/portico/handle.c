/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The handle cache: see handle.h. Two levels, so that a process with three handles has one page of
 * it and one with a million can have them. Entering, removing and walking take `table_lock`;
 * looking up takes none.
 *
 * Unknown handles: the answer of alpc_query makes the port; the notice handle_changed (another
 * process closed or replaced a handle of ours) removes it. Handles that are no ports are not
 * cached: portico_handle_kind asks. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "handle.h"
#include "local_port.h"
#include "process.h"

#define CHUNK_HANDLES 1024u
#define N_CHUNKS      (HANDLE_LOCAL_BASE / 4 / CHUNK_HANDLES)

struct chunk {
    struct port *_Atomic ports[CHUNK_HANDLES];
};

static struct chunk *_Atomic chunks[N_CHUNKS];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;

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
    return handle_slot(handle);
}

static struct port *handle_peek_port(handle_t handle)
{
    struct port *_Atomic *slot = handle_slot(handle);
    struct port *port;

    if (!slot)
        return NULL;
    while ((port = *slot)) {
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

    if (!port) {
        if (handle >= HANDLE_LOCAL_BASE)
            return STATUS_OBJECT_TYPE_MISMATCH;
        status = port_open_unknown(handle);
        if (status != STATUS_SUCCESS)
            return status;
        port = handle_peek_port(handle);
        if (!port)
            return STATUS_INVALID_HANDLE;
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
    if (old) /* the handle was closed and reused behind our back, or two threads asked for it at
                once */
        port_unref(old);
    return slot ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

struct port *handle_remove_port(handle_t handle)
{
    struct port *_Atomic *slot;
    struct port *port = NULL;

    pthread_mutex_lock(&table_lock);
    slot = handle_slot(handle);
    if (slot)
        port = atomic_exchange(slot, NULL);
    pthread_mutex_unlock(&table_lock);
    return port;
}

void handle_for_each_port(void (*each)(struct port *port, void *argument), void *argument)
{
    pthread_mutex_lock(&table_lock);
    for (uint32_t i = 0; i < N_CHUNKS; i++) {
        struct chunk *chunk = chunks[i];
        for (uint32_t j = 0; chunk && j < CHUNK_HANDLES; j++)
            if (chunk->ports[j])
                each(chunk->ports[j], argument);
    }
    pthread_mutex_unlock(&table_lock);
}
