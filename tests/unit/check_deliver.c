/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Short buffers, pinned payloads, what the sender can change meanwhile, sequence numbers. */

#include "alpc_rig.h"

static enum port_result receive_into(struct rig *rig, uint32_t capacity,
                                     struct port_message *message)
{
    struct port_receive_args args = {.capacity = capacity};

    return rig_receive_args(rig, &rig->views[0], &args, message);
}

START_TEST(a_short_buffer_consumes_nothing_and_tells_the_length)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 300);
    uint32_t next = rig_datagram(s, 4);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(receive_into(&rig, 299, &message), PORT_TOO_SMALL);
        ck_assert_uint_eq(message.data_length, 300);
    }
    ck_assert_uint_eq(rig.views[0].at.memory->large.n, 1);
    /* In port memory: the lane has advanced past it. */
    ck_assert_uint_eq(lane_at_locked(&rig.views[0], s->lane)->refs_head, 0);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    rig_expect(&rig, &message, next, LPC_DATAGRAM);
    struct port_route route;
    rig_reply(&rig, id, PORT_CONTINUE_RELEASE, &route);
    rig_close(&rig);
}
END_TEST

static const struct port_waiter nobody;

START_TEST(with_a_full_heap_a_large_message_stays_in_its_lane)
{
    struct rig rig;
    struct port_message message;

    /* 128 blocks: room for two maximum messages. */
    rig_open(&rig, &rig_small, PORT_IS_CLIENT);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_datagram(s, LANE_DATA_MAX_BYTES);
    uint32_t next = rig_datagram(s, 4);
    struct port_message copy = {.callback_id = 1, .connection = s->connection, .type = LPC_REPLY};
    copy.data_length = LANE_DATA_MAX_BYTES;
    for (copy.message_id = 9000; copy.message_id < 9002; copy.message_id++) {
        copy.data = rig_payload(copy.message_id, LANE_DATA_MAX_BYTES);
        ck_assert_uint_eq(port_adopt_large(&rig.views[0], &copy, &nobody), STATUS_SUCCESS);
    }
    ck_assert_uint_eq(port_adopt_large(&rig.views[0], &copy, &nobody),
                      STATUS_INSUFFICIENT_RESOURCES);
    ck_assert_int_eq(receive_into(&rig, 5, &message), PORT_TOO_SMALL);
    struct port_message first;
    ck_assert_int_eq(rig_receive(&rig, &first), PORT_RECEIVED);
    ck_assert_uint_eq(first.message_id, 9000);
    ck_assert_int_eq(rig_receive(&rig, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, 9001);
    /* Both are still being copied: the heap is full, the lane keeps the message. */
    struct port_message third;
    ck_assert_int_eq(receive_into(&rig, 5, &third), PORT_TOO_SMALL);
    ck_assert_uint_eq(third.data_length, LANE_DATA_MAX_BYTES);
    ck_assert_uint_ne(lane_at_locked(&rig.views[0], s->lane)->refs_head, 0);
    port_receive_end(&rig.views[0], &message, true);
    port_receive_end(&rig.views[0], &first, true);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_uint_eq(lane_at_locked(&rig.views[0], s->lane)->refs_head, 0);
    rig_expect(&rig, &message, next, LPC_DATAGRAM);
    rig_close(&rig);
}
END_TEST

START_TEST(records_behind_a_pinned_one_are_received_meanwhile)
{
    struct rig rig;
    struct port_message big, message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 3000);
    uint32_t next = rig_datagram(s, 4);
    ck_assert_int_eq(rig_receive(&rig, &big), PORT_RECEIVED);
    ck_assert_uint_eq(big.message_id, id);
    rig_expect(&rig, &message, next, LPC_DATAGRAM);
    ck_assert_uint_eq(lane_at_locked(&rig.views[0], s->lane)->cursor.freed, 0);
    ck_assert_mem_eq(big.data, rig_payload(id, 3000), 3000);
    struct port_route route;
    ck_assert_uint_eq(port_continue_begin(&rig.views[0], id, 0, 0, false, 0, &route),
                      STATUS_REPLY_MESSAGE_MISMATCH);
    port_receive_end(&rig.views[0], &big, true);
    ck_assert_uint_eq(big.pin, 0);
    ck_assert_uint_eq(lane_at_locked(&rig.views[0], s->lane)->cursor.freed, s->producer.head);
    rig_reply(&rig, id, PORT_CONTINUE_RELEASE, &route);
    rig_close(&rig);
}
END_TEST

/* Canceled between port_receive and port_receive_end. */
static void cancel_while_copied(bool was_copied)
{
    struct rig rig;
    struct port_message big, message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 3000);
    rig_send_about(s, LANE_CANCEL, 0, id, 0);
    ck_assert_int_eq(rig_receive(&rig, &big), PORT_RECEIVED);
    rig_expect_none(&rig);
    port_receive_end(&rig.views[0], &big, was_copied);
    rig_expect(&rig, &message, id, LPC_CANCELED);
    ck_assert(message.flags & PORT_MESSAGE_ACK);
    rig_expect_none(&rig);
    rig_close(&rig);
}

START_TEST(a_request_canceled_while_it_is_copied_is_canceled_after)
{
    cancel_while_copied(true);
}
END_TEST

START_TEST(a_sender_that_changes_its_record_later_changes_nothing_here)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint64_t position = s->producer.head;
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 2000);
    ck_assert_int_eq(receive_into(&rig, 10, &message), PORT_TOO_SMALL);
    struct lane_record_header *header = (void *)lane_ring(&s->producer.view, position);
    header->data_size = 60000;
    header->message_id = 3;
    header->connection = 9;
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(message.data_length, 2000);
    rig_close(&rig);
}
END_TEST

START_TEST(a_client_port_counts_everything_it_receives)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, PORT_IS_CLIENT);
    struct rig_sender *s = rig_add_sender(&rig);
    struct lane_message reply = {.kind = LANE_CONNECT_REPLY,
                                 .message_id = 1,
                                 .connection = s->connection,
                                 .connection_generation = s->connection_generation,
                                 .data_size = 5};
    ck_assert_int_eq(port_keeper_post(&rig.keeper, &reply, NULL, rig_payload(1, 5)), LANE_OK);
    rig_expect(&rig, &message, 1, LPC_CONNECTION_REPLY);
    ck_assert_uint_eq(message.sequence, 1);
    ck_assert_uint_eq(port_count_received(rig.views[0].at.memory), 2);
    uint32_t id = rig_datagram(s, 5);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_uint_eq(message.sequence, 3);
    ck_assert_uint_eq(port_sequence(&rig.views[0]), 3);
    rig_close(&rig);
}
END_TEST

START_TEST(a_client_died_notice_comes_from_the_daemon)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    struct lane_message died = {.kind = LANE_CLIENT_DIED,
                                .message_id = 1,
                                .connection = s->connection,
                                .connection_generation = s->connection_generation,
                                .sender_tid = 99,
                                .data_size = 8};
    ck_assert_int_eq(port_keeper_post(&rig.keeper, &died, NULL, rig_payload(1, 8)), LANE_OK);
    rig_expect(&rig, &message, 1, LPC_CLIENT_DIED);
    ck_assert_uint_eq(message.data_length, 8);
    ck_assert_uint_eq(message.sender_thread_id, 99);
    rig_close(&rig);
}
END_TEST

/* The receiver's memory could not be written. */
static void receive_in_vain(struct rig *rig, uint32_t unproven, uint32_t id)
{
    struct port_receive_args args = {.capacity = PORT_DATA_MAX_BYTES, .unproven = unproven};
    struct port_message message;

    ck_assert_int_eq(rig_receive_args(rig, &rig->views[0], &args, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, id);
    ck_assert_uint_ne(message.pin, 0);
    port_receive_end(&rig->views[0], &message, false);
    ck_assert_uint_eq(message.pin, 0);
    ck_assert_uint_eq(message.flags & PORT_MESSAGE_PACKET, 0);
}

START_TEST(a_message_that_could_not_be_copied_out_is_first_in_line_again)
{
    struct rig rig;
    struct port_message message;
    struct port_route route;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_send(s, LANE_REQUEST, 0, 3000);
    uint32_t next = rig_datagram(s, 4000);
    for (unsigned i = 0; i < 3; i++)
        receive_in_vain(&rig, 0, id);
    /* In port memory: the lane has advanced past it. */
    ck_assert_uint_eq(lane_at_locked(&rig.views[0], s->lane)->refs_head, 0);
    ck_assert_uint_eq(rig.views[0].at.memory->counters.n_received, 0);
    rig_expect(&rig, &message, id, LPC_REQUEST | LPC_CONTINUATION);
    ck_assert_uint_eq(message.sequence, 1);
    receive_in_vain(&rig, 0, next);
    rig_reply(&rig, id, PORT_CONTINUE_RELEASE, &route);
    rig_expect(&rig, &message, next, LPC_DATAGRAM);
    ck_assert_uint_eq(message.sequence, 2);
    rig_expect_none(&rig);
    rig_close(&rig);
}
END_TEST

START_TEST(a_small_message_is_pinned_where_the_buffer_is_not_known_to_be_writable)
{
    struct rig rig;
    struct port_message message;
    struct port_receive_args args = {.capacity = PORT_DATA_MAX_BYTES,
                                     .unproven = PORT_INLINE_MAX_BYTES - 10};

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    uint32_t id = rig_datagram(s, 11);
    uint32_t small = rig_datagram(s, 10);
    receive_in_vain(&rig, args.unproven, id);
    receive_in_vain(&rig, args.unproven, id);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &args, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.message_id, small);
    ck_assert_uint_eq(message.pin, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_request_canceled_while_it_could_not_be_copied_is_canceled)
{
    cancel_while_copied(false);
}
END_TEST

START_TEST(what_could_not_be_copied_out_is_announced_to_the_completion_port_again)
{
    struct rig rig;
    struct port_message message;
    uint32_t n_packets, lane, generation;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    port_set_completion(&rig.views[0], true);
    uint32_t id = rig_datagram(s, 3000);
    rig_map(&rig, &rig.views[0], s->lane, s->generation);
    ck_assert_int_eq(port_harvest(&rig.views[0], &n_packets, &lane, &generation), PORT_RECEIVED);
    ck_assert_uint_eq(n_packets, 1);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(rig_receive(&rig, &message), PORT_RECEIVED);
        ck_assert_uint_eq(message.flags & PORT_MESSAGE_PACKET, 0);
        port_receive_end(&rig.views[0], &message, false);
        ck_assert(message.flags & PORT_MESSAGE_PACKET);
    }
    ck_assert_int_eq(port_harvest(&rig.views[0], &n_packets, &lane, &generation), PORT_RECEIVED);
    ck_assert_uint_eq(n_packets, 0);
    rig_expect(&rig, &message, id, LPC_DATAGRAM);
    ck_assert_uint_eq(message.flags & PORT_MESSAGE_PACKET, 0);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("deliver");
    UNIT_TEST(a_short_buffer_consumes_nothing_and_tells_the_length);
    UNIT_TEST(with_a_full_heap_a_large_message_stays_in_its_lane);
    UNIT_TEST(records_behind_a_pinned_one_are_received_meanwhile);
    UNIT_TEST(a_request_canceled_while_it_is_copied_is_canceled_after);
    UNIT_TEST(a_sender_that_changes_its_record_later_changes_nothing_here);
    UNIT_TEST(a_client_port_counts_everything_it_receives);
    UNIT_TEST(a_client_died_notice_comes_from_the_daemon);
    UNIT_TEST(a_message_that_could_not_be_copied_out_is_first_in_line_again);
    UNIT_TEST(a_small_message_is_pinned_where_the_buffer_is_not_known_to_be_writable);
    UNIT_TEST(a_request_canceled_while_it_could_not_be_copied_is_canceled);
    UNIT_TEST(what_could_not_be_copied_out_is_announced_to_the_completion_port_again);
    return UNIT_END();
}
