/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "server.h"

#include <stdio.h>

#include "server_fixture.h"

START_TEST(it_ends_after_the_last_client_and_not_before)
{
    struct server *server = fixture_start();
    static struct peer a;

    server->linger_ns = server->first_linger_ns = 0;
    peer_start(&a, server, 0, 1);
    fixture_steps();
    ck_assert(!server->stopping);
    peer_end(&a);
    ck_assert(server->stopping);
    ck_assert(server->loop.stopped);
    fixture_end();
}
END_TEST

START_TEST(a_persistent_one_stays)
{
    struct server *server = fixture_start();
    static struct peer a;

    peer_start(&a, server, 0, 1);
    peer_end(&a);
    ck_assert(!server->stopping);
    ck_assert_uint_eq(server->loop.n_timers, 0);
    fixture_end();
}
END_TEST

START_TEST(a_new_client_stops_the_clock)
{
    struct server *server = fixture_start();
    static struct peer a;

    server->linger_ns = server->first_linger_ns = INT64_C(1) << 50;
    server_clients_changed(server);
    ck_assert_uint_eq(server->loop.n_timers, 1);
    peer_start(&a, server, 0, 1);
    ck_assert_uint_eq(server->loop.n_timers, 0);
    peer_end(&a);
    ck_assert_uint_eq(server->loop.n_timers, 1);
    fixture_end();
}
END_TEST

START_TEST(stop_is_answered_and_told)
{
    struct server *server = fixture_start();
    static struct peer a, notices;
    struct server_stop_reply reply;
    struct server_stopping_notice notice;

    peer_start(&a, server, 0, 1);
    peer_open(&notices, server, 0);
    ck_assert_uint_eq(peer_hello(&notices, HELLO_NOTICE, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, server_stop, &reply), STATUS_SUCCESS);
    ck_assert(server->stopping);
    ck_assert_uint_ne(peer_receive(&notices, &notice, sizeof(notice)), 0);
    ck_assert_uint_eq(notice.header.code, NOTICE_server_stopping);
    fixture_end();
    ck_assert_int_eq(recv(a.fd, &reply, 1, 0), 0);
}
END_TEST

START_TEST(the_log_has_a_bound)
{
    struct server *server = fixture_start();
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);

    dup2(fileno(file), STDERR_FILENO);
    for (int i = 0; i < 100000; i++)
        server_log(server, "line %d", i);
    dup2(saved, STDERR_FILENO);
    fseek(file, 0, SEEK_END);
    ck_assert_int_gt(ftell(file), 0);
    ck_assert_int_lt(ftell(file), 50000);
    fclose(file);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("server");
    UNIT_TEST(it_ends_after_the_last_client_and_not_before);
    UNIT_TEST(a_persistent_one_stays);
    UNIT_TEST(a_new_client_stops_the_clock);
    UNIT_TEST(stop_is_answered_and_told);
    UNIT_TEST(the_log_has_a_bound);
    return UNIT_END();
}
