/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "server_security.h"
#include "token.h"

static struct server *server;
static struct peer one, two, other;
static pid_t pid, other_pid;

static void start(uid_t uid)
{
    server = fixture_start();
    pid = fixture_child();
    other_pid = fixture_child();
    peer_start_as(&one, server, pid, 1, uid);
    peer_start_as(&two, server, pid, 2, uid);
    peer_start_as(&other, server, other_pid, 3, 1001);
}

static void end(void)
{
    peer_end(&one);
    peer_end(&two);
    peer_end(&other);
    child_die(pid);
    child_die(other_pid);
    fixture_end();
}

/* Who the thread acts as, as its process can see it. */
static struct token_query_reply seen;

static status_t look(struct peer *peer, uint32_t thread_id)
{
    struct token_open_reply opened;
    struct handle_close_reply closed;
    status_t status = CALL(peer, token_open, &opened, .thread_id = thread_id, .as_self = 1,
                           .access = TOKEN_ACCESS_QUERY);

    if (status)
        return status;
    ck_assert_uint_eq(CALL(peer, handle_close, &closed, .handle = opened.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(peer, token_open, &opened, .thread_id = thread_id, .as_self = 1,
                           .access = TOKEN_ACCESS_QUERY),
                      STATUS_SUCCESS);
    return CALL(peer, token_query, &seen, .handle = opened.handle, .access = TOKEN_ACCESS_QUERY);
}

static status_t impersonate(struct peer *peer, uint32_t thread_id, uint32_t kind)
{
    struct token_impersonate_reply reply;

    return CALL(peer, token_impersonate, &reply, .thread_id = thread_id, .kind = kind, .level = 2);
}

START_TEST(a_thread_impersonates_and_its_brother_does_not)
{
    start(1000);
    ck_assert_uint_eq(look(&one, 1), STATUS_NO_TOKEN);
    ck_assert_uint_eq(impersonate(&one, 1, TOKEN_IMPERSONATION_ANONYMOUS), STATUS_SUCCESS);
    ck_assert_uint_eq(look(&one, 1), STATUS_SUCCESS);
    ck_assert(peer_user_is(&one, sid_anonymous()));
    ck_assert_uint_eq(look(&two, 2), STATUS_NO_TOKEN);
    ck_assert_uint_eq(look(&other, 1), STATUS_NO_TOKEN); /* another process' thread 1 */
    ck_assert_ptr_eq(client_token(two.client), two.client->process->token);
    ck_assert_uint_eq(impersonate(&one, 1, TOKEN_IMPERSONATION_NONE), STATUS_SUCCESS);
    ck_assert_uint_eq(look(&one, 1), STATUS_NO_TOKEN);
    end();
}
END_TEST

START_TEST(a_thread_may_be_given_a_token_by_another_before_it_has_a_socket)
{
    struct peer three;

    start(1000);
    ck_assert_uint_eq(impersonate(&one, 33, TOKEN_IMPERSONATION_ANONYMOUS), STATUS_SUCCESS);
    peer_start_as(&three, server, pid, 33, 1000);
    ck_assert_uint_eq(look(&three, 33), STATUS_SUCCESS);
    ck_assert(client_token(three.client) != three.client->process->token);
    peer_end(&three); /* the thread ends: its number may be another's next */
    ck_assert_uint_eq(look(&one, 33), STATUS_NO_TOKEN);
    end();
}
END_TEST

START_TEST(a_thread_copies_what_another_acts_as)
{
    struct token_impersonate_reply reply;

    start(1000);
    ck_assert_uint_eq(impersonate(&one, 1, TOKEN_IMPERSONATION_ANONYMOUS), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&two, token_impersonate, &reply, .thread_id = 2,
                           .kind = TOKEN_IMPERSONATION_THREAD, .source_thread_id = 1, .level = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(look(&two, 2), STATUS_SUCCESS);
    ck_assert(peer_user_is(&two, sid_anonymous()));
    ck_assert_uint_eq(seen.level, LEVEL_IDENTIFICATION);
    /* Back from the copy more than it has: no. */
    ck_assert_uint_eq(CALL(&one, token_impersonate, &reply, .thread_id = 1,
                           .kind = TOKEN_IMPERSONATION_THREAD, .source_thread_id = 2, .level = 2),
                      STATUS_BAD_IMPERSONATION_LEVEL);
    end();
}
END_TEST

START_TEST(another_users_token_is_for_identification_unless_one_is_system)
{
    struct token *token;

    start(1000);
    ck_assert_uint_eq(token_copy(other.client->process->token, one.client->user,
                                 TOKEN_IMPERSONATION, LEVEL_DELEGATION, false, &token),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(thread_token_set(one.client->process, 1, token, NULL), STATUS_SUCCESS);
    ck_assert_uint_eq(client_token(one.client)->level, LEVEL_IDENTIFICATION);
    token_unref(token);
    end();
    start(0);
    ck_assert_uint_eq(token_copy(other.client->process->token, one.client->user,
                                 TOKEN_IMPERSONATION, LEVEL_DELEGATION, false, &token),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(thread_token_set(one.client->process, 1, token, NULL), STATUS_SUCCESS);
    ck_assert_uint_eq(client_token(one.client)->level, LEVEL_DELEGATION);
    token_unref(token);
    end();
}
END_TEST

START_TEST(a_primary_token_is_no_impersonation_token)
{
    start(1000);
    ck_assert_uint_eq(thread_token_set(one.client->process, 1, one.client->process->token, NULL),
                      STATUS_BAD_TOKEN_TYPE);
    ck_assert_uint_eq(look(&one, 1), STATUS_NO_TOKEN);
    end();
}
END_TEST

START_TEST(threads_that_do_not_exist_are_charged_too)
{
    status_t status = STATUS_SUCCESS;
    uint32_t n = 0;

    start(1000);
    server->users.limit[USER_OBJECTS] = one.client->user->held[USER_OBJECTS] + 20;
    while (status == STATUS_SUCCESS)
        status = impersonate(&one, 100 + n++, TOKEN_IMPERSONATION_ANONYMOUS);
    ck_assert_uint_eq(status, STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_le(n, 21);
    ck_assert_uint_eq(impersonate(&one, 0, TOKEN_IMPERSONATION_NONE), STATUS_INVALID_PARAMETER);
    end(); /* all is given back, or the fixture complains */
}
END_TEST

START_TEST(a_process_has_a_limited_number_of_threads_that_impersonate)
{
    status_t status = STATUS_SUCCESS;
    uint32_t n = 0;

    start(1000);
    while (status == STATUS_SUCCESS && n < 100000)
        status = impersonate(&one, 100 + n++, TOKEN_IMPERSONATION_ANONYMOUS);
    ck_assert_uint_eq(status, STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_eq(one.client->process->n_thread_tokens, n - 1);
    ck_assert_uint_eq(impersonate(&one, 100, TOKEN_IMPERSONATION_NONE), STATUS_SUCCESS);
    ck_assert_uint_eq(impersonate(&one, 99, TOKEN_IMPERSONATION_ANONYMOUS), STATUS_SUCCESS);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("thread_token");
    UNIT_TEST(a_thread_impersonates_and_its_brother_does_not);
    UNIT_TEST(a_thread_may_be_given_a_token_by_another_before_it_has_a_socket);
    UNIT_TEST(a_thread_copies_what_another_acts_as);
    UNIT_TEST(another_users_token_is_for_identification_unless_one_is_system);
    UNIT_TEST(a_primary_token_is_no_impersonation_token);
    UNIT_TEST(threads_that_do_not_exist_are_charged_too);
    UNIT_TEST(a_process_has_a_limited_number_of_threads_that_impersonate);
    return UNIT_END();
}
