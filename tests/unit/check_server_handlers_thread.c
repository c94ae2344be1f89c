/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What is the request's own fault; the rest is in check_server_thread.c. */
#include "config.h"

#include "server_fixture.h"

START_TEST(only_threads_that_are_known_are_opened)
{
    struct server *server = fixture_start();
    static struct peer a, b;
    struct thread_open_reply opened;
    struct thread_query_reply asked;
    pid_t pid = fixture_child();

    peer_start(&a, server, 0, 1);
    peer_start(&b, server, pid, 2);
    ck_assert_uint_eq(CALL(&a, thread_open, &opened, .process_id = (uint32_t)pid, .thread_id = 7),
                      STATUS_INVALID_CID);
    ck_assert_uint_eq(CALL(&a, thread_open, &opened, .process_id = 1, .thread_id = 1),
                      STATUS_INVALID_CID);
    ck_assert_uint_eq(CALL(&b, thread_open, &opened, .process_id = (uint32_t)pid, .thread_id = 0),
                      STATUS_INVALID_CID);
    ck_assert_uint_eq(CALL(&a, thread_query, &asked, .handle = 400), STATUS_INVALID_HANDLE);
    peer_end(&a);
    peer_end(&b);
    child_die(pid);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_thread");
    UNIT_TEST(only_threads_that_are_known_are_opened);
    return UNIT_END();
}
