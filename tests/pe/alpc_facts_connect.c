/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Facts and statuses of reference 3.2, 3.5 and 3.9 that the other ALPC tests do not provoke: what a
 * connect returns, limits of both ends' attributes, absolute time-outs. */
#include "alpc.h"

#define NAME L"\\RPC Control\\Facts"

NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER);

struct own_sid {
    UCHAR revision, n_parts, authority[6];
    ULONG parts[1];
};

static HANDLE connection;

struct acceptance {
    HANDLE thread, server;
    unsigned length; /* data of the acceptance */
};

static DWORD NTAPI accept_one(void *argument)
{
    struct acceptance *acceptance = argument;
    static struct test_message message;

    if (!port_receive(connection, &message, NULL, NULL)) {
        message.header.u1.s1.DataLength = (SHORT)acceptance->length;
        message.header.u1.s1.TotalLength = (SHORT)(acceptance->length + sizeof message.header);
        port_accept(&acceptance->server, connection, &message, NULL, TRUE);
    }
    RtlExitUserThread(0);
    return 0;
}

static void accept_begin(struct acceptance *acceptance, unsigned length)
{
    *acceptance = (struct acceptance){.length = length};
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)accept_one, acceptance,
                        &acceptance->thread, NULL);
}

static void accept_end(struct acceptance *acceptance)
{
    struct test_message message;

    NtWaitForSingleObject(acceptance->thread, FALSE, NULL);
    NtClose(acceptance->thread);
    ok_status(port_receive(connection, &message, NULL, NULL), STATUS_SUCCESS, "its client goes");
    ok(TYPE(message) == LPC_PORT_CLOSED, "with LPC_PORT_CLOSED");
    NtClose(acceptance->server);
}

static NTSTATUS connect_sid(void *sid, HANDLE *port)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, NAME);
    return NtAlpcConnectPort(port, &name, NULL, NULL, 0, sid, NULL, NULL, NULL, NULL, NULL);
}

static void the_servers_sid(void)
{
    struct own_sid somebody = {1, 1, {0, 0, 0, 0, 0, 5}, {7}}; /* anonymous: nobody's process */
    struct own_sid nonsense = {9, 200, {0}, {0}};
    HANDLE port = NULL;

    ok_status(connect_sid(&somebody, &port), (NTSTATUS)0xC00002A0,
              "RequiredServerSid is not the server's");
    ok(port == NULL, "no handle comes back");
    ok(connect_sid(&nonsense, &port) < 0, "a SID that is none");
    ok_status(connect_sid((void *)8, &port), STATUS_ACCESS_VIOLATION, "a bad pointer to it");
}

static void the_reply_buffer(void)
{
    struct acceptance acceptance;
    struct test_message message;
    SIZE_T size = sizeof message.header + 10;
    HANDLE port = NULL;

    accept_begin(&acceptance, 100);
    message_init(&message.header, 4);
    ok_status(port_connect(&port, NAME, SYNC, &message.header, &size, NULL),
              STATUS_BUFFER_TOO_SMALL, "a connect whose buffer cannot take the acceptance");
    ok(size == sizeof message.header + 100, "the needed length comes back");
    ok(port == NULL, "no handle does");
    accept_end(&acceptance);
    accept_begin(&acceptance, 0);
    ok_status(port_connect(&port, NAME, SYNC, NULL, NULL, NULL), STATUS_SUCCESS,
              "a synchronous connect without a message");
    NtClose(port);
    accept_end(&acceptance);
    accept_begin(&acceptance, 50);
    message_init(&message.header, 0);
    ok_status(port_connect(&port, NAME, SYNC, &message.header, NULL, NULL), STATUS_SUCCESS,
              "no length means no limit");
    ok(LENGTH(message) == 50, "the acceptance came");
    NtClose(port);
    accept_end(&acceptance);
}

static void time_outs(void)
{
    LARGE_INTEGER past = {.QuadPart = 1}, soon;
    struct test_message message;
    HANDLE port = NULL;

    NtQuerySystemTime(&soon);
    soon.QuadPart += 20000; /* 2 ms, absolute */
    ok_status(port_receive(connection, &message, NULL, &past), STATUS_TIMEOUT,
              "an absolute time-out that has passed");
    ok_status(port_receive(connection, &message, NULL, &soon), STATUS_TIMEOUT, "one that comes");
    ok_status(port_receive(connection, &message, NULL, (LARGE_INTEGER *)8), STATUS_ACCESS_VIOLATION,
              "a bad pointer to one");
    ok_status(port_connect(&port, NAME, SYNC, NULL, NULL, &past), STATUS_TIMEOUT,
              "a connect that nobody accepts in time");
    ok(port == NULL, "no handle comes back");
}

static void limits(void)
{
    ALPC_PORT_ATTRIBUTES attributes;
    struct test_message message;
    ALPC_DATA_VIEW_ATTR view;
    UNICODE_STRING name;
    HANDLE port = NULL, server = NULL, small = NULL, section = NULL;
    SIZE_T actual;

    port_attributes(&attributes, 0);
    attributes.MaxMessageLength = 0x20000;
    RtlInitUnicodeString(&name, NAME);
    ok_status(
        NtAlpcConnectPort(&port, &name, NULL, &attributes, 0, NULL, NULL, NULL, NULL, NULL, NULL),
        STATUS_SUCCESS, "a MaxMessageLength of 20000h is clamped on connect");
    port_receive(connection, &message, NULL, NULL);
    port_accept(&server, connection, &message, NULL, TRUE);
    port_receive(port, &message, NULL, NULL);
    ok_status(NtAlpcQueryInformation(port, (ALPC_PORT_INFORMATION_CLASS)0x7777, &message, 16, NULL),
              STATUS_INVALID_INFO_CLASS, "an unknown class to ask for");
    ok_status(NtAlpcSetInformation(port, (ALPC_PORT_INFORMATION_CLASS)0x7777, &message, 16),
              STATUS_INVALID_INFO_CLASS, "and to set");
    NtClose(port);
    NtClose(server);
    port_receive(connection, &message, NULL, NULL);

    port_attributes(&attributes, 0);
    attributes.SecurityQos.Length = 8;
    ok_status(NtAlpcCreatePort(&small, NULL, &attributes), STATUS_INVALID_PARAMETER,
              "a QoS of another length");
    attributes.SecurityQos.Length = 0;
    attributes.MaxViewSize = 0x1000;
    ok_status(NtAlpcCreatePort(&small, NULL, &attributes), STATUS_SUCCESS,
              "a port with a MaxViewSize");
    ok_status(NtAlpcCreatePortSection(small, 0, NULL, 0x4000, &section, &actual), STATUS_SUCCESS,
              "a section of it");
    fill(&view, 0, sizeof view);
    view.SectionHandle = section;
    view.ViewSize = 0x1001;
    ok_status(NtAlpcCreateSectionView(small, 0, &view), STATUS_INVALID_VIEW_SIZE,
              "a view above MaxViewSize");
    view.ViewSize = 0x1000;
    ok_status(NtAlpcCreateSectionView(small, 0, &view), STATUS_SUCCESS, "one of that size");
    ok_status(NtAlpcDeleteSectionView(small, 0, view.ViewBase), STATUS_SUCCESS, "goes");
    ok_status(NtAlpcDeletePortSection(small, 0, section), STATUS_SUCCESS, "and the section");
    NtClose(small);
}

/* What is 32 KiB or longer has lengths that the header declares as negative numbers. */
static void connection_data(void)
{
    static struct {
        PORT_MESSAGE header;
        UCHAR data[TEST_DATA_MAX];
    } large, got;
    HANDLE port = NULL;
    SIZE_T size = sizeof got;
    int right = 1;

    message_init(&large.header, 40000);
    for (unsigned i = 0; i < 40000; i++)
        large.data[i] = (UCHAR)(i * 3);
    ok_status(port_connect(&port, NAME, 0, &large.header, NULL, NULL), STATUS_SUCCESS,
              "a connect with 40,000 bytes");
    ok_status(NtAlpcSendWaitReceivePort(connection, 0, NULL, NULL, &got.header, &size, NULL, NULL),
              STATUS_SUCCESS, "its request");
    for (unsigned i = 0; i < 40000; i++)
        right &= got.data[i] == (UCHAR)(i * 3);
    ok((USHORT)got.header.u1.s1.DataLength == 40000 && right, "has them all");
    ok_status(
        NtAlpcAcceptConnectPort(NULL, connection, 0, NULL, NULL, NULL, &got.header, NULL, FALSE),
        STATUS_SUCCESS, "refused");
    NtClose(port);
}

static ULONG counted(HANDLE port)
{
    ALPC_BASIC_INFORMATION basic = {.SequenceNo = 99};

    NtAlpcQueryInformation(port, AlpcBasicInformation, &basic, sizeof basic, NULL);
    return basic.SequenceNo;
}

static void connection_requests_are_counted(void)
{
    struct test_message message;
    HANDLE port = NULL, client = NULL;

    port_create(&port, NAME L"Counted", 0, 0);
    ok(counted(port) == 0, "fact 10: a new connection port has counted nothing");
    for (ULONG i = 1; i < 3; i++) {
        port_connect(&client, NAME L"Counted", 0, NULL, NULL, NULL);
        ok_status(port_receive(port, &message, NULL, NULL), STATUS_SUCCESS, "a request");
        ok(counted(port) == i, "fact 10: connection request %u is counted", (unsigned)i);
        port_accept(NULL, port, &message, NULL, FALSE);
        NtClose(client);
    }
    NtClose(port);
}

/* A final reply by either handle of the server's. */
static void replies(void)
{
    struct test_message message;
    struct test_pair pair;

    ok(pair_open(&pair, NAME L"Replies", NULL), "a port pair");
    for (int i = 0; i < 2; i++) {
        message_init(&message.header, 3);
        port_send(pair.client, 0, &message.header);
        port_receive(pair.connection, &message, NULL, NULL);
        ok_status(port_send(i ? pair.server : pair.connection, RELEASE, &message.header),
                  STATUS_SUCCESS,
                  i ? "fact 8: a reply through the communication port"
                    : "fact 8: a reply through the connection port");
        port_receive(pair.client, &message, NULL, NULL);
        ok(TYPE(message) == LPC_REPLY && LENGTH(message) == 3, "fact 8: works");
    }
    pair_close(&pair);
}

/* Every call on an event instead of a port. */
static void no_port(void)
{
    PORT_MESSAGE message;
    ALPC_CONTEXT_ATTR context = {0};
    ALPC_SECURITY_ATTR security = {0};
    ALPC_DATA_VIEW_ATTR view = {.SectionHandle = (ALPC_HANDLE)4, .ViewSize = 1};
    ALPC_HANDLE section;
    HANDLE event, out;
    UCHAR buffer[64];
    SIZE_T size;
    ULONG id;

    message_init(&message, 0);
    message.MessageId = 8;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    const NTSTATUS statuses[] = {
        NtAlpcDisconnectPort(event, 0),
        NtAlpcCancelMessage(event, 0, &context),
        NtAlpcAcceptConnectPort(&out, event, 0, NULL, NULL, NULL, &message, NULL, TRUE),
        NtAlpcCreatePortSection(event, 0, NULL, 1, &section, &size),
        NtAlpcDeletePortSection(event, 0, (ALPC_HANDLE)4),
        NtAlpcCreateSectionView(event, 0, &view),
        NtAlpcDeleteSectionView(event, 0, buffer),
        NtAlpcCreateResourceReserve(event, 0, 1, &id),
        NtAlpcDeleteResourceReserve(event, 0, 0x80000004),
        NtAlpcCreateSecurityContext(event, 0, &security),
        NtAlpcDeleteSecurityContext(event, 0, (ALPC_HANDLE)4),
        NtAlpcRevokeSecurityContext(event, 0, (ALPC_HANDLE)4),
        NtAlpcImpersonateClientOfPort(event, &message, NULL),
        NtAlpcOpenSenderProcess(&out, event, &message, 0, PROCESS_QUERY_INFORMATION, NULL),
        NtAlpcOpenSenderThread(&out, event, &message, 0, THREAD_QUERY_INFORMATION, NULL),
        NtAlpcQueryInformation(event, AlpcBasicInformation, buffer, 16, NULL),
        NtAlpcQueryInformationMessage(event, &message, AlpcMessageSidInformation, buffer,
                                      sizeof buffer, NULL),
    };
    for (unsigned i = 0; i < sizeof statuses / sizeof *statuses; i++)
        ok(statuses[i] == STATUS_OBJECT_TYPE_MISMATCH, "call %u on what is no port (%x)", i,
           (unsigned)statuses[i]);
    NtClose(event);
}

static void bad_attributes(void)
{
    struct test_message message;
    UNICODE_STRING name;
    HANDLE port = NULL, server = NULL;

    RtlInitUnicodeString(&name, NAME);
    ok_status(NtAlpcCreatePort(&port, NULL, (void *)16), STATUS_ACCESS_VIOLATION,
              "a bad pointer to port attributes");
    ok_status(
        NtAlpcConnectPort(&port, &name, NULL, (void *)16, 0, NULL, NULL, NULL, NULL, NULL, NULL),
        STATUS_ACCESS_VIOLATION, "on connect");
    ok_status(
        NtAlpcConnectPort(&port, &name, NULL, NULL, 0, NULL, (void *)16, NULL, NULL, NULL, NULL),
        STATUS_ACCESS_VIOLATION, "a bad connection message");
    ok(port == NULL, "no handle comes back");
    port_connect(&port, NAME, 0, NULL, NULL, NULL);
    port_receive(connection, &message, NULL, NULL);
    ok_status(NtAlpcAcceptConnectPort(&server, connection, 0, NULL, (void *)16, NULL,
                                      &message.header, NULL, TRUE),
              STATUS_ACCESS_VIOLATION, "a bad pointer on accept");
    ok_status(port_accept(&server, connection, &message, NULL, TRUE), STATUS_SUCCESS,
              "the request is still there");
    NtClose(port);
    NtClose(server);
    port_receive(connection, &message, NULL, NULL);
}

TEST_MAIN
{
    ok_status(port_create(&connection, NAME, 0, 0), STATUS_SUCCESS, "a connection port");
    the_servers_sid();
    the_reply_buffer();
    time_outs();
    limits();
    connection_data();
    connection_requests_are_counted();
    replies();
    no_port();
    bad_attributes();
    NtClose(connection);
}
