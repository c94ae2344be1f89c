/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What run times ask of the machine and of their process when they start (Go's, those of
 * Microsoft's compiler), where Wine's functions do not keep what they are told, or guess
 * (ldr_replace.c). */

#include "ntdll.h"

#include "replace.h"
#include <stdbool.h>

BOOL(WINAPI *original_SetProcessPriorityBoost)(HANDLE process, BOOL is_disabled);
BOOL(WINAPI *original_GetProcessPriorityBoost)(HANDLE process, BOOL *ret_is_disabled);

/* This process's. */
static volatile LONG error_report_flags, is_boost_disabled;

enum { NODES_BYTES_MAX = 0xc00 }; /* of 64 nodes; there is no stack probe here */

static bool is_this_process(HANDLE process)
{
    PROCESS_BASIC_INFORMATION info;

    return process == NtCurrentProcess() ||
           (!NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof(info),
                                       NULL) &&
            info.UniqueProcessId == (ULONG_PTR)teb()->ClientId.UniqueProcess);
}

/* There is no error reporting that could look at the flags: keeping them is all there is to do. */
HRESULT WINAPI replaced_WerSetFlags(DWORD flags)
{
    InterlockedExchange(&error_report_flags, (LONG)flags);
    return S_OK;
}

HRESULT WINAPI replaced_WerGetFlags(HANDLE process, DWORD *ret_flags)
{
    if (!ret_flags)
        return E_INVALIDARG;
    if (!is_this_process(process))
        return HRESULT_FROM_WIN32(ERROR_NOT_SUPPORTED);
    *ret_flags = (DWORD)error_report_flags;
    return S_OK;
}

/* Linux raises no thread's priority for a while because it has waited: there is nothing to disable,
 * and what was asked for is remembered. */
BOOL WINAPI replaced_SetProcessPriorityBoost(HANDLE process, BOOL is_disabled)
{
    if (!is_this_process(process))
        return original_SetProcessPriorityBoost(process, is_disabled);
    InterlockedExchange(&is_boost_disabled, is_disabled != FALSE);
    return TRUE;
}

BOOL WINAPI replaced_GetProcessPriorityBoost(HANDLE process, BOOL *ret_is_disabled)
{
    if (!is_this_process(process))
        return original_GetProcessPriorityBoost(process, ret_is_disabled);
    *ret_is_disabled = is_boost_disabled;
    return TRUE;
}

BOOL WINAPI replaced_GetNumaHighestNodeNumber(ULONG *ret_node)
{
    char buffer[NODES_BYTES_MAX];
    LOGICAL_PROCESSOR_RELATIONSHIP wanted = RelationNumaNode;
    ULONG n = 0, highest = 0;
    const NTSTATUS status = NtQuerySystemInformationEx(SystemLogicalProcessorInformationEx, &wanted,
                                                       sizeof(wanted), buffer, sizeof(buffer), &n);

    if (status) {
        RtlSetLastWin32Error(RtlNtStatusToDosError(status));
        return FALSE;
    }
    for (ULONG at = 0; at < n;) {
        const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *node = (const void *)(buffer + at);

        if (node->NumaNode.NodeNumber > highest)
            highest = node->NumaNode.NodeNumber;
        at += node->Size;
    }
    *ret_node = highest;
    return TRUE;
}
