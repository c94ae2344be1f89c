/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Lanes from grant to their place being used again. */
#include "config.h"

#include "alpc/grants.h"

#include "server_ports.h"

static uint32_t n_lanes(void)
{
    struct server_status_reply reply;

    ck_assert_uint_eq(CALL(&pair.a, server_status, &reply), STATUS_SUCCESS);
    return reply.n_lanes;
}

START_TEST(a_message_goes_through_a_granted_lane)
{
    struct lane_producer producer;
    struct port_message message;

    pair_start();
    pair_connect();
    pair_producer(&producer);
    holder_bells(&pair.holder, &pair.a, pair.listener);
    pair_datagram(&producer, 5);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type, 3);
    ck_assert_uint_eq(message.port_context, 0x77);
    ck_assert_uint_eq(message.sender_process_id, (uint32_t)pair.pid_b);
    ck_assert_uint_eq(message.connection, pair.connect.connection);
    pair_producer_end(&producer);
    pair_end();
}
END_TEST

START_TEST(what_was_sent_before_the_close_is_counted_and_then_the_close_comes)
{
    struct lane_producer producer;
    struct port_message message;
    struct handle_close_reply closed;

    pair_start();
    pair_connect();
    pair_producer(&producer);
    holder_bells(&pair.holder, &pair.a, pair.listener);
    for (uint32_t i = 0; i < 3; i++)
        pair_datagram(&producer, i);
    ck_assert_uint_eq(CALL(&pair.b, handle_close, &closed, .handle = pair.b_port), STATUS_SUCCESS);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message),
                         PORT_RECEIVED);
        ck_assert_uint_eq(message.type & 0xff, 12);
        ck_assert_uint_eq(message.data_length, 0);
    }
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type, 5);
    ck_assert_uint_eq(message.data_length, 8);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_EMPTY);
    ck_assert_uint_eq(n_lanes(), 0);
    pair_producer_end(&producer);
    pair_end();
}
END_TEST

START_TEST(a_dead_senders_lane_is_drained_and_given_back)
{
    struct lane_producer producer;
    struct port_message message;
    int n = 0;

    pair_start();
    pair_connect();
    pair_producer(&producer);
    holder_bells(&pair.holder, &pair.a, pair.listener);
    pair_datagram(&producer, 1);
    ck_assert_uint_eq(n_lanes(), 1);
    child_die(pair.pid_b);
    while (holder_receive(&pair.holder, &pair.a, pair.listener, &message) == PORT_RECEIVED)
        n++;
    ck_assert_int_eq(n, 2); /* one cancelled, one closed */
    ck_assert_uint_eq(n_lanes(), 0);
    pair.pid_b = fixture_child();
    pair_producer_end(&producer);
    pair_end();
}
END_TEST

START_TEST(connecting_and_closing_again_and_again_uses_nothing_up)
{
    struct server_status_reply before, after;
    struct handle_close_reply closed;
    struct port_message message;
    uint64_t fds_before;

    pair_start();
    pair_connect();
    holder_bells(&pair.holder, &pair.a, pair.listener);
    ck_assert_uint_eq(CALL(&pair.a, server_status, &before), STATUS_SUCCESS);
    fds_before = pair.b.client->user->held[USER_FDS];
    for (int i = 0; i < 300; i++) {
        ck_assert_uint_eq(CALL(&pair.b, handle_close, &closed, .handle = pair.b_port),
                          STATUS_SUCCESS);
        ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message),
                         PORT_RECEIVED);
        ck_assert_uint_eq(message.type, 5);
        ck_assert_uint_eq(message.port_context, 0x77);
        ck_assert_uint_eq(CALL(&pair.a, handle_close, &closed, .handle = pair.a_port),
                          STATUS_SUCCESS);
        pair_connect();
        ck_assert_uint_lt(pair.connect.connection, 4);
        ck_assert_uint_lt(pair.connect.lane.lane, 4);
    }
    ck_assert_uint_eq(CALL(&pair.a, server_status, &after), STATUS_SUCCESS);
    ck_assert_uint_eq(after.n_objects, before.n_objects);
    /* b never offers the memory of its last port: spare.h. */
    ck_assert_uint_le(pair.b.client->user->held[USER_FDS], fds_before + pair.server->n_rests);
    ck_assert_uint_le(pair.server->n_rests, 16);
    ck_assert_uint_eq(after.lane_bytes, before.lane_bytes);
    pair_end();
}
END_TEST

START_TEST(a_lane_that_was_left_for_a_larger_one_is_given_back)
{
    struct alpc_grow_lane_reply grown;
    struct lane_producer producer;
    struct lane_message moved = {.kind = LANE_MOVED};
    struct port_message message;

    pair_start();
    pair_connect();
    pair_producer(&producer);
    holder_bells(&pair.holder, &pair.a, pair.listener);
    pair_datagram(&producer, 1);
    ck_assert_uint_eq(
        CALL(&pair.b, alpc_grow_lane, &grown, .port = pair.b_port, .lane = pair.connect.lane.lane),
        STATUS_SUCCESS);
    ck_assert_uint_eq(n_lanes(), 2);
    moved.aux = grown.lane.lane;
    ck_assert_int_eq(producer_send(&producer, &moved, NULL, NULL), LANE_OK);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_EMPTY);
    ck_assert_uint_eq(n_lanes(), 1);
    pair_producer_end(&producer);
    pair_end();
}
END_TEST

START_TEST(a_user_has_a_limit)
{
    struct alpc_grow_lane_reply grown;

    pair_start();
    pair_connect();
    pair.server->users.limit[USER_MEMORY] = pair.b.client->user->held[USER_MEMORY] + 1000;
    ck_assert_uint_eq(
        CALL(&pair.b, alpc_grow_lane, &grown, .port = pair.b_port, .lane = pair.connect.lane.lane),
        STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_eq(pair_ask(0, "hello", 5), STATUS_QUOTA_EXCEEDED);
    pair_end();
}
END_TEST

static status_t resize(uint32_t lane, uint32_t shrink, struct alpc_grow_lane_reply *ret_reply)
{
    return CALL(&pair.b, alpc_grow_lane, ret_reply, .port = pair.b_port, .lane = lane,
                .shrink = shrink);
}

START_TEST(a_lane_grows_and_goes_back_to_the_first_size)
{
    struct alpc_grow_lane_reply grown;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(resize(pair.connect.lane.lane, 1, &grown), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(resize(pair.connect.lane.lane, 0, &grown), STATUS_SUCCESS);
    ck_assert_uint_eq(grown.lane.ring_size, 2 * LANE_RING_FIRST_BYTES);
    ck_assert_uint_eq(resize(grown.lane.lane, 1, &grown), STATUS_SUCCESS);
    ck_assert_uint_eq(grown.lane.ring_size, LANE_RING_FIRST_BYTES);
    ck_assert_uint_eq(resize(0x7777, 0, &grown), STATUS_INVALID_PARAMETER);
    pair_end();
}
END_TEST

START_TEST(growth_ends_at_the_ports_pool)
{
    struct alpc_grow_lane_reply grown, refused;
    struct port *listener;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(port_get(pair.a.client->process, pair.listener, &listener), STATUS_SUCCESS);
    grown.lane.lane = pair.connect.lane.lane;
    listener->receiver.max_pool = 3 * LANE_RING_FIRST_BYTES;
    ck_assert_uint_eq(resize(grown.lane.lane, 0, &grown), STATUS_SUCCESS);
    ck_assert_uint_eq(resize(grown.lane.lane, 0, &refused), STATUS_QUOTA_EXCEEDED);
    listener->receiver.max_pool = UINT64_MAX;
    ck_assert_uint_eq(resize(grown.lane.lane, 0, &grown), STATUS_SUCCESS);
    listener->receiver.max_pool = 0;
    ck_assert_uint_eq(resize(grown.lane.lane, 0, &grown), STATUS_SUCCESS);
    port_unref(listener);
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("grants");
    UNIT_TEST(a_message_goes_through_a_granted_lane);
    UNIT_TEST(what_was_sent_before_the_close_is_counted_and_then_the_close_comes);
    UNIT_TEST(a_dead_senders_lane_is_drained_and_given_back);
    UNIT_TEST(connecting_and_closing_again_and_again_uses_nothing_up);
    UNIT_TEST(a_lane_that_was_left_for_a_larger_one_is_given_back);
    UNIT_TEST(a_user_has_a_limit);
    UNIT_TEST(a_lane_grows_and_goes_back_to_the_first_size);
    UNIT_TEST(growth_ends_at_the_ports_pool);
    return UNIT_END();
}
