/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Completion ports: packets, and a queue that was harvested by one and is received by another. */

#include "alpc/node.h"
#include "alpc_rig.h"

static enum port_result harvest(struct rig *rig, struct port_view *view, uint32_t *packets)
{
    uint32_t lane, generation, n;
    enum port_result result;

    *packets = 0;
    while ((result = port_harvest(view, &n, &lane, &generation)) == PORT_MAP_LANE) {
        *packets += n;
        rig_map(rig, view, lane, generation);
    }
    *packets += n;
    return result;
}

START_TEST(each_queued_message_has_one_packet)
{
    struct rig rig;
    struct port_message message;
    uint32_t packets, ids[5];

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *b = rig_add_sender(&rig);
    port_set_completion(&rig.views[0], true);
    for (unsigned i = 0; i < 5; i++)
        ids[i] = rig_send(i % 2 ? a : b, i == 3 ? LANE_REQUEST : LANE_DATAGRAM,
                          i == 3 ? 0 : LANE_RELEASE, i * 300);
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_RECEIVED);
    ck_assert_uint_eq(packets, 5);
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_RECEIVED);
    ck_assert_uint_eq(packets, 0);
    struct port_lengths lengths;
    port_keeper_read(&rig.keeper, &lengths);
    ck_assert_uint_eq(lengths.n_queued, 5);
    for (unsigned i = 0; i < 5; i++) {
        rig_expect(&rig, &message, ids[i], i == 3 ? LPC_REQUEST | LPC_CONTINUATION : LPC_DATAGRAM);
        ck_assert(!(message.flags & PORT_MESSAGE_PACKET));
    }
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_EMPTY);
    port_keeper_read(&rig.keeper, &lengths);
    ck_assert_uint_eq(lengths.n_queued, 0);
    ck_assert_uint_eq(lengths.n_pending, 1);
    ck_assert_uint_eq(lengths.n_received, 5);
    rig_close(&rig);
}
END_TEST

START_TEST(a_message_taken_before_the_harvest_has_its_packet)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_datagram(s, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert(!(message.flags & PORT_MESSAGE_PACKET)); /* no completion port */
    port_set_completion(&rig.views[0], true);
    id = rig_datagram(s, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert(message.flags & PORT_MESSAGE_PACKET);
    port_set_completion(&rig.views[0], false);
    ck_assert_uint_eq(rig.views[0].at.memory->n_watchers, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(blocked_receivers_take_messages_without_packets)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args waits = {.capacity = 100, .may_wait = true};
    uint32_t packets;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    port_set_completion(&rig.views[0], true);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &waits, &message), PORT_WAIT);
    uint32_t id = rig_datagram(s, 4);
    rig_datagram(s, 4);
    rig_datagram(s, 4);
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_RECEIVED);
    ck_assert_uint_eq(packets, 2);
    ck_assert_uint_eq(rig.n_bells, 1);
    waits.was_waiting = true;
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &waits, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, id);
    ck_assert(!(message.flags & PORT_MESSAGE_PACKET));
    rig_close(&rig);
}
END_TEST

START_TEST(the_doorbell_is_silent_after_a_harvest_until_something_comes)
{
    struct rig rig;
    uint32_t packets;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    port_set_completion(&rig.views[0], true);
    rig_datagram(s, 4);
    ck_assert_int_eq(sys_poll_two(rig.bells.outer, -1, 0), 1);
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_RECEIVED);
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_RECEIVED);
    ck_assert_int_eq(sys_poll_two(rig.bells.outer, -1, 0), 0);
    rig_datagram(s, 4);
    ck_assert_int_eq(sys_poll_two(rig.bells.outer, -1, 0), 1);
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_RECEIVED);
    ck_assert_uint_eq(packets, 1);
    rig_close(&rig);
}
END_TEST

START_TEST(a_close_has_a_packet_for_each_of_its_messages)
{
    struct rig rig;
    struct port_message message;
    uint32_t packets;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    port_set_completion(&rig.views[0], true);
    uint32_t held = rig_send(s, LANE_REQUEST, 0, 4);
    rig_expect(&rig, &message, held, LPC_REQUEST | LPC_CONTINUATION);
    uint32_t harvested = rig_datagram(s, 4);
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_RECEIVED);
    ck_assert_uint_eq(packets, 1);
    uint32_t queued = rig_datagram(s, 4);
    port_keeper_close(&rig.keeper, s->connection, 0, sys_now_ns());
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_RECEIVED);
    ck_assert_uint_eq(packets, 3); /* queued, held, closed */
    rig_expect(&rig, &message, harvested, LPC_CANCELED);
    rig_expect(&rig, &message, queued, LPC_CANCELED);
    rig_expect(&rig, &message, held, LPC_CANCELED);
    rig_expect(&rig, &message, 0, LPC_PORT_CLOSED);
    ck_assert(!(message.flags & PORT_MESSAGE_PACKET));
    rig_expect_none(&rig);
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_EMPTY);
    rig_close(&rig);
}
END_TEST

START_TEST(what_one_holder_harvested_another_receives)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args args = {.capacity = 100000};
    uint32_t packets;

    rig_open(&rig, &rig_small, 0);
    rig_second_holder(&rig);
    struct rig_sender *s = rig_add_sender(&rig);
    port_set_completion(&rig.views[0], true);
    uint32_t id = rig_datagram(s, 2000);
    rig_datagram(s, 3);
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_RECEIVED);
    ck_assert_uint_eq(packets, 2);
    ck_assert_int_eq(port_receive(&rig.views[1], &args, &message), PORT_MAP_LANE);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[1], &args, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, id);
    ck_assert_mem_eq(message.data, rig_payload(id, 2000), 2000);
    port_receive_end(&rig.views[1], &message, true);
    rig_expect(&rig, &message, id + 1, LPC_DATAGRAM);
    rig_close(&rig);
}
END_TEST

/* A canceled message that goes back to the queue has the stamp of that moment, and what is
 * harvested after it stands behind it: so stamps say nothing of which of a lane's messages comes
 * first. */
START_TEST(what_is_queued_comes_before_what_its_lane_still_has_whatever_the_stamps)
{
    struct rig rig;
    struct port_message message;
    uint32_t packets, ids[3];

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    port_set_completion(&rig.views[0], true);
    ids[0] = rig_datagram(s, 8);
    ids[1] = rig_datagram(s, 8);
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_RECEIVED);
    struct port_view *view = &rig.views[0];
    node_at(view, view->at.memory->main.head)->stamp = UINT64_MAX;
    ids[2] = rig_datagram(s, 8);
    for (unsigned i = 0; i < 3; i++)
        rig_expect(&rig, &message, ids[i], LPC_DATAGRAM);
    rig_close(&rig);
}
END_TEST

START_TEST(a_full_table_stops_the_harvest_and_not_the_receivers)
{
    struct rig rig;
    struct port_message message;
    uint32_t packets, first = 0;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    port_set_completion(&rig.views[0], true);
    for (unsigned i = 0; i < 100; i++) {
        uint32_t id = rig_datagram(s, 4);
        first = i ? first : id;
    }
    ck_assert_int_eq(harvest(&rig, &rig.views[0], &packets), PORT_RECEIVED);
    ck_assert_uint_eq(packets, 64);
    for (unsigned i = 0; i < 100; i++)
        rig_expect(&rig, &message, first + i, LPC_DATAGRAM);
    rig_expect_none(&rig);
    rig_close(&rig);
}
END_TEST

START_TEST(a_wait_on_the_handle_counts_as_somebody_who_waits)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    port_watch(&rig.views[0], true);
    uint32_t id = rig_datagram(s, 4);
    rig_datagram(s, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_uint_eq(rig.n_bells, 1);
    port_watch(&rig.views[0], false);
    ck_assert_uint_eq(rig.views[0].at.memory->n_watchers, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_waitable_port_counts_a_signal_for_each_message_without_a_blocked_receiver)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args waits = {.capacity = 100, .may_wait = true};
    struct port_view *view = &rig.views[0];
    uint32_t packets;

    rig_open(&rig, &rig_small, PORT_IS_WAITABLE);
    struct rig_sender *s = rig_add_sender(&rig);
    ck_assert(!port_signal_take(view));
    ck_assert_int_eq(rig_receive_args(&rig, view, &waits, &message), PORT_WAIT);
    uint32_t first = rig_datagram(s, 4);
    rig_datagram(s, 4);
    rig_datagram(s, 4);
    ck_assert_int_eq(harvest(&rig, view, &packets), PORT_RECEIVED);
    ck_assert_uint_eq(port_signals(view), 2); /* one is the waiter's */
    waits.was_waiting = true;
    ck_assert_int_eq(rig_receive_args(&rig, view, &waits, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, first);
    ck_assert_uint_eq(port_signals(view), 2);
    ck_assert(port_signal_take(view));
    port_signal_give(view);
    ck_assert_uint_eq(port_signals(view), 2);
    /* Taken straight from the lane, by a thread that polls and by one that had to stay. */
    struct port_receive_args polls = {.capacity = 100},
                             stayed = {.capacity = 100, .has_waited = true};
    for (unsigned i = 0; i < 2; i++)
        ck_assert_int_eq(rig_receive_args(&rig, view, &polls, &message), PORT_RECEIVED);
    rig_datagram(s, 4);
    ck_assert_int_eq(rig_receive_args(&rig, view, &polls, &message), PORT_RECEIVED);
    ck_assert_uint_eq(port_signals(view), 3);
    rig_datagram(s, 4);
    ck_assert_int_eq(rig_receive_args(&rig, view, &stayed, &message), PORT_RECEIVED);
    ck_assert_uint_eq(port_signals(view), 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert(port_signal_take(view));
    ck_assert(!port_signal_take(view));
    rig_close(&rig);
}
END_TEST

START_TEST(a_signal_from_a_poller_rings_for_who_waits_on_the_handle)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, PORT_IS_WAITABLE);
    struct rig_sender *s = rig_add_sender(&rig);
    port_watch(&rig.views[0], true);
    uint32_t id = rig_datagram(s, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_uint_eq(port_signals(&rig.views[0]), 1);
    ck_assert_uint_eq(rig.n_bells, 1);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("harvest");
    UNIT_TEST(each_queued_message_has_one_packet);
    UNIT_TEST(a_message_taken_before_the_harvest_has_its_packet);
    UNIT_TEST(blocked_receivers_take_messages_without_packets);
    UNIT_TEST(the_doorbell_is_silent_after_a_harvest_until_something_comes);
    UNIT_TEST(a_close_has_a_packet_for_each_of_its_messages);
    UNIT_TEST(what_one_holder_harvested_another_receives);
    UNIT_TEST(what_is_queued_comes_before_what_its_lane_still_has_whatever_the_stamps);
    UNIT_TEST(a_full_table_stops_the_harvest_and_not_the_receivers);
    UNIT_TEST(a_wait_on_the_handle_counts_as_somebody_who_waits);
    UNIT_TEST(a_waitable_port_counts_a_signal_for_each_message_without_a_blocked_receiver);
    UNIT_TEST(a_signal_from_a_poller_rings_for_who_waits_on_the_handle);
    return UNIT_END();
}
