/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <sys/resource.h>

#include "daemon.h"
#include "lane/sys.h"

static const char name[] = "\\RPC Control\\exchange";

/* A server process: echoes requests, counts datagrams, ends when told. */
static int echo_server(unsigned n_threads);

static void *echo_thread(void *argument)
{
    handle_t connection = *(handle_t *)argument;
    struct test_message *message = malloc(sizeof(*message));
    struct portico_exchange exchange = {
        .capacity = sizeof(*message), .receive = &message->header, .deadline_ns = PORTICO_FOREVER};

    for (;;) {
        handle_t server;

        if (portico_port_exchange(connection, &exchange) != STATUS_SUCCESS)
            break;
        exchange.send = NULL;
        exchange.flags = 0;
        switch (message->header.type & 0xff) {
        case PORTICO_TYPE_CONNECTION_REQUEST:
            if (portico_port_accept(connection, &test_attributes, 1, &message->header, true,
                                    &server))
                _exit(3);
            break;
        case PORTICO_TYPE_REQUEST:
            exchange.send = &message->header;
            exchange.flags = PORTICO_RELEASE;
            break;
        default:
            break;
        }
    }
    free(message);
    return NULL;
}

static int echo_server(unsigned n_threads)
{
    pthread_t threads[16];
    handle_t connection;

    if (portico_start(NULL) != STATUS_SUCCESS || port_make(name, &connection) != STATUS_SUCCESS)
        return 1;
    for (unsigned i = 0; i < n_threads; i++)
        pthread_create(&threads[i], NULL, echo_thread, &connection);
    say('r');
    listen_for();
    return 0;
}

static int child_main(const char *role)
{
    if (strcmp(role, "echo1") == 0)
        return echo_server(1);
    if (strcmp(role, "echo4") == 0)
        return echo_server(4);
    return 99;
}

static struct child echo_start(const char *role)
{
    struct child child = child_start(role);

    ck_assert_int_eq(child_hear(&child), 'r');
    return child;
}

START_TEST(requests_of_every_size_come_back_unchanged)
{
    static struct test_message request, reply;
    struct child child = echo_start("echo1");
    handle_t client;

    daemon_connect();
    ck_ok(port_connect_to(name, &client));
    for (size_t size = 0; size <= PORTICO_MESSAGE_DATA_MAX;
         size = size < 1100 ? size + 1 : size + 997) {
        message_fill(&request, size, (unsigned)size);
        ck_ok(port_call(client, &request, &reply));
        ck_assert_msg(message_has(&reply, size, (unsigned)size), "size %zu", size);
        ck_assert_uint_eq(reply.header.type, PORTICO_TYPE_REPLY);
        ck_assert_uint_eq(reply.header.process_id, (uint64_t)child.pid);
    }
    message_fill(&request, PORTICO_MESSAGE_DATA_MAX, 9);
    ck_ok(port_call(client, &request, &reply));
    ck_assert(message_has(&reply, PORTICO_MESSAGE_DATA_MAX, 9));
    ck_ok(portico_close(client));
    ck_assert_int_eq(child_end(&child), 0);
}
END_TEST

START_TEST(a_conversation_asks_the_server_nothing)
{
    static struct test_message request, reply;
    struct portico_counters before, after;
    struct child child = echo_start("echo1");
    handle_t client;

    daemon_connect();
    ck_ok(port_connect_to(name, &client));
    message_fill(&request, 64, 1);
    for (int i = 0; i < 100; i++)
        ck_ok(port_call(client, &request, &reply));
    portico_counters_get(&before);
    for (int i = 0; i < 20000; i++) {
        ck_ok(port_call(client, &request, &reply));
        ck_assert_uint_eq(reply.header.data_length, 64);
    }
    portico_counters_get(&after);
    ck_assert_uint_eq(after.requests, before.requests);
    ck_ok(portico_close(client));
    ck_assert_int_eq(child_end(&child), 0);
}
END_TEST

struct worker {
    handle_t client;
    unsigned seed;
    status_t status;
    bool is_wrong;
};

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    struct test_message *messages = malloc(2 * sizeof(*messages));

    for (int i = 0; i < 400 && worker->status == STATUS_SUCCESS; i++) {
        size_t size = (size_t)rand_r(&worker->seed) % (i % 4 ? 2000 : PORTICO_MESSAGE_DATA_MAX + 1);

        message_fill(&messages[0], size, worker->seed);
        unsigned seed = worker->seed;
        worker->status = port_call(worker->client, &messages[0], &messages[1]);
        if (worker->status == STATUS_SUCCESS && !message_has(&messages[1], size, seed))
            worker->is_wrong = true;
    }
    free(messages);
    return NULL;
}

START_TEST(eight_threads_with_random_sizes_get_their_own_replies)
{
    enum { N = 8 };
    struct child child = echo_start("echo4");
    struct worker workers[N];
    pthread_t threads[N];
    handle_t client;

    daemon_connect();
    ck_ok(port_connect_to(name, &client));
    for (unsigned i = 0; i < N; i++) {
        workers[i] = (struct worker){.client = client, .seed = i + 1};
        pthread_create(&threads[i], NULL, worker_main, &workers[i]);
    }
    for (unsigned i = 0; i < N; i++) {
        pthread_join(threads[i], NULL);
        ck_ok(workers[i].status);
        ck_assert(!workers[i].is_wrong);
    }
    ck_ok(portico_close(client));
    ck_assert_int_eq(child_end(&child), 0);
}
END_TEST

START_TEST(what_a_call_asks_for_must_make_sense)
{
    struct pair pair = pair_make(name);
    static struct test_message message;
    struct portico_exchange exchange = {.flags = PORTICO_SYNC, .send = &message.header};

    message_fill(&message, 8, 1);
    ck_status(portico_port_exchange(pair.client, &exchange), STATUS_LPC_RECEIVE_BUFFER_EXPECTED);
    exchange.receive = &message.header;
    exchange.capacity = sizeof(message);
    exchange.send = NULL;
    ck_status(portico_port_exchange(pair.client, &exchange), STATUS_INVALID_PARAMETER);
    exchange.send = &message.header;
    exchange.flags = PORTICO_SYNC | PORTICO_RELEASE;
    ck_status(portico_port_exchange(pair.client, &exchange), STATUS_INVALID_PARAMETER);
    message.header.total_length++;
    ck_status(port_send(pair.client, PORTICO_RELEASE, &message), STATUS_INVALID_PARAMETER);
    message_fill(&message, 8, 1);
    message.header.message_id = 0x80000001;
    ck_status(port_send(pair.client, PORTICO_RELEASE, &message), STATUS_OBJECTID_NOT_FOUND);
    message.header.message_id = 0x1234567;
    ck_status(port_send(pair.client, PORTICO_RELEASE, &message), STATUS_REPLY_MESSAGE_MISMATCH);
    message.header.message_id = 0;
    ck_status(port_send(pair.connection, PORTICO_RELEASE, &message), STATUS_ACCESS_DENIED);
    pair_close(&pair);
}
END_TEST

START_TEST(nothing_is_received_on_a_server_communication_port)
{
    struct pair pair = pair_make(name);
    static struct test_message message;

    message_fill(&message, 8, 1);
    ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    ck_status(port_receive_for(pair.server, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    ck_status(port_receive_for(pair.server, &message, (int64_t)sys_now_ns() + 5000000, NULL),
              STATUS_TIMEOUT);
    ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_DATAGRAM);
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("portico exchange");
    UNIT_TEST(requests_of_every_size_come_back_unchanged);
    UNIT_TEST(a_conversation_asks_the_server_nothing);
    UNIT_TEST(eight_threads_with_random_sizes_get_their_own_replies);
    UNIT_TEST(what_a_call_asks_for_must_make_sense);
    UNIT_TEST(nothing_is_received_on_a_server_communication_port);
    return DAEMON_END(UNIT_END());
}
