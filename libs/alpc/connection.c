/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Connection requests and connection facts as holders see them. The daemon owns the connection's
 * state; a holder owns PortContext, which it must store before the daemon releases the client (H1:
 * the client's first request may be received by another thread before NtAlpcAcceptConnectPort has
 * returned). A request that is being answered is ACCEPTING, so that a second answer fails; a client
 * that gives up meanwhile marks it (continue.c, D1). */

#include <string.h>

#include "alpc/node.h"
#include "alpc/scan.h"
#include "lane/sys.h"

static status_t accept_begin_locked(struct port_view *view, uint32_t ref, uint64_t port_context,
                                    uint32_t *ret_connection, uint32_t *ret_generation)
{
    struct port_node *node = node_at(view, ref);

    if (!node || node->state != PORT_NODE_PENDING || node->kind != LANE_CONNECT_REQUEST)
        return STATUS_REPLY_MESSAGE_MISMATCH;
    struct port_connection *connection =
        connection_open_locked(view, node->connection, node->connection_generation);
    if (!connection)
        return STATUS_REPLY_MESSAGE_MISMATCH;
    if (!MUTANT(late_context))
        atom_note(&connection->port_context, port_context); /* (H1) */
    node->holder = view->holder;
    node_move_locked(view, ref, PORT_NODE_ACCEPTING);
    *ret_connection = node->connection;
    *ret_generation = node->connection_generation;
    return STATUS_SUCCESS;
}

status_t port_accept_begin(struct port_view *view, uint32_t message_id, uint64_t port_context,
                           uint32_t *ret_connection, uint32_t *ret_generation)
{
    if (!port_lock(view))
        return STATUS_PORT_DISCONNECTED;
    status_t status = accept_begin_locked(view, node_find_locked(view, message_id), port_context,
                                          ret_connection, ret_generation);
    port_unlock(view);
    return status;
}

/* A request that was flushed meanwhile is no longer in the id table: found by its state. */
static uint32_t find_accepting_locked(struct port_view *view, uint32_t message_id)
{
    uint32_t ref = node_find_locked(view, message_id);

    if (ref)
        return ref;
    for (uint32_t i = 1; i <= view->at.memory->nodes_used; i++) {
        const struct port_node *node = node_at(view, i);
        if (node && node->state == PORT_NODE_ACCEPTING && node->message_id == message_id)
            return i;
    }
    return 0;
}

void port_accept_end(struct port_view *view, uint32_t message_id, bool answered)
{
    if (!port_lock(view))
        return;
    uint32_t ref = find_accepting_locked(view, message_id);
    struct port_node *node = node_at(view, ref);
    if (node && node->state == PORT_NODE_ACCEPTING) {
        if (answered)
            node_free_locked(view, ref);
        else if (node->flags & PORT_NODE_CANCELED)
            node_cancel_locked(view, ref, sys_now_ns());
        else
            node_move_locked(view, ref, PORT_NODE_PENDING);
    }
    hand_on_locked(view);
    port_unlock(view);
}

void port_set_context(struct port_view *view, uint32_t connection, uint32_t generation,
                      uint64_t port_context)
{
    if (!port_lock(view))
        return;
    struct port_connection *entry = connection_at_locked(view, connection);
    if (entry && entry->marked_generation == generation)
        atom_note(&entry->port_context, port_context);
    port_unlock(view);
}

bool port_connection_read(const struct port_view *view, uint32_t connection,
                          struct port_connection_facts *ret_facts)
{
    if (connection >= view->at.geometry.n_connections)
        return false;
    const struct port_connection *entry = &view->at.connections[connection];
    uint32_t state = atom_load(&entry->state);
    if (state == PORT_CONNECTION_FREE)
        return false;
    memset(ret_facts, 0, sizeof(*ret_facts));
    ret_facts->state = state;
    ret_facts->generation = atom_load(&entry->generation);
    ret_facts->process_id = entry->process_id;
    ret_facts->thread_id = entry->thread_id;
    memcpy(ret_facts->token_ids, entry->token_ids, sizeof(ret_facts->token_ids));
    if (atom_load(&entry->marked_generation) == ret_facts->generation) {
        ret_facts->sequence = atom_peek(&entry->sequence);
        ret_facts->port_context = atom_peek(&entry->port_context);
    }
    return true;
}

uint32_t port_sequence(const struct port_view *view)
{
    return atom_load(&view->at.memory->sequence);
}

status_t port_ended(const struct port_memory *memory)
{
    return atom_load(&memory->ended_status);
}
