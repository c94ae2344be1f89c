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

TEST_MAIN
{
    ok_status(port_create(&connection, NAME, 0, 0), STATUS_SUCCESS, "a connection port");
    the_servers_sid();
    the_reply_buffer();
    time_outs();
    limits();
    connection_data();
    NtClose(connection);
}
