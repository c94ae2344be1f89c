/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Handles of another process' making. Threads use one for the first time, all at once, while other
 * handles are closed: each of them gets the file. (A thread that does not come back is this test's
 * failure too.) One that cannot be closed stays what it was. */

#include <windows.h>

#include "win32.h"

enum { N_ROUNDS = 256, N_HANDLES = 2 * N_ROUNDS, N_READERS = 4 };

struct reader {
    HANDLE thread;
    LONG volatile n_rounds;
    unsigned n_right;
};

static HANDLE handles[N_HANDLES];
static struct reader readers[N_READERS];
static LONG volatile round_now; /* from 1 on */

static DWORD WINAPI reader_main(void *argument)
{
    struct reader *reader = argument;

    for (LONG i = 0; i < N_ROUNDS; i++) {
        OVERLAPPED at = {0};
        char byte = 0;
        DWORD n;

        while (round_now <= i)
            SwitchToThread();
        reader->n_right += ReadFile(handles[i], &byte, 1, &n, &at) && byte == 'A';
        InterlockedIncrement(&reader->n_rounds);
    }
    return 0;
}

static HANDLE file_make(void)
{
    HANDLE file = CreateFileA("shared_handles.tmp", GENERIC_READ | GENERIC_WRITE | DELETE, 0, NULL,
                              CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    DWORD n;

    ok(file != INVALID_HANDLE_VALUE && WriteFile(file, "A", 1, &n, NULL), "a file of one byte");
    return file;
}

/* Into the other process and back: handles that nothing is known of here. */
static unsigned handles_make(HANDLE file, HANDLE process, HANDLE *ret_handles, int n_handles)
{
    HANDLE theirs = NULL;
    unsigned n = 0;

    DuplicateHandle(GetCurrentProcess(), file, process, &theirs, 0, FALSE, DUPLICATE_SAME_ACCESS);
    for (int i = 0; i < n_handles; i++)
        n += DuplicateHandle(process, theirs, GetCurrentProcess(), &ret_handles[i], 0, FALSE,
                             DUPLICATE_SAME_ACCESS);
    return n;
}

/* ntdll keeps 256 lists of such handles: what is closed is in the list of what is read. */
static void test_rounds(void)
{
    unsigned n_right = 0, n_closed = 0;

    for (int i = 0; i < N_READERS; i++)
        readers[i].thread = CreateThread(NULL, 0, reader_main, &readers[i], 0, NULL);
    for (LONG i = 0; i < N_ROUNDS; i++) {
        round_now = i + 1;
        SwitchToThread();
        n_closed += CloseHandle(handles[i + N_ROUNDS]);
        for (int k = 0; k < N_READERS; k++)
            while (readers[k].n_rounds <= i)
                SwitchToThread();
        n_closed += CloseHandle(handles[i]);
    }
    for (int i = 0; i < N_READERS; i++) {
        WaitForSingleObject(readers[i].thread, INFINITE);
        CloseHandle(readers[i].thread);
        n_right += readers[i].n_right;
    }
    is_number(n_right, N_ROUNDS * N_READERS, "each thread reads by each handle");
    is_number(n_closed, N_HANDLES, "each handle is closed");
}

static BOOL folder_goes_on(HANDLE folder)
{
    static char buffer[1 << 20];

    return GetFileInformationByHandleEx(folder, FileIdBothDirectoryInfo, buffer, sizeof buffer);
}

/* How far the listing has come is known still. */
static void test_protected(HANDLE process)
{
    HANDLE own = CreateFileA(".", FILE_LIST_DIRECTORY | SYNCHRONIZE, 7, NULL, OPEN_EXISTING,
                             FILE_FLAG_BACKUP_SEMANTICS, NULL);
    HANDLE folder = NULL, copy = NULL;

    is_number(handles_make(own, process, &folder, 1), 1, "a folder's handle that comes from there");
    while (folder_goes_on(folder))
        ;
    is_number(GetLastError(), ERROR_NO_MORE_FILES, "it is listed to its end");
    SetHandleInformation(folder, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE);
    fails(CloseHandle(folder), ERROR_INVALID_HANDLE, "closing it");
    fails(folder_goes_on(folder), ERROR_NO_MORE_FILES, "and is at its end");
    DuplicateHandle(GetCurrentProcess(), folder, GetCurrentProcess(), &copy, 0, FALSE,
                    DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE);
    fails(folder_goes_on(folder), ERROR_NO_MORE_FILES, "nor moved");
    SetHandleInformation(folder, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0);
    ok(CloseHandle(folder), "until it may be closed");
    CloseHandle(copy);
    CloseHandle(own);
}

static void test_main(void)
{
    PROCESS_INFORMATION child;
    HANDLE file;

    if (__argc > 1)
        Sleep(INFINITE);
    file = file_make();
    ok(child_start("child", 0, &child), "a child");
    is_number(handles_make(file, child.hProcess, handles, N_HANDLES), N_HANDLES,
              "handles that come from it");
    test_rounds();
    test_protected(child.hProcess);
    TerminateProcess(child.hProcess, 0);
    child_end(&child);
    CloseHandle(file);
}
