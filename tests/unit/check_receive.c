/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Receiving from real lanes: payloads of all sizes, order across senders, waiting, bells, the fast
 * path's cost. */

#include "alpc_rig.h"

START_TEST(messages_of_all_sizes_arrive_in_order)
{
    static const uint32_t sizes[] = {0, 1, 40, 511, 512, 513, 4096, 60000, LANE_DATA_MAX_BYTES};
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint32_t id = rig_send(s, LANE_REQUEST, 0, sizes[i]);
        rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
        ck_assert_uint_eq(message.data_length, sizes[i]);
        ck_assert_uint_eq(message.callback_id, id + 1000000);
        ck_assert_uint_eq(message.sender_process_id, 5000 + s->sender);
        ck_assert_uint_eq(message.sender_thread_id, 77);
        ck_assert_uint_eq(message.token_ids[2], 13);
        ck_assert_uint_eq(message.sequence, i + 1);
        ck_assert(message.flags & PORT_MESSAGE_HAS_CONTEXT);
        id = rig_datagram(s, sizes[i]);
        struct port_route route;
        rig_reply(&rig, id - 1, PORT_CONTINUE_RELEASE, &route);
        ck_assert_int_eq(route.kind, PORT_ROUTE_LANE);
        rig_expect(&rig, &message, id, LPC_DATAGRAM);
        s->next_id = id + 1;
        /* The sequence counts datagrams too: step over it. */
        rig.views[0].at.connections[s->connection].sequence--;
    }
    rig_expect_none(&rig);
    ck_assert_uint_eq(rig.views[0].at.memory->counters.n_pending, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(messages_of_two_senders_arrive_in_the_order_of_sending)
{
    struct rig rig;
    struct port_message message;
    uint32_t ids[60];

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *b = rig_add_sender(&rig),
                      *c = rig_add_sender(&rig);
    for (unsigned i = 0; i < 60; i++)
        ids[i] = rig_datagram(i % 7 < 3 ? a : i % 2 ? b : c, 8 + i * 20);
    for (unsigned i = 0; i < 60; i++)
        rig_expect(&rig, &message, ids[i], LPC_DATAGRAM);
    rig_expect_none(&rig);
    rig_close(&rig);
}
END_TEST

START_TEST(ten_thousand_datagrams_wait_without_a_receiver)
{
    struct rig rig;
    struct port_message message;
    uint32_t first = 0;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_lane(&rig, 2u << 20, 1, -1);
    rig_connect(&rig, s);
    for (unsigned i = 0; i < 10000; i++) {
        uint32_t id = rig_datagram(s, 4);
        first = i ? first : id;
    }
    for (unsigned i = 0; i < 10000; i++)
        rig_expect(&rig, &message, first + i, LPC_DATAGRAM);
    rig_expect_none(&rig);
    rig_close(&rig);
}
END_TEST

START_TEST(a_hot_lane_needs_no_system_call)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_datagram(s, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    unsigned before = rig.n_inner_reads;
    for (unsigned i = 0; i < 50; i++) {
        id = rig_datagram(s, 4);
        rig_expect(&rig, &message, id, LPC_DATAGRAM);
    }
    ck_assert_uint_eq(rig.n_inner_reads, before);
    ck_assert_uint_eq(rig.n_bells, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_waiter_is_woken_by_the_next_message)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args args = {.capacity = 100, .may_wait = true};

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_datagram(s, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_WAIT);
    ck_assert_uint_eq(rig.views[0].at.memory->n_waiters, 1);
    ck_assert_uint_eq(rig.views[0].at.memory->n_hot, 0);
    ck_assert_int_eq(sys_poll_two(rig.bells.outer, -1, 0), 0);
    id = rig_datagram(s, 5);
    ck_assert_int_eq(sys_poll_two(rig.bells.outer, -1, 0), 1);
    args.was_waiting = true;
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, id);
    ck_assert_uint_eq(rig.views[0].at.memory->n_waiters, 0);
    ck_assert(!args.was_waiting);
    rig_close(&rig);
}
END_TEST

START_TEST(whoever_takes_another_ones_wake_up_rings_the_port_bell)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args waits = {.capacity = 100, .may_wait = true};

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &waits, &message), PORT_WAIT);
    uint32_t id = rig_datagram(s, 4);
    rig_datagram(s, 4);
    /* A poller comes first, takes the edge and one of the two. */
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_uint_eq(rig.n_bells, 1);
    ck_assert_int_eq(sys_poll_two(rig.bells.outer, -1, 0), 1);
    /* A poller that finds nothing leaves the lane so that the waiter is woken, too. */
    rig_expect(&rig, &message, id + 1, LPC_DATAGRAM);
    waits.was_waiting = true;
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &waits, &message), PORT_WAIT);
    rig_expect_none(&rig);
    ck_assert_int_eq(sys_poll_two(rig.bells.outer, -1, 0), 0);
    rig_datagram(s, 4);
    ck_assert_int_eq(sys_poll_two(rig.bells.outer, -1, 0), 1);
    port_wait_cancel(&rig.views[0]);
    ck_assert_uint_eq(rig.views[0].at.memory->n_waiters, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_waiter_that_leaves_hands_its_wake_up_on)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args a = {.capacity = 100, .may_wait = true}, b = a;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &a, &message), PORT_WAIT);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &b, &message), PORT_WAIT);
    ck_assert_uint_eq(rig.views[0].at.memory->n_waiters, 2);
    rig_datagram(s, 4);
    port_wait_cancel(&rig.views[0]);
    ck_assert_int_eq(sys_poll_two(rig.bells.outer, -1, 0), 1);
    b.was_waiting = true;
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &b, &message), PORT_RECEIVED);
    rig_close(&rig);
}
END_TEST

START_TEST(an_ended_port_says_so_after_its_last_message)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args args = {.capacity = 100, .may_wait = true};

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_datagram(s, 4);
    port_keeper_end(&rig.keeper, STATUS_PORT_DISCONNECTED);
    ck_assert(port_glance(&rig.views[0]));
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_ENDED);
    ck_assert_uint_eq(message.status, STATUS_PORT_DISCONNECTED);
    ck_assert_uint_eq(port_ended(rig.views[0].at.memory), STATUS_PORT_DISCONNECTED);
    rig_close(&rig);
}
END_TEST

START_TEST(a_glance_sees_a_message_in_a_hot_lane)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_datagram(s, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert(!port_glance(&rig.views[0]));
    id = rig_datagram(s, 4);
    ck_assert(port_glance(&rig.views[0]));
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert(!port_glance(&rig.views[0]));
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("receive");
    UNIT_TEST(messages_of_all_sizes_arrive_in_order);
    UNIT_TEST(messages_of_two_senders_arrive_in_the_order_of_sending);
    UNIT_TEST(ten_thousand_datagrams_wait_without_a_receiver);
    UNIT_TEST(a_hot_lane_needs_no_system_call);
    UNIT_TEST(a_waiter_is_woken_by_the_next_message);
    UNIT_TEST(whoever_takes_another_ones_wake_up_rings_the_port_bell);
    UNIT_TEST(a_waiter_that_leaves_hands_its_wake_up_on);
    UNIT_TEST(an_ended_port_says_so_after_its_last_message);
    UNIT_TEST(a_glance_sees_a_message_in_a_hot_lane);
    return UNIT_END();
}
