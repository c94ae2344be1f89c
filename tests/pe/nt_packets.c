/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Wait completion packets on objects that other processes know: this program starts itself, the
 * child sets, releases and ends what the parent's packets wait for. */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

NTSTATUS NTAPI NtCreateWaitCompletionPacket(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES);
NTSTATUS NTAPI NtAssociateWaitCompletionPacket(HANDLE, HANDLE, HANDLE, PVOID, PVOID, NTSTATUS,
                                               ULONG_PTR, PBOOLEAN);
NTSTATUS NTAPI NtCancelWaitCompletionPacket(HANDLE, BOOLEAN);

enum { N_ROUNDS = 1000 };

static HANDLE completion;

static const char *name(const char *what, DWORD id)
{
    static char text[4][64];
    static unsigned next;
    char *result = text[next++ % 4];

    snprintf(result, sizeof text[0], "packets-%s-%lu", what, (unsigned long)id);
    return result;
}

/* ---- the child ---- */

/* Sets `event` and `semaphore`, then answers each `go` of the rounds by setting `event`. */
static int child_main(DWORD id)
{
    HANDLE event = OpenEventA(EVENT_ALL_ACCESS, FALSE, name("event", id));
    HANDLE go = OpenEventA(EVENT_ALL_ACCESS, FALSE, name("go", id));
    HANDLE semaphore = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, name("semaphore", id));

    if (!event || !go || !semaphore)
        return 10;
    for (int i = 0; i < N_ROUNDS + 2; i++) {
        if (WaitForSingleObject(go, INFINITE) != WAIT_OBJECT_0)
            return 11;
        if (i == 1 ? !ReleaseSemaphore(semaphore, 2, NULL) : !SetEvent(event))
            return 12;
    }
    return WaitForSingleObject(go, INFINITE) == WAIT_OBJECT_0 ? 44 : 13;
}

static BOOL child_start(PROCESS_INFORMATION *info)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    char self[MAX_PATH], line[MAX_PATH + 32];

    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" child %lu", self, (unsigned long)GetCurrentProcessId());
    return CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, info);
}

/* ---- the parent ---- */

static NTSTATUS associate(HANDLE packet, HANDLE target, ULONG_PTR key, BOOLEAN *signaled)
{
    return NtAssociateWaitCompletionPacket(packet, completion, target, (PVOID)key, NULL, 0, 0,
                                           signaled);
}

/* The key of the next packet; 0: none. */
static ULONG_PTR taken(DWORD timeout)
{
    OVERLAPPED *overlapped;
    ULONG_PTR key = 0;
    DWORD n;

    return GetQueuedCompletionStatus(completion, &n, &key, &overlapped, timeout) || overlapped ? key
                                                                                               : 0;
}

static BOOL is_set(HANDLE handle)
{
    return WaitForSingleObject(handle, 0) == WAIT_OBJECT_0;
}

static HANDLE packet_new(void)
{
    HANDLE packet = NULL;

    NtCreateWaitCompletionPacket(&packet, GENERIC_ALL, NULL);
    return packet;
}

/* A named object, set and asked for in one process. */
static void named(HANDLE event)
{
    HANDLE packet = packet_new(), other = packet_new(), mutant;
    BOOLEAN signaled = 9;

    is_status(associate(packet, event, 1, &signaled), 0, "a packet waits for a named event");
    is_number(signaled, 0, "which is not set");
    is_status(associate(packet, event, 1, NULL), STATUS_INVALID_PARAMETER_1, "one wait at a time");
    is_number(taken(0), 0, "no packet yet");
    SetEvent(event);
    is_number(taken(INFINITE), 1, "the event sends it");
    ok(!is_set(event), "and has been taken");
    SetEvent(event);
    is_status(associate(packet, event, 2, &signaled), 0, "again");
    is_number(signaled, 1, "an event that is set sends it at once");
    is_status(NtCancelWaitCompletionPacket(packet, FALSE), STATUS_PENDING, "it is queued");
    is_number(taken(0), 2, "and taken");
    is_status(NtCancelWaitCompletionPacket(packet, TRUE), STATUS_CANCELLED, "nothing to cancel");
    associate(packet, event, 3, NULL);
    is_status(NtCancelWaitCompletionPacket(packet, FALSE), 0, "cancel a wait");
    SetEvent(event);
    ok(is_set(event), "the event is left to others");
    associate(packet, event, 4, NULL);
    associate(other, event, 5, NULL);
    CloseHandle(packet);
    SetEvent(event);
    is_number(taken(INFINITE), 5, "closing a packet ends its wait, another has the event");
    mutant = CreateMutexA(NULL, FALSE, name("mutant", GetCurrentProcessId()));
    is_status(associate(other, mutant, 6, NULL), STATUS_NOT_SUPPORTED, "a mutant needs a thread");
    is_status(associate(other, (HANDLE)0x123454, 7, NULL), STATUS_INVALID_HANDLE, "no handle");
    CloseHandle(mutant);
    CloseHandle(other);
}

/* Set by the other process. */
static void by_another(HANDLE event, HANDLE semaphore, HANDLE go)
{
    HANDLE packets[2] = {packet_new(), packet_new()};

    associate(packets[0], event, 10, NULL);
    SetEvent(go);
    is_number(taken(INFINITE), 10, "another process sets a named event: the packet comes");
    associate(packets[0], semaphore, 11, NULL);
    associate(packets[1], semaphore, 12, NULL);
    SetEvent(go);
    is_number(taken(INFINITE) + taken(INFINITE), 23, "it releases a semaphore twice: two packets");
    ok(!is_set(semaphore), "both are taken");
    CloseHandle(packets[0]);
    CloseHandle(packets[1]);
}

/* An event of this process becomes everybody's while a packet waits for it. */
static void moved(const PROCESS_INFORMATION *child)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL), there, back, packet = packet_new();

    associate(packet, event, 20, NULL);
    ok(DuplicateHandle(GetCurrentProcess(), event, child->hProcess, &there, 0, FALSE,
                       DUPLICATE_SAME_ACCESS) &&
           DuplicateHandle(child->hProcess, there, GetCurrentProcess(), &back, 0, FALSE,
                           DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
       "an event that a packet waits for goes to another process and back");
    is_number(taken(0), 0, "no packet yet");
    SetEvent(back);
    is_number(taken(INFINITE), 20, "the new handle sends the packet");
    ok(!is_set(event), "which took it");
    associate(packet, event, 21, NULL);
    SetEvent(event);
    is_number(taken(INFINITE), 21, "so does the old one");
    associate(packet, event, 22, NULL);
    is_status(NtCancelWaitCompletionPacket(packet, FALSE), 0, "cancelled");
    SetEvent(back);
    ok(is_set(event), "the event stays");
    CloseHandle(packet);
    CloseHandle(back);
    CloseHandle(event);
}

/* Cancel against set: each set ends as a packet or leaves the event set, never both nor none. */
static void rounds(HANDLE event, HANDLE go)
{
    HANDLE packet = packet_new();
    int n_packets = 0, n_cancelled = 0, n_wrong = 0;

    for (int i = 0; i < N_ROUNDS; i++) {
        NTSTATUS status;

        associate(packet, event, 30, NULL);
        SetEvent(go);
        for (int spin = 0; spin < (i % 32) * 100; spin++)
            YieldProcessor();
        status = NtCancelWaitCompletionPacket(packet, FALSE);
        if (status == STATUS_SUCCESS) {
            n_cancelled++;
            n_wrong += WaitForSingleObject(event, INFINITE) != WAIT_OBJECT_0;
        } else if (status == STATUS_PENDING) {
            n_packets++;
            n_wrong += taken(INFINITE) != 30 || is_set(event);
        } else {
            n_wrong++;
        }
        n_wrong += taken(0) != 0;
    }
    ok(n_wrong == 0, "cancel against set, %d rounds: %d packets, %d cancelled", N_ROUNDS, n_packets,
       n_cancelled);
    CloseHandle(packet);
}

static void test_main(void)
{
    HANDLE event, semaphore, go, packet;
    PROCESS_INFORMATION child;
    DWORD code = 0;

    if (__argc == 3 && !strcmp(__argv[1], "child"))
        exit(child_main(strtoul(__argv[2], NULL, 10)));
    completion = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    event = CreateEventA(NULL, FALSE, FALSE, name("event", GetCurrentProcessId()));
    semaphore = CreateSemaphoreA(NULL, 0, 10, name("semaphore", GetCurrentProcessId()));
    go = CreateEventA(NULL, FALSE, FALSE, name("go", GetCurrentProcessId()));
    if (!ok(child_start(&child), "this program starts itself"))
        return;
    named(event);
    by_another(event, semaphore, go);
    moved(&child);
    rounds(event, go);
    packet = packet_new();
    is_status(associate(packet, child.hProcess, 40, NULL), 0, "a packet waits for a process");
    SetEvent(go);
    is_number(taken(INFINITE), 40, "its end sends it");
    ok(GetExitCodeProcess(child.hProcess, &code) && code == 44, "it got through");
}
