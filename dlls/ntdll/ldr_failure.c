/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Why a program cannot start. The place that finds the cause (a missing DLL, a missing import, a
 * DllMain that refuses) notes one line; process start prints it and ends the process with that
 * cause's exit status. The first note wins: it is the innermost. LoadLibrary at run time prints it
 * as well and returns the status. Guard: loader lock. */

#include "ntdll.h"

#include "ldr.h"
#include "portico/exit_status.h"

enum { START_BYTES = 4 << 20 };

static char line[1024];
static SIZE_T line_size;
static int line_exit_status;

/* A damaged file's names. */
static void make_printable(char *text, SIZE_T n)
{
    for (SIZE_T i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            text[i] = '?';
}

void loader_trace(const char *format, ...)
{
    char text[512];
    va_list arguments;
    SIZE_T n;

    va_start(arguments, format);
    n = log_format(text, sizeof(text), format, arguments);
    va_end(arguments);
    make_printable(text, n);
    unix_trace(UNIX_TRACE_LOADER, text, n);
}

void failure_note(int exit_status, const char *format, ...)
{
    va_list arguments;

    if (line_size)
        return;
    va_start(arguments, format);
    line_size = log_format(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    make_printable(line, line_size);
    unix_trace(UNIX_TRACE_LOADER, line, line_size);
    line_exit_status = exit_status;
}

void failure_clear(void)
{
    line_size = 0;
}

void failure_tell(void)
{
    line[line_size] = 0;
    if (line_size)
        log_line("%s", line);
    failure_clear();
}

const char *failure_words(NTSTATUS status)
{
    switch (status) {
    case STATUS_INVALID_IMAGE_FORMAT:
    case STATUS_INVALID_IMAGE_NOT_MZ:
    case STATUS_INVALID_IMAGE_WIN_16:
        return "is not a valid PE file";
    case STATUS_IMAGE_MACHINE_TYPE_MISMATCH:
        return "is for another processor";
    case STATUS_ACCESS_DENIED:
        return "permission denied";
    case STATUS_NO_MEMORY:
    case STATUS_COMMITMENT_LIMIT:
    case STATUS_INSUFFICIENT_RESOURCES:
        return "no memory (ulimit -d, -v)";
    case STATUS_TOO_MANY_OPENED_FILES:
        return "too many open files (ulimit -n)";
    default:
        return NULL;
    }
}

int failure_exit_status(NTSTATUS status, int otherwise)
{
    switch (status) {
    case STATUS_NO_MEMORY:
    case STATUS_COMMITMENT_LIMIT:
    case STATUS_INSUFFICIENT_RESOURCES:
    case STATUS_TOO_MANY_OPENED_FILES:
        return PORTICO_EXIT_NO_RESOURCES;
    default:
        return otherwise;
    }
}

/* Less memory than a DLL of Wine's takes at its start, or no descriptor. */
NTSTATUS failure_resources(void)
{
    static const WCHAR name[] = L"\\??\\NUL";
    UNICODE_STRING null;
    OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes), .ObjectName = &null};
    IO_STATUS_BLOCK io;
    SIZE_T size = START_BYTES;
    void *base = NULL;
    HANDLE file;
    NTSTATUS status = NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                              MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    if (status)
        return status;
    size = 0;
    NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE);
    RtlInitUnicodeString(&null, name);
    status = NtOpenFile(&file, SYNCHRONIZE, &attributes, &io, 0, 0);
    if (!status)
        NtClose(file);
    return status;
}

void failure_exit(const char *what, NTSTATUS status)
{
    const int otherwise =
        status == STATUS_INVALID_IMAGE_FORMAT ? PORTICO_EXIT_NOT_PE : PORTICO_EXIT_INTERNAL;

    failure_note(failure_exit_status(status, otherwise), "%S: %s (status %x)",
                 base_name_of(peb()->ProcessParameters->ImagePathName.Buffer), what,
                 (unsigned)status);
    unix_fail(line_exit_status, line, line_size);
    __builtin_trap();
}
