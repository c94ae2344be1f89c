/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The current directory: text with a backslash at its end in the process parameters, and a handle
 * that keeps the directory from going away; both under the PEB lock. The directory of a drive is
 * also kept in the environment, as `=C:`.
 */
#include "path.h"

static BOOL is_drive_root(const UNICODE_STRING *path)
{
    return path->Length == 3 * sizeof(WCHAR) && path->Buffer[1] == ':';
}

ULONG WINAPI RtlGetCurrentDirectory_U(ULONG n_bytes, WCHAR *buffer)
{
    RtlAcquirePebLock();
    const UNICODE_STRING *path = &peb()->ProcessParameters->CurrentDirectory.DosPath;
    ULONG n = path->Length;
    if (n > sizeof(WCHAR) && !is_drive_root(path) && path->Buffer[n / sizeof(WCHAR) - 1] == '\\')
        n -= sizeof(WCHAR);
    if (n + sizeof(WCHAR) <= n_bytes) {
        memcpy(buffer, path->Buffer, n);
        buffer[n / sizeof(WCHAR)] = 0;
    } else {
        n += sizeof(WCHAR);
    }
    RtlReleasePebLock();
    return n;
}

static NTSTATUS directory_open(const WCHAR *path, HANDLE *ret_handle)
{
    UNICODE_STRING nt;
    OBJECT_ATTRIBUTES attr;
    IO_STATUS_BLOCK io;

    NTSTATUS status = RtlDosPathNameToNtPathName_U_WithStatus(path, &nt, NULL, NULL);
    if (status)
        return status;
    InitializeObjectAttributes(&attr, &nt, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtOpenFile(ret_handle, FILE_TRAVERSE | SYNCHRONIZE, &attr, &io,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                        FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT);
    RtlFreeUnicodeString(&nt);
    return status;
}

void current_directory_open(void)
{
    CURDIR *current = &peb()->ProcessParameters->CurrentDirectory;

    if (directory_open(current->DosPath.Buffer, &current->Handle))
        current->Handle = NULL; /* this user may not look into it: its text is all there is */
}

static void remember_drive(const WCHAR *path, size_t n)
{
    WCHAR name_text[] = {'=', wide_upcase(path[0]), ':', 0};
    UNICODE_STRING name = {3 * sizeof(WCHAR), sizeof(name_text), name_text};
    UNICODE_STRING value = {(USHORT)(n * sizeof(WCHAR)), (USHORT)(n * sizeof(WCHAR)),
                            (WCHAR *)path};

    if (path[1] == ':')
        RtlSetEnvironmentVariable(NULL, &name, &value);
}

/* The parameters' buffer takes the text; one that is too small is replaced. */
static NTSTATUS store_locked(const WCHAR *path, size_t n)
{
    UNICODE_STRING *place = &peb()->ProcessParameters->CurrentDirectory.DosPath;
    size_t size = (n + 1) * sizeof(WCHAR);

    if (size > 0xfffe)
        return STATUS_NAME_TOO_LONG;
    if (place->MaximumLength < size) {
        WCHAR *buffer = rtl_alloc(size);
        if (!buffer)
            return STATUS_NO_MEMORY;
        place->Buffer = buffer; /* the old one is part of the parameters' block */
        place->MaximumLength = (USHORT)size;
    }
    memcpy(place->Buffer, path, size);
    place->Length = (USHORT)(n * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlSetCurrentDirectory_U(const UNICODE_STRING *directory)
{
    HANDLE handle = NULL, old = NULL;
    size_t n = directory->Length / sizeof(WCHAR);
    _cleanup_free_ WCHAR *text = rtl_alloc((n + 1) * sizeof(WCHAR));
    _cleanup_free_ WCHAR *full = rtl_alloc((PATH_MAX_CHARS + 2) * sizeof(WCHAR));

    if (!text || !full)
        return STATUS_NO_MEMORY;
    memcpy(text, directory->Buffer, n * sizeof(WCHAR));
    text[n] = 0;
    n = RtlGetFullPathName_U(text, PATH_MAX_CHARS * sizeof(WCHAR), full, NULL) / sizeof(WCHAR);
    if (!n)
        return STATUS_OBJECT_NAME_INVALID;
    if (n >= PATH_MAX_CHARS)
        return STATUS_NAME_TOO_LONG;
    NTSTATUS status = directory_open(full, &handle);
    if (status)
        return status;
    if (full[n - 1] != '\\') {
        full[n++] = '\\';
        full[n] = 0;
    }
    RtlAcquirePebLock();
    status = store_locked(full, n);
    if (!status) {
        old = peb()->ProcessParameters->CurrentDirectory.Handle;
        peb()->ProcessParameters->CurrentDirectory.Handle = handle;
        remember_drive(full, n > 3 ? n - 1 : n);
    }
    RtlReleasePebLock();
    if (status)
        NtClose(handle);
    else if (old)
        NtClose(old);
    return status;
}
