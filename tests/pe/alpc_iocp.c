/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Ports on completion ports: fact 13 of reference section 9. */
#include "alpc.h"

#define NAME L"\\RPC Control\\Completion"

NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE, PVOID *, PVOID *, PIO_STATUS_BLOCK, PLARGE_INTEGER);

static NTSTATUS associate(HANDLE port, HANDLE completion, void *key)
{
    ALPC_PORT_ASSOCIATE_COMPLETION_PORT information = {key, completion};

    return NtAlpcSetInformation(port, AlpcAssociateCompletionPortInformation, &information,
                                sizeof information);
}

static NTSTATUS packet_take(HANDLE completion, void **ret_key, LARGE_INTEGER *timeout)
{
    IO_STATUS_BLOCK io;
    void *apc = (void *)1;

    *ret_key = NULL;
    NTSTATUS status = NtRemoveIoCompletion(completion, ret_key, &apc, &io, timeout);
    if (status == STATUS_SUCCESS)
        ok(apc == NULL && io.Status == 0 && io.Information == 0, "the packet carries only the key");
    return status;
}

struct sender {
    HANDLE port;
};

static DWORD NTAPI sender_run(void *argument)
{
    struct sender *sender = argument;
    struct test_message message;

    message_init(&message.header, 1);
    port_send(sender->port, RELEASE, &message.header);
    RtlExitUserThread(0);
    return 0;
}

TEST_MAIN
{
    static int server_key, client_key;
    struct test_pair pair;
    struct test_message message;
    struct sender sender;
    HANDLE completion, thread;
    void *key;

    ok_status(NtCreateIoCompletion(&completion, IO_COMPLETION_ALL_ACCESS, NULL, 0), STATUS_SUCCESS,
              "a completion port");
    port_create(&pair.connection, NAME, 0, 0);
    ok_status(
        NtAlpcSetInformation(pair.connection, AlpcAssociateCompletionPortInformation, &pair, 8),
        STATUS_INFO_LENGTH_MISMATCH, "a short buffer");
    ok_status(associate(pair.connection, completion, &server_key), STATUS_SUCCESS, "association");
    ok_status(associate(pair.connection, completion, &server_key), STATUS_PORT_ALREADY_SET,
              "a second association");
    ok(packet_take(completion, &key, POLL) == STATUS_TIMEOUT, "no packet yet");

    ok_status(port_connect(&pair.client, NAME, 0, NULL, NULL, NULL), STATUS_SUCCESS,
              "a client connects");
    ok_status(packet_take(completion, &key, NULL), STATUS_SUCCESS, "a packet comes");
    ok(key == &server_key, "with the port's key");
    ok(packet_take(completion, &key, POLL) == STATUS_TIMEOUT, "exactly one");
    ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_SUCCESS,
              "the connection request is received");
    ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "and nothing more");
    NtClose(pair.client);
    while (port_receive(pair.connection, &message, NULL, POLL) == STATUS_SUCCESS)
        ;
    while (packet_take(completion, &key, POLL) == STATUS_SUCCESS)
        ;

    NtClose(pair.connection);
    ok(pair_open(&pair, NAME L"2", NULL), "a port pair");
    ok_status(associate(pair.connection, completion, &server_key), STATUS_SUCCESS,
              "server associated");
    ok_status(associate(pair.client, completion, &client_key), STATUS_SUCCESS, "client associated");
    for (int i = 0; i < 3; i++) {
        message_init(&message.header, 1);
        port_send(pair.client, RELEASE, &message.header);
    }
    for (int i = 0; i < 3; i++) {
        ok_status(packet_take(completion, &key, NULL), STATUS_SUCCESS,
                  "a packet for each datagram");
        ok(key == &server_key, "with the server's key");
    }
    for (int i = 0; i < 3; i++)
        ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_SUCCESS,
                  "the datagram");
    message_init(&message.header, 1);
    port_send(pair.server, RELEASE, &message.header);
    ok_status(packet_take(completion, &key, NULL), STATUS_SUCCESS,
              "a packet for the client's datagram");
    ok(key == &client_key, "with the client's key");
    ok_status(port_receive(pair.client, &message, NULL, POLL), STATUS_SUCCESS, "the datagram");

    sender.port = pair.client;
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)sender_run, &sender,
                        &thread, NULL);
    ok_status(packet_take(completion, &key, NULL), STATUS_SUCCESS,
              "a packet wakes a thread that sleeps");
    ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_SUCCESS, "the datagram");
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    pair_close(&pair);
    NtClose(completion);
}
