/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Replies and cancels: routes, races of two answers, what becomes of the message. */

#include "alpc_rig.h"

static uint32_t request(struct rig *rig, struct rig_sender *s)
{
    struct port_message message;
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 8);

    rig_expect(rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    return id;
}

static status_t begin(struct rig *rig, uint32_t id, uint32_t callback_id, uint32_t flags,
                      struct port_route *route)
{
    return port_continue_begin(&rig->views[0], id, callback_id, flags, false, 0, route);
}

START_TEST(a_reply_to_a_blocked_sender_goes_to_its_slot)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;
    uint32_t slot, word;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_request_sync(s, 8, &slot, &word);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(begin(&rig, id, id + 1000000, PORT_CONTINUE_RELEASE, &route), STATUS_SUCCESS);
    ck_assert_int_eq(route.kind, PORT_ROUTE_SLOT);
    ck_assert_uint_eq(route.slot, slot);
    ck_assert_uint_eq(route.slot_word, word);
    ck_assert_uint_eq(route.record_flags, LANE_RELEASE);
    port_route_end(&rig.views[0], &route);
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_RELEASE, &route),
                      STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(lane_at_locked(&rig.views[0], s->lane)->n_nodes, 0);
    ck_assert_uint_eq(rig.views[0].at.memory->counters.n_pending, 0);
    rig_close(&rig);
}
END_TEST

static void resend(struct rig *rig, struct rig_sender *s, uint32_t id, uint32_t slot,
                   uint32_t *ret_word)
{
    struct lane_message message = rig_message(s, LANE_REQUEST, 0, id, 8);

    (void)rig;
    *ret_word = slot_arm(&s->pool, &s->producer.view, slot);
    message.slot = slot + 1;
    message.slot_word = *ret_word;
    ck_assert_int_eq(rig_try_send(s, &message), LANE_OK);
}

static void answer(const struct port_route *route)
{
    const struct slot_reply reply = {.kind = LANE_CONTINUATION};

    ck_assert_int_eq(slot_claim(route->lane_view, route->slot, route->slot_word), LANE_OK);
    ck_assert_int_eq(slot_finish(route->lane_view, route->slot, route->slot_word, &reply), LANE_OK);
}

START_TEST(an_id_is_used_again_before_its_replier_is_back)
{
    struct rig rig;
    struct port_message message;
    struct port_route old, new;
    uint32_t slot, word;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_request_sync(s, 8, &slot, &word);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_RELEASE, &old), STATUS_SUCCESS);
    answer(&old);
    resend(&rig, s, id, slot, &word);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(rig.n_broken, 0);
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_RELEASE, &new), STATUS_SUCCESS);
    ck_assert_uint_eq(new.slot_word, word);
    ck_assert_uint_eq(new.node, old.node); /* the same place: only the claim tells them apart */
    port_route_end(&rig.views[0], &old);
    ck_assert(port_id_is_live(&rig.views[0], id));
    answer(&new);
    port_route_end(&rig.views[0], &new);
    ck_assert(!port_id_is_live(&rig.views[0], id));
    ck_assert_uint_eq(rig.views[0].at.memory->counters.n_pending, 0);
    rig_close(&rig);
}
END_TEST

/* The requester's lane has been replaced, and the holder that meets the id again never had the old
 * one mapped: it cannot look at the slot, and the answer was the last. */
START_TEST(an_id_is_used_again_where_its_old_lane_is_not_mapped)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args args = {.capacity = PORT_DATA_MAX_BYTES};
    struct port_route old, new;
    uint32_t slot, word;

    rig_open(&rig, &rig_small, 0);
    rig_second_holder(&rig);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_request_sync(s, 8, &slot, &word);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_RELEASE, &old), STATUS_SUCCESS);
    answer(&old);
    struct rig_sender *grown = rig_add_lane(&rig, LANE_RING_FIRST_BYTES, s->sender, 0);
    struct lane_message moved = {.kind = LANE_MOVED, .message_id = 1, .aux = grown->lane};
    ck_assert_int_eq(producer_send(&s->producer, &moved, NULL, NULL), LANE_OK);
    rig_expect_none(&rig);
    grown->connection = s->connection;
    grown->connection_generation = s->connection_generation;
    resend(&rig, grown, id, 0, &word);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[1], &args, &message), PORT_RECEIVED);
    ck_assert_ptr_null(lane_mapped(&rig.views[1], s->lane, s->generation));
    ck_assert_uint_eq(message.message_id, id);
    ck_assert_uint_eq(rig.n_broken, 0);
    port_route_end(&rig.views[0], &old);
    ck_assert_uint_eq(
        port_continue_begin(&rig.views[1], id, 0, PORT_CONTINUE_RELEASE, false, 0, &new),
        STATUS_SUCCESS);
    ck_assert_uint_eq(new.slot_word, word);
    answer(&new);
    port_route_end(&rig.views[1], &new);
    ck_assert(!port_id_is_live(&rig.views[0], id));
    ck_assert(port_keeper_lane_is_drained(&rig.keeper, s->lane));
    rig_close(&rig);
}
END_TEST

START_TEST(an_id_is_not_used_again_before_its_slot_is_over)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;
    uint32_t slot, word;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_request_sync(s, 8, &slot, &word);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_RELEASE, &route), STATUS_SUCCESS);
    struct lane_message again = rig_message(s, LANE_REQUEST, 0, id, 8);
    ck_assert_int_eq(rig_try_send(s, &again), LANE_OK);
    rig_expect_none(&rig);
    ck_assert_uint_eq(rig.n_broken, 1);
    port_route_end(&rig.views[0], &route);
    rig_close(&rig);
}
END_TEST

START_TEST(a_continuation_comes_before_its_replier_is_back)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = request(&rig, s);
    ck_assert_uint_eq(begin(&rig, id, 0, 0, &route), STATUS_SUCCESS);
    struct lane_message on = rig_message(s, LANE_CONTINUATION, 0, id, 8);
    ck_assert_int_eq(rig_try_send(s, &on), LANE_OK);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    port_route_end(&rig.views[0], &route);
    ck_assert_uint_eq(rig.n_broken, 0);
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_RELEASE, &route), STATUS_SUCCESS);
    port_route_end(&rig.views[0], &route);
    ck_assert(!port_id_is_live(&rig.views[0], id));
    rig_close(&rig);
}
END_TEST

START_TEST(an_asynchronous_reply_goes_by_a_lane)
{
    struct rig rig;
    struct port_route route;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = request(&rig, s);
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_RELEASE, &route), STATUS_SUCCESS);
    ck_assert_int_eq(route.kind, PORT_ROUTE_LANE);
    ck_assert_uint_eq(route.connection, s->connection);
    ck_assert_uint_eq(route.callback_id, id + 1000000);
    ck_assert_uint_eq(route.record_kind, LANE_CONTINUATION);
    port_route_end(&rig.views[0], &route);
    ck_assert(!port_id_is_live(&rig.views[0], id));
    rig_close(&rig);
}
END_TEST

START_TEST(a_callback_id_of_another_exchange_is_a_mismatch)
{
    struct rig rig;
    struct port_route route;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = request(&rig, s);
    ck_assert_uint_eq(begin(&rig, id, 1, 0, &route), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(begin(&rig, id + 1, 0, 0, &route), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(begin(&rig, 0, 0, 0, &route), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(begin(&rig, id, 0, 0, &route), STATUS_SUCCESS);
    rig_close(&rig);
}
END_TEST

START_TEST(one_of_two_answers_wins)
{
    struct rig rig;
    struct port_route first, second;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = request(&rig, s);
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_RELEASE, &first), STATUS_SUCCESS);
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_RELEASE, &second),
                      STATUS_REPLY_MESSAGE_MISMATCH);
    first.outcome = PORT_NOT_WRITTEN;
    port_route_end(&rig.views[0], &first);
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_RELEASE, &second), STATUS_SUCCESS);
    second.outcome = PORT_GONE;
    port_route_end(&rig.views[0], &second);
    ck_assert(!port_id_is_live(&rig.views[0], id));
    rig_close(&rig);
}
END_TEST

START_TEST(what_was_continued_to_an_ended_connection_is_cancelled_by_its_close)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = request(&rig, s), released = request(&rig, s);
    port_keeper_close(&rig.keeper, s->connection, 0, sys_now_ns());
    ck_assert_uint_eq(begin(&rig, id, 0, 0, &route), STATUS_SUCCESS);
    route.outcome = PORT_GONE;
    port_route_end(&rig.views[0], &route);
    ck_assert_uint_eq(begin(&rig, released, 0, PORT_CONTINUE_RELEASE, &route), STATUS_SUCCESS);
    route.outcome = PORT_GONE;
    port_route_end(&rig.views[0], &route);
    ck_assert_int_eq(rig_receive(&rig, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type, 12);
    ck_assert_uint_eq(message.message_id, id);
    ck_assert_int_eq(rig_receive(&rig, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type, 5);
    rig_expect_none(&rig);
    rig_close(&rig);
}
END_TEST

START_TEST(a_continuation_without_release_waits_for_the_other_end)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = request(&rig, s);
    ck_assert_uint_eq(port_continue_begin(&rig.views[0], id, 0, 0, true, 0xABC, &route),
                      STATUS_SUCCESS);
    port_route_end(&rig.views[0], &route);
    ck_assert_uint_eq(rig.views[0].at.memory->counters.n_sent, 1);
    ck_assert_uint_eq(begin(&rig, id, 0, 0, &route), STATUS_REPLY_MESSAGE_MISMATCH);
    rig_send_about(s, LANE_CONTINUATION, 0, id, 9);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(message.message_context, 0xABC);
    /* And the caller may block for what comes back: then it is its slot's matter. */
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_SYNC, &route), STATUS_SUCCESS);
    ck_assert_uint_eq(route.record_flags, LANE_SYNC);
    port_route_end(&rig.views[0], &route);
    ck_assert(!port_id_is_live(&rig.views[0], id));
    rig_close(&rig);
}
END_TEST

START_TEST(a_route_may_be_ended_by_the_next_receive)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;
    struct port_receive_args args = {.capacity = 100, .finished = &route};

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = request(&rig, s);
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_RELEASE, &route), STATUS_SUCCESS);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_EMPTY);
    ck_assert_ptr_null(args.finished);
    ck_assert(!port_id_is_live(&rig.views[0], id));
    rig_close(&rig);
}
END_TEST

START_TEST(a_slot_in_a_lane_that_is_not_mapped_is_asked_for)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;
    uint32_t slot, word;

    rig_open(&rig, &rig_small, 0);
    rig_second_holder(&rig);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_request_sync(s, 8, &slot, &word);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    struct port_view *other = &rig.views[1];
    ck_assert_uint_eq(port_continue_begin(other, id, 0, PORT_CONTINUE_RELEASE, false, 0, &route),
                      STATUS_SUCCESS);
    ck_assert_int_eq(route.kind, PORT_ROUTE_MAP_LANE);
    rig_map(&rig, other, route.lane, route.lane_generation);
    ck_assert_uint_eq(port_continue_begin(other, id, 0, PORT_CONTINUE_RELEASE, false, 0, &route),
                      STATUS_SUCCESS);
    ck_assert_int_eq(route.kind, PORT_ROUTE_SLOT);
    port_route_end(other, &route);
    ck_assert_uint_eq(other->lanes[s->lane].n_users, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(canceling_a_received_request_ends_the_senders_wait)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;
    uint32_t slot, word;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_request_sync(s, 8, &slot, &word);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(port_cancel_begin(&rig.views[0],
                                        &(struct port_cancel){.message_id = id, .callback_id = 5},
                                        &route),
                      STATUS_CONTEXT_MISMATCH);
    ck_assert_uint_eq(
        port_cancel_begin(&rig.views[0],
                          &(struct port_cancel){.message_id = id,
                                                .callback_id = 5,
                                                .flags = PORT_CANCEL_NO_CONTEXT_CHECK},
                          &route),
        STATUS_PENDING);
    ck_assert_int_eq(route.kind, PORT_ROUTE_SLOT);
    ck_assert_uint_eq(route.slot_status, STATUS_MESSAGE_LOST);
    ck_assert_int_eq(slot_end(route.lane_view, route.slot, route.slot_word, route.slot_status),
                     LANE_OK);
    port_route_end(&rig.views[0], &route);
    struct slot_reply reply;
    ck_assert_int_eq(slot_read(&s->producer.view, slot, &reply), LANE_OK);
    ck_assert_uint_eq(reply.status, STATUS_MESSAGE_LOST);
    ck_assert_uint_eq(
        port_cancel_begin(&rig.views[0], &(struct port_cancel){.message_id = id}, &route),
        STATUS_MESSAGE_NOT_FOUND);
    rig_close(&rig);
}
END_TEST

START_TEST(canceling_a_received_asynchronous_request_tells_its_sender)
{
    struct rig rig;
    struct port_route route;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = request(&rig, s);
    ck_assert_uint_eq(
        port_cancel_begin(&rig.views[0], &(struct port_cancel){.message_id = id}, &route),
        STATUS_PENDING);
    ck_assert_int_eq(route.kind, PORT_ROUTE_LANE);
    ck_assert_uint_eq(route.record_kind, LANE_CANCELED);
    port_route_end(&rig.views[0], &route);
    ck_assert(!port_id_is_live(&rig.views[0], id));
    rig_close(&rig);
}
END_TEST

START_TEST(what_was_sent_and_taken_back_is_quarantined_until_it_returns)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;

    rig_open(&rig, &rig_small, PORT_IS_CLIENT);
    struct rig_sender *s = rig_add_sender(&rig);
    for (uint32_t id = 100; id < 103; id++) {
        ck_assert_uint_eq(port_expect(&rig.views[0], s->connection, id, id + 1000000, 0),
                          STATUS_SUCCESS);
        ck_assert_uint_eq(
            port_cancel_begin(&rig.views[0],
                              &(struct port_cancel){.message_id = id, .flags = PORT_CANCEL_TRY},
                              &route),
            STATUS_MESSAGE_RETRIEVED);
        ck_assert_uint_eq(
            port_cancel_begin(&rig.views[0], &(struct port_cancel){.message_id = id}, &route),
            STATUS_PENDING);
        ck_assert_int_eq(route.kind, PORT_ROUTE_LANE);
        ck_assert_uint_eq(route.record_kind, LANE_CANCEL);
        port_route_end(&rig.views[0], &route);
        ck_assert_uint_eq(
            port_cancel_begin(&rig.views[0], &(struct port_cancel){.message_id = id}, &route),
            STATUS_REQUEST_CANCELED);
        ck_assert(port_id_is_live(&rig.views[0], id));
    }
    rig_send_about(s, LANE_ACK, 0, 100, 0);
    rig_send_about(s, LANE_CONTINUATION, 0, 101, 5); /* crossed: ignored, an ACK follows */
    rig_send_about(s, LANE_CONTINUATION, LANE_RELEASE, 102,
                   5); /* crossed: ignored, it is the return */
    rig_expect_none(&rig);
    ck_assert(!port_id_is_live(&rig.views[0], 100));
    ck_assert(port_id_is_live(&rig.views[0], 101));
    ck_assert(!port_id_is_live(&rig.views[0], 102));
    rig_send_about(s, LANE_CANCELED, 0, 101, 0); /* both ends at once */
    rig_expect_none(&rig);
    ck_assert(!port_id_is_live(&rig.views[0], 101));
    ck_assert_uint_eq(rig.n_broken, 0);
    (void)message;
    rig_close(&rig);
}
END_TEST

START_TEST(a_cancel_that_meets_an_answer_follows_it)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = request(&rig, s);
    ck_assert_uint_eq(begin(&rig, id, 0, 0, &route), STATUS_SUCCESS);
    rig_send_about(s, LANE_CANCEL, 0, id, 0);
    rig_expect_none(&rig);
    port_route_end(&rig.views[0], &route);
    rig_expect(&rig, &message, id, LPC_CANCELED);
    ck_assert(message.flags & PORT_MESSAGE_ACK);
    /* With RELEASE the answer itself gives the id back. */
    id = request(&rig, s);
    ck_assert_uint_eq(begin(&rig, id, 0, PORT_CONTINUE_RELEASE, &route), STATUS_SUCCESS);
    rig_send_about(s, LANE_CANCEL, 0, id, 0);
    rig_expect_none(&rig);
    port_route_end(&rig.views[0], &route);
    rig_expect_none(&rig);
    ck_assert(!port_id_is_live(&rig.views[0], id));
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("alpc_continue");
    UNIT_TEST(a_reply_to_a_blocked_sender_goes_to_its_slot);
    UNIT_TEST(an_id_is_used_again_before_its_replier_is_back);
    UNIT_TEST(an_id_is_used_again_where_its_old_lane_is_not_mapped);
    UNIT_TEST(an_id_is_not_used_again_before_its_slot_is_over);
    UNIT_TEST(a_continuation_comes_before_its_replier_is_back);
    UNIT_TEST(an_asynchronous_reply_goes_by_a_lane);
    UNIT_TEST(a_callback_id_of_another_exchange_is_a_mismatch);
    UNIT_TEST(one_of_two_answers_wins);
    UNIT_TEST(what_was_continued_to_an_ended_connection_is_cancelled_by_its_close);
    UNIT_TEST(a_continuation_without_release_waits_for_the_other_end);
    UNIT_TEST(a_route_may_be_ended_by_the_next_receive);
    UNIT_TEST(a_slot_in_a_lane_that_is_not_mapped_is_asked_for);
    UNIT_TEST(canceling_a_received_request_ends_the_senders_wait);
    UNIT_TEST(canceling_a_received_asynchronous_request_tells_its_sender);
    UNIT_TEST(what_was_sent_and_taken_back_is_quarantined_until_it_returns);
    UNIT_TEST(a_cancel_that_meets_an_answer_follows_it);
    return UNIT_END();
}
