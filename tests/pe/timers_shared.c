/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Waitable timers with a name, inherited ones and duplicated ones: two processes use one timer. */

#define _WIN32_WINNT 0x0a00
#include <windows.h>
#include <winternl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32.h"

#define NAME       "portico test timer"
#define READY_NAME "portico test timer ready"
#define FAR_AWAY   (-36000000000ll) /* an hour */

static BOOL set(HANDLE timer, LONGLONG due, LONG period)
{
    LARGE_INTEGER at = {.QuadPart = due};

    return SetWaitableTimer(timer, &at, period, NULL, NULL, FALSE);
}

static LONGLONG now(void)
{
    FILETIME time;

    GetSystemTimeAsFileTime(&time);
    return (LONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static void test_names(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NAME), again, event;

    ok(timer != NULL, "a timer with a name");
    again = CreateWaitableTimerA(NULL, TRUE, NAME);
    is_number(GetLastError(), ERROR_ALREADY_EXISTS, "the same again");
    ok(again != NULL, "is that timer");
    CloseHandle(again);
    again = OpenWaitableTimerA(SYNCHRONIZE, FALSE, NAME);
    ok(again != NULL, "OpenWaitableTimer");
    fails(set(again, -1, 0), ERROR_ACCESS_DENIED, "setting it without the right");
    CloseHandle(again);
    event = CreateEventA(NULL, FALSE, FALSE, NAME);
    fails(event != NULL, ERROR_INVALID_HANDLE, "an event of that name");
    CloseHandle(timer);
    again = OpenWaitableTimerA(SYNCHRONIZE, FALSE, NAME);
    fails(again != NULL, ERROR_FILE_NOT_FOUND, "opening it after its last handle");
}

static void test_firing(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NAME);
    HANDLE manual = CreateWaitableTimerA(NULL, TRUE, NAME " manual");
    HANDLE other = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, NAME);

    is_number(WaitForSingleObject(timer, 0), WAIT_TIMEOUT, "a timer that was never set");
    ok(set(timer, -10000, 0), "set for one millisecond");
    is_number(WaitForSingleObject(other, INFINITE), WAIT_OBJECT_0, "the other handle's wait ends");
    is_number(WaitForSingleObject(timer, 0), WAIT_TIMEOUT, "which has reset it");
    ok(set(manual, now() + 10000, 0), "one to be reset by hand, at a time");
    is_number(WaitForSingleObject(manual, INFINITE), WAIT_OBJECT_0, "its wait ends");
    is_number(WaitForSingleObject(manual, 0), WAIT_OBJECT_0, "and it stays");
    ok(set(manual, FAR_AWAY, 0), "until it is set");
    is_number(WaitForSingleObject(manual, 0), WAIT_TIMEOUT, "then it is not signalled");
    ok(set(manual, 1, 0), "a time long past");
    is_number(WaitForSingleObject(manual, INFINITE), WAIT_OBJECT_0, "has come");
    ok(CancelWaitableTimer(manual), "cancelled");
    is_number(WaitForSingleObject(manual, 0), WAIT_OBJECT_0, "it stays as it is");
    ok(set(timer, -1, 1), "with a period");
    for (int i = 0; i < 3; i++)
        is_number(WaitForSingleObject(other, INFINITE), WAIT_OBJECT_0, "it fires again");
    ok(CancelWaitableTimer(other), "cancelled by the other handle");
    WaitForSingleObject(timer, 0);
    is_number(WaitForSingleObject(timer, 0), WAIT_TIMEOUT, "it fires no more");
    fails(SetWaitableTimer(timer, &(LARGE_INTEGER){.QuadPart = -1}, -1, NULL, NULL, FALSE),
          ERROR_INVALID_PARAMETER, "a negative period");
    CloseHandle(timer);
    CloseHandle(other);
    CloseHandle(manual);
}

static void test_mixed_waits(void)
{
    HANDLE both[2] = {CreateEventA(NULL, FALSE, FALSE, NULL),
                      CreateWaitableTimerA(NULL, FALSE, NAME)};

    set(both[1], -1, 0);
    is_number(WaitForMultipleObjects(2, both, FALSE, INFINITE), WAIT_OBJECT_0 + 1,
              "any of an event and the timer");
    set(both[1], -1, 0);
    is_number(WaitForSingleObject(both[1], INFINITE), WAIT_OBJECT_0, "it fires");
    set(both[1], -1, 0);
    SetEvent(both[0]);
    is_number(WaitForMultipleObjects(2, both, TRUE, INFINITE), WAIT_OBJECT_0, "all");
    is_number(WaitForSingleObject(both[0], 0), WAIT_TIMEOUT, "the event was taken");
    is_number(WaitForSingleObject(both[1], 0), WAIT_TIMEOUT, "the timer was");
    CloseHandle(both[0]);
    CloseHandle(both[1]);
}

static int n_calls;
static void *call_context;
static LONGLONG call_time;

static void CALLBACK called(void *context, DWORD low, DWORD high)
{
    n_calls++;
    call_context = context;
    call_time = (LONGLONG)high << 32 | low;
}

static BOOL set_with_call(HANDLE timer, LONGLONG due, LONG period, void *context)
{
    LARGE_INTEGER at = {.QuadPart = due};

    n_calls = 0;
    return SetWaitableTimer(timer, &at, period, called, context, FALSE);
}

static void await_calls(int n)
{
    while (n_calls < n)
        SleepEx(INFINITE, TRUE);
}

static void test_calls(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NAME);
    LONGLONG before = now();
    int local;

    ok(set_with_call(timer, -1, 0, &local), "set with an APC");
    is_number(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION, "which ends a sleep");
    ok(n_calls == 1 && call_context == &local, "and has its argument");
    ok(call_time >= before && call_time <= now(), "and the time");
    ok(set_with_call(timer, -1, 1, NULL), "with a period");
    await_calls(3);
    ok(CancelWaitableTimer(timer), "until it is cancelled");
    n_calls = 0;
    is_number(SleepEx(0, TRUE), 0, "then no APC is left");
    set_with_call(timer, -1, 0, NULL);
    WaitForSingleObject(timer, INFINITE);
    ok(CancelWaitableTimer(timer), "cancelled when it has fired");
    is_number(SleepEx(0, TRUE) + (DWORD)n_calls, 0, "what has not run does not");
    set_with_call(timer, -1, 0, NULL);
    WaitForSingleObject(timer, INFINITE);
    ok(set(timer, FAR_AWAY, 0), "set without one");
    is_number(SleepEx(0, TRUE) + (DWORD)n_calls, 0, "the same");
    CloseHandle(timer);
}

static BOOL start_child(const char *how, HANDLE handle, PROCESS_INFORMATION *ret_child)
{
    char arguments[64];

    snprintf(arguments, sizeof(arguments), "%s %llu", how, (unsigned long long)(ULONG_PTR)handle);
    return child_start_with(arguments, TRUE, 0, ret_child);
}

/* The child waits; this process sets. */
static void test_processes(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NAME);
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, READY_NAME);
    PROCESS_INFORMATION child;

    ok(start_child("wait-named", NULL, &child), "a child that waits for the timer");
    WaitForSingleObject(ready, INFINITE);
    set(timer, -10000, 0);
    is_number(child_end(&child), 7, "its wait ends when this process has set it");
    set_with_call(timer, FAR_AWAY, 0, NULL);
    ok(start_child("set-named", NULL, &child), "a child that sets it");
    is_number(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0, "it fires here");
    is_number(child_end(&child), 7, "the child ends");
    is_number(SleepEx(0, TRUE) + (DWORD)n_calls, 0, "the APC of the time before does not come");
    CloseHandle(timer);
    CloseHandle(ready);
}

static void test_inheriting(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, TRUE};
    HANDLE timer = CreateWaitableTimerA(&inherit, FALSE, NULL), copy;
    HANDLE once = CreateWaitableTimerA(NULL, TRUE, NULL);
    PROCESS_INFORMATION child;

    set_with_call(timer, -1, 1, &n_calls);
    ok(start_child("wait-handle", timer, &child), "a child inherits a timer that is armed");
    is_number(child_end(&child), 7, "and waits for it");
    n_calls = 0;
    await_calls(3); /* one may be left of the time before */
    ok(call_context == &n_calls, "its APCs come to this process");
    is_number(WaitForSingleObject(timer, INFINITE), WAIT_OBJECT_0, "where it still fires");
    ok(CancelWaitableTimer(timer), "until it is cancelled");
    set_with_call(once, -1, 0, NULL);
    WaitForSingleObject(once, INFINITE);
    ok(start_child("sleep", NULL, &child) &&
           DuplicateHandle(GetCurrentProcess(), once, child.hProcess, &copy, 0, FALSE,
                           DUPLICATE_SAME_ACCESS),
       "one is given to another process");
    is_number(WaitForSingleObject(once, 0), WAIT_OBJECT_0, "its state went along");
    set(once, FAR_AWAY, 0);
    is_number(WaitForSingleObject(once, 0), WAIT_TIMEOUT, "and it can still be set");
    is_number(SleepEx(0, TRUE) + (DWORD)n_calls, 0, "the APC of before does not come then");
    TerminateProcess(child.hProcess, 7);
    child_end(&child);
    CloseHandle(timer);
    CloseHandle(once);
}

static int child_main(char **arguments)
{
    HANDLE handle = (HANDLE)(ULONG_PTR)strtoull(arguments[2], NULL, 10);

    if (!strcmp(arguments[1], "sleep"))
        Sleep(INFINITE);
    if (!strcmp(arguments[1], "wait-named") || !strcmp(arguments[1], "set-named"))
        handle = OpenWaitableTimerA(TIMER_ALL_ACCESS, FALSE, NAME);
    if (!strcmp(arguments[1], "set-named"))
        return set(handle, -1, 0) ? 7 : 8;
    if (!strcmp(arguments[1], "wait-named"))
        SetEvent(OpenEventA(EVENT_MODIFY_STATE, FALSE, READY_NAME));
    return WaitForSingleObject(handle, INFINITE) == WAIT_OBJECT_0 ? 7 : 8;
}

static void test_main(void)
{
    if (__argc > 2)
        exit(child_main(__argv));
    test_names();
    test_firing();
    test_mixed_waits();
    test_calls();
    test_processes();
    test_inheriting();
}
