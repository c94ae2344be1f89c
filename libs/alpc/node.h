/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Nodes: the live messages of a port. A node reference is its place + 1. Everything under the port
 * mutex. */
#pragma once

#include "alpc/view.h"

static inline struct port_node *node_at(const struct port_view *view, uint32_t node)
{
    return node - 1 < view->at.geometry.n_nodes ? &view->at.nodes[node - 1] : NULL;
}

/* A free node with an empty first line, in no list; 0: the table is full. It stays FREE until
 * node_move_locked. */
uint32_t node_new_locked(struct port_view *view);

/* Can node_new_locked succeed? */
bool node_is_left_locked(const struct port_view *view);

/* Twice? Who sends leaves the last one to who receives: the answer that would give a node back may
 * stand in a lane behind a message that needs one. */
bool nodes_are_left_locked(const struct port_view *view);

/* Gives a node back with all it has: list, id, lane reference, slot count, heap blocks. */
void node_free_locked(struct port_view *view, uint32_t node);

/* The only writer of a node's state (but for the repair pass): takes it out of its list and puts it
 * at the end of the list of the new state, which is main, large, delivering, or its connection's.
 */
void node_move_locked(struct port_view *view, uint32_t node, enum port_node_state state);

/* Takes it out of its connection's list: the connection has closed while a thread works on the
 * message. */
void node_detach_locked(struct port_view *view, uint32_t node);

/* The id table. */
uint32_t node_find_locked(const struct port_view *view, uint32_t message_id);
void node_hash_locked(struct port_view *view, uint32_t node);
void node_unhash_locked(struct port_view *view, uint32_t node);

/* The requester's slot in the node's lane: counted in the lane while the node may still answer it.
 */
void node_set_slot_locked(struct port_view *view, uint32_t node, uint32_t slot, uint32_t slot_word);
void node_clear_slot_locked(struct port_view *view, uint32_t node);

/* A payload by reference: the record of node->lane at node->position is kept until
 * node_unref_locked, which lets the lane advance to the oldest record still referred to. */
void node_ref_locked(struct port_view *view, uint32_t node);
void node_unref_locked(struct port_view *view, uint32_t node);

/* Moves a by-reference payload to the heap, so that the lane can advance. False: no room, it stays.
 * `data` is the mapped lane. */
bool node_to_heap_locked(struct port_view *view, uint32_t node, const struct lane_view *lane_view);

/* Makes it an empty LPC_CANCELED in the main list: no payload, no id, no slot. */
void node_cancel_locked(struct port_view *view, uint32_t node, uint64_t stamp);

/* Tells the daemon when nothing refers to an ended lane any more. */
void lane_check_drained_locked(struct port_view *view, uint32_t lane);

/* Rings the port bell once. */
void bell_ring_locked(struct port_view *view);
