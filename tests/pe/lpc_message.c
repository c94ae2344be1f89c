/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Legacy datagrams, requests and replies: types, preset types, lengths, where they are received,
 * what a reply must carry, what a lost one is. */
#include "lpc.h"

#define NAME L"\\RPC Control\\LpcMessage"

NTSTATUS NTAPI NtSetInformationThread(HANDLE, THREADINFOCLASS, PVOID, ULONG);

static struct lpc_pair pair;
static int context_value;

static void datagrams(void)
{
    static const struct {
        SHORT type;
        NTSTATUS status;
    } presets[] = {{0, 0},
                   {LPC_DATAGRAM, 0},
                   {LPC_REQUEST, STATUS_INVALID_PARAMETER},
                   {LPC_CLIENT_DIED, STATUS_INVALID_PARAMETER}};
    struct lpc_message message, received;
    void *context;

    for (unsigned i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        lpc_init(&message, 8);
        message.header.u2.s2.Type = presets[i].type;
        message.header.MessageId = 77;
        message.data[0] = (UCHAR)i;
        ok_status(NtRequestPort(pair.client, &message.header), presets[i].status,
                  "fact 21: NtRequestPort with a preset type");
        ok(message.header.u2.s2.Type == presets[i].type && message.header.MessageId == 77,
           "the sender's buffer is as it was");
        if (presets[i].status)
            continue;
        ok_status(lpc_receive(pair.connection, &context, &received, NULL), 0, "receive it");
        ok(received.header.u2.s2.Type == LPC_DATAGRAM && LENGTH(received) == 8 &&
               received.data[0] == i,
           "fact 21: a datagram of type 3 exactly");
        ok(context == &context_value, "its port context");
        ok_status(NtReplyPort(pair.connection, &received.header), STATUS_REPLY_MESSAGE_MISMATCH,
                  "it cannot be answered");
    }
    lpc_init(&message, 8);
    message.header.u2.s2.DataInfoOffset = 40;
    ok_status(NtRequestPort(pair.client, &message.header), STATUS_INVALID_PARAMETER,
              "a datagram describes no memory");
    ok_status(NtRequestPort(pair.client, NULL), STATUS_ACCESS_VIOLATION, "no message");
    ok_status(lpc_receive(pair.connection, NULL, &received, POLL), STATUS_TIMEOUT,
              "no more has come");

    lpc_init(&message, 12);
    ok_status(NtRequestPort(pair.server, &message.header), 0, "a datagram to the client");
    ok_status(lpc_receive(pair.client, NULL, &received, NULL), 0, "received on its port");
    ok(received.header.u2.s2.Type == LPC_DATAGRAM && LENGTH(received) == 12, "type 3");
    ok_status(NtRequestPort(pair.connection, &message.header), STATUS_PORT_DISCONNECTED,
              "a connection port has no peer");
}

static void lengths(void)
{
    struct lpc_message message, received;

    lpc_init(&message, 0x290 - sizeof message.header);
    ok_status(NtRequestPort(pair.client, &message.header), 0, "the longest message");
    ok_status(lpc_receive(pair.connection, NULL, &received, NULL), 0, "received");
    ok(TOTAL(received) == 0x290, "as long as it was sent");
    lpc_init(&message, 0x291 - sizeof message.header);
    ok_status(NtRequestPort(pair.client, &message.header), STATUS_PORT_MESSAGE_TOO_LONG,
              "one byte more");
    ok_status(NtRequestWaitReplyPort(pair.client, &message.header, &received.header),
              STATUS_PORT_MESSAGE_TOO_LONG, "a request of that length");
    lpc_init(&message, 8);
    message.header.u1.s1.TotalLength = 8;
    ok_status(NtRequestPort(pair.client, &message.header), STATUS_PORT_MESSAGE_TOO_LONG,
              "a total length that is not more than the data's");
    message.header.u1.s1.TotalLength = 40;
    ok_status(NtRequestPort(pair.client, &message.header), STATUS_INVALID_PARAMETER,
              "one that has no room for the data");
    message.header.u1.s1.TotalLength = 100;
    ok_status(NtRequestPort(pair.client, &message.header), 0, "one with room to spare");
    ok_status(lpc_receive(pair.connection, NULL, &received, NULL), 0, "received");
    ok(TOTAL(received) == 48 && LENGTH(received) == 8, "header and data come");
}

static void impersonate(PORT_MESSAGE *message)
{
    HANDLE none = NULL;

    ok_status(NtImpersonateClientOfPort(pair.connection, message), STATUS_INVALID_PORT_HANDLE,
              "the connection port impersonates nobody");
    ok_status(NtImpersonateClientOfPort(pair.server, message), 0, "impersonate the client");
    ok_status(NtSetInformationThread((HANDLE)-2, ThreadImpersonationToken, &none, sizeof none), 0,
              "and back");
}

static void requests(void)
{
    static struct lpc_asking asking;
    struct lpc_message message, good;
    void *context;

    asking.port = pair.client;
    lpc_init(&asking.message, 8);
    asking.message.header.u2.s2.Type = LPC_CONNECTION_REQUEST;
    asking.message.header.MessageId = 1234;
    lpc_ask_start(&asking);
    ok_status(lpc_receive(pair.server, &context, &message, NULL), 0,
              "a legacy receive on the server communication port has it");
    ok(message.header.u2.s2.Type == LPC_REQUEST,
       "fact 21: a forged type is ignored: a request, 1 exactly");
    ok(context == &context_value && message.header.MessageId != 0, "its context and id");
    good = message;
    impersonate(&message.header);
    message.header.MessageId = 0;
    ok_status(NtReplyPort(pair.server, &message.header), STATUS_INVALID_PARAMETER,
              "a reply without MessageId");
    message.header.MessageId = good.header.MessageId ^ 0x40000000;
    ok_status(NtReplyPort(pair.server, &message.header), STATUS_REPLY_MESSAGE_MISMATCH,
              "one to nothing");
    message = good;
    message.header.ClientId.UniqueThread = (HANDLE)4;
    ok_status(NtReplyPort(pair.server, &message.header), STATUS_INVALID_CID,
              "one to a thread that did not ask");
    message = good;
    message.header.u1.s1.DataLength = 0x290;
    message.header.u1.s1.TotalLength = 0x2b8;
    ok_status(NtReplyPort(pair.server, &message.header), STATUS_PORT_MESSAGE_TOO_LONG,
              "one that is too long");
    message = good;
    message.header.u1.s1.DataLength = 4;
    message.header.u1.s1.TotalLength = 44;
    message.data[0] = 0x42;
    ok_status(NtReplyPort(pair.server, &message.header), 0, "the reply");
    thread_join(asking.thread);
    ok_status(asking.status, 0, "the request has it");
    ok(asking.message.header.u2.s2.Type == LPC_REPLY && LENGTH(asking.message) == 4 &&
           asking.message.data[0] == 0x42,
       "a reply of type 2 exactly, in the buffer of the request");
    ok_status(NtReplyPort(pair.server, &good.header), STATUS_REPLY_MESSAGE_MISMATCH,
              "a second reply");
    ok_status(NtRequestWaitReplyPort(pair.client, &good.header, NULL), STATUS_ACCESS_VIOLATION,
              "no place for the reply");

    lpc_init(&asking.message, 8);
    lpc_ask_start(&asking);
    lpc_receive(pair.connection, NULL, &message, NULL);
    LARGE_INTEGER now = {.QuadPart = 0};
    ok_status(
        NtReplyWaitReceivePortEx(pair.connection, &context, &message.header, &good.header, &now),
        STATUS_TIMEOUT, "reply, then receive nothing");
    thread_join(asking.thread);
    ok_status(asking.status, 0, "the reply has arrived");
    ok_status(NtReplyWaitReceivePort(pair.connection, NULL, NULL, NULL), STATUS_ACCESS_VIOLATION,
              "receive nowhere");
}

static void server_requests(void)
{
    static struct lpc_asking asking;
    struct lpc_message message;
    void *context;

    asking.port = pair.server;
    lpc_init(&asking.message, 20);
    lpc_ask_start(&asking);
    ok_status(lpc_receive(pair.client, &context, &message, NULL), 0, "a request of the server");
    ok(message.header.u2.s2.Type == LPC_REQUEST && LENGTH(message) == 20, "of type 1");
    ok_status(NtReplyPort(pair.client, &message.header), 0, "answered by the client");
    thread_join(asking.thread);
    ok(asking.status == 0 && TYPE(asking.message) == LPC_REPLY, "the server has the answer");
}

static void lost(void)
{
    static struct lpc_asking asking;
    struct lpc_message message;
    void *context = NULL;

    asking.port = pair.client;
    lpc_init(&asking.message, 8);
    lpc_ask_start(&asking);
    lpc_receive(pair.connection, NULL, &message, NULL);
    NtClose(pair.server);
    thread_join(asking.thread);
    ok_status(asking.status, STATUS_LPC_REPLY_LOST,
              "the server closes its port: the reply is lost");
    lpc_init(&message, 8);
    ok_status(NtRequestPort(pair.client, &message.header), STATUS_PORT_DISCONNECTED,
              "then there is no peer");
    NtClose(pair.client);

    ok(lpc_pair_connect(&pair, NAME, &context_value), "another connection");
    asking.port = pair.client;
    lpc_init(&asking.message, 8);
    lpc_ask_start(&asking);
    lpc_receive(pair.connection, NULL, &message, NULL);
    NtClose(pair.client);
    thread_join(asking.thread);
    ok_status(asking.status, STATUS_LPC_REPLY_LOST, "the client closes its port meanwhile");
    ok_status(lpc_receive(pair.server, &context, &message, NULL), 0,
              "the server communication port tells of the close");
    ok(TYPE(message) == LPC_PORT_CLOSED && context == &context_value,
       "no LPC_CANCELED comes before it (%x)", TYPE(message));
    ok_status(lpc_receive(pair.server, &context, &message, NULL), STATUS_PORT_DISCONNECTED,
              "then nothing comes there any more");
}

TEST_MAIN
{
    ok(lpc_pair_open(&pair, NAME, &context_value), "a connection");
    datagrams();
    lengths();
    requests();
    server_requests();
    lost();
    ok_status(NtQueryPortInformationProcess(), 0, "this process has no exception port");
    ok_status(NtQueryInformationPort((HANDLE)0x44440, 0, NULL, 0, NULL), STATUS_INVALID_HANDLE,
              "query no port");
    ok_status(NtQueryInformationPort(pair.connection, 0, NULL, 0, NULL), STATUS_INVALID_INFO_CLASS,
              "no class is known");
    lpc_pair_close(&pair);
}
