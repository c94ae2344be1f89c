/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The memory of a request, in two processes. */

#include "legacy_pair.h"

enum { BYTES = 100000 };

struct request {
    struct portico_message header;
    uint32_t n_entries, reserved;
    struct {
        uint64_t base;
        uint32_t size, reserved;
    } entries[1];
};

static struct test_message message;
static uint8_t memory[BYTES];

static void pattern(uint8_t *bytes, unsigned seed)
{
    for (unsigned i = 0; i < BYTES; i++)
        bytes[i] = pattern_byte(i, seed);
}

static bool is_pattern(const uint8_t *bytes, unsigned seed)
{
    for (unsigned i = 0; i < BYTES; i++)
        if (bytes[i] != pattern_byte(i, seed))
            return false;
    return true;
}

/* The child: one request that describes `memory`; says what came of it. */
static int child_main(const char *name)
{
    struct portico_legacy_connect connect = {.name = test_name(LEGACY_NAME)};
    struct request request = {
        .header = {.data_length = sizeof(request) - sizeof(request.header),
                   .total_length = sizeof(request),
                   .data_info_offset = sizeof(request.header)},
        .n_entries = 1,
        .entries = {{(uintptr_t)memory, BYTES, 0}},
    };
    struct test_message *reply = malloc(sizeof(*reply));
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .legacy = PORTICO_LEGACY_REQUEST,
                                        .send = &request.header,
                                        .receive = &reply->header,
                                        .capacity = SIZE_MAX,
                                        .deadline_ns = PORTICO_FOREVER};
    handle_t port;

    (void)name;
    if (portico_start(NULL) != STATUS_SUCCESS ||
        portico_legacy_connect(&connect, &port) != STATUS_SUCCESS)
        return 9;
    pattern(memory, 1);
    if (portico_port_exchange(port, &exchange) != STATUS_SUCCESS)
        return 8;
    return is_pattern(memory, 2) ? 0 : 7;
}

static struct child client_begin(handle_t *ret_listener, handle_t *ret_server)
{
    struct portico_legacy_accept accept = {.request = &message.header, .accept = true};
    struct child child;

    daemon_connect();
    ck_ok(legacy_listen(ret_listener));
    child = child_start("asks");
    ck_ok(legacy_take(*ret_listener, &message, NULL));
    ck_ok(portico_legacy_accept(&accept, ret_server));
    ck_ok(portico_legacy_complete(*ret_server));
    ck_ok(legacy_take(*ret_listener, &message, NULL));
    ck_assert_uint_eq(message.header.data_info_offset, sizeof(message.header));
    return child;
}

static status_t move(handle_t port, bool is_write, uint8_t *buffer, size_t size)
{
    struct portico_request_data data = {.message_id = message.header.message_id,
                                        .is_write = is_write,
                                        .buffer = buffer,
                                        .size = size};
    status_t status = portico_request_data(port, &data);

    if (status == STATUS_SUCCESS)
        ck_assert_uint_eq(data.ret_done, size);
    return status;
}

START_TEST(what_another_process_described_is_read_and_written)
{
    static uint8_t bytes[BYTES + 1];
    handle_t listener, server;
    struct child child = client_begin(&listener, &server);
    struct portico_exchange reply = {
        .flags = PORTICO_RELEASE, .legacy = PORTICO_LEGACY_REPLY, .send = &message.header};

    ck_status(move(server, false, bytes, BYTES + 1), STATUS_INVALID_PARAMETER);
    ck_ok(move(server, false, bytes, BYTES));
    ck_assert(is_pattern(bytes, 1));
    pattern(bytes, 2);
    ck_ok(move(listener, true, bytes, BYTES));
    ck_ok(portico_port_exchange(server, &reply));
    ck_status(move(server, false, bytes, 1), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_int_eq(child_end(&child), 0);
    ck_ok(portico_close(server));
    ck_ok(portico_close(listener));
}
END_TEST

START_TEST(a_sender_that_is_killed_gives_nothing)
{
    static uint8_t bytes[BYTES];
    handle_t listener, server;
    struct child child = client_begin(&listener, &server);

    kill(child.pid, SIGKILL);
    ck_assert_int_eq(child_end(&child), 128 + SIGKILL);
    ck_assert_uint_ne(move(server, false, bytes, BYTES), STATUS_SUCCESS);
    ck_ok(portico_close(server));
    ck_ok(portico_close(listener));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("request_data");
    UNIT_TEST(what_another_process_described_is_read_and_written);
    UNIT_TEST(a_sender_that_is_killed_gives_nothing);
    return DAEMON_END(UNIT_END());
}
