/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* How a message reaches the receiving thread.
 *
 * Up to PORT_INLINE_MAX_BYTES the payload is copied under the mutex into the thread's private
 * buffer and the record ends there; a node is needed only if a continuation is due. A larger one is
 * pinned: its node is DELIVERING, in the lane by reference or in the heap, and the caller copies it
 * once, outside the mutex, to where it belongs; deliver_end_locked then lets it go. Records behind
 * a pinned one are read meanwhile, the lane is freed up to the oldest that is kept. When the copy
 * fails the node goes to the large list (deliver_undo_locked). A message that has been copied into
 * the thread's private buffer cannot go back, so its caller has looked at that part of the receive
 * buffer just before.
 *
 * A payload larger than the caller's buffer goes to the large list, which is always first in line,
 * and to the heap if there is room, so that its lane can advance; else it stays in the lane by
 * reference. UNKNOWN: whether a receiver with a small buffer can pass a large message on Windows;
 * here the order is kept.
 *
 * SequenceNo (reference 4.3): a client port counts everything it receives; a connection counts its
 * client's messages, the connection port counts connection requests. LPC_CANCELED and
 * LPC_PORT_CLOSED are not counted on a connection. */

#include <string.h>

#include "alpc/close.h"
#include "alpc/deliver.h"
#include "alpc/heap.h"
#include "alpc/node.h"

/* A private copy of bytes that their writer may change meanwhile: copied once, never read again. */
static void copy_once(void *to, const void *from, uint32_t n)
{
    memcpy(to, from, n);
    __asm__ volatile("" ::: "memory");
}

/* Read without the mutex by queries. */
static uint32_t count_up(uint32_t *counter)
{
    atom_note(counter, *counter + 1);
    return *counter;
}

/* The port's own counter; a receiver of replies counts there too, without the mutex. */
static bool is_counted_on_port(struct port_view *view, const struct port_message *message)
{
    return view->at.memory->flags & PORT_IS_CLIENT ||
           (message->type & 0xFF) == LPC_CONNECTION_REQUEST;
}

static void fill_sequence(struct port_view *view, struct port_connection *connection,
                          struct port_message *message)
{
    bool is_notice = message->type == LPC_CANCELED || message->type == LPC_PORT_CLOSED;

    if (is_counted_on_port(view, message))
        message->sequence = atom_add(&view->at.memory->sequence, 1u) + 1;
    else if (connection)
        message->sequence =
            is_notice ? MAX(connection->sequence, 1u) : count_up(&connection->sequence);
}

/* It will be counted again; a number that was given to another message since stays. */
static void take_sequence_back(struct port_view *view, const struct port_message *message)
{
    struct port_connection *connection = connection_at_locked(view, message->connection);

    if (is_counted_on_port(view, message))
        (void)atom_cas(&view->at.memory->sequence, message->sequence, message->sequence - 1);
    else if (connection && connection->marked_generation == message->connection_generation &&
             connection->sequence == message->sequence)
        atom_note(&connection->sequence, message->sequence - 1);
}

/* What every message gets from the receiver's own record of the connection. */
static void fill_from_connection(struct port_view *view, struct port_message *message)
{
    struct port_connection *connection = connection_at_locked(view, message->connection);
    bool is_connect = (message->type & 0xFF) == LPC_CONNECTION_REQUEST;

    if (connection && connection->marked_generation != message->connection_generation)
        connection = NULL;
    if (connection) {
        message->sender_process_id = connection->process_id;
        message->port_context = is_connect ? 0 : connection->port_context;
        memcpy(message->token_ids, connection->token_ids, sizeof(message->token_ids));
    }
    /* A port held by two processes: the lane knows which of them sent. */
    if (message->lane && message->lane < view->at.geometry.n_lanes &&
        view->at.lanes[message->lane].process_id)
        message->sender_process_id = view->at.lanes[message->lane].process_id;
    if (!is_connect)
        message->flags |= PORT_MESSAGE_HAS_CONTEXT;
    fill_sequence(view, connection, message);
    view->at.memory->counters.n_received++;
}

static void message_clear(struct port_message *message)
{
    memset(message, 0, offsetof(struct port_message, attributes));
    message->data = message->own_data;
}

static void fill_from_record(struct port_view *view, const struct candidate *candidate,
                             const struct taking *taking, struct port_message *message)
{
    const struct lane_message *from = &candidate->record.message;

    message_clear(message);
    message->message_id = from->message_id;
    message->callback_id = from->callback_id;
    message->type = taking->type;
    message->connection = from->connection;
    message->connection_generation = from->connection_generation;
    message->sender_thread_id = from->sender_tid;
    message->lane = candidate->index;
    message->lane_generation = view->at.lanes[candidate->index].marked_generation;
    message->cpu = candidate->record.cpu;
    message->stamp_ns = candidate->stamp;
    if (from->flags & LANE_LEGACY)
        message->flags |= PORT_MESSAGE_LEGACY;
    if (from->slot && from->kind != LANE_DATAGRAM)
        message->flags |= PORT_MESSAGE_PEER_SYNC;
    if (taking->flags & PORT_NODE_ATTACHED || from->attr_size)
        message->flags |= PORT_MESSAGE_ATTACHED;
    if (taking->node)
        message->message_context = node_at(view, taking->node)->message_context;
    if (taking->action == TAKE_MESSAGE) {
        message->data_length = from->data_size;
        message->attributes_length = from->attr_size;
    }
}

static void fill_from_node(const struct port_node *node, struct port_message *message)
{
    message_clear(message);
    message->message_id = node->message_id;
    message->callback_id = node->callback_id;
    message->type = node->type;
    message->connection = node->connection;
    message->connection_generation = node->connection_generation;
    message->sender_thread_id = node->sender_thread_id;
    message->lane = node->lane;
    message->lane_generation = node->lane_generation;
    message->message_context = node->message_context;
    message->data_length = node->data_length;
    message->attributes_length = node->attributes_length;
    if (node->slot)
        message->flags |= PORT_MESSAGE_PEER_SYNC;
    if (node->flags & PORT_NODE_ATTACHED || node->attributes_length)
        message->flags |= PORT_MESSAGE_ATTACHED;
    if (node->type == LPC_CANCELED && node->flags & PORT_NODE_ACK)
        message->flags |= PORT_MESSAGE_ACK;
}

/* Where a queued node's attributes begin; NULL: in a lane that is not mapped here. */
static const uint8_t *node_bytes(struct port_view *view, const struct port_node *node)
{
    if (node->block)
        return heap_at(view, node->block);
    const struct lane_view *lane_view = lane_mapped(view, node->lane, node->lane_generation);
    return lane_view ? lane_ring(lane_view, node->position) + LANE_RECORD_BYTES : NULL;
}

static void pin_locked(struct port_view *view, uint32_t ref, const uint8_t *data,
                       struct port_message *message)
{
    struct port_node *node = node_at(view, ref);

    message->data = data;
    message->pin = ref;
    if (node->flags & PORT_NODE_BY_REF)
        lane_use(view, node->lane);
}

/* A received node: gone, or waiting for the continuation that is due from here. */
static void received_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);

    if (node->flags & PORT_NODE_RELEASED) {
        node_free_locked(view, ref);
        return;
    }
    node_move_locked(view, ref, PORT_NODE_PENDING);
    node_unref_locked(view, ref);
    if (node->block) {
        heap_give_locked(view, node->block, node->n_blocks);
        node->block = 0;
    }
}

void deliver_end_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);

    if (!node || node->state != PORT_NODE_DELIVERING)
        return;
    if (node->flags & PORT_NODE_BY_REF)
        lane_unuse(view, node->lane);
    /* (D1) Canceled while it was being copied: received, and canceled right after. */
    if (node->flags & PORT_NODE_CANCELED && !(node->flags & PORT_NODE_RELEASED))
        node_cancel_locked(view, ref, node->stamp);
    else
        received_locked(view, ref);
}

/* To the large list, and to the heap if there is room, so that its lane can advance. */
static void queue_first_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);
    const struct lane_view *lane_view = lane_mapped(view, node->lane, node->lane_generation);

    if (node->state != PORT_NODE_LARGE)
        node_move_locked(view, ref, PORT_NODE_LARGE);
    if (lane_view)
        node_to_heap_locked(view, ref, lane_view);
}

/* (D2) The copy failed: the message is queued again and has not been received. */
void deliver_undo_locked(struct port_view *view, struct port_message *message)
{
    uint32_t ref = message->pin;
    struct port_node *node = node_at(view, ref);

    if (!node || node->state != PORT_NODE_DELIVERING)
        return;
    if (node->flags & PORT_NODE_BY_REF)
        lane_unuse(view, node->lane);
    take_sequence_back(view, message);
    view->at.memory->counters.n_received--;
    if (view->at.memory->has_completion)
        message->flags |= PORT_MESSAGE_PACKET;
    node->flags |= PORT_NODE_ANNOUNCED;
    if (node->flags & PORT_NODE_CANCELED && !(node->flags & PORT_NODE_RELEASED))
        node_cancel_locked(view, ref, node->stamp); /* (D1) */
    else
        queue_first_locked(view, ref);
}

static enum delivery too_small(struct port_message *message, uint32_t data_length)
{
    message_clear(message);
    message->data_length = data_length;
    return DELIVERY_TOO_SMALL;
}

/* A queued message of a connection that has closed since is only an LPC_CANCELED. */
static void cancel_if_closed_locked(struct port_view *view, struct port_node *node, uint32_t ref)
{
    if (node->type == LPC_CANCELED || node->kind == LANE_CONNECT_REPLY ||
        node->kind == LANE_CLIENT_DIED)
        return;
    if (connection_open_locked(view, node->connection, node->connection_generation) ||
        close_spares_locked(view, node))
        return;
    node->flags &= ~(uint32_t)PORT_NODE_ACK;
    node_cancel_locked(view, ref, node->stamp);
}

static enum delivery node_too_large_locked(struct port_view *view, uint32_t ref,
                                           struct port_message *message)
{
    queue_first_locked(view, ref);
    return too_small(message, node_at(view, ref)->data_length);
}

static bool is_inline(const struct port_receive_args *args, uint32_t data_length)
{
    return data_length <= PORT_INLINE_MAX_BYTES - args->unproven;
}

enum delivery deliver_node_locked(struct port_view *view, uint32_t ref,
                                  const struct port_receive_args *args,
                                  struct port_message *message)
{
    struct port_node *node = node_at(view, ref);
    uint32_t announced = node->flags & PORT_NODE_ANNOUNCED;

    cancel_if_closed_locked(view, node, ref);
    if ((int64_t)node->data_length > args->capacity)
        return node_too_large_locked(view, ref, message);
    const uint8_t *bytes =
        node->attributes_length + node->data_length ? node_bytes(view, node) : message->own_data;
    fill_from_node(node, message);
    if (!bytes)
        return DELIVERY_MAP_LANE;
    copy_once(message->attributes, bytes, message->attributes_length);
    if (is_inline(args, message->data_length)) {
        copy_once(message->own_data, bytes + message->attributes_length, message->data_length);
        received_locked(view, ref);
    } else {
        node->holder = view->holder; /* before the state: who reaps it must find it (D3) */
        node_move_locked(view, ref, PORT_NODE_DELIVERING);
        pin_locked(view, ref, bytes + message->attributes_length, message);
    }
    fill_from_connection(view, message);
    if (!announced)
        message->flags |= PORT_MESSAGE_PACKET;
    return DELIVERY_DONE;
}

static enum delivery stall(struct port_view *view)
{
    atom_note(&view->at.memory->stalled, 1u);
    return DELIVERY_STALLED;
}

static enum delivery record_too_large_locked(struct port_view *view,
                                             const struct candidate *candidate,
                                             const struct taking *taking,
                                             struct port_message *message)
{
    uint32_t data_length = candidate->record.message.data_size;
    uint32_t ref = take_node_locked(view, candidate, taking);

    /* Without a node it stays where it is: the head of its lane. */
    if (ref) {
        take_commit_locked(view, candidate, ref, PORT_NODE_LARGE, true);
        node_to_heap_locked(view, ref, candidate->lane_view);
    }
    return too_small(message, data_length);
}

static enum delivery record_pinned_locked(struct port_view *view, const struct candidate *candidate,
                                          const struct taking *taking, struct port_message *message)
{
    uint32_t ref = take_node_locked(view, candidate, taking);

    if (!ref)
        return stall(view);
    fill_from_record(view, candidate, taking, message);
    copy_once(message->attributes, record_attributes(candidate->lane_view, &candidate->record),
              message->attributes_length);
    take_commit_locked(view, candidate, ref, PORT_NODE_DELIVERING, true);
    pin_locked(view, ref, record_data(candidate->lane_view, &candidate->record), message);
    return DELIVERY_DONE;
}

/* The fast path. */
static enum delivery record_copied_locked(struct port_view *view, const struct candidate *candidate,
                                          const struct taking *taking, struct port_message *message)
{
    bool stays = !(taking->flags & PORT_NODE_RELEASED);
    uint32_t ref = taking->node;

    if (stays && !ref && UNLIKELY(!node_is_left_locked(view)))
        return stall(view);
    fill_from_record(view, candidate, taking, message);
    copy_once(message->attributes, record_attributes(candidate->lane_view, &candidate->record),
              message->attributes_length);
    copy_once(message->own_data, record_data(candidate->lane_view, &candidate->record),
              message->data_length);
    if (stays)
        ref = take_node_locked(view, candidate, taking);
    if (ref)
        take_commit_locked(view, candidate, ref, stays ? PORT_NODE_PENDING : PORT_NODE_FREE, false);
    else
        take_pop_locked(view, candidate);
    return DELIVERY_DONE;
}

static enum delivery record_canceled_locked(struct port_view *view,
                                            const struct candidate *candidate,
                                            struct taking *taking, struct port_message *message)
{
    taking->type = LPC_CANCELED;
    fill_from_record(view, candidate, taking, message);
    message->flags &= ~(uint32_t)(PORT_MESSAGE_PEER_SYNC | PORT_MESSAGE_ATTACHED);
    view->at.memory->counters.n_canceled++;
    take_pop_locked(view, candidate);
    return DELIVERY_DONE;
}

enum delivery deliver_record_locked(struct port_view *view, const struct candidate *candidate,
                                    const struct port_receive_args *args,
                                    struct port_message *message)
{
    struct taking taking = take_resolve_locked(view, candidate);
    uint32_t data_size = candidate->record.message.data_size;
    enum delivery delivery = DELIVERY_AGAIN;

    switch (taking.action) {
    case TAKE_MESSAGE:
        if ((int64_t)data_size > args->capacity)
            return record_too_large_locked(view, candidate, &taking, message);
        delivery = is_inline(args, data_size)
                       ? record_copied_locked(view, candidate, &taking, message)
                       : record_pinned_locked(view, candidate, &taking, message);
        break;
    case TAKE_CANCELED:
        if (UNLIKELY(args->capacity < 0)) /* it stays, as a node */
            return queue_record_locked(view, candidate, &taking, true) ? DELIVERY_AGAIN
                                                                       : DELIVERY_STALLED;
        delivery = record_canceled_locked(view, candidate, &taking, message);
        break;
    case TAKE_DROP:
        take_drop_locked(view, candidate);
        break;
    case TAKE_BREAK:
    default:
        lane_break_locked(view, candidate->index, LANE_BREAK_PROTOCOL);
        break;
    }
    if (delivery == DELIVERY_DONE) {
        fill_from_connection(view, message);
        message->flags |= PORT_MESSAGE_PACKET;
    }
    return delivery;
}

enum delivery deliver_close_locked(struct port_view *view, const struct candidate *candidate,
                                   const struct port_receive_args *args,
                                   struct port_message *message)
{
    struct port_connection *connection = connection_at_locked(view, candidate->index);

    if (!close_is_flushed_locked(view)) {
        close_flush_locked(view);
        return DELIVERY_AGAIN;
    }
    if (!connection || atom_load(&connection->close_flags) & PORT_CLOSE_SILENT) {
        close_done_locked(view);
        return DELIVERY_AGAIN;
    }
    if (args->capacity < (int32_t)sizeof(connection->create_time))
        return too_small(message, sizeof(connection->create_time));
    message_clear(message);
    message->type = LPC_PORT_CLOSED;
    message->connection = candidate->index;
    message->connection_generation = connection->marked_generation;
    message->sender_thread_id = atom_load(&connection->thread_id);
    message->data_length = sizeof(connection->create_time);
    memcpy(message->own_data, &connection->create_time, sizeof(connection->create_time));
    fill_from_connection(view, message);
    if (!(connection->marks & PORT_CONNECTION_ANNOUNCED))
        message->flags |= PORT_MESSAGE_PACKET;
    close_done_locked(view);
    return DELIVERY_DONE;
}

bool queue_record_locked(struct port_view *view, const struct candidate *candidate,
                         const struct taking *taking, bool canceled)
{
    struct taking without_id = *taking;
    bool has_bytes = candidate->record.message.data_size + candidate->record.message.attr_size > 0;

    if (canceled) {
        without_id.flags |= PORT_NODE_RELEASED;
        without_id.type = LPC_CANCELED;
    }
    uint32_t ref = take_node_locked(view, candidate, &without_id);
    if (!ref) {
        atom_note(&view->at.memory->stalled, 1u);
        return false;
    }
    if (canceled) {
        node_clear_slot_locked(view, ref);
        node_at(view, ref)->data_length = node_at(view, ref)->attributes_length = 0;
        view->at.memory->counters.n_canceled++;
    }
    take_commit_locked(view, candidate, ref, PORT_NODE_MAIN, has_bytes && !canceled);
    return true;
}
