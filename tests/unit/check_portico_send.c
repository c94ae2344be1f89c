/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "daemon.h"

static const char name[] = "\\RPC Control\\send";
static struct test_message message, other;

static void answer(handle_t port, uint32_t flags, struct test_message *received, size_t size,
                   unsigned seed)
{
    struct portico_message header = received->header;

    message_fill(received, size, seed);
    received->header.message_id = header.message_id;
    received->header.callback_id = header.callback_id;
    ck_ok(port_send(port, flags, received));
}

START_TEST(an_asynchronous_request_is_answered_into_the_clients_queue)
{
    struct pair pair = pair_make(name);
    struct portico_attributes sent = {.valid = PORTICO_ATTRIBUTE_CONTEXT,
                                      .context.message_context = 77};
    struct portico_attributes got = {.wanted = PORTICO_ATTRIBUTE_CONTEXT | PORTICO_ATTRIBUTE_TOKEN};
    struct portico_exchange send = {.send = &message.header, .send_attributes = &sent};

    for (size_t size = 0; size <= 65495; size += 13099) {
        message_fill(&message, size, 1);
        ck_ok(portico_port_exchange(pair.client, &send));
        ck_ok(port_receive_for(pair.connection, &other, PORTICO_FOREVER, &got));
        ck_assert_uint_eq(other.header.type,
                          PORTICO_TYPE_REQUEST | PORTICO_TYPE_CONTINUATION_REQUIRED);
        ck_assert(message_has(&other, size, 1));
        ck_assert_uint_eq(got.valid, PORTICO_ATTRIBUTE_CONTEXT | PORTICO_ATTRIBUTE_TOKEN);
        ck_assert_uint_eq(got.context.port_context, 0x1234);
        ck_assert_uint_eq(got.context.message_context, 0);
        uint32_t callback = got.context.callback_id;
        answer(pair.connection, PORTICO_RELEASE, &other, 65495 - size, 2);
        ck_ok(port_receive_for(pair.client, &message, PORTICO_FOREVER, &got));
        ck_assert_uint_eq(message.header.type, PORTICO_TYPE_REPLY);
        ck_assert(message_has(&message, 65495 - size, 2));
        ck_assert_uint_eq(got.context.message_context, 77);
        ck_assert_uint_eq(got.context.port_context, pair.client);
        ck_assert_uint_eq(got.context.callback_id, callback);
    }
    pair_close(&pair);
}
END_TEST

START_TEST(a_message_goes_to_and_fro_until_it_is_released)
{
    struct pair pair = pair_make(name);
    uint32_t id = 0;

    message_fill(&message, 10, 1);
    ck_ok(port_send(pair.client, 0, &message));
    for (unsigned i = 0; i < 20; i++) {
        ck_ok(port_take(i % 2 ? pair.client : pair.connection, &message));
        ck_assert_uint_eq(message.header.type,
                          PORTICO_TYPE_REQUEST | PORTICO_TYPE_CONTINUATION_REQUIRED);
        if (i)
            ck_assert_uint_eq(message.header.message_id, id);
        id = message.header.message_id;
        answer(i % 2   ? pair.client
               : i % 4 ? pair.server
                       : pair.connection,
               i == 19 ? PORTICO_RELEASE : 0, &message, 10 + i, i);
    }
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_REPLY);
    ck_status(port_send(pair.connection, PORTICO_RELEASE, &message), STATUS_REPLY_MESSAGE_MISMATCH);
    pair_close(&pair);
}
END_TEST

START_TEST(a_server_asks_its_client_and_is_answered_at_the_connection_port)
{
    struct pair pair = pair_make(name);

    message_fill(&message, 33, 5);
    ck_ok(port_send(pair.server, 0, &message));
    ck_ok(port_take(pair.client, &message));
    ck_assert_uint_eq(message.header.process_id, (uint64_t)getpid());
    answer(pair.client, PORTICO_RELEASE, &message, 44, 6);
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_REPLY);
    ck_assert(message_has(&message, 44, 6));
    pair_close(&pair);
}
END_TEST

START_TEST(a_reply_goes_by_the_connection_port_or_the_clients_own_port)
{
    struct pair pair = pair_make(name);
    handle_t server, client = pair_connect(pair.connection, name, 2, &server);

    message_fill(&message, 10, 1);
    ck_ok(port_send(client, 0, &message));
    ck_ok(port_take(pair.connection, &message));
    ck_status(port_send(pair.server, PORTICO_RELEASE, &message), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_ok(port_send(server, PORTICO_RELEASE, &message));
    ck_ok(port_take(client, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_REPLY);
    ck_status(port_receive_for(pair.client, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    ck_ok(portico_close(client));
    ck_ok(portico_close(server));
    pair_close(&pair);
}
END_TEST

START_TEST(the_way_back_to_a_second_client_grows_too)
{
    struct pair pair = pair_make(name);
    handle_t server, client = pair_connect(pair.connection, name, 2, &server);
    enum { N = 60 };

    for (unsigned i = 0; i < N; i++) {
        message_fill(&message, 8, i);
        ck_ok(port_send(client, 0, &message));
        ck_ok(port_take(pair.connection, &message));
        answer(pair.connection, PORTICO_RELEASE, &message, 60000, i);
    }
    for (unsigned i = 0; i < N; i++) {
        ck_ok(port_receive_for(client, &message, PORTICO_POLL, NULL));
        ck_assert(message_has(&message, 60000, i));
    }
    ck_ok(portico_close(client));
    ck_ok(portico_close(server));
    pair_close(&pair);
}
END_TEST

START_TEST(ten_thousand_datagrams_wait_unread_and_stay_in_order)
{
    struct pair pair = pair_make(name);

    for (unsigned i = 0; i < 10000; i++) {
        message_fill(&message, i % 300, i);
        ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    }
    for (unsigned i = 0; i < 10000; i++) {
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
        ck_assert_msg(message_has(&message, i % 300, i), "message %u", i);
        ck_assert_uint_eq(message.header.type, PORTICO_TYPE_DATAGRAM);
    }
    ck_status(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    pair_close(&pair);
}
END_TEST

START_TEST(thousands_of_unanswered_requests_are_answered_later)
{
    struct pair pair = pair_make(name);
    enum { N = 5000 };

    for (unsigned i = 0; i < N; i++) {
        message_fill(&message, 16, i);
        ck_ok(port_send(pair.client, 0, &message));
    }
    for (unsigned i = 0; i < N; i++) {
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
        ck_assert(message_has(&message, 16, i));
        answer(pair.connection, PORTICO_RELEASE, &message, 16, i + 1);
    }
    for (unsigned i = 0; i < N; i++) {
        ck_ok(port_receive_for(pair.client, &message, PORTICO_POLL, NULL));
        ck_assert(message_has(&message, 16, i + 1));
    }
    pair_close(&pair);
}
END_TEST

static bool bad_copy(void *destination, const void *source, size_t size)
{
    if ((uintptr_t)source < 4096)
        return false;
    memcpy(destination, source, size);
    return true;
}

START_TEST(memory_that_cannot_be_read_costs_nothing_but_the_call)
{
    struct portico_hooks hooks = {.copy_in = bad_copy};
    struct pair pair;
    struct portico_exchange exchange = {.flags = PORTICO_RELEASE,
                                        .send = (struct portico_message *)8};

    ck_ok(portico_start(&hooks));
    pair = pair_make(name);
    ck_status(portico_port_exchange(pair.client, &exchange), STATUS_ACCESS_VIOLATION);
    message_fill(&message, 5, 1);
    ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    ck_ok(port_take(pair.connection, &message));
    ck_assert(message_has(&message, 5, 1));
    pair_close(&pair);
}
END_TEST

/* Memory that is unmapped between the look at it and the copy: single bytes can be read. */
static const void *vanishing;
static bool vanishing_copy(void *destination, const void *source, size_t size)
{
    if (source == vanishing && size > 1)
        return false;
    memcpy(destination, source, size);
    return true;
}

static void *ask(void *client)
{
    static struct test_message request;

    message_fill(&request, 8, 1);
    return (void *)(uintptr_t)port_call((handle_t)(uintptr_t)client, &request, &request);
}

/* flags: PORTICO_RELEASE, or PORTICO_SYNC: whose answer would never come. */
static void answer_that_vanishes(uint32_t flags)
{
    struct portico_hooks hooks = {.copy_in = vanishing_copy};
    struct portico_exchange exchange = {.flags = flags,
                                        .send = &message.header,
                                        .receive = flags & PORTICO_SYNC ? &other.header : NULL,
                                        .capacity = sizeof(other),
                                        .deadline_ns = PORTICO_FOREVER};
    pthread_t thread;
    struct pair pair;
    void *told;

    ck_ok(portico_start(&hooks));
    pair = pair_make(name);
    pthread_create(&thread, NULL, ask, (void *)(uintptr_t)pair.client);
    ck_ok(port_take(pair.connection, &other));
    message_fill(&message, 60000, 2);
    message.header.message_id = other.header.message_id;
    message.header.callback_id = other.header.callback_id;
    vanishing = &message.header + 1;
    ck_status(portico_port_exchange(pair.connection, &exchange), STATUS_ACCESS_VIOLATION);
    pthread_join(thread, &told);
    ck_status((status_t)(uintptr_t)told, STATUS_MESSAGE_LOST);
    vanishing = NULL;
    message_fill(&message, 8, 3);
    ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    ck_ok(port_take(pair.connection, &other));
    ck_assert(message_has(&other, 8, 3));
    pair_close(&pair);
}

START_TEST(memory_that_vanishes_during_a_reply_costs_the_message)
{
    answer_that_vanishes(PORTICO_RELEASE);
}
END_TEST

START_TEST(memory_that_vanishes_during_a_sync_continuation_ends_both_waits)
{
    answer_that_vanishes(PORTICO_SYNC);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico send");
    UNIT_TEST(an_asynchronous_request_is_answered_into_the_clients_queue);
    UNIT_TEST(a_message_goes_to_and_fro_until_it_is_released);
    UNIT_TEST(a_server_asks_its_client_and_is_answered_at_the_connection_port);
    UNIT_TEST(a_reply_goes_by_the_connection_port_or_the_clients_own_port);
    UNIT_TEST(the_way_back_to_a_second_client_grows_too);
    UNIT_TEST(ten_thousand_datagrams_wait_unread_and_stay_in_order);
    UNIT_TEST(thousands_of_unanswered_requests_are_answered_later);
    UNIT_TEST(memory_that_cannot_be_read_costs_nothing_but_the_call);
    UNIT_TEST(memory_that_vanishes_during_a_reply_costs_the_message);
    UNIT_TEST(memory_that_vanishes_during_a_sync_continuation_ends_both_waits);
    return DAEMON_END(UNIT_END());
}
