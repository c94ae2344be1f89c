/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Is port memory sound? What is derived must follow from what is primary: each node is in the one
 * list that its state names, in the free list, or detached; the id table finds exactly the hashed
 * ones; counters and heap bitmap agree. */
#pragma once

#include "alpc/node.h"

#define SOUND(condition)       \
    do {                       \
        if (!(condition))      \
            return #condition; \
    } while (0)

/* How many nodes have the state; blocks of them are counted into *n_blocks. */
static inline uint32_t sound_count(const struct port_view *view, uint32_t state, uint32_t *n_blocks)
{
    uint32_t n = 0;

    for (uint32_t ref = 1; ref <= view->at.memory->nodes_used; ref++) {
        const struct port_node *node = node_at(view, ref);
        if (node->state != state)
            continue;
        n++;
        *n_blocks += node->block ? node->n_blocks : 0;
    }
    return n;
}

static inline const char *sound_list(const struct port_view *view, const struct port_list *list,
                                     uint32_t state)
{
    uint32_t n = 0, previous = 0;
    uint64_t order = 0;

    for (uint32_t ref = list->head; ref; ref = node_at(view, ref)->next) {
        const struct port_node *node = node_at(view, ref);
        SOUND(node && node->prev == previous && node->flags & PORT_NODE_LINKED);
        SOUND(!state || node->state == state);
        SOUND(state || node->state >= PORT_NODE_PENDING);
        SOUND((state != PORT_NODE_MAIN && state != PORT_NODE_LARGE) || node->order > order);
        order = node->order;
        previous = ref;
        SOUND(++n <= view->at.memory->nodes_used);
    }
    SOUND(list->tail == previous && list->n == n);
    return NULL;
}

static inline const char *sound_hash(const struct port_view *view)
{
    uint32_t n = 0, n_found = 0;

    for (uint32_t i = 0; i < view->at.geometry.n_buckets; i++)
        for (uint32_t ref = view->at.buckets[i]; ref; ref = node_at(view, ref)->hash_next) {
            SOUND(node_at(view, ref)->flags & PORT_NODE_HASHED &&
                  node_at(view, ref)->state != PORT_NODE_FREE);
            SOUND(++n <= view->at.memory->nodes_used);
        }
    for (uint32_t ref = 1; ref <= view->at.memory->nodes_used; ref++)
        if (node_at(view, ref)->flags & PORT_NODE_HASHED &&
            node_at(view, ref)->state != PORT_NODE_FREE) {
            SOUND(node_find_locked(view, node_at(view, ref)->message_id) == ref);
            n_found++;
        }
    SOUND(n == n_found);
    return NULL;
}

static inline const char *sound_lanes(const struct port_view *view)
{
    const struct port_memory *memory = view->at.memory;
    uint32_t n_hot = 0;

    for (uint32_t i = 0; i < memory->lanes_used; i++) {
        const struct port_lane *lane = &view->at.lanes[i];
        uint64_t position = 0;
        uint32_t previous = 0;
        for (uint32_t ref = lane->refs_head; ref; ref = node_at(view, ref)->ref_next) {
            const struct port_node *node = node_at(view, ref);
            SOUND(node->flags & PORT_NODE_BY_REF && node->lane == i && node->ref_prev == previous);
            SOUND(node->position >= position && node->position >= lane->cursor.freed);
            position = node->position + 1;
            previous = ref;
        }
        SOUND(lane->refs_tail == previous);
        SOUND(lane->cursor.freed <= lane->cursor.next);
        if (!(lane->marks & PORT_LANE_HOT))
            continue;
        SOUND(view->at.hot[lane->hot_index] == i && lane->hot_index < memory->n_hot);
        n_hot++;
    }
    SOUND(n_hot == memory->n_hot);
    return NULL;
}

#define SOUND_ALL(call)           \
    do {                          \
        const char *what_ = call; \
        if (what_)                \
            return what_;         \
    } while (0)

/* NULL, or what is wrong. The mutex is not held by anybody. */
static inline const char *sound_check(const struct port_view *view)
{
    const struct port_memory *memory = view->at.memory;
    uint32_t n_blocks = 0, n_live = 0, n_free = 0, n_taken = 0, n_waiters = 0;

    SOUND_ALL(sound_list(view, &memory->main, PORT_NODE_MAIN));
    SOUND_ALL(sound_list(view, &memory->large, PORT_NODE_LARGE));
    SOUND_ALL(sound_list(view, &memory->delivering, PORT_NODE_DELIVERING));
    SOUND(memory->main.n == sound_count(view, PORT_NODE_MAIN, &n_blocks));
    SOUND(memory->large.n == sound_count(view, PORT_NODE_LARGE, &n_blocks));
    SOUND(memory->delivering.n == sound_count(view, PORT_NODE_DELIVERING, &n_blocks));
    SOUND(memory->counters.n_main == memory->main.n && memory->counters.n_large == memory->large.n);
    SOUND(memory->counters.n_delivering == memory->delivering.n);
    uint32_t pending = sound_count(view, PORT_NODE_PENDING, &n_blocks) +
                       sound_count(view, PORT_NODE_REPLYING, &n_blocks) +
                       sound_count(view, PORT_NODE_ACCEPTING, &n_blocks);
    SOUND(memory->counters.n_pending == pending);
    SOUND(memory->counters.n_sent == sound_count(view, PORT_NODE_SENT, &n_blocks));
    SOUND(memory->counters.n_quarantined == sound_count(view, PORT_NODE_QUARANTINE, &n_blocks));
    for (uint32_t i = 0; i < memory->connections_used; i++) {
        const struct port_connection *connection = &view->at.connections[i];
        if (connection->marked_generation != connection->generation)
            continue;
        SOUND_ALL(sound_list(view, &connection->live, 0));
        n_live += connection->live.n;
    }
    SOUND(n_live <=
          memory->counters.n_pending + memory->counters.n_sent + memory->counters.n_quarantined);
    for (uint32_t ref = memory->free_head; ref; ref = node_at(view, ref)->next) {
        SOUND(node_at(view, ref)->state == PORT_NODE_FREE && !node_at(view, ref)->block);
        SOUND(++n_free <= memory->nodes_used);
    }
    SOUND(n_free == sound_count(view, PORT_NODE_FREE, &n_blocks));
    SOUND_ALL(sound_hash(view));
    SOUND_ALL(sound_lanes(view));
    for (uint32_t i = 0; i < view->at.geometry.n_blocks / 64; i++)
        n_taken += (uint32_t)__builtin_popcountll(view->at.blocks[i]);
    SOUND(n_taken == n_blocks);
    for (unsigned i = 0; i < PORT_HOLDERS_MAX; i++)
        n_waiters += memory->holders[i].process_id ? memory->holders[i].n_waiters : 0;
    SOUND(memory->n_waiters == n_waiters);
    return NULL;
}
