/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* VerifyConsoleIoHandle, by which Wine's C run times ask whether they write to a console
 * (ldr_replace.c). What a program prints they make UTF-16 of then, byte by byte in the locale "C",
 * and so its UTF-8 becomes something else. Linux' terminals take the bytes as they are: one to
 * write to is none here. */

#include "ntdll.h"

#include <winioctl.h>

#include "replace.h"

#define GET_OUTPUT_INFO CTL_CODE(FILE_DEVICE_CONSOLE, 34, METHOD_BUFFERED, FILE_ANY_ACCESS)

enum { OUTPUT_INFO_BYTES = 100 };

BOOL(WINAPI *original_VerifyConsoleIoHandle)(HANDLE handle);

BOOL WINAPI replaced_VerifyConsoleIoHandle(HANDLE handle)
{
    char info[OUTPUT_INFO_BYTES];
    IO_STATUS_BLOCK io;

    if (NtDeviceIoControlFile(handle, NULL, NULL, NULL, &io, GET_OUTPUT_INFO, NULL, 0, info,
                              sizeof(info)))
        return original_VerifyConsoleIoHandle(handle);
    return FALSE;
}
