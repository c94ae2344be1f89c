/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NT status to Win32 error, and the per-thread last error, error mode. The table
 * (statuses.def) is in the order of the statuses, so it is searched by halves.
 */
#include "rtl.h"

#include "winerror.h"

#include "portico/status.h" /* what Wine's headers lack */

struct mapping {
    NTSTATUS status;
    ULONG error;
};

static const struct mapping mappings[] = {
#define MAP(status, error)   {(NTSTATUS)STATUS_##status, ERROR_##error},
#define SELF(status)         {STATUS_##status, (ULONG)STATUS_##status},
#define OTHER(status, error) {status, (ULONG)(error)},
#include "statuses.def"
#undef OTHER
#undef SELF
#undef MAP
};

static ULONG table_lookup(NTSTATUS status)
{
    size_t low = 0, high = ARRAY_COUNT(mappings);

    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct mapping *m = &mappings[middle];
        if (m->status == status)
            return m->error;
        if ((ULONG)m->status < (ULONG)status)
            low = middle + 1;
        else
            high = middle;
    }
    return ERROR_MR_MID_NOT_FOUND;
}

/* A status with the customer bit is an error of the program's own; 0xD... is 0xC... with the N bit;
 * facility 7 carries a Win32 error.
 */
ULONG WINAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS status)
{
    ULONG value = (ULONG)status;

    if (!value || (value & 0x20000000))
        return value;
    if ((value & 0xf0000000) == 0xd0000000)
        value &= ~0x10000000u;
    if (HIWORD(value) == 0xc001 || HIWORD(value) == 0x8007 || HIWORD(value) == 0xc007)
        return LOWORD(value);
    return table_lookup((NTSTATUS)value);
}

ULONG WINAPI RtlNtStatusToDosError(NTSTATUS status)
{
    teb()->LastStatusValue = (ULONG)status;
    return RtlNtStatusToDosErrorNoTeb(status);
}

NTSTATUS WINAPI RtlGetLastNtStatus(void)
{
    return (NTSTATUS)teb()->LastStatusValue;
}

DWORD WINAPI RtlGetLastWin32Error(void)
{
    return teb()->LastErrorValue;
}

void WINAPI RtlSetLastWin32Error(DWORD error)
{
    teb()->LastErrorValue = error;
}

void WINAPI RtlRestoreLastWin32Error(DWORD error)
{
    teb()->LastErrorValue = error;
}

void WINAPI RtlSetLastWin32ErrorAndNtStatusFromNtStatus(NTSTATUS status)
{
    teb()->LastErrorValue = RtlNtStatusToDosError(status);
}

NTSTATUS WINAPI RtlMapSecurityErrorToNtStatus(ULONG error)
{
    switch (error) {
    case 0x80090300u: /* insufficient memory */
        return STATUS_INSUFFICIENT_RESOURCES;
    case 0x80090301u: /* invalid handle */
        return STATUS_INVALID_HANDLE;
    case 0x80090302u: /* unsupported function */
        return STATUS_NOT_SUPPORTED;
    case 0x8009030cu: /* logon denied */
    case 0x8009030eu: /* no credentials */
        return STATUS_LOGON_FAILURE;
    default:
        return (NTSTATUS)error;
    }
}

enum { ERROR_MODE_BITS = 0x70 };

DWORD WINAPI RtlGetThreadErrorMode(void)
{
    return teb()->HardErrorDisabled;
}

NTSTATUS WINAPI RtlSetThreadErrorMode(DWORD mode, DWORD *ret_old)
{
    if (mode & ~(DWORD)ERROR_MODE_BITS)
        return STATUS_INVALID_PARAMETER_1;
    if (ret_old)
        *ret_old = teb()->HardErrorDisabled;
    teb()->HardErrorDisabled = mode;
    return STATUS_SUCCESS;
}
