/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Connection requests: received, accepted, refused, given up. */

#include "alpc_rig.h"

#define ID 77u

/* A connection that waits for acceptance, its request in lane 0. */
static void post_request(struct rig *rig, uint32_t *ret_connection, uint32_t *ret_generation)
{
    struct port_connect connect = {.process_id = 5001, .thread_id = 6001, .sender = 1};

    ck_assert_uint_eq(port_keeper_connect(&rig->keeper, &connect, ret_connection, ret_generation),
                      STATUS_SUCCESS);
    struct lane_message message = {.kind = LANE_CONNECT_REQUEST,
                                   .message_id = ID,
                                   .callback_id = 3,
                                   .connection = *ret_connection,
                                   .connection_generation = *ret_generation,
                                   .sender_tid = 6001,
                                   .data_size = 900};
    ck_assert_int_eq(port_keeper_post(&rig->keeper, &message, NULL, rig_payload(ID, 900)), LANE_OK);
}

START_TEST(a_request_is_accepted_once)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;
    struct port_connection_facts facts;
    uint32_t connection, generation, c, g;

    rig_open(&rig, &rig_small, 0);
    struct port_view *view = &rig.views[0];
    post_request(&rig, &connection, &generation);
    ck_assert_uint_eq(port_accept_begin(view, ID, 9, &c, &g), STATUS_REPLY_MESSAGE_MISMATCH);
    rig_expect(&rig, &message, ID, LPC_CONNECTION_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(message.data_length, 900);
    ck_assert_uint_eq(message.sender_process_id, 5001);
    ck_assert(!(message.flags & PORT_MESSAGE_HAS_CONTEXT));
    ck_assert_uint_eq(port_sequence(view), 1);
    /* Not an ordinary message. */
    ck_assert_uint_eq(port_continue_begin(view, ID, 0, 0, false, 0, &route),
                      STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(port_cancel_begin(view, &(struct port_cancel){.message_id = ID}, &route),
                      STATUS_MESSAGE_NOT_FOUND);
    ck_assert_uint_eq(port_accept_begin(view, ID, 0x99, &c, &g), STATUS_SUCCESS);
    ck_assert_uint_eq(c, connection);
    ck_assert_uint_eq(g, generation);
    ck_assert_uint_eq(port_accept_begin(view, ID, 9, &c, &g), STATUS_REPLY_MESSAGE_MISMATCH);
    port_accept_end(view, ID, false);
    ck_assert_uint_eq(port_accept_begin(view, ID, 0x99, &c, &g), STATUS_SUCCESS);
    port_keeper_open(&rig.keeper, connection);
    port_accept_end(view, ID, true);
    ck_assert_uint_eq(port_accept_begin(view, ID, 9, &c, &g), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert(port_connection_read(view, connection, &facts));
    ck_assert_uint_eq(facts.port_context, 0x99);
    ck_assert_uint_eq(facts.state, PORT_CONNECTION_OPEN);
    port_set_context(view, connection, generation, 0x100);
    port_set_context(view, connection, generation + 2, 0x101);
    ck_assert(port_connection_read(view, connection, &facts));
    ck_assert_uint_eq(facts.port_context, 0x100);
    ck_assert(!port_connection_read(view, 5, &facts));
    ck_assert(!port_connection_read(view, 1u << 20, &facts));
    rig_close(&rig);
}
END_TEST

START_TEST(the_first_message_has_the_port_context)
{
    struct rig rig;
    struct port_message message;
    uint32_t connection, generation, c, g;

    rig_open(&rig, &rig_small, 0);
    post_request(&rig, &connection, &generation);
    rig_expect(&rig, &message, ID, LPC_CONNECTION_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(port_accept_begin(&rig.views[0], ID, 0x99, &c, &g), STATUS_SUCCESS);
    port_keeper_open(&rig.keeper, connection);
    struct rig_sender *s = rig_add_lane(&rig, LANE_RING_FIRST_BYTES, 1, -1);
    s->connection = connection;
    s->connection_generation = generation;
    uint32_t id = rig_datagram(s, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_uint_eq(message.port_context, 0x99);
    port_accept_end(&rig.views[0], ID, true);
    rig_close(&rig);
}
END_TEST

START_TEST(a_request_given_up_unseen_leaves_nothing)
{
    struct rig rig;
    uint32_t connection, generation;

    rig_open(&rig, &rig_small, 0);
    post_request(&rig, &connection, &generation);
    port_keeper_close(&rig.keeper, connection, PORT_CLOSE_SILENT, sys_now_ns());
    rig_expect_none(&rig);
    ck_assert(port_keeper_close_is_done(&rig.keeper, connection));
    rig_close(&rig);
}
END_TEST

START_TEST(a_received_request_given_up_is_canceled)
{
    struct rig rig;
    struct port_message message;
    uint32_t connection, generation, c, g;

    rig_open(&rig, &rig_small, 0);
    post_request(&rig, &connection, &generation);
    rig_expect(&rig, &message, ID, LPC_CONNECTION_REQUEST | LPC_CONTINUATION);
    port_keeper_close(&rig.keeper, connection, PORT_CLOSE_SILENT, sys_now_ns());
    ck_assert_uint_eq(port_accept_begin(&rig.views[0], ID, 9, &c, &g),
                      STATUS_REPLY_MESSAGE_MISMATCH);
    rig_expect(&rig, &message, ID, LPC_CANCELED);
    rig_expect_none(&rig);
    ck_assert(port_keeper_close_is_done(&rig.keeper, connection));
    rig_close(&rig);
}
END_TEST

START_TEST(a_request_given_up_while_it_is_answered_ends_with_the_answer)
{
    struct rig rig;
    struct port_message message;
    uint32_t connection, generation, c, g;

    rig_open(&rig, &rig_small, 0);
    post_request(&rig, &connection, &generation);
    rig_expect(&rig, &message, ID, LPC_CONNECTION_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(port_accept_begin(&rig.views[0], ID, 9, &c, &g), STATUS_SUCCESS);
    port_keeper_close(&rig.keeper, connection, 0, sys_now_ns());
    rig_expect(&rig, &message, 0, LPC_PORT_CLOSED);
    port_accept_end(&rig.views[0], ID, false);
    rig_expect(&rig, &message, ID, LPC_CANCELED);
    rig_expect_none(&rig);
    ck_assert_uint_eq(rig.views[0].at.memory->counters.n_pending, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_full_lane_0_takes_the_rest_later)
{
    struct rig rig;
    struct port_message message;
    struct lane_message request = {
        .kind = LANE_CONNECT_REQUEST, .callback_id = 3, .data_size = 60000};
    struct port_connect connect = {.process_id = 5001, .sender = 1};
    unsigned n = 0;

    rig_open(&rig, &rig_small, 0);
    ck_assert_uint_eq(port_keeper_connect(&rig.keeper, &connect, &request.connection,
                                          &request.connection_generation),
                      STATUS_SUCCESS);
    for (;; n++) {
        request.message_id = n + 1;
        enum lane_result result =
            port_keeper_post(&rig.keeper, &request, NULL, rig_payload(n + 1, 60000));
        if (result == LANE_FULL)
            break;
        ck_assert_int_eq(result, LANE_OK);
    }
    ck_assert_uint_ge(n, 2);
    rig_expect(&rig, &message, 1, LPC_CONNECTION_REQUEST | LPC_CONTINUATION);
    rig_expect(&rig, &message, 2, LPC_CONNECTION_REQUEST | LPC_CONTINUATION);
    ck_assert_int_eq(port_keeper_post(&rig.keeper, &request, NULL, rig_payload(n + 1, 60000)),
                     LANE_OK);
    for (unsigned i = 3; i <= n + 1; i++)
        rig_expect(&rig, &message, i, LPC_CONNECTION_REQUEST | LPC_CONTINUATION);
    rig_expect_none(&rig);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("alpc_connection");
    UNIT_TEST(a_request_is_accepted_once);
    UNIT_TEST(the_first_message_has_the_port_context);
    UNIT_TEST(a_request_given_up_unseen_leaves_nothing);
    UNIT_TEST(a_received_request_given_up_is_canceled);
    UNIT_TEST(a_request_given_up_while_it_is_answered_ends_with_the_answer);
    UNIT_TEST(a_full_lane_0_takes_the_rest_later);
    return UNIT_END();
}
