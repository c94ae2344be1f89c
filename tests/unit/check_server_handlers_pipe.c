/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What is the request's own fault; the rest is in check_server_pipe.c. */
#include "config.h"

#include <fcntl.h>

#include "server_fixture.h"

START_TEST(nonsense_is_refused)
{
    struct server *server = fixture_start();
    static struct peer a;
    struct pipe_create_reply created;
    struct pipe_query_reply queried;
    struct pipe_listen_reply listened;
    struct pipe_wait_reply waited;
    struct event_create_reply event;
    struct file_create_reply file;
    struct file_create_request request = {.access = 1};
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    peer_start(&a, server, 0, 1);
    ck_assert_uint_eq(CALL_NAMED(&a, pipe_create, &created, "", 0, .max_instances = 1),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL_NAMED(&a, pipe_create, &created, "p", 0, .max_instances = 0),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(
        CALL_NAMED(&a, pipe_create, &created, "p", 0, .max_instances = 1, .configuration = 3),
        STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(
        CALL_NAMED(&a, pipe_create, &created, "p", 0, .max_instances = 1, .timeout_ns = -3),
        STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL_NAMED(&a, pipe_wait, &waited, "p", 0, .timeout_ns = -3),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &event, "", 0, .access = 1), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, pipe_query, &queried, .handle = event.handle),
                      STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(CALL(&a, pipe_listen, &listened, .handle = 400), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(peer_call(&a, REQ_file_create, &request, sizeof(request), &file, sizeof(file),
                                NULL, 0, &fd, 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, pipe_query, &queried, .handle = file.handle),
                      STATUS_ILLEGAL_FUNCTION); /* a file that is no pipe's end */
    close(fd);
    peer_end(&a);
    fixture_end();
}
END_TEST

START_TEST(the_mode_is_kept_for_others)
{
    struct server *server = fixture_start();
    static struct peer a;
    struct pipe_create_reply created;
    struct pipe_query_reply queried;
    struct pipe_mode_reply set;

    peer_start(&a, server, 0, 1);
    ck_assert_uint_eq(CALL_NAMED(&a, pipe_create, &created, "p", 0, .access = 1, .max_instances = 1,
                                 .type = 1, .mode = 1, .disposition = 2),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, pipe_query, &queried, .handle = created.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(queried.mode, PIPE_MODE_MESSAGES);
    ck_assert_uint_eq(queried.type, PIPE_TYPE_MESSAGES);
    ck_assert_uint_eq(queried.is_server, 1);
    ck_assert_uint_eq(CALL(&a, pipe_mode, &set, .handle = created.handle, .mode = 2),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, pipe_query, &queried, .handle = created.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(queried.mode, PIPE_MODE_NO_WAIT);
    peer_end(&a);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_pipe");
    UNIT_TEST(nonsense_is_refused);
    UNIT_TEST(the_mode_is_kept_for_others);
    return UNIT_END();
}
