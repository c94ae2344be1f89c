/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "server_fixture.h"

START_TEST(process_handles_carry_their_rights)
{
    struct server *server = fixture_start();
    static struct peer a;
    struct process_open_reply opened;
    struct process_terminate_reply terminated;
    struct process_query_reply asked;
    pid_t pid = fixture_child();

    peer_start(&a, server, 0, 1);
    ck_assert_uint_eq(CALL(&a, process_open, &opened, .process_id = (uint32_t)pid, .access = 0x400),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, process_query, &asked, .handle = opened.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(asked.process_id, (uint32_t)pid);
    ck_assert_uint_eq(CALL(&a, process_terminate, &terminated, .handle = opened.handle),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, process_query, &asked, .handle = HANDLE_SELF), STATUS_SUCCESS);
    ck_assert_uint_eq(asked.process_id, (uint32_t)getpid());
    ck_assert_uint_eq(CALL(&a, process_query, &asked, .handle = 4000), STATUS_INVALID_HANDLE);
    child_die(pid);
    peer_end(&a);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_process");
    UNIT_TEST(process_handles_carry_their_rights);
    return UNIT_END();
}
