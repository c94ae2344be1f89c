/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* GetFinalPathNameByHandle in place of Wine's (ldr_replace.c), whose buffer holds 312 characters.
 *
 * ntdll names a file of a drive `\??\C:\folder\file`; what stands for the drive is all that the
 * forms differ in. Normalized and opened names are one: a name is always told as its folder spells
 * it. As on Windows, a buffer that is too small stays as it was, with the characters that are
 * needed (the NUL among them) for an answer, and flags that mean nothing are no error. UNKNOWN:
 * what Windows says for a pipe; here as for every file without a drive.
 *
 * DIFFERS: the narrow form is ANSI also after SetFileApisToOEM. */

#include "ntdll.h"

#include "replace.h"

enum { NT_DRIVE_AT = 4, NT_REST_AT = 6 }; /* \??\C:\ */

/* A buffer of the process's heap with ObjectNameInformation. */
static NTSTATUS name_query(HANDLE file, UNICODE_STRING **ret_name)
{
    ULONG size = 1024, needed = 0;
    NTSTATUS status;

    for (;;) {
        *ret_name = RtlAllocateHeap(process_heap(), 0, size);
        if (!*ret_name)
            return STATUS_NO_MEMORY;
        status = NtQueryObject(file, ObjectNameInformation, *ret_name, size, &needed);
        if (!status)
            return status;
        RtlFreeHeap(process_heap(), 0, *ret_name);
        if (needed <= size)
            return status;
        size = needed; /* and once more if it has become longer meanwhile */
    }
}

static NTSTATUS volume_name(WCHAR drive, DWORD form, WCHAR ret_name[UNIX_VOLUME_NAME_UNITS])
{
    static const WCHAR dos[] = {'\\', '\\', '?', '\\', 'C', ':', 0};

    if (form == VOLUME_NAME_NT || form == VOLUME_NAME_GUID)
        return unix_volume_name(drive, form == VOLUME_NAME_NT, ret_name);
    memcpy(ret_name, dos, sizeof(dos));
    ret_name[NT_DRIVE_AT] = drive;
    if (form == VOLUME_NAME_NONE)
        ret_name[0] = 0;
    return STATUS_SUCCESS;
}

/* To be freed with RtlFreeUnicodeString; it has a NUL. */
static NTSTATUS name_make(const UNICODE_STRING *name, DWORD form, UNICODE_STRING *ret_final)
{
    WCHAR volume[UNIX_VOLUME_NAME_UNITS];
    UNICODE_STRING text, rest = *name;
    NTSTATUS status;

    if (name->Length < (NT_REST_AT + 1) * sizeof(WCHAR) || name->Buffer[NT_REST_AT - 1] != ':')
        return STATUS_INVALID_DEVICE_REQUEST; /* a device, a pipe */
    status = volume_name(name->Buffer[NT_DRIVE_AT], form, volume);
    if (status)
        return status;
    RtlInitUnicodeString(&text, volume);
    rest.Buffer += NT_REST_AT;
    rest.Length = (USHORT)(rest.Length - NT_REST_AT * sizeof(WCHAR));
    if (text.Length + rest.Length > 0xfffc)
        return STATUS_NAME_TOO_LONG;
    ret_final->MaximumLength = (USHORT)(text.Length + rest.Length + sizeof(WCHAR));
    ret_final->Buffer = RtlAllocateHeap(process_heap(), 0, ret_final->MaximumLength);
    if (!ret_final->Buffer)
        return STATUS_NO_MEMORY;
    RtlCopyUnicodeString(ret_final, &text);
    return RtlAppendUnicodeStringToString(ret_final, &rest);
}

static NTSTATUS final_name(HANDLE file, DWORD flags, UNICODE_STRING *ret_final)
{
    const DWORD form = flags & (VOLUME_NAME_GUID | VOLUME_NAME_NT | VOLUME_NAME_NONE);
    IO_STATUS_BLOCK io;
    UNICODE_STRING *name;
    NTSTATUS status;
    ULONG mode;

    if (form & (form - 1))
        return STATUS_INVALID_PARAMETER;
    /* Other objects have names too. */
    status = NtQueryInformationFile(file, &io, &mode, sizeof(mode), FileModeInformation);
    if (!status)
        status = name_query(file, &name);
    if (status)
        return status;
    status = name_make(name, form, ret_final);
    RtlFreeHeap(process_heap(), 0, name);
    return status;
}

static DWORD refuse(NTSTATUS status)
{
    RtlSetLastWin32ErrorAndNtStatusFromNtStatus(status);
    return 0;
}

DWORD WINAPI replaced_GetFinalPathNameByHandleW(HANDLE file, WCHAR *buffer, DWORD size, DWORD flags)
{
    UNICODE_STRING final;
    NTSTATUS status = final_name(file, flags, &final);
    DWORD units;

    if (status)
        return refuse(status);
    units = final.Length / sizeof(WCHAR);
    if (units < size)
        memcpy(buffer, final.Buffer, final.Length + sizeof(WCHAR));
    else
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    RtlFreeUnicodeString(&final);
    return units < size ? units : units + 1;
}

DWORD WINAPI replaced_GetFinalPathNameByHandleA(HANDLE file, char *buffer, DWORD size, DWORD flags)
{
    UNICODE_STRING final;
    NTSTATUS status = final_name(file, flags, &final);
    DWORD length = 0;

    if (status)
        return refuse(status);
    status = RtlUnicodeToMultiByteSize(&length, final.Buffer, final.Length);
    if (!status && length < size) {
        status = RtlUnicodeToMultiByteN(buffer, length, NULL, final.Buffer, final.Length);
        buffer[length] = 0;
    } else if (!status) {
        RtlSetLastWin32Error(ERROR_NOT_ENOUGH_MEMORY);
    }
    RtlFreeUnicodeString(&final);
    if (status)
        return refuse(status);
    return length < size ? length : length + 1;
}
