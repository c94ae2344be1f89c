/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* A connection's end: reference 4.9. */

#include "alpc_rig.h"

static void close_now(struct rig *rig, struct rig_sender *s)
{
    port_keeper_close(&rig->keeper, s->connection, 0, sys_now_ns());
}

START_TEST(unreceived_messages_become_canceled_then_the_port_is_closed)
{
    struct rig rig;
    struct port_message message;
    uint32_t slot, word;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t first = rig_datagram(s, 100);
    rig_send(s, LANE_REQUEST, 0, 2000);
    rig_request_sync(s, 4, &slot, &word);
    close_now(&rig, s);
    for (unsigned i = 0; i < 3; i++) {
        rig_expect(&rig, &message, first + i, LPC_CANCELED);
        ck_assert_uint_eq(message.data_length, 0);
    }
    rig_expect(&rig, &message, 0, LPC_PORT_CLOSED);
    ck_assert_uint_eq(message.data_length, 8);
    uint64_t create_time;
    memcpy(&create_time, message.data, 8);
    ck_assert_uint_eq(create_time, 0x1122334455667788);
    ck_assert_uint_eq(message.sender_process_id, 5000 + s->sender);
    ck_assert_uint_eq(message.sender_thread_id, 6000 + s->sender);
    ck_assert(message.flags & PORT_MESSAGE_HAS_CONTEXT);
    rig_expect_none(&rig);
    ck_assert(port_keeper_close_is_done(&rig.keeper, s->connection));
    rig_close(&rig);
}
END_TEST

START_TEST(a_close_waits_for_a_buffer_with_room_for_its_data)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args args = {.capacity = 7};

    rig_open(&rig, &rig_small, 0);
    close_now(&rig, rig_add_sender(&rig));
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_TOO_SMALL);
        ck_assert_uint_eq(message.data_length, 8);
    }
    args.capacity = 8;
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type, LPC_PORT_CLOSED);
    rig_close(&rig);
}
END_TEST

START_TEST(a_close_without_flush_cancels_nothing)
{
    struct rig rig;
    struct port_message message;
    uint32_t slot, word;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t held = rig_send(s, LANE_REQUEST, 0, 4);
    rig_expect(&rig, &message, held, LPC_REQUEST | LPC_CONTINUATION);
    uint32_t datagram = rig_datagram(s, 100);
    uint32_t large = rig_send(s, LANE_REQUEST, 0, 2000);
    uint32_t sync = rig_request_sync(s, 4, &slot, &word);
    port_keeper_close(&rig.keeper, s->connection, PORT_CLOSE_NO_FLUSH, sys_now_ns());
    rig_expect(&rig, &message, datagram, LPC_DATAGRAM);
    ck_assert_uint_eq(message.data_length, 100);
    rig_expect(&rig, &message, large, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(message.data_length, 2000);
    port_receive_end(&rig.views[0], &message, true);
    rig_expect(&rig, &message, sync, LPC_CANCELED); /* its sender waits no more */
    rig_expect(&rig, &message, 0, LPC_PORT_CLOSED);
    rig_expect_none(&rig);
    ck_assert(!port_id_is_live(&rig.views[0], held));
    ck_assert(!port_id_is_live(&rig.views[0], large));
    ck_assert(port_keeper_close_is_done(&rig.keeper, s->connection));
    rig_close(&rig);
}
END_TEST

START_TEST(a_message_being_copied_when_its_connection_closes_without_flush_ends_silently)
{
    struct rig rig;
    struct port_message message, closed;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t large = rig_send(s, LANE_REQUEST, 0, 2000);
    rig_expect(&rig, &message, large, LPC_REQUEST | LPC_CONTINUATION);
    port_keeper_close(&rig.keeper, s->connection, PORT_CLOSE_NO_FLUSH, sys_now_ns());
    rig_expect(&rig, &closed, 0, LPC_PORT_CLOSED);
    port_receive_end(&rig.views[0], &message, true);
    rig_expect_none(&rig);
    ck_assert(!port_id_is_live(&rig.views[0], large));
    rig_close(&rig);
}
END_TEST

START_TEST(messages_answered_without_release_become_canceled)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;
    uint32_t ids[3];

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    for (unsigned i = 0; i < 3; i++) {
        ids[i] = rig_send(s, LANE_REQUEST, 0, 4);
        rig_expect(&rig, &message, ids[i], LPC_REQUEST | LPC_CONTINUATION);
        rig_reply(&rig, ids[i], 0, &route);
    }
    close_now(&rig, s);
    for (unsigned i = 0; i < 3; i++)
        rig_expect(&rig, &message, ids[i], LPC_CANCELED);
    rig_expect(&rig, &message, 0, LPC_PORT_CLOSED);
    ck_assert_uint_eq(rig.views[0].at.memory->counters.n_sent, 0);
    rig_expect_none(&rig);
    rig_close(&rig);
}
END_TEST

START_TEST(the_close_comes_after_what_caused_it)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *b = rig_add_sender(&rig);
    uint32_t held = rig_send(a, LANE_REQUEST, 0, 4);
    rig_expect(&rig, &message, held, LPC_REQUEST | LPC_CONTINUATION);
    uint32_t before = rig_datagram(b, 4);
    close_now(&rig, a);
    uint32_t after = rig_datagram(b, 4);
    rig_expect(&rig, &message, before, LPC_DATAGRAM);
    rig_expect(&rig, &message, held, LPC_CANCELED);
    rig_expect(&rig, &message, 0, LPC_PORT_CLOSED);
    rig_expect(&rig, &message, after, LPC_DATAGRAM);
    rig_close(&rig);
}
END_TEST

START_TEST(a_reply_that_waited_in_the_lane_is_one_canceled_message)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    ck_assert_uint_eq(port_expect(&rig.views[0], s->connection, 900, 900 + 1000000, 0),
                      STATUS_SUCCESS);
    rig_send_about(s, LANE_CONTINUATION, LANE_RELEASE, 900, 5);
    close_now(&rig, s);
    rig_expect(&rig, &message, 900, LPC_CANCELED);
    rig_expect(&rig, &message, 0, LPC_PORT_CLOSED);
    rig_expect_none(&rig);
    rig_close(&rig);
}
END_TEST

START_TEST(a_message_waiting_for_a_larger_buffer_is_canceled_too)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args args = {.capacity = 3};

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 900);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_TOO_SMALL);
    close_now(&rig, s);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, id);
    ck_assert_uint_eq(message.type, LPC_CANCELED);
    rig_expect(&rig, &message, 0, LPC_PORT_CLOSED);
    rig_close(&rig);
}
END_TEST

START_TEST(a_message_being_copied_is_canceled_when_the_copy_is_made)
{
    struct rig rig;
    struct port_message big, message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 900);
    ck_assert_int_eq(rig_receive(&rig, &big), PORT_RECEIVED);
    close_now(&rig, s);
    rig_expect(&rig, &message, 0, LPC_PORT_CLOSED);
    ck_assert_mem_eq(big.data, rig_payload(id, 900), 900);
    port_receive_end(&rig.views[0], &big, true);
    rig_expect(&rig, &message, id, LPC_CANCELED);
    rig_expect_none(&rig);
    rig_close(&rig);
}
END_TEST

START_TEST(an_answer_under_way_ends_its_message)
{
    struct rig rig;
    struct port_message message;
    struct port_route final, open;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t a = rig_send(s, LANE_REQUEST, 0, 9), b = rig_send(s, LANE_REQUEST, 0, 9);
    rig_expect(&rig, &message, a, LPC_REQUEST | LPC_CONTINUATION);
    rig_expect(&rig, &message, b, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(
        port_continue_begin(&rig.views[0], a, 0, PORT_CONTINUE_RELEASE, false, 0, &final),
        STATUS_SUCCESS);
    ck_assert_uint_eq(port_continue_begin(&rig.views[0], b, 0, 0, false, 0, &open), STATUS_SUCCESS);
    close_now(&rig, s);
    rig_expect(&rig, &message, 0, LPC_PORT_CLOSED);
    port_route_end(&rig.views[0], &final);
    rig_expect_none(&rig);
    port_route_end(&rig.views[0], &open);
    rig_expect(&rig, &message, b, LPC_CANCELED);
    rig_expect_none(&rig);
    ck_assert_uint_eq(rig.views[0].at.memory->counters.n_pending, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(ids_of_a_closed_connection_may_be_used_again)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 4);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    uint32_t old = s->connection;
    close_now(&rig, s);
    rig_connect(&rig, s);
    ck_assert_uint_ne(s->connection, old);
    s->next_id = id;
    rig_send(s, LANE_REQUEST, 0, 4);
    rig_expect(&rig, &message, id, LPC_CANCELED);
    rig_expect(&rig, &message, 0, LPC_PORT_CLOSED);
    ck_assert_uint_eq(message.connection, old);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(message.connection, s->connection);
    ck_assert_uint_eq(rig.n_broken, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_place_is_reused_only_after_its_close_was_received)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_lane(&rig, LANE_RING_FIRST_BYTES, 1, -1);
    for (unsigned i = 0; i < 100; i++) {
        rig_connect(&rig, s);
        uint32_t id = rig_datagram(s, 4);
        rig_expect(&rig, &message, id, LPC_DATAGRAM);
        ck_assert_uint_eq(message.sequence, 1);
        port_keeper_close(&rig.keeper, s->connection, 0, sys_now_ns());
        port_keeper_close(&rig.keeper, s->connection, 0,
                          sys_now_ns()); /* a second one is nothing */
        ck_assert(!port_keeper_close_is_done(&rig.keeper, s->connection));
        rig_expect(&rig, &message, 0, LPC_PORT_CLOSED);
        ck_assert(port_keeper_close_is_done(&rig.keeper, s->connection));
        port_keeper_free_connection(&rig.keeper, s->connection);
    }
    rig_expect_none(&rig);
    ck_assert_uint_eq(rig.keeper.n_connections, 0);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("close");
    UNIT_TEST(unreceived_messages_become_canceled_then_the_port_is_closed);
    UNIT_TEST(a_close_waits_for_a_buffer_with_room_for_its_data);
    UNIT_TEST(a_close_without_flush_cancels_nothing);
    UNIT_TEST(a_message_being_copied_when_its_connection_closes_without_flush_ends_silently);
    UNIT_TEST(messages_answered_without_release_become_canceled);
    UNIT_TEST(the_close_comes_after_what_caused_it);
    UNIT_TEST(a_reply_that_waited_in_the_lane_is_one_canceled_message);
    UNIT_TEST(a_message_waiting_for_a_larger_buffer_is_canceled_too);
    UNIT_TEST(a_message_being_copied_is_canceled_when_the_copy_is_made);
    UNIT_TEST(an_answer_under_way_ends_its_message);
    UNIT_TEST(ids_of_a_closed_connection_may_be_used_again);
    UNIT_TEST(a_place_is_reused_only_after_its_close_was_received);
    return UNIT_END();
}
