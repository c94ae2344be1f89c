/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* CreateNamedPipe with FILE_FLAG_FIRST_PIPE_INSTANCE, in place of Wine's (ldr_replace.c), which
 * does not look at that flag: who asks to be the first would be the second and not know it. Without
 * the flag it is Wine's. kernel32's CreateNamedPipeA comes here by its import. */

#include "ntdll.h"

#include "ldr.h"
#include "replace.h"

HANDLE(WINAPI *original_CreateNamedPipeW)
(const WCHAR *name, DWORD open, DWORD mode, DWORD instances, DWORD size_out, DWORD size_in,
 DWORD timeout, SECURITY_ATTRIBUTES *security);

enum { DIRECTIONS = PIPE_ACCESS_DUPLEX, MODES = 15, TIMEOUT_DEFAULT_MS = 50 };

#define OPEN_RIGHTS (WRITE_DAC | WRITE_OWNER | ACCESS_SYSTEM_SECURITY)
#define OPEN_BITS                                                                      \
    (DIRECTIONS | OPEN_RIGHTS | FILE_FLAG_FIRST_PIPE_INSTANCE | FILE_FLAG_OVERLAPPED | \
     FILE_FLAG_WRITE_THROUGH)

static NTSTATUS first_make(OBJECT_ATTRIBUTES *attributes, DWORD open, DWORD mode, DWORD instances,
                           DWORD size_out, DWORD size_in, DWORD timeout, HANDLE *ret_pipe)
{
    static const ULONG access[] = {0, GENERIC_READ, GENERIC_WRITE, GENERIC_READ | GENERIC_WRITE};
    static const ULONG sharing[] = {0, FILE_SHARE_WRITE, FILE_SHARE_READ,
                                    FILE_SHARE_READ | FILE_SHARE_WRITE};
    LARGE_INTEGER interval = {.QuadPart = -10000ll * (timeout ? timeout : TIMEOUT_DEFAULT_MS)};
    IO_STATUS_BLOCK iosb;

    return NtCreateNamedPipeFile(
        ret_pipe, access[open & DIRECTIONS] | SYNCHRONIZE | (open & OPEN_RIGHTS), attributes, &iosb,
        sharing[open & DIRECTIONS], FILE_CREATE,
        (open & FILE_FLAG_OVERLAPPED ? 0 : FILE_SYNCHRONOUS_IO_NONALERT) |
            (open & FILE_FLAG_WRITE_THROUGH ? FILE_WRITE_THROUGH : 0),
        (mode & PIPE_TYPE_MESSAGE) != 0, (mode & PIPE_READMODE_MESSAGE) != 0,
        (mode & PIPE_NOWAIT) != 0, instances == PIPE_UNLIMITED_INSTANCES ? ~0u : instances, size_in,
        size_out, &interval);
}

static NTSTATUS first_create(const WCHAR *name, DWORD open, DWORD mode, DWORD instances,
                             DWORD size_out, DWORD size_in, DWORD timeout,
                             SECURITY_ATTRIBUTES *security, HANDLE *ret_pipe)
{
    UNICODE_STRING nt_name;
    OBJECT_ATTRIBUTES attributes = {
        .Length = sizeof(attributes), .ObjectName = &nt_name, .Attributes = OBJ_CASE_INSENSITIVE};
    NTSTATUS status;

    if ((open & ~OPEN_BITS) || !(open & DIRECTIONS) || (mode & ~MODES) || !instances ||
        instances > PIPE_UNLIMITED_INSTANCES)
        return STATUS_INVALID_PARAMETER;
    if (!RtlDosPathNameToNtPathName_U(name, &nt_name, NULL, NULL))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    if (security && security->bInheritHandle)
        attributes.Attributes |= OBJ_INHERIT;
    if (security)
        attributes.SecurityDescriptor = security->lpSecurityDescriptor;
    status = first_make(&attributes, open, mode, instances, size_out, size_in, timeout, ret_pipe);
    RtlFreeUnicodeString(&nt_name);
    return status;
}

HANDLE WINAPI replaced_CreateNamedPipeW(const WCHAR *name, DWORD open, DWORD mode, DWORD instances,
                                        DWORD size_out, DWORD size_in, DWORD timeout,
                                        SECURITY_ATTRIBUTES *security)
{
    HANDLE pipe = INVALID_HANDLE_VALUE;
    NTSTATUS status;

    if (!(open & FILE_FLAG_FIRST_PIPE_INSTANCE))
        return original_CreateNamedPipeW(name, open, mode, instances, size_out, size_in, timeout,
                                         security);
    status = first_create(name, open, mode, instances, size_out, size_in, timeout, security, &pipe);
    if (status) {
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(status);
        return INVALID_HANDLE_VALUE;
    }
    return pipe;
}
