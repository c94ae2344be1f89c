/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The node table: state changes, lists, the id table, and the order in which a lane's records are
 * given back.
 *
 * A node is in exactly one list, which its state names, or in none between two calls of one
 * critical section, or (detached) when its connection has gone while a thread is still answering
 * it. The state word is primary; the links, buckets, counters and the free list are derived and may
 * be in any condition when a holder dies here: the repair pass ignores them. Hence the rule of
 * every function: what is primary is written last, by one store.
 *
 * The fast path (a SYNC request that is received at once and answered with RELEASE) touches the
 * node's first line, its bucket and its connection's entry; the second line is for queued or pinned
 * messages. */

#include <string.h>

#include "alpc/heap.h"
#include "alpc/node.h"
#include "lane/record.h"

#define LPC_CANCELED 12u

static struct port_list *list_of_locked(struct port_view *view, const struct port_node *node)
{
    struct port_memory *memory = view->at.memory;

    switch ((enum port_node_state)node->state) {
    case PORT_NODE_MAIN:
        return &memory->main;
    case PORT_NODE_LARGE:
        return &memory->large;
    case PORT_NODE_DELIVERING:
        return &memory->delivering;
    case PORT_NODE_PENDING:
    case PORT_NODE_REPLYING:
    case PORT_NODE_SENT:
    case PORT_NODE_QUARANTINE:
    case PORT_NODE_ACCEPTING: {
        struct port_connection *connection = connection_at_locked(view, node->connection);
        bool same = connection && connection->marked_generation == node->connection_generation;
        return same ? &connection->live : NULL;
    }
    case PORT_NODE_FREE:
    case PORT_NODE_STATES:
    default:
        return NULL;
    }
}

static uint32_t *counter_of(struct port_counters *counters, uint32_t state)
{
    switch ((enum port_node_state)state) {
    case PORT_NODE_MAIN:
        return &counters->n_main;
    case PORT_NODE_LARGE:
        return &counters->n_large;
    case PORT_NODE_DELIVERING:
        return &counters->n_delivering;
    case PORT_NODE_PENDING:
    case PORT_NODE_REPLYING:
    case PORT_NODE_ACCEPTING:
        return &counters->n_pending;
    case PORT_NODE_SENT:
        return &counters->n_sent;
    case PORT_NODE_QUARANTINE:
        return &counters->n_quarantined;
    case PORT_NODE_FREE:
    case PORT_NODE_STATES:
    default:
        return NULL;
    }
}

static void count(struct port_view *view, uint32_t state, uint32_t by)
{
    uint32_t *counter = counter_of(&view->at.memory->counters, state);

    if (counter)
        atom_note(counter, *counter + by);
}

static void unlink_locked(struct port_view *view, struct port_node *node)
{
    struct port_list *list = node->flags & PORT_NODE_LINKED ? list_of_locked(view, node) : NULL;

    node->flags &= ~(uint32_t)PORT_NODE_LINKED;
    if (!list)
        return;
    if (node->prev)
        node_at(view, node->prev)->next = node->next;
    else
        atom_note(&list->head, node->next);
    if (node->next)
        node_at(view, node->next)->prev = node->prev;
    else
        list->tail = node->prev;
    list->n--;
}

static void link_locked(struct port_view *view, uint32_t ref, struct port_node *node)
{
    struct port_list *list = list_of_locked(view, node);

    node->next = 0;
    node->prev = 0;
    if (!list)
        return;
    node->prev = list->tail;
    if (list->tail)
        node_at(view, list->tail)->next = ref;
    else
        atom_note(&list->head, ref);
    list->tail = ref;
    list->n++;
    node->flags |= PORT_NODE_LINKED;
}

/* States of a connection's list, whose order means nothing. */
static bool is_live(uint32_t state)
{
    return state >= PORT_NODE_PENDING && state <= PORT_NODE_ACCEPTING;
}

void node_move_locked(struct port_view *view, uint32_t ref, enum port_node_state state)
{
    struct port_node *node = node_at(view, ref);

    count(view, node->state, -1u);
    if (node->flags & PORT_NODE_LINKED && is_live(node->state) && is_live(state)) {
        node->state = state;
        count(view, state, 1);
        return;
    }
    unlink_locked(view, node);
    if (state == PORT_NODE_MAIN || state == PORT_NODE_LARGE) {
        node->flags &= ~(uint32_t)PORT_NODE_LENT;
        node->order = ++view->at.memory->order;
    }
    step_order();
    node->state = state;
    HOOK(node_moved);
    step_order();
    count(view, state, 1);
    link_locked(view, ref, node);
}

void node_detach_locked(struct port_view *view, uint32_t ref)
{
    unlink_locked(view, node_at(view, ref));
}

bool node_is_left_locked(const struct port_view *view)
{
    return view->at.memory->free_head || view->at.memory->nodes_used < view->at.geometry.n_nodes;
}

bool nodes_are_left_locked(const struct port_view *view)
{
    const struct port_memory *memory = view->at.memory;
    const struct port_node *first = node_at(view, memory->free_head);
    uint32_t n_unused = view->at.geometry.n_nodes - memory->nodes_used;

    return n_unused > 1 || (first && (n_unused || first->next));
}

uint32_t node_new_locked(struct port_view *view)
{
    struct port_memory *memory = view->at.memory;
    uint32_t ref = memory->free_head;

    if (ref)
        memory->free_head = node_at(view, ref)->next;
    else if (memory->nodes_used < view->at.geometry.n_nodes)
        ref = ++memory->nodes_used;
    if (ref)
        memset(node_at(view, ref), 0, offsetof(struct port_node, position));
    return ref;
}

void bell_ring_locked(struct port_view *view)
{
    struct port_memory *memory = view->at.memory;

    if (memory->bell_rung || (!memory->n_waiters && !memory->n_watchers))
        return;
    memory->bell_rung = 1;
    view->ops->ring_bell(view->context);
}

void node_free_locked(struct port_view *view, uint32_t ref)
{
    struct port_memory *memory = view->at.memory;
    struct port_node *node = node_at(view, ref);

    unlink_locked(view, node);
    count(view, node->state, -1u);
    node_unhash_locked(view, ref);
    step_order();
    node->state = PORT_NODE_FREE;
    HOOK(node_freed);
    step_order();
    node_unref_locked(view, ref);
    node_clear_slot_locked(view, ref);
    if (node->block) {
        heap_give_locked(view, node->block, node->n_blocks);
        node->block = 0;
    }
    node->next = memory->free_head;
    memory->free_head = ref;
    if (UNLIKELY(memory->stalled)) {
        atom_note(&memory->stalled, 0u);
        bell_ring_locked(view);
    }
}

static uint32_t *bucket_of(const struct port_view *view, uint32_t message_id)
{
    return &view->at.buckets[message_id & (view->at.geometry.n_buckets - 1)];
}

uint32_t node_find_locked(const struct port_view *view, uint32_t message_id)
{
    uint32_t ref = *bucket_of(view, message_id);

    while (ref && node_at(view, ref)->message_id != message_id)
        ref = node_at(view, ref)->hash_next;
    return ref;
}

void node_hash_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);
    uint32_t *bucket = bucket_of(view, node->message_id);

    node->hash_next = *bucket;
    *bucket = ref;
    node->flags |= PORT_NODE_HASHED;
}

void node_unhash_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);

    if (!(node->flags & PORT_NODE_HASHED))
        return;
    node->flags &= ~(uint32_t)PORT_NODE_HASHED;
    for (uint32_t *link = bucket_of(view, node->message_id); *link;
         link = &node_at(view, *link)->hash_next)
        if (*link == ref) {
            *link = node->hash_next;
            return;
        }
}

void node_set_slot_locked(struct port_view *view, uint32_t ref, uint32_t slot, uint32_t slot_word)
{
    struct port_node *node = node_at(view, ref);
    struct port_lane *lane = slot ? lane_at_locked(view, node->lane) : NULL;

    if (!lane || lane->marked_generation != node->lane_generation)
        return;
    node->slot = slot;
    node->slot_word = slot_word;
    lane->n_nodes++;
}

void node_clear_slot_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);

    if (!node->slot)
        return;
    node->slot = 0;
    struct port_lane *lane = lane_at_locked(view, node->lane);
    if (!lane || lane->marked_generation != node->lane_generation)
        return;
    lane->n_nodes--;
    if (UNLIKELY(lane->marks & PORT_LANE_DRAINED))
        lane_check_drained_locked(view, node->lane);
}

void lane_check_drained_locked(struct port_view *view, uint32_t index)
{
    struct port_lane *lane = lane_at_locked(view, index);

    if (lane && lane->marks & PORT_LANE_DRAINED && !lane->n_nodes && !lane->refs_head)
        atom_store(&lane->drained_generation, lane->marked_generation);
}

void node_ref_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);
    struct port_lane *lane = &view->at.lanes[node->lane];
    uint32_t after = lane->refs_tail;

    /* Nearly always the newest; a record that is kept later than its successors goes before them.
     */
    while (after && node_at(view, after)->position > node->position)
        after = node_at(view, after)->ref_prev;
    uint32_t *from_before = after ? &node_at(view, after)->ref_next : &lane->refs_head;
    node->ref_prev = after;
    node->ref_next = *from_before;
    uint32_t *from_behind =
        node->ref_next ? &node_at(view, node->ref_next)->ref_prev : &lane->refs_tail;
    *from_before = ref;
    *from_behind = ref;
    node->flags |= PORT_NODE_BY_REF;
}

void node_unref_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);

    if (!(node->flags & PORT_NODE_BY_REF))
        return;
    struct port_lane *lane = &view->at.lanes[node->lane];
    const struct lane_view *lane_view = lane_mapped(view, node->lane, node->lane_generation);
    node->flags &= ~(uint32_t)PORT_NODE_BY_REF;
    *(node->ref_prev ? &node_at(view, node->ref_prev)->ref_next : &lane->refs_head) =
        node->ref_next;
    *(node->ref_next ? &node_at(view, node->ref_next)->ref_prev : &lane->refs_tail) =
        node->ref_prev;
    node->ref_next = node->ref_prev = 0;
    uint64_t upto = lane->refs_head ? node_at(view, lane->refs_head)->position : lane->cursor.next;
    /* A holder that has not mapped the lane leaves telling the sender to the next one that reads
     * there. */
    if (lane_view)
        cursor_free(lane_view, &lane->cursor, upto);
    if (UNLIKELY(lane->marks & PORT_LANE_DRAINED)) {
        if (lane_view)
            cursor_publish(lane_view, &lane->cursor);
        lane_check_drained_locked(view, node->lane);
    }
}

bool node_to_heap_locked(struct port_view *view, uint32_t ref, const struct lane_view *lane_view)
{
    struct port_node *node = node_at(view, ref);
    uint32_t n_bytes = node->attributes_length + node->data_length;

    if (!(node->flags & PORT_NODE_BY_REF) || !n_bytes)
        return false;
    uint32_t block = heap_take_locked(view, heap_blocks(n_bytes));
    if (!block)
        return false;
    memcpy(heap_at(view, block), lane_ring(lane_view, node->position) + LANE_RECORD_BYTES, n_bytes);
    node->n_blocks = heap_blocks(n_bytes);
    step_order();
    node->block = block;
    HOOK(node_copied);
    step_order();
    node_unref_locked(view, ref);
    return true;
}

void node_cancel_locked(struct port_view *view, uint32_t ref, uint64_t stamp)
{
    struct port_node *node = node_at(view, ref);

    node_unhash_locked(view, ref);
    node_unref_locked(view, ref);
    node_clear_slot_locked(view, ref);
    if (node->block) {
        heap_give_locked(view, node->block, node->n_blocks);
        node->block = 0;
    }
    node->data_length = node->attributes_length = 0;
    node->stamp = stamp;
    node->type = LPC_CANCELED;
    node->flags = (node->flags & ~(uint32_t)PORT_NODE_CANCELED) | PORT_NODE_RELEASED;
    view->at.memory->counters.n_canceled++;
    node_move_locked(view, ref, PORT_NODE_MAIN);
}
