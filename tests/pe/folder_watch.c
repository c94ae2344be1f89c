/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Watching folders: ReadDirectoryChangesW, FindFirstChangeNotification. */
#include "test.h"

#include <stdio.h>
#include <string.h>

#define FOLDER L"C:\\windows\\temp\\folder_watch"
#define NAMES  (FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME)

static void make(const WCHAR *path, const char *text)
{
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 7, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD n;

    if (*text)
        WriteFile(file, text, (DWORD)strlen(text), &n, NULL);
    CloseHandle(file);
}

static HANDLE folder_open(DWORD flags)
{
    return CreateFileW(FOLDER, FILE_LIST_DIRECTORY, 7, NULL, OPEN_EXISTING,
                       FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);
}

static DWORD buffer[1024];

/* Records as text: action and name each. */
static const WCHAR *records(DWORD bytes)
{
    static WCHAR text[2048];
    const char *at = (const char *)buffer;

    text[0] = 0;
    while (bytes) {
        const FILE_NOTIFY_INFORMATION *info = (const void *)at;
        size_t n = wcslen(text);

        swprintf(text + n, 2048 - n, L"%c%.*ls ", "?+-*<>"[info->Action < 6 ? info->Action : 0],
                 (int)(info->FileNameLength / 2), info -> FileName);
        if (!info->NextEntryOffset)
            break;
        at += info->NextEntryOffset;
    }
    return text;
}

static void is_text(const WCHAR *got, const WCHAR *want, const char *name)
{
    if (!ok(!wcscmp(got, want), "%s", name))
        diag("got %S, want %S", got, want);
}

/* Asks until everything in `want` has come. */
static void come(HANDLE folder, OVERLAPPED *over, DWORD filter, BOOL subtree, const WCHAR *want,
                 const char *name)
{
    WCHAR got[2048] = L"";
    DWORD n;

    for (;;) {
        if (!GetOverlappedResult(folder, over, &n, TRUE))
            break;
        wcscat(got, records(n));
        if (!ReadDirectoryChangesW(folder, buffer, sizeof buffer, subtree, filter, NULL, over,
                                   NULL))
            break;
        if (wcslen(got) >= wcslen(want))
            break;
    }
    is_text(got, want, name);
}

static void test_names(void)
{
    HANDLE folder = folder_open(FILE_FLAG_OVERLAPPED);
    OVERLAPPED over = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    DWORD n;

    ok(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, NULL, &over, NULL),
       "watch names");
    ok(WaitForSingleObject(over.hEvent, 0) == WAIT_TIMEOUT, "nothing has happened");
    make(FOLDER L"\\one", "text");
    come(folder, &over, NAMES, FALSE, L"+one ", "a new file; its writing is not asked for");
    make(FOLDER L"\\tw\x00f6", "");
    MoveFileW(FOLDER L"\\tw\x00f6", FOLDER L"\\three");
    DeleteFileW(FOLDER L"\\one");
    CreateDirectoryW(FOLDER L"\\dir", NULL);
    make(FOLDER L"\\dir\\below", "");
    DeleteFileW(FOLDER L"\\dir\\below");
    RemoveDirectoryW(FOLDER L"\\dir");
    come(folder, &over, NAMES, FALSE, L"+tw\x00f6 <tw\x00f6 >three -one +dir -dir ",
         "new, renamed, deleted, and nothing of what is below");
    ok(CancelIoEx(folder, &over) && !GetOverlappedResult(folder, &over, &n, TRUE) &&
           GetLastError() == ERROR_OPERATION_ABORTED,
       "cancel");
    DeleteFileW(FOLDER L"\\three");
    ok(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, NULL, &over, NULL),
       "ask again");
    ok(GetOverlappedResult(folder, &over, &n, TRUE), "what happened meanwhile is there");
    is_text(records(n), L"-three ", "it is the deletion");
    ok(ReadDirectoryChangesW(folder, buffer, 12, FALSE, NAMES, NULL, &over, NULL),
       "a small buffer");
    make(FOLDER L"\\a name that does not fit", "");
    (void)GetOverlappedResult(folder, &over, &n, TRUE); /* Wine's says ERROR_NOTIFY_ENUM_DIR */
    is_number(n, 0, "no record: look for yourself");
    DeleteFileW(FOLDER L"\\a name that does not fit");
    CloseHandle(folder);
    CloseHandle(over.hEvent);
}

static void test_contents(void)
{
    const DWORD filter = FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_ATTRIBUTES;
    HANDLE folder = folder_open(FILE_FLAG_OVERLAPPED), file, port;
    OVERLAPPED over = {0}, *done;
    ULONG_PTR key;
    DWORD n;

    make(FOLDER L"\\file", "");
    port = CreateIoCompletionPort(folder, NULL, 3, 0);
    ok(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, filter, NULL, &over, NULL),
       "watch sizes");
    make(FOLDER L"\\other", "");
    file = CreateFileW(FOLDER L"\\file", GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    WriteFile(file, "12345", 5, &n, NULL);
    CloseHandle(file);
    ok(GetQueuedCompletionStatus(port, &n, &key, &done, INFINITE) && key == 3 && done == &over,
       "a packet comes");
    is_text(records(n), L"*file ", "of the change, not of the new file");
    ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, filter, NULL, &over, NULL);
    SetFileAttributesW(FOLDER L"\\other", FILE_ATTRIBUTE_READONLY);
    ok(GetQueuedCompletionStatus(port, &n, &key, &done, INFINITE), "another");
    is_text(records(n), L"*other ", "of the attribute");
    CloseHandle(folder);
    CloseHandle(port);
    SetFileAttributesW(FOLDER L"\\other", FILE_ATTRIBUTE_NORMAL);
    DeleteFileW(FOLDER L"\\other");
    DeleteFileW(FOLDER L"\\file");
}

static void test_subtree(void)
{
    HANDLE folder = folder_open(FILE_FLAG_OVERLAPPED);
    OVERLAPPED over = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};

    CreateDirectoryW(FOLDER L"\\a", NULL);
    CreateDirectoryW(FOLDER L"\\a\\b", NULL);
    ReadDirectoryChangesW(folder, buffer, sizeof buffer, TRUE, NAMES, NULL, &over, NULL);
    make(FOLDER L"\\a\\b\\deep", "");
    come(folder, &over, NAMES, TRUE, L"+a\\b\\deep ", "a file two folders below");
    CreateDirectoryW(FOLDER L"\\new", NULL);
    come(folder, &over, NAMES, TRUE, L"+new ", "a new folder");
    make(FOLDER L"\\new\\in it", "");
    come(folder, &over, NAMES, TRUE, L"+new\\in it ", "is watched too");
    MoveFileW(FOLDER L"\\new\\in it", FOLDER L"\\a\\moved");
    come(folder, &over, NAMES, TRUE, L"-new\\in it +a\\moved ", "a file that changes its folder");
    MoveFileW(FOLDER L"\\a", FOLDER L"\\c");
    DeleteFileW(FOLDER L"\\c\\b\\deep");
    come(folder, &over, NAMES, TRUE, L"<a >c -c\\b\\deep ", "a folder is watched by its new name");
    DeleteFileW(FOLDER L"\\c\\moved");
    RemoveDirectoryW(FOLDER L"\\c\\b");
    RemoveDirectoryW(FOLDER L"\\c");
    RemoveDirectoryW(FOLDER L"\\new");
    come(folder, &over, NAMES, TRUE, L"-c\\moved -c\\b -c -new ", "all goes");
    CloseHandle(folder);
    CloseHandle(over.hEvent);
}

/* What was renamed before it could be watched is found by its new name. */
static void test_renamed_parent(void)
{
    HANDLE folder = folder_open(FILE_FLAG_OVERLAPPED);
    OVERLAPPED over = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    DWORD n;

    ok(ReadDirectoryChangesW(folder, buffer, sizeof buffer, TRUE, NAMES, NULL, &over, NULL),
       "a tree is watched");
    make(FOLDER L"\\first", "");
    ok(GetOverlappedResult(folder, &over, &n, TRUE), "until something is told: nobody looks now");
    CreateDirectoryW(FOLDER L"\\d", NULL);
    CreateDirectoryW(FOLDER L"\\d\\e", NULL);
    MoveFileW(FOLDER L"\\d", FOLDER L"\\g");
    ReadDirectoryChangesW(folder, buffer, sizeof buffer, TRUE, NAMES, NULL, &over, NULL);
    come(folder, &over, NAMES, TRUE, L"+d <d >g +g\\e ", "a new folder that was renamed at once");
    make(FOLDER L"\\g\\e\\x", "");
    come(folder, &over, NAMES, TRUE, L"+g\\e\\x ", "a file in it");
    CancelIo(folder);
    GetOverlappedResult(folder, &over, &n, TRUE);
    CloseHandle(folder);
    CloseHandle(over.hEvent);
    DeleteFileW(FOLDER L"\\g\\e\\x");
    RemoveDirectoryW(FOLDER L"\\g\\e");
    RemoveDirectoryW(FOLDER L"\\g");
    DeleteFileW(FOLDER L"\\first");
}

static void file_name(WCHAR name[MAX_PATH], unsigned number)
{
    swprintf(name, MAX_PATH, FOLDER L"\\%u", number);
}

/* More renames than the kernel tells at once: each stays one, not a removal and an addition. So
 * many files come before them, so that the boundary lies elsewhere. */
static void many_renames(HANDLE folder, OVERLAPPED *over, unsigned n_files)
{
    const unsigned n_renames = 300;
    unsigned counts[6] = {0}, n_records = 0;
    WCHAR from[MAX_PATH], to[MAX_PATH];
    DWORD n;

    for (unsigned i = 0; i < n_files; i++) {
        file_name(from, i);
        make(from, "");
    }
    for (unsigned i = 0; i < n_renames; i++) {
        file_name(from, i % 2 ? 99 : 0);
        file_name(to, i % 2 ? 0 : 99);
        MoveFileW(from, to);
    }
    for (unsigned i = 0; i < n_files; i++) {
        file_name(from, i);
        DeleteFileW(from);
    }
    while (n_records < 2 * n_files + 2 * n_renames &&
           ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, NULL, over, NULL) &&
           GetOverlappedResult(folder, over, &n, TRUE) && n)
        for (const WCHAR *at = records(n); *at; at = wcschr(at, ' ') + 1, n_records++)
            counts[wcschr(L"?+-*<>", *at) - L"?+-*<>"]++;
    is_number(counts[FILE_ACTION_RENAMED_OLD_NAME], n_renames, "renames told by the old name");
    is_number(counts[FILE_ACTION_RENAMED_NEW_NAME], n_renames, "and by the new");
}

static void test_many_renames(void)
{
    HANDLE folder = folder_open(FILE_FLAG_OVERLAPPED);
    OVERLAPPED over = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    DWORD n;

    ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, NULL, &over, NULL);
    CancelIoEx(folder, &over); /* it watches from now on */
    (void)GetOverlappedResult(folder, &over, &n, TRUE);
    for (unsigned n_files = 1; n_files < 6; n_files++)
        many_renames(folder, &over, n_files);
    CloseHandle(folder);
    CloseHandle(over.hEvent);
}

/* What the program gives is written to by a thread that is not its own. */
static void test_bad_buffers(void)
{
    HANDLE folder = folder_open(FILE_FLAG_OVERLAPPED);
    OVERLAPPED over = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    void *page = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READONLY);
    DWORD n, old;

    ok(!ReadDirectoryChangesW(folder, page, 4096, FALSE, NAMES, NULL, &over, NULL) &&
           GetLastError() == ERROR_NOACCESS,
       "a buffer that cannot be written to");
    VirtualProtect(page, 4096, PAGE_READWRITE, &old);
    ok(ReadDirectoryChangesW(folder, page, 4096, FALSE, NAMES, NULL, &over, NULL), "one that can");
    VirtualFree(page, 0, MEM_RELEASE);
    make(FOLDER L"\\file", "");
    WaitForSingleObject(over.hEvent, INFINITE);
    ok(!GetOverlappedResult(folder, &over, &n, FALSE) && GetLastError() == ERROR_NOACCESS,
       "but is freed meanwhile");
    DeleteFileW(FOLDER L"\\file");
    CloseHandle(folder);
    CloseHandle(over.hEvent);
}

static DWORD apc_bytes = 99;

static void CALLBACK changed(DWORD error, DWORD bytes, OVERLAPPED *over)
{
    apc_bytes = error ? 0 : bytes;
    (void)over;
}

static void test_ways(void)
{
    HANDLE folder = folder_open(FILE_FLAG_OVERLAPPED), notification;
    OVERLAPPED over = {0};
    DWORD n = 0;

    ok(ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, NULL, &over, changed),
       "with an APC");
    make(FOLDER L"\\apc", "");
    ok(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION, "it comes");
    is_text(records(apc_bytes), L"+apc ", "with the record");
    CloseHandle(folder);
    notification = FindFirstChangeNotificationW(FOLDER, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME);
    ok(notification != INVALID_HANDLE_VALUE, "FindFirstChangeNotification");
    ok(WaitForSingleObject(notification, 0) == WAIT_TIMEOUT, "nothing yet");
    CreateDirectoryW(FOLDER L"\\folder", NULL);
    ok(WaitForSingleObject(notification, 0) == WAIT_TIMEOUT, "a folder is no file");
    make(FOLDER L"\\file", "");
    ok(WaitForSingleObject(notification, INFINITE) == WAIT_OBJECT_0, "it is signalled");
    ok(FindNextChangeNotification(notification), "the next");
    ok(WaitForSingleObject(notification, 0) == WAIT_TIMEOUT, "has not come");
    DeleteFileW(FOLDER L"\\file");
    ok(WaitForSingleObject(notification, INFINITE) == WAIT_OBJECT_0, "has come");
    ok(FindCloseChangeNotification(notification), "no more");
    folder = CreateFileW(FOLDER L"\\apc", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    ok(!ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, &n, NULL, NULL) &&
           GetLastError() == ERROR_INVALID_PARAMETER,
       "a file is no folder");
    CloseHandle(folder);
    DeleteFileW(FOLDER L"\\apc");
    RemoveDirectoryW(FOLDER L"\\folder");
}

/* A synchronous handle: the call waits. */
static DWORD WINAPI wait_for_change(void *folder)
{
    DWORD n = 0;

    return ReadDirectoryChangesW(folder, buffer, sizeof buffer, FALSE, NAMES, &n, NULL, NULL) ? n
                                                                                              : 0;
}

static void test_synchronous(void)
{
    HANDLE folder = folder_open(0), thread;
    DWORD n = 0, i = 0;

    thread = CreateThread(NULL, 0, wait_for_change, folder, 0, NULL);
    do { /* it may not watch yet */
        WCHAR name[MAX_PATH];

        swprintf(name, MAX_PATH, FOLDER L"\\%u", (unsigned)i++);
        make(name, "");
        DeleteFileW(name);
        /* More at once would run over the queue. */
    } while (WaitForSingleObject(thread, 1) == WAIT_TIMEOUT);
    GetExitCodeThread(thread, &n);
    ok(n >= offsetof(FILE_NOTIFY_INFORMATION, FileName) + sizeof(WCHAR) && records(n)[0],
       "a call that waits sees a change");
    CloseHandle(thread);
    CloseHandle(folder);
}

static void test_main(void)
{
    CreateDirectoryW(FOLDER, NULL);
    test_names();
    test_contents();
    test_subtree();
    test_renamed_parent();
    test_many_renames();
    test_bad_buffers();
    test_ways();
    test_synchronous();
    ok(RemoveDirectoryW(FOLDER), "nothing is left");
}
