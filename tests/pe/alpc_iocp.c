/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Ports on completion ports: fact 13 of reference section 9; several threads that remove packets;
 * ports that are closed while associated. */
#include "alpc.h"

#define NAME L"\\RPC Control\\Completion"

NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
struct packet {
    PVOID key, value;
    IO_STATUS_BLOCK io;
};

NTSTATUS NTAPI NtDuplicateObject(HANDLE, HANDLE, HANDLE, HANDLE *, ULONG, ULONG, ULONG);
NTSTATUS NTAPI NtSetIoCompletion(HANDLE, PVOID, PVOID, NTSTATUS, SIZE_T);
NTSTATUS NTAPI NtRemoveIoCompletionEx(HANDLE, struct packet *, ULONG, ULONG *, LARGE_INTEGER *,
                                      BOOLEAN);
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

/* Without a wait. */
static NTSTATUS packet_key(HANDLE completion, void **ret_key)
{
    IO_STATUS_BLOCK io;
    void *value;

    *ret_key = NULL;
    return NtRemoveIoCompletion(completion, ret_key, &value, &io, POLL);
}

static void receive_datagram(HANDLE port)
{
    struct test_message message;

    ok_status(port_receive(port, &message, NULL, POLL), STATUS_SUCCESS, "the datagram");
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

enum { N_REMOVERS = 4, N_MESSAGES = 2000 };

static struct remove {
    HANDLE completion, port;
    volatile LONG n_packets, n_messages;
} removing;

/* Packets with key NULL end it: 0. */
static int remover_step(int is_ex)
{
    struct packet packets[3];
    struct test_message message;
    ULONG n = 1;
    int is_end = 0;

    if (is_ex) /* several at a time */
        NtRemoveIoCompletionEx(removing.completion, packets, 3, &n, NULL, FALSE);
    else
        NtRemoveIoCompletion(removing.completion, &packets[0].key, &packets[0].value,
                             &packets[0].io, NULL);
    for (ULONG i = 0; i < n; i++)
        if (packets[i].key)
            InterlockedIncrement(&removing.n_packets);
        else
            is_end = 1;
    while (port_receive(removing.port, &message, NULL, POLL) == STATUS_SUCCESS)
        if (InterlockedIncrement(&removing.n_messages) == N_MESSAGES)
            for (int i = 0; i < N_REMOVERS * 3; i++)
                NtSetIoCompletion(removing.completion, NULL, NULL, 0, 0);
    return !is_end;
}

static DWORD NTAPI remover_run(void *is_ex)
{
    while (remover_step(is_ex != NULL))
        ;
    RtlExitUserThread(0);
    return 0;
}

static void several_removers(void)
{
    static int server_key;
    struct test_pair pair;
    struct test_message message;
    HANDLE threads[N_REMOVERS];
    void *key;

    NtCreateIoCompletion(&removing.completion, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    ok(pair_open(&pair, NAME, NULL), "a port pair");
    removing.port = pair.connection;
    associate(pair.connection, removing.completion, &server_key);
    for (int i = 0; i < N_REMOVERS; i++)
        RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)remover_run,
                            i % 2 ? (void *)1 : NULL, &threads[i], NULL);
    for (int i = 0; i < N_MESSAGES; i++) {
        message_init(&message.header, 1);
        port_send(pair.client, RELEASE, &message.header);
    }
    for (int i = 0; i < N_REMOVERS; i++) {
        NtWaitForSingleObject(threads[i], FALSE, NULL);
        NtClose(threads[i]);
    }
    ok(removing.n_messages == N_MESSAGES, "several threads received each message once");
    /* What no thread took any more, after the packets that ended them. */
    while (packet_key(removing.completion, &key) == STATUS_SUCCESS)
        removing.n_packets += key != NULL;
    ok(removing.n_packets == N_MESSAGES, "and there was one packet for each (%d)",
       (int)removing.n_packets);
    pair_close(&pair);
    NtClose(removing.completion);
}

static void closed_while_associated(void)
{
    static int first_key, second_key;
    struct test_pair pair, other;
    struct test_message message;
    HANDLE completion, duplicate;
    void *key;

    NtCreateIoCompletion(&completion, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    pair_open(&pair, NAME, NULL);
    associate(pair.connection, completion, &first_key);
    pair_close(&pair);
    while (packet_key(completion, &key) == STATUS_SUCCESS)
        ;
    /* Its handle values are used again at once. */
    ok(pair_open(&other, NAME, NULL), "another port pair");
    message_init(&message.header, 1);
    port_send(other.client, RELEASE, &message.header);
    ok_status(packet_key(completion, &key), STATUS_TIMEOUT,
              "a port that was closed gives no packets, nor does its successor");
    ok_status(associate(other.connection, completion, &second_key), STATUS_SUCCESS, "association");
    ok_status(packet_key(completion, &key), STATUS_SUCCESS, "a packet for what was queued before");
    ok(key == &second_key, "with the new key");
    NtClose(completion);
    receive_datagram(other.connection);
    pair_close(&other);

    NtCreateIoCompletion(&completion, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    pair_open(&pair, NAME, NULL);
    associate(pair.client, completion, &first_key);
    ok_status(NtDuplicateObject(NtCurrentProcess(), pair.client, NtCurrentProcess(), &duplicate, 0,
                                0, DUPLICATE_SAME_ACCESS),
              STATUS_SUCCESS, "a second handle of the port");
    NtClose(pair.client);
    pair.client = duplicate;
    message_init(&message.header, 1);
    ok_status(port_send(pair.server, RELEASE, &message.header), STATUS_SUCCESS,
              "the port lives on");
    ok(packet_key(completion, &key) == STATUS_SUCCESS && key == &first_key,
       "and so does its association");
    receive_datagram(duplicate);
    pair_close(&pair);
    NtClose(completion);
}

static void many_ports(void)
{
    enum { N_PORTS = 20 };
    static int keys[N_PORTS];
    HANDLE completion, ports[N_PORTS], clients[N_PORTS];
    unsigned n = 0, sum = 0;
    WCHAR path[] = NAME L"\0";
    void *key;

    NtCreateIoCompletion(&completion, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    path[sizeof NAME / 2 - 1] = 'A';
    for (int i = 0; i < N_PORTS; i++, path[sizeof NAME / 2 - 1]++) {
        port_create(&ports[i], path, 0, 0);
        associate(ports[i], completion, &keys[i]);
        port_connect(&clients[i], path, 0, NULL, NULL, NULL);
    }
    while (packet_key(completion, &key) == STATUS_SUCCESS) {
        n++;
        sum += (unsigned)((int *)key - keys);
    }
    ok(n == N_PORTS && sum == N_PORTS * (N_PORTS - 1) / 2, "many ports: each gives its packet");
    for (int i = 0; i < N_PORTS; i++) {
        NtClose(clients[i]);
        NtClose(ports[i]);
    }
    NtClose(completion);
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
        STATUS_INFO_LENGTH_MISMATCH, "fact 13: a short buffer");
    ok_status(associate(pair.connection, completion, &server_key), STATUS_SUCCESS, "association");
    ok_status(associate(pair.connection, completion, &server_key), STATUS_PORT_ALREADY_SET,
              "fact 13: a second association");
    ok(packet_take(completion, &key, POLL) == STATUS_TIMEOUT, "no packet yet");

    ok_status(port_connect(&pair.client, NAME, 0, NULL, NULL, NULL), STATUS_SUCCESS,
              "a client connects");
    ok_status(packet_take(completion, &key, NULL), STATUS_SUCCESS, "a packet comes");
    ok(key == &server_key, "fact 13: with the port's key");
    ok(packet_take(completion, &key, POLL) == STATUS_TIMEOUT, "fact 13: exactly one");
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
    several_removers();
    closed_while_associated();
    many_ports();
}
