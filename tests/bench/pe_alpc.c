/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* ALPC between two Windows programs: what roundtrip, inflight and datagrams measure natively.
 *
 *     pe_alpc serve NAME CLIENTS [PARAMETER PLACEMENT]
 *                        answers until so many clients have gone; if datagrams came, prints their
 * rate from the first to the last under PARAMETER pe_alpc sync NAME REQUESTS SIZE PLACEMENT pe_alpc
 * inflight NAME COUNT IN_FLIGHT PLACEMENT pe_alpc datagrams NAME COUNT
 *
 * Where it runs is the business of who starts it. The output is that of bench.h. */

#include <windows.h>

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

static void serve(const char *name, unsigned n_clients, const char *parameter,
                  const char *placement)
{
    HANDLE port = port_create(name, n_clients), accepted;
    uint64_t n_datagrams = 0, first_ns = 0, last_ns = 0;
    PORT_MESSAGE *answer = NULL;

    while (n_clients) {
        SIZE_T size = sizeof request;
        need(NtAlpcSendWaitReceivePort(port, answer ? ALPC_MSGFLG_RELEASE_MESSAGE : 0, answer, NULL,
                                       &request.header, &size, NULL, NULL),
             "receive");
        answer = NULL;
        switch (type_of(&request)) {
        case LPC_CONNECTION_REQUEST:
            need(NtAlpcAcceptConnectPort(&accepted, port, 0, NULL, NULL, NULL, &request.header,
                                         NULL, TRUE),
                 "accept");
            break;
        case LPC_REQUEST:
            answer = &request.header;
            if (n_datagrams)
                last_ns = now_ns();
            break;
        case LPC_DATAGRAM:
            if (n_datagrams++ == 0)
                first_ns = now_ns();
            break;
        case LPC_PORT_CLOSED:
            n_clients--;
            break;
        }
    }
    if (n_datagrams)
        printf("datagrams\tportico-pe\t%s\t%s\tper_s\t%.0f\n", parameter, placement,
               (double)n_datagrams * 1e9 / (double)(last_ns - first_ns));
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
           (NTSTATUS)0xc0000034) /* the server is not there yet */
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

static void measure_sync(HANDLE port, unsigned n, const char *size, const char *placement)
{
    struct samples samples;

    packet_init(&request, (unsigned)atoi(size));
    if (!samples_begin(&samples, n, now_ns()))
        fail("no memory", 0);
    for (unsigned i = 0; i < n + N_WARM; i++) {
        uint64_t start = ticks_now();
        ask(port);
        if (i >= N_WARM)
            samples_add(&samples, ticks_now() - start);
    }
    samples_put(&samples, now_ns(), "round trip", "portico-pe", size, placement);
}

static void send_one(HANDLE port, ULONG flags)
{
    NTSTATUS status;

    request.header.MessageId = 0;
    while ((status = NtAlpcSendWaitReceivePort(port, flags, &request.header, NULL, NULL, NULL, NULL,
                                               NULL)) ==
           (NTSTATUS)0xc0000044) /* the lane is full */
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

    if (strcmp(what, "serve") == 0) {
        serve(argv[2], n, argc > 4 ? argv[4] : "-", argc > 5 ? argv[5] : "none");
        return 0;
    }
    if (argc > 5 && strcmp(what, "sync") == 0) {
        measure_sync(port_connect(argv[2]), n, argv[4], argv[5]);
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
