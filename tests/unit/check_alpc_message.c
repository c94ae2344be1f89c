/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What a port has outstanding, and what it takes over from slots. */

#include "alpc_rig.h"

static const struct port_waiter nobody;

START_TEST(an_id_is_expected_once)
{
    struct rig rig;

    rig_open(&rig, &rig_small, PORT_IS_CLIENT);
    struct rig_sender *s = rig_add_sender(&rig);
    struct port_view *view = &rig.views[0];
    ck_assert(!port_id_is_live(view, 5));
    ck_assert_uint_eq(port_expect(view, s->connection, 5, 1, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(port_expect(view, s->connection, 5, 2, 0), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(port_expect(view, s->connection, 0, 2, 0), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(port_expect(view, 9, 6, 2, 0), STATUS_PORT_DISCONNECTED);
    ck_assert(port_id_is_live(view, 5));
    port_expect_abort(view, 5);
    port_expect_abort(view, 5);
    ck_assert(!port_id_is_live(view, 5));
    ck_assert_uint_eq(port_expect(view, s->connection, 5, 3, 0), STATUS_SUCCESS);
    port_keeper_close(&rig.keeper, s->connection, PORT_CLOSE_SILENT, sys_now_ns());
    ck_assert_uint_eq(port_expect(view, s->connection, 6, 3, 0), STATUS_PORT_DISCONNECTED);
    rig_close(&rig);
}
END_TEST

START_TEST(what_is_lent_is_live_until_it_is_given_back_and_no_message)
{
    struct rig rig;
    struct port_message facts;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    struct port_view *view = &rig.views[0];
    ck_assert_uint_eq(port_lend(view, s->connection, 5, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(port_lend(view, s->connection, 5, 1), STATUS_INVALID_PARAMETER);
    ck_assert(port_id_is_live(view, 5));
    ck_assert_uint_eq(port_find_message(view, 5, &facts), STATUS_NOT_FOUND);
    struct lane_message ack = rig_message(s, LANE_ACK, 0, 5, 0);
    ack.callback_id = 2; /* another one's */
    ck_assert_int_eq(rig_try_send(s, &ack), LANE_OK);
    rig_expect_none(&rig);
    ck_assert(port_id_is_live(view, 5));
    ack.callback_id = 1;
    ck_assert_int_eq(rig_try_send(s, &ack), LANE_OK);
    rig_expect_none(&rig);
    ck_assert(!port_id_is_live(view, 5));
    ck_assert_uint_eq(port_lend(view, s->connection, 6, 1), STATUS_SUCCESS);
    port_lend_end(view, 6);
    port_lend_end(view, 6);
    ck_assert(!port_id_is_live(view, 6));
    rig_close(&rig);
}
END_TEST

/* One place is left for what comes: a message that needs it may stand in front of the answers that
 * give places back. */
START_TEST(more_than_the_table_holds_cannot_be_outstanding)
{
    struct rig rig;
    struct port_message message;
    const uint32_t own = 1000000; /* ids that the sender does not use */

    rig_open(&rig, &rig_small, PORT_IS_CLIENT);
    struct rig_sender *s = rig_add_sender(&rig);
    for (uint32_t i = 1; i <= 63; i++)
        ck_assert_uint_eq(port_expect(&rig.views[0], s->connection, own + i, 1, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(port_expect(&rig.views[0], s->connection, own + 65, 1, 0),
                      STATUS_INSUFFICIENT_RESOURCES);
    ck_assert_uint_eq(port_adopt(&rig.views[0], s->connection, own + 65, 1, 0, &nobody),
                      STATUS_INSUFFICIENT_RESOURCES);
    for (unsigned i = 0; i < 2; i++) {
        uint32_t id = rig_send(s, LANE_DATAGRAM, LANE_RELEASE, PORT_INLINE_MAX_BYTES + 1);
        rig_expect(&rig, &message, id, LPC_DATAGRAM);
    }
    rig_send_about(s, LANE_ACK, 0, own + 7, 0);
    struct lane_message reply = rig_message(s, LANE_ACK, 0, own + 7, 0);
    reply.callback_id = 1;
    ck_assert_int_eq(rig_try_send(s, &reply), LANE_OK);
    rig_expect_none(&rig);
    ck_assert_uint_eq(port_expect(&rig.views[0], s->connection, own + 65, 1, 0), STATUS_SUCCESS);
    rig_close(&rig);
}
END_TEST

START_TEST(a_reply_that_keeps_the_message_alive_is_answered_like_a_request)
{
    struct rig rig;
    struct port_route route;
    struct port_message facts;

    rig_open(&rig, &rig_small, PORT_IS_CLIENT);
    struct rig_sender *s = rig_add_sender(&rig);
    ck_assert_uint_eq(port_adopt(&rig.views[0], s->connection, 5, 77, 0xD, &nobody),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(port_find_message(&rig.views[0], 5, &facts), STATUS_SUCCESS);
    ck_assert_uint_eq(facts.callback_id, 77);
    ck_assert_uint_eq(facts.message_context, 0xD);
    ck_assert_uint_eq(facts.sender_process_id, 5000 + s->sender);
    ck_assert_uint_eq(facts.token_ids[0], 11);
    ck_assert_uint_eq(port_find_message(&rig.views[0], 6, &facts), STATUS_NOT_FOUND);
    rig_reply(&rig, 5, PORT_CONTINUE_RELEASE, &route);
    ck_assert_int_eq(route.kind, PORT_ROUTE_LANE);
    ck_assert_uint_eq(port_find_message(&rig.views[0], 5, &facts), STATUS_NOT_FOUND);
    rig_close(&rig);
}
END_TEST

START_TEST(a_security_context_stays_with_its_message_and_not_with_the_next)
{
    struct rig rig;
    struct port_route route;
    struct port_message facts;

    rig_open(&rig, &rig_small, PORT_IS_CLIENT);
    struct rig_sender *s = rig_add_sender(&rig);
    ck_assert_uint_eq(port_adopt(&rig.views[0], s->connection, 5, 77, 0, &nobody), STATUS_SUCCESS);
    ck_assert_uint_eq(port_find_message(&rig.views[0], 5, &facts), STATUS_SUCCESS);
    ck_assert_uint_eq(facts.security, 0);
    port_note_security(&rig.views[0], 5, true, 1); /* it was not sent from here */
    port_note_security(&rig.views[0], 6, false, 2);
    port_note_security(&rig.views[0], 5, false, UINT64_C(0x1234567890));
    ck_assert_uint_eq(port_find_message(&rig.views[0], 5, &facts), STATUS_SUCCESS);
    ck_assert_uint_eq(facts.security, UINT64_C(0x1234567890));
    ck_assert(!port_security_is_used(&rig.views[0], UINT64_C(0x1234567890)));
    rig_reply(&rig, 5, 0, &route); /* continued: the same message, another turn */
    struct lane_message again = rig_message(s, LANE_CONTINUATION, 0, 5, 0);
    again.callback_id = 77;
    ck_assert_int_eq(rig_try_send(s, &again), LANE_OK);
    struct port_message message;
    rig_expect(&rig, &message, 5, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(port_find_message(&rig.views[0], 5, &facts), STATUS_SUCCESS);
    ck_assert_uint_eq(facts.security, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_context_is_used_while_a_request_carries_it)
{
    struct rig rig;

    rig_open(&rig, &rig_small, PORT_IS_CLIENT);
    struct rig_sender *s = rig_add_sender(&rig);
    ck_assert(!port_security_is_used(&rig.views[0], 9));
    ck_assert_uint_eq(port_expect(&rig.views[0], s->connection, 7, 1, 0), STATUS_SUCCESS);
    port_note_security(&rig.views[0], 7, false, 8); /* it was not received here */
    port_note_security(&rig.views[0], 7, true, 9);
    ck_assert(port_security_is_used(&rig.views[0], 9));
    ck_assert(!port_security_is_used(&rig.views[0], 8));
    port_expect_abort(&rig.views[0], 7);
    ck_assert(!port_security_is_used(&rig.views[0], 9));
    rig_close(&rig);
}
END_TEST

START_TEST(a_callback_is_answered_in_the_slot_in_which_its_sender_waits)
{
    struct rig rig;
    struct port_route route;

    rig_open(&rig, &rig_small, PORT_IS_CLIENT);
    struct rig_sender *s = rig_add_sender(&rig);
    struct port_view *view = &rig.views[0];
    uint32_t slot = (uint32_t)slot_acquire(&s->pool, &s->producer.view);
    struct port_waiter waiter = {.lane = s->lane,
                                 .slot = slot + 1,
                                 .slot_word = slot_arm(&s->pool, &s->producer.view, slot)};
    ck_assert_uint_eq(port_adopt(view, s->connection, 5, 77, 0, &waiter), STATUS_SUCCESS);
    ck_assert_uint_eq(port_continue_begin(view, 5, 77, 0, false, 0, &route), STATUS_SUCCESS);
    ck_assert_int_eq(route.kind, PORT_ROUTE_MAP_LANE);
    rig_map(&rig, view, route.lane, route.lane_generation);
    rig_reply(&rig, 5, PORT_CONTINUE_RELEASE, &route);
    ck_assert_int_eq(route.kind, PORT_ROUTE_SLOT);
    ck_assert_uint_eq(route.slot, slot);
    ck_assert_uint_eq(route.slot_word, waiter.slot_word);
    slot_release(&s->pool, slot);
    rig_close(&rig);
}
END_TEST

START_TEST(a_waiter_that_cannot_be_is_refused)
{
    struct rig rig;

    rig_open(&rig, &rig_small, PORT_IS_CLIENT);
    struct rig_sender *s = rig_add_sender(&rig);
    struct rig_sender *stranger = rig_add_lane(&rig, LANE_RING_FIRST_BYTES, 99, -1);
    const struct port_waiter bad[] = {
        {.lane = 0, .slot = 1},                             /* the daemon's lane */
        {.lane = s->lane, .slot = s->geometry.n_slots + 1}, /* no such slot */
        {.lane = stranger->lane, .slot = 1},                /* another process' lane */
        {.lane = stranger->lane + 1, .slot = 1},            /* none */
        {.lane = 0x00ffffff, .slot = 1},
    };

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        ck_assert_uint_eq(port_adopt(&rig.views[0], s->connection, 5, 77, 0, &bad[i]),
                          STATUS_INVALID_PARAMETER);
    ck_assert(!port_id_is_live(&rig.views[0], 5));
    rig_close(&rig);
}
END_TEST

START_TEST(a_reply_that_did_not_fit_is_received_first)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, PORT_IS_CLIENT);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_datagram(s, 4);
    struct port_message reply = {.message_id = 5,
                                 .callback_id = 6,
                                 .type = LPC_REQUEST | LPC_CONTINUATION,
                                 .connection = s->connection,
                                 .sender_thread_id = 3,
                                 .message_context = 4,
                                 .data_length = 5000,
                                 .attributes_length = 16};
    memcpy(reply.attributes, rig_payload(9, 16), 16);
    reply.data = rig_payload(5, 5000);
    ck_assert_uint_eq(port_adopt_large(&rig.views[0], &reply, &nobody), STATUS_SUCCESS);
    rig_expect(&rig, &message, 5, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(message.data_length, 5000);
    ck_assert_uint_eq(message.message_context, 4);
    ck_assert_mem_eq(message.attributes, rig_payload(9, 16), 16);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    struct port_route route;
    rig_reply(&rig, 5, PORT_CONTINUE_RELEASE, &route);
    reply.data_length = PORT_DATA_MAX_BYTES + 1;
    ck_assert_uint_eq(port_adopt_large(&rig.views[0], &reply, &nobody), STATUS_INVALID_PARAMETER);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("alpc_message");
    UNIT_TEST(an_id_is_expected_once);
    UNIT_TEST(what_is_lent_is_live_until_it_is_given_back_and_no_message);
    UNIT_TEST(more_than_the_table_holds_cannot_be_outstanding);
    UNIT_TEST(a_reply_that_keeps_the_message_alive_is_answered_like_a_request);
    UNIT_TEST(a_security_context_stays_with_its_message_and_not_with_the_next);
    UNIT_TEST(a_context_is_used_while_a_request_carries_it);
    UNIT_TEST(a_callback_is_answered_in_the_slot_in_which_its_sender_waits);
    UNIT_TEST(a_waiter_that_cannot_be_is_refused);
    UNIT_TEST(a_reply_that_did_not_fit_is_received_first);
    return UNIT_END();
}
