/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Two processes and what they share: handles carried from one to the other, named objects, mutexes
 * that are abandoned, threads that are suspended; what is refused, by name. This program starts
 * itself; its first argument says what the child is to do. */

#define PSAPI_VERSION 2
#include <windows.h>

#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32.h"

extern LONG WINAPI NtSuspendProcess(HANDLE);
extern LONG WINAPI NtResumeProcess(HANDLE);

enum {
    ACCESS_TO_CHILD =
        PROCESS_DUP_HANDLE | PROCESS_QUERY_INFORMATION | SYNCHRONIZE | PROCESS_TERMINATE
};

static char self[MAX_PATH];

/* ---- the child ---- */

/* Named objects that the parent has made: adds to the section, releases the semaphore, waits for
 * the event, and ends with the mutex. */
static int child_named(const char *tag)
{
    char name[64];
    HANDLE section, semaphore, event, mutex;
    LONG *view;

    snprintf(name, sizeof(name), "%s-section", tag);
    section = OpenFileMappingA(FILE_MAP_WRITE, FALSE, name);
    snprintf(name, sizeof(name), "%s-semaphore", tag);
    semaphore = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, name);
    snprintf(name, sizeof(name), "%s-event", tag);
    event = OpenEventA(SYNCHRONIZE, FALSE, name);
    snprintf(name, sizeof(name), "%s-mutex", tag);
    mutex = CreateMutexA(NULL, FALSE, name);
    if (!section || !semaphore || !event || !mutex || GetLastError() != ERROR_ALREADY_EXISTS)
        return 1;
    view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    if (!view || WaitForSingleObject(mutex, INFINITE) != WAIT_OBJECT_0)
        return 2;
    InterlockedAdd(view, 100);
    if (!ReleaseSemaphore(semaphore, 2, NULL))
        return 3;
    return WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0 ? 33 : 4;
}

/* Gives the parent a handle of its own making, by DuplicateHandle into the parent. */
static int child_give(const char *parent_id, const char *slot_name)
{
    HANDLE parent = OpenProcess(PROCESS_DUP_HANDLE, FALSE, strtoul(parent_id, NULL, 0));
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, NULL), theirs = NULL;
    HANDLE section = OpenFileMappingA(FILE_MAP_WRITE, FALSE, slot_name);
    HANDLE *slot = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;

    if (!parent || !slot)
        return 1;
    if (!DuplicateHandle(GetCurrentProcess(), event, parent, &theirs, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return 2;
    *slot = theirs;
    return 44;
}

static int child_count(const char *name)
{
    HANDLE section = OpenFileMappingA(FILE_MAP_WRITE, FALSE, name);
    volatile LONG *view = section ? MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0) : NULL;

    if (!view)
        return 1;
    while (!view[1])
        view[0]++;
    return 55;
}

static int child_main(int argc, char **argv)
{
    if (!strcmp(argv[1], "named"))
        return child_named(argv[2]);
    if (!strcmp(argv[1], "give") && argc > 3)
        return child_give(argv[2], argv[3]);
    if (!strcmp(argv[1], "count"))
        return child_count(argv[2]);
    if (!strcmp(argv[1], "memory"))
        return atoi(argv[2]);
    if (!strcmp(argv[1], "modules"))
        SetEvent(OpenEventA(EVENT_MODIFY_STATE, FALSE, "shared-modules"));
    if (!strcmp(argv[1], "sleep") || !strcmp(argv[1], "modules"))
        Sleep(INFINITE);
    return 99;
}

/* ---- the parent ---- */

/* The child says by the semaphore that it has got so far, or ends. */
static int is_reached(HANDLE semaphore, PROCESS_INFORMATION *info)
{
    HANDLE both[2] = {semaphore, info->hProcess};
    DWORD code = 0, which = WaitForMultipleObjects(2, both, FALSE, INFINITE);

    if (which != WAIT_OBJECT_0 && GetExitCodeProcess(info->hProcess, &code))
        diag("the child has ended with %d", (int)code);
    return which == WAIT_OBJECT_0;
}

static void test_named(void)
{
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "shared-section");
    HANDLE semaphore = CreateSemaphoreA(NULL, 0, 9, "shared-semaphore"),
           event = CreateEventA(NULL, TRUE, FALSE, "shared-event");
    HANDLE mutex = CreateMutexA(NULL, TRUE, "shared-mutex");
    LONG *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    PROCESS_INFORMATION info;

    *view = 11;
    ok(child_start("named shared", 0, &info), "a child that opens named objects");
    ReleaseMutex(mutex);
    ok(is_reached(semaphore, &info), "it releases the semaphore");
    is_number(*view, 111, "it has written to the section");
    is_number(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0, "the semaphore was released twice");
    is_number(WaitForSingleObject(mutex, 0), WAIT_TIMEOUT, "it holds the mutex");
    SetEvent(event);
    is_number(child_end(&info), 33, "it saw the event");
    is_number(WaitForSingleObject(mutex, INFINITE), WAIT_ABANDONED,
              "and has left the mutex abandoned");
    ok(ReleaseMutex(mutex), "which is ours now");
    ok(!OpenEventA(SYNCHRONIZE, FALSE, "shared-none") && GetLastError() == ERROR_FILE_NOT_FOUND,
       "a name that is not there");
    ok(!OpenEventA(SYNCHRONIZE, FALSE, "shared-mutex") && GetLastError() == ERROR_INVALID_HANDLE,
       "one of another type");
    ResetEvent(event);
    ok(child_start("named shared", 0, &info), "a second child");
    ok(is_reached(semaphore, &info), "runs");
    ok(TerminateProcess(info.hProcess, 3), "and is terminated");
    is_number(child_end(&info), 3, "with that code");
    UnmapViewOfFile(view);
    CloseHandle(section);
    CloseHandle(semaphore);
    CloseHandle(event);
    CloseHandle(mutex);
    ok(!OpenEventA(SYNCHRONIZE, FALSE, "shared-event"), "with its last handle a name ends");
}

static void test_open(void)
{
    PROCESS_INFORMATION info;
    HANDLE opened;
    DWORD code = 0;
    FILETIME made, ended, kernel, user;
    char path[MAX_PATH] = "";
    DWORD size = sizeof path;

    child_start("sleep", 0, &info);
    opened = OpenProcess(ACCESS_TO_CHILD, FALSE, info.dwProcessId);
    ok(opened != NULL, "OpenProcess by id");
    is_number(GetProcessId(opened), info.dwProcessId, "GetProcessId");
    ok(GetExitCodeProcess(opened, &code) && code == STILL_ACTIVE, "GetExitCodeProcess");
    ok(GetProcessTimes(opened, &made, &ended, &kernel, &user) && made.dwHighDateTime > 0x1d00000,
       "GetProcessTimes");
    ok(QueryFullProcessImageNameA(opened, 0, path, &size) && !_stricmp(path, self),
       "QueryFullProcessImageName: %s", path);
    is_number(WaitForSingleObject(opened, 0), WAIT_TIMEOUT, "it runs");
    ok(TerminateProcess(opened, 21), "TerminateProcess");
    is_number(WaitForSingleObject(opened, INFINITE), WAIT_OBJECT_0, "it has ended");
    ok(GetExitCodeProcess(opened, &code) && code == 21, "with that code");
    CloseHandle(opened);
    child_end(&info);
    opened = OpenProcess(SYNCHRONIZE, FALSE, 0xfffffffc);
    ok(!opened && GetLastError() == ERROR_INVALID_PARAMETER, "an id that is nobody's: error %u",
       (unsigned)GetLastError());
    opened = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
    ok(opened && GetProcessId(opened) == GetCurrentProcessId(), "this process by its id");
    ok(!TerminateProcess(opened, 1) && GetLastError() == ERROR_ACCESS_DENIED,
       "a handle does only what it was opened for");
    CloseHandle(opened);
}

static void test_duplicate(void)
{
    HANDLE slots =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "shared-slots");
    HANDLE *slot = MapViewOfFile(slots, FILE_MAP_WRITE, 0, 0, 0),
           event = CreateEventA(NULL, FALSE, FALSE, NULL);
    HANDLE theirs = NULL, back = NULL;
    PROCESS_INFORMATION info;
    char line[64];

    snprintf(line, sizeof line, "give %u shared-slots", (unsigned)GetCurrentProcessId());
    ok(child_start(line, 0, &info), "a child that gives a handle");
    is_number(child_end(&info), 44, "it does");
    is_number(WaitForSingleObject(*slot, 0), WAIT_OBJECT_0,
              "an event that the child has made and set, used here");
    ok(CloseHandle(*slot), "and closed");
    child_start("sleep", 0, &info);
    ok(DuplicateHandle(GetCurrentProcess(), event, info.hProcess, &theirs, 0, FALSE,
                       DUPLICATE_SAME_ACCESS),
       "DuplicateHandle into a child");
    ok(DuplicateHandle(info.hProcess, theirs, GetCurrentProcess(), &back, 0, FALSE,
                       DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
       "and out of it again, closing it there");
    SetEvent(back);
    is_number(WaitForSingleObject(event, 0), WAIT_OBJECT_0, "both are the same event");
    ok(!DuplicateHandle(info.hProcess, theirs, GetCurrentProcess(), &back, 0, FALSE,
                        DUPLICATE_SAME_ACCESS) &&
           GetLastError() == ERROR_INVALID_HANDLE,
       "there it is closed");
    TerminateProcess(info.hProcess, 0);
    child_end(&info);
    UnmapViewOfFile(slot);
    CloseHandle(slots);
    CloseHandle(event);
}

static HANDLE volatile current;
static LONG volatile is_over;

static DWORD WINAPI reader(void *unused)
{
    (void)unused;
    while (!is_over) {
        OVERLAPPED at = {0};
        DWORD n;
        char byte;

        ReadFile(current, &byte, 1, &n, &at);
    }
    return 0;
}

static HANDLE file_of(char byte)
{
    char folder[MAX_PATH], path[MAX_PATH];
    HANDLE file;
    DWORD n;

    GetTempPathA(sizeof folder, folder);
    GetTempFileNameA(folder, "shr", 0, path);
    file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE | DELETE,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, CREATE_ALWAYS,
                       FILE_FLAG_DELETE_ON_CLOSE, NULL);
    ok(file != INVALID_HANDLE_VALUE && WriteFile(file, &byte, 1, &n, NULL), "a file of one byte");
    return file;
}

/* The value of a closed handle is used again, while another thread reads by it: it is the new
 * file's. The handles come from another process. */
static void test_handle_used_again(void)
{
    HANDLE files[2] = {file_of('A'), file_of('B')}, theirs[2] = {NULL, NULL}, threads[2];
    unsigned n_given = 0, n_right = 0, n_closed = 0;
    PROCESS_INFORMATION info;

    child_start("sleep", 0, &info);
    for (int i = 0; i < 2; i++) {
        DuplicateHandle(GetCurrentProcess(), files[i], info.hProcess, &theirs[i], 0, FALSE,
                        DUPLICATE_SAME_ACCESS);
        threads[i] = CreateThread(NULL, 0, reader, NULL, 0, NULL);
    }
    for (int i = 0; i < 400; i++) {
        OVERLAPPED at = {0};
        HANDLE file = NULL;
        char byte = 0;
        DWORD n;

        n_given += DuplicateHandle(info.hProcess, theirs[i % 2], GetCurrentProcess(), &file, 0,
                                   FALSE, DUPLICATE_SAME_ACCESS);
        n_right += ReadFile(file, &byte, 1, &n, &at) && byte == "AB"[i % 2];
        current = file;
        SwitchToThread();
        n_closed += CloseHandle(file);
    }
    is_over = TRUE;
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    is_number(n_given, 400, "handles of files");
    is_number(n_right, 400, "each reads its own file");
    is_number(n_closed, 400, "each is closed");
    for (int i = 0; i < 2; i++) {
        CloseHandle(threads[i]);
        CloseHandle(files[i]);
    }
    TerminateProcess(info.hProcess, 0);
    child_end(&info);
}

/* Refused here, by name; what Windows does then is waited for by its effect. */
static void test_suspend(void)
{
    HANDLE section =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, "shared-count");
    volatile LONG *view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, 0);
    PROCESS_INFORMATION info;
    HANDLE opened;
    LONG stopped;

    ok(child_start("count shared-count", 0, &info), "a child that counts");
    while (view[0] < 1000)
        Sleep(0);
    if (running_on_portico()) {
        ok(SuspendThread(info.hThread) == (DWORD)-1 && GetLastError() == ERROR_NOT_SUPPORTED,
           "SuspendThread of another process' thread is refused: error %u",
           (unsigned)GetLastError());
        ok(!OpenThread(SYNCHRONIZE, FALSE, info.dwThreadId) &&
               GetLastError() == ERROR_NOT_SUPPORTED,
           "so is opening it: error %u", (unsigned)GetLastError());
    } else if (is_number((LONG)SuspendThread(info.hThread), 0, "its thread is suspended")) {
        do /* it may finish what it began */
            stopped = view[0];
        while (Sleep(10), view[0] != stopped);
        ResumeThread(info.hThread);
        while (view[0] == stopped)
            Sleep(0);
    }
    is_status(NtSuspendProcess(info.hProcess), 0, "NtSuspendProcess");
    is_status(NtSuspendProcess(info.hProcess), 0, "twice");
    stopped = view[0];
    is_status(NtResumeProcess(info.hProcess), 0, "NtResumeProcess");
    for (int i = 0; i < 20; i++)
        Sleep(0);
    is_number(view[0], stopped, "resumed once it still does not count");
    NtResumeProcess(info.hProcess);
    while (view[0] == stopped)
        Sleep(0);
    ok(1, "resumed twice it goes on");
    opened = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, info.dwProcessId);
    is_status(NtSuspendProcess(opened), (LONG)0xc0000022, "by a handle that may not");
    CloseHandle(opened);
    NtSuspendProcess(info.hProcess);
    NtResumeProcess(info.hProcess);
    view[1] = 1;
    is_number(child_end(&info), 55, "it ends when it is told to");
    UnmapViewOfFile((void *)view);
    CloseHandle(section);
}

static DWORD WINAPI nothing(void *argument)
{
    (void)argument;
    return 0;
}

static void test_foreign(void)
{
    PROCESS_INFORMATION info;
    static char word[8] = "mine";
    char copy[8] = "";
    SIZE_T n = 0;
    HANDLE thread;
    void *memory;

    child_start("sleep", CREATE_SUSPENDED, &info);
    SetLastError(0);
    thread = CreateRemoteThread(info.hProcess, NULL, 0, nothing, NULL, 0, NULL);
    if (running_on_portico())
        ok(!thread && GetLastError() == ERROR_NOT_SUPPORTED,
           "CreateRemoteThread is refused: error %u", (unsigned)GetLastError());
    else
        ok(thread != NULL, "CreateRemoteThread");
    memory = VirtualAllocEx(info.hProcess, NULL, 4096, MEM_COMMIT, PAGE_READWRITE);
    if (running_on_portico())
        ok(!memory && GetLastError() == ERROR_NOT_SUPPORTED, "VirtualAllocEx is refused: error %u",
           (unsigned)GetLastError());
    else
        ok(memory != NULL, "VirtualAllocEx");
    ok(ReadProcessMemory(GetCurrentProcess(), word, copy, sizeof copy, &n) && n == 8 &&
           !strcmp(copy, "mine"),
       "ReadProcessMemory of this process");
    ok(!ReadProcessMemory(GetCurrentProcess(), (void *)16, copy, 8, &n) &&
           GetLastError() == ERROR_PARTIAL_COPY,
       "what is not there: error %u", (unsigned)GetLastError());
    ok(WriteProcessMemory(GetCurrentProcess(), word, "ours", 5, &n) && !strcmp(word, "ours"),
       "WriteProcessMemory");
    TerminateProcess(info.hProcess, 0);
    child_end(&info);
}

/* Of a child that has not run yet: its command line, where Windows has it, and a change there. */
static void test_memory(void)
{
    struct basic {
        LONG exit_status;
        char *peb;
        ULONG_PTR rest[4];
    } basic = {0};
    PROCESS_INFORMATION info;
    UNICODE_STRING line = {0};
    WCHAR text[1024] = L"";
    char *parameters = NULL;
    SIZE_T n = 0;
    HANDLE opened;

    child_start("memory 1", CREATE_SUSPENDED, &info);
    is_status(NtQueryInformationProcess(info.hProcess, ProcessBasicInformation, &basic,
                                        sizeof basic, NULL),
              0, "where the PEB of another process is");
    ok(ReadProcessMemory(info.hProcess, basic.peb + 0x20, &parameters, sizeof parameters, &n) &&
           n == sizeof parameters,
       "ReadProcessMemory of another process");
    ok(ReadProcessMemory(info.hProcess, parameters + 0x70, &line, sizeof line, NULL) &&
           line.Length < sizeof text &&
           ReadProcessMemory(info.hProcess, line.Buffer, text, line.Length, NULL) &&
           wcsstr(text, L" memory 1"),
       "its command line: %S", text);
    ok(WriteProcessMemory(info.hProcess, line.Buffer + line.Length / 2 - 1, L"2", 2, &n) && n == 2,
       "WriteProcessMemory");
    ok(!ReadProcessMemory(info.hProcess, (void *)16, text, 8, &n) &&
           GetLastError() == ERROR_PARTIAL_COPY,
       "what is not there: error %u", (unsigned)GetLastError());
    opened = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, info.dwProcessId);
    ok(!ReadProcessMemory(opened, line.Buffer, text, 8, &n) &&
           GetLastError() == ERROR_ACCESS_DENIED,
       "by a handle that may not: error %u", (unsigned)GetLastError());
    CloseHandle(opened);
    ResumeThread(info.hThread);
    is_number(child_end(&info), 2, "the child has the command line that was written");
}

static void test_modules(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, "shared-modules");
    char name[MAX_PATH] = "", path[MAX_PATH] = "";
    HMODULE modules[64];
    PROCESS_INFORMATION info;
    DWORD size = 0;

    child_start("modules", 0, &info);
    ok(is_reached(event, &info), "a child that has loaded its DLLs");
    ok(EnumProcessModules(info.hProcess, modules, sizeof modules, &size) &&
           size >= 3 * sizeof *modules,
       "EnumProcessModules: error %u", (unsigned)GetLastError());
    ok(GetModuleBaseNameA(info.hProcess, modules[0], name, sizeof name) &&
           !_stricmp(name, "processes_shared.exe"),
       "the first one is the program: %s", name);
    ok(GetModuleFileNameExA(info.hProcess, modules[0], path, sizeof path) && !_stricmp(path, self),
       "GetModuleFileNameEx: %s", path);
    TerminateProcess(info.hProcess, 0);
    child_end(&info);
    CloseHandle(event);
}

static void test_main(void)
{
    if (__argc > 1)
        exit(child_main(__argc, __argv));
    GetModuleFileNameA(NULL, self, sizeof self);
    test_named();
    test_open();
    test_duplicate();
    test_handle_used_again();
    test_suspend();
    test_foreign();
    test_memory();
    test_modules();
}
