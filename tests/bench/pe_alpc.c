/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* ALPC between two Windows programs: what roundtrip, inflight and datagrams measure natively.
 *
 *     pe_alpc serve[-completion|-pool] NAME CLIENTS [PARAMETER PLACEMENT]
 *         answers until so many clients have gone; if datagrams came, prints their rate from the
 *         first to the last under PARAMETER
 *     pe_alpc sync NAME REQUESTS SIZE PLACEMENT [VARIANT]
 *     pe_alpc inflight NAME COUNT IN_FLIGHT PLACEMENT
 *     pe_alpc datagrams NAME COUNT
 *
 * Where it runs is the business of who starts it. The output is that of bench.h. */

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <nt/ntalpc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ticks.h"

enum { N_WARM = 500, DATAGRAM_SIZE = 64, POOL_BYTES = 2 * 1024 * 1024 };

struct packet {
    PORT_MESSAGE header;
    UCHAR data[65487];
};

static struct packet request, reply;

static void fail(const char *what, NTSTATUS status)
{
    fprintf(stderr, "pe_alpc: %s: %08lx\n", what, (unsigned long)status);
    exit(1);
}

static void need(NTSTATUS status, const char *what)
{
    if (status)
        fail(what, status);
}

static uint64_t now_ns(void)
{
    LARGE_INTEGER now, frequency;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (uint64_t)((double)now.QuadPart * 1e9 / (double)frequency.QuadPart);
}

static void port_name(const char *name, UNICODE_STRING *ret_name)
{
    static WCHAR text[128];

    swprintf(text, 128, L"\\RPC Control\\%hs", name);
    RtlInitUnicodeString(ret_name, text);
}

static int type_of(const struct packet *packet)
{
    return packet->header.u2.s2.Type & 0xff;
}

static void packet_init(struct packet *packet, unsigned size)
{
    memset(&packet->header, 0, sizeof packet->header);
    packet->header.u1.s1.DataLength = (SHORT)size;
    packet->header.u1.s1.TotalLength = (SHORT)(size + sizeof packet->header);
}

/* ---- the server ---- */

static HANDLE port_create(const char *name, unsigned n_clients)
{
    ALPC_PORT_ATTRIBUTES attributes = {.MaxMessageLength = 65535,
                                       .MaxPoolUsage = (SIZE_T)n_clients * POOL_BYTES};
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING path;
    HANDLE port;

    port_name(name, &path);
    InitializeObjectAttributes(&object, &path, OBJ_CASE_INSENSITIVE, NULL, NULL);
    need(NtAlpcCreatePort(&port, &object, &attributes), "create");
    return port;
}

static struct serving {
    HANDLE port, over; /* over: an event, of the thread pool's server */
    unsigned n_clients;
    uint64_t n_datagrams, first_ns, last_ns;
} serving;

/* TRUE: the message is to be answered. */
static BOOL message_serve(struct packet *packet)
{
    HANDLE accepted;

    switch (type_of(packet)) {
    case LPC_CONNECTION_REQUEST:
        need(NtAlpcAcceptConnectPort(&accepted, serving.port, 0, NULL, NULL, NULL, &packet->header,
                                     NULL, TRUE),
             "accept");
        return FALSE;
    case LPC_REQUEST:
        if (serving.n_datagrams)
            serving.last_ns = now_ns();
        return TRUE;
    case LPC_DATAGRAM:
        if (serving.n_datagrams++ == 0)
            serving.first_ns = now_ns();
        return FALSE;
    case LPC_PORT_CLOSED:
        serving.n_clients--;
        return FALSE;
    }
    return FALSE;
}

/* Answers with `answer`, if any, and receives; FALSE: nothing came within the time-out. */
static BOOL receive(PORT_MESSAGE *answer, struct packet *packet, LARGE_INTEGER *timeout)
{
    SIZE_T size = sizeof *packet;
    NTSTATUS status =
        NtAlpcSendWaitReceivePort(serving.port, answer ? ALPC_MSGFLG_RELEASE_MESSAGE : 0, answer,
                                  NULL, &packet->header, &size, NULL, timeout);

    if (status != STATUS_TIMEOUT)
        need(status, "receive");
    return status != STATUS_TIMEOUT;
}

static void serve(void)
{
    PORT_MESSAGE *answer = NULL;

    while (serving.n_clients && receive(answer, &request, NULL))
        answer = message_serve(&request) ? &request.header : NULL;
}

/* All that is there, without waiting. */
static void serve_queued(struct packet *packet)
{
    LARGE_INTEGER now = {.QuadPart = 0};
    PORT_MESSAGE *answer = NULL;

    while (receive(answer, packet, &now))
        answer = message_serve(packet) ? &packet->header : NULL;
}

static void serve_completion(void)
{
    ALPC_PORT_ASSOCIATE_COMPLETION_PORT associate = {NULL, NULL};
    HANDLE completion = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    OVERLAPPED *overlapped;
    ULONG_PTR key;
    DWORD n;

    associate.CompletionPort = completion;
    need(NtAlpcSetInformation(serving.port, AlpcAssociateCompletionPortInformation, &associate,
                              sizeof associate),
         "associate");
    while (serving.n_clients) {
        if (!GetQueuedCompletionStatus(completion, &n, &key, &overlapped, INFINITE))
            fail("completion port", (NTSTATUS)GetLastError());
        serve_queued(&request);
    }
}

static void NTAPI on_alpc(TP_CALLBACK_INSTANCE *instance, void *context, TP_ALPC *alpc)
{
    static __thread struct packet packet;

    (void)instance, (void)context, (void)alpc;
    serve_queued(&packet);
    if (!serving.n_clients)
        SetEvent(serving.over);
}

static void serve_pool(void)
{
    TP_ALPC *alpc = NULL;

    serving.over = CreateEventW(NULL, TRUE, FALSE, NULL);
    need(TpAllocAlpcCompletion(&alpc, serving.port, on_alpc, NULL, NULL), "thread pool");
    WaitForSingleObject(serving.over, INFINITE);
}

static void serve_as(const char *how, const char *name, unsigned n_clients)
{
    serving.port = port_create(name, n_clients);
    serving.n_clients = n_clients;
    if (strcmp(how, "serve-completion") == 0)
        serve_completion();
    else if (strcmp(how, "serve-pool") == 0)
        serve_pool();
    else
        serve();
}

static void put_datagrams(const char *parameter, const char *placement)
{
    if (serving.n_datagrams)
        printf("datagrams\tportico-pe\t%s\t%s\tper_s\t%.0f\n", parameter, placement,
               (double)serving.n_datagrams * 1e9 / (double)(serving.last_ns - serving.first_ns));
}

/* ---- clients ---- */

static HANDLE port_connect(const char *name)
{
    ALPC_PORT_ATTRIBUTES attributes = {.MaxMessageLength = 65535};
    UNICODE_STRING path;
    HANDLE port;
    NTSTATUS status;

    port_name(name, &path);
    while ((status = NtAlpcConnectPort(&port, &path, NULL, &attributes, ALPC_MSGFLG_SYNC_REQUEST,
                                       NULL, NULL, NULL, NULL, NULL, NULL)) ==
           STATUS_OBJECT_NAME_NOT_FOUND) /* the server is not there yet */
        Sleep(1);
    need(status, "connect");
    return port;
}

static void ask(HANDLE port)
{
    SIZE_T size = sizeof reply;

    need(NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST, &request.header, NULL,
                                   &reply.header, &size, NULL, NULL),
         "exchange");
    if (reply.header.u1.s1.DataLength != request.header.u1.s1.DataLength)
        fail("a reply of another size", 0);
}

static void measure_sync(HANDLE port, unsigned n, char **where, const char *variant)
{
    struct samples samples;

    packet_init(&request, (unsigned)atoi(where[0]));
    if (!samples_begin(&samples, n, now_ns()))
        fail("no memory", 0);
    for (unsigned i = 0; i < n + N_WARM; i++) {
        uint64_t start = ticks_now();
        ask(port);
        if (i >= N_WARM)
            samples_add(&samples, ticks_now() - start);
    }
    samples_put(&samples, now_ns(), "round trip", variant, where[0], where[1]);
}

static void send_one(HANDLE port, ULONG flags)
{
    NTSTATUS status;

    request.header.MessageId = 0;
    while ((status = NtAlpcSendWaitReceivePort(port, flags, &request.header, NULL, NULL, NULL, NULL,
                                               NULL)) ==
           STATUS_QUOTA_EXCEEDED) /* the lane is full */
        SwitchToThread();
    need(status, "send");
}

static void receive_answer(HANDLE port)
{
    SIZE_T size = sizeof reply;

    need(NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &reply.header, &size, NULL, NULL),
         "receive");
    if (type_of(&reply) != LPC_REPLY)
        fail("no answer", type_of(&reply));
}

static void measure_in_flight(HANDLE port, unsigned n, const char *in_flight, const char *placement)
{
    unsigned depth = (unsigned)atoi(in_flight);
    uint64_t start = now_ns();

    packet_init(&request, DATAGRAM_SIZE);
    for (unsigned i = 0; i < n; i++) {
        if (i >= depth)
            receive_answer(port);
        send_one(port, 0);
    }
    for (unsigned i = 0; i < depth; i++)
        receive_answer(port);
    printf("in flight\tportico-pe\t%s\t%s\tper_s\t%.0f\n", in_flight, placement,
           (double)n * 1e9 / (double)(now_ns() - start));
}

static void send_datagrams(HANDLE port, unsigned n)
{
    packet_init(&request, DATAGRAM_SIZE);
    for (unsigned i = 0; i < n; i++)
        send_one(port, ALPC_MSGFLG_RELEASE_MESSAGE);
    ask(port); /* comes behind them all: they have been received */
}

int main(int argc, char **argv)
{
    const char *what = argc > 3 ? argv[1] : "";
    unsigned n = argc > 3 ? (unsigned)atoi(argv[3]) : 0;

    if (strncmp(what, "serve", 5) == 0) {
        serve_as(what, argv[2], n);
        put_datagrams(argc > 4 ? argv[4] : "-", argc > 5 ? argv[5] : "none");
        return 0;
    }
    if (argc > 5 && strcmp(what, "sync") == 0) {
        measure_sync(port_connect(argv[2]), n, argv + 4, argc > 6 ? argv[6] : "portico-pe");
    } else if (argc > 5 && strcmp(what, "inflight") == 0) {
        measure_in_flight(port_connect(argv[2]), n, argv[4], argv[5]);
    } else if (argc > 3 && strcmp(what, "datagrams") == 0) {
        send_datagrams(port_connect(argv[2]), n);
    } else {
        fprintf(stderr, "pe_alpc: see the head of its source\n");
        return 2;
    }
    return 0;
}
