/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* LockFileEx in place of Wine's (ldr_replace.c), which does not give the OVERLAPPED on: on an
 * overlapped handle its caller would wait for a range that is taken, for ever if the caller is
 * who has to unlock it. */

#include "ntdll.h"

#include "replace.h"

BOOL WINAPI replaced_LockFileEx(HANDLE file, DWORD flags, DWORD reserved, DWORD length_low,
                                DWORD length_high, OVERLAPPED *overlapped)
{
    LARGE_INTEGER offset, length = {.LowPart = length_low, .HighPart = (LONG)length_high};
    void *packet = overlapped; /* what a completion port gets; the event's lowest bit: nothing */
    NTSTATUS status;

    if (reserved || !overlapped) {
        RtlSetLastWin32Error(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    offset.LowPart = overlapped->Offset;
    offset.HighPart = (LONG)overlapped->OffsetHigh;
    if ((ULONG_PTR)overlapped->hEvent & 1)
        packet = NULL;
    overlapped->Internal = (ULONG_PTR)STATUS_PENDING;
    status = NtLockFile(file, overlapped->hEvent, NULL, packet, (IO_STATUS_BLOCK *)overlapped,
                        &offset, &length, NULL, (flags & LOCKFILE_FAIL_IMMEDIATELY) != 0,
                        (flags & LOCKFILE_EXCLUSIVE_LOCK) != 0);
    if (!status)
        return TRUE;
    RtlSetLastWin32ErrorAndNtStatusFromNtStatus(status);
    return FALSE;
}
