/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Receivers that take connection requests only, or all but them. */

#include "alpc_rig.h"

#define ID 77u

static void post_request(struct rig *rig, uint32_t id)
{
    struct port_connect connect = {.process_id = 5001, .thread_id = 6001, .sender = 1};
    uint32_t connection, generation;

    ck_assert_uint_eq(port_keeper_connect(&rig->keeper, &connect, &connection, &generation),
                      STATUS_SUCCESS);
    struct lane_message message = {.kind = LANE_CONNECT_REQUEST,
                                   .message_id = id,
                                   .callback_id = 3,
                                   .connection = connection,
                                   .connection_generation = generation,
                                   .sender_tid = 6001,
                                   .data_size = 900};
    ck_assert_int_eq(port_keeper_post(&rig->keeper, &message, NULL, rig_payload(id, 900)), LANE_OK);
}

static enum port_result receive_only(struct rig *rig, enum port_only only,
                                     struct port_message *message, uint32_t *ret_packets)
{
    struct port_receive_args args = {.capacity = PORT_DATA_MAX_BYTES, .only = only};
    enum port_result result = rig_receive_args(rig, &rig->views[0], &args, message);

    if (ret_packets)
        *ret_packets = args.n_packets;
    if (result == PORT_RECEIVED)
        port_receive_end(&rig->views[0], message, true);
    return result;
}

START_TEST(others_pass_a_connection_request_which_stays_first)
{
    struct rig rig;
    struct port_message message;
    uint32_t packets, ids[3];

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    port_set_completion(&rig.views[0], true);
    post_request(&rig, ID);
    for (unsigned i = 0; i < 3; i++)
        ids[i] = rig_datagram(s, 300 * i);
    ck_assert_int_eq(receive_only(&rig, PORT_ONLY_OTHERS, &message, &packets), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, ids[0]);
    ck_assert_uint_eq(packets, 1); /* the request's, which no harvest will announce */
    ck_assert_int_eq(receive_only(&rig, PORT_ONLY_OTHERS, &message, &packets), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, ids[1]);
    ck_assert_uint_eq(packets, 0);
    rig_expect(&rig, &message, ID, LPC_CONNECTION_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(message.data_length, 900);
    ck_assert(!(message.flags & PORT_MESSAGE_PACKET));
    rig_expect(&rig, &message, ids[2], LPC_DATAGRAM);
    rig_expect_none(&rig);
    rig_close(&rig);
}
END_TEST

START_TEST(connection_requests_pass_others_which_keep_their_order)
{
    struct rig rig;
    struct port_message message;
    uint32_t ids[4];

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    for (unsigned i = 0; i < 3; i++)
        ids[i] = rig_datagram(s, 200 * i);
    post_request(&rig, ID);
    ck_assert_int_eq(receive_only(&rig, PORT_ONLY_CONNECTS, &message, NULL), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, ID);
    ck_assert_int_eq(receive_only(&rig, PORT_ONLY_CONNECTS, &message, NULL), PORT_EMPTY);
    ids[3] = rig_datagram(s, 5);
    for (unsigned i = 0; i < 4; i++)
        rig_expect(&rig, &message, ids[i], LPC_DATAGRAM);
    ck_assert_int_eq(receive_only(&rig, PORT_ONLY_OTHERS, &message, NULL), PORT_EMPTY);
    rig_close(&rig);
}
END_TEST

START_TEST(a_message_that_is_too_large_stays_for_who_takes_it)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args small = {.capacity = 10, .only = PORT_ONLY_OTHERS};

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_datagram(s, 3000);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &small, &message), PORT_TOO_SMALL);
    ck_assert_uint_eq(message.data_length, 3000);
    post_request(&rig, ID);
    ck_assert_int_eq(receive_only(&rig, PORT_ONLY_CONNECTS, &message, NULL), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, ID);
    ck_assert_int_eq(receive_only(&rig, PORT_ONLY_OTHERS, &message, NULL), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, id);
    rig_close(&rig);
}
END_TEST

START_TEST(a_close_comes_with_the_others)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    port_keeper_close(&rig.keeper, s->connection, 0, sys_now_ns());
    ck_assert_int_eq(receive_only(&rig, PORT_ONLY_CONNECTS, &message, NULL), PORT_EMPTY);
    ck_assert_int_eq(receive_only(&rig, PORT_ONLY_OTHERS, &message, NULL), PORT_RECEIVED);
    ck_assert_uint_eq(message.type, LPC_PORT_CLOSED);
    ck_assert_int_eq(receive_only(&rig, PORT_ONLY_OTHERS, &message, NULL), PORT_EMPTY);
    rig_close(&rig);
}
END_TEST

START_TEST(a_request_that_is_set_aside_signals_a_waitable_port_once)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, PORT_IS_WAITABLE);
    post_request(&rig, ID);
    ck_assert_int_eq(receive_only(&rig, PORT_ONLY_OTHERS, &message, NULL), PORT_EMPTY);
    ck_assert_int_eq(receive_only(&rig, PORT_ONLY_OTHERS, &message, NULL), PORT_EMPTY);
    ck_assert_uint_eq(port_signals(&rig.views[0]), 1);
    rig_expect(&rig, &message, ID, LPC_CONNECTION_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(port_signals(&rig.views[0]), 1);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("aside");
    UNIT_TEST(others_pass_a_connection_request_which_stays_first);
    UNIT_TEST(connection_requests_pass_others_which_keep_their_order);
    UNIT_TEST(a_message_that_is_too_large_stays_for_who_takes_it);
    UNIT_TEST(a_close_comes_with_the_others);
    UNIT_TEST(a_request_that_is_set_aside_signals_a_waitable_port_once);
    return UNIT_END();
}
