/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "thread.h"

#include "server_fixture.h"

static struct server *server;
static struct peer a, b, c; /* a and c: two processes; b: a second thread of c's */
static pid_t other;
static struct thread_open_reply opened;
static struct thread_query_reply asked;
static struct wait_reply waited;

static void start(void)
{
    server = fixture_start();
    other = fixture_child();
    peer_start(&a, server, 0, 1);
    peer_start(&b, server, other, 2);
    peer_start(&c, server, other, 3);
}

static void end(void)
{
    peer_end(&a);
    peer_end(&b);
    peer_end(&c);
    child_die(other);
    fixture_end();
}

static status_t wait_for(handle_t handle)
{
    return CALL_DATA(&a, wait, &waited, &handle, sizeof(handle), .timeout_ns = TIMEOUT_NEVER);
}

START_TEST(the_end_of_a_threads_socket_signals_it)
{
    struct thread_exit_reply told;

    start();
    ck_assert_uint_eq(CALL(&a, thread_open, &opened, .process_id = (uint32_t)other, .thread_id = 2,
                           .access = 0x1fffff),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, thread_query, &asked, .handle = opened.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(asked.process_id, (uint32_t)other);
    ck_assert_uint_eq(asked.thread_id, 2);
    ck_assert_uint_eq(asked.exit_code, STATUS_PENDING);
    ck_assert_uint_eq(wait_for(opened.handle), STATUS_PENDING);
    ck_assert_uint_eq(CALL(&b, thread_exit, &told, .exit_code = 77), STATUS_SUCCESS);
    peer_end(&b);
    ck_assert_uint_ne(peer_receive(&a, &waited, sizeof(waited)), 0);
    ck_assert_uint_eq(waited.header.status, STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, thread_query, &asked, .handle = opened.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(asked.exit_code, 77);
    end();
}
END_TEST

START_TEST(the_end_of_a_process_ends_its_threads)
{
    start();
    ck_assert_uint_eq(CALL(&a, thread_open, &opened, .process_id = (uint32_t)other, .thread_id = 3,
                           .access = 0x1fffff),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(wait_for(opened.handle), STATUS_PENDING);
    peer_end(&b);
    ck_assert_uint_eq(peer_receive(&a, &waited, sizeof(waited)), 0);
    peer_end(&c);
    ck_assert_uint_ne(peer_receive(&a, &waited, sizeof(waited)), 0);
    ck_assert_uint_eq(CALL(&a, thread_query, &asked, .handle = opened.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(asked.exit_code, EXIT_CODE_UNKNOWN);
    ck_assert_uint_eq(CALL(&a, thread_open, &opened, .process_id = (uint32_t)other, .thread_id = 3,
                           .access = 0x1fffff),
                      STATUS_INVALID_CID);
    end();
}
END_TEST

START_TEST(two_handles_of_a_thread_are_one_object)
{
    struct handle_query_reply first, second;

    start();
    /* One without a socket: its own process' word is enough. */
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(CALL(&b, thread_open, &opened, .process_id = (uint32_t)other,
                               .thread_id = 99, .access = 0x1fffff),
                          STATUS_SUCCESS);
        ck_assert_uint_eq(CALL(&b, handle_query, i ? &second : &first, .handle = opened.handle),
                          STATUS_SUCCESS);
    }
    ck_assert_uint_eq(first.object_id, second.object_id);
    ck_assert_uint_eq(second.n_handles, 2);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("thread");
    UNIT_TEST(the_end_of_a_threads_socket_signals_it);
    UNIT_TEST(the_end_of_a_process_ends_its_threads);
    UNIT_TEST(two_handles_of_a_thread_are_one_object);
    return UNIT_END();
}
