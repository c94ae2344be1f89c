/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* SetFileAttributes and DeleteFile in place of Wine's (ldr_replace.c). Windows' open the file, a
 * symbolic link itself, and set one information by the handle. Wine's follow a link; the first does
 * not ask for FILE_WRITE_ATTRIBUTES, the second opens to delete on close, which a device suffers
 * without being deleted. */

#include "ntdll.h"

#include "replace.h"

static NTSTATUS open_by_name(const WCHAR *name, ACCESS_MASK access, ULONG options, HANDLE *ret_file)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING nt_name;
    IO_STATUS_BLOCK io;
    NTSTATUS status;

    if (!name || !RtlDosPathNameToNtPathName_U(name, &nt_name, NULL, NULL))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    InitializeObjectAttributes(&object, &nt_name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtOpenFile(ret_file, access | SYNCHRONIZE, &object, &io,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        options | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_FOR_BACKUP_INTENT |
                            FILE_OPEN_REPARSE_POINT);
    RtlFreeUnicodeString(&nt_name);
    return status;
}

/* Sets it and closes the file, if that was opened. */
static BOOL set_and_close(NTSTATUS opened, HANDLE file, void *info, ULONG size,
                          FILE_INFORMATION_CLASS class)
{
    NTSTATUS status = opened;
    IO_STATUS_BLOCK io;

    if (!opened) {
        status = NtSetInformationFile(file, &io, info, size, class);
        NtClose(file);
    }
    if (status)
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(status);
    return !status;
}

BOOL WINAPI replaced_SetFileAttributesW(const WCHAR *name, DWORD attributes)
{
    FILE_BASIC_INFORMATION info = {.FileAttributes = attributes | FILE_ATTRIBUTE_NORMAL};
    HANDLE file = NULL;
    NTSTATUS status = open_by_name(name, FILE_WRITE_ATTRIBUTES, 0, &file);

    return set_and_close(status, file, &info, sizeof(info), FileBasicInformation);
}

BOOL WINAPI replaced_DeleteFileW(const WCHAR *name)
{
    FILE_DISPOSITION_INFORMATION info = {TRUE};
    HANDLE file = NULL;
    NTSTATUS status = open_by_name(name, DELETE, FILE_NON_DIRECTORY_FILE, &file);

    return set_and_close(status, file, &info, sizeof(info), FileDispositionInformation);
}

/* No name, or no memory for it, is an empty one's error. */
static UNICODE_STRING widen(const char *name)
{
    UNICODE_STRING wide = {0};

    if (name)
        (void)RtlCreateUnicodeStringFromAsciiz(&wide, name);
    return wide;
}

BOOL WINAPI replaced_SetFileAttributesA(const char *name, DWORD attributes)
{
    UNICODE_STRING wide = widen(name);
    const BOOL is_done = replaced_SetFileAttributesW(wide.Buffer, attributes);

    RtlFreeUnicodeString(&wide);
    return is_done;
}

BOOL WINAPI replaced_DeleteFileA(const char *name)
{
    UNICODE_STRING wide = widen(name);
    const BOOL is_done = replaced_DeleteFileW(wide.Buffer);

    RtlFreeUnicodeString(&wide);
    return is_done;
}
