/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Port information classes (reference 2.6, 3.13). Completion ports: alpc_iocp.c; lists:
 * alpc_completion_list.c. */
#include "alpc.h"

#define NAME L"\\RPC Control\\Information"

#define BAD_POINTER ((void *)(ULONG_PTR)0x10)

static struct test_pair pair;

static ULONG flags_of(HANDLE port)
{
    ALPC_BASIC_INFORMATION basic = {0};

    NtAlpcQueryInformation(port, AlpcBasicInformation, &basic, sizeof basic, NULL);
    return basic.Flags;
}

static void basic(void)
{
    ALPC_BASIC_INFORMATION basic[2];
    ULONG length = 77;

    ok_status(
        NtAlpcQueryInformation(pair.connection, AlpcBasicInformation, basic, sizeof basic, &length),
        STATUS_SUCCESS, "fact 10: a larger buffer");
    ok(length == 16, "the length is that of the structure");
    length = 77;
    ok_status(NtAlpcQueryInformation(pair.connection, AlpcBasicInformation, basic, 8, &length),
              STATUS_INFO_LENGTH_MISMATCH, "fact 10: a shorter one");
    ok(length == 16, "fact 10: the length is told all the same");
    ok_status(NtAlpcQueryInformation(pair.connection, AlpcBasicInformation, basic, 16, NULL),
              STATUS_SUCCESS, "no length wanted");
    length = 77;
    ok_status(NtAlpcQueryInformation((HANDLE)(ULONG_PTR)0x7ffffc, AlpcBasicInformation, basic, 16,
                                     &length),
              STATUS_INVALID_HANDLE, "a bad handle");
    ok(length == 77, "tells no length");
    ok_status(NtAlpcQueryInformation(pair.connection, AlpcBasicInformation, BAD_POINTER, 16, NULL),
              STATUS_ACCESS_VIOLATION, "a bad pointer");
}

static void classes(void)
{
    ULONG data[8] = {0};

    ok_status(NtAlpcQueryInformation(pair.connection, 99, data, sizeof data, NULL),
              STATUS_INVALID_INFO_CLASS, "no such class to query");
    ok_status(NtAlpcSetInformation(pair.connection, 99, data, sizeof data),
              STATUS_INVALID_INFO_CLASS, "no such class to set");
    ok_status(NtAlpcSetInformation(pair.connection, AlpcBasicInformation, data, 16),
              STATUS_INVALID_INFO_CLASS, "a class to query only");
    ok_status(NtAlpcQueryInformation(pair.connection, AlpcPortInformation, data, 16, NULL),
              STATUS_INVALID_INFO_CLASS, "a class to set only");
    ok_status(NtAlpcSetInformation(pair.connection, AlpcRegisterCallbackInformation, data, 16),
              STATUS_ACCESS_DENIED, "a class of the kernel's own");
}

static void port_information(void)
{
    ALPC_PORT_ATTRIBUTES attributes;

    port_attributes(&attributes, ALPC_PORFLG_ALLOW_LPC_REQUESTS | ALPC_PORFLG_WAITABLE_PORT);
    ok_status(
        NtAlpcSetInformation(pair.client, AlpcPortInformation, &attributes, sizeof attributes - 4),
        STATUS_INFO_LENGTH_MISMATCH, "a wrong length");
    ok_status(NtAlpcSetInformation(pair.client, AlpcPortInformation, NULL, sizeof attributes),
              STATUS_ACCESS_VIOLATION, "no attributes");
    ok(flags_of(pair.client) == 0, "the client's flags");
    ok_status(
        NtAlpcSetInformation(pair.client, AlpcPortInformation, &attributes, sizeof attributes),
        STATUS_SUCCESS, "new attributes");
    ok(flags_of(pair.client) == ALPC_PORFLG_ALLOW_LPC_REQUESTS,
       "of the flags only ALLOW_LPC_REQUESTS changes");
    attributes.Flags = 0;
    NtAlpcSetInformation(pair.client, AlpcPortInformation, &attributes, sizeof attributes);
    ok(flags_of(pair.client) == 0, "and back");
    NtAlpcSetInformation(pair.connection, AlpcPortInformation, &attributes, sizeof attributes);
    ok(flags_of(pair.connection) == ALPC_PORFLG_ALLOW_LPC_REQUESTS,
       "a connection port always has it");
    attributes.Flags = ALPC_PORFLG_SYSTEM_PROCESS;
    ok_status(
        NtAlpcSetInformation(pair.client, AlpcPortInformation, &attributes, sizeof attributes),
        STATUS_INVALID_PARAMETER, "a flag of the kernel's own");
}

static DWORD NTAPI requester(void *argument)
{
    struct test_message message;
    SIZE_T size = sizeof message;

    (void)argument;
    message_init(&message.header, 1);
    NtAlpcSendWaitReceivePort(pair.client, SYNC, &message.header, NULL, &message.header, &size,
                              NULL, NULL);
    RtlExitUserThread(0);
    return 0;
}

static void server_information(void)
{
    static const WCHAR path[] = NAME;
    const ULONG needed = sizeof(ALPC_SERVER_INFORMATION) + sizeof path - 2;
    struct {
        ALPC_SERVER_INFORMATION info;
        WCHAR name[100];
    } query;
    struct test_message message;
    HANDLE thread;
    ULONG length = 0;
    int right = 1;

    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)requester, NULL, &thread,
                        NULL);
    ok_status(port_receive(pair.connection, &message, NULL, NULL), STATUS_SUCCESS,
              "a request has come: its sender waits");
    query.info.In.ThreadHandle = thread;
    ok_status(
        NtAlpcQueryInformation(NULL, AlpcServerInformation, &query, sizeof query.info - 1, &length),
        STATUS_INFO_LENGTH_MISMATCH, "less than the structure");
    ok_status(
        NtAlpcQueryInformation(NULL, AlpcServerInformation, &query, sizeof query.info, &length),
        STATUS_INFO_LENGTH_MISMATCH, "no room for the name");
    ok(length == needed, "what it takes");
    ok_status(
        NtAlpcQueryInformation(pair.client, AlpcServerInformation, &query, sizeof query, &length),
        STATUS_INVALID_PARAMETER, "with a port");
    query.info.In.ThreadHandle = thread;
    ok_status(NtAlpcQueryInformation(NULL, AlpcServerInformation, &query, sizeof query, &length),
              STATUS_SUCCESS, "whom does it wait for?");
    ok(query.info.Out.ThreadBlocked == TRUE, "it waits");
    ok(query.info.Out.ConnectedProcessId == own_client_id()->UniqueProcess, "for this process");
    ok(query.info.Out.ConnectionPortName.Length == sizeof path - 2 &&
           query.info.Out.ConnectionPortName.Buffer == (WCHAR *)(&query.info + 1),
       "the port's name");
    for (unsigned i = 0; i < sizeof path / 2 - 1; i++)
        right &= query.info.Out.ConnectionPortName.Buffer[i] == path[i];
    ok(right, "is right");
    port_send(pair.connection, RELEASE, &message.header);
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    query.info.In.ThreadHandle = (HANDLE)(LONG_PTR)-2;
    ok_status(NtAlpcQueryInformation(NULL, AlpcServerInformation, &query, sizeof query, &length),
              STATUS_SUCCESS, "of this thread");
    ok(!query.info.Out.ThreadBlocked && length == sizeof query.info, "which does not wait");
    query.info.In.ThreadHandle = pair.client;
    ok(NtAlpcQueryInformation(NULL, AlpcServerInformation, &query, sizeof query, &length) < 0,
       "of something that is no thread");
}

static void message_zone(void)
{
    static UCHAR memory[0x2000];
    ALPC_PORT_MESSAGE_ZONE_INFORMATION zone = {memory, sizeof memory};

    ok_status(NtAlpcSetInformation(pair.client, AlpcMessageZoneInformation, &zone, sizeof zone - 1),
              STATUS_INFO_LENGTH_MISMATCH, "a wrong length");
    ok_status(NtAlpcSetInformation(pair.client, AlpcMessageZoneInformation, &zone, sizeof zone),
              STATUS_SUCCESS, "a message zone");
    zone.Buffer = BAD_POINTER;
    ok_status(NtAlpcSetInformation(pair.client, AlpcMessageZoneInformation, &zone, sizeof zone),
              STATUS_ACCESS_VIOLATION, "of bad memory");
    zone.Size = 0;
    ok_status(NtAlpcSetInformation(pair.client, AlpcMessageZoneInformation, &zone, sizeof zone),
              STATUS_INVALID_PARAMETER, "of none");
}

static void session(void)
{
    ALPC_SERVER_SESSION_INFORMATION session = {0};
    ULONG length = 0;

    ok_status(NtAlpcQueryInformation(pair.client, AlpcServerSessionInformation, &session,
                                     sizeof session, &length),
              STATUS_SUCCESS, "session information");
    ok(length == 8 && (HANDLE)(ULONG_PTR)session.ProcessId == own_client_id()->UniqueProcess,
       "names the server");
    ok_status(NtAlpcQueryInformation(pair.client, AlpcServerSessionInformation, &session, 4, NULL),
              STATUS_INFO_LENGTH_MISMATCH, "a short buffer");
}

TEST_MAIN
{
    ok(pair_open(&pair, NAME, NULL), "a port pair");
    basic();
    classes();
    port_information();
    server_information();
    message_zone();
    session();
    pair_close(&pair);
}
