/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* SetFileInformationByHandle before Wine's (ldr_replace.c), which refuses classes that ntdll has:
 * the Ex forms of renaming and deletion, the space reserved; and a folder's case, which ntdll says
 * is missing. SetVolumeLabel, which Wine's refuses without a word. DefineDosDevice, whose drive
 * would be listed and lead nowhere: the drives are C: and Z:. */

#include "ntdll.h"

#include "replace.h"

/* Not in Wine's headers. */
enum { INFO_DISPOSITION_EX = 21, INFO_RENAME_EX = 22, INFO_CASE_SENSITIVE = 23 };
enum { CLASS_DISPOSITION_EX = 64, CLASS_RENAME_EX = 65, CLASS_CASE_SENSITIVE = 71 };

BOOL(WINAPI *original_SetFileInformationByHandle)
(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class, void *info, DWORD size);

static NTSTATUS set(HANDLE file, void *info, ULONG size, unsigned class)
{
    IO_STATUS_BLOCK io;

    return NtSetInformationFile(file, &io, info, size, (FILE_INFORMATION_CLASS) class);
}

/* A DOS name becomes an NT one; with a folder's handle it stays, relative to that. */
static NTSTATUS rename_ex(HANDLE file, const FILE_RENAME_INFORMATION *info, DWORD size)
{
    const ULONG header = offsetof(FILE_RENAME_INFORMATION, FileName);
    FILE_RENAME_INFORMATION *copy;
    UNICODE_STRING name = {0};
    WCHAR *text;
    NTSTATUS status;

    if (size < header || info->FileNameLength > size - header)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (info->RootDirectory)
        return set(file, (void *)info, size, CLASS_RENAME_EX);
    text = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, info->FileNameLength + sizeof(WCHAR));
    if (!text)
        return STATUS_NO_MEMORY;
    memcpy(text, info->FileName, info->FileNameLength & ~1u);
    status = RtlDosPathNameToNtPathName_U_WithStatus(text, &name, NULL, NULL);
    RtlFreeHeap(process_heap(), 0, text);
    if (status)
        return status;
    copy = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, header + name.Length);
    status = copy ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    if (copy) {
        memcpy(copy, info, sizeof(ULONG)); /* the flags */
        copy->FileNameLength = name.Length;
        memcpy(copy->FileName, name.Buffer, name.Length);
        status = set(file, copy, header + name.Length, CLASS_RENAME_EX);
        RtlFreeHeap(process_heap(), 0, copy);
    }
    RtlFreeUnicodeString(&name);
    return status;
}

BOOL WINAPI replaced_SetFileInformationByHandle(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class,
                                                void *info, DWORD size)
{
    NTSTATUS status;

    switch ((unsigned)class) {
    case INFO_DISPOSITION_EX:
        status = set(file, info, size, CLASS_DISPOSITION_EX);
        break;
    case INFO_RENAME_EX:
        status = rename_ex(file, info, size);
        break;
    case INFO_CASE_SENSITIVE:
        status = set(file, info, size, CLASS_CASE_SENSITIVE);
        break;
    case FileAllocationInfo:
        status = set(file, info, size, FileAllocationInformation);
        break;
    default:
        return original_SetFileInformationByHandle(file, class, info, size);
    }
    if (status)
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(status);
    return !status;
}

static BOOL refuse_once(LONG *is_said, const char *name)
{
    if (!__atomic_exchange_n(is_said, 1, __ATOMIC_RELAXED))
        log_line("%s is not implemented", name);
    RtlSetLastWin32Error(ERROR_NOT_SUPPORTED);
    return FALSE;
}

static BOOL label_refuse(void)
{
    static LONG is_said;

    return refuse_once(&is_said, "SetVolumeLabel");
}

BOOL WINAPI replaced_DefineDosDeviceW(DWORD flags, const WCHAR *name, const WCHAR *target)
{
    static LONG is_said;

    (void)flags, (void)name, (void)target;
    return refuse_once(&is_said, "DefineDosDevice");
}

BOOL WINAPI replaced_SetVolumeLabelA(const char *root, const char *label)
{
    (void)root, (void)label;
    return label_refuse();
}

BOOL WINAPI replaced_SetVolumeLabelW(const WCHAR *root, const WCHAR *label)
{
    (void)root, (void)label;
    return label_refuse();
}
