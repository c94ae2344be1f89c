/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* TpAllocAlpcCompletion: callbacks of the thread pool serve a port (reference 4.6). */
#include "alpc.h"

enum { N_REQUESTS = 50 };

/* One for each test, all closed at the very end: a callback that still runs when its TP object is
 * released, which does not wait for it, looks at its own port and not at the next test's. */
static struct test_pair pairs[6], *pair;
static volatile LONG n_served, n_outside;
static HANDLE main_thread;

static int pair_begin(void)
{
    static const PCWSTR names[] = {L"\\RPC Control\\Pool1", L"\\RPC Control\\Pool2",
                                   L"\\RPC Control\\Pool3", L"\\RPC Control\\Pool4",
                                   L"\\RPC Control\\Pool5", L"\\RPC Control\\Pool6"};

    pair = pair ? pair + 1 : pairs;
    return pair_open(pair, names[pair - pairs], NULL);
}

static void NTAPI arrived(TP_CALLBACK_INSTANCE *instance, void *context, TP_ALPC *alpc)
{
    struct test_pair *own = context;
    struct test_message message;

    (void)instance, (void)alpc;
    if (own != pair)
        InterlockedIncrement(&n_outside);
    while (port_receive(own->connection, &message, NULL, POLL) == STATUS_SUCCESS) {
        if (own_client_id()->UniqueThread == main_thread)
            InterlockedIncrement(&n_outside);
        if (TYPE(message) != REQUEST_2000)
            continue;
        message.data[0]++;
        InterlockedIncrement(&n_served);
        port_send(own->connection, RELEASE, &message.header);
    }
}

NTSTATUS NTAPI NtSetEvent(HANDLE, LONG *);
NTSTATUS NTAPI TpAllocCleanupGroup(PTP_CLEANUP_GROUP *);
VOID NTAPI TpReleaseCleanupGroup(PTP_CLEANUP_GROUP);
VOID NTAPI TpReleaseCleanupGroupMembers(PTP_CLEANUP_GROUP, BOOL, PVOID);
NTSTATUS NTAPI TpAllocPool(PTP_POOL *, PVOID);
VOID NTAPI TpReleasePool(PTP_POOL);

static void request_send(unsigned data_length)
{
    struct test_message message;

    message_init(&message.header, data_length);
    message.data[0] = 1;
    port_send(pair->client, 0, &message.header);
}

/* The answer to a request: its first byte. */
static int answer(void)
{
    struct test_message message;

    return port_receive(pair->client, &message, NULL, NULL) == STATUS_SUCCESS ? message.data[0]
                                                                              : -1;
}

static void serve(void)
{
    struct test_message message;
    TP_ALPC *alpc = NULL, *second;
    int right = 1;

    ok(pair_begin(), "a port pair");
    ok_status(TpAllocAlpcCompletion(&alpc, pair->connection, arrived, pair, NULL), STATUS_SUCCESS,
              "the port is given to the thread pool");
    ok_status(TpAllocAlpcCompletion(&second, pair->connection, arrived, pair, NULL),
              STATUS_PORT_ALREADY_SET, "only once");
    for (int i = 0; i < N_REQUESTS; i++) {
        SIZE_T size = sizeof message;
        message_init(&message.header, 1);
        message.data[0] = (UCHAR)i;
        NTSTATUS status = NtAlpcSendWaitReceivePort(pair->client, SYNC, &message.header, NULL,
                                                    &message.header, &size, NULL, NULL);
        right &= status == STATUS_SUCCESS && message.data[0] == (UCHAR)(i + 1);
    }
    ok(right, "synchronous requests are answered by callbacks");
    for (int i = 0; i < N_REQUESTS; i++) {
        message_init(&message.header, 1);
        message.data[0] = (UCHAR)i;
        port_send(pair->client, 0, &message.header);
    }
    unsigned sum = 0;
    for (int i = 0; i < N_REQUESTS; i++) {
        right &= port_receive(pair->client, &message, NULL, NULL) == STATUS_SUCCESS;
        sum += message.data[0];
    }
    ok(right && sum == N_REQUESTS * (N_REQUESTS + 1) / 2,
       "and so are asynchronous ones, each once");
    ok(n_served == 2 * N_REQUESTS, "every request was served once");
    ok(n_outside == 0, "by threads of the pool, with the given context");
    TpReleaseAlpcCompletion(alpc);
}

static HANDLE released;
static void *volatile apc_context = pairs;

/* Answers one request, then lets go of itself. */
static void NTAPI arrived_once(TP_CALLBACK_INSTANCE *instance, void *context, TP_ALPC *alpc,
                               void *value)
{
    (void)instance;
    apc_context = value;
    arrived(instance, context, alpc);
    TpReleaseAlpcCompletion(alpc);
    NtSetEvent(released, NULL);
}

static void release_inside(void)
{
    struct test_message message;
    TP_ALPC *alpc;

    NtCreateEvent(&released, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    ok(pair_begin(), "a port pair");
    ok_status(TpAllocAlpcCompletionEx(&alpc, pair->connection, arrived_once, pair, NULL),
              STATUS_SUCCESS, "an extended callback");
    request_send(1);
    ok(answer() == 2, "answers");
    NtWaitForSingleObject(released, FALSE, NULL);
    ok(apc_context == NULL, "its ApcContext is NULL");
    request_send(1);
    ok(port_receive(pair->connection, &message, NULL, NULL) == STATUS_SUCCESS &&
           TYPE(message) == REQUEST_2000,
       "it has released itself: the next request is not its");
    NtClose(released);
}

static void cleanup_group(void)
{
    TP_CALLBACK_ENVIRON env = {0};
    PTP_CLEANUP_GROUP group;
    struct test_message message;
    TP_ALPC *alpc;
    PTP_POOL pool;

    TpAllocPool(&pool, NULL);
    TpAllocCleanupGroup(&group);
    env.Version = 1;
    env.Pool = pool;
    env.CleanupGroup = group;
    ok(pair_begin(), "a port pair");
    ok_status(TpAllocAlpcCompletion(&alpc, pair->connection, arrived, pair, &env), STATUS_SUCCESS,
              "a member of a cleanup group, in a pool of its own");
    request_send(1);
    ok(answer() == 2, "answers");
    TpWaitForAlpcCompletion(alpc);
    TpReleaseCleanupGroupMembers(group, FALSE, NULL);
    request_send(1);
    ok(port_receive(pair->connection, &message, NULL, NULL) == STATUS_SUCCESS &&
           TYPE(message) == REQUEST_2000,
       "the group has released it");
    TpReleaseCleanupGroup(group);
    TpReleasePool(pool);
}

static HANDLE go_on;

static void NTAPI arrived_later(TP_CALLBACK_INSTANCE *instance, void *context, TP_ALPC *alpc)
{
    struct test_pair *own = context;
    struct test_message message;

    (void)alpc;
    while (port_receive(own->connection, &message, NULL, POLL) == STATUS_SUCCESS) {
        if (TYPE(message) != REQUEST_2000)
            continue;
        message.data[0] = 9;
        TpCallbackSendAlpcMessageOnCompletion(instance, own->connection, RELEASE, &message.header);
        fill(&message, 0, sizeof message); /* it was copied */
    }
    TpCallbackSendPendingAlpcMessage(instance);
    NtWaitForSingleObject(go_on, FALSE, NULL);
}

static void NTAPI arrived_at_the_end(TP_CALLBACK_INSTANCE *instance, void *context, TP_ALPC *alpc)
{
    struct test_pair *own = context;
    struct test_message message;

    (void)alpc;
    while (port_receive(own->connection, &message, NULL, POLL) == STATUS_SUCCESS)
        if (TYPE(message) == REQUEST_2000) {
            message.data[0]++;
            TpCallbackSendAlpcMessageOnCompletion(instance, own->connection, RELEASE,
                                                  &message.header);
        }
}

static void send_on_completion(void)
{
    struct test_message message;
    TP_ALPC *alpc;
    int right = 1;

    ok(pair_begin(), "a port pair");
    TpAllocAlpcCompletion(&alpc, pair->connection, arrived_at_the_end, pair, NULL);
    for (int i = 0; i < 20; i++)
        request_send(1);
    for (int i = 0; i < 20; i++)
        right &= answer() == 2;
    ok(right, "messages left for a callback's end are sent, each once");
    ok_status(port_receive(pair->client, &message, NULL, POLL), STATUS_TIMEOUT, "no more");
    TpReleaseAlpcCompletion(alpc);

    NtCreateEvent(&go_on, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    ok(pair_begin(), "a port pair");
    TpAllocAlpcCompletion(&alpc, pair->connection, arrived_later, pair, NULL);
    request_send(1);
    ok(answer() == 9, "TpCallbackSendPendingAlpcMessage sends before the callback's end");
    NtSetEvent(go_on, NULL);
    TpWaitForAlpcCompletion(alpc);
    TpReleaseAlpcCompletion(alpc);
    NtClose(go_on);
}

static void *list;

static void NTAPI arrived_in_list(TP_CALLBACK_INSTANCE *instance, void *context, TP_ALPC *alpc)
{
    struct test_pair *own = context;
    PORT_MESSAGE *message;

    (void)instance, (void)alpc;
    while ((message = AlpcGetMessageFromCompletionList(list, NULL))) {
        if ((USHORT)message->u2.s2.Type == REQUEST_2000) {
            ((UCHAR *)(message + 1))[0]++;
            port_send(own->connection, RELEASE, message);
        }
        AlpcFreeCompletionListMessage(list, message);
    }
}

static void completion_list(void)
{
    ALPC_DATA_VIEW_ATTR view = {0};
    SIZE_T actual;
    TP_ALPC *alpc;
    int right = 1;

    ok(pair_begin(), "a port pair");
    NtAlpcCreatePortSection(pair->connection, 0, NULL, 0x10000, &view.SectionHandle, &actual);
    view.ViewSize = actual;
    NtAlpcCreateSectionView(pair->connection, 0, &view);
    list = view.ViewBase;
    ok_status(AlpcRegisterCompletionList(pair->connection, list, 0x10000, 2, 0), STATUS_SUCCESS,
              "a completion list");
    TpAllocAlpcCompletion(&alpc, pair->connection, arrived_in_list, pair, NULL);
    ok_status(TpAlpcUnregisterCompletionList(alpc), STATUS_INVALID_PARAMETER,
              "the pool does not know of it");
    ok_status(TpAlpcRegisterCompletionList(alpc), STATUS_SUCCESS, "now it does");
    ok_status(TpAlpcRegisterCompletionList(alpc), STATUS_PORT_ALREADY_HAS_COMPLETION_LIST, "once");
    for (int i = 0; i < N_REQUESTS; i++)
        request_send(1);
    for (int i = 0; i < N_REQUESTS; i++)
        right &= answer() == 2;
    ok(right, "callbacks serve from the list");
    ok_status(TpAlpcUnregisterCompletionList(alpc), STATUS_SUCCESS, "the pool forgets it");
    TpReleaseAlpcCompletion(alpc);
}

TEST_MAIN
{
    main_thread = own_client_id()->UniqueThread;
    serve();
    release_inside();
    cleanup_group();
    send_on_completion();
    completion_list();
    for (unsigned i = 0; i < sizeof pairs / sizeof *pairs; i++)
        pair_close(&pairs[i]);
}
