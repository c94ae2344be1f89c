/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What one program learns of another: its name, times, exit code, priority, parent, its place in
 * the lists of processes. This program starts itself; its first argument says what the child is to
 * do.
 */

#define PSAPI_VERSION 2
#include <windows.h>

#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

#include "win32.h"

enum { MILLISECOND = 10000, TICK = 10 * MILLISECOND, WORK = 5 * TICK };

static char self[MAX_PATH];

/* Headers differ in what they call its fields. */
struct basic {
    LONG exit_status;
    void *peb;
    ULONG_PTR affinity;
    LONG priority;
    ULONG_PTR id, parent;
};

static ULONGLONG number(FILETIME time)
{
    return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

struct times {
    ULONGLONG made, ended, used;
};

static BOOL times_of(HANDLE process, struct times *ret_times)
{
    FILETIME made, ended, kernel, user;

    if (!GetProcessTimes(process, &made, &ended, &kernel, &user))
        return FALSE;
    *ret_times = (struct times){number(made), number(ended), number(kernel) + number(user)};
    return TRUE;
}

/* ---- the child ---- */

/* Works for some ticks; ends with when it began, as it sees that. */
static DWORD child_work(void)
{
    struct times times;

    do
        times_of(GetCurrentProcess(), &times);
    while (times.used < WORK);
    return (DWORD)times.made;
}

static void child_main(char **argv)
{
    if (!strcmp(argv[1], "work"))
        ExitProcess(child_work());
    if (!strcmp(argv[1], "sleep"))
        Sleep(INFINITE);
    ExitProcess(99);
}

/* ---- the parent ---- */

static void start(const char *arguments, DWORD flags, PROCESS_INFORMATION *info)
{
    if (!child_start(arguments, flags, info))
        bail_out("cannot start %s: error %u", arguments, (unsigned)GetLastError());
}

static void end(PROCESS_INFORMATION *info)
{
    TerminateProcess(info->hProcess, 0);
    child_end(info);
}

static void test_name(void)
{
    PROCESS_INFORMATION info;
    char path[MAX_PATH] = "";
    WCHAR wide[MAX_PATH] = L"";
    DWORD size = sizeof path;
    HANDLE opened;

    start("sleep", CREATE_SUSPENDED, &info);
    ok(QueryFullProcessImageNameA(info.hProcess, 0, path, &size) && !_stricmp(path, self),
       "QueryFullProcessImageNameA of a program that has not run yet: %s", path);
    is_number(size, (long long)strlen(self), "the length of the name");
    opened = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, info.dwProcessId);
    size = MAX_PATH;
    ok(QueryFullProcessImageNameW(opened, PROCESS_NAME_NATIVE, wide, &size) &&
           wcschr(wide, L'\\') && !_wcsicmp(wcsrchr(wide, L'\\'), L"\\process_facts.exe"),
       "QueryFullProcessImageNameW, the native name, by a handle with little access: %S", wide);
    size = 4;
    fails(QueryFullProcessImageNameA(opened, 0, path, &size), ERROR_INSUFFICIENT_BUFFER,
          "a short buffer");
    CloseHandle(opened);
    end(&info);
}

static void test_times(void)
{
    struct times before, again, after;
    PROCESS_INFORMATION info;
    DWORD code = 0;

    start("work", CREATE_SUSPENDED, &info);
    ok(times_of(info.hProcess, &before) && before.made, "GetProcessTimes of another process");
    is_number((long long)before.ended, 0, "which has not ended");
    ok(times_of(info.hProcess, &again) && again.made == before.made,
       "its start is always the same");
    ResumeThread(info.hThread);
    WaitForSingleObject(info.hProcess, INFINITE);
    ok(GetExitCodeProcess(info.hProcess, &code), "GetExitCodeProcess");
    ok((DWORD)before.made - code + TICK <= 2 * TICK, "it sees the same start itself");
    ok(times_of(info.hProcess, &after), "GetProcessTimes of one that has ended");
    is_number((long long)after.made, (long long)before.made, "its start");
    ok(after.ended > after.made, "its end");
    ok(after.used >= WORK - 2 * TICK, "the time it worked: %llu", after.used);
    child_end(&info);
    start("sleep", 0, &info);
    times_of(info.hProcess, &before);
    TerminateProcess(info.hProcess, 3);
    WaitForSingleObject(info.hProcess, INFINITE);
    ok(times_of(info.hProcess, &after) && after.made == before.made && after.ended > after.made,
       "the times of one that was terminated");
    child_end(&info);
}

static void test_basic(void)
{
    struct basic basic;
    PROCESS_INFORMATION info;
    DWORD n = 0;
    HANDLE blind;
    LONG status;

    start("sleep", 0, &info);
    status = NtQueryInformationProcess(info.hProcess, ProcessBasicInformation, &basic, sizeof basic,
                                       NULL);
    is_status(status, 0, "NtQueryInformationProcess: basic");
    is_number((long long)basic.id, info.dwProcessId, "its id");
    is_number((long long)basic.parent, GetCurrentProcessId(), "its parent is this one");
    is_number(basic.exit_status, STILL_ACTIVE, "it has not ended");
    blind = OpenProcess(SYNCHRONIZE, FALSE, info.dwProcessId);
    fails(GetExitCodeProcess(blind, &n), ERROR_ACCESS_DENIED, "asking by a handle that may not");
    if (running_on_portico())
        fails(GetProcessHandleCount(info.hProcess, &n), ERROR_NOT_SUPPORTED,
              "counting its handles, which only it knows,");
    else
        ok(GetProcessHandleCount(info.hProcess, &n) && n, "GetProcessHandleCount");
    ok(GetProcessHandleCount(GetCurrentProcess(), &n) && n, "the handles of this process");
    TerminateProcess(info.hProcess, 9);
    WaitForSingleObject(info.hProcess, INFINITE);
    NtQueryInformationProcess(info.hProcess, ProcessBasicInformation, &basic, sizeof basic, NULL);
    is_number(basic.exit_status, 9, "its end is seen there too");
    is_number((long long)basic.parent, GetCurrentProcessId(), "and still its parent");
    CloseHandle(blind);
    child_end(&info);
}

static void test_priority(void)
{
    PROCESS_INFORMATION info;
    HANDLE asking;
    DWORD own;

    start("sleep", 0, &info);
    asking = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, info.dwProcessId);
    own = GetPriorityClass(GetCurrentProcess());
    ok(own, "the priority class of this process: %x", (unsigned)own);
    if (own == NORMAL_PRIORITY_CLASS) /* others are not all inherited */
        is_number(GetPriorityClass(asking), own, "a child has the same");
    else
        skip(1, "this process is of another class");
    fails(SetPriorityClass(asking, IDLE_PRIORITY_CLASS), ERROR_ACCESS_DENIED,
          "setting it by a handle that may not");
    ok(SetPriorityClass(info.hProcess, IDLE_PRIORITY_CLASS), "SetPriorityClass of another process");
    is_number(GetPriorityClass(asking), IDLE_PRIORITY_CLASS, "GetPriorityClass");
    CloseHandle(asking);
    end(&info);
}

static void test_snapshot(void)
{
    PROCESSENTRY32 entry = {.dwSize = sizeof entry};
    PROCESS_INFORMATION info;
    HANDLE snapshot;
    BOOL more;

    start("sleep", 0, &info);
    snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    ok(snapshot != INVALID_HANDLE_VALUE, "CreateToolhelp32Snapshot");
    more = Process32First(snapshot, &entry);
    while (more && entry.th32ProcessID != info.dwProcessId)
        more = Process32Next(snapshot, &entry);
    ok(more, "the child is in it");
    is_number(entry.th32ParentProcessID, GetCurrentProcessId(), "with its parent");
    ok(!_stricmp(entry.szExeFile, "process_facts.exe"), "by its program's name: %s",
       entry.szExeFile);
    ok(entry.cntThreads >= 1, "and its threads");
    CloseHandle(snapshot);
    end(&info);
}

static void test_enumeration(void)
{
    static DWORD ids[65536];
    PROCESS_INFORMATION info;
    char path[MAX_PATH] = "";
    BOOL child = FALSE, own = FALSE;
    DWORD size = 0;

    start("sleep", 0, &info);
    ok(EnumProcesses(ids, sizeof ids, &size), "EnumProcesses");
    for (DWORD i = 0; i < size / sizeof *ids; i++) {
        child |= ids[i] == info.dwProcessId;
        own |= ids[i] == GetCurrentProcessId();
    }
    ok(child && own, "the child and this process are among %u", (unsigned)(size / sizeof *ids));
    ok(GetProcessImageFileNameA(info.hProcess, path, sizeof path) && strrchr(path, '\\') &&
           !_stricmp(strrchr(path, '\\'), "\\process_facts.exe"),
       "GetProcessImageFileName: %s", path);
    end(&info);
}

static void test_main(void)
{
    if (__argc > 1)
        child_main(__argv);
    GetModuleFileNameA(NULL, self, sizeof self);
    test_name();
    test_times();
    test_basic();
    test_priority();
    test_snapshot();
    test_enumeration();
}
