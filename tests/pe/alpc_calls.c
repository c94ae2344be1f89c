/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Calls and flags that the other ALPC tests do not make: connecting by object attributes
 * (NtAlpcConnectPortEx), alertable waits, the Ex form of the thread pool's port callbacks, the
 * legacy calls that make a port. */
#include "alpc.h"

#define NAME L"\\RPC Control\\Calls"

typedef VOID(NTAPI *user_apc)(ULONG_PTR, ULONG_PTR, ULONG_PTR);
NTSTATUS NTAPI NtQueueApcThread(HANDLE, user_apc, PVOID, PVOID, PVOID);
NTSTATUS NTAPI NtAlertThread(HANDLE);
NTSTATUS NTAPI NtSetEvent(HANDLE, PLONG);
NTSTATUS NTAPI NtOpenThread(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, CLIENT_ID *);
#define NtCurrentThread() ((HANDLE)(LONG_PTR)-2)

static HANDLE thread_start(void *function, void *argument)
{
    HANDLE thread = NULL;

    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, function, argument, &thread,
                        NULL);
    return thread;
}

static void thread_join(HANDLE thread)
{
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
}

static void connect_ex(HANDLE connection)
{
    struct test_message message;
    OBJECT_ATTRIBUTES server, own;
    UNICODE_STRING name;
    HANDLE client = NULL, accepted = NULL;

    RtlInitUnicodeString(&name, NAME);
    InitializeObjectAttributes(&server, &name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    InitializeObjectAttributes(&own, NULL, 0, NULL, NULL);
    ok_status(NtAlpcConnectPortEx(&client, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL),
              STATUS_INVALID_PARAMETER, "NtAlpcConnectPortEx without a server");
    ok_status(NtAlpcConnectPortEx(&client, &own, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL),
              STATUS_OBJECT_NAME_INVALID, "or with one that has no name");
    ok(client == NULL, "gives no handle");
    ok_status(
        NtAlpcConnectPortEx(&client, &server, &own, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL),
        STATUS_SUCCESS, "NtAlpcConnectPortEx");
    ok_status(port_receive(connection, &message, NULL, NULL), STATUS_SUCCESS, "its request");
    ok_status(port_accept(&accepted, connection, &message, NULL, TRUE), STATUS_SUCCESS, "accepted");
    ok_status(port_receive(client, &message, NULL, NULL), STATUS_SUCCESS, "the answer comes");
    ok(TYPE(message) == LPC_CONNECTION_REPLY, "as a connection reply");
    message_init(&message.header, 3);
    ok_status(port_send(client, RELEASE, &message.header), STATUS_SUCCESS, "the client sends");
    ok_status(port_receive(connection, &message, NULL, NULL), STATUS_SUCCESS, "what is received");
    NtClose(client);
    NtClose(accepted);
    ok_status(port_receive(connection, &message, NULL, NULL), STATUS_SUCCESS, "and closes");
}

static volatile LONG n_apcs;

static VOID NTAPI apc(ULONG_PTR a, ULONG_PTR b, ULONG_PTR c)
{
    n_apcs += a == 1 && b == 2 && c == 3;
}

static NTSTATUS receive_alertable(HANDLE port, struct test_message *message, ULONG flags)
{
    SIZE_T size = sizeof *message;

    return NtAlpcSendWaitReceivePort(port, flags, NULL, NULL, &message->header, &size, NULL, NULL);
}

static DWORD NTAPI alert_later(void *argument)
{
    NtAlertThread(argument);
    RtlExitUserThread(0);
    return 0;
}

static void alertable(HANDLE connection)
{
    struct test_message message;
    OBJECT_ATTRIBUTES object;
    HANDLE self = NULL, thread;

    NtQueueApcThread(NtCurrentThread(), apc, (PVOID)1, (PVOID)2, (PVOID)3);
    ok_status(port_receive(connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "a receive that is not alertable leaves the APC alone");
    ok(n_apcs == 0, "it has not run");
    ok_status(receive_alertable(connection, &message, ALPC_MSGFLG_WAIT_ALERTABLE), STATUS_USER_APC,
              "an alertable receive ends with the APC");
    ok(n_apcs == 1, "which has run");
    InitializeObjectAttributes(&object, NULL, 0, NULL, NULL);
    ok_status(NtOpenThread(&self, 0x1fffff, &object, own_client_id()), STATUS_SUCCESS,
              "this thread's handle");
    thread = thread_start((void *)alert_later, self);
    ok_status(receive_alertable(connection, &message, ALPC_MSGFLG_WAIT_ALERTABLE), STATUS_ALERTED,
              "an alert ends it too");
    thread_join(thread);
    NtClose(self);
}

static HANDLE pool_connection, pool_done;
static volatile LONG n_pool_right;

static void NTAPI arrived(TP_CALLBACK_INSTANCE *instance, void *context, TP_ALPC *alpc,
                          PVOID apc_context)
{
    struct test_message message;

    (void)instance, (void)alpc;
    while (port_receive(pool_connection, &message, NULL, POLL) == STATUS_SUCCESS) {
        if (TYPE(message) == LPC_DATAGRAM && context == &pool_connection && !apc_context) {
            InterlockedIncrement(&n_pool_right);
            NtSetEvent(pool_done, NULL);
        }
    }
}

static void pool(struct test_pair *pair)
{
    struct test_message message;
    TP_ALPC *alpc = NULL;

    pool_connection = pair->connection;
    NtCreateEvent(&pool_done, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    ok_status(TpAllocAlpcCompletionEx(&alpc, pair->connection, arrived, &pool_connection, NULL),
              STATUS_SUCCESS, "TpAllocAlpcCompletionEx");
    message_init(&message.header, 4);
    ok_status(port_send(pair->client, RELEASE, &message.header), STATUS_SUCCESS, "a datagram");
    ok_status(NtWaitForSingleObject(pool_done, FALSE, NULL), STATUS_SUCCESS, "its callback comes");
    TpWaitForAlpcCompletion(alpc);
    ok(n_pool_right == 1, "TpWaitForAlpcCompletion: the one callback is over");
    TpReleaseAlpcCompletion(alpc);
    NtClose(pool_done);
}

static void legacy(void)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;
    HANDLE port = NULL, waitable = NULL, client = NULL;
    ALPC_BASIC_INFORMATION basic;

    RtlInitUnicodeString(&name, NAME L"Legacy");
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    ok_status(NtCreatePort(NULL, &object, 0x100, 0x130, 0), STATUS_ACCESS_VIOLATION,
              "NtCreatePort without a place for the handle");
    ok_status(NtCreatePort(&port, &object, 0x10000, 0x130, 0), STATUS_INVALID_PARAMETER_3,
              "with too much connection information");
    ok_status(NtCreatePort(&port, &object, 0x100, 0x20000, 0), STATUS_INVALID_PARAMETER_4,
              "with too long messages");
    ok(port == NULL, "gives no handle");
    ok_status(NtCreatePort(&port, &object, 0x100, 0x130, 0), STATUS_SUCCESS, "NtCreatePort");
    ok_status(NtCreatePort(&waitable, &object, 0x100, 0x130, 0), STATUS_OBJECT_NAME_COLLISION,
              "its name is taken");
    ok_status(port_connect(&client, NAME L"Legacy", 0, NULL, NULL, NULL), STATUS_SUCCESS,
              "an ALPC client connects to it");
    NtClose(client);
    NtClose(port);
    InitializeObjectAttributes(&object, NULL, 0, NULL, NULL);
    ok_status(NtCreateWaitablePort(&waitable, &object, 0x100, 0x130, 0), STATUS_SUCCESS,
              "NtCreateWaitablePort");
    ok_status(NtAlpcQueryInformation(waitable, AlpcBasicInformation, &basic, sizeof basic, NULL),
              STATUS_SUCCESS, "it is a port");
    ok(basic.Flags == (ALPC_PORFLG_WAITABLE_PORT | ALPC_PORFLG_ALLOW_LPC_REQUESTS),
       "that can be waited for (%x)", (unsigned)basic.Flags);
    NtClose(waitable);
}

TEST_MAIN
{
    struct test_pair pair;

    ok(pair_open(&pair, NAME, NULL), "a port pair");
    connect_ex(pair.connection);
    alertable(pair.connection);
    pool(&pair);
    pair_close(&pair);
    legacy();
}
