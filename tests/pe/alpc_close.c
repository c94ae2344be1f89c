/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Close and disconnect: fact 11 of reference section 9, section 3.7 and the table of 4.9. */
#include "alpc.h"

#define NAME L"\\RPC Control\\Close"

static int accept_context;

/* Receives with CONTEXT; the type without modifiers goes to *ret_type. */
static NTSTATUS receive_type(HANDLE port, struct test_message *message, USHORT *ret_type,
                             void **ret_port_context)
{
    struct test_attributes attributes;
    ALPC_CONTEXT_ATTR *context =
        AlpcGetMessageAttribute(attributes_init(&attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE),
                                ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    NTSTATUS status = port_receive(port, message, &attributes, NULL);

    *ret_type = TYPE(*message);
    *ret_port_context = context->PortContext;
    return status;
}

static void datagrams_then_close(void)
{
    struct test_pair pair;
    struct test_message message;
    void *context;
    USHORT type;

    ok(pair_open(&pair, NAME L"1", &accept_context), "a port pair");
    for (int i = 0; i < 3; i++) {
        message_init(&message.header, 9);
        port_send(pair.client, RELEASE, &message.header);
    }
    ok_status(NtClose(pair.client), STATUS_SUCCESS, "three datagrams, then close");
    for (int i = 0; i < 3; i++) {
        ok_status(receive_type(pair.connection, &message, &type, &context), STATUS_SUCCESS,
                  "in the place of a datagram");
        ok(type == LPC_CANCELED && LENGTH(message) == 0, "fact 11: comes an empty LPC_CANCELED");
    }
    ok_status(receive_type(pair.connection, &message, &type, &context), STATUS_SUCCESS,
              "and at the end");
    ok(type == LPC_PORT_CLOSED, "fact 11: LPC_PORT_CLOSED, which expects no continuation");
    ok(context == &accept_context, "with the PortContext of the connection");
    ok(LENGTH(message) == 8, "and 8 bytes of creation time");
    ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "and nothing more");
    message_init(&message.header, 0);
    ok(port_send(pair.server, RELEASE, &message.header) < 0, "sending to a closed client fails");
    NtClose(pair.server);
    NtClose(pair.connection);
}

static void unreleased_replies(void)
{
    struct test_pair pair;
    struct test_message message;
    unsigned n_canceled = 0, n_closed = 0;
    void *context;
    USHORT type;

    ok(pair_open(&pair, NAME L"2", &accept_context), "a port pair");
    for (int i = 0; i < 3; i++) {
        message_init(&message.header, 0);
        port_send(pair.client, 0, &message.header);
        port_receive(pair.connection, &message, NULL, NULL);
        port_send(pair.connection, 0, &message.header);
        port_receive(pair.client, &message, NULL, NULL);
    }
    NtClose(pair.client);
    for (int i = 0; i < 4; i++) {
        receive_type(pair.connection, &message, &type, &context);
        n_canceled += type == LPC_CANCELED;
        n_closed += type == LPC_PORT_CLOSED;
    }
    ok(n_canceled == 3, "fact 11: one LPC_CANCELED for each continuation that the client held");
    ok(n_closed == 1, "and LPC_PORT_CLOSED once");
    ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "and nothing more");
    NtClose(pair.server);
    NtClose(pair.connection);
}

static void client_disconnects(void)
{
    struct test_pair pair;
    struct test_message message;
    void *context;
    USHORT type;

    ok(pair_open(&pair, NAME L"3", &accept_context), "a port pair");
    ok_status(NtAlpcDisconnectPort(pair.client, 0), STATUS_SUCCESS, "the client disconnects");
    message_init(&message.header, 0);
    ok_status(port_send(pair.client, RELEASE, &message.header), STATUS_PORT_DISCONNECTED,
              "a send on the disconnected port");
    ok_status(NtAlpcDisconnectPort(pair.client, 0), STATUS_PORT_DISCONNECTED,
              "a second disconnect");
    receive_type(pair.connection, &message, &type, &context);
    ok(type == LPC_PORT_CLOSED && context == &accept_context, "the server sees LPC_PORT_CLOSED");
    ok(port_receive(pair.client, &message, NULL, POLL) != STATUS_SUCCESS,
       "there is nothing to receive");
    pair_close(&pair);
}

/* NO_FLUSH: what was sent is received; what the server holds ends without a notice. */
static void disconnect_without_flush(void)
{
    struct test_message message, held;
    struct test_pair pair;
    void *context;
    USHORT type;

    ok(pair_open(&pair, NAME L"5", &accept_context), "a port pair");
    message_init(&message.header, 5);
    port_send(pair.client, 0, &message.header);
    ok_status(port_receive(pair.connection, &held, NULL, NULL), STATUS_SUCCESS, "a request held");
    for (unsigned i = 0; i < 3; i++) {
        message_init(&message.header, 10 + i);
        port_send(pair.client, i == 1 ? 0 : RELEASE, &message.header);
    }
    ok_status(NtAlpcDisconnectPort(pair.client, 2), STATUS_INVALID_PARAMETER, "flag 2");
    ok_status(NtAlpcDisconnectPort(pair.client, ALPC_DISCONNECTFLG_NO_FLUSH), STATUS_SUCCESS,
              "the client disconnects with NO_FLUSH");
    for (unsigned i = 0; i < 3; i++) {
        ok_status(receive_type(pair.connection, &message, &type, &context), STATUS_SUCCESS,
                  "a message from before");
        ok(type == (i == 1 ? REQUEST_2000 : LPC_DATAGRAM) && LENGTH(message) == 10 + i &&
               context == &accept_context,
           "as it was sent");
    }
    ok_status(receive_type(pair.connection, &message, &type, &context), STATUS_SUCCESS, "then");
    ok(type == LPC_PORT_CLOSED && context == &accept_context, "LPC_PORT_CLOSED");
    ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "and no LPC_CANCELED");
    ok_status(port_send(pair.connection, RELEASE, &held.header), STATUS_REPLY_MESSAGE_MISMATCH,
              "what was held has gone");
    pair_close(&pair);
}

static void server_closes(void)
{
    struct test_pair pair;
    struct test_message message;

    ok(pair_open(&pair, NAME L"4", &accept_context), "a port pair");
    NtClose(pair.server);
    NtClose(pair.connection);
    ok_status(port_receive(pair.client, &message, NULL, NULL), STATUS_PORT_DISCONNECTED,
              "a receive on the client port of a server that has gone");
    message_init(&message.header, 0);
    ok_status(port_send(pair.client, RELEASE, &message.header), STATUS_PORT_DISCONNECTED,
              "a send on it");
    ok_status(port_connect(&pair.server, NAME L"4", SYNC, NULL, NULL, NULL),
              STATUS_OBJECT_NAME_NOT_FOUND, "its name is gone");
    NtClose(pair.client);
}

struct receiver {
    HANDLE port;
    NTSTATUS status;
};

static DWORD NTAPI receiver_run(void *argument)
{
    struct receiver *receiver = argument;
    struct test_message message;

    receiver->status = port_receive(receiver->port, &message, NULL, NULL);
    RtlExitUserThread(0);
    return 0;
}

/* A thread that is (or will be) blocked in a receive is released when the port's last handle goes.
 */
static void blocked_receiver(void)
{
    struct receiver receiver;
    HANDLE thread;

    port_create(&receiver.port, NULL, 0, 0);
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)receiver_run, &receiver,
                        &thread, NULL);
    NtClose(receiver.port);
    NtWaitForSingleObject(thread, FALSE, NULL);
    ok(receiver.status < 0, "a receive on a connection port ends when its last handle is closed");
    NtClose(thread);
}

TEST_MAIN
{
    datagrams_then_close();
    unreleased_replies();
    client_disconnects();
    disconnect_without_flush();
    server_closes();
    blocked_receiver();
}
