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

START_TEST(each_message_that_meets_no_receiver_gives_one_packet)
{
    struct pair pair = pair_make(name);
    uint32_t n_packets, n_all = 0;
    int fd;

    ck_ok(portico_port_associate(pair.connection, &fd));
    ck_status(portico_port_associate(pair.connection, &fd), STATUS_PORT_ALREADY_SET);
    ck_ok(portico_port_harvest(pair.connection, &n_packets));
    ck_assert_uint_eq(n_packets, 0);
    send_some(pair.client, 5);
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    while (n_all < 5) {
        ck_assert_int_eq(poll(&poll_fd, 1, -1), 1);
        ck_ok(portico_port_harvest(pair.connection, &n_packets));
        n_all += n_packets;
    }
    ck_assert_uint_eq(n_all, 5);
    for (unsigned i = 0; i < 5; i++) {
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
        ck_assert(message_has(&message, 8, i));
    }
    ck_status(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    ck_ok(portico_port_harvest(pair.connection, &n_packets));
    ck_assert_uint_eq(n_packets, 0);
    pair_close(&pair);
}
END_TEST

START_TEST(a_wait_on_the_handle_is_ready_when_a_message_is_there)
{
    struct pair pair = pair_make(name);
    struct pollfd poll_fd = {.events = POLLIN};
    bool is_ready;

    ck_ok(portico_port_wait_prepare(pair.connection, &poll_fd.fd, &is_ready));
    ck_assert(!is_ready);
    send_some(pair.client, 1);
    ck_assert_int_eq(poll(&poll_fd, 1, -1), 1);
    portico_port_wait_finish(pair.connection);
    ck_ok(portico_port_wait_prepare(pair.connection, &poll_fd.fd, &is_ready));
    ck_assert(is_ready);
    portico_port_wait_finish(pair.connection);
    ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
    ck_ok(portico_port_wait_prepare(pair.connection, &poll_fd.fd, &is_ready));
    ck_assert(!is_ready);
    portico_port_wait_finish(pair.connection);
    pair_close(&pair);
}
END_TEST

START_TEST(a_server_communication_port_has_no_queue_to_wait_for)
{
    struct pair pair = pair_make(name);
    int fd;

    ck_status(portico_port_associate(pair.server, &fd), STATUS_INVALID_PARAMETER);
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico port_wait");
    UNIT_TEST(each_message_that_meets_no_receiver_gives_one_packet);
    UNIT_TEST(a_wait_on_the_handle_is_ready_when_a_message_is_there);
    UNIT_TEST(a_server_communication_port_has_no_queue_to_wait_for);
    return DAEMON_END(UNIT_END());
}
