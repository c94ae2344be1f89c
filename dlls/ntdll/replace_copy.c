/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* CopyFileEx in place of Wine's (ldr_replace.c), which never asks the caller's progress routine and
 * goes on whatever the cancel flag says. Data, attributes and the time of the last write are
 * copied. Of the flags COPY_FILE_FAIL_IF_EXISTS counts; a copy that may be restarted starts anew;
 * copying a symbolic link itself is refused. */

#include "ntdll.h"

#include "replace.h"

enum { CHUNK_BYTES = 65536 };

#define FLAGS_KNOWN                                        \
    (COPY_FILE_FAIL_IF_EXISTS | COPY_FILE_RESTARTABLE |    \
     COPY_FILE_ALLOW_DECRYPTED_DESTINATION | /* no such */ \
     COPY_FILE_OPEN_SOURCE_FOR_WRITE | 0x1000u /* COPY_FILE_NO_BUFFERING: a hint */)

struct copy {
    HANDLE from, to;
    char *chunk;
    FILE_BASIC_INFORMATION basic;
    LARGE_INTEGER size, done;
    LPPROGRESS_ROUTINE progress;
    void *argument;
    const volatile BOOL *cancel;
};

static void copy_end(struct copy *copy)
{
    if (copy->from)
        NtClose(copy->from);
    if (copy->to)
        NtClose(copy->to);
    if (copy->chunk)
        RtlFreeHeap(process_heap(), 0, copy->chunk);
}

static NTSTATUS open_name(const WCHAR *name, ACCESS_MASK access, ULONG attributes, ULONG sharing,
                          ULONG disposition, HANDLE *ret_file)
{
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING string;
    IO_STATUS_BLOCK io;
    NTSTATUS status;

    if (!RtlDosPathNameToNtPathName_U(name, &string, NULL, NULL))
        return STATUS_OBJECT_PATH_NOT_FOUND;
    InitializeObjectAttributes(&object, &string, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = NtCreateFile(
        ret_file, access | SYNCHRONIZE, &object, &io, NULL, attributes, sharing, disposition,
        FILE_SYNCHRONOUS_IO_NONALERT | FILE_NON_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY, NULL, 0);
    RtlFreeUnicodeString(&string);
    return status;
}

static NTSTATUS copy_begin(struct copy *copy, const WCHAR *from, const WCHAR *to, DWORD flags)
{
    FILE_STANDARD_INFORMATION standard;
    IO_STATUS_BLOCK io;
    NTSTATUS status =
        open_name(from, GENERIC_READ, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                  FILE_OPEN, &copy->from);

    if (!status)
        status = NtQueryInformationFile(copy->from, &io, &copy->basic, sizeof(copy->basic),
                                        FileBasicInformation);
    if (!status)
        status = NtQueryInformationFile(copy->from, &io, &standard, sizeof(standard),
                                        FileStandardInformation);
    if (status)
        return status;
    copy->size = standard.EndOfFile;
    copy->chunk = RtlAllocateHeap(process_heap(), 0, CHUNK_BYTES);
    if (!copy->chunk)
        return STATUS_NO_MEMORY;
    /* Read-only comes last: what a read-only file has of a copy that fails could not be deleted. */
    return open_name(to, GENERIC_WRITE | DELETE,
                     copy->basic.FileAttributes & ~(ULONG)FILE_ATTRIBUTE_READONLY, 0,
                     flags & COPY_FILE_FAIL_IF_EXISTS ? FILE_CREATE : FILE_OVERWRITE_IF, &copy->to);
}

static void target_delete(struct copy *copy)
{
    FILE_DISPOSITION_INFORMATION gone = {TRUE};
    IO_STATUS_BLOCK io;

    NtSetInformationFile(copy->to, &io, &gone, sizeof(gone), FileDispositionInformation);
}

/* What the caller says; STATUS_CANCELLED ends the copy. */
static NTSTATUS progress_ask(struct copy *copy, DWORD reason)
{
    DWORD answer = PROGRESS_CONTINUE;

    if (copy->cancel && *copy->cancel)
        answer = PROGRESS_CANCEL;
    else if (copy->progress)
        answer = copy->progress(copy->size, copy->done, copy->size, copy->done, 1, reason,
                                copy->from, copy->to, copy->argument);
    if (answer == PROGRESS_QUIET)
        copy->progress = NULL;
    if (answer == PROGRESS_CANCEL)
        target_delete(copy);
    return answer == PROGRESS_CANCEL || answer == PROGRESS_STOP ? STATUS_CANCELLED : STATUS_SUCCESS;
}

static NTSTATUS copy_data(struct copy *copy)
{
    NTSTATUS status = progress_ask(copy, CALLBACK_STREAM_SWITCH);
    IO_STATUS_BLOCK io;

    while (!status) {
        status =
            NtReadFile(copy->from, NULL, NULL, NULL, &io, copy->chunk, CHUNK_BYTES, NULL, NULL);
        if (status == STATUS_END_OF_FILE || (!status && !io.Information))
            return STATUS_SUCCESS;
        if (!status)
            status = NtWriteFile(copy->to, NULL, NULL, NULL, &io, copy->chunk,
                                 (ULONG)io.Information, NULL, NULL);
        if (!status) {
            copy->done.QuadPart += (LONGLONG)io.Information;
            status = progress_ask(copy, CALLBACK_CHUNK_FINISHED);
        }
    }
    if (status != STATUS_CANCELLED)
        target_delete(copy);
    return status;
}

static NTSTATUS copy_facts(struct copy *copy)
{
    FILE_BASIC_INFORMATION basic = {.LastWriteTime = copy->basic.LastWriteTime,
                                    .FileAttributes = copy->basic.FileAttributes};
    IO_STATUS_BLOCK io;

    return NtSetInformationFile(copy->to, &io, &basic, sizeof(basic), FileBasicInformation);
}

static DWORD error_of(NTSTATUS status)
{
    if (status == STATUS_OBJECT_NAME_COLLISION)
        return ERROR_FILE_EXISTS;
    return status == STATUS_CANCELLED ? ERROR_REQUEST_ABORTED : RtlNtStatusToDosError(status);
}

BOOL WINAPI replaced_CopyFileExW(const WCHAR *from, const WCHAR *to, LPPROGRESS_ROUTINE progress,
                                 void *argument, BOOL *cancel, DWORD flags)
{
    struct copy copy = {.progress = progress, .argument = argument, .cancel = cancel};
    NTSTATUS status = from && to ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;

    if (flags & ~(DWORD)FLAGS_KNOWN) {
        log_unimplemented_class("CopyFileExW", flags);
        status = STATUS_NOT_SUPPORTED;
    }
    if (!status)
        status = copy_begin(&copy, from, to, flags);
    if (!status)
        status = copy_data(&copy);
    if (!status)
        status = copy_facts(&copy);
    copy_end(&copy);
    if (status)
        RtlSetLastWin32Error(error_of(status));
    return !status;
}
