/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* NtRegisterThreadTerminatePort: LPC_CLIENT_DIED when the thread ends. A killed process is in
 * tests/system/csr.sh. */
#include "lpc.h"

#define NAME L"\\RPC Control\\LpcDied"

NTSTATUS NTAPI NtSetEvent(HANDLE, PLONG);
NTSTATUS NTAPI NtResetEvent(HANDLE, PLONG);
NTSTATUS NTAPI NtQuerySystemTime(PLARGE_INTEGER);

static struct lpc_pair pair;
static HANDLE ends_now;

static DWORD NTAPI registered_main(void *argument)
{
    HANDLE *port = argument;
    struct lpc_message message;

    lpc_init(&message, 4);
    if (!NtRegisterThreadTerminatePort(*port))
        NtRequestPort(*port, &message.header);
    NtWaitForSingleObject(ends_now, FALSE, NULL);
    RtlExitUserThread(0);
    return 0;
}

static void thread_ends(HANDLE *port, HANDLE receiver, const char *who)
{
    LARGE_INTEGER before, after;
    union {
        LPC_CLIENT_DIED_MSG died;
        struct lpc_message message;
    } received;
    void *context = NULL, *thread_id;
    HANDLE thread;

    NtQuerySystemTime(&before);
    thread = thread_start(registered_main, port);
    ok_status(lpc_receive(receiver, &context, &received.message, NULL), 0, who);
    ok(TYPE(received.message) == LPC_DATAGRAM, "a datagram of the thread");
    thread_id = received.message.header.ClientId.UniqueThread;
    NtQuerySystemTime(&after);
    ok_status(lpc_receive(receiver, &context, &received.message, POLL), STATUS_TIMEOUT,
              "nothing as long as it lives");
    NtSetEvent(ends_now, NULL);
    ok_status(lpc_receive(receiver, &context, &received.message, NULL), 0, "its end");
    ok(TYPE(received.message) == LPC_CLIENT_DIED && LENGTH(received.message) == 8,
       "is LPC_CLIENT_DIED with 8 bytes");
    ok(received.message.header.ClientId.UniqueThread == thread_id, "of that thread");
    ok(received.died.CreateTime.QuadPart >= before.QuadPart - 10000000 &&
           received.died.CreateTime.QuadPart <= after.QuadPart,
       "with its creation time");
    thread_join(thread);
    NtResetEvent(ends_now, NULL);
}

TEST_MAIN
{
    struct lpc_message message;
    HANDLE thread;

    NtCreateEvent(&ends_now, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    ok(lpc_pair_open(&pair, NAME, &pair), "a connection");
    thread_ends(&pair.client, pair.connection, "a client's thread registers its port");
    thread_ends(&pair.server, pair.client, "a server's thread registers its port");
    ok_status(NtRegisterThreadTerminatePort((HANDLE)0x44440), STATUS_INVALID_HANDLE,
              "register no port");

    thread = thread_start(registered_main, &pair.client);
    lpc_receive(pair.connection, NULL, &message, NULL);
    NtClose(pair.client);
    ok_status(lpc_receive(pair.connection, NULL, &message, NULL), 0, "the port is closed first");
    ok(TYPE(message) == LPC_PORT_CLOSED, "LPC_PORT_CLOSED");
    NtSetEvent(ends_now, NULL);
    thread_join(thread);
    ok_status(lpc_receive(pair.connection, NULL, &message, POLL), STATUS_TIMEOUT,
              "then the thread's end is nobody's news");
    NtClose(pair.server);
    NtClose(pair.connection);
}
