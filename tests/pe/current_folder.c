/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The handle of the current folder that the PEB has: programs (of Zig's library) open files
 * relative to it. */
#include "win32.h"

#include <winternl.h>

#define FOLDER L"C:\\windows\\temp\\current_folder"

static HANDLE current_folder(void)
{
    const char *parameters =
        (const char *)NtCurrentTeb()->ProcessEnvironmentBlock->ProcessParameters;

    return *(const HANDLE *)(const void *)(parameters + 0x48);
}

static LONG open_by_handle(HANDLE folder, const WCHAR *name)
{
    UNICODE_STRING text = {(USHORT)(2 * wcslen(name)), (USHORT)(2 * wcslen(name)), (WCHAR *)name};
    OBJECT_ATTRIBUTES object;
    IO_STATUS_BLOCK iosb;
    HANDLE file;
    LONG status;

    InitializeObjectAttributes(&object, &text, 0, folder, NULL);
    status = NtCreateFile(&file, GENERIC_READ | SYNCHRONIZE, &object, &iosb, NULL, 0, 7, FILE_OPEN,
                          FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    if (!status)
        CloseHandle(file);
    return status;
}

static void test_main(void)
{
    WCHAR before[MAX_PATH];
    HANDLE file;

    CreateDirectoryW(FOLDER, NULL);
    GetCurrentDirectoryW(MAX_PATH, before);
    is_status(open_by_handle(current_folder(), L""), 0, "the folder that a program starts in");
    file = CreateFileW(FOLDER L"\\here", GENERIC_WRITE, 7, NULL, CREATE_ALWAYS,
                       FILE_FLAG_DELETE_ON_CLOSE, NULL);
    ok(file != INVALID_HANDLE_VALUE && SetCurrentDirectoryW(FOLDER), "SetCurrentDirectory");
    is_status(open_by_handle(current_folder(), L"here"), 0, "a file in the new current folder");
    ok(SetCurrentDirectoryW(before), "and back");
    ok(open_by_handle(current_folder(), L"here") < 0, "which has no such file");
    CloseHandle(file);
    RemoveDirectoryW(FOLDER);
    done_testing();
}
