/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include <netinet/in.h>

#include "settle.h"

#include "server_fixture.h"

/* A socket whose close() waits for a reader that does not read (SO_LINGER), and that reader. */
static int slow_to_close(int *ret_reader)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 3600};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
    static char bytes[65536];

    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, size), 0);
    *ret_reader = accept(listener, NULL, NULL);
    ck_assert_int_ge(*ret_reader, 0);
    close(listener);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    while (send(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
        ;
    return fd;
}

START_TEST(with_nothing_to_close_the_answer_comes_at_once)
{
    struct server *server = fixture_start();
    static struct peer peer;
    struct server_status_reply reply;

    peer_start(&peer, server, 0, 1);
    closer_drain(server->closer);
    ck_assert_uint_eq(CALL(&peer, server_status, &reply, .settle_ms = 3600000), STATUS_SUCCESS);
    ck_assert_uint_eq(reply.n_parked, 0);
    peer_end(&peer);
    fixture_end();
}
END_TEST

START_TEST(the_answer_waits_until_all_is_closed)
{
    struct server *server = fixture_start();
    static struct peer peer;
    struct server_status_reply before, after;
    int reader, fd;

    peer_start(&peer, server, 0, 1);
    closer_drain(server->closer);
    ck_assert_uint_eq(CALL(&peer, server_status, &before), STATUS_SUCCESS);
    fd = slow_to_close(&reader);
    closer_close(server->closer, fd);
    ck_assert_uint_eq(CALL(&peer, server_status, &after, .settle_ms = 3600000), STATUS_PENDING);
    close(reader); /* unread: the connection is reset */
    closer_drain(server->closer);
    fixture_steps();
    ck_assert_uint_ne(peer_receive(&peer, &after, sizeof(after)), 0);
    ck_assert_uint_eq(after.header.status, STATUS_SUCCESS);
    ck_assert_uint_eq(after.n_closing_fds, 0);
    ck_assert_uint_eq(after.n_fds, before.n_fds);
    ck_assert_uint_eq(after.n_parked, 0);
    peer_end(&peer);
    fixture_end();
}
END_TEST

START_TEST(what_does_not_close_is_told_in_the_end)
{
    struct server *server = fixture_start();
    static struct peer peer;
    struct server_status_reply reply;
    int reader;

    peer_start(&peer, server, 0, 1);
    closer_drain(server->closer);
    closer_close(server->closer, slow_to_close(&reader));
    ck_assert_uint_eq(CALL(&peer, server_status, &reply, .settle_ms = 1), STATUS_PENDING);
    while (server->n_parked)
        ck_assert_int_eq(loop_step(&server->loop, true), 0);
    ck_assert_uint_ne(peer_receive(&peer, &reply, sizeof(reply)), 0);
    ck_assert_uint_eq(reply.header.status, STATUS_SUCCESS);
    ck_assert_uint_eq(reply.n_closing_fds, 1);
    /* One whose asker goes away meanwhile. */
    SEND_ONLY(&peer, server_status, .settle_ms = 3600000);
    fixture_steps();
    ck_assert_uint_eq(server->n_parked, 1);
    peer_end(&peer);
    ck_assert_uint_eq(server->n_parked, 0);
    close(reader);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("settle");
    UNIT_TEST(with_nothing_to_close_the_answer_comes_at_once);
    UNIT_TEST(the_answer_waits_until_all_is_closed);
    UNIT_TEST(what_does_not_close_is_told_in_the_end);
    return UNIT_END();
}
