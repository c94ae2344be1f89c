/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "alpc/security_context.h"

#include "server_security.h"
#include "token.h"

static struct alpc_create_security_context_reply made;

static status_t context_make(struct peer *peer, handle_t port, uint32_t level, uint32_t creation)
{
    return CALL(peer, alpc_create_security_context, &made, .port = port, .has_qos = 1,
                .level = level, .creation = creation);
}

static status_t context_delete(struct peer *peer, handle_t port, uint64_t context)
{
    struct alpc_delete_security_context_reply reply;

    return CALL(peer, alpc_delete_security_context, &reply, .port = port, .context = context);
}

static status_t context_revoke(struct peer *peer, handle_t port, uint64_t context)
{
    struct alpc_revoke_security_context_reply reply;

    return CALL(peer, alpc_revoke_security_context, &reply, .port = port, .context = context);
}

static status_t context_check(struct peer *peer, handle_t port, uint64_t context)
{
    struct alpc_check_security_context_reply reply;

    return CALL(peer, alpc_check_security_context, &reply, .port = port, .context = context);
}

START_TEST(an_unconnected_port_makes_revokes_and_deletes)
{
    uint64_t context;

    pair_start();
    ck_assert_uint_eq(context_make(&pair.a, pair.listener, LEVEL_IMPERSONATION, 0), STATUS_SUCCESS);
    context = made.context;
    ck_assert_uint_ne(context, 0);
    ck_assert_uint_eq(context >> 63, 0);
    ck_assert_uint_eq(context_check(&pair.a, pair.listener, context), STATUS_SUCCESS);
    ck_assert_uint_eq(context_revoke(&pair.a, pair.listener, context), STATUS_SUCCESS);
    ck_assert_uint_eq(context_delete(&pair.a, pair.listener, context), STATUS_SUCCESS);
    ck_assert_uint_eq(context_delete(&pair.a, pair.listener, context), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(context_revoke(&pair.a, pair.listener, context), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(context_make(&pair.a, pair.listener, 4, 0), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(context_make(&pair.a, 4000, 2, 0), STATUS_INVALID_HANDLE);
    pair_end();
}
END_TEST

START_TEST(a_missing_quality_is_the_ports)
{
    const struct security_context *context;
    struct object *object;

    pair_attributes.impersonation_level = LEVEL_IDENTIFICATION;
    pair_attributes.context_tracking = TRACKING_DYNAMIC;
    pair_attributes.effective_only = 1;
    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.b, alpc_create_security_context, &made, .port = pair.b_port),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(
        handle_lookup(&pair.b.client->process->handles, pair.b_port, &port_ops, 0, &object),
        STATUS_SUCCESS);
    context = security_context_find(port_from_object(object), made.context);
    ck_assert_ptr_nonnull(context);
    ck_assert_uint_eq(context->quality.level, LEVEL_IDENTIFICATION);
    ck_assert(context->quality.dynamic && context->quality.effective_only);
    object_unref(object);
    pair_end();
}
END_TEST

START_TEST(an_inline_wish_that_was_fulfilled_before_gets_the_same)
{
    struct token_impersonate_reply reply;
    uint64_t first, own;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(context_make(&pair.b, pair.b_port, 2, 0), STATUS_SUCCESS);
    own = made.context;
    ck_assert_uint_eq(context_make(&pair.b, pair.b_port, 2, 1), STATUS_SUCCESS);
    first = made.context;
    ck_assert_uint_ne(first, own);
    ck_assert_uint_eq(context_make(&pair.b, pair.b_port, 2, 1), STATUS_SUCCESS);
    ck_assert_uint_eq(made.context, first);
    ck_assert_uint_eq(context_make(&pair.b, pair.b_port, 1, 1), STATUS_SUCCESS);
    ck_assert_uint_ne(made.context, first);
    ck_assert_uint_eq(CALL(&pair.b, token_impersonate, &reply, .thread_id = 22,
                           .kind = TOKEN_IMPERSONATION_ANONYMOUS),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(context_make(&pair.b, pair.b_port, 2, 1), STATUS_SUCCESS);
    ck_assert_uint_ne(made.context, first); /* somebody else */
    ck_assert_uint_eq(peer_revert(&pair.b), STATUS_SUCCESS);
    ck_assert_uint_eq(context_revoke(&pair.b, pair.b_port, first), STATUS_SUCCESS);
    ck_assert_uint_eq(context_make(&pair.b, pair.b_port, 2, 1), STATUS_SUCCESS);
    ck_assert_uint_ne(made.context, first);
    pair_end();
}
END_TEST

START_TEST(a_borrowed_token_is_not_lent_at_a_higher_level)
{
    struct token_duplicate_reply copy;
    struct token_impersonate_reply reply;

    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.b, token_duplicate, &copy, .type = TOKEN_IMPERSONATION,
                           .level = LEVEL_IDENTIFICATION),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, token_impersonate, &reply, .thread_id = 22,
                           .kind = TOKEN_IMPERSONATION_HANDLE, .handle = copy.handle),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(context_make(&pair.b, pair.b_port, LEVEL_IMPERSONATION, 0),
                      STATUS_BAD_IMPERSONATION_LEVEL);
    ck_assert_uint_eq(context_make(&pair.b, pair.b_port, LEVEL_IDENTIFICATION, 0), STATUS_SUCCESS);
    pair_end();
}
END_TEST

START_TEST(an_implicit_one_lends_what_the_thread_has_and_no_more)
{
    struct token_duplicate_reply copy;
    struct token_impersonate_reply reply;
    const struct security_context *context;
    struct object *object;

    pair_attributes.impersonation_level = LEVEL_DELEGATION;
    pair_attributes.context_tracking = TRACKING_DYNAMIC;
    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.b, token_duplicate, &copy, .type = TOKEN_IMPERSONATION,
                           .level = LEVEL_IDENTIFICATION),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, token_impersonate, &reply, .thread_id = 22,
                           .kind = TOKEN_IMPERSONATION_HANDLE, .handle = copy.handle),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&pair.b, alpc_create_security_context, &made, .port = pair.b_port,
                           .creation = SECURITY_CREATION_IMPLICIT),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(handle_lookup(&pair.b.client->process->handles, pair.b_port, &port_ops, 0,
                                    &object),
                      STATUS_SUCCESS);
    context = security_context_find(port_from_object(object), made.context);
    ck_assert_uint_eq(context->quality.level, LEVEL_IDENTIFICATION);
    ck_assert(!context->quality.dynamic);
    object_unref(object);
    pair_end();
}
END_TEST

START_TEST(a_port_has_a_limited_number_and_each_is_charged)
{
    struct user *user;
    uint64_t before;
    uint32_t n = 0;
    status_t status;

    pair_start();
    user = pair.a.client->user;
    before = user->held[USER_OBJECTS];
    while ((status = context_make(&pair.a, pair.listener, 2, 0)) == STATUS_SUCCESS)
        n++;
    ck_assert_uint_eq(status, STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_eq(n, SECURITY_CONTEXTS_MAX);
    ck_assert_uint_eq(user->held[USER_OBJECTS], before + n);
    pair_end();
    pair_start();
    pair.server->users.limit[USER_OBJECTS] = pair.a.client->user->held[USER_OBJECTS] + 3;
    for (n = 0; (status = context_make(&pair.a, pair.listener, 2, 0)) == STATUS_SUCCESS;)
        n++;
    ck_assert_uint_eq(status, STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_eq(n, 3);
    pair_end();
}
END_TEST

START_TEST(contexts_die_with_their_connection)
{
    struct alpc_disconnect_reply reply;
    struct user *user;
    uint64_t before;

    pair_start();
    pair_connect();
    user = pair.a.client->user;
    before = user->held[USER_OBJECTS];
    ck_assert_uint_eq(context_make(&pair.b, pair.b_port, 2, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(context_make(&pair.a, pair.a_port, 2, 0), STATUS_SUCCESS);
    ck_assert_uint_eq(user->held[USER_OBJECTS], before + 2); /* one user */
    ck_assert_uint_eq(CALL(&pair.b, alpc_disconnect, &reply, .port = pair.b_port), STATUS_SUCCESS);
    ck_assert_uint_eq(context_check(&pair.a, pair.a_port, made.context), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(user->held[USER_OBJECTS], before);
    ck_assert_uint_eq(context_make(&pair.a, pair.a_port, 2, 0), STATUS_PORT_DISCONNECTED);
    ck_assert_uint_eq(context_make(&pair.b, pair.b_port, 2, 0), STATUS_PORT_DISCONNECTED);
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("security_context");
    UNIT_TEST(an_unconnected_port_makes_revokes_and_deletes);
    UNIT_TEST(a_missing_quality_is_the_ports);
    UNIT_TEST(an_inline_wish_that_was_fulfilled_before_gets_the_same);
    UNIT_TEST(a_borrowed_token_is_not_lent_at_a_higher_level);
    UNIT_TEST(an_implicit_one_lends_what_the_thread_has_and_no_more);
    UNIT_TEST(a_port_has_a_limited_number_and_each_is_charged);
    UNIT_TEST(contexts_die_with_their_connection);
    return UNIT_END();
}
