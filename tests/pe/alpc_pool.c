/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* TpAllocAlpcCompletion: callbacks of the thread pool serve a port (reference 4.6). */
#include "alpc.h"

#define NAME L"\\RPC Control\\Pool"

enum { N_REQUESTS = 50 };

static struct test_pair pair;
static volatile LONG n_served, n_outside;
static HANDLE main_thread;

static void NTAPI arrived(TP_CALLBACK_INSTANCE *instance, void *context, TP_ALPC *alpc)
{
    struct test_message message;

    (void)instance, (void)alpc;
    if (context != &pair)
        InterlockedIncrement(&n_outside);
    while (port_receive(pair.connection, &message, NULL, POLL) == STATUS_SUCCESS) {
        if (own_client_id()->UniqueThread == main_thread)
            InterlockedIncrement(&n_outside);
        if (TYPE(message) != REQUEST_2000)
            continue;
        message.data[0]++;
        InterlockedIncrement(&n_served);
        port_send(pair.connection, RELEASE, &message.header);
    }
}

TEST_MAIN
{
    struct test_message message;
    TP_ALPC *alpc = NULL;
    int right = 1;

    main_thread = own_client_id()->UniqueThread;
    ok(pair_open(&pair, NAME, NULL), "a port pair");
    ok_status(TpAllocAlpcCompletion(&alpc, pair.connection, arrived, &pair, NULL), STATUS_SUCCESS,
              "the port is given to the thread pool");
    for (int i = 0; i < N_REQUESTS; i++) {
        SIZE_T size = sizeof message;
        message_init(&message.header, 1);
        message.data[0] = (UCHAR)i;
        NTSTATUS status = NtAlpcSendWaitReceivePort(pair.client, SYNC, &message.header, NULL,
                                                    &message.header, &size, NULL, NULL);
        right &= status == STATUS_SUCCESS && message.data[0] == (UCHAR)(i + 1);
    }
    ok(right, "synchronous requests are answered by callbacks");
    for (int i = 0; i < N_REQUESTS; i++) {
        message_init(&message.header, 1);
        message.data[0] = (UCHAR)i;
        port_send(pair.client, 0, &message.header);
    }
    unsigned sum = 0;
    for (int i = 0; i < N_REQUESTS; i++) {
        right &= port_receive(pair.client, &message, NULL, NULL) == STATUS_SUCCESS;
        sum += message.data[0];
    }
    ok(right && sum == N_REQUESTS * (N_REQUESTS + 1) / 2,
       "and so are asynchronous ones, each once");
    ok(n_served == 2 * N_REQUESTS, "every request was served once");
    ok(n_outside == 0, "by threads of the pool, with the given context");
    TpReleaseAlpcCompletion(alpc);
    pair_close(&pair);
}
