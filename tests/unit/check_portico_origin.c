/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "daemon.h"

static const char name[] = "\\RPC Control\\sender";
static struct test_message message, reply;

struct ask {
    struct pair pair;
    status_t status;
};

static void *ask_main(void *argument)
{
    static struct test_message request;
    struct ask *ask = argument;

    message_set(&request, 1);
    ask->status = port_call(ask->pair.client, &request, &reply);
    return NULL;
}

START_TEST(a_message_tells_its_process_until_it_is_over)
{
    struct pair pair = pair_make(name);
    uint32_t process_id;
    bool is_blocked;

    message_set(&message, 1);
    ck_ok(port_send(pair.client, 0, &message));
    ck_ok(port_take(pair.connection, &message));
    for (int i = 0; i < 2; i++) {
        ck_ok(portico_message_origin(i ? pair.server : pair.connection, message.header.message_id,
                                     &process_id, &is_blocked));
        ck_assert_uint_eq(process_id, (uint32_t)getpid());
        ck_assert(!is_blocked);
    }
    /* To the other end it is a message that it sent. */
    ck_status(
        portico_message_origin(pair.client, message.header.message_id, &process_id, &is_blocked),
        STATUS_ACCESS_DENIED);
    message_set(&reply, 0);
    reply.header.message_id = message.header.message_id;
    ck_ok(port_send(pair.connection, PORTICO_RELEASE, &reply));
    ck_status(portico_message_origin(pair.connection, message.header.message_id, &process_id,
                                     &is_blocked),
              STATUS_ACCESS_DENIED);
    pair_close(&pair);
}
END_TEST

START_TEST(a_thread_that_waits_is_told_of)
{
    struct ask ask = {.pair = pair_make(name)};
    uint32_t process_id;
    bool is_blocked;
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, ask_main, &ask), 0);
    ck_ok(port_take(ask.pair.connection, &message));
    ck_ok(portico_message_origin(ask.pair.connection, message.header.message_id, &process_id,
                                 &is_blocked));
    ck_assert(is_blocked);
    message.header.data_length = 0;
    message.header.total_length = sizeof(message.header);
    ck_ok(port_send(ask.pair.connection, PORTICO_RELEASE, &message));
    pthread_join(thread, NULL);
    ck_ok(ask.status);
    pair_close(&ask.pair);
}
END_TEST

START_TEST(another_connections_server_port_does_not_know_it)
{
    struct pair pair = pair_make(name);
    uint32_t process_id;
    bool is_blocked;
    handle_t client, server;

    client = pair_connect(pair.connection, name, 1, &server);
    message_set(&message, 1);
    ck_ok(port_send(client, 0, &message));
    ck_ok(port_take(pair.connection, &message));
    ck_ok(portico_message_origin(server, message.header.message_id, &process_id, &is_blocked));
    ck_status(
        portico_message_origin(pair.server, message.header.message_id, &process_id, &is_blocked),
        STATUS_ACCESS_DENIED);
    ck_status(portico_message_origin(4000, message.header.message_id, &process_id, &is_blocked),
              STATUS_INVALID_HANDLE);
    ck_ok(portico_close(client));
    ck_ok(portico_close(server));
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico origin");
    UNIT_TEST(a_message_tells_its_process_until_it_is_over);
    UNIT_TEST(a_thread_that_waits_is_told_of);
    UNIT_TEST(another_connections_server_port_does_not_know_it);
    return DAEMON_END(UNIT_END());
}
