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

static char line[1024];
static SIZE_T line_size;
static int line_exit_status;

void failure_note(int exit_status, const char *format, ...)
{
    va_list arguments;

    if (line_size)
        return;
    va_start(arguments, format);
    line_size = log_format(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    for (SIZE_T i = 0; i < line_size; i++) /* a damaged file's names */
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
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

static int exit_status_of(NTSTATUS status)
{
    switch (status) {
    case STATUS_INVALID_IMAGE_FORMAT:
        return PORTICO_EXIT_NOT_PE;
    case STATUS_NO_MEMORY:
    case STATUS_COMMITMENT_LIMIT:
    case STATUS_INSUFFICIENT_RESOURCES:
        return PORTICO_EXIT_NO_RESOURCES;
    default:
        return PORTICO_EXIT_INTERNAL;
    }
}

void failure_exit(const char *what, NTSTATUS status)
{
    failure_note(exit_status_of(status), "%S: %s (status %x)",
                 base_name_of(peb()->ProcessParameters->ImagePathName.Buffer), what,
                 (unsigned)status);
    unix_fail(line_exit_status, line, line_size);
    __builtin_trap();
}
