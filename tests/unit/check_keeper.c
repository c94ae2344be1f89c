/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The daemon's end: tables, limits, leases, what it believes. */

#include "alpc_rig.h"

START_TEST(ids_are_leased_once)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    ck_assert_uint_eq(port_keeper_lease(&rig.keeper, 10), 1);
    ck_assert_uint_eq(port_keeper_lease(&rig.keeper, 1), 11);
    ck_assert_uint_eq(port_keeper_lease(&rig.keeper, 0), 0);
    ck_assert_uint_eq(port_keeper_lease(&rig.keeper, 0x7FFFFFFF), 0);
    ck_assert_uint_eq(port_keeper_lease(&rig.keeper, 0x7FFFFFFF - 11), 12);
    ck_assert_uint_eq(port_keeper_lease(&rig.keeper, 1), 0); /* exhausted; bit 31 is never set */
    rig_close(&rig);
}
END_TEST

START_TEST(tables_have_limits_and_places_come_back)
{
    struct rig rig;
    struct port_lane_grant grant = {
        .process_id = 1, .sender = 1, .geometry = {LANE_RING_FIRST_BYTES, 4}};
    struct port_connect connect = {.process_id = 1, .sender = 1};
    uint32_t place, generation, first_generation = 0;

    rig_open(&rig, &rig_small, 0);
    for (unsigned i = 1; i < rig_small.n_lanes; i++) {
        ck_assert_uint_eq(port_keeper_grant_lane(&rig.keeper, &grant, &place, &generation),
                          STATUS_SUCCESS);
        ck_assert_uint_eq(place, i);
        first_generation = generation;
    }
    ck_assert_uint_eq(port_keeper_grant_lane(&rig.keeper, &grant, &place, &generation),
                      STATUS_QUOTA_EXCEEDED);
    port_keeper_free_lane(&rig.keeper, 3);
    port_keeper_free_lane(&rig.keeper, 3);
    ck_assert_uint_eq(port_keeper_grant_lane(&rig.keeper, &grant, &place, &generation),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(place, 3);
    ck_assert_uint_eq(generation, first_generation + 2);
    for (unsigned i = 0; i < rig_small.n_connections; i++)
        ck_assert_uint_eq(port_keeper_connect(&rig.keeper, &connect, &place, &generation),
                          STATUS_SUCCESS);
    ck_assert_uint_eq(port_keeper_connect(&rig.keeper, &connect, &place, &generation),
                      STATUS_QUOTA_EXCEEDED);
    port_keeper_free_connection(&rig.keeper, 9);
    ck_assert_uint_eq(port_keeper_connect(&rig.keeper, &connect, &place, &generation),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(place, 9);
    rig_close(&rig);
}
END_TEST

START_TEST(a_lane_has_a_limited_number_of_leases)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    for (unsigned i = 1; i < PORT_LEASES_MAX; i++) {
        struct port_lease lease = {port_keeper_lease(&rig.keeper, 5), 5};
        ck_assert_uint_eq(port_keeper_extend_lease(&rig.keeper, s->lane, &lease), STATUS_SUCCESS);
        s->next_id = lease.first_id + 4;
        uint32_t id = rig_datagram(s, 1);
        rig_expect(&rig, &message, id, LPC_DATAGRAM);
    }
    struct port_lease more = {1, 5};
    ck_assert_uint_eq(port_keeper_extend_lease(&rig.keeper, s->lane, &more), STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_eq(port_keeper_extend_lease(&rig.keeper, 6, &more), STATUS_INVALID_PARAMETER);
    rig_close(&rig);
}
END_TEST

START_TEST(a_connection_has_a_limited_number_of_senders)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    for (uint32_t i = 1; i < PORT_SENDERS_MAX; i++)
        ck_assert_uint_eq(port_keeper_add_sender(&rig.keeper, s->connection, 50 + i),
                          STATUS_SUCCESS);
    ck_assert_uint_eq(port_keeper_add_sender(&rig.keeper, s->connection, 51),
                      STATUS_SUCCESS); /* known */
    ck_assert_uint_eq(port_keeper_add_sender(&rig.keeper, s->connection, 99),
                      STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_eq(port_keeper_add_sender(&rig.keeper, 8, 99), STATUS_INVALID_PARAMETER);
    rig_close(&rig);
}
END_TEST

START_TEST(what_holders_write_is_bounded_and_not_believed)
{
    struct rig rig;
    struct port_lengths lengths;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    /* A holder scribbles over everything. */
    memset((uint8_t *)rig.memory + sizeof(struct port_memory), 0xA5,
           rig.size - sizeof(struct port_memory));
    memset(&rig.views[0].at.memory->counters, 0xFF, sizeof(struct port_counters));
    port_keeper_read(&rig.keeper, &lengths);
    ck_assert_uint_le(lengths.n_queued, 2 * rig_small.n_nodes);
    ck_assert_uint_eq(lengths.n_pending, rig_small.n_nodes);
    ck_assert(!port_keeper_lane_is_drained(&rig.keeper, s->lane));
    ck_assert(!port_keeper_close_is_done(&rig.keeper, s->connection));
    ck_assert(!port_keeper_lane_is_drained(&rig.keeper, 0));
    ck_assert(!port_keeper_lane_is_drained(&rig.keeper, 7));
    port_keeper_close(&rig.keeper, s->connection, 0, 1);
    port_keeper_close(&rig.keeper, s->connection, 0, 1);
    ck_assert_uint_eq(rig.keeper.close_tail, 1);
    port_keeper_lane_died(&rig.keeper, s->lane);
    port_keeper_holder_died(&rig.keeper, RIG_PID);
    struct lane_message message = {.kind = LANE_CLIENT_DIED, .message_id = 1, .data_size = 8};
    enum lane_result result = port_keeper_post(&rig.keeper, &message, NULL, rig_payload(1, 8));
    ck_assert(result == LANE_OK || result == LANE_BROKEN);
    ck_assert_uint_le(port_keeper_count_lane(&rig.keeper, s->lane, &s->producer.view), 4096);
    port_keeper_free_connection(&rig.keeper, s->connection);
    port_keeper_free_lane(&rig.keeper, s->lane);
    ck_assert_uint_eq(rig.keeper.n_lanes, 0);
    /* No holder may look at it again. */
    free(rig.views[0].lanes);
    memset(&rig.views[0], 0, sizeof(rig.views[0]));
    rig_close(&rig);
}
END_TEST

START_TEST(wiped_memory_is_as_new)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig), *closes = rig_add_sender(&rig);
    uint32_t n, lane, generation;
    /* Kept with its bytes in a block: there was no room for it. */
    struct port_receive_args little = {.capacity = 8};
    rig_send(s, LANE_REQUEST, 0, PORT_INLINE_MAX_BYTES + 1);
    ck_assert_int_eq(rig_receive_args(&rig, &rig.views[0], &little, &message), PORT_TOO_SMALL);
    ck_assert_uint_ne(rig.views[0].at.blocks[0], 0);
    uint64_t heap = (uint64_t)(rig.views[0].at.heap - (uint8_t *)rig.memory);
    rig_send(s, LANE_REQUEST, 0, PORT_INLINE_MAX_BYTES + 1);
    port_set_completion(&rig.views[0], true);
    ck_assert_int_eq(port_harvest(&rig.views[0], &n, &lane, &generation), PORT_RECEIVED);
    port_keeper_close(&rig.keeper, closes->connection, 0, sys_now_ns());
    struct lane_message died = {.kind = LANE_CLIENT_DIED, .message_id = 1, .data_size = 8};
    ck_assert_int_eq(port_keeper_post(&rig.keeper, &died, NULL, rig_payload(1, 8)), LANE_OK);
    uint64_t posted = port_keeper_posted(&rig.keeper);
    ck_assert_uint_gt(posted, 0);
    port_view_deinit(&rig.views[0]);
    ck_assert(port_memory_wipe(rig.memory, &rig_small, posted));
    /* The heap's own bytes stay: the next user, the same process, writes each before it is read. */
    for (uint64_t i = 0; i < rig.size; i++)
        if (i < heap || i >= heap + rig_small.n_blocks * PORT_BLOCK_BYTES)
            ck_assert_msg(((uint8_t *)rig.memory)[i] == 0, "byte %llu is left",
                          (unsigned long long)i);
    rig_close(&rig);
}
END_TEST

START_TEST(messages_that_stand_in_a_lane_can_be_counted)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *s = rig_add_sender(&rig);
    for (unsigned i = 0; i < 30; i++)
        rig_datagram(s, i * 200);
    ck_assert_uint_eq(port_keeper_count_lane(&rig.keeper, s->lane, &s->producer.view), 30);
    rig_expect(&rig, &message, s->first_id, LPC_DATAGRAM);
    ck_assert_uint_eq(port_keeper_count_lane(&rig.keeper, s->lane, &s->producer.view), 29);
    rig_close(&rig);
}
END_TEST

START_TEST(a_geometry_that_cannot_be_is_refused)
{
    struct port_keeper keeper;
    struct port_geometry bad = rig_small;

    bad.n_buckets = 7;
    ck_assert_uint_eq(port_keeper_init(&keeper, NULL, &bad, 1, 0), STATUS_INVALID_PARAMETER);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("keeper");
    UNIT_TEST(ids_are_leased_once);
    UNIT_TEST(tables_have_limits_and_places_come_back);
    UNIT_TEST(a_lane_has_a_limited_number_of_leases);
    UNIT_TEST(a_connection_has_a_limited_number_of_senders);
    UNIT_TEST(what_holders_write_is_bounded_and_not_believed);
    UNIT_TEST(wiped_memory_is_as_new);
    UNIT_TEST(messages_that_stand_in_a_lane_can_be_counted);
    UNIT_TEST(a_geometry_that_cannot_be_is_refused);
    return UNIT_END();
}
