/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Exceptions and signals as programs on kernel32 and msvcrt see them: what vectored handlers, the
 * unhandled filter and C's signals get; stack overflow and its guard; longjmp; frames' handlers are
 * in exceptions.c. */

#include <windows.h>

#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traps.h"

/* ---- vectored handlers ---- */

static char history[64];

static void note(char c)
{
    size_t n = strlen(history);

    if (n < sizeof(history) - 1)
        history[n] = c;
}

static void is_history(const char *want, const char *name)
{
    if (!ok(!strcmp(history, want), "%s", name))
        diag("%s, not %s", history, want);
    memset(history, 0, sizeof(history));
}

static void *removable;

static LONG CALLBACK handler_a(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    note('a');
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK handler_b(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    note('b');
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK handler_take(EXCEPTION_POINTERS *pointers)
{
    note('t');
    seen = *pointers->ExceptionRecord;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG CALLBACK handler_remove(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    note(RemoveVectoredExceptionHandler(removable) ? 'r' : '!');
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK handler_continue(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    note('c');
    return EXCEPTION_CONTINUE_SEARCH;
}

static void test_vectored(void)
{
    ULONG_PTR arguments[20] = {1, 2, 3};
    void *a, *b, *take, *remover, *go_on;

    take = AddVectoredExceptionHandler(0, handler_take);
    a = AddVectoredExceptionHandler(1, handler_a);
    b = AddVectoredExceptionHandler(1, handler_b);
    go_on = AddVectoredContinueHandler(1, handler_continue);
    RaiseException(0xe0000001, 0, 3, arguments);
    is_history("batc", "the last one registered as first is first; then one that takes it, and the "
                       "continue handler");
    ok(seen.NumberParameters == 3 && seen.ExceptionInformation[2] == 3 && !seen.ExceptionRecord &&
           !seen.ExceptionFlags,
       "the record is what was raised");
    RaiseException(0xe0000001, 0, 20, arguments);
    is_number(seen.NumberParameters, EXCEPTION_MAXIMUM_PARAMETERS, "15 parameters at most");
    memset(history, 0, sizeof(history));
    removable = a;
    remover = AddVectoredExceptionHandler(1, handler_remove);
    RaiseException(0xe0000002, 0, 0, NULL);
    is_history("rbtc", "a handler removes another one while they run");
    removable = remover;
    RaiseException(0xe0000002, 0, 0, NULL);
    is_history("rbtc", "and itself");
    RaiseException(0xe0000002, 0, 0, NULL);
    is_history("btc", "both are gone");
    ok(RemoveVectoredExceptionHandler(b) && !RemoveVectoredExceptionHandler(b), "removed once");
    ok(RemoveVectoredExceptionHandler(take) && RemoveVectoredContinueHandler(go_on),
       "all are removed");
}

/* ---- what faults are ---- */

#define FAULT(instruction, length)                                             \
    do {                                                                       \
        skip_bytes = (length);                                                 \
        __asm__ volatile(instruction ::: "rax", "rcx", "rdx", "memory", "cc"); \
    } while (0)

static void test_faults(void)
{
    void *handler = AddVectoredExceptionHandler(1, handler_skip);
    char *page = VirtualAlloc(NULL, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    DWORD old;

    skip_bytes = 3;
    __asm__ volatile("movb $1, (%%rax)" ::"a"(page + 0x123) : "memory");
    expect(EXCEPTION_ACCESS_VIOLATION, "a write to read-only memory");
    ok(seen.ExceptionInformation[0] == 1 && seen.ExceptionInformation[1] == (ULONG_PTR)page + 0x123,
       "tells write and the address");
    VirtualProtect(page, 0x1000, PAGE_NOACCESS, &old);
    __asm__ volatile("movb (%%rax), %%cl; nop" ::"a"(page + 0x456) : "rcx", "memory");
    ok(n_seen == 1 && seen.ExceptionInformation[0] == 0 &&
           seen.ExceptionInformation[1] == (ULONG_PTR)page + 0x456,
       "a read of PAGE_NOACCESS tells read and the address");
    n_seen = 0;
    FAULT("ud2", 2);
    expect(EXCEPTION_ILLEGAL_INSTRUCTION, "an illegal instruction");
    skip_bytes = 1;
    DebugBreak();
    expect(EXCEPTION_BREAKPOINT, "DebugBreak");
    FAULT("pushfq; orl $0x100, (%%rsp); popfq; nop", 0);
    expect(EXCEPTION_SINGLE_STEP, "a single step");
    FAULT("int3", 1);
    expect(EXCEPTION_BREAKPOINT, "int3");
    RemoveVectoredExceptionHandler(handler);
    VirtualFree(page, 0, MEM_RELEASE);
}

/* ---- single steps through a function, and hardware breakpoints are told apart ---- */

static int n_steps;

static LONG CALLBACK handler_step(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    n_steps++;
    if (n_steps < 4)
        pointers->ContextRecord->EFlags |= 0x100;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void test_steps(void)
{
    void *handler = AddVectoredExceptionHandler(1, handler_step);

    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop; nop; nop; nop" ::
                         : "memory", "cc");
    is_number(n_steps, 4, "a handler steps on by setting the trap flag in the context");
    RemoveVectoredExceptionHandler(handler);
}

/* ---- the stack ---- */

static jmp_buf jump;
static ULONG overflow_code;

static LONG CALLBACK handler_overflow(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != EXCEPTION_STACK_OVERFLOW)
        return EXCEPTION_CONTINUE_SEARCH;
    overflow_code = pointers->ExceptionRecord->ExceptionCode;
    longjmp(jump, 1);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winfinite-recursion"
__attribute__((noinline)) static int recurse(int n)
{
    volatile char block[3000];

    block[0] = (char)n;
    return recurse(n + 1) + block[0];
}
#pragma GCC diagnostic pop

static int overflow_once(void)
{
    overflow_code = 0;
    if (!setjmp(jump))
        recurse(0);
    return overflow_code == EXCEPTION_STACK_OVERFLOW;
}

static int has_guard(void)
{
    ULONG_PTR low, high;
    MEMORY_BASIC_INFORMATION info;

    GetCurrentThreadStackLimits(&low, &high);
    for (char *at = (char *)low; at < (char *)high; at += info.RegionSize) {
        VirtualQuery(at, &info, sizeof(info));
        if (info.State == MEM_COMMIT && info.Protect == (PAGE_READWRITE | PAGE_GUARD))
            return 1;
    }
    return 0;
}

static DWORD WINAPI overflowing_thread(void *argument)
{
    (void)argument;
    if (!overflow_once())
        return 1;
    if (has_guard())
        return 2;
    if (!_resetstkoflw())
        return 3;
    if (!has_guard())
        return 4;
    if (!overflow_once())
        return 5;
    return 77;
}

static void test_stack(void)
{
    void *handler = AddVectoredExceptionHandler(1, handler_overflow);
    ULONG_PTR low = 0, high = 0;
    ULONG guarantee = 0x8000;
    HANDLE thread;
    DWORD code = 0;

    GetCurrentThreadStackLimits(&low, &high);
    ok(low < (ULONG_PTR)&low && (ULONG_PTR)&low < high, "GetCurrentThreadStackLimits");
    ok(has_guard(), "the stack has a guard page");
    ok(overflow_once(), "endless recursion is a stack overflow, left by longjmp");
    ok(!has_guard(), "then the guard is gone");
    ok(_resetstkoflw() != 0, "_resetstkoflw");
    ok(has_guard(), "puts it back");
    ok(overflow_once(), "and the next overflow is seen again");
    ok(_resetstkoflw() != 0, "and repaired");
    thread = CreateThread(NULL, 0x20000, overflowing_thread, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    is_number(code, 77, "the same in a thread");
    CloseHandle(thread);
    ok(SetThreadStackGuarantee(&guarantee), "SetThreadStackGuarantee");
    guarantee = 0;
    ok(SetThreadStackGuarantee(&guarantee) && guarantee >= 0x8000, "tells what was set: %x",
       (unsigned)guarantee);
    ok(overflow_once() && _resetstkoflw(), "an overflow is survived with it");
    RemoveVectoredExceptionHandler(handler);
}

/* ---- C's signals ---- */

static int signal_number;

static void on_signal(int number)
{
    signal_number = number;
}

static void on_fault(int number)
{
    signal_number = number;
    longjmp(jump, 2);
}

static volatile int zero;

static int signal_of(int number, void (*cause)(void))
{
    signal_number = 0;
    signal(number, on_fault);
    if (!setjmp(jump))
        cause();
    return signal_number;
}

static volatile int *volatile nowhere = (volatile int *)8;

static void cause_write(void)
{
    *nowhere = 1;
}

static void cause_divide(void)
{
    zero = 10 / zero;
}

static void cause_illegal(void)
{
    __asm__ volatile("ud2");
}

static void test_signals(void)
{
    is_number(signal_of(SIGSEGV, cause_write), SIGSEGV, "SIGSEGV for an access violation");
    is_number(signal_of(SIGSEGV, cause_write), SIGSEGV, "again");
    is_number(signal_of(SIGFPE, cause_divide), SIGFPE, "SIGFPE for a division by zero");
    is_number(signal_of(SIGILL, cause_illegal), SIGILL, "SIGILL for an illegal instruction");
    signal_number = 0;
    ok(signal(SIGTERM, on_signal) == SIG_DFL, "signal");
    ok(!raise(SIGTERM) && signal_number == SIGTERM, "raise calls the handler");
    ok(signal(SIGTERM, SIG_IGN) == SIG_DFL, "which is reset by that");
    signal_number = 0;
    ok(!raise(SIGTERM) && !signal_number, "an ignored one");
    signal(SIGINT, on_signal);
    ok(!raise(SIGINT) && signal_number == SIGINT, "SIGINT is raised");
    signal(SIGABRT, on_signal);
    signal_number = 0;
    ok(!raise(SIGABRT) && signal_number == SIGABRT, "and SIGABRT");
    ok(signal(99, on_signal) == SIG_ERR, "there is no signal 99");
}

static int depth_reached;

static void jump_from(int depth)
{
    char block[100];

    memset(block, depth, sizeof(block));
    if (depth)
        jump_from(depth - 1);
    else if (n_seen >= 0)
        longjmp(jump, 33);
    depth_reached += block[0];
}

static void test_longjmp(void)
{
    volatile int n = 0;
    volatile double kept = 2.5;
    int value = setjmp(jump);

    n++;
    if (!value)
        jump_from(50);
    ok(value == 33 && n == 2 && kept == 2.5 && !depth_reached, "longjmp out of 50 frames");
    value = setjmp(jump);
    if (!value)
        longjmp(jump, 0);
    is_number(value, 1, "longjmp with 0 is 1");
}

/* ---- console control ---- */

/* tests/system/control.sh sends events. */
static BOOL WINAPI on_control(DWORD event)
{
    (void)event;
    return TRUE;
}

static void test_control(void)
{
    ok(SetConsoleCtrlHandler(on_control, TRUE), "a control handler");
    ok(SetConsoleCtrlHandler(on_control, FALSE), "is removed");
    ok(!SetConsoleCtrlHandler(on_control, FALSE), "once");
    is_number(GetLastError(), ERROR_INVALID_PARAMETER, "then it is not there");
}

/* ---- the unhandled filter ---- */

static LONG WINAPI filter_one(EXCEPTION_POINTERS *pointers)
{
    n_seen++;
    seen = *pointers->ExceptionRecord;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG WINAPI filter_two(EXCEPTION_POINTERS *pointers)
{
    return filter_one(pointers);
}

static DWORD WINAPI raising_thread(void *argument)
{
    (void)argument;
    RaiseException(0xe0000033, 0, 0, NULL);
    return 12;
}

static void test_filter(void)
{
    HANDLE thread;
    DWORD code;

    n_seen = 0;
    SetUnhandledExceptionFilter(filter_one);
    ok(SetUnhandledExceptionFilter(filter_two) == filter_one, "the filter that was set is told");
    RaiseException(0xe0000031, 0, 0, NULL);
    ok(n_seen == 1 && seen.ExceptionCode == 0xe0000031, "it may continue");
    thread = CreateThread(NULL, 0, raising_thread, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    ok(code == 12 && n_seen == 2 && seen.ExceptionCode == 0xe0000033, "in every thread");
    CloseHandle(thread);
    SetUnhandledExceptionFilter(NULL);
}

static void test_main(void)
{
    test_vectored();
    test_faults();
    test_steps();
    test_longjmp();
    test_stack();
    test_signals();
    test_control();
    test_filter();
}
