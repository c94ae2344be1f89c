/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Port handles in a second program: those made with OBJ_INHERIT are there from its beginning, under
 * the same values, others come by NtDuplicateObject. It sends and receives on them as the first
 * does; when it ends, nothing has happened to the ports. This program starts itself. */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <nt/ntalpc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32.h"

NTSTATUS NTAPI NtDuplicateObject(HANDLE, HANDLE, HANDLE, PHANDLE, ACCESS_MASK, ULONG, ULONG);

#define SYNC    ALPC_MSGFLG_SYNC_REQUEST
#define RELEASE ALPC_MSGFLG_RELEASE_MESSAGE

enum { CONNECTION, CLIENT, SERVER, N_PORTS };

struct message {
    PORT_MESSAGE header;
    ULONG_PTR values[2];
};

static void message_init(struct message *message, ULONG_PTR value)
{
    memset(message, 0, sizeof *message);
    message->header.u1.s1.DataLength = sizeof message->values;
    message->header.u1.s1.TotalLength = sizeof *message;
    message->values[0] = value;
}

/* Sends and waits for the answer, which is in `message` then. */
static NTSTATUS ask(HANDLE port, struct message *message, ULONG_PTR value)
{
    SIZE_T size = sizeof *message;

    message_init(message, value);
    return NtAlpcSendWaitReceivePort(port, SYNC, &message->header, NULL, &message->header, &size,
                                     NULL, NULL);
}

static NTSTATUS receive(HANDLE port, struct message *message, LARGE_INTEGER *timeout)
{
    SIZE_T size = sizeof *message;

    return NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &message->header, &size, NULL, timeout);
}

static NTSTATUS answer(HANDLE port, struct message *message, ULONG_PTR value)
{
    message->values[0] = value;
    return NtAlpcSendWaitReceivePort(port, RELEASE, &message->header, NULL, NULL, NULL, NULL, NULL);
}

static BOOL is_port(HANDLE handle)
{
    union {
        UNICODE_STRING name;
        char space[256];
    } type;
    struct {
        ULONG attributes, access, handles, pointers, rest[10];
    } basic;

    return !NtQueryObject(handle, ObjectTypeInformation, &type, sizeof type, NULL) &&
           type.name.Length == 18 && !memcmp(type.name.Buffer, L"ALPC Port", 18) &&
           !NtQueryObject(handle, ObjectBasicInformation, &basic, sizeof basic, NULL) &&
           basic.access == 0x1f0001;
}

/* ---- the child: its exit code says where it failed ---- */

static void child_needs(BOOL fine, int where)
{
    if (!fine)
        ExitProcess(where);
}

static int child_main(char **values)
{
    HANDLE port[N_PORTS], plain = (HANDLE)(ULONG_PTR)strtoull(values[N_PORTS], NULL, 16), given;
    ALPC_BASIC_INFORMATION basic;
    struct message message;

    for (int i = 0; i < N_PORTS; i++) {
        port[i] = (HANDLE)(ULONG_PTR)strtoull(values[i], NULL, 16);
        child_needs(is_port(port[i]), 10 + i);
    }
    child_needs(!is_port(plain), 20);
    child_needs(
        !NtAlpcQueryInformation(port[SERVER], AlpcBasicInformation, &basic, sizeof basic, NULL) &&
            basic.PortContext == (PVOID)0x5e57e5,
        21);
    child_needs(!ask(port[CLIENT], &message, 1), 22);
    given = (HANDLE)message.values[0];
    child_needs(is_port(given), 23);
    child_needs(!receive(port[CONNECTION], &message, NULL) && message.values[0] == 2, 24);
    child_needs(!answer(port[SERVER], &message, 3), 25);
    child_needs(!receive(given, &message, NULL) && message.values[0] == 4, 26);
    child_needs(!answer(given, &message, 5), 27);
    return 33;
}

/* ---- the parent ---- */

struct ports {
    HANDLE port[N_PORTS];
};

/* A connection port and a connection to it, made in one thread; flags: OBJ_INHERIT or 0. */
static struct ports ports_make(PCWSTR base, ULONG flags)
{
    ALPC_PORT_ATTRIBUTES attributes = {.MaxMessageLength = 0x1000};
    struct ports ports = {{NULL}};
    OBJECT_ATTRIBUTES object, unnamed;
    struct message message;
    UNICODE_STRING name;
    WCHAR text[64];

    swprintf(text, 64, L"\\RPC Control\\%ls-%lu", base, (unsigned long)GetCurrentProcessId());
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&object, &name, flags, NULL, NULL);
    InitializeObjectAttributes(&unnamed, NULL, flags, NULL, NULL);
    ok(!NtAlpcCreatePort(&ports.port[CONNECTION], &object, &attributes), "a connection port");
    ok(!NtAlpcConnectPort(&ports.port[CLIENT], &name, &unnamed, &attributes, 0, NULL, NULL, NULL,
                          NULL, NULL, NULL) &&
           !receive(ports.port[CONNECTION], &message, NULL) &&
           !NtAlpcAcceptConnectPort(&ports.port[SERVER], ports.port[CONNECTION], 0, &unnamed,
                                    &attributes, (PVOID)0x5e57e5, &message.header, NULL, TRUE) &&
           !receive(ports.port[CLIENT], &message, NULL),
       "and a connection");
    return ports;
}

static DWORD WINAPI synchronous_main(void *argument)
{
    HANDLE *ret_port = argument;
    OBJECT_ATTRIBUTES unnamed;
    UNICODE_STRING name;
    WCHAR text[64];

    swprintf(text, 64, L"\\RPC Control\\Inherit-%lu", (unsigned long)GetCurrentProcessId());
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&unnamed, NULL, OBJ_INHERIT, NULL, NULL);
    return NtAlpcConnectPort(ret_port, &name, &unnamed, NULL, SYNC, NULL, NULL, NULL, NULL, NULL,
                             NULL);
}

static ULONG attributes_of(HANDLE handle)
{
    DWORD flags = 0x80;

    return GetHandleInformation(handle, &flags) ? flags & HANDLE_FLAG_INHERIT : flags;
}

/* OBJ_INHERIT of a synchronous connect, whose handle is made when the server accepts. */
static void synchronous(const struct ports *ports)
{
    HANDLE client = NULL, server = NULL, thread;
    struct message message;
    DWORD status = 1;

    thread = CreateThread(NULL, 0, synchronous_main, &client, 0, NULL);
    receive(ports->port[CONNECTION], &message, NULL);
    NtAlpcAcceptConnectPort(&server, ports->port[CONNECTION], 0, NULL, NULL, NULL, &message.header,
                            NULL, TRUE);
    WaitForSingleObject(thread, INFINITE);
    ok(GetExitCodeThread(thread, &status) && !status, "a synchronous connect (%lx)",
       (unsigned long)status);
    ok(attributes_of(client) == HANDLE_FLAG_INHERIT, "its handle is to be inherited");
    ok(attributes_of(server) == 0, "that of an acceptance that does not say so is not");
    CloseHandle(thread);
    NtClose(client);
    receive(ports->port[CONNECTION], &message, NULL);
    ok((message.header.u2.s2.Type & 0xff) == LPC_PORT_CLOSED, "it ends");
    NtClose(server);
}

static BOOL child_start_knowing(const struct ports *ports, HANDLE plain, BOOL inherit,
                                PROCESS_INFORMATION *info)
{
    char arguments[120];

    snprintf(arguments, sizeof arguments, "child %llx %llx %llx %llx",
             (unsigned long long)(ULONG_PTR)ports->port[CONNECTION],
             (unsigned long long)(ULONG_PTR)ports->port[CLIENT],
             (unsigned long long)(ULONG_PTR)ports->port[SERVER],
             (unsigned long long)(ULONG_PTR)plain);
    return child_start_with(arguments, inherit, 0, info);
}

static void shared(struct ports *inherited, struct ports *plain, PROCESS_INFORMATION *child)
{
    HANDLE there = NULL;
    struct message message;

    ok(!receive(inherited->port[CONNECTION], &message, NULL) && message.values[0] == 1 &&
           message.header.ClientId.UniqueProcess == (HANDLE)(ULONG_PTR)child->dwProcessId,
       "the child sends on the client port, as itself");
    ok(!NtDuplicateObject(GetCurrentProcess(), plain->port[CONNECTION], child->hProcess, &there, 0,
                          0, DUPLICATE_SAME_ACCESS),
       "a port is duplicated into the child");
    ok(!answer(inherited->port[CONNECTION], &message, (ULONG_PTR)there), "which is told of it");
    ok(!ask(inherited->port[CLIENT], &message, 2) && message.values[0] == 3,
       "it receives on the connection port and answers on the server's");
    ok(!ask(plain->port[CLIENT], &message, 4) && message.values[0] == 5,
       "and on the port that was duplicated");
}

static void still_there(const struct ports *ports)
{
    LARGE_INTEGER poll = {.QuadPart = 0};
    struct message message;

    ok(receive(ports->port[CONNECTION], &message, &poll) == STATUS_TIMEOUT,
       "the child's end closes nothing here");
    message_init(&message, 6);
    ok(!NtAlpcSendWaitReceivePort(ports->port[CLIENT], RELEASE, &message.header, NULL, NULL, NULL,
                                  NULL, NULL) &&
           !receive(ports->port[CONNECTION], &message, NULL) && message.values[0] == 6,
       "a message comes through");
}

static void ports_close(struct ports *ports)
{
    for (int i = 0; i < N_PORTS; i++)
        NtClose(ports->port[i]);
}

static void parent_main(void)
{
    struct ports inherited = ports_make(L"Inherit", OBJ_INHERIT), plain = ports_make(L"Plain", 0);
    PROCESS_INFORMATION child;

    for (int i = 0; i < N_PORTS; i++)
        ok(attributes_of(inherited.port[i]) == HANDLE_FLAG_INHERIT &&
               attributes_of(plain.port[i]) == 0,
           "handle %d is to be inherited, its like is not", i);
    synchronous(&inherited);
    if (!ok(child_start_knowing(&inherited, plain.port[CLIENT], TRUE, &child),
            "a child that inherits"))
        return;
    shared(&inherited, &plain, &child);
    ok(child_end(&child) == 33, "it got through");
    still_there(&inherited);
    still_there(&plain);
    ok(child_start_knowing(&inherited, plain.port[CLIENT], FALSE, &child),
       "a child that inherits nothing");
    ok(child_end(&child) == 10, "has none of the ports");
    ports_close(&inherited);
    ports_close(&plain);
}

static void test_main(void)
{
    if (__argc == 6 && !strcmp(__argv[1], "child"))
        exit(child_main(__argv + 2));
    parent_main();
    done_testing();
}
