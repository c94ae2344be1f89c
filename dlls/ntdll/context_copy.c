/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* RtlCopyContext and the question which XSAVE features are enabled.
 * TODO(context): contexts with XSAVE state (RtlInitializeExtendedContext2,
 * RtlLocateExtendedFeature). */

#include "ntdll.h"

#include "exception.h"

/* KUSER_SHARED_DATA.XState.EnabledFeatures, filled by the ELF half from the processor. */
#define ENABLED_FEATURES (*(const volatile ULONG64 *)0x7ffe03d8)

ULONG64 WINAPI RtlGetEnabledExtendedFeatures(ULONG64 mask)
{
    return ENABLED_FEATURES & mask;
}

static bool has_part(ULONG flags, ULONG part)
{
    return (flags & part) == part;
}

/* One part for each flag; what the flags do not name stays. The destination then says that it holds
 * them. */
NTSTATUS WINAPI RtlCopyContext(CONTEXT *to, DWORD flags, CONTEXT *from)
{
    const ULONG arch = CONTEXT_CONTROL & ~(ULONG)1;

    if (!(flags & arch) || !(to->ContextFlags & arch) || !(from->ContextFlags & arch))
        return STATUS_INVALID_PARAMETER;
    if (flags & CONTEXT_XSTATE_BIT) {
        log_unimplemented_class("RtlCopyContext", CONTEXT_XSTATE_BIT);
        return STATUS_NOT_SUPPORTED;
    }
    to->ContextFlags |= flags;
    if (has_part(flags, CONTEXT_CONTROL)) {
        to->Rsp = from->Rsp;
        to->Rip = from->Rip;
        to->SegCs = from->SegCs;
        to->SegSs = from->SegSs;
        to->EFlags = from->EFlags;
    }
    if (has_part(flags, CONTEXT_INTEGER)) {
        const ULONG64 rsp = to->Rsp;

        memcpy(&to->Rax, &from->Rax, offsetof(CONTEXT, Rip) - offsetof(CONTEXT, Rax));
        to->Rsp = rsp;
    }
    if (has_part(flags, CONTEXT_SEGMENTS))
        memcpy(&to->SegDs, &from->SegDs, offsetof(CONTEXT, SegSs) - offsetof(CONTEXT, SegDs));
    if (has_part(flags, CONTEXT_FLOATING_POINT)) {
        to->MxCsr = from->MxCsr;
        to->FltSave = from->FltSave;
    }
    if (has_part(flags, CONTEXT_DEBUG_REGISTERS))
        memcpy(&to->Dr0, &from->Dr0, offsetof(CONTEXT, Rax) - offsetof(CONTEXT, Dr0));
    return STATUS_SUCCESS;
}
