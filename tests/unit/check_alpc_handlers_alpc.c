/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Misuses of ALPC requests, and a lane that its receiver reports. */
#include "config.h"

#include "server_ports.h"

/* There is no reply. */
START_TEST(a_reported_sender_loses_its_connections)
{
    struct alpc_lane_broken_reply reply;
    struct alpc_lane_reply lane;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.a, alpc_lane_broken, &reply, .port = pair.listener,
                           .lane = pair.connect.lane.lane,
                           .generation = pair.connect.lane.generation + 2),
                      STATUS_PENDING);
    ck_assert_uint_eq(pair.server->n_connections, 1);
    ck_assert_uint_eq(CALL(&pair.a, alpc_lane_broken, &reply, .port = pair.listener,
                           .lane = pair.connect.lane.lane,
                           .generation = pair.connect.lane.generation),
                      STATUS_PENDING);
    ck_assert_uint_eq(pair.server->n_connections, 0);
    ck_assert_uint_eq(CALL(&pair.b, alpc_lane, &lane, .port = pair.b_port),
                      STATUS_PORT_DISCONNECTED);
    pair_end();
}
END_TEST

START_TEST(requests_on_the_wrong_kind_of_handle_fail)
{
    struct alpc_accept_reply accepted;
    struct alpc_disconnect_reply disconnected;
    struct event_create_reply event;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.b, alpc_accept, &accepted, .port = pair.b_port, .message_id = 1),
                      STATUS_INVALID_PORT_HANDLE);
    ck_assert_uint_eq(
        CALL(&pair.b, alpc_disconnect, &disconnected, .port = pair.b_port, .flags = 2),
        STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL(&pair.b, alpc_disconnect, &disconnected, .port = 4000),
                      STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(CALL_NAMED(&pair.b, event_create, &event, "", 0, .access = 3),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_disconnect, &disconnected, .port = event.handle),
                      STATUS_OBJECT_TYPE_MISMATCH);
    pair_end();
}
END_TEST

START_TEST(senders_that_have_gone_are_told_from_those_that_are_left)
{
    struct alpc_senders_left_reply reply;
    uint64_t ids[SENDERS_LEFT_MAX + 1] = {0};

    pair_start();
    pair_connect();
    ids[1] = pair.connect.lane.sender_id;
    ids[2] = pair.connect.lane.sender_id + 1;
    ck_assert_uint_eq(CALL_DATA(&pair.b, alpc_senders_left, &reply, ids, 3 * sizeof(ids[0])),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(pair.b.data_size, 3);
    ck_assert_int_eq(memcmp(pair.b.data, "\0\1\0", 3), 0);
    /* Another process' sender is none of ours. */
    ck_assert_uint_eq(CALL_DATA(&pair.a, alpc_senders_left, &reply, ids + 1, sizeof(ids[0])),
                      STATUS_SUCCESS);
    ck_assert_int_eq(pair.a.data[0], 0);
    ck_assert_uint_eq(CALL_DATA(&pair.b, alpc_senders_left, &reply, ids, sizeof(ids)),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL_DATA(&pair.b, alpc_senders_left, &reply, ids, 12),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL(&pair.b, alpc_senders_left, &reply), STATUS_INVALID_PARAMETER);
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_alpc");
    UNIT_TEST(a_reported_sender_loses_its_connections);
    UNIT_TEST(requests_on_the_wrong_kind_of_handle_fail);
    UNIT_TEST(senders_that_have_gone_are_told_from_those_that_are_left);
    return UNIT_END();
}
