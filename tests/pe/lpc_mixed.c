/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Legacy and ALPC calls on the same ports: a client of one kind at a server of the other, legacy
 * receives of ALPC messages and the reverse. */
#include "lpc.h"

#define NAME L"\\RPC Control\\LpcMixed"

static HANDLE connection;

static void alpc_client_of_a_legacy_server(void)
{
    struct lpc_message message;
    struct test_message received;
    HANDLE client, server;
    void *context;

    ok_status(port_connect(&client, NAME, 0, NULL, NULL, NULL), 0, "an ALPC client connects");
    ok_status(lpc_receive(connection, &context, &message, NULL), 0, "a legacy receive");
    ok(message.header.u2.s2.Type == LPC_CONNECTION_REQUEST, "has its request, 10 exactly");
    ok_status(NtAcceptConnectPort(&server, &client, &message.header, TRUE, NULL, NULL), 0,
              "legacy accept");
    ok_status(port_receive(client, &received, NULL, POLL), STATUS_TIMEOUT, "not yet complete");
    ok_status(NtCompleteConnectPort(server), 0, "complete");
    ok_status(port_receive(client, &received, NULL, NULL), 0, "the connection reply");
    ok((TYPE(received) & 0xff) == LPC_CONNECTION_REPLY, "of type 11");

    message_init(&received.header, 8);
    ok_status(port_send(client, 0, &received.header), 0, "an asynchronous request");
    ok_status(lpc_receive(connection, &context, &message, NULL), 0, "a legacy receive");
    ok(message.header.u2.s2.Type == LPC_REQUEST && context == &client, "has it, type 1 exactly");
    ok_status(NtReplyPort(connection, &message.header), 0, "a legacy reply");
    ok_status(port_receive(client, &received, NULL, NULL), 0, "reaches the client's queue");
    ok(TYPE(received) == LPC_REPLY, "as a reply");

    lpc_init(&message, 4);
    ok_status(NtRequestPort(server, &message.header), STATUS_LPC_REQUESTS_NOT_ALLOWED,
              "a client port without ALLOW_LPC_REQUESTS takes no legacy message");
    ok_status(NtRequestWaitReplyPort(server, &message.header, &message.header),
              STATUS_LPC_REQUESTS_NOT_ALLOWED, "and no legacy request");
    ok_status(NtRequestPort(client, &message.header), 0, "a legacy datagram by an ALPC client");
    ok_status(lpc_receive(connection, NULL, &message, NULL), 0, "is received");
    NtClose(client);
    lpc_receive(connection, NULL, &message, NULL);
    ok(TYPE(message) == LPC_PORT_CLOSED, "the client has gone");
    NtClose(server);
}

static void allowed(void)
{
    ALPC_PORT_ATTRIBUTES attributes;
    struct lpc_message message;
    UNICODE_STRING name;
    HANDLE client, server;

    port_attributes(&attributes, ALPC_PORFLG_ALLOW_LPC_REQUESTS);
    RtlInitUnicodeString(&name, NAME);
    NtAlpcConnectPort(&client, &name, NULL, &attributes, 0, NULL, NULL, NULL, NULL, NULL, NULL);
    ok(lpc_accept(connection, &server, NULL, NULL, NULL), "an ALPC client with that flag");
    lpc_init(&message, 4);
    ok_status(NtRequestPort(server, &message.header), 0, "takes legacy messages");
    lpc_receive(client, NULL, &message, NULL);
    ok(message.header.u2.s2.Type == LPC_CONNECTION_REPLY, "by legacy receives too: the reply");
    lpc_receive(client, NULL, &message, NULL);
    ok(message.header.u2.s2.Type == LPC_DATAGRAM, "and the datagram");
    NtClose(client);
    NtClose(server);
    lpc_receive(connection, NULL, &message, NULL);
}

static void legacy_client_of_an_alpc_server(void)
{
    static struct lpc_asking asking;
    struct lpc_client client = {.name = NAME, .information_length = 4};
    struct test_attributes attributes;
    struct test_message received;
    HANDLE server;

    lpc_client_start(&client);
    ok_status(port_receive(connection, &received, NULL, NULL), 0, "an ALPC receive");
    ok(TYPE(received) == (LPC_CONNECTION_REQUEST | LPC_CONTINUATION_REQUIRED) &&
           LENGTH(received) == 4,
       "has a legacy client's request, 200A");
    received.data[0] = 9;
    ok_status(port_accept(&server, connection, &received, &client, TRUE), 0, "ALPC accept");
    thread_join(client.thread);
    ok_status(client.status, 0, "releases the client, no completion is needed");
    ok(client.information_length == 4 && client.information[0] == 9, "with its information");

    asking.port = client.port;
    lpc_init(&asking.message, 8);
    lpc_ask_start(&asking);
    attributes_init(&attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    ok_status(port_receive(connection, &received, &attributes, NULL), 0, "an ALPC receive");
    ok(TYPE(received) == REQUEST_2000, "has a legacy request with its 2000h");
    ok(((ALPC_CONTEXT_ATTR *)AlpcGetMessageAttribute(&attributes.header,
                                                     ALPC_MESSAGE_CONTEXT_ATTRIBUTE))
               ->PortContext == &client,
       "and its context");
    ok_status(port_send(connection, RELEASE, &received.header), 0, "an ALPC reply");
    thread_join(asking.thread);
    ok(asking.status == 0 && TYPE(asking.message) == LPC_REPLY, "ends the legacy request");
    message_init(&received.header, 4);
    ok_status(port_send(server, RELEASE, &received.header), 0, "an ALPC datagram to the client");
    ok_status(lpc_receive(client.port, NULL, &asking.message, NULL), 0, "a legacy receive");
    ok(asking.message.header.u2.s2.Type == LPC_DATAGRAM, "has it");
    NtClose(client.port);
    NtClose(server);
    port_receive(connection, &received, NULL, NULL);
}

static void legacy_receive_alpc_accept(void)
{
    struct lpc_client client = {.name = NAME};
    struct lpc_message message;
    struct test_message copy;
    HANDLE server;

    lpc_client_start(&client);
    lpc_receive(connection, NULL, &message, NULL);
    copy.header = message.header;
    ok_status(port_accept(&server, connection, &copy, NULL, TRUE), 0,
              "a request of a legacy receive, accepted by ALPC");
    thread_join(client.thread);
    ok_status(client.status, 0, "connected");
    NtClose(client.port);
    NtClose(server);
}

TEST_MAIN
{
    ok_status(port_create(&connection, NAME, 0, 0), 0, "an ALPC connection port");
    alpc_client_of_a_legacy_server();
    allowed();
    legacy_client_of_an_alpc_server();
    legacy_receive_alpc_accept();
    NtClose(connection);
}
