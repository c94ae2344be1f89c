/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the tests of legacy LPC share: a client in a thread of its own (a legacy connect blocks),
 * and the server's side of the handshake. Freestanding programs: ntdll only. */
#pragma once

#include "alpc.h"

struct lpc_message {
    PORT_MESSAGE header;
    UCHAR data[0x290 - sizeof(PORT_MESSAGE)];
};

/* A client: what its thread connects with, what came of it, and what it does then. */
struct lpc_client {
    PCWSTR name;
    PORT_VIEW *view;
    REMOTE_PORT_VIEW *remote_view;
    PSID sid;
    UCHAR information[0x100];
    ULONG information_length; /* 0: no information */
    ULONG max_message_length;
    void (*then)(struct lpc_client *client); /* or NULL; after a successful connect */
    NTSTATUS status;
    HANDLE port, thread;
    LONG is_connected; /* set after the connect has returned */
};

static inline HANDLE thread_start(void *function, void *argument)
{
    HANDLE thread = NULL;

    if (RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, function, argument, &thread,
                            NULL))
        return NULL;
    return thread;
}

static inline void thread_join(HANDLE thread)
{
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
}

static inline NTSTATUS lpc_create(HANDLE *port, PCWSTR path, ULONG max_information,
                                  ULONG max_message)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&object, path ? &name : NULL, 0, NULL, NULL);
    return NtCreatePort(port, &object, max_information, max_message, 0);
}

static inline NTSTATUS lpc_connect(struct lpc_client *client)
{
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, SecurityImpersonation, TRUE, TRUE};
    ULONG *length = client->information_length ? &client->information_length : NULL;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, client->name);
    client->port = (HANDLE)0x55555555;
    if (client->sid)
        client->status = NtSecureConnectPort(&client->port, &name, &qos, client->view, client->sid,
                                             client->remote_view, &client->max_message_length,
                                             client->information, length);
    else
        client->status =
            NtConnectPort(&client->port, &name, &qos, client->view, client->remote_view,
                          &client->max_message_length, client->information, length);
    __atomic_store_n(&client->is_connected, 1, __ATOMIC_SEQ_CST);
    return client->status;
}

static DWORD NTAPI lpc_client_main(void *argument)
{
    struct lpc_client *client = argument;

    if (!lpc_connect(client) && client->then)
        client->then(client);
    RtlExitUserThread(0);
    return 0;
}

static inline int lpc_client_start(struct lpc_client *client)
{
    client->thread = thread_start(lpc_client_main, client);
    return client->thread != NULL;
}

static inline NTSTATUS lpc_receive(HANDLE port, void **context, struct lpc_message *message,
                                   LARGE_INTEGER *timeout)
{
    fill(message, 0xcc, sizeof *message);
    return NtReplyWaitReceivePortEx(port, context, NULL, &message->header, timeout);
}

/* Waits for the connection request of a client and accepts it whole; false when a step failed. */
static inline int lpc_accept(HANDLE connection, HANDLE *server, void *context, PORT_VIEW *view,
                             REMOTE_PORT_VIEW *client_view)
{
    struct lpc_message request;

    return !NtListenPort(connection, &request.header) &&
           !NtAcceptConnectPort(server, context, &request.header, TRUE, view, client_view) &&
           !NtCompleteConnectPort(*server);
}

static inline void lpc_init(struct lpc_message *message, unsigned data_length)
{
    message_init(&message->header, data_length);
}

/* A connected pair; the client's thread has gone. */
struct lpc_pair {
    HANDLE connection, server, client;
};

static inline int lpc_pair_connect(struct lpc_pair *pair, PCWSTR name, void *context)
{
    struct lpc_client client = {.name = name};
    int is_accepted;

    if (!lpc_client_start(&client))
        return 0;
    is_accepted = lpc_accept(pair->connection, &pair->server, context, NULL, NULL);
    thread_join(client.thread);
    pair->client = client.port;
    return is_accepted && !client.status;
}

static inline int lpc_pair_open(struct lpc_pair *pair, PCWSTR name, void *context)
{
    return !lpc_create(&pair->connection, name, 0x80, 0x290) &&
           lpc_pair_connect(pair, name, context);
}

static inline void lpc_pair_close(struct lpc_pair *pair)
{
    NtClose(pair->client);
    NtClose(pair->server);
    NtClose(pair->connection);
}

/* A request in a thread of its own, in one buffer. */
struct lpc_asking {
    HANDLE port, thread;
    struct lpc_message message;
    NTSTATUS status;
};

static DWORD NTAPI lpc_ask_main(void *argument)
{
    struct lpc_asking *asking = argument;

    asking->status =
        NtRequestWaitReplyPort(asking->port, &asking->message.header, &asking->message.header);
    RtlExitUserThread(0);
    return 0;
}

static inline void lpc_ask_start(struct lpc_asking *asking)
{
    asking->thread = thread_start(lpc_ask_main, asking);
}
