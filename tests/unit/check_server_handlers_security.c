/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "access.h"
#include "handlers.h"
#include "server_security.h"

#define NAME "\\BaseNamedObjects\\guarded"
#define ALL  0x1f0003u

static struct server *server;
static struct peer a, b;
static pid_t pid;

static void start(void)
{
    server = fixture_start();
    pid = fixture_child();
    peer_start_as(&a, server, 0, 1, 1000);
    peer_start_as(&b, server, pid, 2, 1001);
}

static void end(void)
{
    peer_end(&a);
    peer_end(&b);
    child_die(pid);
    fixture_end();
}

static handle_t copy_of(handle_t token, uint32_t type, uint32_t level, uint32_t access)
{
    struct token_duplicate_reply copy;

    ck_assert_uint_eq(CALL(&a, token_duplicate, &copy, .handle = token, .type = type,
                           .level = level, .access = access),
                      STATUS_SUCCESS);
    return copy.handle;
}

static status_t wear(handle_t token)
{
    struct token_impersonate_reply reply;

    return CALL(&a, token_impersonate, &reply, .thread_id = 1, .handle = token,
                .kind = token ? TOKEN_IMPERSONATION_HANDLE : TOKEN_IMPERSONATION_NONE);
}

START_TEST(a_token_tells_its_type_level_ids_and_user)
{
    struct token_query_reply own, copy;
    handle_t token;

    start();
    ck_assert_uint_eq(CALL(&a, token_query, &own, .handle = 0), STATUS_SUCCESS);
    ck_assert_uint_eq(own.type, TOKEN_PRIMARY);
    ck_assert(peer_user_is(&a, sid_from_uid(1000)));
    token = copy_of(0, TOKEN_IMPERSONATION, LEVEL_IDENTIFICATION, 0);
    ck_assert_uint_eq(CALL(&a, token_query, &copy, .handle = token, .access = TOKEN_ACCESS_QUERY),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(copy.type, TOKEN_IMPERSONATION);
    ck_assert_uint_eq(copy.level, LEVEL_IDENTIFICATION);
    ck_assert_uint_ne(copy.token_id, own.token_id);
    ck_assert_uint_eq(copy.modified_id, own.modified_id);
    token = copy_of(token, TOKEN_IMPERSONATION, LEVEL_IDENTIFICATION, TOKEN_ACCESS_IMPERSONATE);
    ck_assert_uint_eq(CALL(&a, token_query, &copy, .handle = token, .access = TOKEN_ACCESS_QUERY),
                      STATUS_ACCESS_DENIED);
    end();
}
END_TEST

START_TEST(a_token_for_identification_opens_nothing)
{
    struct event_create_reply made;
    struct object_open_reply opened;
    handle_t token;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &made, NAME, 0, .access = ALL), STATUS_SUCCESS);
    token = copy_of(0, TOKEN_IMPERSONATION, LEVEL_IDENTIFICATION, 0);
    ck_assert_uint_eq(wear(token), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0, .access = 1),
                      STATUS_BAD_IMPERSONATION_LEVEL);
    ck_assert_uint_eq(wear(0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0, .access = 1), STATUS_SUCCESS);
    ck_assert_uint_eq(wear(copy_of(0, TOKEN_IMPERSONATION, LEVEL_IMPERSONATION, 0)),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0, .access = 1), STATUS_SUCCESS);
    end();
}
END_TEST

START_TEST(what_an_impersonating_thread_makes_belongs_to_whom_it_impersonates)
{
    struct token_impersonate_reply reply;
    struct event_create_reply made;
    struct object_open_reply opened;
    struct object_security_query_reply security;
    struct descriptor_parts parts;
    struct sid anonymous = sid_anonymous();

    start();
    ck_assert_uint_eq(
        CALL(&a, token_impersonate, &reply, .thread_id = 1, .kind = TOKEN_IMPERSONATION_ANONYMOUS),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &made, NAME, 0, .access = ALL), STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL(&a, object_security_query, &security, .handle = made.handle, .information = 7),
        STATUS_SUCCESS);
    ck_assert_uint_eq(descriptor_parse(a.data, a.data_size, &parts), STATUS_SUCCESS);
    ck_assert(sid_is(parts.owner, parts.owner_size, &anonymous));
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0, .access = 1), STATUS_SUCCESS);
    ck_assert_uint_eq(wear(0), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, NAME, 0, .access = 1),
                      STATUS_ACCESS_DENIED);
    end();
}
END_TEST

START_TEST(a_thread_at_identification_opens_its_token_only_as_its_process)
{
    struct token_open_reply opened;

    start();
    ck_assert_uint_eq(wear(copy_of(0, TOKEN_IMPERSONATION, LEVEL_IDENTIFICATION, 0)),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, token_open, &opened, .thread_id = 1, .as_self = 0, .access = 8),
                      STATUS_BAD_IMPERSONATION_LEVEL);
    ck_assert_uint_eq(CALL(&a, token_open, &opened, .thread_id = 1, .as_self = 1, .access = 8),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(wear(copy_of(0, TOKEN_IMPERSONATION, LEVEL_ANONYMOUS, 0)), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, token_open, &opened, .thread_id = 1, .as_self = 1, .access = 8),
                      STATUS_CANT_OPEN_ANONYMOUS);
    end();
}
END_TEST

START_TEST(only_an_impersonation_token_with_its_right_is_worn)
{
    start();
    ck_assert_uint_eq(wear(copy_of(0, TOKEN_PRIMARY, 0, 0)), STATUS_BAD_TOKEN_TYPE);
    ck_assert_uint_eq(wear(copy_of(0, TOKEN_IMPERSONATION, 2, TOKEN_ACCESS_QUERY)),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(wear(4000), STATUS_INVALID_HANDLE);
    end();
}
END_TEST

static status_t query(struct peer *peer, handle_t handle, uint32_t information)
{
    struct object_security_query_reply reply;

    return CALL(peer, object_security_query, &reply, .handle = handle, .information = information);
}

static status_t set(struct peer *peer, handle_t handle, uint32_t information, const struct sd *sd)
{
    struct object_security_set_reply reply;

    return CALL_DATA(peer, object_security_set, &reply, sd->bytes, sd->size, .handle = handle,
                     .information = information);
}

START_TEST(a_descriptor_is_read_and_changed_by_parts)
{
    struct event_create_reply made, weak;
    struct object_open_reply opened;
    struct descriptor_parts parts;
    struct sid user = sid_from_uid(1000);
    struct sd sd;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &made, NAME, 0, .access = ALL), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &weak, NAME, OBJ_OPENIF, .access = 3),
                      STATUS_OBJECT_NAME_EXISTS);
    ck_assert_uint_eq(query(&a, weak.handle, INFORMATION_DACL), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(query(&a, made.handle, INFORMATION_SACL), STATUS_PRIVILEGE_NOT_HELD);
    ck_assert_uint_eq(query(&a, made.handle, INFORMATION_OWNER), STATUS_SUCCESS);
    ck_assert_uint_eq(descriptor_parse(a.data, a.data_size, &parts), STATUS_SUCCESS);
    ck_assert(sid_is(parts.owner, parts.owner_size, &user));
    ck_assert(!parts.has_dacl && !parts.group);
    sd_begin(&sd);
    sd_dacl(&sd);
    sd_ace(&sd, ACE_ALLOWED, 0, 1, sid_from_uid(1001));
    ck_assert_uint_eq(set(&a, weak.handle, INFORMATION_DACL, &sd), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL_NAMED(&b, object_open, &opened, NAME, 0, .access = 1),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(set(&a, made.handle, INFORMATION_DACL, &sd), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&b, object_open, &opened, NAME, 0, .access = 1), STATUS_SUCCESS);
    ck_assert_uint_eq(query(&a, made.handle, INFORMATION_OWNER), STATUS_SUCCESS); /* still his */
    ck_assert_uint_eq(descriptor_parse(a.data, a.data_size, &parts), STATUS_SUCCESS);
    ck_assert(sid_is(parts.owner, parts.owner_size, &user));
    sd_begin(&sd);
    sd_owner(&sd, sid_from_uid(1001));
    ck_assert_uint_eq(set(&a, made.handle, INFORMATION_OWNER, &sd), STATUS_INVALID_OWNER);
    ck_assert_uint_eq(set(&a, made.handle, INFORMATION_GROUP, &sd), STATUS_INVALID_PRIMARY_GROUP);
    ck_assert_uint_eq(set(&a, made.handle, INFORMATION_SACL, &sd), STATUS_PRIVILEGE_NOT_HELD);
    sd.size = 8;
    ck_assert_uint_eq(set(&a, made.handle, INFORMATION_DACL, &sd), STATUS_INVALID_SECURITY_DESCR);
    end();
}
END_TEST

START_TEST(access_is_judged_for_a_token)
{
    struct access_check_reply reply;
    handle_t token;
    struct sd sd;

    start();
    sd_begin(&sd);
    sd_owner(&sd, sid_system());
    sd_group(&sd, sid_system());
    sd_dacl(&sd);
    sd_ace(&sd, ACE_ALLOWED, 0, GENERIC_READ_BIT, sid_from_uid(1000));
    token = copy_of(0, TOKEN_IMPERSONATION, LEVEL_IDENTIFICATION, 0);
    ck_assert_uint_eq(CALL_DATA(&a, access_check, &reply, sd.bytes, sd.size, .token = token,
                                .wanted = 0x20, .generic_read = 0x30, .generic_all = 0xff),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(reply.result, STATUS_SUCCESS);
    ck_assert_uint_eq(reply.granted, 0x20);
    ck_assert_uint_eq(CALL_DATA(&a, access_check, &reply, sd.bytes, sd.size, .token = token,
                                .wanted = 0x40, .generic_read = 0x30, .generic_all = 0xff),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(reply.result, STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(reply.granted, 0);
    ck_assert_uint_eq(
        CALL_DATA(&a, access_check, &reply, sd.bytes, sd.size, .token = 0, .wanted = 1),
        STATUS_NO_IMPERSONATION_TOKEN);
    sd_begin(&sd);
    ck_assert_uint_eq(
        CALL_DATA(&a, access_check, &reply, sd.bytes, sd.size, .token = token, .wanted = 1),
        STATUS_INVALID_SECURITY_DESCR);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_security");
    UNIT_TEST(a_token_tells_its_type_level_ids_and_user);
    UNIT_TEST(a_token_for_identification_opens_nothing);
    UNIT_TEST(what_an_impersonating_thread_makes_belongs_to_whom_it_impersonates);
    UNIT_TEST(a_thread_at_identification_opens_its_token_only_as_its_process);
    UNIT_TEST(only_an_impersonation_token_with_its_right_is_worn);
    UNIT_TEST(a_descriptor_is_read_and_changed_by_parts);
    UNIT_TEST(access_is_judged_for_a_token);
    return UNIT_END();
}
