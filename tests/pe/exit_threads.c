/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A process ends while its threads look at each other's stacks, as the threads of a pool do: none
 * of them finds the stack gone of one that was stopped before it. */
#include <string.h>

#include "win32.h"

enum { N_THREADS = 8, N_CHILDREN = 20, CODE_END = 7, CODE_FAULT = 99 };

static volatile LONG *places[N_THREADS];
static volatile LONG n_ready;

__attribute__((noreturn)) static DWORD WINAPI look(void *number)
{
    volatile LONG value = 0;

    places[(ULONG_PTR)number] = &value;
    InterlockedIncrement(&n_ready);
    while (n_ready < N_THREADS)
        SwitchToThread();
    for (unsigned i = 0;; i++)
        value += *places[i % N_THREADS];
}

static LONG WINAPI on_fault(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    TerminateProcess(GetCurrentProcess(), CODE_FAULT);
    return EXCEPTION_CONTINUE_SEARCH;
}

__attribute__((noreturn)) static void child(void)
{
    AddVectoredExceptionHandler(1, on_fault);
    for (ULONG_PTR i = 0; i < N_THREADS; i++)
        CreateThread(NULL, 0, look, (void *)i, 0, NULL);
    while (n_ready < N_THREADS)
        SwitchToThread();
    ExitProcess(CODE_END);
}

static void test_main(void)
{
    PROCESS_INFORMATION info;

    if (strstr(GetCommandLineA(), " child"))
        child();
    for (int i = 0; i < N_CHILDREN; i++) {
        ok(child_start("child", 0, &info), "a program with threads");
        is_number(child_end(&info), CODE_END, "ends without a fault");
    }
    done_testing();
}
