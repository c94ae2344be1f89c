/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <dirent.h>
#include <stdatomic.h>

#include "daemon.h"
#include "portico/handle.h"
#include "portico/local_port.h"
#include "portico/outbound.h"

static const char name[] = "\\RPC Control\\outbound";
static struct test_message message;

static struct outbound *outbound_behind(handle_t handle)
{
    struct port *port;
    struct outbound *outbound;

    ck_ok(handle_get_port(handle, &port));
    outbound = port->outbound;
    port_unref(port);
    return outbound;
}

START_TEST(two_connections_to_one_port_share_their_lane)
{
    struct pair pair = pair_make(name);
    handle_t server, client = pair_connect(pair.connection, name, 2, &server);

    ck_assert_ptr_nonnull(outbound_behind(client));
    ck_assert_ptr_eq(outbound_behind(client), outbound_behind(pair.client));
    ck_ok(portico_close(pair.client));
    message_fill(&message, 7, 1);
    ck_ok(port_send(client, PORTICO_RELEASE, &message));
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
    ck_ok(port_take(pair.connection, &message));
    ck_assert(message_has(&message, 7, 1));
    ck_ok(portico_close(client));
    ck_ok(portico_close(server));
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.connection));
}
END_TEST

START_TEST(a_full_lane_is_replaced_by_larger_ones_and_nothing_is_lost)
{
    enum { N = 300 };
    struct pair pair = pair_make(name);
    struct outlane *first = outbound_behind(pair.client)->current;

    for (unsigned i = 0; i < N; i++) {
        message_fill(&message, i % 2 ? 60000 : 100, i);
        ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    }
    ck_assert_ptr_ne(outbound_behind(pair.client)->current, first);
    for (unsigned i = 0; i < N; i++) {
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
        ck_assert_msg(message_has(&message, i % 2 ? 60000 : 100, i), "message %u", i);
    }
    pair_close(&pair);
}
END_TEST

START_TEST(a_sender_that_nobody_reads_is_stopped_by_its_quota_and_goes_on_afterwards)
{
    struct pair pair = pair_make(name);
    unsigned n_sent = 0, n_received = 0;
    status_t status;

    do {
        message_fill(&message, 65000, n_sent);
        status = port_send(pair.client, PORTICO_RELEASE, &message);
        n_sent += status == STATUS_SUCCESS;
    } while (status == STATUS_SUCCESS && n_sent < 100000);
    ck_status(status, STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_gt(n_sent, 100);
    while (port_receive_for(pair.connection, &message, PORTICO_POLL, NULL) == STATUS_SUCCESS)
        ck_assert_msg(message_has(&message, 65000, n_received++), "message %u", n_received);
    ck_assert_uint_eq(n_received, n_sent);
    message_fill(&message, 65000, 1);
    ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    ck_ok(port_take(pair.connection, &message));
    pair_close(&pair);
}
END_TEST

static handle_t shared_connection;

/* PortContext: where the connection's server port is, which is closed when its client has. */
static void connection_accept(struct test_message *request)
{
    handle_t *server = malloc(sizeof(*server));

    if (portico_port_accept(shared_connection, NULL, (uintptr_t)server, &request->header, true,
                            server) != STATUS_SUCCESS)
        free(server);
}

static void *server_main(void *argument)
{
    struct test_message *received = malloc(sizeof(*received));
    struct portico_attributes attributes = {.wanted = PORTICO_ATTRIBUTE_CONTEXT};

    (void)argument;
    while (port_receive_for(shared_connection, received, PORTICO_FOREVER, &attributes) ==
           STATUS_SUCCESS) {
        uint16_t type = received->header.type & 0xff;

        if (type == PORTICO_TYPE_CONNECTION_REQUEST) {
            connection_accept(received);
        } else if (type == PORTICO_TYPE_REQUEST) {
            (void)!port_send(shared_connection, PORTICO_RELEASE, received);
        } else if (type == PORTICO_TYPE_PORT_CLOSED) {
            handle_t *server = (handle_t *)(uintptr_t)attributes.context.port_context;
            (void)!portico_close(*server);
            free(server);
        }
    }
    free(received);
    return NULL;
}

static void *client_main(void *argument)
{
    struct test_message *own = malloc(sizeof(*own));
    uintptr_t n_right = 0;

    (void)argument;
    for (unsigned i = 0; i < 100; i++) {
        handle_t client;

        if (port_connect_to(name, &client) != STATUS_SUCCESS)
            continue;
        message_fill(own, 30, i);
        n_right += port_call(client, own, own) == STATUS_SUCCESS && message_has(own, 30, i);
        (void)!portico_close(client);
    }
    free(own);
    return (void *)n_right;
}

START_TEST(connecting_and_closing_at_once_never_spoils_the_shared_lane)
{
    pthread_t server, clients[4];

    daemon_connect();
    ck_ok(port_make(name, &shared_connection));
    pthread_create(&server, NULL, server_main, NULL);
    for (int i = 0; i < 4; i++)
        pthread_create(&clients[i], NULL, client_main, NULL);
    for (int i = 0; i < 4; i++) {
        void *n_right;
        pthread_join(clients[i], &n_right);
        ck_assert_uint_eq((uintptr_t)n_right, 100);
    }
    ck_ok(portico_close(shared_connection));
    pthread_join(server, NULL);
}
END_TEST

/* Each turn fills the lane that the others use too, so it is replaced while they connect. */
static void *growing_client_main(void *argument)
{
    struct test_message *own = malloc(sizeof(*own));
    uintptr_t n_right = 0;

    (void)argument;
    for (unsigned i = 0; i < 20; i++) {
        handle_t client;

        if (port_connect_to(name, &client) != STATUS_SUCCESS)
            continue;
        for (unsigned j = 0; j < 12; j++) {
            message_fill(own, 60000, j);
            if (port_send(client, PORTICO_RELEASE, own) != STATUS_SUCCESS)
                break;
        }
        message_fill(own, 30, i);
        n_right += port_call(client, own, own) == STATUS_SUCCESS && message_has(own, 30, i);
        (void)!portico_close(client);
    }
    free(own);
    return (void *)n_right;
}

START_TEST(a_lane_that_is_replaced_while_others_connect_is_the_one_they_get)
{
    pthread_t server, clients[4];

    daemon_connect();
    ck_ok(port_make(name, &shared_connection));
    pthread_create(&server, NULL, server_main, NULL);
    for (int i = 0; i < 4; i++)
        pthread_create(&clients[i], NULL, growing_client_main, NULL);
    for (int i = 0; i < 4; i++) {
        void *n_right;
        pthread_join(clients[i], &n_right);
        ck_assert_uint_eq((uintptr_t)n_right, 20);
    }
    ck_ok(portico_close(shared_connection));
    pthread_join(server, NULL);
}
END_TEST

START_TEST(a_connection_that_has_not_sent_yet_finds_the_lane_where_a_closed_one_left_it)
{
    struct pair pair = pair_make(name);
    struct portico_connect connect = {
        .name = test_name(name), .attributes = &test_attributes, .deadline_ns = PORTICO_FOREVER};
    handle_t client, server;

    message_fill(&message, 100, 1);
    ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    ck_ok(port_take(pair.connection, &message));
    ck_ok(portico_port_connect(&connect, &client));
    ck_ok(port_take(pair.connection, &message));
    ck_ok(
        portico_port_accept(pair.connection, &test_attributes, 0, &message.header, true, &server));
    ck_ok(port_take(client, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_CONNECTION_REPLY);
    ck_ok(portico_close(pair.client));
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
    message_fill(&message, 200, 2);
    ck_ok(port_send(client, PORTICO_RELEASE, &message));
    ck_ok(port_take(pair.connection, &message));
    ck_assert(message_has(&message, 200, 2));
    ck_ok(portico_close(client));
    ck_ok(portico_close(server));
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.connection));
}
END_TEST

static unsigned n_open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned n = 0;

    while (readdir(folder))
        n++;
    closedir(folder);
    return n;
}

START_TEST(ways_to_ports_that_have_gone_are_given_back)
{
    struct pair pair = pair_make(name);
    unsigned before = n_open_files();

    pair_close(&pair);
    for (unsigned i = 0; i < 100; i++) {
        pair = pair_make(name);
        message_fill(&message, 10, i);
        ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
        ck_ok(port_take(pair.connection, &message));
        pair_close(&pair);
    }
    ck_assert_uint_le(n_open_files(), before + 20);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico outbound");
    UNIT_TEST(two_connections_to_one_port_share_their_lane);
    UNIT_TEST(a_full_lane_is_replaced_by_larger_ones_and_nothing_is_lost);
    UNIT_TEST(a_sender_that_nobody_reads_is_stopped_by_its_quota_and_goes_on_afterwards);
    UNIT_TEST(connecting_and_closing_at_once_never_spoils_the_shared_lane);
    UNIT_TEST(a_lane_that_is_replaced_while_others_connect_is_the_one_they_get);
    UNIT_TEST(a_connection_that_has_not_sent_yet_finds_the_lane_where_a_closed_one_left_it);
    UNIT_TEST(ways_to_ports_that_have_gone_are_given_back);
    return DAEMON_END(UNIT_END());
}
