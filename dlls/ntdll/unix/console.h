/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The console that there is: the standard streams (console.c). */
#pragma once

#include "nttypes.h"
#include <stdint.h>

/* ConsoleHandle of the process parameters: none of the values to which kernelbase gives a meaning,
 * for with those it asks nobody, and no handle. */
#define CONSOLE_NO_DEVICE ((HANDLE)(intptr_t)-5)

/* Is this a control code of the console driver's? */
#define IS_CONSOLE_CODE(code) ((code) >> 16 == 0x50)

/* STATUS_INVALID_HANDLE is what kernelbase makes ERROR_INVALID_HANDLE of, as for what is no
 * console. The buffers are the program's; *ret_done is set with STATUS_SUCCESS, in bytes. */
NTSTATUS console_control(HANDLE handle, ULONG code, const void *input, ULONG input_length,
                         void *output, ULONG output_length, ULONG *ret_done);
