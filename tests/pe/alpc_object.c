/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Ports as objects: NtQueryObject (reference 2.7), names in any directory and relative to one,
 * case, the rules of OBJ_OPENIF, duplicates within the process. */
#include "alpc.h"

NTSTATUS NTAPI NtCreateDirectoryObject(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtDuplicateObject(HANDLE, HANDLE, HANDLE, PHANDLE, ACCESS_MASK, ULONG, ULONG);

#define FOLDER L"\\H7Folder"

typedef struct {
    ULONG Attributes;
    ACCESS_MASK GrantedAccess;
    ULONG HandleCount;
    ULONG PointerCount;
    ULONG Reserved[10];
} BASIC;

static int same_text(const UNICODE_STRING *string, PCWSTR text)
{
    unsigned n = 0;

    while (text[n])
        n++;
    if (string->Length != n * 2)
        return 0;
    for (unsigned i = 0; i < n; i++)
        if (string->Buffer[i] != text[i])
            return 0;
    return 1;
}

static NTSTATUS create(HANDLE *port, HANDLE root, PCWSTR path, ULONG flags)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&object, &name, flags, root, NULL);
    return NtAlpcCreatePort(port, &object, NULL);
}

static NTSTATUS connect_ex(HANDLE *port, HANDLE root, PCWSTR path, ULONG flags)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&object, &name, flags, root, NULL);
    return NtAlpcConnectPortEx(port, &object, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL);
}

static void described(void)
{
    static union {
        UNICODE_STRING name;
        UCHAR space[512];
    } text;
    struct test_pair pair;
    BASIC basic;
    HANDLE copy = NULL;
    ULONG length;

    ok(pair_open(&pair, L"\\RPC Control\\Described", NULL), "a port pair");
    ok_status(NtQueryObject(pair.connection, 0 /* basic */, &basic, sizeof basic, &length),
              STATUS_SUCCESS, "basic information");
    ok(basic.GrantedAccess == PORT_ALL_ACCESS && basic.Attributes == 0 && basic.HandleCount == 1,
       "fact 2: access 1f0001, attributes 0, one handle (%x %x %u)", (unsigned)basic.GrantedAccess,
       (unsigned)basic.Attributes, (unsigned)basic.HandleCount);
    ok_status(NtDuplicateObject(NtCurrentProcess(), pair.connection, NtCurrentProcess(), &copy, 0,
                                0, DUPLICATE_SAME_ACCESS),
              STATUS_SUCCESS, "a duplicate");
    ok_status(NtQueryObject(copy, 0, &basic, sizeof basic, &length), STATUS_SUCCESS,
              "its basic information");
    ok(basic.HandleCount == 2 && basic.GrantedAccess == PORT_ALL_ACCESS, "two handles");
    for (int i = 0; i < 3; i++) {
        HANDLE port = i == 0 ? copy : i == 1 ? pair.server : pair.client;
        ok_status(NtQueryObject(port, 2 /* type */, &text, sizeof text, &length), STATUS_SUCCESS,
                  "type information");
        ok(same_text(&text.name, L"ALPC Port"), "fact 2: type ALPC Port");
    }
    ok_status(NtQueryObject(copy, 1 /* name */, &text, sizeof text, &length), STATUS_SUCCESS,
              "name information");
    ok(same_text(&text.name, L"\\RPC Control\\Described"), "the connection port's name");
    ok_status(NtQueryObject(pair.client, 1, &text, sizeof text, &length), STATUS_SUCCESS,
              "of a client port");
    ok(text.name.Length == 0, "none");
    NtClose(pair.connection);
    struct test_message message;
    message_init(&message.header, 3);
    ok_status(port_send(pair.client, RELEASE, &message.header), STATUS_SUCCESS,
              "the port lives on in the duplicate");
    ok_status(port_receive(copy, &message, NULL, NULL), STATUS_SUCCESS, "which receives");
    pair.connection = copy;
    pair_close(&pair);
}

static void directories(void)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;
    HANDLE folder = NULL, port = NULL, other = NULL, client = NULL;
    struct test_message message;

    RtlInitUnicodeString(&name, FOLDER);
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    ok_status(NtCreateDirectoryObject(&folder, 0xf000f, &object), STATUS_SUCCESS, "a directory");
    ok_status(create(&port, NULL, FOLDER L"\\Port", 0), STATUS_SUCCESS, "a port in it");
    ok_status(create(&other, folder, L"Port", 0), STATUS_OBJECT_NAME_COLLISION,
              "the name relative to the directory is taken");
    ok_status(create(&other, folder, L"Other", 0), STATUS_SUCCESS, "another name is not");
    ok_status(connect_ex(&client, folder, L"Other", 0), STATUS_SUCCESS,
              "a client connects relative to the directory");
    ok_status(port_receive(other, &message, NULL, NULL), STATUS_SUCCESS, "to that port");
    NtClose(client);
    ok_status(connect_ex(&client, folder, L"\\Absolute", 0), STATUS_OBJECT_PATH_SYNTAX_BAD,
              "an absolute name has no root");
    ok_status(connect_ex(&client, port, L"Port", 0), STATUS_OBJECT_TYPE_MISMATCH,
              "a port is no directory");
    ok_status(connect_ex(&client, NULL, L"\\H7Missing\\Port", 0), STATUS_OBJECT_PATH_NOT_FOUND,
              "nor is what is missing");
    NtClose(other);
    ok_status(connect_ex(&client, folder, L"Other", 0), STATUS_OBJECT_NAME_NOT_FOUND,
              "the name goes with its port");
    NtClose(port);
    NtClose(folder);
}

static void names(void)
{
    HANDLE port = NULL, upper = NULL, other = NULL;
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    ok_status(create(&port, NULL, L"\\RPC Control\\h7 case", 0), STATUS_SUCCESS, "a port");
    ok_status(create(&upper, NULL, L"\\RPC Control\\H7 CASE", 0), STATUS_SUCCESS,
              "another whose name differs in case");
    ok_status(create(&other, NULL, L"\\RPC Control\\H7 Case", OBJ_CASE_INSENSITIVE),
              STATUS_OBJECT_NAME_COLLISION, "without regard to case it is taken");
    NtClose(upper);
    ok_status(connect_ex(&other, NULL, L"\\RPC Control\\H7 Case", 0), STATUS_OBJECT_NAME_NOT_FOUND,
              "a client that regards case does not find it");
    ok_status(connect_ex(&other, NULL, L"\\RPC Control\\H7 Case", OBJ_CASE_INSENSITIVE),
              STATUS_SUCCESS, "one that does not finds it");
    NtClose(other);
    other = (HANDLE)0x5a5a;
    ok_status(create(&other, NULL, L"\\RPC Control\\h7 case", OBJ_OPENIF), STATUS_INVALID_PARAMETER,
              "OBJ_OPENIF on a taken name");
    ok(other == (HANDLE)0x5a5a, "leaves the handle alone");
    ok_status(create(&other, NULL, L"\\RPC Control\\h7 openif", OBJ_OPENIF), STATUS_SUCCESS,
              "on a free name it makes the port");
    NtClose(other);
    NtClose(port);
    RtlInitUnicodeString(&name, L"\\RPC Control\\h7 event");
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    ok_status(NtCreateEvent(&port, 0x1f0003, &object, 1, FALSE), STATUS_SUCCESS, "an event");
    ok_status(create(&other, NULL, L"\\RPC Control\\h7 event", 0), STATUS_OBJECT_NAME_COLLISION,
              "whose name is taken for ports too");
    ok_status(create(&other, NULL, L"\\RPC Control\\h7 event", OBJ_OPENIF),
              STATUS_OBJECT_TYPE_MISMATCH, "with OBJ_OPENIF it is of another type");
    ok_status(connect_ex(&other, NULL, L"\\RPC Control\\h7 event", 0), STATUS_OBJECT_TYPE_MISMATCH,
              "nothing connects to it");
    NtClose(port);
}

TEST_MAIN
{
    described();
    directories();
    names();
}
