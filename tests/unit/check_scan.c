/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Order: lying stamps, barriers, successors, cold lanes. */

#include "alpc/scan.h"
#include "alpc_rig.h"
#include "lane/atomics.h"

/* Publishes a datagram and then changes the stamp of its record. */
static uint32_t send_stamped(struct rig_sender *s, uint64_t stamp)
{
    uint64_t position = s->producer.head;
    uint32_t id = rig_datagram(s, 4);
    struct lane_record_header *header = (void *)lane_ring(&s->producer.view, position);

    header->stamp_ns = stamp;
    return id;
}

START_TEST(a_stamp_from_the_future_waits_for_one_scan_only)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *liar = rig_add_sender(&rig), *honest = rig_add_sender(&rig);
    uint32_t lie = send_stamped(liar, UINT64_MAX - 1);
    uint32_t truth = rig_datagram(honest, 4);
    rig_expect(&rig, &message, truth, LPC_DATAGRAM);
    uint32_t later = rig_datagram(honest, 4);
    /* Seen once already: lowered to now, which is after `later`. */
    rig_expect(&rig, &message, later, LPC_DATAGRAM);
    rig_expect(&rig, &message, lie, LPC_DATAGRAM);
    /* Alone it is received at once. */
    lie = send_stamped(liar, UINT64_MAX - 1);
    rig_expect(&rig, &message, lie, LPC_DATAGRAM);
    rig_close(&rig);
}
END_TEST

START_TEST(small_steps_of_a_lie_do_not_add_up)
{
    struct rig rig;
    struct port_message message;
    uint64_t stamp;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *liar = rig_add_sender(&rig);
    rig_expect(&rig, &message, rig_datagram(liar, 4), LPC_DATAGRAM);
    stamp = rig.views[0].at.lanes[liar->lane].cursor.floor_ns;
    for (int i = 0; i < 10; i++) {
        stamp += 900000000;
        rig_expect(&rig, &message, send_stamped(liar, stamp), LPC_DATAGRAM);
    }
    ck_assert_uint_lt(rig.views[0].at.lanes[liar->lane].cursor.floor_ns, sys_now_ns() + 2000000000);
    rig_close(&rig);
}
END_TEST

START_TEST(a_stamp_from_the_past_gains_no_place)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *liar = rig_add_sender(&rig), *honest = rig_add_sender(&rig);
    uint32_t id = rig_datagram(liar, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    id = rig_datagram(honest, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    uint32_t queued = rig_datagram(honest, 4);
    /* The liar's lane was seen empty after nothing of `queued` existed: raised to that scan. It may
     * gain that one. */
    uint32_t lie = send_stamped(liar, 1);
    ck_assert_int_eq(rig_receive(&rig, &message), PORT_RECEIVED);
    ck_assert(message.message_id == lie || message.message_id == queued);
    uint32_t first = message.message_id;
    ck_assert_int_eq(rig_receive(&rig, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, first == lie ? queued : lie);
    ck_assert_uint_gt(rig.views[0].at.lanes[liar->lane].cursor.floor_ns, 1000);
    rig_close(&rig);
}
END_TEST

START_TEST(a_lane_that_succeeds_another_is_read_after_it)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *old = rig_add_sender(&rig);
    uint32_t first = rig_datagram(old, 4);
    struct rig_sender *new = rig_add_lane(&rig, LANE_RING_FIRST_BYTES * 2, old->sender, 0);
    new->connection = old->connection;
    new->connection_generation = old->connection_generation;
    new->next_id = old->next_id + 1;
    uint32_t second = rig_datagram(new, 4);
    /* Nothing of the new lane before the old one's last record, even if the old one is empty for
     * now. */
    rig_expect(&rig, &message, first, LPC_DATAGRAM);
    rig_expect_none(&rig);
    struct port_receive_args args = {.capacity = 9, .may_wait = true};
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_WAIT);
    struct lane_message moved = {.kind = LANE_MOVED, .message_id = 1, .aux = new->lane};
    ck_assert_int_eq(producer_send(&old->producer, &moved, NULL, NULL), LANE_OK);
    ck_assert_int_eq(sys_poll_two(rig.bells.outer, -1, 0), 1);
    args.was_waiting = true;
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, second);
    ck_assert(port_keeper_lane_is_drained(&rig.keeper, old->lane));
    port_keeper_free_lane(&rig.keeper, old->lane);
    second = rig_datagram(new, 4);
    rig_expect(&rig, &message, second, LPC_DATAGRAM);
    rig_close(&rig);
}
END_TEST

START_TEST(a_full_node_table_is_a_barrier)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;
    uint32_t ids[64];

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *b = rig_add_sender(&rig);
    for (unsigned i = 0; i < 64; i++) {
        ids[i] = rig_send(a, LANE_REQUEST, 0, 4);
        rig_expect(&rig, &message, ids[i], LPC_REQUEST | LPC_CONTINUATION);
    }
    uint32_t request = rig_send(a, LANE_REQUEST, 0, 4);
    uint32_t newer = rig_datagram(b, 4);
    rig_expect_none(&rig);
    ck_assert(!port_glance(&rig.views[0]));
    struct port_receive_args args = {.capacity = 9, .may_wait = true};
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_WAIT);
    unsigned bells = rig.n_bells;
    rig_reply(&rig, ids[7], PORT_CONTINUE_RELEASE, &route);
    ck_assert_uint_eq(rig.n_bells, bells + 1);
    args.was_waiting = true;
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, request);
    rig_expect(&rig, &message, newer, LPC_DATAGRAM);
    rig_close(&rig);
}
END_TEST

START_TEST(a_lane_that_stays_empty_becomes_cold)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *b = rig_add_sender(&rig);
    uint32_t id = rig_datagram(a, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    for (unsigned i = 0; i < 200; i++) {
        id = rig_datagram(b, 4);
        rig_expect(&rig, &message, id, LPC_DATAGRAM);
    }
    ck_assert_uint_eq(rig.views[0].at.memory->n_hot, 1);
    id = rig_datagram(a, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_uint_eq(rig.views[0].at.memory->n_hot, 2);
    rig_close(&rig);
}
END_TEST

START_TEST(a_lane_that_breaks_the_rules_is_dead_and_the_others_live)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *liar = rig_add_sender(&rig), *honest = rig_add_sender(&rig);
    uint64_t position = liar->producer.head;
    rig_datagram(liar, 4);
    ((struct lane_record_header *)(void *)lane_ring(&liar->producer.view, position))->data_size =
        1u << 20;
    uint32_t id = rig_datagram(honest, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_uint_eq(rig.n_broken, 1);
    ck_assert_int_eq(rig.broken_reason, LANE_BREAK_LENGTH);
    rig_datagram(liar, 4);
    rig_expect_none(&rig);
    ck_assert_uint_eq(rig.n_broken, 1);
    rig_close(&rig);
}
END_TEST

START_TEST(a_dead_senders_lane_is_received_to_its_end)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    s->producer.bell_fd = -1; /* killed between publication and ring */
    uint32_t id = rig_datagram(s, 4);
    rig_expect_none(&rig);
    port_keeper_lane_died(&rig.keeper, s->lane);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    rig_expect_none(&rig);
    ck_assert(port_keeper_lane_is_drained(&rig.keeper, s->lane));
    rig_close(&rig);
}
END_TEST

/* Takes the process's mapping away, as if it never had been made. */
static void forget_mapping(struct rig *rig, const struct rig_sender *s)
{
    struct port_lane_map *map = &rig->views[0].lanes[s->lane];

    lane_unmap(&map->view);
    map->generation = 0;
}

START_TEST(a_lane_that_was_never_used_ends_without_being_mapped)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *unused = rig_add_sender(&rig), *used = rig_add_sender(&rig);
    struct port_receive_args args = {.capacity = 9};
    uint32_t id = rig_datagram(used, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM); /* that one is mapped now */
    port_keeper_lane_was_unused(&rig.keeper, unused->lane);
    id = rig_datagram(used, 4);
    ck_assert_int_eq(port_receive(&rig.views[0], &args, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, id);
    ck_assert(port_keeper_lane_is_drained(&rig.keeper, unused->lane));
    /* One of which that is not known is a barrier. */
    forget_mapping(&rig, used);
    port_keeper_lane_died(&rig.keeper, used->lane);
    ck_assert_int_eq(port_receive(&rig.views[0], &args, &message), PORT_MAP_LANE);
    ck_assert_uint_eq(message.lane, used->lane);
    ck_assert(!port_keeper_lane_is_drained(&rig.keeper, used->lane));
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("scan");
    UNIT_TEST(a_stamp_from_the_future_waits_for_one_scan_only);
    UNIT_TEST(small_steps_of_a_lie_do_not_add_up);
    UNIT_TEST(a_stamp_from_the_past_gains_no_place);
    UNIT_TEST(a_lane_that_succeeds_another_is_read_after_it);
    UNIT_TEST(a_full_node_table_is_a_barrier);
    UNIT_TEST(a_lane_that_stays_empty_becomes_cold);
    UNIT_TEST(a_lane_that_breaks_the_rules_is_dead_and_the_others_live);
    UNIT_TEST(a_dead_senders_lane_is_received_to_its_end);
    UNIT_TEST(a_lane_that_was_never_used_ends_without_being_mapped);
    return UNIT_END();
}
