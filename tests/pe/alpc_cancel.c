/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* NtAlpcCancelMessage from both sides (reference 3.8, fact 12): queued, received, answered,
 * continued messages, flags, statuses, the context check. */
#include "alpc.h"

#define NAME L"\\RPC Control\\Cancel"

static struct test_pair pair;

static HANDLE thread_start(void *function, void *argument)
{
    HANDLE thread = NULL;

    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, function, argument, &thread,
                        NULL);
    return thread;
}

static NTSTATUS cancel(HANDLE port, ULONG flags, const ALPC_CONTEXT_ATTR *context)
{
    ALPC_CONTEXT_ATTR copy = *context;

    return NtAlpcCancelMessage(port, flags, &copy);
}

/* Receives; the CONTEXT attribute that came with it. */
static NTSTATUS take(HANDLE port, struct test_message *message, ALPC_CONTEXT_ATTR *ret_context)
{
    struct test_attributes attributes;
    NTSTATUS status;
    void *body;

    attributes_init(&attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    status = port_receive(port, message, &attributes, NULL);
    body = AlpcGetMessageAttribute(&attributes.header, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    *ret_context = *(ALPC_CONTEXT_ATTR *)body;
    return status;
}

/* Sends an asynchronous request from the client and receives it at the server. */
static void request(struct test_message *message, ALPC_CONTEXT_ATTR *ret_context)
{
    message_init(&message->header, 8);
    ok_status(port_send(pair.client, 0, &message->header), STATUS_SUCCESS, "a request");
    ok_status(take(pair.connection, message, ret_context), STATUS_SUCCESS, "received");
}

static struct test_message blocked_message;
static NTSTATUS blocked_status;

static DWORD NTAPI blocked(void *argument)
{
    SIZE_T size = sizeof blocked_message;

    (void)argument;
    message_init(&blocked_message.header, 8);
    blocked_status = NtAlpcSendWaitReceivePort(pair.client, SYNC, &blocked_message.header, NULL,
                                               &blocked_message.header, &size, NULL, NULL);
    RtlExitUserThread(0);
    return 0;
}

static void a_blocked_sender(void)
{
    HANDLE thread = thread_start((void *)blocked, NULL);
    struct test_message message;
    ALPC_CONTEXT_ATTR context;

    ok_status(take(pair.connection, &message, &context), STATUS_SUCCESS, "a sync request");
    ok(TYPE(message) == REQUEST_2000, "fact 7: a request of type 1 with 2000h");
    ok_status(cancel(pair.connection, 0x10, &context), STATUS_INVALID_PARAMETER,
              "fact 12: flag 10");
    ok_status(cancel(pair.connection, 0, &context), STATUS_PENDING,
              "fact 12: the server cancels it");
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    ok_status(blocked_status, STATUS_MESSAGE_LOST, "fact 12: its sender is told");
    ok_status(port_send(pair.connection, RELEASE, &message.header), STATUS_REPLY_MESSAGE_MISMATCH,
              "nobody can answer it any more");
    ok_status(cancel(pair.connection, 0, &context), STATUS_MESSAGE_NOT_FOUND,
              "or cancel it again: it has gone");
}

static void by_the_receiver(void)
{
    struct test_message message;
    ALPC_CONTEXT_ATTR context, got;

    request(&message, &context);
    ok_status(cancel(pair.server, ALPC_CANCELFLG_TRY_CANCEL, &context), STATUS_PENDING,
              "the server port cancels what it received, with TRY_CANCEL too");
    ok_status(take(pair.client, &message, &got), STATUS_SUCCESS, "its sender gets");
    ok(TYPE(message) == LPC_CANCELED && LENGTH(message) == 0 &&
           message.header.MessageId == context.MessageId,
       "LPC_CANCELED with its id and no data");
    ok(got.CallbackId == context.CallbackId, "and the same CallbackId in CONTEXT");
}

static void by_the_sender(void)
{
    struct test_message message;
    ALPC_CONTEXT_ATTR context, got;

    request(&message, &context);
    ok_status(cancel(pair.client, ALPC_CANCELFLG_TRY_CANCEL, &context), STATUS_MESSAGE_RETRIEVED,
              "the sender tries to cancel what has been received");
    ok_status(cancel(pair.client, 0, &context), STATUS_PENDING, "and cancels it");
    ok_status(cancel(pair.client, 0, &context), STATUS_REQUEST_CANCELED, "twice");
    ok_status(take(pair.connection, &message, &got), STATUS_SUCCESS, "its receiver gets");
    ok(TYPE(message) == LPC_CANCELED && message.header.MessageId == context.MessageId,
       "LPC_CANCELED with its id");
    ok_status(port_send(pair.connection, RELEASE, &message.header), STATUS_REPLY_MESSAGE_MISMATCH,
              "which nobody can answer");
    ok_status(port_receive(pair.client, &message, NULL, POLL), STATUS_TIMEOUT,
              "the sender gets nothing for it");
    ok_status(cancel(pair.client, 0, &context), STATUS_MESSAGE_NOT_FOUND,
              "the receiver has seen it: gone");
}

static void answered(void)
{
    struct test_message message;
    ALPC_CONTEXT_ATTR context, got;

    request(&message, &context);
    port_send(pair.connection, RELEASE, &message.header);
    ok_status(cancel(pair.connection, 0, &context), STATUS_MESSAGE_NOT_FOUND,
              "a message that was answered with RELEASE is not there");
    ok_status(take(pair.client, &message, &got), STATUS_SUCCESS, "its reply");
    ok_status(cancel(pair.client, 0, &context), STATUS_MESSAGE_NOT_FOUND, "nor at its sender");

    request(&message, &context);
    port_send(pair.connection, 0, &message.header);
    ok_status(cancel(pair.connection, 0, &context), STATUS_PENDING,
              "one that was continued is the other end's: cancelled by who continued it");
    ok_status(take(pair.client, &message, &got), STATUS_SUCCESS, "the continuation");
    ok_status(take(pair.client, &message, &got), STATUS_SUCCESS, "and");
    ok(TYPE(message) == LPC_CANCELED && message.header.MessageId == context.MessageId,
       "LPC_CANCELED behind it");

    request(&message, &context);
    port_send(pair.connection, 0, &message.header);
    ok_status(take(pair.client, &message, &got), STATUS_SUCCESS, "a continuation");
    ok_status(cancel(pair.client, 0, &got), STATUS_PENDING, "its receiver cancels it");
    ok_status(take(pair.connection, &message, &got), STATUS_SUCCESS, "the other end gets");
    ok(TYPE(message) == LPC_CANCELED && message.header.MessageId == context.MessageId,
       "LPC_CANCELED");
}

static void context_check(void)
{
    struct test_message message;
    ALPC_CONTEXT_ATTR context, wrong;

    request(&message, &context);
    wrong = context;
    wrong.CallbackId++;
    ok_status(cancel(pair.connection, 0, &wrong), STATUS_CONTEXT_MISMATCH,
              "the CallbackId of another exchange");
    wrong = context;
    wrong.MessageContext = &wrong;
    ok_status(cancel(pair.connection, 0, &wrong), STATUS_CONTEXT_MISMATCH,
              "another MessageContext");
    wrong.CallbackId++;
    ok_status(cancel(pair.connection, ALPC_CANCELFLG_NO_CONTEXT_CHECK, &wrong), STATUS_PENDING,
              "are not looked at with NO_CONTEXT_CHECK");
    port_receive(pair.client, &message, NULL, NULL);
    request(&message, &context);
    fill(&wrong, 0, sizeof wrong);
    wrong.MessageId = context.MessageId;
    ok_status(cancel(pair.connection, 0, &wrong), STATUS_PENDING, "the id alone is enough");
    port_receive(pair.client, &message, NULL, NULL);
}

/* The sender learns its message's ids from its own CONTEXT attribute. */
static void the_senders_ids(void)
{
    struct test_attributes attributes;
    struct test_message message;
    ALPC_CONTEXT_ATTR *own, got;

    attributes_init(&attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    own = AlpcGetMessageAttribute(&attributes.header, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    own->MessageContext = &pair;
    attributes.header.ValidAttributes = ALPC_MESSAGE_CONTEXT_ATTRIBUTE;
    message_init(&message.header, 8);
    ok_status(NtAlpcSendWaitReceivePort(pair.client, 0, &message.header, &attributes.header, NULL,
                                        NULL, NULL, NULL),
              STATUS_SUCCESS, "a request with a CONTEXT attribute");
    ok(own->MessageId != 0 && own->CallbackId != 0 && own->MessageContext == &pair,
       "which has the message's ids afterwards");
    ok_status(cancel(pair.client, 0, own), STATUS_PENDING, "the sender cancels it unreceived");
    while (take(pair.connection, &message, &got) == STATUS_SUCCESS && TYPE(message) != LPC_CANCELED)
        ok(TYPE(message) == REQUEST_2000, "the request itself may still come first");
    ok(TYPE(message) == LPC_CANCELED && message.header.MessageId == own->MessageId,
       "the server gets LPC_CANCELED");
    ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_TIMEOUT, "once");
}

/* TRY_CANCEL leaves alone what the receiver has taken. Whether it has is known to the sender here
 * only by the answer (UNKNOWN in libs/alpc/continue.c): either status, and what it says holds. */
static void try_cancel_unreceived(void)
{
    struct test_attributes attributes;
    struct test_message message;
    ALPC_CONTEXT_ATTR *own, got;
    NTSTATUS status;

    attributes_init(&attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    own = AlpcGetMessageAttribute(&attributes.header, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    attributes.header.ValidAttributes = ALPC_MESSAGE_CONTEXT_ATTRIBUTE;
    message_init(&message.header, 8);
    NtAlpcSendWaitReceivePort(pair.client, 0, &message.header, &attributes.header, NULL, NULL, NULL,
                              NULL);
    status = cancel(pair.client, ALPC_CANCELFLG_TRY_CANCEL, own);
    ok(status == STATUS_PENDING || status == STATUS_MESSAGE_RETRIEVED,
       "TRY_CANCEL of a message that may be unreceived (%x)", (unsigned)status);
    if (status == STATUS_MESSAGE_RETRIEVED) {
        ok_status(take(pair.connection, &message, &got), STATUS_SUCCESS, "it was left alone");
        ok(TYPE(message) == REQUEST_2000 && message.header.MessageId == own->MessageId,
           "it is received");
        ok_status(port_send(pair.connection, RELEASE, &message.header), STATUS_SUCCESS, "answered");
        ok_status(take(pair.client, &message, &got), STATUS_SUCCESS, "and its sender");
        ok(TYPE(message) == LPC_REPLY, "has the reply");
    } else {
        ok_status(cancel(pair.client, ALPC_CANCELFLG_TRY_CANCEL, own), STATUS_REQUEST_CANCELED,
                  "it was cancelled");
        while (!port_receive(pair.connection, &message, NULL, POLL))
            ok(TYPE(message) != REQUEST_2000, "it is not received");
    }
    ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_TIMEOUT, "nothing more");
}

/* TRY_CANCEL of what is cancelled, over, unknown. */
static void try_cancel_again(void)
{
    struct test_message message;
    ALPC_CONTEXT_ATTR context, got;

    request(&message, &context);
    ok_status(cancel(pair.client, 0, &context), STATUS_PENDING, "the sender cancels");
    ok_status(cancel(pair.client, ALPC_CANCELFLG_TRY_CANCEL, &context), STATUS_REQUEST_CANCELED,
              "TRY_CANCEL of a cancelled one");
    ok_status(take(pair.connection, &message, &got), STATUS_SUCCESS, "its receiver");
    ok(TYPE(message) == LPC_CANCELED, "is told");
    ok_status(cancel(pair.connection, ALPC_CANCELFLG_TRY_CANCEL, &context),
              STATUS_MESSAGE_NOT_FOUND, "who cannot cancel it in its turn");
    ok_status(port_receive(pair.client, &message, NULL, POLL), STATUS_TIMEOUT,
              "(the sender looks at its port)");
    ok_status(cancel(pair.client, ALPC_CANCELFLG_TRY_CANCEL, &context), STATUS_MESSAGE_NOT_FOUND,
              "it is gone");
    context.MessageId = 0x12345678;
    ok_status(cancel(pair.client, ALPC_CANCELFLG_TRY_CANCEL, &context), STATUS_MESSAGE_NOT_FOUND,
              "an unknown one");
}

static void bad_arguments(void)
{
    ALPC_CONTEXT_ATTR context;

    fill(&context, 0, sizeof context);
    ok_status(cancel(pair.connection, 0, &context), STATUS_MESSAGE_NOT_FOUND, "message 0");
    context.MessageId = 0x12345678;
    ok_status(cancel(pair.connection, 0, &context), STATUS_MESSAGE_NOT_FOUND, "an unknown one");
    ok_status(cancel(pair.client, 0, &context), STATUS_MESSAGE_NOT_FOUND, "at a client port too");
    ok_status(cancel((HANDLE)0x7ff0, 0, &context), STATUS_INVALID_HANDLE, "a handle that is none");
    ok_status(NtAlpcCancelMessage(pair.connection, 0, NULL), STATUS_ACCESS_VIOLATION,
              "no context structure");
}

static void a_connection_request(void)
{
    struct test_message message;
    ALPC_CONTEXT_ATTR context;
    HANDLE client = NULL;

    port_connect(&client, NAME, 0, NULL, NULL, NULL);
    ok_status(port_receive(pair.connection, &message, NULL, NULL), STATUS_SUCCESS,
              "a connection request");
    fill(&context, 0, sizeof context);
    context.MessageId = message.header.MessageId;
    ok_status(cancel(pair.connection, 0, &context), STATUS_MESSAGE_NOT_FOUND,
              "is answered, not cancelled");
    port_accept(NULL, pair.connection, &message, NULL, FALSE);
    NtClose(client);
}

TEST_MAIN
{
    ok(pair_open(&pair, NAME, NULL), "a port pair");
    bad_arguments();
    a_blocked_sender();
    by_the_receiver();
    by_the_sender();
    answered();
    context_check();
    the_senders_ids();
    try_cancel_unreceived();
    try_cancel_again();
    a_connection_request();
    pair_close(&pair);
}
