/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Synchronous requests: reply, continuation, short reply buffer, time-out, loss of the peer, many
 * threads. The server is a thread that does what the first byte of a request says. */
#include "alpc.h"

#define NAME L"\\RPC Control\\Sync"

enum command {
    ECHO = 1,
    CONTINUE,   /* reply without RELEASE */
    LARGE,      /* reply of the size that follows */
    KEEP,       /* do not answer */
    DISCONNECT, /* disconnect the server communication port instead of an answer */
    QUIT,       /* echo, then end */
};

enum { N_THREADS = 8, N_ROUNDS = 300 };

struct large_message {
    PORT_MESSAGE header;
    UCHAR data[TEST_DATA_MAX];
};

static HANDLE connection, server;
static struct large_message large_request, large_reply, in_server;

static HANDLE thread_start(void *function, void *argument)
{
    HANDLE thread = NULL;

    if (RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, function, argument, &thread,
                            NULL))
        return NULL;
    return thread;
}

static void thread_join(HANDLE thread)
{
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
}

/* False: the server is to end. */
static int command_serve(void)
{
    UCHAR command = in_server.data[0];

    switch (command) {
    case LARGE: {
        unsigned length = *(USHORT *)(in_server.data + 2);
        for (unsigned i = 0; i < length; i++)
            in_server.data[i] = (UCHAR)(i * 5);
        in_server.header.u1.s1.DataLength = (SHORT)length;
        in_server.header.u1.s1.TotalLength = (SHORT)(length + sizeof in_server.header);
        break;
    }
    case KEEP:
        return 1;
    case DISCONNECT:
        NtAlpcDisconnectPort(server, 0);
        return 1;
    }
    port_send(connection, command == CONTINUE ? 0 : RELEASE, &in_server.header);
    return command != QUIT;
}

static DWORD NTAPI serve(void *argument)
{
    (void)argument;
    for (;;) {
        SIZE_T size = sizeof in_server;
        if (NtAlpcSendWaitReceivePort(connection, 0, NULL, NULL, &in_server.header, &size, NULL,
                                      NULL))
            break;
        if (TYPE(in_server) == REQUEST_2000 && !command_serve())
            break;
    }
    RtlExitUserThread(0);
    return 0;
}

static NTSTATUS ask(HANDLE port, enum command command, struct test_message *message, SIZE_T *size,
                    LARGE_INTEGER *timeout)
{
    message_init(&message->header, 4);
    message->data[0] = (UCHAR)command;
    return NtAlpcSendWaitReceivePort(port, SYNC, &message->header, NULL, &message->header, size,
                                     NULL, timeout);
}

static void replies(HANDLE client)
{
    struct test_message message;
    SIZE_T size = sizeof message;

    ok_status(ask(client, ECHO, &message, &size, NULL), STATUS_SUCCESS, "a synchronous request");
    ok(TYPE(message) == LPC_REPLY && LENGTH(message) == 4, "its reply");
    ok(size == TOTAL(message), "the length of the reply");
    ok(message.header.ClientId.UniqueProcess == own_client_id()->UniqueProcess,
       "the replier's process id");
    ok_status(ask(client, CONTINUE, &message, NULL, NULL), STATUS_SUCCESS,
              "a continuation without RELEASE releases the sender all the same");
    ok(TYPE(message) == REQUEST_2000, "as a request of the other direction");
    ok_status(port_send(client, RELEASE, &message.header), STATUS_SUCCESS, "which it continues");
}

static void large_replies(HANDLE client)
{
    static const USHORT lengths[] = {0, 959, 960, 961, 5000, 65495};

    for (unsigned k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        SIZE_T size = sizeof large_reply;
        message_init(&large_request.header, 4);
        large_request.data[0] = LARGE;
        *(USHORT *)(large_request.data + 2) = lengths[k];
        NTSTATUS status = NtAlpcSendWaitReceivePort(client, SYNC, &large_request.header, NULL,
                                                    &large_reply.header, &size, NULL, NULL);
        int right = LENGTH(large_reply) == lengths[k];
        for (unsigned i = 0; i < lengths[k]; i++)
            right &= large_reply.data[i] == (UCHAR)(i * 5);
        ok(status == STATUS_SUCCESS && right, "a reply of %u bytes (%x)", lengths[k],
           (unsigned)status);
    }
}

static void short_reply_buffer(HANDLE client)
{
    struct test_message message;
    SIZE_T size = sizeof message.header + 10;

    message_init(&message.header, 4);
    message.data[0] = LARGE;
    *(USHORT *)(message.data + 2) = 500;
    ok_status(NtAlpcSendWaitReceivePort(client, SYNC, &message.header, NULL, &large_reply.header,
                                        &size, NULL, NULL),
              STATUS_BUFFER_TOO_SMALL, "a reply larger than the caller's buffer");
    ok(size == sizeof message.header + 500, "the needed size comes back");
    ok_status(port_receive(client, &message, NULL, POLL), STATUS_SUCCESS,
              "the reply can be received");
    ok(TYPE(message) == LPC_REPLY && LENGTH(message) == 500 &&
           message.data[499] == (UCHAR)(499 * 5),
       "whole");
}

static void time_out(HANDLE client)
{
    LARGE_INTEGER soon = {.QuadPart = -10000};
    struct test_message message;
    SIZE_T size = sizeof message;

    ok_status(ask(client, KEEP, &message, &size, &soon), STATUS_TIMEOUT,
              "a request that nobody answers");
    ok_status(ask(client, ECHO, &message, &size, NULL), STATUS_SUCCESS, "the next one is answered");
    ok(message.data[0] == ECHO, "by its own reply");
}

struct worker {
    HANDLE thread;
    unsigned n_right;
};

static DWORD NTAPI work(void *argument)
{
    struct worker *worker = argument;
    struct test_pair pair = {0};

    if (!port_connect(&pair.client, NAME L"Many", SYNC, NULL, NULL, NULL)) {
        for (unsigned i = 0; i < N_ROUNDS; i++) {
            struct test_message message;
            SIZE_T size = sizeof message;
            message_init(&message.header, 4 + i);
            message.data[0] = ECHO;
            message.data[3 + i] = (UCHAR)i;
            NTSTATUS status = NtAlpcSendWaitReceivePort(pair.client, SYNC, &message.header, NULL,
                                                        &message.header, &size, NULL, NULL);
            worker->n_right += status == STATUS_SUCCESS && TYPE(message) == LPC_REPLY &&
                               LENGTH(message) == 4 + i && message.data[3 + i] == (UCHAR)i;
        }
        NtClose(pair.client);
    }
    RtlExitUserThread(0);
    return 0;
}

static HANDLE many_connection;
static volatile LONG n_closed;

static DWORD NTAPI many_serve(void *argument)
{
    struct test_message message;
    HANDLE port;

    (void)argument;
    while (!port_receive(many_connection, &message, NULL, NULL)) {
        switch (TYPE(message) & 0xff) {
        case LPC_CONNECTION_REQUEST:
            port_accept(&port, many_connection, &message, NULL, TRUE);
            break;
        case LPC_REQUEST:
            port_send(many_connection, RELEASE, &message.header);
            break;
        case LPC_PORT_CLOSED:
            if (InterlockedIncrement(&n_closed) == N_THREADS)
                NtClose(many_connection); /* ends all server threads */
            break;
        }
    }
    RtlExitUserThread(0);
    return 0;
}

static void many_threads(void)
{
    struct worker workers[N_THREADS] = {0};
    HANDLE servers[3];
    int all = 1;

    port_create(&many_connection, NAME L"Many", 0, 0);
    for (int i = 0; i < 3; i++)
        servers[i] = thread_start((void *)many_serve, NULL);
    for (int i = 0; i < N_THREADS; i++)
        workers[i].thread = thread_start((void *)work, &workers[i]);
    for (int i = 0; i < N_THREADS; i++) {
        thread_join(workers[i].thread);
        all &= workers[i].n_right == N_ROUNDS;
    }
    ok(all, "8 threads with a connection each, 3 server threads: every reply is right");
    for (int i = 0; i < 3; i++)
        thread_join(servers[i]);
    ok(n_closed == N_THREADS, "every close is seen once, and ends the server threads");
}

static void loss(HANDLE client)
{
    struct test_message message;
    SIZE_T size = sizeof message;
    NTSTATUS status = ask(client, DISCONNECT, &message, &size, NULL);

    ok(status == STATUS_PORT_DISCONNECTED || status == (NTSTATUS)0xC0000253 ||
           status == (NTSTATUS)0xC0000701,
       "a blocked sender whose connection goes is told so (%x)", (unsigned)status);
}

TEST_MAIN
{
    struct test_pair pair;
    struct test_message message;
    SIZE_T size = sizeof message;

    ok(pair_open(&pair, NAME, NULL), "a port pair");
    connection = pair.connection;
    server = pair.server;
    HANDLE thread = thread_start((void *)serve, NULL);
    ok(thread != NULL, "a server thread");
    replies(pair.client);
    large_replies(pair.client);
    short_reply_buffer(pair.client);
    time_out(pair.client);
    ok_status(ask(pair.client, QUIT, &message, &size, NULL), STATUS_SUCCESS, "the server ends");
    thread_join(thread);
    thread = thread_start((void *)serve, NULL);
    loss(pair.client);
    NtClose(pair.client);
    NtClose(pair.connection);
    thread_join(thread);
    NtClose(pair.server);
    many_threads();
}
