/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Nodes: states and their lists, the id table, by-reference records. */

#include "alpc/heap.h"
#include "alpc/node.h"
#include "alpc_rig.h"

static uint32_t add(struct rig *rig, uint32_t id, enum port_node_state state)
{
    uint32_t ref = node_new_locked(&rig->views[0]);
    struct port_node *node = node_at(&rig->views[0], ref);

    ck_assert_ptr_nonnull(node);
    node->message_id = id;
    node->connection = rig->senders[0].connection;
    node->connection_generation = rig->senders[0].connection_generation;
    node_hash_locked(&rig->views[0], ref);
    node_move_locked(&rig->views[0], ref, state);
    return ref;
}

START_TEST(the_table_fills_and_empties)
{
    struct rig rig;
    uint32_t refs[64];

    rig_open(&rig, &rig_small, 0);
    rig_add_sender(&rig);
    for (unsigned i = 0; i < 64; i++)
        refs[i] = add(&rig, 100 + i, PORT_NODE_PENDING);
    ck_assert(!node_is_left_locked(&rig.views[0]));
    ck_assert_uint_eq(node_new_locked(&rig.views[0]), 0);
    struct port_list *live = &connection_at_locked(&rig.views[0], rig.senders[0].connection)->live;
    ck_assert_uint_eq(live->n, 64);
    for (unsigned i = 0; i < 64; i++)
        ck_assert_uint_eq(node_find_locked(&rig.views[0], 100 + i), refs[i]);
    for (unsigned i = 0; i < 64; i++)
        node_free_locked(&rig.views[0], refs[(i * 5) % 64]);
    ck_assert_uint_eq(live->n, 0);
    ck_assert_uint_eq(live->head, 0);
    ck_assert_uint_eq(live->tail, 0);
    ck_assert_uint_eq(node_find_locked(&rig.views[0], 100), 0);
    ck_assert_ptr_null(node_at(&rig.views[0], 0));
    ck_assert_ptr_null(node_at(&rig.views[0], 65));
    ck_assert_uint_eq(rig.views[0].at.memory->counters.n_pending, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_state_is_a_list)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    rig_add_sender(&rig);
    struct port_memory *memory = rig.memory;
    uint32_t a = add(&rig, 1, PORT_NODE_MAIN), b = add(&rig, 2, PORT_NODE_MAIN),
             c = add(&rig, 3, PORT_NODE_MAIN);
    ck_assert_uint_eq(memory->main.head, a);
    ck_assert_uint_eq(memory->main.tail, c);
    ck_assert_uint_eq(memory->counters.n_main, 3);
    node_move_locked(&rig.views[0], b, PORT_NODE_LARGE);
    ck_assert_uint_eq(memory->main.n, 2);
    ck_assert_uint_eq(node_at(&rig.views[0], a)->next, c);
    ck_assert_uint_eq(memory->large.head, b);
    node_move_locked(&rig.views[0], b, PORT_NODE_DELIVERING);
    ck_assert_uint_eq(memory->large.n, 0);
    ck_assert_uint_eq(memory->delivering.head, b);
    node_move_locked(&rig.views[0], b, PORT_NODE_SENT);
    ck_assert_uint_eq(memory->counters.n_sent, 1);
    node_detach_locked(&rig.views[0], b);
    ck_assert_uint_eq(connection_at_locked(&rig.views[0], 0)->live.n, 0);
    node_free_locked(&rig.views[0], b);
    ck_assert_uint_eq(memory->free_head, b);
    rig_close(&rig);
}
END_TEST

START_TEST(a_freed_node_ends_a_stall_and_wakes)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    rig_add_sender(&rig);
    uint32_t a = add(&rig, 1, PORT_NODE_PENDING), b = add(&rig, 2, PORT_NODE_PENDING);
    rig.views[0].at.memory->stalled = 1;
    node_free_locked(&rig.views[0], a);
    ck_assert_uint_eq(rig.n_bells, 0); /* nobody sleeps */
    rig.views[0].at.memory->stalled = 1;
    rig.views[0].at.memory->n_waiters = 1;
    node_free_locked(&rig.views[0], b);
    ck_assert_uint_eq(rig.n_bells, 1);
    ck_assert_uint_eq(rig.views[0].at.memory->stalled, 0);
    rig_close(&rig);
}
END_TEST

/* A node that refers to 64 bytes of the sender's lane at a position. */
static uint32_t add_ref(struct rig *rig, uint64_t position)
{
    uint32_t ref = add(rig, (uint32_t)position + 1, PORT_NODE_MAIN);
    struct port_node *node = node_at(&rig->views[0], ref);

    node->lane = rig->senders[0].lane;
    node->lane_generation = rig->senders[0].generation;
    node->position = position;
    node->data_length = 600;
    node_ref_locked(&rig->views[0], ref);
    return ref;
}

START_TEST(a_lane_is_freed_up_to_the_oldest_record_still_kept)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    rig_map(&rig, &rig.views[0], s->lane, s->generation);
    struct port_lane *lane = lane_at_locked(&rig.views[0], s->lane);
    lane->cursor.next = 4096;
    uint32_t b = add_ref(&rig, 1024), a = add_ref(&rig, 0), c = add_ref(&rig, 2048);
    ck_assert_uint_eq(lane->refs_head, a);
    ck_assert_uint_eq(lane->refs_tail, c);
    node_unref_locked(&rig.views[0], b);
    ck_assert_uint_eq(lane->cursor.freed, 0);
    node_unref_locked(&rig.views[0], a);
    ck_assert_uint_eq(lane->cursor.freed, 2048);
    ck_assert(node_to_heap_locked(&rig.views[0], c, &rig.views[0].lanes[s->lane].view));
    ck_assert_uint_eq(lane->cursor.freed, 4096);
    ck_assert_uint_ne(node_at(&rig.views[0], c)->block, 0);
    node_cancel_locked(&rig.views[0], c, 5);
    ck_assert_uint_eq(node_at(&rig.views[0], c)->block, 0);
    ck_assert_uint_eq(node_at(&rig.views[0], c)->type, LPC_CANCELED);
    ck_assert_uint_eq(node_find_locked(&rig.views[0], 2049), 0);
    rig_close(&rig);
}
END_TEST

START_TEST(an_ended_lane_is_drained_when_nothing_refers_to_it)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    rig_map(&rig, &rig.views[0], s->lane, s->generation);
    lane_at_locked(&rig.views[0], s->lane)->cursor.next = 4096;
    uint32_t a = add_ref(&rig, 0);
    node_set_slot_locked(&rig.views[0], a, 2, 9);
    lane_end_locked(&rig.views[0], s->lane);
    ck_assert(!port_keeper_lane_is_drained(&rig.keeper, s->lane));
    node_unref_locked(&rig.views[0], a);
    ck_assert(!port_keeper_lane_is_drained(&rig.keeper, s->lane));
    node_clear_slot_locked(&rig.views[0], a);
    ck_assert(port_keeper_lane_is_drained(&rig.keeper, s->lane));
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("node");
    UNIT_TEST(the_table_fills_and_empties);
    UNIT_TEST(a_state_is_a_list);
    UNIT_TEST(a_freed_node_ends_a_stall_and_wakes);
    UNIT_TEST(a_lane_is_freed_up_to_the_oldest_record_still_kept);
    UNIT_TEST(an_ended_lane_is_drained_when_nothing_refers_to_it);
    return UNIT_END();
}
