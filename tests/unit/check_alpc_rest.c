/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A lane between two connections. */
#include "config.h"

#include "alpc/rest.h"

#include "alpc/grants.h"
#include "server_ports.h"

static void pair_close(void)
{
    struct handle_close_reply closed;
    struct port_message message;

    ck_assert_uint_eq(CALL(&pair.b, handle_close, &closed, .handle = pair.b_port), STATUS_SUCCESS);
    do
        ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message),
                         PORT_RECEIVED);
    while ((message.type & 0xff) != 5);
    ck_assert_uint_eq(CALL(&pair.a, handle_close, &closed, .handle = pair.a_port), STATUS_SUCCESS);
}

/* Connected, and a message has gone through the lane. */
static void pair_use(struct lane_producer *producer)
{
    struct port_message message;

    pair_start();
    pair_connect();
    pair_producer(producer);
    holder_bells(&pair.holder, &pair.a, pair.listener);
    pair_datagram(producer, 1);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
}

/* As if the time of all that rest were over. */
static void rests_let_expire(void)
{
    void (*expired)(struct timer * timer) = pair.server->rest_timer.expired;
    uint64_t time_ns = pair.server->rest_ns;

    ck_assert_ptr_nonnull(pair.server->rest_timer.loop);
    pair.server->rest_ns = 0;
    timer_disarm(&pair.server->rest_timer);
    expired(&pair.server->rest_timer);
    pair.server->rest_ns = time_ns;
}

START_TEST(the_next_connection_has_the_same_lane_and_its_messages_come)
{
    struct lane_producer producer;
    struct port_message message;

    pair_use(&producer);
    struct lane_grant before = pair.connect.lane;
    pair_close();
    ck_assert_uint_eq(pair.server->n_lanes, 0);
    pair_connect();
    ck_assert_uint_eq(pair.server->n_lanes, 1);
    ck_assert_mem_eq(&pair.connect.lane, &before, sizeof(before));
    ck_assert_uint_eq(pair.connect.comes & CONNECT_LANE_COMES, 0);
    pair_datagram(&producer, 2);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type, 3);
    ck_assert_uint_eq(message.message_id, before.first_id + 2);
    ck_assert_uint_eq(message.connection_generation, pair.connect.connection_generation);
    pair_producer_end(&producer);
    pair_end();
}
END_TEST

START_TEST(what_was_sent_on_a_closed_connection_does_not_come_in_the_next)
{
    struct lane_producer producer;
    struct port_message message;

    pair_use(&producer);
    struct alpc_connect_reply old = pair.connect;
    pair_close();
    uint32_t number = 7;
    struct lane_message late = {.message_id = old.lane.first_id + 7,
                                .connection = old.connection,
                                .connection_generation = old.connection_generation,
                                .kind = LANE_DATAGRAM,
                                .flags = LANE_RELEASE,
                                .data_size = 4};
    ck_assert_int_eq(producer_send(&producer, &late, NULL, &number), LANE_OK);
    (void)producer_ring(&producer);
    pair_connect();
    pair_datagram(&producer, 8);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, old.lane.first_id + 8);
    pair_producer_end(&producer);
    pair_end();
}
END_TEST

START_TEST(a_lane_that_rests_too_long_ends)
{
    struct lane_producer producer;
    struct port_message message;

    pair_use(&producer);
    uint64_t sender_id = pair.connect.lane.sender_id;
    pair_close();
    ck_assert(!list_is_empty(&pair.server->rests));
    rests_let_expire();
    ck_assert(list_is_empty(&pair.server->rests));
    ck_assert_ptr_null(pair.server->rest_timer.loop);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_EMPTY);
    pair_connect();
    ck_assert_uint_ne(pair.connect.lane.sender_id, sender_id);
    ck_assert_uint_ne(pair.connect.comes & CONNECT_LANE_COMES, 0);
    ck_assert_uint_eq(pair.server->n_lanes, 1);
    pair_producer_end(&producer);
    pair_end();
}
END_TEST

START_TEST(who_broke_a_lane_gets_another)
{
    struct lane_producer producer;
    struct alpc_lane_broken_reply reply;
    struct port_message message;

    pair_use(&producer);
    struct lane_grant before = pair.connect.lane;
    ck_assert_uint_eq(CALL(&pair.a, alpc_lane_broken, &reply, .port = pair.listener,
                           .lane = before.lane, .generation = before.generation),
                      STATUS_PENDING);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type, 5);
    pair_connect();
    ck_assert_uint_ne(pair.connect.lane.sender_id, before.sender_id);
    /* Also while it rests. */
    pair_close();
    pair_connect();
    before = pair.connect.lane;
    pair_close();
    ck_assert_uint_eq(pair.server->n_lanes, 0);
    ck_assert_uint_ne(pair.server->n_rests, 0);
    ck_assert_uint_eq(CALL(&pair.a, alpc_lane_broken, &reply, .port = pair.listener,
                           .lane = before.lane, .generation = before.generation),
                      STATUS_PENDING);
    pair_connect();
    ck_assert_uint_ne(pair.connect.lane.sender_id, before.sender_id);
    pair_producer_end(&producer);
    pair_end();
}
END_TEST

START_TEST(an_unused_lane_rests_for_who_comes_again)
{
    pair_start();
    holder_bells(&pair.holder, &pair.a, pair.listener);
    pair_connect();
    uint64_t first = pair.connect.lane.sender_id;
    pair_close();
    pair_connect();
    uint64_t second = pair.connect.lane.sender_id;
    ck_assert_uint_ne(second, first);
    pair_close();
    pair_connect();
    ck_assert_uint_eq(pair.connect.lane.sender_id, second);
    pair_end();
}
END_TEST

START_TEST(nothing_rests_of_a_user_who_is_near_a_limit)
{
    struct lane_producer producer;
    struct user *user;

    pair_use(&producer);
    user = pair.b.client->user;
    user->users->limit[USER_FDS] = 2 * user->held[USER_FDS] - 1;
    pair_close();
    ck_assert(list_is_empty(&pair.server->rests));
    pair_producer_end(&producer);
    pair_end();
}
END_TEST

/* The longest at rest goes. */
START_TEST(only_so_many_rest)
{
    struct handle_close_reply closed;

    pair_start();
    holder_bells(&pair.holder, &pair.a, pair.listener);
    for (int i = 0; i < 40; i++) {
        pair_connect();
        pair_close();
        ck_assert_uint_le(pair.server->n_rests, 16);
    }
    ck_assert_uint_eq(pair.server->n_rests, 16);
    ck_assert_uint_eq(CALL(&pair.a, handle_close, &closed, .handle = pair.listener),
                      STATUS_SUCCESS);
    pair_end();
    ck_assert_uint_eq(pair.server->n_rests, 0);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("rest");
    UNIT_TEST(the_next_connection_has_the_same_lane_and_its_messages_come);
    UNIT_TEST(what_was_sent_on_a_closed_connection_does_not_come_in_the_next);
    UNIT_TEST(a_lane_that_rests_too_long_ends);
    UNIT_TEST(who_broke_a_lane_gets_another);
    UNIT_TEST(an_unused_lane_rests_for_who_comes_again);
    UNIT_TEST(nothing_rests_of_a_user_who_is_near_a_limit);
    UNIT_TEST(only_so_many_rest);
    return UNIT_END();
}
