/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* RtlCaptureStackBackTrace and RtlWalkFrameChain: return addresses of the callers, innermost first.
 */

#include "ntdll.h"

#include "exception.h"

/* The first address given is that of the caller's caller after `skip` more frames. */
static ULONG walk_frames(ULONG skip, ULONG n_max, void **ret_addresses)
{
    UNWIND_HISTORY_TABLE history = {0};
    DISPATCHER_CONTEXT dispatch = {.HistoryTable = &history};
    CONTEXT context;
    ULONG n = 0;

    RtlCaptureContext(&context);
    while (n < n_max && !unwind_frame(UNW_FLAG_NHANDLER, &dispatch, &context) && context.Rip) {
        if (skip)
            skip--;
        else
            ret_addresses[n++] = (void *)context.Rip;
    }
    return n;
}

__attribute__((noinline)) USHORT WINAPI RtlCaptureStackBackTrace(ULONG skip, ULONG n_max,
                                                                 void **ret_addresses,
                                                                 ULONG *ret_hash)
{
    ULONG n = walk_frames(skip + 1, n_max > 0xffff ? 0xffff : n_max, ret_addresses);
    ULONG_PTR hash = 0;
    ULONG i;

    for (i = 0; i < n; i++)
        hash += (ULONG_PTR)ret_addresses[i];
    if (ret_hash)
        *ret_hash = (ULONG)hash;
    return (USHORT)n;
}

__attribute__((noinline)) ULONG WINAPI RtlWalkFrameChain(void **ret_addresses, ULONG n_max,
                                                         ULONG flags)
{
    const ULONG skip = flags >> 8;

    if (flags & 0xff)
        return 0; /* user frames of a kernel trace: there are none */
    return walk_frames(skip + 1, n_max, ret_addresses);
}
