/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The sender's side of a port: what is outstanding from it, and what comes back through a slot.
 *
 * A SYNC request lives in the private table of the process that sent it and in its slot; nothing
 * here knows of it. An asynchronous one is a SENT node from before it is published (G1: its answer
 * may come before the sender's call returns), so that a reply to nothing outstanding can be told
 * from a reply. What is lent to the other end with a final reply is a QUARANTINE node: its id comes
 * back, no program hears of it. A SYNC reply that keeps the message alive is entered here by the
 * thread that took it from its slot, and waits for a continuation like any received message. */

#include <string.h>

#include "alpc/heap.h"
#include "alpc/node.h"
#include "alpc/scan.h"
#include "alpc/take.h"
#include "lane/sys.h"

static status_t enter_locked(struct port_view *view, uint32_t connection, uint32_t message_id,
                             uint32_t callback_id, uint32_t *ret_ref)
{
    struct port_connection *entry = connection_at_locked(view, connection);

    if (!entry || atom_load(&entry->state) == PORT_CONNECTION_CLOSED)
        return STATUS_PORT_DISCONNECTED;
    if (!message_id || node_find_locked(view, message_id))
        return STATUS_INVALID_PARAMETER;
    uint32_t ref = nodes_are_left_locked(view) ? node_new_locked(view) : 0;
    struct port_node *node = node_at(view, ref);
    if (!node)
        return STATUS_INSUFFICIENT_RESOURCES;
    node->message_id = message_id;
    node->callback_id = callback_id;
    node->connection = connection;
    node->connection_generation = entry->marked_generation;
    node->sender_thread_id = 0;
    node->kind = 0;
    node->data_length = node->attributes_length = 0;
    *ret_ref = ref;
    return STATUS_SUCCESS;
}

static const struct port_waiter nobody;

/* (G2) Nothing is written into a slot but of a lane that the connection's other end sends in; the
 * slot's own words are checked when it is claimed. */
static bool waiter_is_sane_locked(struct port_view *view, uint32_t connection,
                                  const struct port_waiter *waiter)
{
    const struct port_connection *entry = connection_at_locked(view, connection);
    const struct port_lane *lane;

    if (!waiter->slot)
        return true;
    if (!entry || waiter->lane == 0 || waiter->lane >= view->at.geometry.n_lanes)
        return false;
    lane = lane_at_locked(view, waiter->lane);
    return lane && atom_load(&lane->state) == PORT_LANE_LIVE &&
           waiter->slot <= atom_peek(&lane->n_slots) &&
           connection_has_sender(entry, atom_load(&lane->sender));
}

static void set_waiter_locked(struct port_view *view, uint32_t ref,
                              const struct port_waiter *waiter)
{
    struct port_node *node = node_at(view, ref);

    if (!waiter->slot)
        return;
    node->lane = waiter->lane;
    node->lane_generation = view->at.lanes[waiter->lane].marked_generation;
    node_set_slot_locked(view, ref, waiter->slot, waiter->slot_word);
}

static status_t enter(struct port_view *view, uint32_t connection, uint32_t message_id,
                      uint32_t callback_id, uint64_t message_context, enum port_node_state state,
                      const struct port_waiter *waiter)
{
    uint32_t ref = 0;

    if (!port_lock(view))
        return STATUS_PORT_DISCONNECTED;
    status_t status = waiter_is_sane_locked(view, connection, waiter)
                          ? enter_locked(view, connection, message_id, callback_id, &ref)
                          : STATUS_INVALID_PARAMETER;
    if (status == STATUS_SUCCESS) {
        set_waiter_locked(view, ref, waiter);
        node_at(view, ref)->message_context = message_context;
        node_at(view, ref)->type = LPC_REQUEST | LPC_CONTINUATION;
        node_hash_locked(view, ref);
        node_move_locked(view, ref, state);
    }
    port_unlock(view);
    return status;
}

status_t port_expect(struct port_view *view, uint32_t connection, uint32_t message_id,
                     uint32_t callback_id, uint64_t message_context)
{
    return enter(view, connection, message_id, callback_id, message_context, PORT_NODE_SENT,
                 &nobody); /* (G1) */
}

status_t port_adopt(struct port_view *view, uint32_t connection, uint32_t message_id,
                    uint32_t callback_id, uint64_t message_context,
                    const struct port_waiter *waiter)
{
    return enter(view, connection, message_id, callback_id, message_context, PORT_NODE_PENDING,
                 waiter);
}

status_t port_lend(struct port_view *view, uint32_t connection, uint32_t id, uint32_t callback_id)
{
    return enter(view, connection, id, callback_id, 0, PORT_NODE_QUARANTINE, &nobody);
}

static void end_in_state(struct port_view *view, uint32_t id, enum port_node_state state)
{
    if (!port_lock(view))
        return;
    uint32_t ref = node_find_locked(view, id);
    if (ref && node_at(view, ref)->state == state)
        node_free_locked(view, ref);
    port_unlock(view);
}

void port_lend_end(struct port_view *view, uint32_t id)
{
    end_in_state(view, id, PORT_NODE_QUARANTINE);
}

void port_expect_abort(struct port_view *view, uint32_t message_id)
{
    end_in_state(view, message_id, PORT_NODE_SENT);
}

static status_t adopt_large_locked(struct port_view *view, const struct port_message *message,
                                   const struct port_waiter *waiter)
{
    uint32_t n_bytes = message->attributes_length + message->data_length;
    uint32_t ref;

    if (message->attributes_length > PORT_ATTRIBUTES_MAX_BYTES ||
        message->data_length > PORT_DATA_MAX_BYTES ||
        !waiter_is_sane_locked(view, message->connection, waiter))
        return STATUS_INVALID_PARAMETER;
    uint32_t block = n_bytes ? heap_take_locked(view, heap_blocks(n_bytes)) : 0;
    if (n_bytes && !block)
        return STATUS_INSUFFICIENT_RESOURCES;
    status_t status =
        enter_locked(view, message->connection, message->message_id, message->callback_id, &ref);
    if (status != STATUS_SUCCESS) {
        if (block)
            heap_give_locked(view, block, heap_blocks(n_bytes));
        return status;
    }
    struct port_node *node = node_at(view, ref);
    if (block) {
        uint8_t *bytes = heap_at(view, block);
        memcpy(bytes, message->attributes, message->attributes_length);
        memcpy(bytes + message->attributes_length, message->data, message->data_length);
    }
    node->block = block;
    node->n_blocks = heap_blocks(n_bytes);
    node->type = message->type;
    node->kind = LANE_CONTINUATION;
    node->flags = PORT_NODE_ANNOUNCED | (message->type & LPC_CONTINUATION ? 0 : PORT_NODE_RELEASED);
    node->sender_thread_id = message->sender_thread_id;
    node->message_context = message->message_context;
    node->data_length = message->data_length;
    node->attributes_length = message->attributes_length;
    node->stamp = sys_now_ns();
    set_waiter_locked(view, ref, waiter);
    node_hash_locked(view, ref);
    node_move_locked(view, ref, PORT_NODE_LARGE);
    return STATUS_SUCCESS;
}

status_t port_adopt_large(struct port_view *view, const struct port_message *message,
                          const struct port_waiter *waiter)
{
    if (!port_lock(view))
        return STATUS_PORT_DISCONNECTED;
    status_t status = adopt_large_locked(view, message, waiter);
    hand_on_locked(view);
    port_unlock(view);
    return status;
}

bool port_id_is_live(struct port_view *view, uint32_t message_id)
{
    const struct port_memory *memory = view->at.memory;
    const struct port_counters *counters = &memory->counters;

    if (!atom_peek(&counters->n_sent) && !atom_peek(&counters->n_pending) &&
        !atom_peek(&counters->n_large) && !atom_peek(&counters->n_quarantined) &&
        !atom_peek(&counters->n_main) && !atom_peek(&counters->n_delivering))
        return false;
    if (!port_lock(view))
        return false;
    bool is_live = node_find_locked(view, message_id) != 0;
    port_unlock(view);
    return is_live;
}

bool port_is_outstanding(struct port_view *view, uint32_t message_id)
{
    if (!port_lock(view))
        return false;
    const struct port_node *node = node_at(view, node_find_locked(view, message_id));
    bool is_outstanding = node && node->state == PORT_NODE_SENT;
    port_unlock(view);
    return is_outstanding;
}

uint32_t port_count_received(struct port_memory *memory)
{
    return atom_add(&memory->sequence, 1u) + 1;
}

static bool is_held(const struct port_node *node)
{
    return node && (node->state == PORT_NODE_PENDING || node->state == PORT_NODE_DELIVERING ||
                    node->state == PORT_NODE_REPLYING || node->state == PORT_NODE_ACCEPTING);
}

static void fill_facts_locked(struct port_view *view, const struct port_node *node,
                              struct port_message *message)
{
    const struct port_connection *connection = connection_at_locked(view, node->connection);

    memset(message, 0, offsetof(struct port_message, attributes));
    message->data = message->own_data;
    message->message_id = node->message_id;
    message->callback_id = node->callback_id;
    message->type = node->type;
    message->connection = node->connection;
    message->connection_generation = node->connection_generation;
    message->sender_thread_id = node->sender_thread_id;
    message->message_context = node->message_context;
    if (node->flags & PORT_NODE_LENT)
        message->security = node->order;
    if (node->slot)
        message->flags |= PORT_MESSAGE_PEER_SYNC;
    if (node->flags & PORT_NODE_ATTACHED || node->attributes_length)
        message->flags |= PORT_MESSAGE_ATTACHED;
    if (!connection || connection->marked_generation != node->connection_generation)
        return;
    message->sender_process_id = connection->process_id;
    /* A port held by two processes: the lane knows which of them sent. */
    if (node->lane && node->lane < view->at.geometry.n_lanes &&
        view->at.lanes[node->lane].generation == node->lane_generation &&
        view->at.lanes[node->lane].process_id)
        message->sender_process_id = view->at.lanes[node->lane].process_id;
    message->port_context = connection->port_context;
    message->sequence = connection->sequence;
    memcpy(message->token_ids, connection->token_ids, sizeof(message->token_ids));
}

status_t port_find_message(struct port_view *view, uint32_t message_id,
                           struct port_message *ret_message)
{
    status_t status = STATUS_NOT_FOUND;

    if (!port_lock(view))
        return STATUS_PORT_DISCONNECTED;
    const struct port_node *node = node_at(view, node_find_locked(view, message_id));
    if (is_held(node)) {
        fill_facts_locked(view, node, ret_message);
        status = STATUS_SUCCESS;
    }
    port_unlock(view);
    return status;
}

void port_note_security(struct port_view *view, uint32_t message_id, bool sent, uint64_t context)
{
    if (!port_lock(view))
        return;
    struct port_node *node = node_at(view, node_find_locked(view, message_id));
    if (node && node->state == (sent ? PORT_NODE_SENT : PORT_NODE_PENDING)) {
        node->order = context;
        step_order();
        node->flags |= PORT_NODE_LENT;
    }
    port_unlock(view);
}

bool port_security_is_used(struct port_view *view, uint64_t context)
{
    bool is_used = false;

    if (!port_lock(view))
        return false;
    for (uint32_t ref = 1; ref <= view->at.memory->nodes_used && !is_used; ref++) {
        const struct port_node *node = node_at(view, ref);
        is_used =
            node->state == PORT_NODE_SENT && node->flags & PORT_NODE_LENT && node->order == context;
    }
    port_unlock(view);
    return is_used;
}
