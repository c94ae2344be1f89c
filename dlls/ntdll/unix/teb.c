/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Thread environment blocks. GS holds the TEB while the thread lives; glibc's FS is never touched.
 * `wrgsbase` is used where the kernel says it may be (AT_HWCAP2), else arch_prctl.
 */

#include "teb.h"

#include "prefault.h"
#include "process.h"
#include "virtual.h"
#include <asm/prctl.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    TEB_VIEW_BYTES = 0x4000, /* the TEB and what win32u and others keep behind it */
    HWCAP2_FSGSBASE_BIT = 2,
    SKIP_THREAD_ATTACH = 0x8, /* TEB.SameTebFlags */
};

_Static_assert(offsetof(TEB, StaticUnicodeBuffer) == 0x1268, "layout");
_Static_assert(offsetof(TEB, DeallocationStack) == 0x1478, "layout");

NTSTATUS teb_new(const INITIAL_TEB *stack, bool skip_attach, TEB **ret_teb)
{
    char *base = NULL;
    NTSTATUS status = view_allocate(&base, TEB_VIEW_BYTES, true);
    TEB *teb;

    if (status)
        return status;
    prefault(base, sizeof(*teb));
    teb = (TEB *)base;
    teb->Tib.ExceptionList = (void *)-1;
    teb->Tib.StackBase = stack->StackBase;
    teb->Tib.StackLimit = stack->StackLimit;
    teb->DeallocationStack = stack->DeallocationStack;
    teb->Tib.Self = &teb->Tib;
    teb->Peb = process.peb;
    teb->StaticUnicodeString.Buffer = teb->StaticUnicodeBuffer;
    teb->StaticUnicodeString.MaximumLength = sizeof(teb->StaticUnicodeBuffer);
    teb->ActivationContextStackPointer = &teb->ActivationContextStack;
    teb->ActivationContextStack.FrameListCache.Flink = &teb->ActivationContextStack.FrameListCache;
    teb->ActivationContextStack.FrameListCache.Blink = &teb->ActivationContextStack.FrameListCache;
    teb->CurrentLocale = 0x409;
    if (skip_attach)
        teb->SameTebFlags |= SKIP_THREAD_ATTACH;
    *ret_teb = teb;
    return STATUS_SUCCESS;
}

void teb_free(TEB *teb)
{
    view_release((char *)teb);
}

void teb_set_ids(TEB *teb, pid_t pid, pid_t tid)
{
    teb->ClientId.UniqueProcess = (HANDLE)(uintptr_t)pid;
    teb->ClientId.UniqueThread = (HANDLE)(uintptr_t)tid;
    teb->RealClientId = teb->ClientId;
}

void teb_activate(TEB *teb)
{
    if (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT)
        __asm__ volatile("wrgsbase %0" : : "r"(teb) : "memory");
    else
        syscall(SYS_arch_prctl, ARCH_SET_GS, teb);
}
