/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Callbacks: the server asks back into the thread that waits for its reply; both ends are blocked
 * in one message. Also by ALPC calls, by the connection port, several deep, and cut off. */
#include "lpc.h"

#define NAME L"\\RPC Control\\LpcCallback"

enum { N_TURNS = 20, N_ROUNDS = 200 };

static struct lpc_pair pair;

/* The client: asks, answers each callback with its number doubled, until the reply comes. */
static DWORD NTAPI client_main(void *argument)
{
    struct lpc_asking *asking = argument;

    asking->status =
        NtRequestWaitReplyPort(asking->port, &asking->message.header, &asking->message.header);
    while (!asking->status && asking->message.header.u2.s2.Type == LPC_REQUEST) {
        asking->message.data[0] *= 2;
        asking->status = NtReplyWaitReplyPort(asking->port, &asking->message.header);
    }
    RtlExitUserThread(0);
    return 0;
}

static struct lpc_asking asking;

static void client_start(unsigned length)
{
    asking.port = pair.client;
    lpc_init(&asking.message, length);
    asking.thread = thread_start(client_main, &asking);
}

static void conversation(HANDLE port, unsigned length)
{
    struct lpc_message message;
    ULONG id;
    int all_right = 1;

    client_start(length);
    ok_status(lpc_receive(pair.connection, NULL, &message, NULL), 0, "receive the request");
    id = message.header.MessageId;
    for (unsigned i = 0; i < N_TURNS; i++) {
        message.data[0] = (UCHAR)i;
        message.header.u2.s2.Type = LPC_REQUEST;
        if (NtRequestWaitReplyPort(port, &message.header, &message.header) ||
            message.data[0] != 2 * i || message.header.MessageId != id || LENGTH(message) != length)
            all_right = 0;
    }
    ok(all_right, "%d callbacks are answered, all in one message", N_TURNS);
    ok(message.header.u2.s2.Type == LPC_REQUEST, "which still waits for its reply");
    message.data[0] = 99;
    ok_status(NtReplyPort(pair.server, &message.header), 0, "the reply");
    thread_join(asking.thread);
    ok_status(asking.status, 0, "ends the client's request");
    ok(asking.message.header.u2.s2.Type == LPC_REPLY && asking.message.data[0] == 99, "as a reply");
}

static void many(void)
{
    unsigned n_right = 0;

    for (unsigned i = 0; i < N_ROUNDS; i++) {
        struct lpc_message message;

        client_start(4);
        if (lpc_receive(pair.connection, NULL, &message, NULL))
            break;
        message.data[0] = 7;
        if (NtRequestWaitReplyPort(pair.server, &message.header, &message.header) ||
            NtReplyPort(pair.connection, &message.header))
            break;
        thread_join(asking.thread);
        n_right += asking.status == 0 && asking.message.data[0] == 14;
    }
    ok(n_right == N_ROUNDS, "%u conversations, slots and ids come back", n_right);
}

static void mismatches(void)
{
    struct lpc_message message, other;

    lpc_init(&message, 4);
    message.header.u2.s2.Type = LPC_REQUEST;
    message.header.MessageId = 0x12345;
    ok_status(NtRequestWaitReplyPort(pair.server, &message.header, &message.header),
              STATUS_REPLY_MESSAGE_MISMATCH, "a callback into nothing");
    lpc_init(&message, 4);
    ok_status(NtReplyWaitReplyPort(pair.client, &message.header), STATUS_INVALID_PARAMETER,
              "an answer to no message");
    client_start(4);
    lpc_receive(pair.connection, NULL, &message, NULL);
    other = message;
    ok_status(NtReplyPort(pair.server, &message.header), 0, "answered");
    thread_join(asking.thread);
    ok_status(NtRequestWaitReplyPort(pair.server, &other.header, &other.header),
              STATUS_REPLY_MESSAGE_MISMATCH, "no callback after the reply");
}

/* The client answers a callback and closes its port instead of waiting for the rest. */
static DWORD NTAPI closer_main(void *argument)
{
    (void)argument;
    asking.status =
        NtRequestWaitReplyPort(pair.client, &asking.message.header, &asking.message.header);
    NtClose(pair.client);
    RtlExitUserThread(0);
    return 0;
}

static void cut_off(void)
{
    struct lpc_message message;

    lpc_init(&asking.message, 4);
    asking.thread = thread_start(closer_main, NULL);
    lpc_receive(pair.connection, NULL, &message, NULL);
    ok_status(NtRequestWaitReplyPort(pair.server, &message.header, &message.header),
              STATUS_LPC_REPLY_LOST, "the client goes instead of answering a callback");
    thread_join(asking.thread);
    ok_status(asking.status, 0, "it had the callback");
    do
        lpc_receive(pair.connection, NULL, &message, NULL);
    while (TYPE(message) != LPC_PORT_CLOSED);
    NtClose(pair.server);
    ok(lpc_pair_connect(&pair, NAME, NULL), "another connection");
}

/* The same by ALPC calls on both sides: SYNC continuations. */
static DWORD NTAPI alpc_main(void *argument)
{
    SIZE_T size = sizeof asking.message;
    PORT_MESSAGE *header = &asking.message.header;

    (void)argument;
    asking.status =
        NtAlpcSendWaitReceivePort(pair.client, SYNC, header, NULL, header, &size, NULL, NULL);
    while (!asking.status && (header->u2.s2.Type & 0xff) == LPC_REQUEST) {
        asking.message.data[0] *= 2;
        size = sizeof asking.message;
        asking.status =
            NtAlpcSendWaitReceivePort(pair.client, SYNC, header, NULL, header, &size, NULL, NULL);
    }
    RtlExitUserThread(0);
    return 0;
}

static void by_alpc(HANDLE port)
{
    struct lpc_message message;
    SIZE_T size = sizeof message;

    lpc_init(&asking.message, 4);
    asking.thread = thread_start(alpc_main, NULL);
    lpc_receive(pair.connection, NULL, &message, NULL);
    message.data[0] = 21;
    ok_status(NtAlpcSendWaitReceivePort(port, SYNC, &message.header, NULL, &message.header, &size,
                                        NULL, NULL),
              0, "a synchronous continuation of a synchronous request");
    ok(message.data[0] == 42 && TYPE(message) == REQUEST_2000, "is answered by one");
    ok_status(port_send(port, RELEASE, &message.header), 0, "the reply");
    thread_join(asking.thread);
    ok(asking.status == 0 && TYPE(asking.message) == LPC_REPLY, "ends it");
}

TEST_MAIN
{
    ok(lpc_pair_open(&pair, NAME, NULL), "a connection");
    conversation(pair.server, 4);
    conversation(pair.server, 0x200);
    conversation(pair.connection, 4);
    many();
    mismatches();
    cut_off();
    by_alpc(pair.server);
    by_alpc(pair.connection);
    lpc_pair_close(&pair);
}
