/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What the Rtl room does when a process or a thread begins and ends. The loader (ldr) calls these;
 * the PEB and the TEB come filled by the ELF half as far as the ELF half knows them, and each step
 * here leaves alone what is there already.
 */
#include "rtl.h"

static RTL_CRITICAL_SECTION peb_lock = {.LockCount = -1};
static RTL_BITMAP tls_bitmap, tls_expansion_bitmap, fls_bitmap;

static void init_bitmap(RTL_BITMAP **place, RTL_BITMAP *map, ULONG *bits, ULONG n_bits)
{
    if (*place)
        return;
    RtlInitializeBitMap(map, bits, n_bits);
    *place = map;
}

void rtl_process_init(void)
{
    PEB *p = peb();

    if (!p->FastPebLock)
        p->FastPebLock = &peb_lock;
    if (!p->ProcessHeap)
        p->ProcessHeap = RtlCreateHeap(HEAP_GROWABLE, NULL, 0, 0, NULL, NULL);
    if (!p->TlsBitmap) {
        init_bitmap(&p->TlsBitmap, &tls_bitmap, p->TlsBitmapBits, 64);
        RtlSetBits(p->TlsBitmap, 0, 1); /* TlsAlloc never gives 0 */
    }
    if (!p->TlsExpansionBitmap) {
        init_bitmap(&p->TlsExpansionBitmap, &tls_expansion_bitmap, p->TlsExpansionBitmapBits, 1024);
        RtlSetBits(p->TlsExpansionBitmap, 0, 1);
    }
    init_bitmap(&p->FlsBitmap, &fls_bitmap, p->FlsBitmapBits, 128);
    if (!p->FlsListHead.Flink)
        p->FlsListHead.Flink = p->FlsListHead.Blink = &p->FlsListHead;
    if (!p->CriticalSectionTimeout.QuadPart)
        p->CriticalSectionTimeout.QuadPart = -30ll * 24 * 3600 * 10000000;
    if (!p->HeapSegmentReserve) {
        p->HeapSegmentReserve = 0x100000;
        p->HeapSegmentCommit = 0x2000;
        p->HeapDeCommitTotalFreeThreshold = 0x10000;
        p->HeapDeCommitFreeBlockThreshold = 0x1000;
    }
    rtl_init_nls();
    rtl_thread_init();
}

void rtl_thread_init(void)
{
    TEB *t = teb();

    if (!t->StaticUnicodeString.Buffer) {
        t->StaticUnicodeString.Buffer = t->StaticUnicodeBuffer;
        t->StaticUnicodeString.MaximumLength = sizeof(t->StaticUnicodeBuffer);
    }
    if (!t->ActivationContextStackPointer) {
        t->ActivationContextStackPointer = &t->ActivationContextStack;
        t->ActivationContextStack.FrameListCache.Flink =
            t->ActivationContextStack.FrameListCache.Blink =
                &t->ActivationContextStack.FrameListCache;
    }
}

void rtl_thread_exit(void)
{
    TEB *t = teb();

    RtlProcessFlsData(t->FlsSlots, 1);
    RtlProcessFlsData(t->FlsSlots, 2);
    t->FlsSlots = NULL;
}

void rtl_process_exit(void)
{
    RtlProcessFlsData(teb()->FlsSlots, 1);
}
