/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Two repairs.
 *
 * repair_locked, after EOWNERDEAD: a holder was killed at some instruction inside a critical
 * section. Primary are each node's state and contents, each lane's cursor, and the journal; a step
 * that changes a cursor and a node is in the journal from before its first write (take.c, J1) and
 * is completed here. Everything else is built anew: free list, id table, heap bitmap, lists (main
 * and large in their order numbers), by-reference chains in their positions, hot list, counters. A
 * node whose state was not stored yet is as it was before the call: FREE ones are simply free
 * again, so a record that had not left its lane is received by somebody else. All lanes become hot
 * and not raised, since edges that the dead holder took went with it, and the bell is rung for
 * those who sleep.
 *
 * attention_locked, when the daemon has noticed that a process died: its sleeping threads and its
 * completion port are no longer counted; what it was copying goes back to the large list, which is
 * first in line; what it was answering is over: a requester in a slot gets STATUS_LPC_REPLY_LOST.
 * UNKNOWN: a record may or may not have been published, so an asynchronous requester gets nothing
 * then. A connection request that it was answering waits again. */

#include <string.h>

#include "alpc/heap.h"
#include "alpc/node.h"
#include "alpc/repair.h"
#include "alpc/scan.h"
#include "alpc/take.h"
#include "lane/slot.h"

static void redo_step_locked(struct port_view *view)
{
    struct port_journal *journal = &view->at.memory->journal;

    if (!journal->armed)
        return;
    if (journal->lane && journal->lane <= view->at.geometry.n_lanes) {
        struct lane_cursor *cursor = &view->at.lanes[journal->lane - 1].cursor;
        cursor->next = MAX(cursor->next, journal->next);
        cursor->floor_ns = MAX(cursor->floor_ns, journal->stamp);
    }
    struct port_node *node = node_at(view, journal->node);
    if (node) {
        if (journal->by_ref)
            node->flags |= PORT_NODE_BY_REF;
        node->state = journal->node_state;
    }
    journal->armed = 0;
}

static uint32_t watchers_of(const struct port_holder *holder)
{
    return (holder->watching & ~PORT_HOLDER_COMPLETION) +
           ((holder->watching & PORT_HOLDER_COMPLETION) != 0);
}

static void holders_count_locked(struct port_memory *memory)
{
    memory->n_waiters = memory->n_watchers = memory->has_completion = 0;
    for (unsigned i = 0; i < PORT_HOLDERS_MAX; i++) {
        const struct port_holder *holder = &memory->holders[i];
        if (!holder->process_id)
            continue;
        memory->n_waiters += holder->n_waiters;
        memory->n_watchers += watchers_of(holder);
        memory->has_completion += (holder->watching & PORT_HOLDER_COMPLETION) != 0;
    }
}

static void reset_derived_locked(struct port_view *view)
{
    struct port_memory *memory = view->at.memory;
    uint32_t used = MIN(atom_load(&memory->connections_used), view->at.geometry.n_connections);

    memory->main = memory->large = memory->delivering = (struct port_list){0, 0, 0};
    memory->free_head = 0;
    memory->known_ns = 0;
    memory->n_hot = memory->bell_rung = memory->stalled = 0;
    memory->counters.n_main = memory->counters.n_large = memory->counters.n_delivering = 0;
    memory->counters.n_pending = memory->counters.n_sent = memory->counters.n_quarantined = 0;
    memset(view->at.buckets, 0, view->at.geometry.n_buckets * sizeof(*view->at.buckets));
    memset(view->at.blocks, 0, view->at.geometry.n_blocks / 8);
    for (uint32_t i = 0; i < used; i++)
        view->at.connections[i].live = (struct port_list){0, 0, 0};
    holders_count_locked(memory);
}

static void reset_lanes_locked(struct port_view *view)
{
    uint32_t used = MIN(atom_load(&view->at.memory->lanes_used), view->at.geometry.n_lanes);

    for (uint32_t i = 0; i < used || i == 0; i++) {
        struct port_lane *lane = lane_at_locked(view, i);
        if (!lane)
            continue;
        lane->refs_head = lane->refs_tail = 0;
        lane->n_nodes = 0;
        lane->seen_position = 0; /* its seen_stamp may be the record's before */
        lane->marks &= ~(uint32_t)PORT_LANE_HOT;
        if (cursor_broken(&lane->cursor) != LANE_BREAK_NONE)
            lane->marks |= PORT_LANE_BROKEN;
    }
}

static bool has_place(const struct port_view *view, uint32_t state)
{
    (void)view;
    return state == PORT_NODE_MAIN || state == PORT_NODE_LARGE || state == PORT_NODE_DELIVERING;
}

/* Brings the contents of a node in line with its state: what a step writes before the state, and
 * cleans after it. */
static void settle_node(struct port_view *view, struct port_node *node)
{
    if (node->state >= PORT_NODE_STATES)
        node->state = PORT_NODE_FREE;
    if (node->state != PORT_NODE_FREE && node->type == LPC_CANCELED) {
        node->state = PORT_NODE_MAIN;
        node->flags = (node->flags & (PORT_NODE_ACK | PORT_NODE_ANNOUNCED)) | PORT_NODE_RELEASED;
        node->data_length = node->attributes_length = node->slot = 0;
    }
    if (!has_place(view, node->state)) {
        node->flags &= ~(uint32_t)PORT_NODE_BY_REF;
        node->block = 0;
    } else if (node->block) {
        node->flags &= ~(uint32_t)PORT_NODE_BY_REF;
    }
    if (node->state == PORT_NODE_SENT || node->state == PORT_NODE_QUARANTINE)
        node->slot = 0;
    if (node->state == PORT_NODE_PENDING || node->state == PORT_NODE_SENT ||
        node->state == PORT_NODE_QUARANTINE)
        node->flags |= PORT_NODE_HASHED;
    node->flags &= ~(uint32_t)PORT_NODE_LINKED;
}

/* Enters a settled node in everything derived but the lists' order. */
static void enter_node_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);

    if (node->state == PORT_NODE_FREE) {
        node->flags = node->slot = node->block = 0;
        node->next = view->at.memory->free_head;
        view->at.memory->free_head = ref;
        return;
    }
    uint32_t slot = node->slot;
    uint64_t order = node->order;
    node->slot = 0;
    if (slot)
        node_set_slot_locked(view, ref, slot, node->slot_word);
    if (node->flags & PORT_NODE_HASHED)
        node_hash_locked(view, ref);
    if (node->block)
        heap_mark_locked(view, node->block, node->n_blocks);
    enum port_node_state state = (enum port_node_state)node->state;
    node->state = PORT_NODE_FREE;
    node_move_locked(view, ref, state);
    node->order = order;
}

/* Sorts a list by order: merges runs of doubling length, chained by next; prev and tail are set at
 * the end. */
static uint32_t merge(struct port_view *view, uint32_t a, uint32_t b)
{
    uint32_t head = 0;
    uint32_t *link = &head;

    while (a && b) {
        uint32_t *from = node_at(view, a)->order <= node_at(view, b)->order ? &a : &b;
        *link = *from;
        link = &node_at(view, *from)->next;
        *from = *link;
    }
    *link = a ? a : b;
    return head;
}

static void sort_list(struct port_view *view, struct port_list *list)
{
    uint32_t runs[32] = {0};
    uint32_t next, sorted = 0, previous = 0;

    for (uint32_t ref = list->head; ref; ref = next) {
        next = node_at(view, ref)->next;
        node_at(view, ref)->next = 0;
        unsigned i = 0;
        for (; i < ARRAY_SIZE(runs) - 1 && runs[i]; i++) {
            ref = merge(view, runs[i], ref);
            runs[i] = 0;
        }
        runs[i] = ref;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(runs); i++)
        sorted = merge(view, runs[i], sorted);
    list->head = sorted;
    for (uint32_t ref = sorted; ref; ref = node_at(view, ref)->next) {
        node_at(view, ref)->prev = previous;
        previous = ref;
    }
    list->tail = previous;
}

static void link_refs_locked(struct port_view *view, const struct port_list *list)
{
    for (uint32_t ref = list->head; ref; ref = node_at(view, ref)->next)
        if (node_at(view, ref)->flags & PORT_NODE_BY_REF)
            node_ref_locked(view, ref);
}

static void all_lanes_hot_locked(struct port_view *view)
{
    uint32_t used = MIN(atom_load(&view->at.memory->lanes_used), view->at.geometry.n_lanes);

    for (uint32_t i = 1; i < used; i++) {
        struct port_lane *lane = lane_at_locked(view, i);
        if (!lane)
            continue;
        /* The edge that answered the last raise may have died with its taker: raise anew. */
        atom_poke(&lane->cursor.raised, 0u);
        lane_mark_hot_locked(view, i);
    }
}

void repair_locked(struct port_view *view)
{
    struct port_memory *memory = view->at.memory;

    if (memory->nodes_used > view->at.geometry.n_nodes)
        memory->nodes_used = view->at.geometry.n_nodes;
    redo_step_locked(view);
    reset_derived_locked(view);
    reset_lanes_locked(view);
    for (uint32_t ref = memory->nodes_used; ref > 0; ref--) {
        settle_node(view, node_at(view, ref));
        enter_node_locked(view, ref);
    }
    sort_list(view, &memory->main);
    sort_list(view, &memory->large);
    link_refs_locked(view, &memory->main);
    link_refs_locked(view, &memory->large);
    link_refs_locked(view, &memory->delivering);
    all_lanes_hot_locked(view);
    bell_ring_locked(view);
}

/* True: done. False: the requester's lane must be mapped first. */
static bool end_reply_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);

    if (node->slot) {
        struct port_lane *lane = lane_at_locked(view, node->lane);
        bool is_there = lane && lane->marked_generation == node->lane_generation;
        const struct lane_view *lane_view = lane_mapped(view, node->lane, node->lane_generation);
        if (is_there && !lane_view && lane->state == PORT_LANE_LIVE)
            return false;
        /* Claimed by the dead holder or not yet: either way it is finished once, or was already. */
        if (is_there && lane_view &&
            slot_end(lane_view, node->slot - 1, node->slot_word, STATUS_LPC_REPLY_LOST) ==
                LANE_BROKEN)
            lane_break_locked(view, node->lane, LANE_BREAK_SLOT);
    }
    node_free_locked(view, ref);
    return true;
}

static bool reap_node_locked(struct port_view *view, uint32_t ref)
{
    struct port_node *node = node_at(view, ref);

    switch ((enum port_node_state)node->state) {
    case PORT_NODE_DELIVERING:
        if (node->flags & PORT_NODE_CANCELED &&
            !(node->flags & PORT_NODE_RELEASED)) /* (D1) its id may be in use again */
            node_cancel_locked(view, ref, node->stamp);
        else
            node_move_locked(view, ref, PORT_NODE_LARGE);
        return true;
    case PORT_NODE_REPLYING:
        return end_reply_locked(view, ref);
    case PORT_NODE_ACCEPTING:
        node_move_locked(view, ref, PORT_NODE_PENDING);
        return true;
    case PORT_NODE_FREE:
    case PORT_NODE_MAIN:
    case PORT_NODE_LARGE:
    case PORT_NODE_PENDING:
    case PORT_NODE_SENT:
    case PORT_NODE_QUARANTINE:
    case PORT_NODE_STATES:
    default:
        return true;
    }
}

static bool reap_holder_locked(struct port_view *view, uint32_t place)
{
    struct port_holder *holder = &view->at.memory->holders[place];
    bool done = true;

    for (uint32_t ref = 1; ref <= view->at.memory->nodes_used; ref++)
        if (node_at(view, ref)->state != PORT_NODE_FREE && node_at(view, ref)->holder == place)
            done &= reap_node_locked(view, ref);
    holder->n_waiters = holder->watching = 0;
    holders_count_locked(view->at.memory);
    if (done) {
        atom_store(&holder->dead, 0u);
        atom_store(&holder->process_id, 0u);
    }
    return done;
}

void attention_locked(struct port_view *view)
{
    struct port_memory *memory = view->at.memory;
    uint32_t attention = atom_load(&memory->attention);
    bool done = true;

    for (uint32_t i = 0; i < PORT_HOLDERS_MAX; i++) {
        uint32_t process_id = atom_load(&memory->holders[i].process_id);
        if (process_id && atom_load(&memory->holders[i].dead) == process_id)
            done &= reap_holder_locked(view, i);
    }
    memory->bell_rung = 0;
    all_lanes_hot_locked(view);
    /* Not done: the lanes that must be mapped are hot, so the scan asks for them and this comes
     * again. */
    if (done)
        atom_note(&memory->attention_seen, attention);
}
