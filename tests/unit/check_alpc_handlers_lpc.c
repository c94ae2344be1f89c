/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Legacy connections across the handlers: what each request refuses. */
#include "config.h"

#include "server_ports.h"

static handle_t section_make(struct peer *peer, uint64_t size, uint32_t access)
{
    struct section_create_reply reply;

    ck_assert_uint_eq(
        CALL_NAMED(peer, section_create, &reply, "", 0, .size = size, .access = access),
        STATUS_SUCCESS);
    return reply.handle;
}

static status_t legacy_ask(struct lpc_view view)
{
    static uint8_t data[512];
    uint32_t size = objattr_data(data, PORT_NAME, 0, 0, "hello", 5);

    return CALL_DATA(&pair.b, alpc_connect, &pair.connect, data, size,
                     .flags = ALPC_SYNC_CONNECTION | LPC_CONNECTION, .view = view,
                     .message_size = 5, .timeout_ns = TIMEOUT_NEVER);
}

static uint32_t pending_id(void)
{
    struct port_message message;

    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type & 0xff, 10);
    return message.message_id;
}

START_TEST(a_view_is_fetched_by_the_connection_port_only)
{
    struct lpc_request_view_reply reply;
    handle_t section;

    pair_start();
    section = section_make(&pair.b, 0x10000, 6);
    ck_assert_uint_eq(
        legacy_ask((struct lpc_view){.size = 0x10000, .base = 0x1234000, .section = section}),
        STATUS_PENDING);
    uint32_t id = pending_id();
    ck_assert_uint_eq(CALL(&pair.a, lpc_request_view, &reply, .port = pair.listener,
                           .message_id = id, .with_fd = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(reply.view.size, 0x10000);
    ck_assert_uint_eq(reply.view.base, 0x1234000);
    ck_assert_uint_eq(pair.a.n_fds, 1);
    ck_assert_uint_eq(
        CALL(&pair.a, lpc_request_view, &reply, .port = pair.listener, .message_id = id),
        STATUS_SUCCESS);
    ck_assert_uint_eq(pair.a.n_fds, 0);
    ck_assert_uint_eq(
        CALL(&pair.a, lpc_request_view, &reply, .port = pair.listener, .message_id = id + 1),
        STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(CALL(&pair.a, lpc_request_view, &reply,
                           .port = section_make(&pair.a, 0x1000, 6), .message_id = id),
                      STATUS_OBJECT_TYPE_MISMATCH);
    pair_end();
}
END_TEST

START_TEST(a_view_needs_a_section_that_is_large_enough_and_writable)
{
    handle_t section, read_only;

    pair_start();
    section = section_make(&pair.b, 0x10000, 6);
    read_only = section_make(&pair.b, 0x10000, 4);
    ck_assert_uint_eq(legacy_ask((struct lpc_view){.size = 0x10001, .section = section}),
                      STATUS_INVALID_VIEW_SIZE);
    ck_assert_uint_eq(
        legacy_ask((struct lpc_view){.offset = UINT64_MAX, .size = 0x1000, .section = section}),
        STATUS_INVALID_VIEW_SIZE);
    ck_assert_uint_eq(
        legacy_ask((struct lpc_view){.offset = 0x10000, .size = UINT64_MAX, .section = section}),
        STATUS_INVALID_VIEW_SIZE);
    ck_assert_uint_eq(legacy_ask((struct lpc_view){.size = 0x1000, .section = read_only}),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(legacy_ask((struct lpc_view){.size = 0x1000, .section = 0x7770}),
                      STATUS_INVALID_HANDLE);
    pair_end();
}
END_TEST

START_TEST(an_alpc_client_takes_no_view)
{
    struct lpc_offer_view_reply reply = {.remote_base = 1};
    handle_t section;

    pair_start();
    section = section_make(&pair.a, 0x10000, 6);
    ck_assert_uint_eq(pair_ask(0, NULL, 0), STATUS_SUCCESS);
    uint32_t id = pending_id();
    ck_assert_uint_eq(CALL(&pair.a, lpc_offer_view, &reply, .port = pair.listener, .message_id = id,
                           .view = {.size = 0x10000, .section = section}),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(reply.remote_base, 0);
    ck_assert_uint_eq(
        CALL(&pair.a, lpc_offer_view, &reply, .port = pair.listener, .message_id = id),
        STATUS_INVALID_PARAMETER);
    pair_end();
}
END_TEST

START_TEST(completing_is_for_server_communication_ports_whose_client_waits)
{
    struct lpc_complete_reply reply;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.a, lpc_complete, &reply, .port = pair.listener),
                      STATUS_INVALID_PORT_HANDLE);
    ck_assert_uint_eq(CALL(&pair.b, lpc_complete, &reply, .port = pair.b_port),
                      STATUS_INVALID_PORT_HANDLE);
    ck_assert_uint_eq(CALL(&pair.a, lpc_complete, &reply, .port = pair.a_port),
                      STATUS_INVALID_PARAMETER);
    pair_end();
}
END_TEST

START_TEST(a_mapped_view_that_nobody_offered_is_refused)
{
    struct alpc_connect_reply reply;
    uint8_t data[64];

    pair_start();
    uint32_t size = objattr_data(data, "", 0, 0, NULL, 0);
    ck_assert_uint_eq(CALL_DATA(&pair.b, alpc_connect, &reply, data, size,
                                .flags = LPC_CONNECTION_MAPPED, .view = {.base = 1}),
                      STATUS_PORT_CONNECTION_REFUSED);
    pair_end();
}
END_TEST

START_TEST(a_thread_registers_a_bounded_number_of_ports)
{
    struct lpc_terminate_port_reply reply;
    status_t status = STATUS_SUCCESS;
    int n = 0;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.a, lpc_terminate_port, &reply, .port = pair.listener),
                      STATUS_INVALID_PORT_HANDLE);
    for (; status == STATUS_SUCCESS && n < 1000; n++)
        status = CALL(&pair.b, lpc_terminate_port, &reply, .port = pair.b_port);
    ck_assert_uint_eq(status, STATUS_QUOTA_EXCEEDED);
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_lpc");
    UNIT_TEST(a_view_is_fetched_by_the_connection_port_only);
    UNIT_TEST(a_view_needs_a_section_that_is_large_enough_and_writable);
    UNIT_TEST(an_alpc_client_takes_no_view);
    UNIT_TEST(completing_is_for_server_communication_ports_whose_client_waits);
    UNIT_TEST(a_mapped_view_that_nobody_offered_is_refused);
    UNIT_TEST(a_thread_registers_a_bounded_number_of_ports);
    return UNIT_END();
}
