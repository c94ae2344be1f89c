/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Security descriptors on named ports and events, and NtAccessCheck. */
#include "alpc_tokens.h"

#define OTHER L"\\RPC Control\\Guarded"
#define EVENT L"\\BaseNamedObjects\\Guarded"

static void guarded_ports(void)
{
    struct test_descriptor sd;
    union {
        SECURITY_DESCRIPTOR descriptor;
        UCHAR space[600]; /* the ACL's whole size is kept */
    } read;
    struct test_message message;
    HANDLE port, client;
    ULONG length = 0;

    descriptor_begin(&sd);
    descriptor_allow(&sd, 1, &sid_anonymous);
    ok_status(guarded_port(&port, OTHER, &sd), STATUS_SUCCESS, "a port for S-1-5-7 only");
    ok_status(port_connect(&client, OTHER, 0, NULL, NULL, NULL), STATUS_ACCESS_DENIED,
              "refuses us by its DACL");
    ok_status(port_connect(&client, OTHER, SYNC, NULL, NULL, NULL), STATUS_ACCESS_DENIED,
              "also synchronously");
    ok_status(port_receive(port, &message, NULL, POLL), STATUS_TIMEOUT, "its server hears nothing");
    NtImpersonateAnonymousToken(NtCurrentThread());
    ok_status(port_connect(&client, OTHER, 0, NULL, NULL, NULL), STATUS_SUCCESS, "lets S-1-5-7 in");
    revert();
    NtClose(client);
    ok_status(NtQuerySecurityObject(port, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                                    NULL, 0, &length),
              STATUS_BUFFER_TOO_SMALL, "its descriptor is longer than 0");
    ok_status(NtQuerySecurityObject(port, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                                    &read, sizeof read, &length),
              STATUS_SUCCESS, "its descriptor");
    SECURITY_DESCRIPTOR_RELATIVE *relative = (SECURITY_DESCRIPTOR_RELATIVE *)&read;
    ok(RtlEqualSid((char *)&read + relative->Owner, own_user.user.User.Sid), "we own it");
    ok(((ACL *)((char *)&read + relative->Dacl))->AceCount == 1, "its DACL has one ACE");
    descriptor_begin(&sd);
    descriptor_allow(&sd, 1, own_user.user.User.Sid);
    ok_status(NtSetSecurityObject(port, DACL_SECURITY_INFORMATION, &sd.descriptor), STATUS_SUCCESS,
              "the DACL is changed");
    ok_status(port_connect(&client, OTHER, 0, NULL, NULL, NULL), STATUS_SUCCESS, "to let us in");
    NtClose(client);
    NtImpersonateAnonymousToken(NtCurrentThread());
    ok_status(port_connect(&client, OTHER, 0, NULL, NULL, NULL), STATUS_ACCESS_DENIED,
              "and S-1-5-7 no more");
    revert();
    ok_status(NtSetSecurityObject(port, DACL_SECURITY_INFORMATION, (PSECURITY_DESCRIPTOR)8),
              STATUS_ACCESS_VIOLATION, "a bad pointer");
    ok_status(NtSetSecurityObject(port, SACL_SECURITY_INFORMATION, &sd.descriptor),
              STATUS_PRIVILEGE_NOT_HELD, "auditing wants a privilege");
    RtlSetOwnerSecurityDescriptor(&sd.descriptor, (PSID)&sid_anonymous, FALSE);
    NtImpersonateAnonymousToken(NtCurrentThread());
    NtClose(port);
    revert();
    ok_status(port_create(&port, OTHER, 0, 0), STATUS_SUCCESS, "without a descriptor");
    ok_status(port_connect(&client, OTHER, 0, NULL, NULL, NULL), STATUS_SUCCESS,
              "it is for its user");
    NtClose(client);
    NtImpersonateAnonymousToken(NtCurrentThread());
    ok_status(port_connect(&client, OTHER, 0, NULL, NULL, NULL), STATUS_ACCESS_DENIED,
              "and for nobody else");
    revert();
    NtClose(port);
}

static void judging(void)
{
    static GENERIC_MAPPING mapping = {0x20001, 0x20002, 0x20000, 0x1f0003};
    struct test_descriptor sd;
    PRIVILEGE_SET privileges;
    ULONG length = sizeof privileges;
    ACCESS_MASK granted = 0xdead;
    NTSTATUS result = 0xdead;
    HANDLE token, process_token;

    descriptor_begin(&sd);
    descriptor_allow(&sd, 1, &sid_anonymous);
    RtlSetOwnerSecurityDescriptor(&sd.descriptor, own_user.user.User.Sid, FALSE);
    RtlSetGroupSecurityDescriptor(&sd.descriptor, own_user.user.User.Sid, FALSE);
    NtOpenProcessToken(NtCurrentProcess(), TOKEN_ALL_ACCESS, &process_token);
    ok_status(NtAccessCheck(&sd.descriptor, process_token, 1, &mapping, &privileges, &length,
                            &granted, &result),
              STATUS_NO_IMPERSONATION_TOKEN, "a primary token is not judged");
    NtImpersonateAnonymousToken(NtCurrentThread());
    thread_token(&token);
    revert();
    ok_status(
        NtAccessCheck(&sd.descriptor, token, 1, &mapping, &privileges, &length, &granted, &result),
        STATUS_SUCCESS, "S-1-5-7's token is");
    ok(result == STATUS_SUCCESS && granted == 1, "it may");
    ok_status(
        NtAccessCheck(&sd.descriptor, token, 2, &mapping, &privileges, &length, &granted, &result),
        STATUS_SUCCESS, "the other right");
    ok(result == STATUS_ACCESS_DENIED && granted == 0, "it may not");
    ok_status(NtAccessCheck(&sd.descriptor, token, MAXIMUM_ALLOWED, &mapping, &privileges, &length,
                            &granted, &result),
              STATUS_SUCCESS, "all it may");
    ok(result == STATUS_SUCCESS && granted == 1, "is that one");
    ok_status(NtAccessCheck(&sd.descriptor, token, GENERIC_READ, &mapping, &privileges, &length,
                            &granted, &result),
              STATUS_GENERIC_NOT_MAPPED, "generic rights are the caller's to map");
    length = 1;
    ok_status(
        NtAccessCheck(&sd.descriptor, token, 1, &mapping, &privileges, &length, &granted, &result),
        STATUS_BUFFER_TOO_SMALL, "no room for the privileges");
    NtClose(token);
    NtClose(process_token);
}

static void guarded_events(void)
{
    struct test_descriptor sd;
    HANDLE event, copy;

    descriptor_begin(&sd);
    descriptor_allow(&sd, EVENT_MODIFY_STATE, own_user.user.User.Sid);
    ok_status(guarded_event(&event, EVENT, &sd), STATUS_SUCCESS, "an event with a DACL");
    ok_status(event_open(EVENT, EVENT_MODIFY_STATE), STATUS_SUCCESS, "gives what it gives");
    ok_status(event_open(EVENT, SYNCHRONIZE), STATUS_ACCESS_DENIED, "and nothing else");
    ok_status(event_open(EVENT, MAXIMUM_ALLOWED), STATUS_SUCCESS, "something is allowed");
    ok_status(event_open(EVENT, MAXIMUM_ALLOWED | SYNCHRONIZE), STATUS_ACCESS_DENIED,
              "but not that with it");
    ok_status(event_open(EVENT, WRITE_DAC), STATUS_SUCCESS, "its owner may change the DACL");
    ok_status(guarded_event(&copy, EVENT, NULL), STATUS_OBJECT_NAME_COLLISION,
              "the name is taken all the same");
    NtClose(event);
    RtlSetOwnerSecurityDescriptor(&sd.descriptor, (PSID)&sid_nobody, FALSE);
    sd.descriptor.Revision = 7;
    ok_status(guarded_event(&event, EVENT, &sd), STATUS_UNKNOWN_REVISION, "a wrong revision");
    descriptor_begin(&sd);
    sd.dacl.acl.AceCount = 9;
    ok_status(guarded_event(&event, EVENT, &sd), STATUS_INVALID_ACL, "ACEs that are not there");
    ok_status(event_open(EVENT, SYNCHRONIZE), STATUS_OBJECT_NAME_NOT_FOUND, "nothing was made");
    RtlSetDaclSecurityDescriptor(&sd.descriptor, TRUE, NULL, FALSE);
    ok_status(guarded_event(&event, EVENT, &sd), STATUS_SUCCESS, "a NULL DACL");
    NtImpersonateAnonymousToken(NtCurrentThread());
    ok_status(event_open(EVENT, EVENT_ALL_ACCESS), STATUS_SUCCESS, "is for everybody");
    revert();
    NtClose(event);
}

TEST_MAIN
{
    ok_status(own_user_find(), STATUS_SUCCESS, "who we are");
    guarded_ports();
    guarded_events();
    judging();
}
