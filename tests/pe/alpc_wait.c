/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Waits on ports' handles: alone, among other objects, without a thread, alertably (reference 4.6,
 * D-20: a counting semaphore; ports that are not WAITABLE are always signalled). */
#include "alpc.h"

#include <nt/ntlpc.h>

#define NAME     L"\\RPC Control\\Wait"
#define WAITABLE ALPC_PORFLG_WAITABLE_PORT

NTSTATUS NTAPI NtSetEvent(HANDLE, LONG *);
NTSTATUS NTAPI NtCreateSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, LONG, LONG);
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE, LONG, LONG *);
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG, const HANDLE *, ULONG, BOOLEAN,
                                        const LARGE_INTEGER *);
NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE, HANDLE, BOOLEAN, const LARGE_INTEGER *);
NTSTATUS NTAPI NtQueueApcThread(HANDLE, void *, ULONG_PTR, ULONG_PTR, ULONG_PTR);
NTSTATUS NTAPI NtAlertThread(HANDLE);
NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE, PVOID *, PVOID *, PIO_STATUS_BLOCK, PLARGE_INTEGER);
NTSTATUS NTAPI NtCreateWaitCompletionPacket(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtAssociateWaitCompletionPacket(HANDLE, HANDLE, HANDLE, PVOID, PVOID, NTSTATUS,
                                               ULONG_PTR, BOOLEAN *);
NTSTATUS NTAPI NtCancelWaitCompletionPacket(HANDLE, BOOLEAN);

enum { ANY = 1, ALL = 0, N_ROUNDS = 3000, N_WAITERS = 4 };

#define THIS_THREAD ((HANDLE)(LONG_PTR)-2)

static NTSTATUS wait_one(HANDLE handle, LARGE_INTEGER *timeout)
{
    return NtWaitForSingleObject(handle, FALSE, timeout);
}

static void datagrams_send(HANDLE port, unsigned n)
{
    struct test_message message;

    for (unsigned i = 0; i < n; i++) {
        message_init(&message.header, 1);
        port_send(port, RELEASE, &message.header);
    }
}

static unsigned receive_all(HANDLE port)
{
    struct test_message message;
    unsigned n = 0;

    while (port_receive(port, &message, NULL, POLL) == STATUS_SUCCESS)
        n++;
    return n;
}

static void signals_take(HANDLE port)
{
    while (wait_one(port, POLL) == STATUS_SUCCESS)
        ;
}

/* All three ports waitable, nothing queued, no signal left. */
static int waitable_open(struct test_pair *pair)
{
    ALPC_PORT_ATTRIBUTES attributes;
    struct test_message message;
    UNICODE_STRING name;

    port_attributes(&attributes, WAITABLE);
    RtlInitUnicodeString(&name, NAME);
    if (port_create(&pair->connection, NAME, 0, WAITABLE) ||
        NtAlpcConnectPort(&pair->client, &name, NULL, &attributes, 0, NULL, NULL, NULL, NULL, NULL,
                          NULL) ||
        port_receive(pair->connection, &message, NULL, NULL) ||
        NtAlpcAcceptConnectPort(&pair->server, pair->connection, 0, NULL, &attributes, NULL,
                                &message.header, NULL, TRUE) ||
        port_receive(pair->client, &message, NULL, NULL))
        return 0;
    signals_take(pair->connection);
    signals_take(pair->client);
    return 1;
}

static void counts(void)
{
    struct test_pair pair;

    ok(waitable_open(&pair), "waitable ports");
    ok_status(wait_one(pair.connection, POLL), STATUS_TIMEOUT, "nothing is queued");
    datagrams_send(pair.client, 3);
    for (int i = 0; i < 3; i++)
        ok_status(wait_one(pair.connection, NULL), STATUS_SUCCESS, "one wait for each message");
    ok_status(wait_one(pair.connection, POLL), STATUS_TIMEOUT, "the count is used up");
    ok(receive_all(pair.connection) == 3, "the messages are still there");
    datagrams_send(pair.client, 2);
    ok(receive_all(pair.connection) == 2, "receiving does not take the count");
    ok_status(wait_one(pair.connection, POLL), STATUS_SUCCESS, "the first is left");
    ok_status(wait_one(pair.connection, POLL), STATUS_SUCCESS, "and the second");
    ok_status(wait_one(pair.connection, POLL), STATUS_TIMEOUT, "no third");
    ok_status(wait_one(pair.client, POLL), STATUS_TIMEOUT, "the client port has its own count");
    datagrams_send(pair.server, 1);
    ok_status(wait_one(pair.client, NULL), STATUS_SUCCESS, "the client's message");
    ok(receive_all(pair.client) == 1, "is received");
    ok_status(wait_one(pair.server, POLL), STATUS_TIMEOUT,
              "nothing is ever queued at a server communication port");
    NtClose(pair.client);
    ok_status(wait_one(pair.connection, NULL), STATUS_SUCCESS, "LPC_PORT_CLOSED is a message too");
    ok(receive_all(pair.connection) == 1, "it is received");
    ok_status(wait_one(pair.server, NULL), STATUS_SUCCESS, "a connection that has ended signals");
    NtClose(pair.server);
    NtClose(pair.connection);
}

static void not_waitable(void)
{
    struct test_pair pair;

    ok(pair_open(&pair, NAME, NULL), "ports that are not waitable");
    ok_status(wait_one(pair.connection, POLL), STATUS_SUCCESS, "always signalled");
    ok_status(wait_one(pair.server, POLL), STATUS_SUCCESS, "server communication port");
    ok_status(wait_one(pair.client, POLL), STATUS_SUCCESS, "client communication port");
    pair_close(&pair);
}

static void among_others(void)
{
    struct test_pair pair;
    HANDLE handles[3];

    waitable_open(&pair);
    NtCreateEvent(&handles[0], EVENT_ALL_ACCESS, NULL, 1 /* auto-reset */, FALSE);
    handles[1] = pair.connection;
    handles[2] = pair.client;
    ok_status(NtWaitForMultipleObjects(3, handles, ANY, FALSE, POLL), STATUS_TIMEOUT,
              "any: nothing");
    NtSetEvent(handles[0], NULL);
    ok_status(NtWaitForMultipleObjects(3, handles, ANY, FALSE, NULL), STATUS_WAIT_0,
              "any: the event");
    datagrams_send(pair.server, 1);
    ok_status(NtWaitForMultipleObjects(3, handles, ANY, FALSE, NULL), STATUS_WAIT_0 + 2,
              "any: the second port");
    datagrams_send(pair.client, 1);
    ok_status(NtWaitForMultipleObjects(2, handles, ALL, FALSE, POLL), STATUS_TIMEOUT,
              "all: the event is missing");
    NtSetEvent(handles[0], NULL);
    ok_status(NtWaitForMultipleObjects(3, handles, ALL, FALSE, POLL), STATUS_TIMEOUT,
              "all: a port is missing, nothing is taken");
    ok_status(NtWaitForMultipleObjects(2, handles, ALL, FALSE, NULL), STATUS_SUCCESS,
              "all: event and port");
    ok_status(NtWaitForMultipleObjects(2, handles, ANY, FALSE, POLL), STATUS_TIMEOUT,
              "both were taken");
    handles[0] = pair.connection;
    ok_status(NtWaitForMultipleObjects(2, handles, ALL, FALSE, POLL), STATUS_INVALID_PARAMETER_MIX,
              "all: one port twice");
    receive_all(pair.connection);
    receive_all(pair.client);
    pair_close(&pair);
}

struct sender {
    HANDLE port;
    unsigned n;
};

static DWORD NTAPI sender_run(void *argument)
{
    struct sender *sender = argument;

    datagrams_send(sender->port, sender->n);
    RtlExitUserThread(0);
    return 0;
}

/* Each wait is answered by the message that it waits for: a lost wake-up hangs the test. */
static void no_wake_up_is_lost(void)
{
    struct test_pair pair;
    struct sender sender;
    struct test_message message;
    HANDLE handles[2], thread;
    unsigned n = 0;

    waitable_open(&pair);
    NtCreateEvent(&handles[0], EVENT_ALL_ACCESS, NULL, 1, FALSE);
    handles[1] = pair.connection;
    sender = (struct sender){pair.client, N_ROUNDS};
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)sender_run, &sender,
                        &thread, NULL);
    for (; n < N_ROUNDS; n++)
        if (NtWaitForMultipleObjects(2, handles, ANY, FALSE, NULL) != STATUS_WAIT_0 + 1 ||
            port_receive(pair.connection, &message, NULL, POLL) != STATUS_SUCCESS)
            break;
    ok(n == N_ROUNDS, "every message ended one wait (%d)", n);
    ok_status(wait_one(pair.connection, POLL), STATUS_TIMEOUT, "and no more than one");
    wait_one(thread, NULL);
    NtClose(thread);
    NtClose(handles[0]);
    pair_close(&pair);
}

struct waiter {
    HANDLE port, stop;
    volatile LONG *n_left;
};

static DWORD NTAPI waiter_run(void *argument)
{
    struct waiter *waiter = argument;
    HANDLE handles[2] = {waiter->port, waiter->stop};

    while (NtWaitForMultipleObjects(2, handles, ANY, FALSE, NULL) == STATUS_WAIT_0)
        if (InterlockedDecrement(waiter->n_left) == 0)
            NtSetEvent(waiter->stop, NULL);
    RtlExitUserThread(0);
    return 0;
}

static void several_threads(void)
{
    struct test_pair pair;
    struct waiter waiter;
    HANDLE threads[N_WAITERS];
    volatile LONG n_left = 400;

    waitable_open(&pair);
    NtCreateEvent(&waiter.stop, EVENT_ALL_ACCESS, NULL, 0 /* manual */, FALSE);
    waiter.port = pair.connection;
    waiter.n_left = &n_left;
    for (int i = 0; i < N_WAITERS; i++)
        RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)waiter_run, &waiter,
                            &threads[i], NULL);
    datagrams_send(pair.client, 400);
    for (int i = 0; i < N_WAITERS; i++) {
        wait_one(threads[i], NULL);
        NtClose(threads[i]);
    }
    ok(n_left == 0, "each message ended the wait of one of several threads");
    ok(receive_all(pair.connection) == 400, "all are there");
    NtClose(waiter.stop);
    pair_close(&pair);
}

static volatile LONG n_apcs;

static void NTAPI apc(ULONG_PTR a, ULONG_PTR b, ULONG_PTR c)
{
    (void)a, (void)b, (void)c;
    n_apcs++;
}

static void alertable(void)
{
    const ULONG flags = ALPC_MSGFLG_WAIT_USER_MODE | ALPC_MSGFLG_SIGNAL_ALERTABLE;
    struct test_pair pair;
    struct test_message message;
    SIZE_T size = sizeof message;

    waitable_open(&pair);
    NtQueueApcThread(THIS_THREAD, (void *)apc, 0, 0, 0);
    ok_status(NtWaitForSingleObject(pair.connection, TRUE, NULL), STATUS_USER_APC,
              "an APC ends an alertable wait for a port");
    ok(n_apcs == 1, "and has run");
    NtAlertThread(THIS_THREAD);
    ok_status(NtWaitForSingleObject(pair.connection, TRUE, NULL), STATUS_ALERTED,
              "so does an alert");
    NtQueueApcThread(THIS_THREAD, (void *)apc, 0, 0, 0);
    ok_status(NtAlpcSendWaitReceivePort(pair.connection, flags, NULL, NULL, &message.header, &size,
                                        NULL, POLL),
              STATUS_TIMEOUT, "WAIT_USER_MODE and SIGNAL_ALERTABLE change nothing");
    ok(n_apcs == 1, "a receive that is not alertable runs no APC");
    ok_status(NtAlpcSendWaitReceivePort(pair.connection, ALPC_MSGFLG_WAIT_ALERTABLE, NULL, NULL,
                                        &message.header, &size, NULL, NULL),
              STATUS_USER_APC, "an APC ends an alertable receive");
    ok(n_apcs == 2, "and has run");
    NtAlertThread(THIS_THREAD);
    ok_status(NtAlpcSendWaitReceivePort(pair.connection, ALPC_MSGFLG_WAIT_ALERTABLE, NULL, NULL,
                                        &message.header, &size, NULL, NULL),
              STATUS_ALERTED, "so does an alert");
    message_init(&message.header, 1);
    NtQueueApcThread(THIS_THREAD, (void *)apc, 0, 0, 0);
    ok_status(NtAlpcSendWaitReceivePort(pair.client, SYNC | ALPC_MSGFLG_WAIT_ALERTABLE,
                                        &message.header, NULL, &message.header, &size, NULL, NULL),
              STATUS_USER_APC, "an APC ends an alertable request");
    pair_close(&pair);
}

static NTSTATUS packet_take(HANDLE completion, void **ret_key, LARGE_INTEGER *timeout)
{
    IO_STATUS_BLOCK io;
    void *value;

    *ret_key = NULL;
    return NtRemoveIoCompletion(completion, ret_key, &value, &io, timeout);
}

static void without_a_thread(void)
{
    struct test_pair pair;
    HANDLE completion, packet, semaphore;
    BOOLEAN is_signaled = TRUE;
    void *key;

    waitable_open(&pair);
    NtCreateIoCompletion(&completion, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    NtCreateWaitCompletionPacket(&packet, GENERIC_ALL, NULL);
    NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 0, 5);
    ok_status(NtAssociateWaitCompletionPacket(packet, completion, pair.connection, (void *)7, NULL,
                                              0, 0, &is_signaled),
              STATUS_SUCCESS, "a packet waits for a port");
    ok(!is_signaled && packet_take(completion, &key, POLL) == STATUS_TIMEOUT, "not signalled yet");
    datagrams_send(pair.client, 1);
    ok_status(packet_take(completion, &key, NULL), STATUS_SUCCESS, "a message sends the packet");
    ok(key == (void *)7, "with its key");
    ok_status(wait_one(pair.connection, POLL), STATUS_TIMEOUT, "the packet took the signal");
    datagrams_send(pair.client, 1);
    NtAssociateWaitCompletionPacket(packet, completion, pair.connection, (void *)8, NULL, 0, 0,
                                    &is_signaled);
    ok(is_signaled, "signalled already");
    ok(packet_take(completion, &key, NULL) == STATUS_SUCCESS && key == (void *)8, "its packet");
    NtAssociateWaitCompletionPacket(packet, completion, pair.connection, (void *)9, NULL, 0, 0,
                                    NULL);
    ok_status(NtCancelWaitCompletionPacket(packet, TRUE), STATUS_SUCCESS, "cancelled");
    datagrams_send(pair.client, 1);
    ok_status(packet_take(completion, &key, POLL), STATUS_TIMEOUT, "no packet then");
    ok_status(NtAssociateWaitCompletionPacket(packet, completion, semaphore, (void *)10, NULL, 0, 0,
                                              NULL),
              STATUS_SUCCESS, "a packet waits for a semaphore");
    NtReleaseSemaphore(semaphore, 1, NULL);
    ok(packet_take(completion, &key, NULL) == STATUS_SUCCESS && key == (void *)10, "its packet");
    NtClose(semaphore);
    NtClose(packet);
    NtClose(completion);
    pair_close(&pair);
}

static void signal_and_wait(void)
{
    struct test_pair pair;
    HANDLE event;

    waitable_open(&pair);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    ok_status(NtSignalAndWaitForSingleObject(event, pair.connection, FALSE, POLL), STATUS_TIMEOUT,
              "an event is set, then the port is waited for");
    ok_status(wait_one(event, POLL), STATUS_SUCCESS, "the event was set");
    datagrams_send(pair.client, 1);
    ok_status(NtSignalAndWaitForSingleObject(event, pair.connection, FALSE, NULL), STATUS_SUCCESS,
              "the message ends the wait");
    NtClose(event);
    pair_close(&pair);
}

static void legacy_waitable(void)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;
    HANDLE port, client;

    RtlInitUnicodeString(&name, NAME);
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    ok_status(NtCreateWaitablePort(&port, &object, 0, 256, 0), STATUS_SUCCESS,
              "NtCreateWaitablePort");
    ok_status(wait_one(port, POLL), STATUS_TIMEOUT, "nothing is queued");
    port_connect(&client, NAME, 0, NULL, NULL, NULL);
    ok_status(wait_one(port, NULL), STATUS_SUCCESS, "a connection request signals it");
    NtClose(client);
    NtClose(port);
}

TEST_MAIN
{
    counts();
    not_waitable();
    among_others();
    no_wake_up_is_lost();
    several_threads();
    alertable();
    without_a_thread();
    signal_and_wait();
    legacy_waitable();
}
