/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Completion lists (reference 1.7, 3.13, 3.15, 4.6). */
#include "alpc.h"

#define NAME L"\\RPC Control\\List"

NTSTATUS NTAPI NtCreateIoCompletion(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG);
NTSTATUS NTAPI NtRemoveIoCompletion(HANDLE, PVOID *, PVOID *, PIO_STATUS_BLOCK, PLARGE_INTEGER);

enum { LIST_BYTES = 0x10000, N_WORKERS = 3, N_REQUESTS = 400 };

#define ATTRIBUTES (ALPC_MESSAGE_CONTEXT_ATTRIBUTE | ALPC_MESSAGE_TOKEN_ATTRIBUTE)

static struct test_pair pair;

static void *view_make(HANDLE port, SIZE_T size)
{
    ALPC_DATA_VIEW_ATTR view = {0};
    SIZE_T actual;

    if (NtAlpcCreatePortSection(port, 0, NULL, size, &view.SectionHandle, &actual))
        return NULL;
    view.ViewSize = size;
    return NtAlpcCreateSectionView(port, 0, &view) ? NULL : view.ViewBase;
}

/* A port pair whose connection port has a list. */
static void *list_open(ULONG size, ULONG attributes)
{
    void *list;

    pair_open(&pair, NAME, (void *)0x77);
    list = view_make(pair.connection, size);
    ok_status(AlpcRegisterCompletionList(pair.connection, list, size, 1, attributes),
              STATUS_SUCCESS, "a port gets a completion list");
    return list;
}

static void request_send(HANDLE port, ULONG flags, unsigned size, UCHAR byte)
{
    static union {
        PORT_MESSAGE header;
        UCHAR bytes[sizeof(PORT_MESSAGE) + 0x8000];
    } message;

    message_init(&message.header, size);
    fill(&message.header + 1, byte, size);
    port_send(port, flags, &message.header);
}

static NTSTATUS list_register(HANDLE port, void *buffer, ULONG size, ULONG concurrency,
                              ULONG attributes)
{
    return AlpcRegisterCompletionList(port, buffer, size, concurrency, attributes);
}

static void registration(void)
{
    ALPC_PORT_COMPLETION_LIST_INFORMATION info = {0};
    ALPC_COMPLETION_LIST_HEADER *list;
    ULONG count = 2;
    void *memory;

    pair_open(&pair, NAME, NULL);
    memory = view_make(pair.connection, LIST_BYTES);
    ok_status(NtAlpcSetInformation(pair.connection, AlpcRegisterCompletionListInformation, &info,
                                   sizeof info - 8),
              STATUS_INFO_LENGTH_MISMATCH, "a wrong length");
    ok_status(list_register(pair.connection, (char *)memory + 64, 0x4000, 1, 0),
              STATUS_INVALID_PARAMETER, "a buffer within a page");
    ok_status(list_register(pair.connection, memory, 0x3000, 1, 0), STATUS_INVALID_PARAMETER,
              "less than four pages");
    ok_status(list_register(pair.connection, memory, LIST_BYTES, 0, 0), STATUS_INVALID_PARAMETER,
              "no concurrency");
    ok_status(list_register(pair.connection, memory, LIST_BYTES, 1, ALPC_MESSAGE_VIEW_ATTRIBUTE),
              STATUS_INVALID_PARAMETER, "an attribute that a list cannot carry");
    ok_status(list_register(pair.connection, NULL, LIST_BYTES, 1, 0), STATUS_INVALID_PARAMETER,
              "no buffer");
    ok_status(list_register(pair.connection, memory, LIST_BYTES * 2, 1, 0),
              STATUS_INVALID_PARAMETER, "more than the view has");
    ok_status(list_register(pair.client, memory, LIST_BYTES, 1, 0), STATUS_INVALID_PARAMETER,
              "a view of another port");
    ok_status(AlpcUnregisterCompletionList(pair.connection), STATUS_INVALID_PARAMETER,
              "there is no list to unregister");
    ok_status(AlpcAdjustCompletionListConcurrencyCount(pair.connection, 1),
              STATUS_INVALID_PARAMETER, "nor to adjust");
    ok(AlpcGetMessageFromCompletionList(memory, NULL) == NULL, "nor to take from");

    ok_status(list_register(pair.connection, memory, LIST_BYTES, 1, ATTRIBUTES), STATUS_SUCCESS,
              "a list");
    list = memory;
    ok(list->TotalSize == LIST_BYTES && list->AttributeFlags == ATTRIBUTES &&
           list->AttributeSize == AlpcGetHeaderSize(ATTRIBUTES),
       "its header");
    ok_status(list_register(pair.connection, memory, LIST_BYTES, 1, ATTRIBUTES),
              STATUS_PORT_ALREADY_HAS_COMPLETION_LIST, "a second one");
    ok_status(AlpcAdjustCompletionListConcurrencyCount(pair.connection, 4), STATUS_SUCCESS,
              "another concurrency");
    ok_status(AlpcAdjustCompletionListConcurrencyCount(pair.connection, 0),
              STATUS_INVALID_PARAMETER, "but not none");
    ok_status(NtAlpcSetInformation(pair.connection,
                                   AlpcAdjustCompletionListConcurrencyCountInformation, &count, 2),
              STATUS_INFO_LENGTH_MISMATCH, "a wrong length");
    ok_status(NtAlpcSetInformation(pair.connection, AlpcUnregisterCompletionListInformation, &count,
                                   sizeof count),
              STATUS_INFO_LENGTH_MISMATCH, "unregistering takes no data");
    ok_status(
        NtAlpcSetInformation(pair.connection, AlpcUnregisterCompletionListInformation, NULL, 0),
        STATUS_SUCCESS, "unregistered");
    ok_status(list_register(pair.connection, memory, LIST_BYTES, 1, 0), STATUS_SUCCESS,
              "and registered again");
    pair_close(&pair);
}

static void taking(void)
{
    struct test_message message;
    struct test_pair other;
    PORT_MESSAGE *taken, *second;
    ALPC_MESSAGE_ATTRIBUTES *attributes = NULL;
    const ALPC_CONTEXT_ATTR *context;
    ULONG message_id, callback_id;
    void *list = list_open(LIST_BYTES, ATTRIBUTES);

    ok(AlpcGetMessageFromCompletionList(list, NULL) == NULL, "nothing yet");
    ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "a receive neither");
    request_send(pair.client, 0, 100, 0x11);
    request_send(pair.client, RELEASE, 3, 0x22);
    ok_status(port_receive(pair.connection, &message, NULL, POLL),
              STATUS_ALPC_CHECK_COMPLETION_LIST, "a receive says where messages are");
    ok(AlpcGetOutstandingCompletionListMessageCount(list) == 2, "two of them");
    taken = AlpcGetMessageFromCompletionList(list, &attributes);
    ok(taken && (char *)taken > (char *)list && (char *)taken < (char *)list + LIST_BYTES,
       "the first, in the buffer");
    ok((USHORT)taken->u2.s2.Type == REQUEST_2000 && taken->u1.s1.DataLength == 100 &&
           ((UCHAR *)(taken + 1))[0] == 0x11 && ((UCHAR *)(taken + 1))[99] == 0x11 &&
           taken->ClientId.UniqueProcess == own_client_id()->UniqueProcess,
       "complete");
    ok(attributes->AllocatedAttributes == ATTRIBUTES && attributes->ValidAttributes == ATTRIBUTES,
       "with its attributes");
    context = AlpcGetMessageAttribute(attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    ok(context->PortContext == (void *)0x77 && context->MessageId == taken->MessageId,
       "the context is right");
    ok(AlpcGetCompletionListMessageAttributes(list, taken) == attributes, "found again");
    second = AlpcGetMessageFromCompletionList(list, NULL);
    ok(second && (USHORT)second->u2.s2.Type == LPC_DATAGRAM && second->u1.s1.DataLength == 3,
       "the second");
    AlpcGetCompletionListLastMessageInformation(list, &message_id, &callback_id);
    ok(message_id == second->MessageId && callback_id == (ULONG)second->CallbackId,
       "the last message");
    ok(AlpcGetMessageFromCompletionList(list, NULL) == NULL, "no third");
    ok(AlpcGetOutstandingCompletionListMessageCount(list) == 2, "both are still out");
    AlpcFreeCompletionListMessage(list, second);
    ok(AlpcGetOutstandingCompletionListMessageCount(list) == 1, "one was freed");
    ok(AlpcGetCompletionListMessageAttributes(list, second) == NULL, "it is no message any more");
    ((UCHAR *)(taken + 1))[0] = 0x33;
    ok_status(port_send(pair.connection, RELEASE, taken), STATUS_SUCCESS,
              "the answer is sent from the list");
    AlpcFreeCompletionListMessage(list, taken);
    ok(AlpcGetOutstandingCompletionListMessageCount(list) == 0, "none is out");
    ok(port_receive(pair.client, &message, NULL, NULL) == STATUS_SUCCESS &&
           TYPE(message) == LPC_REPLY && message.data[0] == 0x33 && message.data[1] == 0x11,
       "and arrives");

    /* Connection requests do not go there. */
    ok_status(port_connect(&other.client, NAME, 0, NULL, NULL, NULL), STATUS_SUCCESS,
              "another client");
    request_send(pair.client, RELEASE, 4, 0x44);
    taken = AlpcGetMessageFromCompletionList(list, NULL);
    ok(taken && taken->u1.s1.DataLength == 4, "a later message passes the connection request");
    ok(AlpcGetMessageFromCompletionList(list, NULL) == NULL, "which is not in the list");
    AlpcFreeCompletionListMessage(list, taken);
    ok_status(port_receive(pair.connection, &message, NULL, NULL), STATUS_SUCCESS,
              "it is received");
    ok((TYPE(message) & 0xff) == LPC_CONNECTION_REQUEST, "as always");
    ok_status(port_accept(&other.server, pair.connection, &message, NULL, TRUE), STATUS_SUCCESS,
              "and accepted");
    NtClose(other.client);
    taken = AlpcGetMessageFromCompletionList(list, NULL);
    ok(taken && ((USHORT)taken->u2.s2.Type & 0xff) == LPC_PORT_CLOSED,
       "LPC_PORT_CLOSED comes in the list");
    NtClose(other.server);
    pair_close(&pair);
    ok(AlpcGetMessageFromCompletionList(list, NULL) == NULL, "a port that was closed");
}

/* What has no room stays and comes later, in order. */
static void full(void)
{
    enum { N = 60, SIZE = 1000 }; /* the list takes about 11 */
    static union {
        PORT_MESSAGE header;
        UCHAR bytes[sizeof(PORT_MESSAGE) + 0x8000];
    } large;
    SIZE_T size = sizeof large;
    PORT_MESSAGE *taken[N];
    unsigned n_first = 0, n = 0, right = 1;
    void *list = list_open(0x4000, 0);

    for (unsigned i = 0; i < N; i++)
        request_send(pair.client, RELEASE, SIZE, (UCHAR)i);
    while ((taken[n_first] = AlpcGetMessageFromCompletionList(list, NULL))) {
        right &= ((UCHAR *)(taken[n_first] + 1))[SIZE - 1] == n_first;
        n_first++;
    }
    ok(right && n_first > 5 && n_first < N, "a full list gives what it has (%d)", n_first);
    ok(AlpcGetOutstandingCompletionListMessageCount(list) == n_first, "and no more");
    for (unsigned i = 0; i < n_first; i += 2)
        AlpcFreeCompletionListMessage(list, taken[i]);
    for (unsigned i = 1; i < n_first; i += 2)
        AlpcFreeCompletionListMessage(list, taken[i]);
    for (n = n_first; n < N && (taken[n] = AlpcGetMessageFromCompletionList(list, NULL)); n++) {
        right &= ((UCHAR *)(taken[n] + 1))[0] == n;
        AlpcFreeCompletionListMessage(list, taken[n]);
    }
    ok(right && n == N, "the rest follows in order (%d)", n);
    /* Larger than the whole list. */
    request_send(pair.client, RELEASE, 0x8000, 0x77);
    ok(AlpcGetMessageFromCompletionList(list, NULL) == NULL, "too large for the list");
    ok_status(
        NtAlpcSendWaitReceivePort(pair.connection, 0, NULL, NULL, &large.header, &size, NULL, NULL),
        STATUS_SUCCESS, "comes by a receive");
    ok((USHORT)large.header.u1.s1.DataLength == 0x8000 && large.bytes[sizeof large - 1] == 0x77,
       "complete");
    pair_close(&pair);
}

static void rundown(void)
{
    struct test_message message;
    PORT_MESSAGE *taken;
    void *list = list_open(LIST_BYTES, 0);

    request_send(pair.client, RELEASE, 1, 1);
    ok(AlpcGetOutstandingCompletionListMessageCount(list) == 1, "one message in the list");
    ok_status(AlpcRundownCompletionList(pair.connection), STATUS_SUCCESS, "the list is run down");
    ok_status(NtAlpcSetInformation(pair.connection, AlpcCompletionListRundownInformation, NULL, 0),
              STATUS_SUCCESS, "and again, by the information class");
    request_send(pair.client, RELEASE, 2, 2);
    ok_status(port_receive(pair.connection, &message, NULL, POLL),
              STATUS_ALPC_CHECK_COMPLETION_LIST, "what is in it is to be taken");
    ok_status(AlpcUnregisterCompletionList(pair.connection), STATUS_SUCCESS, "unregistered");
    ok_status(port_receive(pair.connection, &message, NULL, POLL), STATUS_SUCCESS,
              "new messages are received");
    ok(LENGTH(message) == 2, "as ever");
    taken = AlpcGetMessageFromCompletionList(list, NULL);
    ok(taken && taken->u1.s1.DataLength == 1, "what was in the list is still there");
    AlpcFreeCompletionListMessage(list, taken);
    ok(AlpcGetMessageFromCompletionList(list, NULL) == NULL, "and nothing more");
    pair_close(&pair);
}

static volatile LONG n_checks, n_connects;

static DWORD NTAPI blocked_receiver(void *list)
{
    struct test_message message;
    PORT_MESSAGE *taken;
    HANDLE server;

    for (int is_end = 0; !is_end;) {
        NTSTATUS status = port_receive(pair.connection, &message, NULL, NULL);
        if (status == STATUS_SUCCESS && (TYPE(message) & 0xff) == LPC_CONNECTION_REQUEST) {
            InterlockedIncrement(&n_connects);
            port_accept(&server, pair.connection, &message, NULL, TRUE);
        } else if (status == STATUS_ALPC_CHECK_COMPLETION_LIST) {
            InterlockedIncrement(&n_checks);
            while ((taken = AlpcGetMessageFromCompletionList(list, NULL))) {
                is_end |= taken->u1.s1.DataLength == 9;
                if ((USHORT)taken->u2.s2.Type == REQUEST_2000)
                    port_send(pair.connection, RELEASE, taken);
                AlpcFreeCompletionListMessage(list, taken);
            }
        } else {
            break;
        }
    }
    RtlExitUserThread(0);
    return 0;
}

/* A thread that blocks in a receive is told of the list and receives connection requests. */
static void blocked(void)
{
    struct test_message message;
    void *list = list_open(LIST_BYTES, 0);
    SIZE_T size = sizeof message;
    HANDLE thread, other;
    int right = 1;

    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)blocked_receiver, list,
                        &thread, NULL);
    for (int i = 0; i < 200; i++) {
        message_init(&message.header, 4);
        right &= NtAlpcSendWaitReceivePort(pair.client, SYNC, &message.header, NULL,
                                           &message.header, &size, NULL, NULL) == STATUS_SUCCESS &&
                 LENGTH(message) == 4;
        size = sizeof message;
    }
    ok(right, "requests are answered from the list");
    ok(n_checks > 0, "by a thread that blocks in a receive");
    ok_status(port_connect(&other, NAME, SYNC, NULL, NULL, NULL), STATUS_SUCCESS,
              "which receives a connection request too");
    ok(n_connects == 1, "by the normal way");
    message_init(&message.header, 9);
    port_send(pair.client, RELEASE, &message.header);
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    NtClose(other);
    pair_close(&pair);
}

static HANDLE completion;
static volatile LONG n_served;

static DWORD NTAPI worker_run(void *list)
{
    PORT_MESSAGE *taken;
    IO_STATUS_BLOCK io;
    void *key, *value;
    int is_end = 0;

    while (!is_end && NtRemoveIoCompletion(completion, &key, &value, &io, NULL) == STATUS_SUCCESS) {
        AlpcRegisterCompletionListWorkerThread(list);
        while ((taken = AlpcGetMessageFromCompletionList(list, NULL))) {
            if ((USHORT)taken->u2.s2.Type == REQUEST_2000) {
                InterlockedIncrement(&n_served);
                port_send(pair.connection, RELEASE, taken);
            } else {
                is_end = 1;
            }
            AlpcFreeCompletionListMessage(list, taken);
            if (is_end)
                break;
        }
        AlpcUnregisterCompletionListWorkerThread(list);
    }
    RtlExitUserThread(0);
    return 0;
}

/* Workers woken by completion packets. */
static void workers(void)
{
    void *list = list_open(LIST_BYTES, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    ALPC_PORT_ASSOCIATE_COMPLETION_PORT associate;
    struct test_message message;
    HANDLE threads[N_WORKERS];
    SIZE_T size;
    int right = 1;

    NtCreateIoCompletion(&completion, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    associate = (ALPC_PORT_ASSOCIATE_COMPLETION_PORT){list, completion};
    NtAlpcSetInformation(pair.connection, AlpcAssociateCompletionPortInformation, &associate,
                         sizeof associate);
    for (int i = 0; i < N_WORKERS; i++)
        RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)worker_run, list,
                            &threads[i], NULL);
    for (int i = 0; i < N_REQUESTS; i++) {
        size = sizeof message;
        message_init(&message.header, i % 900);
        right &= NtAlpcSendWaitReceivePort(pair.client, SYNC, &message.header, NULL,
                                           &message.header, &size, NULL, NULL) == STATUS_SUCCESS &&
                 LENGTH(message) == i % 900;
    }
    ok(right && n_served == N_REQUESTS, "workers answer every request once");
    for (int i = 0; i < N_REQUESTS; i++)
        request_send(pair.client, 0, 50, (UCHAR)i);
    for (int i = 0; i < N_REQUESTS; i++)
        right &= port_receive(pair.client, &message, NULL, NULL) == STATUS_SUCCESS &&
                 LENGTH(message) == 50;
    ok(right && n_served == 2 * N_REQUESTS, "asynchronous ones too");
    for (int i = 0; i < N_WORKERS; i++)
        request_send(pair.client, RELEASE, 1, 0);
    for (int i = 0; i < N_WORKERS; i++) {
        NtWaitForSingleObject(threads[i], FALSE, NULL);
        NtClose(threads[i]);
    }
    ok(AlpcGetOutstandingCompletionListMessageCount(list) == 0, "all were freed");
    ok(!AlpcUnregisterCompletionListWorkerThread(list), "no worker is left");
    pair_close(&pair);
    NtClose(completion);
}

TEST_MAIN
{
    registration();
    taking();
    full();
    rundown();
    blocked();
    workers();
}
