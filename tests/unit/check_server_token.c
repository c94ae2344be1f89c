/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "token.h"

#include "server_security.h"

#include "server_one_peer.h"

START_TEST(a_process_is_who_the_kernel_says)
{
    gid_t groups[IDENTITY_GROUPS_MAX];
    int n_groups = getgroups(IDENTITY_GROUPS_MAX, groups);
    struct identity expected;
    struct token *token;

    start();
    token = client_token(a.client);
    ck_assert_int_ge(n_groups, 0);
    identity_from_unix(geteuid(), getegid(), groups, (size_t)n_groups, &expected);
    ck_assert_mem_eq(&token->identity->who, &expected, sizeof(expected));
    ck_assert_uint_eq(token->type, TOKEN_PRIMARY);
    ck_assert_uint_eq(token->authentication_id, 0x10000 + geteuid());
    ck_assert_uint_eq(token->modified_id, token->object.id);
    end();
}
END_TEST

START_TEST(a_copy_shares_all_but_its_id)
{
    struct token *token, *copy, *again;

    start();
    token = client_token(a.client);
    ck_assert_uint_eq(
        token_copy(token, a.client->user, TOKEN_IMPERSONATION, LEVEL_DELEGATION, true, &copy),
        STATUS_SUCCESS);
    ck_assert_ptr_eq(copy->identity, token->identity);
    ck_assert_uint_ne(copy->object.id, token->object.id);
    ck_assert_uint_eq(copy->modified_id, token->modified_id);
    ck_assert_uint_eq(copy->authentication_id, token->authentication_id);
    ck_assert_uint_eq(copy->level, LEVEL_DELEGATION);
    ck_assert_uint_eq(
        token_copy(copy, a.client->user, TOKEN_IMPERSONATION, LEVEL_IMPERSONATION, false, &again),
        STATUS_SUCCESS);
    ck_assert(again->effective_only); /* it does not get lost */
    token_unref(again);
    token_unref(copy);
    end();
}
END_TEST

START_TEST(an_impersonation_token_never_gains_a_level)
{
    struct token *primary, *copy;

    start();
    primary = client_token(a.client);
    ck_assert_uint_eq(token_level_check(primary, TOKEN_IMPERSONATION, LEVEL_DELEGATION),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(token_level_check(primary, TOKEN_IMPERSONATION, LEVEL_DELEGATION + 1),
                      STATUS_BAD_IMPERSONATION_LEVEL);
    ck_assert_uint_eq(token_level_check(primary, 3, LEVEL_IMPERSONATION), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(token_copy(primary, a.client->user, TOKEN_IMPERSONATION, LEVEL_IDENTIFICATION,
                                 false, &copy),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(token_level_check(copy, TOKEN_IMPERSONATION, LEVEL_IDENTIFICATION),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(token_level_check(copy, TOKEN_IMPERSONATION, LEVEL_IMPERSONATION),
                      STATUS_BAD_IMPERSONATION_LEVEL);
    ck_assert_uint_eq(token_level_check(copy, TOKEN_PRIMARY, 0), STATUS_BAD_IMPERSONATION_LEVEL);
    token_unref(copy);
    end();
}
END_TEST

START_TEST(tokens_are_charged)
{
    struct token *copy;

    start();
    server->users.limit[USER_OBJECTS] = a.client->user->held[USER_OBJECTS];
    ck_assert_uint_eq(token_copy(client_token(a.client), a.client->user, TOKEN_IMPERSONATION,
                                 LEVEL_IMPERSONATION, false, &copy),
                      STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_eq(token_anonymous(server, a.client->user, &copy), STATUS_QUOTA_EXCEEDED);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("token");
    UNIT_TEST(a_process_is_who_the_kernel_says);
    UNIT_TEST(a_copy_shares_all_but_its_id);
    UNIT_TEST(an_impersonation_token_never_gains_a_level);
    UNIT_TEST(tokens_are_charged);
    return UNIT_END();
}
