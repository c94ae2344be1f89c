/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "daemon.h"
#include "lane/sys.h"

static const char name[] = "\\RPC Control\\connect";

START_TEST(connecting_to_a_missing_name_says_so)
{
    handle_t client = 0;

    daemon_connect();
    ck_status(port_connect_to("\\RPC Control\\nobody", &client), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_uint_eq(client, 0);
}
END_TEST

struct connector {
    struct portico_connect connect;
    struct test_message message;
    uint16_t text[64];
    handle_t client;
    status_t status;
};

static void *connector_main(void *argument)
{
    struct connector *connector = argument;

    connector->status = portico_port_connect(&connector->connect, &connector->client);
    return NULL;
}

static struct connector *connector_new(size_t data_size, size_t capacity)
{
    struct connector *connector = calloc(1, sizeof(*connector));
    struct portico_name wide = test_name(name);

    memcpy(connector->text, wide.text, wide.size);
    wide.text = connector->text;
    message_fill(&connector->message, data_size, 3);
    connector->connect = (struct portico_connect){.name = wide,
                                                  .attributes = &test_attributes,
                                                  .flags = PORTICO_SYNC,
                                                  .message = &connector->message.header,
                                                  .capacity = capacity,
                                                  .deadline_ns = PORTICO_FOREVER};
    return connector;
}

START_TEST(data_goes_both_ways_with_the_handshake)
{
    struct connector *connector = connector_new(100, sizeof(struct test_message));
    static struct test_message message;
    handle_t connection, server;
    pthread_t thread;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    pthread_create(&thread, NULL, connector_main, connector);
    ck_ok(port_take(connection, &message));
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_CONNECTION_REQUEST);
    ck_assert(message_has(&message, 100, 3));
    ck_assert_uint_eq(message.header.process_id, (uint64_t)getpid());
    ck_assert_uint_ne(message.header.message_id, 0);
    uint32_t id = message.header.message_id;
    uint64_t callback = message.header.callback_id;
    message_fill(&message, 500, 4);
    message.header.message_id = id;
    message.header.callback_id = callback;
    ck_ok(portico_port_accept(connection, NULL, 7, &message.header, true, &server));
    pthread_join(thread, NULL);
    ck_ok(connector->status);
    ck_assert(message_has(&connector->message, 500, 4));
    ck_assert_uint_eq(connector->connect.ret_size, 540);
    ck_assert_uint_eq(connector->message.header.process_id, (uint64_t)getpid());
    ck_ok(portico_close(connector->client));
    ck_ok(portico_close(server));
    ck_ok(portico_close(connection));
    free(connector);
}
END_TEST

START_TEST(a_buffer_too_small_for_the_acceptance_leaves_no_port)
{
    struct connector *connector = connector_new(0, sizeof(struct portico_message) + 4);
    static struct test_message message;
    handle_t connection, server;
    pthread_t thread;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    pthread_create(&thread, NULL, connector_main, connector);
    ck_ok(port_take(connection, &message));
    message.header.data_length = 100;
    message.header.total_length = 140;
    ck_ok(portico_port_accept(connection, NULL, 7, &message.header, true, &server));
    pthread_join(thread, NULL);
    ck_status(connector->status, STATUS_BUFFER_TOO_SMALL);
    ck_assert_uint_eq(connector->connect.ret_size, 140);
    ck_ok(port_take(connection, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
    ck_ok(portico_close(server));
    ck_ok(portico_close(connection));
    free(connector);
}
END_TEST

START_TEST(a_refused_client_is_told_and_the_server_gets_no_port)
{
    struct connector *connector = connector_new(0, SIZE_MAX);
    static struct test_message message;
    handle_t connection;
    pthread_t thread;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    pthread_create(&thread, NULL, connector_main, connector);
    ck_ok(port_take(connection, &message));
    ck_ok(portico_port_accept(connection, NULL, 0, &message.header, false, NULL));
    pthread_join(thread, NULL);
    ck_status(connector->status, STATUS_PORT_CONNECTION_REFUSED);
    ck_status(portico_port_accept(connection, NULL, 0, &message.header, false, NULL),
              STATUS_REPLY_MESSAGE_MISMATCH);
    ck_ok(portico_close(connection));
    free(connector);
}
END_TEST

START_TEST(a_connect_that_nobody_answers_times_out)
{
    struct connector *connector = connector_new(0, SIZE_MAX);
    handle_t connection;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    connector->connect.deadline_ns = (int64_t)sys_now_ns() + 10000000;
    connector_main(connector);
    ck_status(connector->status, STATUS_TIMEOUT);
    ck_assert_uint_eq(connector->client, 0);
    ck_ok(portico_close(connection));
    free(connector);
}
END_TEST

START_TEST(an_asynchronous_connect_opens_with_its_connection_reply)
{
    struct connector *connector = connector_new(12, SIZE_MAX);
    static struct test_message message, request;
    handle_t connection, server, second;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    connector->connect.flags = 0;
    connector_main(connector);
    ck_ok(connector->status);
    second = handle_copy(connector->client);
    message_fill(&message, 8, 1);
    ck_status(port_send(connector->client, PORTICO_RELEASE, &message),
              STATUS_LPC_REQUESTS_NOT_ALLOWED);
    ck_ok(port_take(connection, &request));
    ck_assert(message_has(&request, 12, 3));
    ck_ok(portico_port_accept(connection, NULL, 7, &request.header, true, &server));
    ck_status(port_send(connector->client, PORTICO_RELEASE, &message),
              STATUS_LPC_REQUESTS_NOT_ALLOWED);
    ck_ok(port_take(second, &request)); /* it is open by both handles */
    ck_assert_uint_eq(request.header.type & 0xff, PORTICO_TYPE_CONNECTION_REPLY);
    ck_assert(message_has(&request, 12, 3));
    ck_ok(port_send(connector->client, PORTICO_RELEASE, &message));
    ck_ok(port_take(connection, &request));
    ck_assert(message_has(&request, 8, 1));
    ck_assert_uint_eq(request.header.type, PORTICO_TYPE_DATAGRAM);
    ck_ok(portico_close(connector->client));
    ck_ok(portico_close(second));
    ck_ok(portico_close(server));
    ck_ok(portico_close(connection));
    free(connector);
}
END_TEST

START_TEST(an_asynchronous_connect_that_is_refused_says_so_at_the_receive)
{
    struct connector *connector = connector_new(12, SIZE_MAX);
    static struct test_message request;
    handle_t connection;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    connector->connect.flags = 0;
    connector_main(connector);
    ck_ok(connector->status);
    ck_ok(port_take(connection, &request));
    ck_ok(portico_port_accept(connection, NULL, 0, &request.header, false, NULL));
    ck_status(port_take(connector->client, &request), STATUS_PORT_CONNECTION_REFUSED);
    message_fill(&request, 8, 1);
    ck_status(port_send(connector->client, PORTICO_RELEASE, &request),
              STATUS_PORT_CONNECTION_REFUSED);
    ck_ok(portico_close(connector->client));
    ck_ok(portico_close(connection));
    free(connector);
}
END_TEST

START_TEST(large_connection_requests_of_many_clients_all_come_before_one_is_accepted)
{
    enum { SIZE = 60000 };
    const unsigned n_clients = connections_possible(300);
    struct test_message *message = malloc(sizeof(*message));
    handle_t connection, *clients = calloc(n_clients, sizeof(*clients));
    struct portico_connect connect = {
        .name = test_name(name), .attributes = &test_attributes, .message = &message->header};

    daemon_connect();
    ck_ok(port_make(name, &connection));
    for (unsigned i = 0; i < n_clients; i++) {
        message_fill(message, SIZE, i);
        ck_ok(portico_port_connect(&connect, &clients[i]));
    }
    /* Nothing but receiving from here: no request of this program's own helps the server on. */
    for (unsigned i = 0; i < n_clients; i++) {
        ck_ok(port_take(connection, message));
        ck_assert(message_has(message, SIZE, i));
    }
    for (unsigned i = 0; i < n_clients; i++)
        ck_ok(portico_close(clients[i]));
    ck_ok(portico_close(connection));
    free(clients);
    free(message);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico connect");
    UNIT_TEST(connecting_to_a_missing_name_says_so);
    UNIT_TEST(data_goes_both_ways_with_the_handshake);
    UNIT_TEST(a_buffer_too_small_for_the_acceptance_leaves_no_port);
    UNIT_TEST(a_refused_client_is_told_and_the_server_gets_no_port);
    UNIT_TEST(a_connect_that_nobody_answers_times_out);
    UNIT_TEST(an_asynchronous_connect_opens_with_its_connection_reply);
    UNIT_TEST(an_asynchronous_connect_that_is_refused_says_so_at_the_receive);
    UNIT_TEST(large_connection_requests_of_many_clients_all_come_before_one_is_accepted);
    return DAEMON_END(UNIT_END());
}
