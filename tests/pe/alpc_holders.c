/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* One server port, two programs: this one starts itself as a worker and duplicates its connection
 * port into it. The worker receives as an equal, any of the two answers, and the worker's death
 * loses nothing of the other's.
 *
 * With the argument `kill` the workers are left to be killed from outside
 * (tests/system/holders.sh): each is told as a line "worker PID". */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <nt/ntalpc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

enum { N_CLIENTS = 4, N_AFTER = 20, N_ROUNDS = 8 };

enum command { ECHO = 1, TELL /* do not answer, tell the parent which message it is */ };

#define STATUS_REPLY_LOST ((NTSTATUS)0xC0000253)

struct message {
    PORT_MESSAGE header;
    ULONG command, number, pid;
    ULONG message_id, callback_id;
    ULONG_PTR handle;
};

static HANDLE port, control; /* connection ports: the shared one, the parent's own */

static void message_init(struct message *message, ULONG command)
{
    memset(message, 0, sizeof *message);
    message->header.u1.s1.DataLength = sizeof *message - sizeof message->header;
    message->header.u1.s1.TotalLength = sizeof *message;
    message->command = command;
    message->pid = GetCurrentProcessId();
}

static USHORT type_of(const struct message *message)
{
    return (USHORT)message->header.u2.s2.Type & 0xff;
}

static NTSTATUS receive(HANDLE from, struct message *message)
{
    SIZE_T size = sizeof *message;

    return NtAlpcSendWaitReceivePort(from, 0, NULL, NULL, &message->header, &size, NULL, NULL);
}

static NTSTATUS ask(HANDLE client, struct message *message)
{
    SIZE_T size = sizeof *message;

    return NtAlpcSendWaitReceivePort(client, ALPC_MSGFLG_SYNC_REQUEST, &message->header, NULL,
                                     &message->header, &size, NULL, NULL);
}

static NTSTATUS answer(HANDLE to, struct message *message)
{
    message->number++;
    message->pid = GetCurrentProcessId();
    return NtAlpcSendWaitReceivePort(to, ALPC_MSGFLG_RELEASE_MESSAGE, &message->header, NULL, NULL,
                                     NULL, NULL, NULL);
}

static const WCHAR *name_of(const WCHAR *what, DWORD id)
{
    static WCHAR text[64];

    swprintf(text, 64, L"\\RPC Control\\Holders-%ls-%lu", what, (unsigned long)id);
    return text;
}

static void attributes_init(ALPC_PORT_ATTRIBUTES *attributes)
{
    memset(attributes, 0, sizeof *attributes);
    attributes->MaxMessageLength = 0x1000;
}

static NTSTATUS port_connect(const WCHAR *name, HANDLE *client)
{
    ALPC_PORT_ATTRIBUTES attributes;
    UNICODE_STRING string;

    attributes_init(&attributes);
    RtlInitUnicodeString(&string, name);
    return NtAlpcConnectPort(client, &string, NULL, &attributes, ALPC_MSGFLG_SYNC_REQUEST, NULL,
                             NULL, NULL, NULL, NULL, NULL);
}

static BOOL port_make(const WCHAR *name, HANDLE *made)
{
    ALPC_PORT_ATTRIBUTES attributes;
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING string;

    attributes_init(&attributes);
    RtlInitUnicodeString(&string, name);
    InitializeObjectAttributes(&object, &string, 0, NULL, NULL);
    return !NtAlpcCreatePort(made, &object, &attributes);
}

static BOOL port_accept(HANDLE listener, struct message *request)
{
    ALPC_PORT_ATTRIBUTES attributes;
    HANDLE server; /* stays open: it ends with the process, or with its client's connection */

    attributes_init(&attributes);
    request->header.u1.s1.DataLength = 0;
    request->header.u1.s1.TotalLength = sizeof request->header;
    return !NtAlpcAcceptConnectPort(&server, listener, 0, NULL, &attributes, NULL, &request->header,
                                    NULL, TRUE);
}

/* ---- the worker ---- */

static int worker_main(DWORD parent)
{
    struct message message;
    HANDLE teller, shared;

    if (port_connect(name_of(L"control", parent), &teller))
        return 10;
    message_init(&message, 0);
    if (ask(teller, &message))
        return 11;
    shared = (HANDLE)message.handle;
    while (!receive(shared, &message)) {
        if (type_of(&message) != LPC_REQUEST)
            continue;
        if (message.command == ECHO) {
            answer(shared, &message);
        } else {
            struct message told;

            message_init(&told, TELL);
            told.message_id = message.header.MessageId;
            told.callback_id = message.header.CallbackId;
            NtAlpcSendWaitReceivePort(teller, ALPC_MSGFLG_RELEASE_MESSAGE, &told.header, NULL, NULL,
                                      NULL, NULL, NULL);
        }
    }
    return 12;
}

/* ---- the parent ---- */

/* Starts a worker and gives it the port. */
static BOOL worker_start(PROCESS_INFORMATION *info)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    char self[MAX_PATH], line[MAX_PATH + 32];
    struct message message;
    HANDLE there;

    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" worker %lu", self, (unsigned long)GetCurrentProcessId());
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, info))
        return FALSE;
    do { /* the last worker's end comes first */
        if (receive(control, &message))
            return FALSE;
    } while (type_of(&message) != LPC_CONNECTION_REQUEST);
    if (!port_accept(control, &message) || receive(control, &message) ||
        !DuplicateHandle(GetCurrentProcess(), port, info->hProcess, &there, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return FALSE;
    message.handle = (ULONG_PTR)there;
    return !answer(control, &message);
}

static void worker_end(PROCESS_INFORMATION *worker)
{
    WaitForSingleObject(worker->hProcess, INFINITE);
    CloseHandle(worker->hThread);
    CloseHandle(worker->hProcess);
}

static HANDLE client;

static DWORD WINAPI ask_once(void *argument)
{
    struct message *message = argument;

    return (DWORD)ask(client, message);
}

static DWORD WINAPI accept_once(void *unused)
{
    struct message message;

    (void)unused;
    return !receive(port, &message) && port_accept(port, &message);
}

/* The worker receives; the parent answers by the message's ids, the worker alive or dead. */
static void answered_for_another(PROCESS_INFORMATION *worker, BOOL dies)
{
    struct message asked, told, reply;
    HANDLE thread;
    DWORD code = 1;

    message_init(&asked, TELL);
    thread = CreateThread(NULL, 0, ask_once, &asked, 0, NULL);
    ok(!receive(control, &told) && told.command == TELL && told.pid == worker->dwProcessId,
       "the worker has received a request");
    if (dies) {
        TerminateProcess(worker->hProcess, 9);
        worker_end(worker);
    }
    message_init(&reply, ECHO);
    reply.header.MessageId = told.message_id;
    reply.header.CallbackId = told.callback_id;
    reply.number = 70;
    ok(!answer(port, &reply), "the parent answers it%s", dies ? " after the worker's death" : "");
    WaitForSingleObject(thread, INFINITE);
    ok(GetExitCodeThread(thread, &code) && code == 0 && asked.number == 71 &&
           asked.pid == GetCurrentProcessId(),
       "its sender has that answer");
    CloseHandle(thread);
}

/* ---- many requests, a death ---- */

static volatile LONG is_dead; /* the worker */
static volatile LONG n_answers, n_by_worker;

static DWORD WINAPI serve_main(void *unused)
{
    struct message message;

    (void)unused;
    while (!receive(port, &message)) {
        if (type_of(&message) == LPC_CONNECTION_REQUEST)
            port_accept(port, &message);
        else if (type_of(&message) == LPC_REQUEST)
            answer(port, &message);
    }
    return 0;
}

struct caller {
    HANDLE thread, client;
    DWORD worker;
    ULONG n_right, n_wrong;
    NTSTATUS status; /* of the call that failed, which is the last */
};

/* Asks until the worker is dead, then some more. */
static DWORD WINAPI caller_main(void *argument)
{
    struct caller *caller = argument;
    struct message message;
    ULONG n_after = 0;

    for (ULONG i = 0; n_after < N_AFTER; i++) {
        n_after += is_dead;
        message_init(&message, ECHO);
        message.number = i;
        caller->status = ask(caller->client, &message);
        if (caller->status)
            break;
        if (message.number == i + 1 &&
            (message.pid == GetCurrentProcessId() || message.pid == caller->worker))
            caller->n_right++;
        else
            caller->n_wrong++;
        InterlockedIncrement(&n_answers);
        if (message.pid == caller->worker)
            InterlockedIncrement(&n_by_worker);
    }
    return 0;
}

static struct caller callers[N_CLIENTS];

static BOOL callers_start(DWORD worker)
{
    is_dead = n_answers = n_by_worker = 0;
    for (int i = 0; i < N_CLIENTS; i++) {
        callers[i].worker = worker;
        callers[i].n_right = callers[i].n_wrong = 0;
        callers[i].thread = CreateThread(NULL, 0, caller_main, &callers[i], 0, NULL);
    }
    return TRUE;
}

/* Waits for all but at most one: the worker may have died with one request in its hands, whose
 * sender waits for ever. Closing its port ends that. Returns how many have failed. */
static int callers_end(void)
{
    struct caller *waiting[N_CLIENTS];
    HANDLE threads[N_CLIENTS];
    int n = N_CLIENTS, n_failed = 0;

    for (int i = 0; i < N_CLIENTS; i++) {
        waiting[i] = &callers[i];
        threads[i] = callers[i].thread;
    }
    while (n) {
        DWORD ended;

        if (n == 1 && !n_failed) {
            CloseHandle(waiting[0]->client);
            waiting[0]->client = NULL;
        }
        ended = WaitForMultipleObjects((DWORD)n, threads, FALSE, INFINITE) - WAIT_OBJECT_0;
        n_failed += waiting[ended]->status != STATUS_SUCCESS;
        CloseHandle(threads[ended]);
        threads[ended] = threads[--n];
        waiting[ended] = waiting[n];
    }
    return n_failed;
}

/* Those whose ports were closed. */
static BOOL callers_connect(void)
{
    for (int i = 0; i < N_CLIENTS; i++)
        if (!callers[i].client &&
            port_connect(name_of(L"shared", GetCurrentProcessId()), &callers[i].client))
            return FALSE;
    return TRUE;
}

static void deaths(BOOL from_outside)
{
    for (int round = 0; round < N_ROUNDS; round++) {
        LONG limit = rand() % 2000;
        PROCESS_INFORMATION worker;
        ULONG n_right = 0, n_wrong = 0;
        int n_failed, n_odd = 0;

        if (!ok(callers_connect() && worker_start(&worker), "clients and a second holder"))
            return;
        callers_start(worker.dwProcessId);
        if (from_outside)
            diag("worker %u", (unsigned)worker.dwProcessId);
        while (!from_outside && n_answers < limit)
            YieldProcessor();
        if (!from_outside)
            TerminateProcess(worker.hProcess, 9);
        worker_end(&worker);
        InterlockedExchange(&is_dead, 1);
        n_failed = callers_end();
        for (int i = 0; i < N_CLIENTS; i++) {
            NTSTATUS status = callers[i].status;

            n_right += callers[i].n_right;
            n_wrong += callers[i].n_wrong;
            n_odd += status && status != STATUS_PORT_DISCONNECTED && status != STATUS_REPLY_LOST &&
                     status != STATUS_INVALID_HANDLE;
        }
        ok(n_failed <= 1 && !n_odd && !n_wrong,
           "a holder dies: at most its own request is lost (%d), the others' %u are answered, %d "
           "by it",
           n_failed, (unsigned)n_right, (int)n_by_worker);
    }
}

static void test_main(void)
{
    BOOL from_outside = __argc == 2 && !strcmp(__argv[1], "kill");
    struct message message;
    PROCESS_INFORMATION worker;
    HANDLE thread;

    if (__argc == 3 && !strcmp(__argv[1], "worker"))
        exit(worker_main(strtoul(__argv[2], NULL, 10)));
    srand(GetCurrentProcessId());
    ok(port_make(name_of(L"shared", GetCurrentProcessId()), &port) &&
           port_make(name_of(L"control", GetCurrentProcessId()), &control),
       "two ports");
    thread = CreateThread(NULL, 0, accept_once, NULL, 0, NULL);
    ok(!port_connect(name_of(L"shared", GetCurrentProcessId()), &client), "a client");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    if (!ok(worker_start(&worker), "a second program has the port"))
        return;
    message_init(&message, ECHO);
    ok(!ask(client, &message) && message.number == 1 && message.pid == worker.dwProcessId,
       "it receives and answers");
    answered_for_another(&worker, FALSE);
    answered_for_another(&worker, TRUE);
    thread = CreateThread(NULL, 0, serve_main, NULL, 0, NULL);
    message_init(&message, ECHO);
    ok(!ask(client, &message) && message.pid == GetCurrentProcessId(),
       "after its death this program has the port alone");
    deaths(from_outside);
    CloseHandle(port);
    ok(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0, "the last handle ends the receiver");
}
