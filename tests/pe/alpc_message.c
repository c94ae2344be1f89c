/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The life of a message: types, routing, contexts, counters, misuse. Facts 6 to 10 of reference
 * section 9 and the errors of section 3.5. */
#include "alpc.h"

#define NAME L"\\RPC Control\\Message"

static int accept_context;

static void types(struct test_pair *pair)
{
    struct test_message message;

    message_init(&message.header, 3);
    ok_status(port_send(pair->client, 0, &message.header), STATUS_SUCCESS,
              "a new message with flags 0");
    port_receive(pair->connection, &message, NULL, NULL);
    ok(TYPE(message) == REQUEST_2000, "fact 7: arrives as a request that expects a continuation");
    ok(message.header.ClientId.UniqueProcess == own_client_id()->UniqueProcess &&
           message.header.ClientId.UniqueThread == own_client_id()->UniqueThread,
       "with its sender's ids");
    ok_status(port_send(pair->connection, RELEASE, &message.header), STATUS_SUCCESS,
              "fact 8: a RELEASE continuation through the connection port");
    port_receive(pair->client, &message, NULL, NULL);
    ok(TYPE(message) == LPC_REPLY, "fact 7: arrives as a reply that expects none");
    ok(LENGTH(message) == 3, "with its data");

    message_init(&message.header, 3);
    port_send(pair->client, 0, &message.header);
    port_receive(pair->connection, &message, NULL, NULL);
    ULONG id = message.header.MessageId;
    ok_status(port_send(pair->server, 0, &message.header), STATUS_SUCCESS,
              "fact 8: a flags-0 continuation through the communication port");
    port_receive(pair->client, &message, NULL, NULL);
    ok(TYPE(message) == REQUEST_2000, "arrives as a request again");
    ok(message.header.MessageId == id, "of the same id");
    ok_status(port_send(pair->client, RELEASE, &message.header), STATUS_SUCCESS,
              "which the client may continue");
    port_receive(pair->connection, &message, NULL, NULL);
    ok(TYPE(message) == LPC_REPLY && message.header.MessageId == id, "to its end at the server");

    message_init(&message.header, 3);
    port_send(pair->client, 0, &message.header);
    port_receive(pair->connection, &message, NULL, NULL);
    ok_status(port_send(pair->connection, ALPC_MSGFLG_REPLY_MESSAGE, &message.header),
              STATUS_SUCCESS, "a continuation with flag 1");
    port_receive(pair->client, &message, NULL, NULL);
    ok(TYPE(message) == REQUEST_2000, "fact 7: is like one with flags 0");
    port_send(pair->client, RELEASE, &message.header);
    port_receive(pair->connection, &message, NULL, NULL);

    message_init(&message.header, 3);
    ok_status(port_send(pair->client, RELEASE, &message.header), STATUS_SUCCESS, "a datagram");
    port_receive(pair->connection, &message, NULL, NULL);
    ok(TYPE(message) == LPC_DATAGRAM, "fact 7: arrives as a datagram");
}

static void server_initiated(struct test_pair *pair)
{
    struct test_message message;

    message_init(&message.header, 2);
    ok_status(port_send(pair->server, RELEASE, &message.header), STATUS_SUCCESS,
              "a datagram of the server, on its communication port");
    port_receive(pair->client, &message, NULL, NULL);
    ok(TYPE(message) == LPC_DATAGRAM && LENGTH(message) == 2, "arrives at the client port");
    message_init(&message.header, 6);
    ok_status(port_send(pair->server, 0, &message.header), STATUS_SUCCESS,
              "a request of the server");
    port_receive(pair->client, &message, NULL, NULL);
    ok(TYPE(message) == REQUEST_2000, "arrives as a request");
    ok_status(port_receive(pair->server, &message, NULL, POLL), STATUS_TIMEOUT,
              "fact 6: nothing ever arrives at the server communication port");
    message_init(&message.header, 6);
    ok_status(port_send(pair->server, 0, &message.header), STATUS_SUCCESS, "another");
    port_receive(pair->client, &message, NULL, NULL);
    ok_status(port_send(pair->client, RELEASE, &message.header), STATUS_SUCCESS,
              "the client's answer");
    ok_status(port_receive(pair->connection, &message, NULL, NULL), STATUS_SUCCESS,
              "fact 8: arrives at the connection port");
    ok(TYPE(message) == LPC_REPLY && LENGTH(message) == 6, "as a reply");
}

/* One exchange with CONTEXT attributes at both ends; returns the CallbackId. */
static ULONG exchange(struct test_pair *pair, void *message_context)
{
    struct test_attributes attributes;
    ALPC_CONTEXT_ATTR *context;
    struct test_message message;

    context = AlpcGetMessageAttribute(attributes_init(&attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE),
                                      ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    context->MessageContext = message_context;
    context->PortContext = (void *)0xbad;
    context->CallbackId = 0xbad;
    attributes.header.ValidAttributes = ALPC_MESSAGE_CONTEXT_ATTRIBUTE;
    message_init(&message.header, 0);
    ok_status(NtAlpcSendWaitReceivePort(pair->client, 0, &message.header, &attributes.header, NULL,
                                        NULL, NULL, NULL),
              STATUS_SUCCESS, "a request with a message context");

    attributes_init(&attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    port_receive(pair->connection, &message, &attributes, NULL);
    ok(attributes.header.ValidAttributes & ALPC_MESSAGE_CONTEXT_ATTRIBUTE, "CONTEXT is valid");
    ok(context->PortContext == &accept_context,
       "fact 9: PortContext is what was given at acceptance");
    ok(context->MessageContext == NULL, "fact 9: MessageContext is NULL: the server has set none");
    ok(context->Sequence != 0, "Sequence counts");
    ok(context->MessageId == message.header.MessageId, "MessageId is the message's");
    ULONG callback_id = context->CallbackId;
    ok(callback_id != 0 && callback_id == message.header.CallbackId,
       "CallbackId is the exchange's");
    port_send(pair->connection, RELEASE, &message.header);

    attributes_init(&attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    port_receive(pair->client, &message, &attributes, NULL);
    ok(attributes.header.ValidAttributes & ALPC_MESSAGE_CONTEXT_ATTRIBUTE, "CONTEXT is valid");
    ok(context->PortContext == pair->client, "fact 9: PortContext is the client's port handle");
    ok(context->MessageContext == message_context, "fact 9: MessageContext is the client's own");
    ok(context->Sequence != 0, "Sequence counts");
    ok(context->CallbackId == callback_id, "fact 9: CallbackId is the same at both ends");
    return callback_id;
}

static void contexts(struct test_pair *pair)
{
    static int one, two;
    ULONG first = exchange(pair, &one), second = exchange(pair, &two);

    ok(second == first + 1, "fact 9: CallbackId grows by one for each exchange");
}

static void token(struct test_pair *pair)
{
    struct test_attributes attributes;
    struct test_message message;

    message_init(&message.header, 0);
    port_send(pair->client, RELEASE, &message.header);
    attributes_init(&attributes, ALPC_MESSAGE_TOKEN_ATTRIBUTE | ALPC_MESSAGE_SECURITY_ATTRIBUTE |
                                     ALPC_MESSAGE_VIEW_ATTRIBUTE | ALPC_MESSAGE_HANDLE_ATTRIBUTE);
    port_receive(pair->connection, &message, &attributes, NULL);
    ALPC_TOKEN_ATTR *ids =
        AlpcGetMessageAttribute(&attributes.header, ALPC_MESSAGE_TOKEN_ATTRIBUTE);
    ok(attributes.header.ValidAttributes == ALPC_MESSAGE_TOKEN_ATTRIBUTE,
       "TOKEN is valid, the attributes that were not sent are not");
    ok(ids->TokenId.LowPart || ids->TokenId.HighPart, "it has the sender's token id");
}

static void counters(struct test_pair *pair)
{
    ALPC_BASIC_INFORMATION before, after;
    struct test_message message;

    NtAlpcQueryInformation(pair->server, AlpcBasicInformation, &before, sizeof before, NULL);
    message_init(&message.header, 0);
    port_send(pair->client, RELEASE, &message.header);
    port_receive(pair->connection, &message, NULL, NULL);
    NtAlpcQueryInformation(pair->server, AlpcBasicInformation, &after, sizeof after, NULL);
    ok(after.SequenceNo == before.SequenceNo + 1,
       "fact 10: the server port counts its client's messages");
    ok(before.SequenceNo > 0, "although they are received through the connection port");
    NtAlpcQueryInformation(pair->client, AlpcBasicInformation, &before, sizeof before, NULL);
    message_init(&message.header, 0);
    port_send(pair->server, RELEASE, &message.header);
    port_receive(pair->client, &message, NULL, NULL);
    NtAlpcQueryInformation(pair->client, AlpcBasicInformation, &after, sizeof after, NULL);
    ok(after.SequenceNo == before.SequenceNo + 1,
       "fact 10: the client port counts what it received");
}

static void misuse(struct test_pair *pair)
{
    struct test_message message, reply;
    SIZE_T size = sizeof reply;

    message_init(&message.header, 4);
    ok_status(port_send(pair->client, SYNC, &message.header), STATUS_LPC_RECEIVE_BUFFER_EXPECTED,
              "SYNC without a receive buffer");
    ok_status(
        NtAlpcSendWaitReceivePort(pair->client, SYNC, NULL, NULL, &reply.header, &size, NULL, NULL),
        STATUS_INVALID_PARAMETER, "SYNC without a message");
    ok_status(NtAlpcSendWaitReceivePort(pair->client, SYNC | RELEASE, &message.header, NULL,
                                        &reply.header, &size, NULL, NULL),
              STATUS_INVALID_PARAMETER, "SYNC with RELEASE");
    ok_status(port_send(pair->client, 0x01000000, &message.header), STATUS_INVALID_PARAMETER,
              "flag 01000000");
    message.header.u1.s1.TotalLength++;
    ok_status(port_send(pair->client, RELEASE, &message.header), STATUS_INVALID_PARAMETER,
              "TotalLength that is not DataLength and the header");
    message_init(&message.header, 4);
    message.header.MessageId = 0x7ffffff1;
    ok_status(port_send(pair->connection, RELEASE, &message.header), STATUS_REPLY_MESSAGE_MISMATCH,
              "a reply to an unknown message");
    ok_status(port_send(pair->client, RELEASE, &message.header), STATUS_REPLY_MESSAGE_MISMATCH,
              "a reply of the client to an unknown message");
    ok_status(port_receive(pair->connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "none of these arrived");

    message_init(&message.header, 4);
    port_send(pair->client, 0, &message.header);
    port_receive(pair->connection, &message, NULL, NULL);
    reply = message;
    message.header.CallbackId += 5;
    ok_status(port_send(pair->connection, RELEASE, &message.header), STATUS_REPLY_MESSAGE_MISMATCH,
              "a reply with the CallbackId of another exchange");
    ok_status(port_send(pair->connection, RELEASE, &reply.header), STATUS_SUCCESS, "the right one");
    ok_status(port_send(pair->connection, RELEASE, &reply.header), STATUS_REPLY_MESSAGE_MISMATCH,
              "a second reply");
    port_receive(pair->client, &message, NULL, NULL);
}

static void too_long(void)
{
    struct test_pair pair;
    struct test_message message;
    ALPC_PORT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES object;

    port_attributes(&attributes, 0);
    attributes.MaxMessageLength = 100;
    RtlInitUnicodeString(&name, NAME L"Small");
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    NtAlpcCreatePort(&pair.connection, &object, &attributes);
    ok(pair_connect(&pair, NAME L"Small", NULL), "a pair over a port of 100 bytes");
    message_init(&message.header, 61);
    ok_status(port_send(pair.client, RELEASE, &message.header), STATUS_PORT_MESSAGE_TOO_LONG,
              "a message of 101 bytes");
    message_init(&message.header, 60);
    ok_status(port_send(pair.client, RELEASE, &message.header), STATUS_SUCCESS,
              "a message of 100 bytes");
    port_receive(pair.connection, &message, NULL, NULL);
    ok(TOTAL(message) == 100, "arrives");
    pair_close(&pair);
}

TEST_MAIN
{
    struct test_pair pair;

    ok(pair_open(&pair, NAME, &accept_context), "a port pair");
    types(&pair);
    server_initiated(&pair);
    contexts(&pair);
    token(&pair);
    counters(&pair);
    misuse(&pair);
    pair_close(&pair);
    too_long();
}
