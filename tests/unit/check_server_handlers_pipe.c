/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What is the request's own fault; the rest is in check_server_pipe.c. */
#include "config.h"

#include <fcntl.h>

#include "process.h"
#include "server_one_peer.h"
#include "token.h"

START_TEST(nonsense_is_refused)
{
    struct pipe_create_reply created;
    struct pipe_query_reply queried;
    struct pipe_listen_reply listened;
    struct pipe_wait_reply waited;
    struct event_create_reply event;
    struct file_create_reply file;
    struct file_create_request request = {.access = 1};
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    start();
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
    end();
}
END_TEST

START_TEST(the_mode_is_kept_for_others)
{
    struct pipe_create_reply created;
    struct pipe_query_reply queried;
    struct pipe_mode_reply set;

    start();
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
    end();
}
END_TEST

START_TEST(pipes_with_instances_are_listed)
{
    static const char *const names[] = {"one", "the second", "p\\3"};
    struct pipe_create_reply created;
    struct pipe_list_reply list;
    struct pipe_entry entry;
    uint16_t chars[16];
    uint32_t at = 0;

    start();
    ck_assert_uint_eq(CALL(&a, pipe_list, &list), STATUS_SUCCESS);
    ck_assert_uint_eq(list.n_entries, 0);
    for (int i = 0; i < 4; i++) /* the last name twice */
        ck_assert_uint_eq(CALL_NAMED(&a, pipe_create, &created, names[i < 3 ? i : 2], 0,
                                     .access = 1, .max_instances = 5, .disposition = 3),
                          STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, pipe_list, &list), STATUS_SUCCESS);
    ck_assert_uint_eq(list.n_entries, 3);
    for (int i = 0; i < 3; i++) {
        struct name want = name_from_ascii(names[i], chars);

        memcpy(&entry, a.data + at, sizeof(entry));
        ck_assert_uint_eq(entry.n_instances, i < 2 ? 1 : 2);
        ck_assert_uint_eq(entry.max_instances, 5);
        ck_assert_uint_eq(entry.name_size, want.length * 2);
        ck_assert_mem_eq(a.data + at + sizeof(entry), chars, entry.name_size);
        at += ALIGN_UP((uint32_t)sizeof(entry) + entry.name_size, 8u);
    }
    ck_assert_uint_eq(at, a.data_size);
    ck_assert_uint_eq(CALL(&a, pipe_list, &list, .cursor = 2), STATUS_SUCCESS);
    ck_assert_uint_eq(list.n_entries, 1);
    ck_assert_uint_eq(CALL(&a, pipe_list, &list, .cursor = list.cursor), STATUS_SUCCESS);
    ck_assert_uint_eq(list.n_entries, 0);
    end();
}
END_TEST

START_TEST(a_client_is_impersonated_at_the_level_it_allows)
{
    struct pipe_create_reply created;
    struct pipe_open_reply opened;
    struct pipe_impersonate_reply reply;
    const struct token *token;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, pipe_create, &created, "p", 0, .access = 3, .configuration = 2,
                                 .max_instances = 1, .disposition = 3),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, pipe_impersonate, &reply, .handle = created.handle),
                      STATUS_CANNOT_IMPERSONATE);
    ck_assert_uint_eq(
        CALL_NAMED(&a, pipe_open, &opened, "p", 0, .access = 3, .level = LEVEL_DELEGATION + 1),
        STATUS_BAD_IMPERSONATION_LEVEL);
    ck_assert_uint_eq(
        CALL_NAMED(&a, pipe_open, &opened, "p", 0, .access = 3, .level = LEVEL_IDENTIFICATION),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, pipe_impersonate, &reply, .handle = opened.handle),
                      STATUS_ILLEGAL_FUNCTION); /* a client's end */
    ck_assert_ptr_null(thread_token(a.client->process, 1));
    ck_assert_uint_eq(CALL(&a, pipe_impersonate, &reply, .handle = created.handle), STATUS_SUCCESS);
    token = thread_token(a.client->process, 1);
    ck_assert_ptr_nonnull(token);
    ck_assert_int_eq(token->type, TOKEN_IMPERSONATION);
    ck_assert_int_eq(token->level, LEVEL_IDENTIFICATION);
    ck_assert_ptr_eq(token->identity, a.client->process->token->identity);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_pipe");
    UNIT_TEST(nonsense_is_refused);
    UNIT_TEST(the_mode_is_kept_for_others);
    UNIT_TEST(pipes_with_instances_are_listed);
    UNIT_TEST(a_client_is_impersonated_at_the_level_it_allows);
    return UNIT_END();
}
