/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* DIRECT attributes: an event that is set when the message is over (reference 4.3, 6.1 item 4:
 * little is known; what is here is what Portico does). */
#include "alpc.h"

#define NAME   L"\\RPC Control\\Direct"
#define DIRECT ALPC_MESSAGE_DIRECT_ATTRIBUTE

NTSTATUS NTAPI NtCreateSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, LONG, LONG);

static struct test_pair pair;
static HANDLE event;

static NTSTATUS direct_send(HANDLE port, ULONG flags, HANDLE signal)
{
    struct test_attributes attributes;
    struct test_message message;
    SIZE_T size = sizeof message;

    attributes_init(&attributes, DIRECT);
    attributes.header.ValidAttributes = DIRECT;
    *(HANDLE *)AlpcGetMessageAttribute(&attributes.header, DIRECT) = signal;
    message_init(&message.header, 1);
    return NtAlpcSendWaitReceivePort(port, flags, &message.header, &attributes.header,
                                     flags & SYNC ? &message.header : NULL,
                                     flags & SYNC ? &size : NULL, NULL, NULL);
}

static int is_set(void)
{
    return NtWaitForSingleObject(event, FALSE, POLL) == STATUS_SUCCESS;
}

static NTSTATUS direct_status(HANDLE port, struct test_message *message)
{
    return NtAlpcQueryInformationMessage(port, &message->header, AlpcMessageDirectStatusInformation,
                                         NULL, 0, NULL);
}

static void answered(void)
{
    struct test_attributes attributes;
    struct test_message message;

    ok_status(direct_send(pair.client, 0, event), STATUS_SUCCESS, "a request with an event");
    ok(!is_set(), "which is not set");
    attributes_init(&attributes, DIRECT);
    ok_status(port_receive(pair.connection, &message, &attributes, NULL), STATUS_SUCCESS,
              "the request");
    ok(TYPE(message) == REQUEST_2000 && attributes.header.ValidAttributes == 0,
       "comes without the attribute");
    ok(!is_set(), "receiving it does not set the event");
    ok_status(direct_status(pair.connection, &message), STATUS_PENDING, "the message is pending");
    ok_status(NtAlpcQueryInformationMessage(pair.connection, &message.header,
                                            AlpcMessageDirectStatusInformation, &attributes, 4,
                                            NULL),
              STATUS_INVALID_PARAMETER, "the class has no data");
    port_send(pair.connection, RELEASE, &message.header);
    ok_status(NtWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS,
              "the answer does, before it is received");
    ok_status(direct_status(pair.connection, &message), STATUS_SUCCESS, "it is over");
    ok_status(port_receive(pair.client, &message, NULL, NULL), STATUS_SUCCESS, "the answer");
    ok(TYPE(message) == LPC_REPLY, "is a reply");
}

static void cancelled(void)
{
    struct test_message message;
    ALPC_CONTEXT_ATTR context = {0};

    direct_send(pair.client, 0, event);
    port_receive(pair.connection, &message, NULL, NULL);
    context.MessageId = message.header.MessageId;
    ok_status(NtAlpcCancelMessage(pair.connection, 0, &context), STATUS_PENDING, "a cancel");
    ok_status(NtWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS, "sets the event");
    port_receive(pair.client, &message, NULL, NULL);
}

static void several(void)
{
    HANDLE events[20];
    static struct test_message messages[20];
    int right = 1;

    for (int i = 0; i < 20; i++) {
        NtCreateEvent(&events[i], EVENT_ALL_ACCESS, NULL, 0, FALSE);
        direct_send(pair.client, 0, events[i]);
        port_receive(pair.connection, &messages[i], NULL, NULL);
    }
    for (int i = 19; i >= 0; i--) {
        right &= NtWaitForSingleObject(events[i], FALSE, POLL) == STATUS_TIMEOUT;
        port_send(pair.connection, RELEASE, &messages[i].header);
        right &= NtWaitForSingleObject(events[i], FALSE, NULL) == STATUS_SUCCESS;
    }
    ok(right, "each message sets its own event");
    for (int i = 0; i < 20; i++) {
        port_receive(pair.client, &messages[0], NULL, NULL);
        NtClose(events[i]);
    }
}

static DWORD NTAPI server_run(void *argument)
{
    struct test_message message;

    (void)argument;
    port_receive(pair.connection, &message, NULL, NULL);
    port_send(pair.connection, RELEASE, &message.header);
    RtlExitUserThread(0);
    return 0;
}

static void at_once(void)
{
    struct test_message message;
    HANDLE thread;

    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)server_run, NULL, &thread,
                        NULL);
    ok_status(direct_send(pair.client, SYNC, event), STATUS_SUCCESS, "a synchronous request");
    ok(is_set(), "is over when it returns");
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    ok_status(direct_send(pair.client, RELEASE, event), STATUS_SUCCESS, "a datagram");
    ok(is_set(), "when it has been sent");
    port_receive(pair.connection, &message, NULL, NULL);
}

static void from_the_server(void)
{
    struct test_message message;

    ok_status(direct_send(pair.server, 0, event), STATUS_SUCCESS, "a request of the server's");
    port_receive(pair.client, &message, NULL, NULL);
    ok(!is_set(), "is not over");
    port_send(pair.client, RELEASE, &message.header);
    ok_status(NtWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS, "until it is answered");
    port_receive(pair.connection, &message, NULL, NULL);
}

static void refused(void)
{
    struct test_message message;
    HANDLE semaphore;

    NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 1);
    ok_status(direct_send(pair.client, 0, semaphore), STATUS_OBJECT_TYPE_MISMATCH, "no event");
    ok_status(direct_send(pair.client, 0, NULL), STATUS_INVALID_HANDLE, "nothing");
    ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "nothing was sent");
    NtClose(semaphore);
}

static void ended(void)
{
    struct test_message message;

    direct_send(pair.client, 0, event);
    port_receive(pair.connection, &message, NULL, NULL);
    NtAlpcDisconnectPort(pair.server, 0);
    ok_status(NtWaitForSingleObject(event, FALSE, NULL), STATUS_SUCCESS,
              "the end of the connection sets the event");
}

TEST_MAIN
{
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 1 /* auto-reset */, FALSE);
    ok(pair_open(&pair, NAME, NULL), "a port pair");
    answered();
    cancelled();
    several();
    at_once();
    from_the_server();
    refused();
    ended();
    pair_close(&pair);
    NtClose(event);
}
