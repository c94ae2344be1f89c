/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* talk_client.exe NAME THREADS ROUNDS: THREADS connections to port NAME, each making ROUNDS
 * requests (0: without end) of random sizes from 0 to the maximum, each answer checked. Says
 * "first" when each connection has had its first answer; status 0 when all were right, 3 when a
 * call failed ("failed STATUS"), 4 when an answer was wrong.
 */
#include "talk.h"

static UNICODE_STRING name;
static unsigned n_rounds;
static int n_threads;
static volatile LONG n_answers, n_silent; /* n_silent: connections without an answer yet */

static void fail(NTSTATUS status)
{
    talk_say("failed", status);
    ExitProcess(3);
}

static int answer_is_right(const struct talk_message *sent, const struct talk_message *got)
{
    unsigned size = (USHORT)sent->header.u1.s1.DataLength;

    if ((got->header.u2.s2.Type & 0xff) != LPC_REPLY ||
        (USHORT)got->header.u1.s1.DataLength != size)
        return 0;
    for (unsigned i = 0; i < size; i++)
        if ((got->data[i] ^ sent->data[i]) != 0xff)
            return 0;
    return 1;
}

static void round_make(HANDLE port, struct talk_message *sent, struct talk_message *got,
                       uint32_t *seed)
{
    unsigned choice = talk_random(seed) % 8;
    unsigned limit = choice < 5 ? 512 : choice < 7 ? 8192 : DATA_BYTES_MAX;
    unsigned size = choice == 0 ? 0 : talk_random(seed) % (limit + 1);
    SIZE_T capacity = sizeof *got;

    talk_size(sent, size);
    for (unsigned i = 0; i < size; i++)
        sent->data[i] = (uint8_t)talk_random(seed);
    NTSTATUS status = NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST, &sent->header, NULL,
                                                &got->header, &capacity, NULL, NULL);
    if (status)
        fail(status);
    if (!answer_is_right(sent, got)) {
        talk_say("wrong answer of size", size);
        ExitProcess(4);
    }
    InterlockedIncrement(&n_answers);
}

static DWORD CALLBACK converse(void *argument)
{
    struct talk_message *sent = malloc(sizeof *sent), *got = malloc(sizeof *got);
    uint32_t seed = 0x9e3779b9u * ((uint32_t)(ULONG_PTR)argument + 1);
    ALPC_PORT_ATTRIBUTES attributes;
    HANDLE port;

    talk_attributes(&attributes);
    NTSTATUS status = NtAlpcConnectPort(&port, &name, NULL, &attributes, ALPC_MSGFLG_SYNC_REQUEST,
                                        NULL, NULL, NULL, NULL, NULL, NULL);
    if (status)
        fail(status);
    for (unsigned i = 0; !n_rounds || i < n_rounds; i++) {
        round_make(port, sent, got, &seed);
        if (i == 0 && InterlockedDecrement(&n_silent) == 0)
            talk_say("first", (unsigned long)n_threads);
    }
    NtClose(port);
    return 0;
}

int main(int argc, char **argv)
{
    HANDLE threads[64];
    ANSI_STRING text;

    if (argc != 4 || atoi(argv[2]) < 1 || atoi(argv[2]) > 64)
        return 64;
    RtlInitAnsiString(&text, argv[1]);
    RtlAnsiStringToUnicodeString(&name, &text, TRUE);
    n_rounds = (unsigned)atoi(argv[3]);
    n_threads = atoi(argv[2]);
    n_silent = n_threads;
    for (int i = 0; i < n_threads; i++)
        threads[i] = CreateThread(NULL, 0, converse, (void *)(ULONG_PTR)i, 0, NULL);
    WaitForMultipleObjects((DWORD)n_threads, threads, TRUE, INFINITE);
    talk_say("answers", (unsigned long)n_answers);
    return 0;
}
