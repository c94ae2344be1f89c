/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The legacy handshake: sizes of NtCreatePort, the connection request, information both ways,
 * completion, refusal, RequiredServerSid, contexts. */
#include "lpc.h"

#define NAME L"\\RPC Control\\LpcConnect"

static HANDLE connection;

static void limits(void)
{
    HANDLE port = NULL;

    ok_status(lpc_create(&port, NULL, 0x100, 0x130), 0, "NtCreatePort with 100h, 130h");
    NtClose(port);
    port = NULL;
    ok_status(lpc_create(&port, NULL, 0x10000, 0x100), STATUS_INVALID_PARAMETER_3,
              "too much connection information");
    ok_status(lpc_create(&port, NULL, 0x100, 0x10000), STATUS_INVALID_PARAMETER_4,
              "too large messages");
    ok(port == NULL, "no handle then");
    ok_status(NtCreatePort(NULL, NULL, 0, 0, 0), STATUS_ACCESS_VIOLATION,
              "no place for the handle");
    ok_status(NtCreateWaitablePort(&port, NULL, 0, 0, 0), 0, "NtCreateWaitablePort");
    NtClose(port);
}

static void accepted(void)
{
    struct lpc_client client = {
        .name = NAME, .information = "information", .information_length = 12};
    struct lpc_message message;
    HANDLE server = NULL;
    void *context = &server;

    lpc_client_start(&client);
    ok_status(lpc_receive(connection, &context, &message, NULL), 0, "receive the request");
    ok(message.header.u2.s2.Type == LPC_CONNECTION_REQUEST, "fact 21: its type is exactly 10 (%x)",
       TYPE(message));
    ok(context == NULL, "no port context with it");
    ok(message.header.ClientViewSize == 0, "no view");
    ok(LENGTH(message) == 12 && message.data[0] == 'i', "the information is its data");
    ok(message.header.ClientId.UniqueProcess == own_client_id()->UniqueProcess,
       "the client's process");
    message.data[0] = 'I';
    message.header.u1.s1.DataLength = 5;
    message.header.u1.s1.TotalLength = 5 + sizeof message.header;
    ok_status(NtAcceptConnectPort(&server, NULL, &message.header, TRUE, NULL, NULL), 0, "accept");
    ok(!__atomic_load_n(&client.is_connected, __ATOMIC_SEQ_CST), "the client still waits");
    ok_status(NtCompleteConnectPort(connection), STATUS_INVALID_PORT_HANDLE,
              "complete the connection port");
    ok_status(NtCompleteConnectPort(server), 0, "complete");
    ok_status(NtCompleteConnectPort(server), STATUS_INVALID_PARAMETER, "a second time");
    thread_join(client.thread);
    ok_status(client.status, 0, "the client is connected");
    ok(client.information_length == 5 && client.information[0] == 'I' &&
           client.information[5] == 'm',
       "the answer's information");
    ok(client.max_message_length == 0x200, "the port's limit (%x)",
       (unsigned)client.max_message_length);
    ok_status(NtCompleteConnectPort(client.port), STATUS_INVALID_PORT_HANDLE,
              "complete the client port");

    lpc_init(&message, 4);
    ok_status(NtRequestPort(client.port, &message.header), 0, "a message of the client");
    ok_status(lpc_receive(connection, &context, &message, NULL), 0, "received");
    ok(context == server, "without PortContext the port's handle is the context");
    NtClose(client.port);
    ok_status(lpc_receive(connection, &context, &message, NULL), 0, "receive the close");
    ok(message.header.u2.s2.Type == LPC_PORT_CLOSED && context == server, "LPC_PORT_CLOSED");
    NtClose(server);
}

static void information_is_cut(void)
{
    struct lpc_client client = {.name = NAME, .information_length = 0x100};
    struct lpc_message message;
    HANDLE server;

    lpc_client_start(&client);
    ok_status(NtListenPort(connection, &message.header), 0, "NtListenPort");
    ok(LENGTH(message) == 0x80, "more information than the port takes is cut (%x)",
       LENGTH(message));
    NtAcceptConnectPort(&server, NULL, &message.header, FALSE, NULL, NULL);
    thread_join(client.thread);
}

static void listening_drops_the_rest(void)
{
    struct lpc_client client = {.name = NAME}, second = {.name = NAME};
    struct lpc_message message;
    HANDLE server, other;

    lpc_client_start(&client);
    ok(lpc_accept(connection, &server, NULL, NULL, NULL), "a connection");
    thread_join(client.thread);
    lpc_init(&message, 4);
    NtRequestPort(client.port, &message.header);
    lpc_client_start(&second);
    ok(lpc_accept(connection, &other, NULL, NULL, NULL), "NtListenPort passes a datagram over");
    thread_join(second.thread);
    ok_status(lpc_receive(connection, NULL, &message, POLL), STATUS_TIMEOUT, "which is gone");
    NtClose(client.port);
    NtClose(second.port);
    lpc_receive(connection, NULL, &message, NULL);
    lpc_receive(connection, NULL, &message, NULL);
    NtClose(server);
    NtClose(other);
}

static void refused(void)
{
    struct lpc_client client = {.name = NAME};
    struct lpc_message message;
    HANDLE server = (HANDLE)0x66;

    lpc_client_start(&client);
    NtListenPort(connection, &message.header);
    message.header.MessageId ^= 0x40000000;
    ok_status(NtAcceptConnectPort(&server, NULL, &message.header, TRUE, NULL, NULL),
              STATUS_REPLY_MESSAGE_MISMATCH, "accept what is no request");
    message.header.MessageId ^= 0x40000000;
    message.header.ClientId.UniqueThread = (HANDLE)4;
    ok_status(NtAcceptConnectPort(&server, NULL, &message.header, TRUE, NULL, NULL),
              STATUS_REPLY_MESSAGE_MISMATCH, "or another client's");
    lpc_init(&message, 0);
    ok_status(NtAcceptConnectPort(&server, NULL, &message.header, TRUE, NULL, NULL),
              STATUS_REPLY_MESSAGE_MISMATCH, "or nothing");
    ok(server == (HANDLE)0x66, "no handle");
    NtClose(connection);
    thread_join(client.thread);
    ok_status(client.status, STATUS_PORT_CONNECTION_REFUSED,
              "the connection port's end refuses who waits");

    ok_status(lpc_create(&connection, NAME, 0x80, 0x200), 0, "the port again");
    lpc_client_start(&client);
    NtListenPort(connection, &message.header);
    ok_status(NtAcceptConnectPort(&server, NULL, &message.header, FALSE, NULL, NULL), 0, "refuse");
    thread_join(client.thread);
    ok_status(client.status, STATUS_PORT_CONNECTION_REFUSED, "the client is refused");
    ok(client.port == (HANDLE)0x55555555, "its handle is untouched");
}

static void never_completed(void)
{
    struct lpc_client client = {.name = NAME};
    struct lpc_message message;
    HANDLE server;

    lpc_client_start(&client);
    NtListenPort(connection, &message.header);
    ok_status(NtAcceptConnectPort(&server, NULL, &message.header, TRUE, NULL, NULL), 0, "accept");
    NtClose(server);
    thread_join(client.thread);
    ok_status(client.status, STATUS_PORT_CONNECTION_REFUSED,
              "a port that is closed before its completion refuses the client");
}

static void server_sid(void)
{
    static UCHAR other[16] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0};
    UCHAR bad[16] = {9};
    struct lpc_client client = {.name = NAME, .sid = other};
    UNICODE_STRING name;
    HANDLE port;

    ok_status(lpc_connect(&client), STATUS_SERVER_SID_MISMATCH, "another server's SID");
    client.sid = bad;
    ok_status(lpc_connect(&client), STATUS_INVALID_SID, "no SID");
    client = (struct lpc_client){.name = L"\\RPC Control\\LpcNobody"};
    ok_status(lpc_connect(&client), STATUS_OBJECT_NAME_NOT_FOUND, "a name that is not there");
    RtlInitUnicodeString(&name, NAME);
    ok_status(NtConnectPort(&port, &name, NULL, NULL, NULL, NULL, NULL, NULL),
              STATUS_ACCESS_VIOLATION, "without a quality of service");
    ok_status(NtSecureConnectPort(&port, NULL, NULL, NULL, other, NULL, NULL, NULL, NULL),
              STATUS_INVALID_PARAMETER, "without a name");
}

TEST_MAIN
{
    ok_status(lpc_create(&connection, NAME, 0x80, 0x200), 0, "NtCreatePort");
    limits();
    accepted();
    information_is_cut();
    listening_drops_the_rest();
    refused();
    never_completed();
    server_sid();
    NtClose(connection);
}
