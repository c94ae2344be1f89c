/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A C program on mingw's start-up code, kernel32 and msvcrt: start, threads, faults, DLLs. */

#include <windows.h>

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

enum { N_THREADS = 8 };

static __thread int own = 7;
static jmp_buf jump;
static int n_filtered;

static void test_start(void)
{
    char buffer[MAX_PATH];
    DWORD n = GetModuleFileNameA(NULL, buffer, sizeof(buffer));

    is_number(__argc, 1, "argc");
    ok(__argc == 1 && strstr(__argv[0], "crt.exe") != NULL, "argv[0] is the program: %s",
       __argv[0]);
    ok(n > 7 && !strcmp(buffer + n - 7, "crt.exe"), "so is the module's file name: %s", buffer);
    ok(GetModuleHandleA(NULL) == *(HMODULE *)(test_peb() + 0x10),
       "the program's handle is its base");
    snprintf(buffer, sizeof(buffer), "%d %s %5.2f %llx", 42, "text", 3.14159, 0x123456789abcULL);
    ok(!strcmp(buffer, "42 text  3.14 123456789abc"), "snprintf: %s", buffer);
    ok(!putenv("PORTICO_TEST=value") && getenv("PORTICO_TEST") &&
           !strcmp(getenv("PORTICO_TEST"), "value"),
       "the environment");
}

static DWORD WINAPI thread_function(void *argument)
{
    own += (int)(INT_PTR)argument;
    Sleep(0);
    return (DWORD)own;
}

static void test_threads(void)
{
    HANDLE threads[N_THREADS];
    DWORD code = 0, sum = 0;
    int i;

    for (i = 0; i < N_THREADS; i++)
        threads[i] = CreateThread(NULL, 0, thread_function, (void *)(INT_PTR)i, 0, NULL);
    is_number(WaitForMultipleObjects(N_THREADS, threads, TRUE, INFINITE), WAIT_OBJECT_0,
              "eight threads end");
    for (i = 0; i < N_THREADS; i++) {
        GetExitCodeThread(threads[i], &code);
        sum += code;
        CloseHandle(threads[i]);
    }
    is_number(sum, 8 * 7 + 28, "each with a __thread variable of its own");
    is_number(own, 7, "and this thread's is untouched");
}

static void on_fault(int number)
{
    longjmp(jump, number);
}

static LONG CALLBACK vectored(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_INT_DIVIDE_BY_ZERO)
        return EXCEPTION_CONTINUE_SEARCH;
    pointers->ContextRecord->Rcx = 4;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static int divide(int value, int by)
{
    int result;

    __asm__ volatile("cltd; idivl %%ecx" : "=a"(result), "+c"(by) : "a"(value) : "edx");
    return result;
}

static void test_faults(void)
{
    volatile int n = 0;
    void *handler;
    int number = setjmp(jump);

    if (!number) {
        signal(SIGSEGV, on_fault);
        *(volatile int *)8 = n++;
    }
    is_number(number, SIGSEGV, "a C signal handler gets a fault and leaves by longjmp");
    is_number(n, 1, "once");
    handler = AddVectoredExceptionHandler(1, vectored);
    is_number(divide(20, (int)n - 1), 5, "a vectored handler repairs a division by zero");
    RemoveVectoredExceptionHandler(handler);
}

static void test_libraries(void)
{
    HMODULE library = LoadLibraryA("advapi32.dll");

    ok(library != NULL, "LoadLibrary");
    ok(GetModuleHandleA("ADVAPI32") == library, "GetModuleHandle in any case");
    ok(GetProcAddress(library, "RegOpenKeyExA") != NULL, "GetProcAddress");
    ok(!GetProcAddress(library, "NoSuchFunction"), "of what is not there");
    is_number(GetLastError(), ERROR_PROC_NOT_FOUND, "says so");
    ok(FreeLibrary(library), "FreeLibrary");
    ok(!GetModuleHandleA("advapi32"), "the library is gone");
    ok(!LoadLibraryA("no-such-library.dll"), "LoadLibrary of what is not there");
    is_number(GetLastError(), ERROR_MOD_NOT_FOUND, "says so");
    ok(GetProcAddress(GetModuleHandleA("kernel32"), "HeapAlloc") ==
           GetProcAddress(GetModuleHandleA("ntdll"), "RtlAllocateHeap"),
       "kernel32's HeapAlloc is forwarded to ntdll");
    ok(LoadLibraryA("api-ms-win-crt-string-l1-1-0.dll") == GetModuleHandleA("ucrtbase"),
       "an api-set name leads to its DLL");
}

static void *main_fiber;
static int n_fiber_runs;

static void CALLBACK fiber_function(void *argument)
{
    for (;;) {
        volatile char block[20000];

        block[0] = block[19999] = (char)n_fiber_runs;
        n_fiber_runs += *(int *)argument;
        SwitchToFiber(main_fiber);
    }
}

static void test_fibers(void)
{
    int step = 3, i;
    void *fiber;

    main_fiber = ConvertThreadToFiber(NULL);
    fiber = CreateFiber(0, fiber_function, &step);
    ok(main_fiber && fiber, "two fibres");
    for (i = 0; i < 5; i++)
        SwitchToFiber(fiber);
    is_number(n_fiber_runs, 15, "switched to and fro, with large frames");
    DeleteFiber(fiber);
    ok(ConvertFiberToThread(), "and back to a thread");
}

static LONG WINAPI filter(EXCEPTION_POINTERS *pointers)
{
    n_filtered++;
    if (pointers->ExceptionRecord->ExceptionCode == 0xe0000001)
        return EXCEPTION_CONTINUE_EXECUTION;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void test_unhandled_filter(void)
{
    SetUnhandledExceptionFilter(filter);
    RaiseException(0xe0000001, 0, 0, NULL);
    is_number(n_filtered, 1, "the unhandled filter is asked and continues");
}

static LONG n_exits;

static DWORD WINAPI exiting_thread(void *argument)
{
    WaitForSingleObject(argument, INFINITE);
    InterlockedIncrement(&n_exits);
    exit(done_testing());
}

static DWORD WINAPI starting_thread(void *argument)
{
    HANDLE thread;

    do
        thread = CreateThread(NULL, 0, thread_function, argument, 0, NULL);
    while (!WaitForSingleObject(thread, INFINITE) && CloseHandle(thread));
    return 0;
}

/* Several threads end the process at once, while others start threads and hold the heap's and
 * stdio's locks. */
static void end_all_at_once(void)
{
    HANDLE go = CreateEventA(NULL, TRUE, FALSE, NULL);
    int i;

    for (i = 0; i < 2; i++)
        CloseHandle(CreateThread(NULL, 0, starting_thread, NULL, 0, NULL));
    for (i = 0; i < N_THREADS; i++)
        CloseHandle(CreateThread(NULL, 0, exiting_thread, go, 0, NULL));
    plan(test_n_run);
    SetEvent(go);
    for (;;)
        free(malloc(100));
}

static void test_main(void)
{
    test_start();
    test_threads();
    test_faults();
    test_libraries();
    test_fibers();
    test_unhandled_filter();
    end_all_at_once();
}
