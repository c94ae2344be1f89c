/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Connecting, accepting, refusing: facts 3, 4, 5 and 10 of reference section 9. */
#include "alpc.h"

#define NAME L"\\RPC Control\\Connect"

struct connector {
    NTSTATUS status;
    HANDLE port;
    struct test_message message;
    SIZE_T size;
};

static DWORD NTAPI connector_run(void *argument)
{
    struct connector *connector = argument;

    message_init(&connector->message.header, 5);
    connector->message.data[0] = 'h';
    connector->message.data[4] = 'o';
    connector->size = sizeof connector->message;
    connector->port = (HANDLE)0x1234;
    connector->status = port_connect(&connector->port, NAME, SYNC, &connector->message.header,
                                     &connector->size, NULL);
    RtlExitUserThread(0);
    return 0;
}

static HANDLE connector_start(struct connector *connector)
{
    HANDLE thread = NULL;

    ok_status(RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)connector_run,
                                  connector, &thread, NULL),
              STATUS_SUCCESS, "a thread that connects");
    return thread;
}

static void connect_to_nothing(void)
{
    HANDLE port = NULL;

    ok_status(port_connect(&port, L"\\RPC Control\\Nobody", SYNC, NULL, NULL, NULL),
              STATUS_OBJECT_NAME_NOT_FOUND, "fact 3: a name that nobody has, synchronously");
    ok_status(port_connect(&port, L"\\RPC Control\\Nobody", 0, NULL, NULL, NULL),
              STATUS_OBJECT_NAME_NOT_FOUND, "a name that nobody has, asynchronously");
    ok(port == NULL, "no handle comes back");
    ok_status(port_connect(NULL, L"\\RPC Control\\Nobody", 0, NULL, NULL, NULL),
              STATUS_ACCESS_VIOLATION, "NULL out pointer");
}

/* Receives the request of a connector; its attributes must be empty. */
static void request_receive(HANDLE connection, struct test_message *request)
{
    struct test_attributes attributes;
    ALPC_CONTEXT_ATTR *context = (void *)attributes.space;

    attributes_init(&attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    fill(context, 0xcc, sizeof *context);
    ok_status(port_receive(connection, request, &attributes, NULL), STATUS_SUCCESS,
              "the connection request arrives");
    ok(TYPE(*request) == (LPC_CONNECTION_REQUEST | LPC_CONTINUATION_REQUIRED), "its type is 200A");
    ok(request->header.MessageId != 0 && !(request->header.MessageId >> 31), "it has an id");
    ok(attributes.header.ValidAttributes == 0, "fact 5: no attribute is valid");
    ok(!context->PortContext && !context->MessageContext && !context->Sequence &&
           !context->MessageId && !context->CallbackId,
       "fact 5: the CONTEXT body is zero");
}

static void synchronous_accept(HANDLE connection)
{
    static int context;
    struct connector connector;
    struct test_message request;
    ALPC_BASIC_INFORMATION basic;
    HANDLE thread = connector_start(&connector), server = NULL;

    request_receive(connection, &request);
    ok(LENGTH(request) == 5 && request.data[0] == 'h' && request.data[4] == 'o',
       "the client's data");
    ok(request.header.ClientId.UniqueProcess == own_client_id()->UniqueProcess,
       "the client's process id");
    ok(request.header.ClientId.UniqueThread != own_client_id()->UniqueThread,
       "the connecting thread's id");
    PORT_MESSAGE header = request.header;
    request.header.MessageId = 0;
    ok_status(port_accept(&server, connection, &request, &context, TRUE),
              STATUS_REPLY_MESSAGE_MISMATCH, "accept without the message id");
    request.header.MessageId = 0x7ffffff0;
    ok_status(port_accept(&server, connection, &request, &context, TRUE),
              STATUS_REPLY_MESSAGE_MISMATCH, "accept of an unknown message id");
    request.header = header;
    request.data[0] = 'H';
    ok_status(port_accept(&server, connection, &request, &context, TRUE), STATUS_SUCCESS, "accept");
    ok(server != NULL, "fact 3: the server communication port's handle");
    NtWaitForSingleObject(thread, FALSE, NULL);
    ok_status(connector.status, STATUS_SUCCESS, "the client is connected");
    ok(connector.port != NULL && connector.port != (HANDLE)0x1234,
       "fact 3: the client communication port's handle");
    ok(LENGTH(connector.message) == 5 && connector.message.data[0] == 'H',
       "the accept message's data");
    ok(connector.size == TOTAL(connector.message), "the length of the reply");
    ok(connector.message.header.ClientId.UniqueProcess == own_client_id()->UniqueProcess,
       "the server's process id");
    ok_status(NtAlpcQueryInformation(server, AlpcBasicInformation, &basic, sizeof basic, NULL),
              STATUS_SUCCESS, "basic information of the server port");
    ok(basic.PortContext == &context, "fact 3: its port context");
    ok(basic.Flags == 0, "its flags are those it was created with");
    ok(basic.SequenceNo == 0, "it has received nothing");
    NtAlpcQueryInformation(connection, AlpcBasicInformation, &basic, sizeof basic, NULL);
    ok(basic.SequenceNo == 1, "the connection port counts connection requests");
    NtAlpcQueryInformation(connector.port, AlpcBasicInformation, &basic, sizeof basic, NULL);
    ok(basic.SequenceNo == 1, "fact 10: the client port has received the connection reply");
    NtClose(thread);
    NtClose(connector.port);
    NtClose(server);
}

static void refusal(void)
{
    HANDLE connection, server = (HANDLE)0x5678, client = NULL;
    struct connector connector;
    struct test_message message;

    port_create(&connection, NAME L"Refused", 0, 0);
    ok_status(port_connect(&client, NAME L"Refused", 0, NULL, NULL, NULL), STATUS_SUCCESS,
              "an asynchronous connect");
    port_receive(connection, &message, NULL, NULL);
    ok_status(NtAlpcAcceptConnectPort(&server, connection, 0, NULL, NULL, NULL, &message.header,
                                      NULL, FALSE),
              STATUS_SUCCESS, "refuse");
    ok(server == (HANDLE)0x5678, "no handle is written");
    ok_status(port_receive(client, &message, NULL, NULL), STATUS_PORT_CONNECTION_REFUSED,
              "fact 4: receive on a refused port");
    message_init(&message.header, 0);
    ok_status(port_send(client, RELEASE, &message.header), STATUS_PORT_CONNECTION_REFUSED,
              "fact 4: send on a refused port");
    NtClose(client);
    NtClose(connection);

    port_create(&connection, NAME, 0, 0);
    HANDLE thread = connector_start(&connector);
    port_receive(connection, &message, NULL, NULL);
    ok_status(NtAlpcAcceptConnectPort(NULL, connection, 0, NULL, NULL, NULL, &message.header, NULL,
                                      FALSE),
              STATUS_SUCCESS, "refuse with no place for a handle");
    NtWaitForSingleObject(thread, FALSE, NULL);
    ok_status(connector.status, STATUS_PORT_CONNECTION_REFUSED,
              "fact 3: a refused synchronous connect");
    ok(connector.port == (HANDLE)0x1234 || connector.port == NULL, "no handle comes back");
    NtClose(thread);
    NtClose(connection);
}

static void asynchronous(void)
{
    HANDLE connection, server = NULL, client = NULL;
    struct test_message request, message;
    ALPC_BASIC_INFORMATION basic;

    port_create(&connection, NAME L"Async", 0, 0);
    ok_status(port_connect(&client, NAME L"Async", 0, NULL, NULL, NULL), STATUS_SUCCESS,
              "an asynchronous connect without a message");
    ok(client != NULL, "the handle is there at once");
    message_init(&message.header, 4);
    ok_status(port_send(client, RELEASE, &message.header), STATUS_LPC_REQUESTS_NOT_ALLOWED,
              "fact 4: sending has to wait");
    ok_status(port_receive(client, &message, NULL, POLL), STATUS_TIMEOUT, "nothing to receive yet");
    request_receive(connection, &request);
    ok(LENGTH(request) == 0, "its data is empty");
    request.header.u1.s1.DataLength = 7;
    request.header.u1.s1.TotalLength = 7 + sizeof request.header;
    fill(request.data, 'x', 7);
    ok_status(port_accept(&server, connection, &request, NULL, TRUE), STATUS_SUCCESS, "accept");
    message_init(&message.header, 4);
    ok_status(port_send(client, RELEASE, &message.header), STATUS_LPC_REQUESTS_NOT_ALLOWED,
              "fact 4: sending has to wait until the reply is received");
    ok_status(port_receive(client, &message, NULL, NULL), STATUS_SUCCESS, "the reply arrives");
    ok((TYPE(message) & 0xff) == LPC_CONNECTION_REPLY, "fact 4: its type is 11");
    ok(LENGTH(message) == 7 && message.data[6] == 'x', "fact 4: with the data of the acceptance");
    message_init(&message.header, 4);
    ok_status(port_send(client, RELEASE, &message.header), STATUS_SUCCESS, "now sending works");
    NtAlpcQueryInformation(client, AlpcBasicInformation, &basic, sizeof basic, NULL);
    ok(basic.SequenceNo == 1, "the client port counts the reply");
    NtClose(client);
    NtClose(server);
    NtClose(connection);
}

static void time_out(void)
{
    HANDLE connection, client = NULL;
    LARGE_INTEGER short_time = {.QuadPart = -10000};

    port_create(&connection, NAME L"Slow", 0, 0);
    ok_status(port_connect(&client, NAME L"Slow", SYNC, NULL, NULL, &short_time), STATUS_TIMEOUT,
              "nobody accepts before the time is over");
    ok(client == NULL, "no handle comes back");
    NtClose(connection);
}

TEST_MAIN
{
    HANDLE connection;

    connect_to_nothing();
    ok_status(port_create(&connection, NAME, 0, 0), STATUS_SUCCESS, "a connection port");
    synchronous_accept(connection);
    NtClose(connection); /* ends the first connector, too */
    refusal();
    asynchronous();
    time_out();
}
