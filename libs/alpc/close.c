/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Close processing (reference 4.9). The daemon queues the close of a connection once, with a stamp;
 * it takes part in the causal order like a record. When its turn has come everything older has been
 * received or queued; records of the connection that stood in the lane have become LPC_CANCELED by
 * themselves (take.c). Then, in this order:
 *
 *     flush    each message of the connection that is live in port memory becomes an empty
 * LPC_CANCELED in the main list, with the close's stamp: what was held unanswered, and what was
 * answered without RELEASE and is now with the other end. An id that only the other end still had
 * is free. deliver  LPC_PORT_CLOSED with the 8-byte CreateTime; the entry may be used again.
 *
 * Both are idempotent up to the store of their counter, so a holder that dies inside is simply
 * followed by the next. A message that a thread works on at that moment (copying, answering) is
 * marked and becomes an LPC_CANCELED when that thread is done, which may be after LPC_PORT_CLOSED,
 * as on Windows ("12, 5, 12, 12").
 *
 * A close with PORT_CLOSE_NO_FLUSH (the peer disconnected so) cancels nothing: what was sent before
 * it is received as it is, a continuation of it goes nowhere, and what is live when the close is
 * received ends without a notice. UNKNOWN(ALPC_DISCONNECTFLG_NO_FLUSH): what Windows does with
 * messages that have been received already.
 *
 * UNKNOWN: whether Windows sends LPC_CANCELED for a request that the server holds unanswered;
 * reference 2.8 ("a message you hold") says so, no trace shows it. */

#include "alpc/close.h"
#include "alpc/node.h"

static uint32_t place_at(const struct port_view *view, uint32_t position)
{
    return atom_load(&view->at.close_queue[position & (view->at.geometry.n_connections - 1)]);
}

bool close_spares_locked(struct port_view *view, const struct port_node *node)
{
    const struct port_connection *connection = connection_at_locked(view, node->connection);

    return connection && connection->marked_generation == node->connection_generation &&
           atom_load(&connection->close_flags) & PORT_CLOSE_NO_FLUSH;
}

static bool flush_node_locked(struct port_view *view, uint32_t ref, uint64_t stamp)
{
    struct port_node *node = node_at(view, ref);

    switch ((enum port_node_state)node->state) {
    case PORT_NODE_PENDING:
    case PORT_NODE_SENT:
        if (close_spares_locked(view, node)) {
            node_free_locked(view, ref);
            return false;
        }
        node->flags &= ~(uint32_t)PORT_NODE_ACK; /* the id's owner has gone */
        node_cancel_locked(view, ref, stamp);
        return true;
    case PORT_NODE_REPLYING:
    case PORT_NODE_ACCEPTING: /* (D1) */
        node->flags |= PORT_NODE_CANCELED;
        node->flags &= ~(uint32_t)PORT_NODE_ACK;
        node_unhash_locked(view, ref);
        node_detach_locked(view, ref);
        return false;
    case PORT_NODE_QUARANTINE:
        node_free_locked(view, ref);
        return false;
    case PORT_NODE_FREE:
    case PORT_NODE_MAIN:
    case PORT_NODE_LARGE:
    case PORT_NODE_DELIVERING:
    case PORT_NODE_STATES:
    default:
        node_detach_locked(view, ref);
        return false;
    }
}

/* Messages being copied are not in the connection's list. */
static void mark_delivering_locked(struct port_view *view, uint32_t place, uint32_t generation)
{
    uint32_t ref = view->at.memory->delivering.head;

    for (; ref; ref = node_at(view, ref)->next) {
        struct port_node *node = node_at(view, ref);
        if (node->connection != place || node->connection_generation != generation)
            continue;
        node->flags |= close_spares_locked(view, node) ? PORT_NODE_RELEASED : PORT_NODE_CANCELED;
        node->flags &= ~(uint32_t)PORT_NODE_ACK;
        node_unhash_locked(view, ref);
    }
}

uint32_t close_flush_locked(struct port_view *view)
{
    struct port_memory *memory = view->at.memory;
    uint32_t place = place_at(view, memory->close_flushed);
    struct port_connection *connection = connection_at_locked(view, place);
    uint32_t n = 0;

    if (connection) {
        mark_delivering_locked(view, place, connection->marked_generation);
        uint64_t stamp = atom_load(&connection->close_stamp);
        /* Each step takes the head off the list. */
        while (connection->live.head) {
            n += flush_node_locked(view, connection->live.head, stamp);
            HOOK(flushed);
        }
    }
    step_order();
    memory->close_flushed++;
    return n;
}

bool close_is_flushed_locked(const struct port_view *view)
{
    return view->at.memory->close_flushed != view->at.memory->close_head;
}

void close_done_locked(struct port_view *view)
{
    struct port_memory *memory = view->at.memory;
    struct port_connection *connection =
        connection_at_locked(view, place_at(view, memory->close_head));

    atom_note(&memory->close_head, memory->close_head + 1);
    HOOK(close_received);
    step_order();
    if (!connection)
        return;
    connection->marks |= PORT_CONNECTION_DONE;
    atom_store(&connection->done_generation, connection->marked_generation);
}
