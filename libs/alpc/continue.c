/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Answering and cancelling: which message, who may, and where the answer goes. The I/O is the
 * caller's, between begin and end, outside the mutex.
 *
 *     PENDING --continue_begin--> REPLYING --end(WRITTEN)--> gone with RELEASE or SYNC, else SENT
 *                                          --end(GONE)-----> gone: nobody waits in the slot
 *                                          --end(NOT_WRITTEN)--> PENDING
 *
 * GONE of an answer that would have been a record is WRITTEN: the connection has ended, and what
 * its close brings (LPC_CANCELED, when a continuation was expected) does not depend on whether this
 * process knew of that.
 *
 * The answer is out before the end: the requester may go on, or use the id anew, while its replier
 * has not come back. The record that shows it ends the node in the replier's place (take.c, F2),
 * and the end then finds another claim and leaves the node alone.
 *
 * Claiming the message first (F1) makes one answer of two threads' fail with
 * STATUS_REPLY_MESSAGE_MISMATCH, and lets the repair pass see what a dead holder was about to do:
 * it ends the slot, so that no requester waits for ever. A cancel or close that comes meanwhile
 * marks the node (D1); the end turns it into an LPC_CANCELED if a continuation would have been
 * expected still.
 *
 * Where: a requester blocked in a slot gets it there; else it goes as a record in this process's
 * lane to the connection's other end, which queues it on that port. The message that a datagram
 * with attachments was is not answered: RELEASE gives its id back (LANE_ACK).
 *
 * Cancelling (reference 3.8): what was received here ends (the other end is told, its id with it).
 * What was sent from here is quarantined: its id stays the peer's until it is given back. */

#include <string.h>

#include "alpc/continue.h"
#include "alpc/node.h"
#include "alpc/take.h"
#include "lane/sys.h"

static void fill_route(struct port_view *view, uint32_t ref, struct port_route *route)
{
    const struct port_node *node = node_at(view, ref);

    memset(route, 0, sizeof(*route));
    route->node = ref;
    route->message_id = node->message_id;
    route->callback_id = node->callback_id;
    route->connection = node->connection;
    route->connection_generation = node->connection_generation;
}

/* Where an answer goes. False: a slot in a lane that must be mapped first. */
static bool find_way_locked(struct port_view *view, uint32_t ref, struct port_route *route)
{
    const struct port_node *node = node_at(view, ref);

    fill_route(view, ref, route);
    if (!node->slot) {
        route->kind = PORT_ROUTE_LANE;
        return true;
    }
    route->lane = node->lane;
    route->lane_generation = node->lane_generation;
    route->slot = node->slot - 1;
    route->slot_word = node->slot_word;
    route->lane_view = lane_mapped(view, node->lane, node->lane_generation);
    route->kind = route->lane_view ? PORT_ROUTE_SLOT : PORT_ROUTE_MAP_LANE;
    return route->lane_view != NULL;
}

/* (F1) */
static void claim_locked(struct port_view *view, struct port_route *route, uint32_t flags)
{
    struct port_node *node = node_at(view, route->node);

    node->holder = view->holder;
    node->reply_flags = (uint16_t)flags;
    route->claim = ++node->claim;
    if (route->kind == PORT_ROUTE_SLOT)
        lane_use(view, route->lane);
    node_move_locked(view, route->node, PORT_NODE_REPLYING);
}

static status_t continue_begin_locked(struct port_view *view, uint32_t ref, uint32_t callback_id,
                                      uint32_t flags, struct port_route *route)
{
    struct port_node *node = node_at(view, ref);

    if (MUTANT(no_node_claim) && node && node->state == PORT_NODE_REPLYING)
        node_move_locked(view, ref, PORT_NODE_PENDING);
    if (!node || node->state != PORT_NODE_PENDING || node->kind == LANE_CONNECT_REQUEST ||
        (callback_id && callback_id != node->callback_id))
        return STATUS_REPLY_MESSAGE_MISMATCH;
    if (!find_way_locked(view, ref, route))
        return STATUS_SUCCESS;
    route->record_kind = LANE_CONTINUATION;
    route->record_flags = flags & PORT_CONTINUE_RELEASE ? LANE_RELEASE : 0;
    if (flags & PORT_CONTINUE_SYNC)
        route->record_flags |= LANE_SYNC;
    if (node->flags & PORT_NODE_ATTACHED && node->kind == LANE_DATAGRAM &&
        flags & PORT_CONTINUE_RELEASE)
        route->record_kind = LANE_ACK;
    claim_locked(view, route, flags);
    return STATUS_SUCCESS;
}

status_t port_continue_begin(struct port_view *view, uint32_t message_id, uint32_t callback_id,
                             uint32_t flags, bool has_context, uint64_t message_context,
                             struct port_route *ret_route)
{
    if (!port_lock(view))
        return STATUS_PORT_DISCONNECTED;
    uint32_t ref = node_find_locked(view, message_id);
    status_t status = continue_begin_locked(view, ref, callback_id, flags, ret_route);
    if (status == STATUS_SUCCESS && has_context && ret_route->kind != PORT_ROUTE_MAP_LANE)
        node_at(view, ref)->message_context = message_context;
    port_unlock(view);
    return status;
}

/* The other end has the message now, or nobody has. */
static void written_locked(struct port_view *view, uint32_t ref, uint32_t flags)
{
    struct port_node *node = node_at(view, ref);

    node_clear_slot_locked(view, ref);
    if (flags & (PORT_CONTINUE_RELEASE | PORT_CONTINUE_SYNC))
        node_free_locked(view, ref);
    else if (node->flags & PORT_NODE_CANCELED) /* (D1) */
        node_cancel_locked(view, ref, sys_now_ns());
    else
        node_move_locked(view, ref, PORT_NODE_SENT);
}

static void not_written_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);

    if (node->flags & PORT_NODE_CANCELED) /* (D1) */
        node_cancel_locked(view, ref, sys_now_ns());
    else
        node_move_locked(view, ref, PORT_NODE_PENDING);
}

void route_end_locked(struct port_view *view, struct port_route *route)
{
    struct port_node *node = node_at(view, route->node);

    if (route->kind == PORT_ROUTE_SLOT)
        lane_unuse(view, route->lane);
    if (!node || node->state != PORT_NODE_REPLYING || node->claim != route->claim) {
        route->node = 0;
        return;
    }
    switch (route->outcome) {
    case PORT_WRITTEN:
        written_locked(view, route->node, node->reply_flags);
        break;
    case PORT_GONE:
        if (route->kind == PORT_ROUTE_LANE)
            written_locked(view, route->node, node->reply_flags);
        else
            node_free_locked(view, route->node);
        break;
    case PORT_NOT_WRITTEN:
    default:
        not_written_locked(view, route->node);
        break;
    }
    route->node = 0;
}

void port_route_end(struct port_view *view, struct port_route *route)
{
    if (route->kind == PORT_ROUTE_MAP_LANE || !port_lock(view))
        return;
    route_end_locked(view, route);
    hand_on_locked(view);
    port_unlock(view);
}

/* A message that was received here ends here: the requester is told. */
static status_t refuse_locked(struct port_view *view, uint32_t ref, struct port_route *route)
{
    if (!find_way_locked(view, ref, route))
        return STATUS_PENDING;
    route->record_kind = LANE_CANCELED;
    route->slot_status = STATUS_MESSAGE_LOST;
    claim_locked(view, route, PORT_CONTINUE_RELEASE);
    return STATUS_PENDING;
}

/* A message that was sent from here. */
static status_t take_back_locked(struct port_view *view, uint32_t ref, struct port_route *route)
{
    fill_route(view, ref, route);
    route->kind = PORT_ROUTE_LANE;
    route->record_kind = LANE_CANCEL;
    route->node = 0; /* nothing is left to do but to publish it */
    node_move_locked(view, ref, PORT_NODE_QUARANTINE);
    return STATUS_PENDING;
}

/* UNKNOWN(STATUS_CONTEXT_MISMATCH): which fields Windows compares (reference 6.1 item 6). Here
 * those that name the exchange and are not 0: CallbackId, and the MessageContext that this side has
 * given. */
static bool is_meant(const struct port_node *node, const struct port_cancel *cancel)
{
    if (cancel->flags & PORT_CANCEL_NO_CONTEXT_CHECK)
        return true;
    return (!cancel->callback_id || cancel->callback_id == node->callback_id) &&
           (!cancel->message_context || cancel->message_context == node->message_context);
}

static status_t cancel_begin_locked(struct port_view *view, uint32_t ref,
                                    const struct port_cancel *cancel, struct port_route *route)
{
    const struct port_node *node = node_at(view, ref);

    if (!node || node->kind == LANE_CONNECT_REQUEST)
        return STATUS_MESSAGE_NOT_FOUND;
    if (!is_meant(node, cancel))
        return STATUS_CONTEXT_MISMATCH;
    switch ((enum port_node_state)node->state) {
    case PORT_NODE_PENDING:
    case PORT_NODE_MAIN:
    case PORT_NODE_LARGE:
        return refuse_locked(view, ref, route);
    case PORT_NODE_SENT:
        /* DIFFERS(ALPC_CANCELFLG_TRY_CANCEL): whether the receiver has taken it cannot be told
         * from here, so it says that it has. */
        return cancel->flags & PORT_CANCEL_TRY ? STATUS_MESSAGE_RETRIEVED
                                               : take_back_locked(view, ref, route);
    case PORT_NODE_QUARANTINE:
        return STATUS_REQUEST_CANCELED;
    case PORT_NODE_DELIVERING:
    case PORT_NODE_REPLYING:
    case PORT_NODE_ACCEPTING:
    case PORT_NODE_FREE:
    case PORT_NODE_STATES:
    default:
        return STATUS_MESSAGE_NOT_FOUND;
    }
}

status_t port_cancel_begin(struct port_view *view, const struct port_cancel *cancel,
                           struct port_route *ret_route)
{
    memset(ret_route, 0, sizeof(*ret_route));
    if (!port_lock(view))
        return STATUS_PORT_DISCONNECTED;
    status_t status =
        cancel_begin_locked(view, node_find_locked(view, cancel->message_id), cancel, ret_route);
    port_unlock(view);
    return status;
}
