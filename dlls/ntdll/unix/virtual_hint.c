/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtSetInformationVirtualMemory: what a program tells of its memory in advance. Of that which
 * PrefetchVirtualMemory says, Linux hears that the ranges will be wanted; a range that is not there
 * changes nothing, as it is a hint. */
#include "ntprocess.h"
#include "usermem.h"
#include "virtual.h"
#include <sys/mman.h>

static void will_need(const MEMORY_RANGE_ENTRY *range)
{
    const uintptr_t start = (uintptr_t)range->VirtualAddress & ~(uintptr_t)(VIRTUAL_PAGE - 1);
    const uintptr_t end = (uintptr_t)range->VirtualAddress + range->NumberOfBytes;

    if (end > start)
        (void)madvise((void *)start, end - start, MADV_WILLNEED);
}

NTSTATUS WINAPI NtSetInformationVirtualMemory(HANDLE process,
                                              VIRTUAL_MEMORY_INFORMATION_CLASS class, ULONG_PTR n,
                                              MEMORY_RANGE_ENTRY *ranges, PVOID info, ULONG size)
{
    ULONG flags;

    if (class != VmPrefetchInformation) {
        unimplemented_once(__func__, "class", (unsigned)class);
        return STATUS_INVALID_PARAMETER_2;
    }
    if (!n)
        return STATUS_INVALID_PARAMETER_3;
    if (size != sizeof(flags))
        return STATUS_INVALID_PARAMETER_6;
    TRY(USER_GET(flags, (ULONG *)info));
    if (flags)
        return STATUS_INVALID_PARAMETER_5;
    TRY(process_require_current(__func__, process));
    for (ULONG_PTR i = 0; i < n; i++) {
        MEMORY_RANGE_ENTRY range;

        TRY(user_read(&range, ranges + i, sizeof(range)));
        will_need(&range);
    }
    return STATUS_SUCCESS;
}
