/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Port memory that the daemon made, as its holder reads it. */
#include "config.h"

#include "alpc/receiver.h"

#include <fcntl.h>

#include "server_ports.h"

START_TEST(the_connection_request_arrives_with_its_data_and_sender)
{
    struct port_message message;

    pair_start();
    ck_assert_uint_eq(pair_ask(0, "hello", 5), STATUS_SUCCESS);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type, 0x200a);
    ck_assert_uint_eq(message.message_id, pair.connect.message_id);
    ck_assert_uint_eq(message.sender_process_id, (uint32_t)pair.pid_b);
    ck_assert_uint_eq(message.sender_thread_id, 22);
    ck_assert_uint_eq(message.data_length, 5);
    ck_assert_mem_eq(message.data, "hello", 5);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_EMPTY);
    pair_end();
}
END_TEST

START_TEST(an_asynchronous_client_receives_the_connection_reply)
{
    struct holder client;
    struct port_message message;

    pair_start();
    ck_assert_uint_eq(pair_ask(0, "hello", 5), STATUS_SUCCESS);
    holder_open(&client, pair.b.fds[0], pair.connect.memory_size, pair.pid_b);
    ck_assert_int_eq(holder_receive(&client, &pair.b, pair.connect.port, &message), PORT_EMPTY);
    pair_accept();
    ck_assert_int_eq(holder_receive(&client, &pair.b, pair.connect.port, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type & 0xff, 11);
    ck_assert_uint_eq(message.data_length, 7);
    ck_assert_mem_eq(message.data, "welcome", 7);
    ck_assert_uint_eq(message.sender_process_id, (uint32_t)pair.pid_a);
    holder_close(&client);
    pair_end();
}
END_TEST

START_TEST(requests_that_do_not_fit_wait_and_come_in_order)
{
    static uint8_t big[0xffd7];
    struct port_message message;
    struct alpc_lane0_drained_reply drained;
    uint32_t first, n_received = 0;

    pair_start();
    for (int i = 0; i < 8; i++) {
        big[0] = (uint8_t)i;
        ck_assert_uint_eq(pair_ask(0, big, sizeof(big)), STATUS_SUCCESS);
        if (i == 0)
            first = pair.connect.message_id;
    }
    while (n_received < 8) {
        enum port_result result = holder_receive(&pair.holder, &pair.a, pair.listener, &message);

        if (result == PORT_EMPTY) {
            ck_assert_uint_eq(CALL(&pair.a, alpc_lane0_drained, &drained, .port = pair.listener),
                              STATUS_SUCCESS);
            continue;
        }
        ck_assert_int_eq(result, PORT_RECEIVED);
        ck_assert_uint_eq(message.message_id, first + n_received);
        ck_assert_uint_eq(message.data_length, sizeof(big));
        n_received++;
    }
    pair_end();
}
END_TEST

START_TEST(a_client_that_gave_up_is_not_received)
{
    struct cancel_request_request cancel = {.header = {.code = REQ_cancel_request}};
    struct port_message message;

    pair_start();
    ck_assert_uint_eq(pair_ask(ALPC_SYNC_CONNECTION, "hello", 5), STATUS_PENDING);
    peer_send(&pair.b, &cancel, sizeof(cancel), NULL, 0, NULL, 0);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_EMPTY);
    pair_end();
}
END_TEST

START_TEST(the_bell_rings_for_a_connection_request)
{
    struct epoll_event event;

    pair_start();
    holder_bells(&pair.holder, &pair.a, pair.listener);
    ck_assert_int_eq(epoll_wait(pair.holder.outer, &event, 1, 0), 0);
    ck_assert_uint_eq(pair_ask(0, "hello", 5), STATUS_SUCCESS);
    ck_assert_int_eq(epoll_wait(pair.holder.outer, &event, 1, 0), 1);
    pair_end();
}
END_TEST

START_TEST(a_holder_cannot_seal_or_resize_the_memory)
{
    struct alpc_query_reply reply;

    pair_start();
    ck_assert_uint_eq(CALL(&pair.a, alpc_query, &reply, .port = pair.listener), STATUS_SUCCESS);
    ck_assert_uint_eq(pair.a.n_fds, 1);
    ck_assert_int_eq(ftruncate(pair.a.fds[0], 0), -1);
    ck_assert_int_eq(fcntl(pair.a.fds[0], F_ADD_SEALS, F_SEAL_FUTURE_WRITE), -1);
    pair_end();
}
END_TEST

START_TEST(memory_scribbled_over_never_hurts_the_daemon)
{
    struct alpc_lane_reply lane;
    struct server_status_reply status;
    struct list_ports_reply ports;
    uint8_t *memory;
    unsigned seed = 7;

    for (int round = 0; round < 20; round++) {
        pair_start();
        pair_connect();
        memory = pair.holder.memory;
        for (int i = 0; i < 20000; i++)
            memory[(size_t)rand_r(&seed) % (1u << 20)] = (uint8_t)rand_r(&seed);
        (void)pair_ask(0, "hello", 5);
        peer_drop_fds(&pair.b);
        (void)CALL(&pair.b, alpc_lane, &lane, .port = pair.b_port);
        ck_assert_uint_eq(CALL(&pair.a, list_ports, &ports), STATUS_SUCCESS);
        ck_assert_uint_eq(CALL(&pair.a, server_status, &status), STATUS_SUCCESS);
        munmap(pair.holder.memory, pair.holder.size);
        /* The view is not used again: only its own table is left. */
        free(pair.holder.view.lanes);
        peer_end(&pair.a);
        peer_end(&pair.b);
        child_die(pair.pid_a);
        child_die(pair.pid_b);
        ck_assert_uint_eq(pair.server->lane_bytes, 0);
        fixture_end();
    }
}
END_TEST

int main(void)
{
    UNIT_BEGIN("receiver");
    UNIT_TEST(the_connection_request_arrives_with_its_data_and_sender);
    UNIT_TEST(an_asynchronous_client_receives_the_connection_reply);
    UNIT_TEST(requests_that_do_not_fit_wait_and_come_in_order);
    UNIT_TEST(a_client_that_gave_up_is_not_received);
    UNIT_TEST(the_bell_rings_for_a_connection_request);
    UNIT_TEST(a_holder_cannot_seal_or_resize_the_memory);
    UNIT_TEST(memory_scribbled_over_never_hurts_the_daemon);
    return UNIT_END();
}
