/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Dead holders: the rebuild after EOWNERDEAD, and what the daemon's attention takes back.
 * Kill-at-every-hook is in tests/model; here a child process dies for real with the mutex held, and
 * rebuilds of busy ports are compared. */

#include <sys/wait.h>

#include "alpc/heap.h"
#include "alpc/node.h"
#include "alpc/repair.h"
#include "alpc_rig.h"

/* A port with a message in every state. */
static void make_busy(struct rig *rig, struct rig_sender *a, struct rig_sender *b)
{
    struct port_message message;
    struct port_receive_args tiny = {.capacity = 1};
    struct port_route route;
    uint32_t n, lane, generation;

    uint32_t held = rig_send(a, LANE_REQUEST, 0, 9), sent = rig_send(b, LANE_REQUEST, 0, 9);
    rig_expect(rig, &message, held, LPC_REQUEST | LPC_CONTINUATION);
    rig_expect(rig, &message, sent, LPC_REQUEST | LPC_CONTINUATION);
    rig_reply(rig, sent, 0, &route);
    rig_datagram(a, 700);
    ck_assert_int_eq(rig_receive_args(rig, &rig->views[0], &tiny, &message), PORT_TOO_SMALL);
    for (unsigned i = 0; i < 8; i++)
        rig_send(i & 1 ? a : b, i & 2 ? LANE_DATAGRAM : LANE_REQUEST, i & 2 ? LANE_RELEASE : 0,
                 i * 200);
    ck_assert_int_eq(port_harvest(&rig->views[0], &n, &lane, &generation), PORT_RECEIVED);
    ck_assert_uint_eq(port_expect(&rig->views[0], a->connection, 19999999, 1, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(
        port_cancel_begin(&rig->views[0], &(struct port_cancel){.message_id = 19999999}, &route),
        STATUS_PENDING);
}

static uint32_t list_at(const struct rig *rig, const struct port_list *list, uint32_t *ids)
{
    uint32_t n = 0;

    for (uint32_t ref = list->head; ref; ref = node_at(&rig->views[0], ref)->next)
        ids[n++] = node_at(&rig->views[0], ref)->message_id;
    ck_assert_uint_eq(n, list->n);
    return n;
}

START_TEST(a_rebuild_of_a_sound_port_changes_nothing)
{
    struct rig rig;
    uint32_t before[64], after[64];

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *b = rig_add_sender(&rig);
    make_busy(&rig, a, b);
    struct port_memory *memory = rig.memory;
    struct port_counters counters = memory->counters;
    uint32_t n_main = list_at(&rig, &memory->main, before);
    uint64_t freed = lane_at_locked(&rig.views[0], a->lane)->cursor.freed;
    uint64_t blocks[2] = {rig.views[0].at.blocks[0], rig.views[0].at.blocks[1]};
    ck_assert(port_lock(&rig.views[0]));
    repair_locked(&rig.views[0]);
    port_unlock(&rig.views[0]);
    ck_assert_mem_eq(&counters, &memory->counters, sizeof(counters));
    ck_assert_uint_eq(list_at(&rig, &memory->main, after), n_main);
    ck_assert_mem_eq(before, after, n_main * sizeof(*before));
    ck_assert_uint_eq(lane_at_locked(&rig.views[0], a->lane)->cursor.freed, freed);
    ck_assert_uint_eq(rig.views[0].at.blocks[0], blocks[0]);
    ck_assert_uint_eq(rig.views[0].at.blocks[1], blocks[1]);
    for (uint32_t i = 0; i < n_main; i++) {
        struct port_message message;
        ck_assert_int_eq(rig_receive(&rig, &message), PORT_RECEIVED);
        if (i == 0) /* the large one is first in line */
            ck_assert_uint_eq(message.data_length, 700);
        port_receive_end(&rig.views[0], &message, true);
    }
    rig_close(&rig);
}
END_TEST

START_TEST(a_rebuild_needs_nothing_derived)
{
    struct rig rig;
    uint32_t before[64], after[64];

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *b = rig_add_sender(&rig);
    make_busy(&rig, a, b);
    struct port_memory *memory = rig.memory;
    uint32_t n_main = list_at(&rig, &memory->main, before);
    for (uint32_t i = 1; i <= memory->nodes_used; i++) {
        struct port_node *node = node_at(&rig.views[0], i);
        node->next = node->prev = node->hash_next = node->ref_next = node->ref_prev =
            1 + i * 7 % 60;
        node->flags ^= PORT_NODE_LINKED;
    }
    memset(&memory->main, 0x55, 3 * sizeof(memory->main));
    memset(rig.views[0].at.buckets, 0x33, rig_small.n_buckets * 4);
    memset(rig.views[0].at.blocks, 0xFF, rig_small.n_blocks / 8);
    memory->n_hot = 5;
    memory->free_head = 3;
    ck_assert(port_lock(&rig.views[0]));
    repair_locked(&rig.views[0]);
    port_unlock(&rig.views[0]);
    ck_assert_uint_eq(list_at(&rig, &memory->main, after), n_main);
    ck_assert_mem_eq(before, after, n_main * sizeof(*before));
    uint32_t next = rig_datagram(a, 8);
    struct port_message message;
    unsigned n = 0;
    do {
        ck_assert_int_eq(rig_receive(&rig, &message), PORT_RECEIVED);
        port_receive_end(&rig.views[0], &message, true);
    } while (message.message_id != next && ++n < 100);
    ck_assert_uint_eq(n, n_main + 1);
    rig_close(&rig);
}
END_TEST

START_TEST(a_holder_that_dies_in_the_mutex_is_followed_by_the_next)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 40);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (!port_lock(&rig.views[0]))
            _exit(1);
        rig.views[0].at.memory->main.head = 17; /* anything derived may be in any condition */
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    rig_expect_none(&rig);
    rig_close(&rig);
}
END_TEST

START_TEST(a_step_in_the_journal_is_completed)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    rig_send(s, LANE_REQUEST, 0, 40);
    uint32_t next = rig_datagram(s, 4);
    struct port_view *view = &rig.views[0];
    rig_map(&rig, view, s->lane, s->generation);
    ck_assert(port_lock(view));
    lane_mark_hot_locked(view, s->lane);
    struct candidate candidate;
    ck_assert_int_eq(scan_locked(view, false, &candidate), SCAN_FOUND);
    struct taking taking = take_resolve_locked(view, &candidate);
    ck_assert_int_eq(taking.action, TAKE_MESSAGE);
    uint32_t ref = take_node_locked(view, &candidate, &taking);
    /* Dies right after arming. */
    view->at.memory->journal = (struct port_journal){
        .armed = 1,
        .node = ref,
        .node_state = PORT_NODE_PENDING,
        .lane = s->lane + 1,
        .next = candidate.record.end,
        .stamp = candidate.record.stamp_ns,
    };
    repair_locked(view);
    port_unlock(view);
    ck_assert_uint_eq(node_at(view, ref)->state, PORT_NODE_PENDING);
    ck_assert_uint_eq(view->at.memory->journal.armed, 0);
    rig_expect(&rig, &message, next, LPC_DATAGRAM);
    ck_assert_uint_eq(view->at.memory->counters.n_pending, 1);
    rig_close(&rig);
}
END_TEST

/* It had noted that it looks at the head, not yet the head's stamp. */
START_TEST(what_a_dead_holder_was_looking_at_is_looked_at_again)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *b = rig_add_sender(&rig);
    uint32_t first = rig_datagram(a, 4), second = rig_datagram(b, 4);
    struct port_view *view = &rig.views[0];
    ck_assert(port_lock(view));
    struct port_lane *lane = lane_at_locked(view, b->lane);
    lane->seen_position = lane->cursor.next + 1;
    repair_locked(view);
    port_unlock(view);
    rig_expect(&rig, &message, first, LPC_DATAGRAM);
    rig_expect(&rig, &message, second, LPC_DATAGRAM);
    rig_close(&rig);
}
END_TEST

START_TEST(what_a_dead_holder_was_copying_is_received_by_another)
{
    struct rig rig;
    struct port_message message, lost;
    struct port_receive_args args = {.capacity = 100000};

    rig_open(&rig, &rig_small, 0);
    rig_second_holder(&rig);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 4000);
    uint32_t next = rig_datagram(s, 4);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[1], &args, &lost), PORT_RECEIVED);
    port_keeper_holder_died(&rig.keeper, RIG_PID + 1);
    ck_assert(port_glance(&rig.views[0]));
    rig_map(&rig, &rig.views[0], s->lane, s->generation);
    ck_assert_int_eq(rig_receive(&rig, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id,
                      next); /* found by the scan that reaped: order after a death is weak */
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(((struct port_memory *)rig.memory)->holders[1].process_id, 0);
    free(rig.views[1].lanes);
    memset(&rig.views[1], 0, sizeof(rig.views[1]));
    rig_close(&rig);
}
END_TEST

START_TEST(who_waits_for_a_dead_holders_reply_is_told)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;
    uint32_t slots[2], words[2];

    rig_open(&rig, &rig_small, 0);
    rig_second_holder(&rig);
    struct rig_sender *s = rig_add_sender(&rig);
    for (unsigned i = 0; i < 2; i++) {
        uint32_t id = rig_request_sync(s, 8, &slots[i], &words[i]);
        rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
        struct port_view *other = &rig.views[1];
        ck_assert_uint_eq(
            port_continue_begin(other, id, 0, PORT_CONTINUE_RELEASE, false, 0, &route),
            STATUS_SUCCESS);
        if (route.kind == PORT_ROUTE_MAP_LANE) {
            rig_map(&rig, other, route.lane, route.lane_generation);
            ck_assert_uint_eq(
                port_continue_begin(other, id, 0, PORT_CONTINUE_RELEASE, false, 0, &route),
                STATUS_SUCCESS);
        }
        if (i == 1) /* it has begun to write */
            ck_assert_int_eq(slot_claim(route.lane_view, route.slot, route.slot_word), LANE_OK);
    }
    struct port_receive_args waits = {.capacity = 4, .may_wait = true};
    ck_assert_int_eq(port_receive(&rig.views[1], &waits, &message), PORT_WAIT);
    port_keeper_holder_died(&rig.keeper, RIG_PID + 1);
    rig_expect_none(&rig);
    for (unsigned i = 0; i < 2; i++) {
        struct slot_reply reply;
        ck_assert_uint_eq(lane_slot_reply(&s->producer.view, slots[i])->finished, words[i]);
        ck_assert_int_eq(slot_read(&s->producer.view, slots[i], &reply), LANE_OK);
        ck_assert_uint_eq(reply.status, STATUS_LPC_REPLY_LOST);
    }
    ck_assert_uint_eq(rig.views[0].at.memory->n_waiters, 0);
    ck_assert_uint_eq(rig.views[0].at.memory->counters.n_pending, 0);
    free(rig.views[1].lanes);
    memset(&rig.views[1], 0, sizeof(rig.views[1]));
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("repair");
    UNIT_TEST(a_rebuild_of_a_sound_port_changes_nothing);
    UNIT_TEST(a_rebuild_needs_nothing_derived);
    UNIT_TEST(a_holder_that_dies_in_the_mutex_is_followed_by_the_next);
    UNIT_TEST(a_step_in_the_journal_is_completed);
    UNIT_TEST(what_a_dead_holder_was_looking_at_is_looked_at_again);
    UNIT_TEST(what_a_dead_holder_was_copying_is_received_by_another);
    UNIT_TEST(who_waits_for_a_dead_holders_reply_is_told);
    return UNIT_END();
}
