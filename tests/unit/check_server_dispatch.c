/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The rules of the wire: every breach drops the client that commits it and nobody else. */
#include "config.h"

#include "dispatch.h"

#include <fcntl.h>

#include "server_fixture.h"

static struct server *server;
static struct peer good, bad;

static void start(void)
{
    server = fixture_start();
    peer_start(&good, server, 0, 1);
    peer_start(&bad, server, 0, 2);
}

/* `bad` has been dropped, `good` is served. */
static void end(void)
{
    struct server_status_reply reply;

    ck_assert(peer_is_dropped(&bad));
    ck_assert_uint_eq(CALL(&good, server_status, &reply), STATUS_SUCCESS);
    ck_assert_uint_eq(reply.n_clients, 1);
    peer_end(&bad);
    peer_end(&good);
    closer_drain(server->closer);
    fixture_end();
}

static void send_bad(const void *packet, size_t size)
{
    peer_send(&bad, packet, size, NULL, 0, NULL, 0);
}

START_TEST(every_wrong_length_is_a_breach)
{
    struct event_query_request request = {.header = {.code = REQ_event_query}};

    for (size_t size = 1; size < sizeof(request); size++) {
        start();
        send_bad(&request, size);
        end();
    }
    start();
    peer_send(&bad, &request, sizeof(request), "x", 1, NULL, 0);
    end();
}
END_TEST

START_TEST(unknown_requests_are_breaches)
{
    static const uint16_t codes[] = {0, REQUEST_COUNT, 0xffff};

    for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
        struct request_header header = {.code = codes[i]};
        start();
        send_bad(&header, sizeof(header));
        end();
    }
}
END_TEST

START_TEST(data_sizes_must_be_true)
{
    static const uint32_t sizes[] = {1, PACKET_DATA_MAX_BYTES, PACKET_DATA_MAX_BYTES + 1,
                                     0xffffffff};

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct symlink_query_request request = {
            .header = {.code = REQ_symlink_query, .data_size = sizes[i]}};
        start();
        send_bad(&request, sizeof(request));
        end();
    }
}
END_TEST

START_TEST(object_names_must_lie_within_the_data)
{
    static const struct objattr heads[] = {
        {.name_size = 2},          {.name_size = 3},
        {.name_size = 0xffffffff}, {.sd_size = 1},
        {.sd_size = 0xffffffff},   {.name_size = 0xfffffffe, .sd_size = 2},
        {.name_size = 0x7ffffffe}, {.name_size = 0x80000000, .sd_size = 0x80000000},
    };

    for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
        struct event_create_request request = {
            .header = {.code = REQ_event_create, .data_size = sizeof(heads[0])}};
        start();
        peer_send(&bad, &request, sizeof(request), &heads[i], sizeof(heads[i]), NULL, 0);
        end();
    }
    struct event_create_request request = {.header = {.code = REQ_event_create, .data_size = 15}};
    start();
    peer_send(&bad, &request, sizeof(request), &heads[0], 15, NULL, 0);
    end();
}
END_TEST

START_TEST(handles_come_whole)
{
    struct wait_request request = {.header = {.code = REQ_wait, .data_size = 6}};

    start();
    peer_send(&bad, &request, sizeof(request), "123456", 6, NULL, 0);
    end();
}
END_TEST

START_TEST(descriptors_are_counted_and_closed)
{
    struct event_query_request request = {.header = {.code = REQ_event_query, .n_fds = 1}};
    int many[TRANSFER_FDS_MAX], pipe_fds[2];
    char byte;

    start();
    ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
    peer_send(&bad, &request, sizeof(request), NULL, 0, &pipe_fds[1], 1);
    close(pipe_fds[1]);
    closer_drain(server->closer);
    ck_assert_int_eq(read(pipe_fds[0], &byte, 1), 0);
    close(pipe_fds[0]);
    end();

    start();
    ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
    for (int i = 0; i < TRANSFER_FDS_MAX; i++)
        many[i] = pipe_fds[1];
    peer_send(&bad, &request, sizeof(request), NULL, 0, many, TRANSFER_FDS_MAX);
    close(pipe_fds[1]);
    closer_drain(server->closer);
    ck_assert_int_eq(read(pipe_fds[0], &byte, 1), 0);
    close(pipe_fds[0]);
    end();

    /* Said to come and did not. */
    start();
    send_bad(&request, sizeof(request));
    end();
}
END_TEST

START_TEST(a_packet_larger_than_any_is_a_breach)
{
    static uint8_t huge[PACKET_MAX_BYTES + 1];

    start();
    huge[0] = REQ_hello;
    send_bad(huge, sizeof(huge));
    end();
}
END_TEST

START_TEST(hello_comes_first_and_once)
{
    struct server_status_request request = {.header = {.code = REQ_server_status}};

    start();
    peer_end(&bad);
    peer_open(&bad, server, 0);
    send_bad(&request, sizeof(request));
    end();
    start();
    ck_assert_uint_eq(peer_hello(&bad, HELLO_REQUEST, 2), STATUS_PENDING);
    end();
}
END_TEST

START_TEST(a_parked_thread_sends_nothing_but_cancel)
{
    struct server_status_request request = {.header = {.code = REQ_server_status}};
    struct event_create_reply event;
    struct wait_reply waited;

    start();
    ck_assert_uint_eq(CALL_NAMED(&bad, event_create, &event, "", 0, .access = 0x1f0003),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_DATA(&bad, wait, &waited, &event.handle, sizeof(handle_t),
                                .timeout_ns = TIMEOUT_NEVER),
                      STATUS_PENDING);
    send_bad(&request, sizeof(request));
    ck_assert_uint_eq(server->n_parked, 0);
    end();
}
END_TEST

static size_t request_size(uint16_t code)
{
    switch (code) {
/* clang-format off */
#define REQUEST(name, in, out, fds_in, fds_out) case REQ_##name: return sizeof(struct name##_request);
#define ARG(type, field)
#define RET(type, field)
#define END(name)
#define NOTICE(name)
#define FIELD(type, field)
#define NOTICE_END(name)
#include "portico/requests.def"
    /* clang-format on */
    default:
        return 0;
    }
}

/* Random arguments in well-formed packets: every handler is reached with nonsense, several thousand
 * times. */
START_TEST(random_arguments_never_hurt)
{
    static uint8_t packet[600];
    unsigned seed = 1;

    start();
    for (int round = 0; round < 4000; round++) {
        uint16_t code = (uint16_t)(1 + rand_r(&seed) % (REQUEST_COUNT - 1));
        size_t fixed = request_size(code), size = fixed + (size_t)(rand_r(&seed) % 60);
        struct request_header *header = (void *)packet;

        if (code == REQ_server_stop || code == REQ_hello || code == REQ_process_terminate)
            continue;
        for (size_t i = 0; i < size; i++) {
            int r = rand_r(&seed);
            packet[i] = r % 3 ? 0 : (uint8_t)(r >> 8) % (r % 2 ? 32 : 255);
        }
        *header = (struct request_header){.code = code, .data_size = (uint32_t)(size - fixed)};
        send_bad(packet, size);
        peer_drop_fds(&bad);
        while (peer_receive(&bad, packet, sizeof(struct reply_header)))
            ;
        if (bad.client && peer_is_dropped(&bad)) {
            peer_end(&bad);
            peer_start(&bad, server, 0, 2);
        }
    }
    shutdown(bad.fd, SHUT_RDWR);
    fixture_steps();
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("dispatch");
    UNIT_TEST(every_wrong_length_is_a_breach);
    UNIT_TEST(unknown_requests_are_breaches);
    UNIT_TEST(data_sizes_must_be_true);
    UNIT_TEST(object_names_must_lie_within_the_data);
    UNIT_TEST(handles_come_whole);
    UNIT_TEST(descriptors_are_counted_and_closed);
    UNIT_TEST(a_packet_larger_than_any_is_a_breach);
    UNIT_TEST(hello_comes_first_and_once);
    UNIT_TEST(a_parked_thread_sends_nothing_but_cancel);
    UNIT_TEST(random_arguments_never_hurt);
    return UNIT_END();
}
