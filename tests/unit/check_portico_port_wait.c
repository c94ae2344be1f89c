/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <poll.h>

#include "daemon.h"

static const char name[] = "\\RPC Control\\wait";
static struct test_message message;

static void send_some(handle_t client, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        message_fill(&message, 8, i);
        ck_ok(port_send(client, PORTICO_RELEASE, &message));
    }
}

static unsigned n_due, n_gone;

static void count_due(void *context, uint32_t n)
{
    ck_assert_ptr_eq(context, &n_due);
    n_due += n;
}

static void count_gone(void *context)
{
    ck_assert_ptr_eq(context, &n_due);
    n_gone++;
}

static const struct portico_packets packets = {count_due, count_gone, &n_due};

START_TEST(each_message_that_meets_no_receiver_gives_one_packet)
{
    struct pair pair = pair_make(name);
    struct pollfd poll_fd = {.events = POLLIN};
    uint64_t id;

    n_due = n_gone = 0;
    ck_ok(portico_port_associate(pair.connection, &packets, &poll_fd.fd, &id));
    ck_status(portico_port_associate(pair.connection, &packets, &poll_fd.fd, &id),
              STATUS_PORT_ALREADY_SET);
    portico_packets_harvest(id);
    ck_assert_uint_eq(n_due, 0);
    send_some(pair.client, 5);
    while (n_due < 5) {
        ck_assert_int_eq(poll(&poll_fd, 1, -1), 1);
        portico_packets_harvest(id);
    }
    ck_assert_uint_eq(n_due, 5);
    for (unsigned i = 0; i < 5; i++) {
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
        ck_assert(message_has(&message, 8, i));
    }
    ck_status(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    portico_packets_harvest(id);
    ck_assert_uint_eq(n_due, 5);
    pair_close(&pair);
    ck_assert_uint_eq(n_gone, 1);
}
END_TEST

START_TEST(a_message_that_a_poller_took_first_gives_its_packet_too)
{
    struct pair pair = pair_make(name);
    uint64_t id;
    int fd;

    n_due = 0;
    ck_ok(portico_port_associate(pair.connection, &packets, &fd, &id));
    portico_packets_harvest(id);
    send_some(pair.client, 1);
    ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
    ck_assert_uint_eq(n_due, 1);
    portico_packets_harvest(id);
    ck_assert_uint_eq(n_due, 1);
    pair_close(&pair);
}
END_TEST

START_TEST(a_port_that_has_gone_is_harvested_without_effect)
{
    struct pair pair = pair_make(name);
    uint64_t id;
    int fd;

    n_due = n_gone = 0;
    ck_ok(portico_port_associate(pair.connection, &packets, &fd, &id));
    pair_close(&pair);
    ck_assert_uint_eq(n_gone, 1);
    portico_packets_harvest(id);
    ck_assert_uint_eq(n_due, 0);
}
END_TEST

START_TEST(a_server_communication_port_has_no_queue_to_wait_for)
{
    struct pair pair = pair_make(name);
    uint64_t id;
    int fd;

    ck_status(portico_port_associate(pair.server, &packets, &fd, &id), STATUS_INVALID_PARAMETER);
    pair_close(&pair);
}
END_TEST

static void *send_later(void *client)
{
    struct test_message *late = malloc(sizeof(*late));

    message_fill(late, 8, 0);
    ck_ok(port_send(*(handle_t *)client, PORTICO_RELEASE, late));
    free(late);
    return NULL;
}

START_TEST(an_await_ends_with_a_message_and_takes_nothing)
{
    struct pair pair = pair_make(name);
    pthread_t thread;

    ck_status(portico_port_await(pair.connection, false, PORTICO_POLL), STATUS_TIMEOUT);
    ck_status(portico_port_await(pair.server, false, PORTICO_POLL), STATUS_INVALID_PARAMETER);
    ck_assert_int_eq(pthread_create(&thread, NULL, send_later, &pair.client), 0);
    ck_ok(portico_port_await(pair.connection, false, PORTICO_FOREVER));
    ck_ok(portico_port_await(pair.connection, false, PORTICO_POLL));
    pthread_join(thread, NULL);
    ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
    ck_status(portico_port_await(pair.connection, false, PORTICO_POLL), STATUS_TIMEOUT);
    pair_close(&pair);
}
END_TEST

START_TEST(a_receive_may_take_connection_requests_only_or_all_but_them)
{
    struct portico_exchange exchange = {.receive = &message.header, .capacity = sizeof(message)};
    struct portico_connect connect = {.name = test_name(name), .attributes = &test_attributes};
    struct pair pair = pair_make(name);
    handle_t other;

    ck_ok(portico_port_connect(&connect, &other));
    send_some(pair.client, 1);
    exchange.flags = PORTICO_ONLY_OTHERS;
    ck_ok(portico_port_exchange(pair.connection, &exchange));
    ck_assert(message_has(&message, 8, 0));
    exchange.deadline_ns = PORTICO_FOREVER; /* such a receive never waits */
    ck_status(portico_port_exchange(pair.connection, &exchange), STATUS_TIMEOUT);
    exchange.flags = PORTICO_ONLY_CONNECTS;
    ck_ok(portico_port_exchange(pair.connection, &exchange));
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_CONNECTION_REQUEST);
    ck_status(portico_port_exchange(pair.connection, &exchange), STATUS_TIMEOUT);
    ck_ok(portico_close(other));
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico port_wait");
    UNIT_TEST(each_message_that_meets_no_receiver_gives_one_packet);
    UNIT_TEST(a_message_that_a_poller_took_first_gives_its_packet_too);
    UNIT_TEST(a_port_that_has_gone_is_harvested_without_effect);
    UNIT_TEST(an_await_ends_with_a_message_and_takes_nothing);
    UNIT_TEST(a_receive_may_take_connection_requests_only_or_all_but_them);
    UNIT_TEST(a_server_communication_port_has_no_queue_to_wait_for);
    return DAEMON_END(UNIT_END());
}
