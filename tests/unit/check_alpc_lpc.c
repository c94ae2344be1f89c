/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The legacy handshake step by step, with the server's view, and what cuts it off at each step. */
#include "config.h"

#include "server_ports.h"

static uint32_t request_id;

static handle_t section_make(struct peer *peer)
{
    struct section_create_reply reply;

    ck_assert_uint_eq(CALL_NAMED(peer, section_create, &reply, "", 0, .size = 0x10000, .access = 6),
                      STATUS_SUCCESS);
    return reply.handle;
}

static void legacy_ask(void)
{
    static uint8_t data[512];
    uint32_t size = objattr_data(data, PORT_NAME, 0, 0, "hello", 5);
    struct port_message message;

    ck_assert_uint_eq(CALL_DATA(&pair.b, alpc_connect, &pair.connect, data, size,
                                .flags = ALPC_SYNC_CONNECTION | LPC_CONNECTION, .message_size = 5,
                                .timeout_ns = TIMEOUT_NEVER),
                      STATUS_PENDING);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    request_id = message.message_id;
}

static status_t legacy_accept(struct alpc_accept_reply *ret_reply)
{
    return CALL_DATA(&pair.a, alpc_accept, ret_reply, "welcome", 7, .port = pair.listener,
                     .message_id = request_id, .accept = 1, .hold = 1, .view_base = 0xabc0000);
}

static status_t offer(struct lpc_offer_view_reply *ret_reply)
{
    return CALL(&pair.a, lpc_offer_view, ret_reply, .port = pair.listener, .message_id = request_id,
                .view = {.size = 0x8000, .base = 0x5550000, .section = section_make(&pair.a)});
}

static status_t mapped(uint64_t base)
{
    uint8_t data[64];
    uint32_t size = objattr_data(data, "", 0, 0, NULL, 0);

    return CALL_DATA(&pair.b, alpc_connect, &pair.connect, data, size,
                     .flags = LPC_CONNECTION_MAPPED, .view = {.base = base});
}

static bool client_hears(status_t status)
{
    return peer_receive(&pair.b, &pair.connect, sizeof(pair.connect)) &&
           pair.connect.header.status == status;
}

START_TEST(a_held_acceptance_is_told_when_it_is_complete)
{
    struct alpc_accept_reply accepted, again;
    struct lpc_complete_reply completed;

    pair_start();
    legacy_ask();
    ck_assert_uint_eq(legacy_accept(&accepted), STATUS_SUCCESS);
    ck_assert_uint_eq(peer_receive(&pair.b, &pair.connect, sizeof(pair.connect)), 0);
    ck_assert_uint_eq(legacy_accept(&again), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(CALL(&pair.a, lpc_complete, &completed, .port = accepted.port),
                      STATUS_SUCCESS);
    ck_assert(client_hears(STATUS_SUCCESS));
    ck_assert_mem_eq(pair.b.data, "welcome", 7);
    ck_assert_uint_eq(pair.connect.view.base, 0xabc0000);
    pair_end();
}
END_TEST

START_TEST(the_servers_view_goes_to_the_client_and_its_address_comes_back)
{
    struct lpc_offer_view_reply offered;
    struct alpc_accept_reply accepted;
    struct lpc_complete_reply completed;

    pair_start();
    legacy_ask();
    ck_assert_uint_eq(offer(&offered), STATUS_PENDING);
    ck_assert(client_hears(STATUS_PENDING));
    ck_assert_uint_eq(pair.b.n_fds, 1);
    ck_assert_uint_eq(pair.connect.view.size, 0x8000);
    ck_assert_uint_eq(pair.connect.view.base, 0x5550000);
    ck_assert_uint_eq(pair.connect.port, 0);
    ck_assert_uint_eq(mapped(0x7770000), STATUS_PENDING);
    ck_assert_uint_ne(peer_receive(&pair.a, &offered, sizeof(offered)), 0);
    ck_assert_uint_eq(offered.remote_base, 0x7770000);
    ck_assert_uint_eq(legacy_accept(&accepted), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.a, lpc_complete, &completed, .port = accepted.port),
                      STATUS_SUCCESS);
    ck_assert(client_hears(STATUS_SUCCESS));
    ck_assert_uint_ne(pair.connect.port, 0);
    ck_assert_uint_eq(pair.b.n_fds, 3);
    pair_end();
}
END_TEST

START_TEST(a_client_that_maps_cannot_be_accepted_or_offered_to_meanwhile)
{
    struct lpc_offer_view_reply offered;
    struct alpc_accept_reply accepted;
    struct peer second;

    pair_start();
    peer_start(&second, pair.server, pair.pid_a, 12);
    legacy_ask();
    ck_assert_uint_eq(offer(&offered), STATUS_PENDING);
    ck_assert(client_hears(STATUS_PENDING));
    ck_assert_uint_eq(CALL_DATA(&second, alpc_accept, &accepted, NULL, 0, .port = pair.listener,
                                .message_id = request_id, .accept = 1),
                      STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(CALL(&second, lpc_offer_view, &offered, .port = pair.listener,
                           .message_id = request_id,
                           .view = {.size = 1, .section = section_make(&second)}),
                      STATUS_REPLY_MESSAGE_MISMATCH);
    /* Refusing it ends both. */
    ck_assert_uint_eq(CALL_DATA(&second, alpc_accept, &accepted, NULL, 0, .port = pair.listener,
                                .message_id = request_id),
                      STATUS_SUCCESS);
    ck_assert_uint_ne(peer_receive(&pair.a, &offered, sizeof(offered)), 0);
    ck_assert_uint_eq(offered.header.status, STATUS_PORT_CONNECTION_REFUSED);
    ck_assert_uint_eq(mapped(1), STATUS_PORT_CONNECTION_REFUSED);
    peer_end(&second);
    pair_end();
}
END_TEST

START_TEST(a_client_that_cannot_map_fails_the_offer)
{
    struct lpc_offer_view_reply offered;

    pair_start();
    legacy_ask();
    ck_assert_uint_eq(offer(&offered), STATUS_PENDING);
    ck_assert(client_hears(STATUS_PENDING));
    ck_assert_uint_eq(mapped(0), STATUS_NO_MEMORY);
    ck_assert_uint_ne(peer_receive(&pair.a, &offered, sizeof(offered)), 0);
    ck_assert_uint_eq(offered.header.status, STATUS_NO_MEMORY);
    pair_end();
}
END_TEST

START_TEST(a_client_or_a_server_that_ends_at_any_step_leaves_nothing)
{
    for (int step = 0; step < 8; step++) {
        struct lpc_offer_view_reply offered;
        struct alpc_accept_reply accepted;

        pair_start();
        legacy_ask();
        if (step >= 2)
            ck_assert_uint_eq(offer(&offered), STATUS_PENDING);
        if (step >= 4) {
            ck_assert(client_hears(STATUS_PENDING));
            ck_assert_uint_eq(mapped(0x7770000), STATUS_PENDING);
            ck_assert_uint_ne(peer_receive(&pair.a, &offered, sizeof(offered)), 0);
        }
        if (step >= 6)
            ck_assert_uint_eq(legacy_accept(&accepted), STATUS_SUCCESS);
        peer_end(step & 1 ? &pair.a : &pair.b);
        pair_end(); /* counts what is left */
    }
}
END_TEST

START_TEST(a_client_that_dies_as_the_view_is_offered_fails_the_offer)
{
    struct lpc_offer_view_reply offered;
    handle_t section;

    pair_start();
    legacy_ask();
    section = section_make(&pair.a);
    SEND_ONLY(&pair.a, lpc_offer_view, .port = pair.listener, .message_id = request_id,
              .view = {.size = 0x8000, .section = section});
    ck_assert_int_eq(shutdown(pair.b.fd, SHUT_RDWR), 0); /* seen when the offer is sent on */
    fixture_steps();
    ck_assert_uint_ne(peer_receive(&pair.a, &offered, sizeof(offered)), 0);
    ck_assert_uint_eq(offered.header.status, STATUS_REPLY_MESSAGE_MISMATCH);
    pair_end();
}
END_TEST

START_TEST(a_client_that_maps_makes_no_other_connection_meanwhile)
{
    struct lpc_offer_view_reply offered;

    pair_start();
    legacy_ask();
    ck_assert_uint_eq(offer(&offered), STATUS_PENDING);
    ck_assert(client_hears(STATUS_PENDING));
    ck_assert_uint_eq(pair_ask(ALPC_SYNC_CONNECTION, NULL, 0), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(mapped(0x7770000), STATUS_PENDING);
    pair_end();
}
END_TEST

START_TEST(a_threads_end_is_told_before_its_ports_close)
{
    struct lpc_terminate_port_reply reply;
    struct port_message message;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.b, lpc_terminate_port, &reply, .port = pair.b_port,
                           .create_time = 0x0102030405060708),
                      STATUS_SUCCESS);
    peer_end(&pair.b);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type, 6);
    ck_assert_uint_eq(message.sender_thread_id, 22);
    ck_assert_uint_eq(message.data_length, 8);
    ck_assert_uint_eq(message.data[7], 1);
    ck_assert_uint_eq(message.port_context, 0x77);
    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type, 5);
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("lpc");
    UNIT_TEST(a_held_acceptance_is_told_when_it_is_complete);
    UNIT_TEST(the_servers_view_goes_to_the_client_and_its_address_comes_back);
    UNIT_TEST(a_client_that_maps_cannot_be_accepted_or_offered_to_meanwhile);
    UNIT_TEST(a_client_that_cannot_map_fails_the_offer);
    UNIT_TEST(a_client_or_a_server_that_ends_at_any_step_leaves_nothing);
    UNIT_TEST(a_client_that_dies_as_the_view_is_offered_fails_the_offer);
    UNIT_TEST(a_client_that_maps_makes_no_other_connection_meanwhile);
    UNIT_TEST(a_threads_end_is_told_before_its_ports_close);
    return UNIT_END();
}
