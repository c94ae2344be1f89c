/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* CreatePipe, in place of Wine's (ldr_replace.c): that one tries another name whatever the error,
 * so a program that has no descriptors left would never come back from it. The name is as Windows
 * makes it up; unix/pipe.c knows it as one of this process. */

#include "ntdll.h"

#include "ldr.h"
#include "rtl.h"

enum { SIZE_DEFAULT = 4096, NAME_CHARS = 48 };

static NTSTATUS server_end_make(OBJECT_ATTRIBUTES *attributes, ULONG size, HANDLE *ret_handle)
{
    LARGE_INTEGER timeout = {.QuadPart = -1200000000}; /* nobody waits for this pipe */
    IO_STATUS_BLOCK iosb;

    return NtCreateNamedPipeFile(ret_handle, GENERIC_READ | FILE_WRITE_ATTRIBUTES | SYNCHRONIZE,
                                 attributes, &iosb, FILE_SHARE_WRITE, FILE_CREATE,
                                 FILE_SYNCHRONOUS_IO_NONALERT, FALSE, FALSE, FALSE, 1, size, size,
                                 &timeout);
}

static NTSTATUS client_end_open(OBJECT_ATTRIBUTES *attributes, HANDLE *ret_handle)
{
    IO_STATUS_BLOCK iosb;

    return NtOpenFile(ret_handle, GENERIC_WRITE | FILE_READ_ATTRIBUTES | SYNCHRONIZE, attributes,
                      &iosb, 0, FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE);
}

BOOL WINAPI create_pipe(HANDLE *ret_read, HANDLE *ret_write, SECURITY_ATTRIBUTES *security,
                        DWORD size)
{
    static LONG serial;
    WCHAR text[NAME_CHARS];
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = {
        .Length = sizeof(attributes), .ObjectName = &name, .Attributes = OBJ_CASE_INSENSITIVE};
    HANDLE read, write;
    NTSTATUS status;

    _snwprintf(text, NAME_CHARS, L"\\??\\pipe\\Win32.Pipes.%08u.%08u",
               HandleToULong(teb()->ClientId.UniqueProcess),
               (unsigned)__atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED));
    RtlInitUnicodeString(&name, text);
    if (security && security->bInheritHandle)
        attributes.Attributes |= OBJ_INHERIT;
    if (security)
        attributes.SecurityDescriptor = security->lpSecurityDescriptor;
    status = server_end_make(&attributes, size ? size : SIZE_DEFAULT, &read);
    if (!status) {
        status = client_end_open(&attributes, &write);
        if (status)
            NtClose(read);
    }
    if (status) {
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(status);
        return FALSE;
    }
    *ret_read = read;
    *ret_write = write;
    return TRUE;
}
