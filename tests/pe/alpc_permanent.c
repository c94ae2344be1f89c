/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Names that outlast the last handle: OBJ_PERMANENT, NtMakePermanentObject and
 * NtMakeTemporaryObject, for who has SeCreatePermanentPrivilege (the system's own account) and for
 * who has not. A port cannot be opened by its name, so a permanent one whose handles are closed
 * stays: here none does. */
#include "alpc_tokens.h"

#define PORT  L"\\RPC Control\\Permanent"
#define EVENT L"\\BaseNamedObjects\\Permanent"

NTSTATUS NTAPI NtMakePermanentObject(HANDLE);
NTSTATUS NTAPI NtMakeTemporaryObject(HANDLE);
NTSTATUS NTAPI NtDuplicateObject(HANDLE, HANDLE, HANDLE, PHANDLE, ACCESS_MASK, ULONG, ULONG);
NTSTATUS NTAPI NtPrivilegeCheck(HANDLE, PPRIVILEGE_SET, PBOOLEAN);
NTSTATUS NTAPI NtQueryObject(HANDLE, OBJECT_INFORMATION_CLASS, PVOID, ULONG, PULONG);

static int has_privilege(void)
{
    PRIVILEGE_SET set = {1, PRIVILEGE_SET_ALL_NECESSARY, {{{16 /* SeCreatePermanent */, 0}, 0}}};
    BOOLEAN has = FALSE;
    HANDLE token;

    ok_status(NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &token), STATUS_SUCCESS,
              "the process' token");
    ok_status(NtPrivilegeCheck(token, &set, &has), STATUS_SUCCESS, "has it the privilege?");
    NtClose(token);
    return has;
}

static NTSTATUS event_create(HANDLE *event, ULONG attributes, ACCESS_MASK access)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, EVENT);
    InitializeObjectAttributes(&object, &name, attributes, NULL, NULL);
    return NtCreateEvent(event, access, &object, 0, FALSE);
}

static ULONG attributes_of(HANDLE handle)
{
    struct {
        ULONG attributes, access, handles, pointers, rest[10];
    } basic = {0};

    return NtQueryObject(handle, 0, &basic, sizeof basic, NULL) ? ~0u : basic.attributes;
}

static void unprivileged(void)
{
    HANDLE port, event;

    ok_status(port_create(&port, PORT, OBJ_PERMANENT, 0), STATUS_PRIVILEGE_NOT_HELD,
              "a permanent port");
    ok_status(port_create(&port, PORT, 0, 0), STATUS_SUCCESS, "its name is free");
    ok_status(NtMakePermanentObject(port), STATUS_PRIVILEGE_NOT_HELD, "nor does a port become so");
    ok_status(NtMakeTemporaryObject(port), STATUS_SUCCESS, "temporary it is");
    NtClose(port);
    ok_status(event_create(&event, OBJ_PERMANENT, EVENT_ALL_ACCESS), STATUS_PRIVILEGE_NOT_HELD,
              "a permanent event");
}

static void permanent_port(void)
{
    struct test_message message;
    HANDLE port, second, client;

    ok_status(port_create(&port, PORT, OBJ_PERMANENT, 0), STATUS_SUCCESS, "a permanent port");
    ok(attributes_of(port) == OBJ_PERMANENT, "says so (%x)", (unsigned)attributes_of(port));
    ok_status(port_create(&second, PORT, 0, 0), STATUS_OBJECT_NAME_COLLISION, "has its name");
    ok_status(port_connect(&client, PORT, 0, NULL, NULL, NULL), STATUS_SUCCESS,
              "is connected to as others");
    ok_status(port_receive(port, &message, NULL, NULL), STATUS_SUCCESS, "and receives");
    NtClose(client);
    ok_status(NtMakeTemporaryObject(port), STATUS_SUCCESS, "is temporary again");
    ok(attributes_of(port) == 0, "says so");
    NtClose(port);
    ok_status(port_create(&port, PORT, 0, 0), STATUS_SUCCESS, "its name went with the last handle");
    ok_status(NtMakePermanentObject(port), STATUS_SUCCESS, "a port becomes permanent");
    ok_status(NtMakePermanentObject(port), STATUS_SUCCESS, "twice is once");
    ok_status(NtMakeTemporaryObject(port), STATUS_SUCCESS, "and temporary");
    ok_status(NtMakeTemporaryObject(port), STATUS_SUCCESS, "twice too");
    NtClose(port);
    ok_status(port_connect(&client, PORT, 0, NULL, NULL, NULL), STATUS_OBJECT_NAME_NOT_FOUND,
              "nothing is left");
}

static void permanent_event(void)
{
    HANDLE event, again, weak;
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    ok_status(event_create(&event, OBJ_PERMANENT, EVENT_ALL_ACCESS), STATUS_SUCCESS,
              "a permanent event");
    NtClose(event);
    ok_status(event_open(EVENT, EVENT_ALL_ACCESS), STATUS_SUCCESS, "is there without a handle");
    RtlInitUnicodeString(&name, EVENT);
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    ok_status(NtOpenEvent(&weak, SYNCHRONIZE, &object), STATUS_SUCCESS, "a handle without DELETE");
    ok_status(NtMakeTemporaryObject(weak), STATUS_ACCESS_DENIED, "does not make it temporary");
    ok_status(NtOpenEvent(&again, EVENT_ALL_ACCESS, &object), STATUS_SUCCESS, "one with it");
    ok_status(NtMakeTemporaryObject(again), STATUS_SUCCESS, "does");
    NtClose(again);
    ok_status(event_open(EVENT, EVENT_ALL_ACCESS), STATUS_SUCCESS, "while one is open it is there");
    NtClose(weak);
    ok_status(event_open(EVENT, EVENT_ALL_ACCESS), STATUS_OBJECT_NAME_NOT_FOUND,
              "then it has gone");
}

static void borrowed(void)
{
    HANDLE port;

    ok_status(port_create(&port, PORT, 0, 0), STATUS_SUCCESS, "a port");
    ok_status(NtImpersonateAnonymousToken(NtCurrentThread()), STATUS_SUCCESS, "as nobody");
    ok_status(NtMakePermanentObject(port), STATUS_PRIVILEGE_NOT_HELD,
              "a thread that acts as another has the other's privileges");
    ok_status(revert(), STATUS_SUCCESS, "as itself");
    NtClose(port);
    ok_status(NtMakePermanentObject((HANDLE)(ULONG_PTR)0x7ffff0), STATUS_INVALID_HANDLE,
              "a handle that is none");
    ok_status(NtMakeTemporaryObject((HANDLE)(ULONG_PTR)0x7ffff0), STATUS_INVALID_HANDLE,
              "here neither");
}

TEST_MAIN
{
    if (has_privilege()) {
        permanent_port();
        permanent_event();
    } else {
        unprivileged();
    }
    borrowed();
}
