/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Threads and synchronisation as a C program on Wine's kernel32 and msvcrt sees them. */
#define _WIN32_WINNT 0x0a00
#include "test.h"
#include <process.h>
#include <stdlib.h>
#include <string.h>

#define N_THREADS 8
#define N_ROUNDS  2000

static CRITICAL_SECTION section;
static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE condition = CONDITION_VARIABLE_INIT;
static HANDLE mutex, semaphore;
static int counts[4];

static unsigned __stdcall counter(void *argument)
{
    for (int i = 0; i < N_ROUNDS; i++) {
        EnterCriticalSection(&section);
        counts[0]++;
        LeaveCriticalSection(&section);
        AcquireSRWLockExclusive(&lock);
        counts[1]++;
        ReleaseSRWLockExclusive(&lock);
        if (i % 20)
            continue;
        WaitForSingleObject(mutex, INFINITE);
        counts[2]++;
        ReleaseMutex(mutex);
        free(malloc((size_t)i + 1));
    }
    ReleaseSemaphore(semaphore, 1, NULL);
    return (unsigned)(UINT_PTR)argument;
}

static void test_counting(void)
{
    HANDLE threads[N_THREADS];
    DWORD code;

    InitializeCriticalSection(&section);
    mutex = CreateMutexA(NULL, FALSE, NULL);
    semaphore = CreateSemaphoreA(NULL, 0, 100, NULL);
    for (int i = 0; i < N_THREADS; i++)
        threads[i] = (HANDLE)_beginthreadex(NULL, 0, counter, (void *)(UINT_PTR)(i + 1), 0, NULL);
    for (int i = 0; i < N_THREADS; i++)
        WaitForSingleObject(semaphore, INFINITE);
    is_number(WaitForMultipleObjects(N_THREADS, threads, TRUE, INFINITE), 0, "all threads end");
    is_number(counts[0], N_THREADS * N_ROUNDS, "a critical section keeps count");
    is_number(counts[1], N_THREADS * N_ROUNDS, "an SRW lock keeps count");
    is_number(counts[2], N_THREADS * N_ROUNDS / 20, "a mutex keeps count");
    ok(GetExitCodeThread(threads[4], &code) && code == 5, "exit codes come back");
    for (int i = 0; i < N_THREADS; i++)
        CloseHandle(threads[i]);
    CloseHandle(mutex);
    CloseHandle(semaphore);
    DeleteCriticalSection(&section);
}

static int turn;

static unsigned __stdcall ping(void *unused)
{
    (void)unused;
    AcquireSRWLockExclusive(&lock);
    for (int i = 0; i < 1000; i++) {
        while (turn != 1)
            SleepConditionVariableSRW(&condition, &lock, INFINITE, 0);
        turn = 0;
        WakeAllConditionVariable(&condition);
    }
    ReleaseSRWLockExclusive(&lock);
    return 0;
}

static void test_condition(void)
{
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, ping, NULL, 0, NULL);

    AcquireSRWLockExclusive(&lock);
    for (int i = 0; i < 1000; i++) {
        turn = 1;
        WakeAllConditionVariable(&condition);
        while (turn != 0)
            SleepConditionVariableSRW(&condition, &lock, INFINITE, 0);
    }
    ReleaseSRWLockExclusive(&lock);
    is_number(WaitForSingleObject(thread, INFINITE), 0, "a thousand turns by a condition variable");
    CloseHandle(thread);
}

static LONG apc_runs;

static void CALLBACK apc(ULONG_PTR value)
{
    apc_runs += (LONG)value;
}

static void CALLBACK timer_apc(void *context, DWORD low, DWORD high)
{
    (void)low, (void)high;
    apc_runs += *(LONG *)context;
}

static void test_alertable(void)
{
    LARGE_INTEGER due = {.QuadPart = -10000};
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LONG ten = 10;

    ok(QueueUserAPC(apc, GetCurrentThread(), 1), "QueueUserAPC");
    is_number(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION, "SleepEx runs it");
    is_number(apc_runs, 1, "it ran");
    ok(SetWaitableTimer(timer, &due, 0, timer_apc, &ten, FALSE), "SetWaitableTimer");
    is_number(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION, "its APC ends a sleep");
    is_number(apc_runs, 11, "it ran");
    SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE);
    is_number(WaitForSingleObject(timer, INFINITE), 0, "a timer is waited for");
    CloseHandle(timer);
}

static __thread int own = 5;
static DWORD slot;

static unsigned __stdcall tls_thread(void *unused)
{
    (void)unused;
    own++;
    TlsSetValue(slot, &own);
    return own == 6 && TlsGetValue(slot) == &own;
}

static void test_tls(void)
{
    DWORD code = 0;
    HANDLE thread;

    slot = TlsAlloc();
    TlsSetValue(slot, NULL);
    own = 100;
    thread = (HANDLE)_beginthreadex(NULL, 1 << 20, tls_thread, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    is_number(code, 1, "a thread has its own variables and slots");
    ok(own == 100 && !TlsGetValue(slot), "and left ours alone");
    CloseHandle(thread);
    TlsFree(slot);
}

static DWORD WINAPI port_worker(void *port)
{
    DWORD bytes, sum = 0;
    OVERLAPPED *overlapped;
    ULONG_PTR key;

    while (GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE) && key)
        sum += bytes;
    return sum;
}

static void test_completion_port(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), workers[3];
    DWORD total = 0, code;

    ok(port != NULL, "CreateIoCompletionPort");
    for (int i = 0; i < 3; i++)
        workers[i] = CreateThread(NULL, 0, port_worker, port, 0, NULL);
    for (int i = 1; i <= 1000; i++)
        PostQueuedCompletionStatus(port, (DWORD)i, 1, NULL);
    for (int i = 0; i < 3; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    WaitForMultipleObjects(3, workers, TRUE, INFINITE);
    for (int i = 0; i < 3; i++) {
        GetExitCodeThread(workers[i], &code);
        total += code;
        CloseHandle(workers[i]);
    }
    is_number(total, 500500, "every packet came once");
    CloseHandle(port);
}

static void test_named(void)
{
    HANDLE first = CreateMutexA(NULL, TRUE, "crt_threads_mutex"), second;

    ok(first != NULL, "a mutex with a name");
    second = CreateMutexA(NULL, FALSE, "crt_threads_mutex");
    ok(second && GetLastError() == ERROR_ALREADY_EXISTS, "it exists already");
    is_number(WaitForSingleObject(second, 0), 0, "its owner may take it by any handle");
    ok(ReleaseMutex(first) && ReleaseMutex(second) && !ReleaseMutex(first),
       "and releases it as often");
    is_number(GetLastError(), ERROR_NOT_OWNER, "not the owner");
    CloseHandle(first);
    CloseHandle(second);
}

struct io_seen {
    HANDLE done;
    OVERLAPPED *overlapped;
    ULONG error;
    ULONG_PTR bytes;
};

static void CALLBACK io_done(PTP_CALLBACK_INSTANCE instance, void *context, void *overlapped,
                             ULONG error, ULONG_PTR bytes, PTP_IO io)
{
    struct io_seen *seen = context;

    (void)instance, (void)io;
    seen->overlapped = overlapped;
    seen->error = error;
    seen->bytes = bytes;
    SetEvent(seen->done);
}

static void test_pool_io(void)
{
    struct io_seen seen = {.done = CreateEventA(NULL, FALSE, FALSE, NULL)};
    OVERLAPPED overlapped = {0};
    char path[MAX_PATH], text[8] = "";
    HANDLE file;
    PTP_IO io;

    GetTempPathA(sizeof(path), path);
    strcat(path, "crt_threads_io");
    file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                       FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    io = CreateThreadpoolIo(file, io_done, &seen, NULL);
    ok(io != NULL, "CreateThreadpoolIo");
    StartThreadpoolIo(io);
    ok(WriteFile(file, "bytes", 5, NULL, &overlapped) || GetLastError() == ERROR_IO_PENDING,
       "an operation begins");
    WaitForSingleObject(seen.done, INFINITE);
    ok(seen.overlapped == &overlapped && !seen.error && seen.bytes == 5, "its callback is called");
    StartThreadpoolIo(io);
    ok(ReadFile(file, text, sizeof(text), NULL, &overlapped) || GetLastError() == ERROR_IO_PENDING,
       "another one");
    WaitForSingleObject(seen.done, INFINITE);
    ok(!seen.error && seen.bytes == 5 && !strcmp(text, "bytes"), "and again");
    WaitForThreadpoolIoCallbacks(io, FALSE);
    CloseThreadpoolIo(io);
    CloseHandle(file);
    CloseHandle(seen.done);
}

/* A lock of which one side, that of the frequent user, has no barrier: the other's is one for both.
 * Without it both are inside now and then. */
static struct lopsided {
    volatile LONG wanted_often, wanted_seldom, is_inside_often, is_inside_seldom, n_wrong, is_over;
} lopsided;

static unsigned __stdcall use_often(void *argument)
{
    struct lopsided *one = argument;

    while (!one->is_over) {
        one->wanted_often = 1;
        if (!one->wanted_seldom) {
            one->is_inside_often = 1;
            one->n_wrong += one->is_inside_seldom;
            one->is_inside_often = 0;
        }
        one->wanted_often = 0;
        for (int i = 1; one->wanted_seldom && !one->is_over; i++)
            i % 256 ? YieldProcessor() : (void)SwitchToThread();
    }
    return 0;
}

static void test_barriers(void)
{
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, use_often, &lopsided, 0, NULL);
    LONG n_wrong = 0;

    for (int round = 0; round < N_ROUNDS / 2; round++) {
        lopsided.wanted_seldom = 1;
        FlushProcessWriteBuffers();
        while (lopsided.wanted_often)
            SwitchToThread();
        InterlockedExchange(&lopsided.is_inside_seldom, 1);
        for (int i = 0; i < 20; i++)
            n_wrong += lopsided.is_inside_often;
        lopsided.is_inside_seldom = 0;
        lopsided.wanted_seldom = 0;
        SwitchToThread();
    }
    lopsided.is_over = 1;
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    is_number(n_wrong + lopsided.n_wrong, 0,
              "FlushProcessWriteBuffers is a barrier in each thread");
}

static void test_main(void)
{
    test_barriers();
    test_counting();
    test_condition();
    test_alertable();
    test_tls();
    test_completion_port();
    test_named();
    test_pool_io();
}
