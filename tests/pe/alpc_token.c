/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Tokens as handles in messages: the receiver asks them and acts as whom they stand for. */
#include "alpc_handles.h"

#include "alpc_tokens.h"

static struct test_pair pair;

static TOKEN_TYPE type_of(HANDLE token)
{
    TOKEN_TYPE type = 0;
    ULONG length;

    NtQueryInformationToken(token, TokenType, &type, sizeof type, &length);
    return type;
}

static NTSTATUS act_as(HANDLE token)
{
    return NtSetInformationThread(NtCurrentThread(), CLASS_IMPERSONATION_TOKEN, &token,
                                  sizeof token);
}

/* Sends it and looks at what arrives. */
static HANDLE passed(HANDLE token, const char *what)
{
    ACCESS_MASK access = 0;
    ULONG type = 0;
    HANDLE got = pass(&pair, token, &type, &access);

    ok(got && got != token && type == OB_TOKEN_OBJECT_TYPE, what);
    return got;
}

static NTSTATUS copy_of(HANDLE token, TOKEN_TYPE type, SECURITY_IMPERSONATION_LEVEL level,
                        HANDLE *copy)
{
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, level, 0, FALSE};
    OBJECT_ATTRIBUTES object;

    InitializeObjectAttributes(&object, NULL, 0, NULL, NULL);
    object.SecurityQualityOfService = &qos;
    return NtDuplicateToken(token, TOKEN_ALL_ACCESS, &object, FALSE, type, copy);
}

static void impersonation_token(HANDLE own)
{
    struct test_user user;
    HANDLE copy = NULL, got;

    ok_status(copy_of(own, TokenImpersonation, SecurityImpersonation, &copy), STATUS_SUCCESS,
              "an impersonation token");
    got = passed(copy, "is sent");
    NtClose(copy);
    ok_status(token_user(got, &user), STATUS_SUCCESS, "the receiver asks after the sender closed");
    ok(RtlEqualSid(user.user.User.Sid, own_user.user.User.Sid), "whose it is: ours");
    ok(type_of(got) == TokenImpersonation, "it is for impersonation");
    ok_status(act_as(got), STATUS_SUCCESS, "the receiver acts with it");
    ok(thread_level() == SecurityImpersonation && thread_user_is(own_user.user.User.Sid),
       "at its level, as its user");
    ok_status(revert(), STATUS_SUCCESS, "and reverts");
    NtClose(got);
}

/* Of somebody else: S-1-5-7. */
static void anonymous_token(void)
{
    HANDLE token = NULL, got;

    NtImpersonateAnonymousToken(NtCurrentThread());
    ok_status(NtOpenThreadToken(NtCurrentThread(), TOKEN_ALL_ACCESS, TRUE, &token), STATUS_SUCCESS,
              "the token of an anonymous thread");
    revert();
    got = passed(token, "is sent");
    NtClose(token);
    ok_status(act_as(got), STATUS_SUCCESS, "the receiver acts with it");
    ok(thread_user_is(&sid_anonymous), "as S-1-5-7");
    revert();
    NtClose(got);
}

static void primary_token(HANDLE own)
{
    struct test_user user;
    HANDLE got = passed(own, "a primary token is sent"), copy = NULL;

    ok_status(token_user(got, &user), STATUS_SUCCESS, "it can be asked");
    ok(type_of(got) == TokenPrimary, "it is still primary");
    ok_status(act_as(got), STATUS_BAD_TOKEN_TYPE, "nobody impersonates with it");
    ok_status(copy_of(got, TokenImpersonation, SecurityIdentification, &copy), STATUS_SUCCESS,
              "but with a copy");
    ok_status(act_as(copy), STATUS_SUCCESS, "of the other type");
    ok(thread_level() == SecurityIdentification, "at the copy's level");
    revert();
    NtClose(copy);
    NtClose(got);
}

/* With DesiredAccess the receiver has those rights and no others. */
static void less_access(HANDLE own)
{
    struct test_attributes attributes;
    struct test_message message;
    ALPC_HANDLE_ATTR *attr;
    struct test_user user;
    HANDLE copy = NULL;

    ok_status(send_new(pair.client, 0, 0, own, OB_TOKEN_OBJECT_TYPE, TOKEN_QUERY), STATUS_SUCCESS,
              "a token with the right to ask only");
    attr = receive_attr(pair.connection, &message, &attributes);
    if (!ok(attr && attr->GrantedAccess == TOKEN_QUERY, "arrives with that"))
        return;
    ok_status(token_user(attr->Handle, &user), STATUS_SUCCESS, "it can be asked");
    ok_status(copy_of(attr->Handle, TokenImpersonation, SecurityIdentification, &copy),
              STATUS_ACCESS_DENIED, "not copied");
    NtClose(attr->Handle);
    reply_to(pair.connection, RELEASE, &message);
}

TEST_MAIN
{
    HANDLE own = NULL;

    ok_status(own_user_find(), STATUS_SUCCESS, "our user");
    ok(open_with(&pair, SINGLE, OB_TOKEN_OBJECT_TYPE), "a pair that takes tokens");
    ok_status(NtOpenProcessToken(NtCurrentProcess(), TOKEN_ALL_ACCESS, &own), STATUS_SUCCESS,
              "our token");
    impersonation_token(own);
    anonymous_token();
    primary_token(own);
    less_access(own);
    NtClose(own);
    pair_close(&pair);
}
