/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the security tests of ALPC share: tokens, descriptors, a pair of ports whose client says how
 * far it may be impersonated. */
#pragma once

#include "alpc.h"

/* Declared here: mingw-w64's headers have them elsewhere or not at all. */
NTSTATUS NTAPI NtOpenProcessToken(HANDLE, ACCESS_MASK, PHANDLE);
NTSTATUS NTAPI NtOpenThreadToken(HANDLE, ACCESS_MASK, BOOLEAN, PHANDLE);
NTSTATUS NTAPI NtOpenThreadTokenEx(HANDLE, ACCESS_MASK, BOOLEAN, ULONG, PHANDLE);
NTSTATUS NTAPI NtQueryInformationToken(HANDLE, TOKEN_INFORMATION_CLASS, PVOID, ULONG, PULONG);
NTSTATUS NTAPI NtDuplicateToken(HANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, BOOLEAN, TOKEN_TYPE,
                                PHANDLE);
NTSTATUS NTAPI NtImpersonateAnonymousToken(HANDLE);
NTSTATUS NTAPI NtImpersonateThread(HANDLE, HANDLE, PSECURITY_QUALITY_OF_SERVICE);
NTSTATUS NTAPI NtQuerySecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, ULONG,
                                     PULONG);
NTSTATUS NTAPI NtSetSecurityObject(HANDLE, SECURITY_INFORMATION, PSECURITY_DESCRIPTOR);
NTSTATUS NTAPI NtAccessCheck(PSECURITY_DESCRIPTOR, HANDLE, ACCESS_MASK, PGENERIC_MAPPING,
                             PPRIVILEGE_SET, PULONG, PACCESS_MASK, NTSTATUS *);
NTSTATUS NTAPI NtOpenEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR, ULONG);
NTSTATUS NTAPI RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR, BOOLEAN, PACL, BOOLEAN);
NTSTATUS NTAPI RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR, PSID, BOOLEAN);
NTSTATUS NTAPI RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR, PSID, BOOLEAN);
NTSTATUS NTAPI RtlCreateAcl(PACL, ULONG, ULONG);
NTSTATUS NTAPI RtlAddAccessAllowedAce(PACL, ULONG, ACCESS_MASK, PSID);
NTSTATUS NTAPI RtlAddAccessDeniedAce(PACL, ULONG, ACCESS_MASK, PSID);
BOOLEAN NTAPI RtlEqualSid(PSID, PSID);

#ifndef NtCurrentThread
#define NtCurrentThread() ((HANDLE)(LONG_PTR)-2)
#endif
#define CLASS_IMPERSONATION_TOKEN ((THREADINFOCLASS)5)
NTSTATUS NTAPI NtSetInformationThread(HANDLE, THREADINFOCLASS, PVOID, ULONG);

#define ALLOW_IMPERSONATION ALPC_PORFLG_ALLOW_IMPERSONATION

/* SIDs of few sub-authorities, as bytes. */
struct test_sid {
    UCHAR revision, count, authority[6];
    ULONG sub[4];
};

static const struct test_sid sid_anonymous TEST_UNUSED = {1, 1, {0, 0, 0, 0, 0, 5}, {7}};
static const struct test_sid sid_everyone TEST_UNUSED = {1, 1, {0, 0, 0, 0, 0, 1}, {0}};
static const struct test_sid sid_nobody TEST_UNUSED = {1, 2, {0, 0, 0, 0, 0, 22}, {1, 3999999999u}};

/* TOKEN_USER and the SID behind it. */
struct test_user {
    TOKEN_USER user;
    UCHAR space[68];
};

static inline NTSTATUS token_user(HANDLE token, struct test_user *user)
{
    ULONG length;

    return NtQueryInformationToken(token, TokenUser, user, sizeof *user, &length);
}

static struct test_user own_user TEST_UNUSED; /* of the process */

static inline NTSTATUS own_user_find(void)
{
    HANDLE token;
    NTSTATUS status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &token);

    if (!status)
        status = token_user(token, &own_user);
    return status ? status : NtClose(token);
}

/* The thread is itself again. */
static inline NTSTATUS revert(void)
{
    HANDLE none = NULL;

    return NtSetInformationThread(NtCurrentThread(), CLASS_IMPERSONATION_TOKEN, &none, sizeof none);
}

static inline NTSTATUS thread_token(HANDLE *token)
{
    return NtOpenThreadToken(NtCurrentThread(), TOKEN_ALL_ACCESS, TRUE, token);
}

/* The thread's impersonation level; -1: it impersonates nobody, -2: something is wrong. */
static inline int thread_level(void)
{
    ULONG length, type = 0, level = 9;
    HANDLE token;
    NTSTATUS status = thread_token(&token);

    if (status == STATUS_NO_TOKEN)
        return -1;
    if (status ||
        NtQueryInformationToken(token, TokenImpersonationLevel, &level, sizeof level, &length) ||
        NtQueryInformationToken(token, TokenType, &type, sizeof type, &length) ||
        type != TokenImpersonation || NtClose(token))
        return -2;
    return (int)level;
}

static inline int thread_user_is(const void *sid)
{
    struct test_user user;
    HANDLE token;
    int is;

    if (thread_token(&token))
        return 0;
    is = !token_user(token, &user) && RtlEqualSid(user.user.User.Sid, (PSID)sid);
    NtClose(token);
    return is;
}

/* A descriptor with room for a few ACEs. */
struct test_descriptor {
    SECURITY_DESCRIPTOR descriptor;
    union {
        ACL acl;
        UCHAR space[400];
    } dacl;
};

static inline void descriptor_begin(struct test_descriptor *sd)
{
    RtlCreateSecurityDescriptor(&sd->descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(&sd->dacl.acl, sizeof sd->dacl, ACL_REVISION);
    RtlSetDaclSecurityDescriptor(&sd->descriptor, TRUE, &sd->dacl.acl, FALSE);
}

static inline void descriptor_allow(struct test_descriptor *sd, ACCESS_MASK mask, const void *sid)
{
    RtlAddAccessAllowedAce(&sd->dacl.acl, ACL_REVISION, mask, (PSID)sid);
}

static inline NTSTATUS guarded_port(HANDLE *port, PCWSTR path, struct test_descriptor *sd)
{
    ALPC_PORT_ATTRIBUTES attributes;
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    port_attributes(&attributes, 0);
    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&object, &name, 0, NULL, sd ? &sd->descriptor : NULL);
    return NtAlpcCreatePort(port, &object, &attributes);
}

static inline NTSTATUS guarded_event(HANDLE *event, PCWSTR path, struct test_descriptor *sd)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&object, &name, 0, NULL, sd ? &sd->descriptor : NULL);
    return NtCreateEvent(event, EVENT_ALL_ACCESS, &object, 0, FALSE);
}

static inline NTSTATUS event_open(PCWSTR path, ACCESS_MASK access)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;
    HANDLE event;
    NTSTATUS status;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    status = NtOpenEvent(&event, access, &object);
    return status ? status : NtClose(event);
}

/* The client's word about impersonation. */
struct test_lending {
    ULONG flags;
    SECURITY_IMPERSONATION_LEVEL level;
    BOOLEAN dynamic;
};

static inline NTSTATUS lending_connect(HANDLE *client, PCWSTR path,
                                       const struct test_lending *lending)
{
    ALPC_PORT_ATTRIBUTES attributes;
    UNICODE_STRING name;

    port_attributes(&attributes, lending->flags);
    attributes.SecurityQos.Length = sizeof attributes.SecurityQos;
    attributes.SecurityQos.ImpersonationLevel = lending->level;
    attributes.SecurityQos.ContextTrackingMode = lending->dynamic;
    RtlInitUnicodeString(&name, path);
    return NtAlpcConnectPort(client, &name, NULL, &attributes, 0, NULL, NULL, NULL, NULL, NULL,
                             NULL);
}

/* A pair on an existing connection port; *ret_request: the connection request as it was received.
 */
static inline int lending_pair(struct test_pair *pair, PCWSTR path,
                               const struct test_lending *lending, struct test_message *ret_request)
{
    struct test_message message;

    pair->server = pair->client = NULL;
    return !lending_connect(&pair->client, path, lending) &&
           !port_receive(pair->connection, ret_request, NULL, NULL) &&
           !port_accept(&pair->server, pair->connection, ret_request, NULL, TRUE) &&
           !port_receive(pair->client, &message, NULL, NULL);
}

static inline void lending_pair_close(struct test_pair *pair)
{
    struct test_message message;

    NtClose(pair->client);
    do
        if (port_receive(pair->connection, &message, NULL, NULL))
            break;
    while ((TYPE(message) & 0xff) != LPC_PORT_CLOSED);
    NtClose(pair->server);
}

/* An asynchronous request from the client, with a security context or without (0), received by the
 * server. */
static inline NTSTATUS request_pass(struct test_pair *pair, ALPC_SECURITY_ATTR *security,
                                    struct test_message *received,
                                    struct test_attributes *ret_attributes)
{
    struct test_attributes attributes;
    struct test_message message;
    NTSTATUS status;

    message_init(&message.header, 4);
    attributes_init(&attributes, ALPC_MESSAGE_SECURITY_ATTRIBUTE);
    if (security) {
        *(ALPC_SECURITY_ATTR *)attributes.space = *security;
        attributes.header.ValidAttributes = ALPC_MESSAGE_SECURITY_ATTRIBUTE;
    }
    status = NtAlpcSendWaitReceivePort(pair->client, 0, &message.header, &attributes.header, NULL,
                                       NULL, NULL, NULL);
    if (status)
        return status;
    if (ret_attributes)
        attributes_init(ret_attributes, ALPC_MESSAGE_SECURITY_ATTRIBUTE |
                                            ALPC_MESSAGE_CONTEXT_ATTRIBUTE |
                                            ALPC_MESSAGE_TOKEN_ATTRIBUTE);
    return port_receive(pair->connection, received, ret_attributes, NULL);
}

/* The server ends the request, the client takes the reply. */
static inline NTSTATUS request_end(struct test_pair *pair, struct test_message *received)
{
    struct test_message reply;
    NTSTATUS status = port_send(pair->connection, RELEASE, &received->header);

    return status ? status : port_receive(pair->client, &reply, NULL, NULL);
}

static inline NTSTATUS impersonate(HANDLE port, struct test_message *message, ULONG flags)
{
    return NtAlpcImpersonateClientOfPort(port, &message->header, (PVOID)(ULONG_PTR)flags);
}
