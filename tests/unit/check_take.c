/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What records mean: leases, ids, connections, senders, quarantine, acknowledgements. */

#include "alpc_rig.h"

/* Sends the record and expects that it breaks the lane. */
static void expect_break(struct rig *rig, struct rig_sender *s, const struct lane_message *message)
{
    unsigned n = rig->n_broken;

    ck_assert_int_eq(rig_try_send(s, message), LANE_OK);
    rig_expect_none(rig);
    ck_assert_uint_eq(rig->n_broken, n + 1);
    ck_assert_int_eq(rig->broken_reason, LANE_BREAK_PROTOCOL);
}

START_TEST(an_id_outside_the_lease_breaks_the_lane)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *b = rig_add_sender(&rig);
    struct lane_message message = rig_message(a, LANE_REQUEST, 0, b->first_id, 4);
    expect_break(&rig, a, &message);
    message = rig_message(b, LANE_DATAGRAM, LANE_RELEASE, b->first_id + RIG_IDS, 4);
    expect_break(&rig, b, &message);
    rig_close(&rig);
}
END_TEST

START_TEST(an_id_in_use_breaks_the_lane)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 4);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    struct lane_message again = rig_message(s, LANE_REQUEST, 0, id, 4);
    expect_break(&rig, s, &again);
    rig_close(&rig);
}
END_TEST

START_TEST(another_senders_connection_breaks_the_lane)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *b = rig_add_sender(&rig);
    struct lane_message message = rig_message(a, LANE_DATAGRAM, LANE_RELEASE, a->first_id, 4);
    message.connection = b->connection;
    message.connection_generation = b->connection_generation;
    expect_break(&rig, a, &message);
    rig_close(&rig);
}
END_TEST

START_TEST(a_second_process_may_send_on_a_connection_it_was_given)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig),
                      *b = rig_add_lane(&rig, LANE_RING_FIRST_BYTES, 2, -1);
    b->connection = a->connection;
    b->connection_generation = a->connection_generation;
    ck_assert_uint_eq(port_keeper_add_sender(&rig.keeper, a->connection, b->sender),
                      STATUS_SUCCESS);
    uint32_t id = rig_datagram(b, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_uint_eq(message.sender_process_id, 5000 + b->sender);
    rig_close(&rig);
}
END_TEST

START_TEST(records_of_an_earlier_connection_go_nowhere)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    struct lane_message stale = rig_message(s, LANE_REQUEST, 0, s->next_id++, 4);
    stale.connection_generation += 2;
    ck_assert_int_eq(rig_try_send(s, &stale), LANE_OK);
    stale.connection = 12;
    ck_assert_int_eq(rig_try_send(s, &stale), LANE_OK);
    stale.connection = 1u << 30;
    ck_assert_int_eq(rig_try_send(s, &stale), LANE_OK);
    uint32_t id = rig_datagram(s, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_uint_eq(rig.n_broken, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(the_daemons_kinds_in_a_lane_break_it)
{
    static const uint16_t kinds[] = {LANE_CONNECT_REQUEST, LANE_CONNECT_REPLY, LANE_CLIENT_DIED};
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct rig_sender *s = rig_add_sender(&rig);
        struct lane_message message = rig_message(s, kinds[i], 0, s->first_id, 4);
        expect_break(&rig, s, &message);
    }
    rig_close(&rig);
}
END_TEST

START_TEST(a_reply_to_nothing_outstanding_breaks_the_lane)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *b = rig_add_sender(&rig),
                      *c = rig_add_sender(&rig);
    struct lane_message reply = rig_message(a, LANE_CONTINUATION, LANE_RELEASE, 99999, 4);
    expect_break(&rig, a, &reply);
    /* To what is held here, not sent from here. */
    uint32_t id = rig_send(b, LANE_REQUEST, 0, 4);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    reply = rig_message(b, LANE_CONTINUATION, LANE_RELEASE, id, 4);
    expect_break(&rig, b, &reply);
    /* With another exchange's CallbackId. */
    ck_assert_uint_eq(port_expect(&rig.views[0], c->connection, 88888, 5, 0), STATUS_SUCCESS);
    reply = rig_message(c, LANE_CONTINUATION, LANE_RELEASE, 88888, 4);
    expect_break(&rig, c, &reply);
    rig_close(&rig);
}
END_TEST

START_TEST(a_reply_to_what_was_sent_from_here_carries_our_context)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = 88888;
    ck_assert_uint_eq(port_expect(&rig.views[0], s->connection, id, id + 1000000, 0xC0FFEE),
                      STATUS_SUCCESS);
    rig_send_about(s, LANE_CONTINUATION, 0, id, 700);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(message.message_context, 0xC0FFEE);
    ck_assert_uint_eq(message.data_length, 700);
    struct port_route route;
    rig_reply(&rig, id, 0, &route);
    rig_send_about(s, LANE_CONTINUATION, LANE_RELEASE, id, 10);
    rig_expect(&rig, &message, id, LPC_REPLY);
    ck_assert_uint_eq(message.message_context, 0xC0FFEE);
    ck_assert(!port_id_is_live(&rig.views[0], id));
    rig_close(&rig);
}
END_TEST

START_TEST(a_datagram_with_attachments_waits_for_a_continuation)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    struct lane_message datagram = rig_message(s, LANE_DATAGRAM, 0, s->next_id++, 4);
    datagram.attr_size = 32;
    ck_assert_int_eq(rig_try_send(s, &datagram), LANE_OK);
    rig_expect(&rig, &message, datagram.message_id, LPC_DATAGRAM | LPC_CONTINUATION);
    ck_assert_uint_eq(message.attributes_length, 32);
    ck_assert_mem_eq(message.attributes, rig_payload(9, 32), 32);
    ck_assert(message.flags & PORT_MESSAGE_ATTACHED);
    rig_reply(&rig, datagram.message_id, PORT_CONTINUE_RELEASE, &route);
    ck_assert_int_eq(route.kind, PORT_ROUTE_LANE);
    ck_assert_uint_eq(route.record_kind, LANE_ACK);
    rig_close(&rig);
}
END_TEST

START_TEST(an_acknowledgement_gives_an_id_back_silently)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    ck_assert_uint_eq(port_expect(&rig.views[0], s->connection, 88888, 88888 + 1000000, 0),
                      STATUS_SUCCESS);
    ck_assert(port_id_is_live(&rig.views[0], 88888));
    rig_send_about(s, LANE_ACK, 0, 88888, 0);
    rig_send_about(s, LANE_ACK, 0, 77777, 0); /* it may have crossed: ignored */
    rig_expect_none(&rig);
    ck_assert(!port_id_is_live(&rig.views[0], 88888));
    ck_assert_uint_eq(rig.n_broken, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_canceled_request_becomes_an_empty_notice)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 40);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    rig_send_about(s, LANE_CANCEL, 0, id, 0);
    rig_expect(&rig, &message, id, LPC_CANCELED);
    ck_assert_uint_eq(message.data_length, 0);
    ck_assert(message.flags & PORT_MESSAGE_ACK);
    struct port_route route;
    ck_assert_uint_eq(
        port_continue_begin(&rig.views[0], id, 0, PORT_CONTINUE_RELEASE, false, 0, &route),
        STATUS_REPLY_MESSAGE_MISMATCH);
    rig_send_about(s, LANE_CANCEL, 0, id, 0); /* unknown by now */
    rig_expect_none(&rig);
    ck_assert_uint_eq(rig.n_broken, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_sync_request_taken_back_returns_its_slot)
{
    struct rig rig;
    struct port_message message;
    uint32_t slot, word;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_request_sync(s, 40, &slot, &word);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert(message.flags & PORT_MESSAGE_PEER_SYNC);
    ck_assert_int_eq(slot_abandon(&s->producer.view, slot, word), LANE_GONE);
    slot_quarantine(&s->pool, slot);
    struct lane_message cancel = rig_message(s, LANE_CANCEL, 0, id, 0);
    cancel.slot = slot + 1;
    cancel.slot_word = word;
    ck_assert_int_eq(rig_try_send(s, &cancel), LANE_OK);
    rig_expect(&rig, &message, id, LPC_CANCELED);
    ck_assert(!(message.flags & PORT_MESSAGE_ACK)); /* the slot is the acknowledgement */
    ck_assert_uint_eq(lane_slot(&s->producer.view, slot)->state & LANE_SLOT_STATE_MASK,
                      LANE_SLOT_RETURNED);
    rig_close(&rig);
}
END_TEST

START_TEST(an_id_taken_back_while_it_was_copied_may_be_used_again)
{
    struct rig rig;
    struct port_message big, message;
    struct port_route route;
    uint32_t slot, word;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_request_sync(s, 3000, &slot, &word);
    ck_assert_int_eq(rig_receive(&rig, &big), PORT_RECEIVED);
    ck_assert_uint_ne(big.pin, 0);
    ck_assert_int_eq(slot_abandon(&s->producer.view, slot, word), LANE_GONE);
    slot_quarantine(&s->pool, slot);
    struct lane_message cancel = rig_message(s, LANE_CANCEL, 0, id, 0);
    cancel.slot = slot + 1;
    cancel.slot_word = word;
    ck_assert_int_eq(rig_try_send(s, &cancel), LANE_OK);
    s->next_id = id; /* the id came back with the slot */
    ck_assert_uint_eq(rig_request_sync(s, 8, &slot, &word), id);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(rig.n_broken, 0);
    ck_assert_uint_eq(message.data_length, 8);
    ck_assert_mem_eq(big.data, rig_payload(id, 3000), 3000);
    port_receive_end(&rig.views[0], &big, true);
    rig_expect(&rig, &message, id, LPC_CANCELED); /* of the first */
    ck_assert(!(message.flags & PORT_MESSAGE_ACK));
    ck_assert_uint_eq(
        port_continue_begin(&rig.views[0], id, 0, PORT_CONTINUE_RELEASE, false, 0, &route),
        STATUS_SUCCESS); /* the second */
    ck_assert_uint_eq(route.slot_word, word);
    port_route_end(&rig.views[0], &route);
    ck_assert(!port_id_is_live(&rig.views[0], id));
    rig_close(&rig);
}
END_TEST

START_TEST(an_id_taken_back_without_a_slot_is_in_use_until_it_is_acknowledged)
{
    struct rig rig;
    struct port_message big, message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 3000);
    ck_assert_int_eq(rig_receive(&rig, &big), PORT_RECEIVED);
    rig_send_about(s, LANE_CANCEL, 0, id, 0);
    rig_expect_none(&rig);
    struct lane_message again = rig_message(s, LANE_REQUEST, 0, id, 8);
    expect_break(&rig, s, &again);
    port_receive_end(&rig.views[0], &big, true);
    rig_expect(&rig, &message, id, LPC_CANCELED);
    ck_assert(message.flags & PORT_MESSAGE_ACK);
    rig_close(&rig);
}
END_TEST

START_TEST(a_datagram_that_brings_a_slot_returns_it)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    int slot = slot_acquire(&s->pool, &s->producer.view);
    struct lane_message datagram = rig_message(s, LANE_DATAGRAM, LANE_RELEASE, s->next_id++, 40);
    datagram.slot = (uint32_t)slot + 1;
    datagram.slot_word = slot_arm(&s->pool, &s->producer.view, (uint32_t)slot);
    ck_assert_int_eq(slot_abandon(&s->producer.view, (uint32_t)slot, datagram.slot_word),
                     LANE_GONE);
    ck_assert_int_eq(rig_try_send(s, &datagram), LANE_OK);
    ck_assert(!slot_is_over(&s->producer.view, (uint32_t)slot, datagram.slot_word));
    rig_expect(&rig, &message, datagram.message_id, LPC_DATAGRAM);
    ck_assert(!(message.flags & PORT_MESSAGE_PEER_SYNC));
    ck_assert(slot_is_over(&s->producer.view, (uint32_t)slot, datagram.slot_word));
    rig_close(&rig);
}
END_TEST

START_TEST(a_refused_request_becomes_a_notice_to_its_sender)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, PORT_IS_CLIENT);
    struct rig_sender *s = rig_add_sender(&rig);
    ck_assert_uint_eq(port_expect(&rig.views[0], s->connection, 500, 500 + 1000000, 3),
                      STATUS_SUCCESS);
    rig_send_about(s, LANE_CANCELED, 0, 500, 0);
    rig_expect(&rig, &message, 500, LPC_CANCELED);
    ck_assert_uint_eq(message.message_context, 3);
    ck_assert(!(message.flags & PORT_MESSAGE_ACK));
    ck_assert(!port_id_is_live(&rig.views[0], 500));
    rig_close(&rig);
}
END_TEST

START_TEST(attributes_above_the_limit_break_the_lane)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    struct lane_message message = rig_message(s, LANE_REQUEST, 0, s->first_id, 4);
    message.attr_size = PORT_ATTRIBUTES_MAX_BYTES + 1;
    expect_break(&rig, s, &message);
    rig_close(&rig);
}
END_TEST

START_TEST(a_flood_of_records_that_mean_nothing_breaks_the_lane)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig), *honest = rig_add_sender(&rig);
    for (unsigned i = 0; i <= 1u << 20; i++) {
        ck_assert_uint_eq(rig.n_broken, 0);
        rig_send_about(s, LANE_ACK, 0, 99999, 0);
        if (i % 1000 == 0)
            rig_expect_none(&rig);
    }
    rig_expect_none(&rig);
    ck_assert_uint_eq(rig.n_broken, 1);
    uint32_t id = rig_datagram(honest, 4);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("take");
    UNIT_TEST(an_id_outside_the_lease_breaks_the_lane);
    UNIT_TEST(an_id_in_use_breaks_the_lane);
    UNIT_TEST(another_senders_connection_breaks_the_lane);
    UNIT_TEST(a_second_process_may_send_on_a_connection_it_was_given);
    UNIT_TEST(records_of_an_earlier_connection_go_nowhere);
    UNIT_TEST(the_daemons_kinds_in_a_lane_break_it);
    UNIT_TEST(a_reply_to_nothing_outstanding_breaks_the_lane);
    UNIT_TEST(a_reply_to_what_was_sent_from_here_carries_our_context);
    UNIT_TEST(a_datagram_with_attachments_waits_for_a_continuation);
    UNIT_TEST(an_acknowledgement_gives_an_id_back_silently);
    UNIT_TEST(a_canceled_request_becomes_an_empty_notice);
    UNIT_TEST(a_sync_request_taken_back_returns_its_slot);
    UNIT_TEST(an_id_taken_back_while_it_was_copied_may_be_used_again);
    UNIT_TEST(an_id_taken_back_without_a_slot_is_in_use_until_it_is_acknowledged);
    UNIT_TEST(a_datagram_that_brings_a_slot_returns_it);
    UNIT_TEST(a_refused_request_becomes_a_notice_to_its_sender);
    UNIT_TEST(attributes_above_the_limit_break_the_lane);
    UNIT_TEST(a_flood_of_records_that_mean_nothing_breaks_the_lane);
    return UNIT_END();
}
