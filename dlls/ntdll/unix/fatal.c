/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Fatal errors: one line that says what and where, an exit status of its own for each kind. */

#include "fatal.h"

#include "image.h"
#include "terminal.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void fatal(enum portico_exit status, const char *format, ...)
{
    char line[1024] = "portico: ";
    size_t used = strlen(line);
    va_list arguments;
    int n;

    va_start(arguments, format);
    n = vsnprintf(line + used, sizeof(line) - used - 1, format, arguments);
    va_end(arguments);
    if (n > 0)
        used += (size_t)n < sizeof(line) - used - 1 ? (size_t)n : sizeof(line) - used - 2;
    line[used++] = '\n';
    terminal_restore();
    if (write(STDERR_FILENO, line, used) < 0)
        _exit(status);
    _exit(status);
}

static const char *machine_name(unsigned machine)
{
    switch (machine) {
    case IMAGE_FILE_MACHINE_I386:
        return "is a 32-bit x86 program; Portico runs 64-bit x86 programs only";
    case IMAGE_FILE_MACHINE_ARMNT:
        return "is a 32-bit ARM program; Portico runs 64-bit x86 programs only";
    case IMAGE_FILE_MACHINE_ARM64:
        return "is a 64-bit ARM program; Portico runs 64-bit x86 programs only";
    default:
        return "is a program for another processor; Portico runs 64-bit x86 programs only";
    }
}

enum portico_exit image_exit_status(NTSTATUS status, unsigned machine, const char **ret_reason)
{
    switch (status) {
    case STATUS_IMAGE_MACHINE_TYPE_MISMATCH:
        *ret_reason = machine_name(machine);
        return PORTICO_EXIT_WRONG_MACHINE;
    case STATUS_INVALID_IMAGE_NOT_MZ:
        *ret_reason = "is not a Windows program (no MZ header)";
        return PORTICO_EXIT_NOT_PE;
    case STATUS_INVALID_IMAGE_WIN_16:
        *ret_reason = "is a 16-bit Windows program";
        return PORTICO_EXIT_NOT_PE;
    case STATUS_NO_MEMORY:
    case STATUS_COMMITMENT_LIMIT:
        *ret_reason = "does not fit into memory (ulimit -d, -v)";
        return PORTICO_EXIT_NO_RESOURCES;
    case STATUS_CONFLICTING_ADDRESSES:
        *ret_reason = "cannot be loaded: its address is taken and it has no relocations";
        return PORTICO_EXIT_NO_RESOURCES;
    default:
        *ret_reason = "is not a valid PE file";
        return PORTICO_EXIT_NOT_PE;
    }
}
