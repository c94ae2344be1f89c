/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Share modes and byte-range locks, within a process and between processes. The program starts
 * itself to try what another process may do while it holds a file. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define FILE_NAME "C:\\windows\\temp\\file_sharing"
#define READY     "portico_file_sharing_ready"
#define GO        "portico_file_sharing_go"

extern LONG WINAPI NtLockFile(HANDLE, HANDLE, void *, void *, IO_STATUS_BLOCK *, LARGE_INTEGER *,
                              LARGE_INTEGER *, ULONG *, BOOLEAN, BOOLEAN);

static char self[MAX_PATH];

static HANDLE open_file(DWORD access, DWORD sharing, DWORD flags)
{
    return CreateFileA(FILE_NAME, access, sharing, NULL, OPEN_EXISTING, flags, NULL);
}

/* What comes of the word `what`, with two numbers: a Windows error, 0 if it went well. */
static DWORD attempt(const char *what, DWORD first, DWORD second)
{
    OVERLAPPED over = {.Offset = first};
    HANDLE file = INVALID_HANDLE_VALUE;
    char text[16];
    BOOL done;
    DWORD n;

    SetLastError(0);
    if (!strcmp(what, "open")) {
        file = open_file(first, second, 0);
        done = file != INVALID_HANDLE_VALUE;
    } else if (!strcmp(what, "delete")) {
        done = DeleteFileA(FILE_NAME);
    } else if (!strcmp(what, "replace")) {
        CloseHandle(CreateFileA(FILE_NAME "2", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
        done = MoveFileExA(FILE_NAME "2", FILE_NAME, MOVEFILE_REPLACE_EXISTING);
    } else if (!strcmp(what, "truncate")) {
        file = CreateFileA(FILE_NAME, GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);
        done = file != INVALID_HANDLE_VALUE;
    } else {
        file = open_file(GENERIC_READ | GENERIC_WRITE, 7, 0);
        if (!strcmp(what, "read"))
            done = ReadFile(file, text, second, &n, &over);
        else if (!strcmp(what, "write"))
            done = WriteFile(file, "0123456789", second, &n, &over);
        else
            done = LockFileEx(
                file, (what[0] == 'x' ? LOCKFILE_EXCLUSIVE_LOCK : 0) | LOCKFILE_FAIL_IMMEDIATELY, 0,
                second, 0, &over);
    }
    n = done ? 0 : GetLastError();
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return n;
}

static HANDLE start(const char *arguments)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process = {0};
    char line[MAX_PATH + 100];

    snprintf(line, sizeof line, "\"%s\" %s", self, arguments);
    CreateProcessA(self, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process);
    CloseHandle(process.hThread);
    return process.hProcess;
}

static DWORD finish(HANDLE process)
{
    DWORD code = 9999;

    WaitForSingleObject(process, INFINITE);
    GetExitCodeProcess(process, &code);
    CloseHandle(process);
    return code;
}

/* Here and in another process the same comes of it. */
static void both(const char *what, DWORD first, DWORD second, DWORD want, const char *name)
{
    char line[100];

    is_number(attempt(what, first, second), want, "%s", name);
    snprintf(line, sizeof line, "%s %lu %lu", what, first, second);
    is_number(finish(start(line)), want, "the same in another process");
}

static void test_sharing(void)
{
    const DWORD both_ways = GENERIC_READ | GENERIC_WRITE;
    HANDLE file = open_file(GENERIC_READ, FILE_SHARE_READ, 0);

    both("open", GENERIC_READ, FILE_SHARE_READ, 0, "two read");
    both("open", GENERIC_READ, 0, ERROR_SHARING_VIOLATION, "a reader that shares nothing");
    both("open", GENERIC_READ, 7, 0, "a reader that shares all");
    both("open", GENERIC_WRITE, 7, ERROR_SHARING_VIOLATION, "a writer");
    both("open", DELETE, 7, ERROR_SHARING_VIOLATION, "one who deletes");
    both("open", FILE_READ_ATTRIBUTES, 0, 0, "one who only looks");
    both("delete", 0, 0, ERROR_SHARING_VIOLATION, "deleting");
    both("replace", 0, 0, ERROR_ACCESS_DENIED, "replacing");
    both("truncate", 0, 0, ERROR_SHARING_VIOLATION, "creating anew");
    CloseHandle(file);
    both("open", both_ways, 0, 0, "alone");
    file = open_file(both_ways, 0, 0);
    both("open", GENERIC_READ, 7, ERROR_SHARING_VIOLATION, "reading what is not shared");
    both("open", GENERIC_WRITE, 7, ERROR_SHARING_VIOLATION, "writing it");
    CloseHandle(file);
    file = open_file(GENERIC_WRITE, 7, 0);
    both("open", GENERIC_READ, FILE_SHARE_READ, ERROR_SHARING_VIOLATION,
         "a reader that suffers no writer");
    both("open", GENERIC_READ, 7, 0, "one who does");
    CloseHandle(file);
    file = open_file(FILE_READ_ATTRIBUTES, 0, 0);
    both("open", both_ways, 0, 0, "who only looks keeps nobody out");
    CloseHandle(file);
}

static BOOL lock(HANDLE file, DWORD flags, DWORD offset, DWORD length)
{
    OVERLAPPED over = {.Offset = offset};

    return LockFileEx(file, flags | LOCKFILE_FAIL_IMMEDIATELY, 0, length, 0, &over);
}

static void test_locks(void)
{
    HANDLE file = open_file(GENERIC_READ | GENERIC_WRITE, 7, 0), other;
    char text[4];
    DWORD n;

    WriteFile(file, "0123456789abcdef", 16, &n, NULL);
    ok(LockFile(file, 4, 0, 4, 0), "an exclusive lock");
    both("read", 0, 4, 0, "reading before it");
    both("read", 2, 4, ERROR_LOCK_VIOLATION, "reading into it");
    both("write", 7, 1, ERROR_LOCK_VIOLATION, "writing into it");
    both("write", 8, 4, 0, "writing behind it");
    both("xlock", 0, 4, 0, "locking before it");
    both("xlock", 7, 1, ERROR_LOCK_VIOLATION, "locking its last byte");
    both("slock", 4, 4, ERROR_LOCK_VIOLATION, "sharing it");
    ok(!lock(file, 0, 4, 4) && GetLastError() == ERROR_LOCK_VIOLATION,
       "its own handle cannot lock it again");
    ok(WriteFile(file, "x", 1, &n, &(OVERLAPPED){.Offset = 5}), "but may write");
    ok(!UnlockFile(file, 4, 0, 3, 0) && GetLastError() == ERROR_NOT_LOCKED,
       "another range was not locked");
    ok(UnlockFile(file, 4, 0, 4, 0), "unlock");
    both("xlock", 4, 4, 0, "it is free");
    ok(lock(file, 0, 0, 8) && lock(file, 0, 4, 8), "two shared locks");
    both("slock", 0, 16, 0, "are shared");
    both("xlock", 5, 1, ERROR_LOCK_VIOLATION, "with nobody who wants it alone");
    both("read", 0, 16, 0, "and can be read");
    both("write", 0, 4, ERROR_LOCK_VIOLATION, "but not written");
    ok(UnlockFile(file, 0, 0, 8, 0), "one goes");
    both("xlock", 0, 4, 0, "its part is free");
    both("xlock", 4, 4, ERROR_LOCK_VIOLATION, "not what the other has");
    CloseHandle(file);
    both("xlock", 0, 16, 0, "closing the handle unlocks");
    file = open_file(GENERIC_READ, 7, 0);
    ok(lock(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 100), "a lock through a handle for reading");
    ok(ReadFile(file, text, 4, &n, NULL), "which it can read");
    both("read", 0, 4, ERROR_LOCK_VIOLATION, "and others not");
    other = open_file(GENERIC_READ, 7, 0);
    CloseHandle(other);
    both("read", 0, 4, ERROR_LOCK_VIOLATION, "also after another handle was closed");
    CloseHandle(file);
}

/* A waiting lock: synchronous here, overlapped on the other handle. */
static DWORD WINAPI lock_wait(void *handle)
{
    OVERLAPPED over = {.Offset = 0};

    return LockFileEx(handle, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, &over) ? 0 : GetLastError();
}

/* An overlapped lock that waits. */
static BOOL lock_begin(HANDLE file, OVERLAPPED *over)
{
    return !LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, over) &&
           GetLastError() == ERROR_IO_PENDING;
}

/* What a completion port hears of a lock, be it there at once or later. */
static void test_lock_packets(void)
{
    HANDLE holder = open_file(GENERIC_READ | GENERIC_WRITE, 7, 0);
    HANDLE file = open_file(GENERIC_READ | GENERIC_WRITE, 7, FILE_FLAG_OVERLAPPED);
    HANDLE port = CreateIoCompletionPort(file, NULL, 5, 0);
    OVERLAPPED over = {0}, *got = NULL;
    ULONG_PTR key = 0;
    DWORD n;

    ok(LockFile(holder, 0, 0, 10, 0), "a lock");
    ok(lock_begin(file, &over), "another one waits");
    UnlockFile(holder, 0, 0, 10, 0);
    ok(GetQueuedCompletionStatus(port, &n, &key, &got, INFINITE) && got == &over && key == 5,
       "its packet comes when it is there");
    ok(UnlockFileEx(file, 0, 10, 0, &over), "unlock");
    ok(LockFileEx(file, LOCKFILE_FAIL_IMMEDIATELY, 0, 10, 0, &over) ||
           GetLastError() == ERROR_IO_PENDING,
       "one that need not wait");
    got = NULL;
    ok(GetQueuedCompletionStatus(port, &n, &key, &got, INFINITE) && got == &over,
       "has a packet too");
    UnlockFileEx(file, 0, 10, 0, &over);
    over.hEvent = (HANDLE)((ULONG_PTR)CreateEventA(NULL, TRUE, FALSE, NULL) | 1);
    LockFileEx(file, 0, 0, 10, 0, &over);
    ok(GetOverlappedResult(file, &over, &n, TRUE), "one whose event says no packet");
    ok(!GetQueuedCompletionStatus(port, &n, &key, &got, 0) && !got, "has none");
    CloseHandle((HANDLE)((ULONG_PTR)over.hEvent & ~(ULONG_PTR)1));
    CloseHandle(file);
    CloseHandle(port);
    CloseHandle(holder);
}

static void test_waiting(void)
{
    HANDLE holder = open_file(GENERIC_READ | GENERIC_WRITE, 7, 0);
    HANDLE file = open_file(GENERIC_READ | GENERIC_WRITE, 7, FILE_FLAG_OVERLAPPED), thread, process;
    HANDLE ready = CreateEventA(NULL, FALSE, FALSE, READY),
           go = CreateEventA(NULL, FALSE, FALSE, GO);
    OVERLAPPED over = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD n;

    ok(LockFile(holder, 0, 0, 10, 0), "a lock");
    ok(lock_begin(file, &over), "another, overlapped, waits");
    ok(WaitForSingleObject(over.hEvent, 0) == WAIT_TIMEOUT, "it has not got it");
    UnlockFile(holder, 0, 0, 10, 0);
    ok(GetOverlappedResult(file, &over, &n, TRUE), "now it has");
    thread = CreateThread(NULL, 0, lock_wait, holder, 0, NULL);
    UnlockFile(file, 0, 0, 10, 0);
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &n);
    is_number(n, 0, "a thread waited for it");
    CloseHandle(thread);
    ok(lock_begin(file, &over), "wait again");
    ok(CancelIoEx(file, &over) && !GetOverlappedResult(file, &over, &n, TRUE) &&
           GetLastError() == ERROR_OPERATION_ABORTED,
       "and give up");
    UnlockFile(holder, 0, 0, 10, 0);

    process = start("hold 0 0");
    WaitForSingleObject(ready, INFINITE);
    ok(!lock(holder, 0, 0, 10) && GetLastError() == ERROR_LOCK_VIOLATION, "another process has it");
    ok(lock_begin(file, &over), "wait for it");
    SetEvent(go);
    ok(GetOverlappedResult(file, &over, &n, TRUE), "it is unlocked there and locked here");
    UnlockFile(file, 0, 0, 10, 0);
    is_number(finish(process), 0, "the other process ends");

    process = start("hold 0 0");
    WaitForSingleObject(ready, INFINITE);
    TerminateProcess(process, 5);
    is_number(lock_wait(holder), 0, "a process that dies unlocks");
    is_number(finish(process), 5, "it died");
    CloseHandle(holder);
    CloseHandle(file);
    CloseHandle(over.hEvent);
    CloseHandle(ready);
    CloseHandle(go);
}

/* Holds a lock until it is told to go. */
static DWORD hold(void)
{
    HANDLE file = open_file(GENERIC_READ | GENERIC_WRITE, 7, 0);
    HANDLE ready = OpenEventA(EVENT_MODIFY_STATE, FALSE, READY);
    HANDLE go = OpenEventA(SYNCHRONIZE, FALSE, GO);

    if (!LockFile(file, 0, 0, 10, 0))
        return 1;
    SetEvent(ready);
    WaitForSingleObject(go, INFINITE);
    return UnlockFile(file, 0, 0, 10, 0) ? 0 : 2;
}

static void test_main(void)
{
    GetModuleFileNameA(NULL, self, sizeof self);
    if (__argc > 3)
        ExitProcess(!strcmp(__argv[1], "hold") ? hold()
                                               : attempt(__argv[1], strtoul(__argv[2], NULL, 10),
                                                         strtoul(__argv[3], NULL, 10)));
    CloseHandle(CreateFileA(FILE_NAME, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
    test_sharing();
    test_locks();
    test_waiting();
    test_lock_packets();
    ok(DeleteFileA(FILE_NAME), "nothing holds it any more");
    DeleteFileA(FILE_NAME "2");
}
