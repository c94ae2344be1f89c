/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* VirtualFree and VirtualFreeEx in place of Wine's (ldr_replace.c), which leave it to
 * NtFreeVirtualMemory what may be freed. That releases a part of a reservation, as NT's does; the
 * documented Win32 functions refuse any size with MEM_RELEASE. With a placeholder's flags a size is
 * meant. */

#include "ntdll.h"

#include "replace.h"

BOOL WINAPI replaced_VirtualFreeEx(HANDLE process, void *base, SIZE_T size, DWORD type)
{
    NTSTATUS status = STATUS_INVALID_PARAMETER;

    if (type != MEM_RELEASE || !size)
        status = NtFreeVirtualMemory(process, &base, &size, type);
    if (status)
        RtlSetLastWin32ErrorAndNtStatusFromNtStatus(status);
    return !status;
}

BOOL WINAPI replaced_VirtualFree(void *base, SIZE_T size, DWORD type)
{
    return replaced_VirtualFreeEx(NtCurrentProcess(), base, size, type);
}
