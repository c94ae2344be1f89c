/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "job.h"

#include "server_fixture.h"

START_TEST(job_handles_carry_their_rights)
{
    struct server *server = fixture_start();
    static struct peer a;
    struct job_create_reply made, again;
    struct job_assign_reply assigned;
    struct job_terminate_reply terminated;
    struct job_limit_reply limited;
    struct job_listen_reply listened;
    struct job_query_reply asked;
    struct job_member_reply member;
    struct object_open_reply opened;
    struct process_open_reply process;
    pid_t pid = fixture_child();

    peer_start(&a, server, 0, 1);
    ck_assert_uint_eq(CALL_NAMED(&a, job_create, &made, "\\job", 0, .access = JOB_QUERY),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, job_create, &again, "\\job", 0, .access = JOB_QUERY),
                      STATUS_OBJECT_NAME_COLLISION);
    ck_assert_uint_eq(CALL(&a, job_query, &asked, .job = made.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, job_assign, &assigned, .job = made.handle, .process = HANDLE_SELF),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, job_terminate, &terminated, .job = made.handle),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, job_limit, &limited, .job = made.handle), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, job_listen, &listened, .job = made.handle, .id = 1),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, "\\job", 0, .access = JOB_ASSIGN_PROCESS,
                                 .type = OBJECT_KIND_JOB),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, job_query, &asked, .job = opened.handle), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, process_open, &process, .process_id = (uint32_t)pid, .access = 0x1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL(&a, job_assign, &assigned, .job = opened.handle, .process = process.handle),
        STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, job_member, &member, .process = process.handle, .job = 4000),
                      STATUS_INVALID_HANDLE);
    child_die(pid);
    peer_end(&a);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_job");
    UNIT_TEST(job_handles_carry_their_rights);
    return UNIT_END();
}
