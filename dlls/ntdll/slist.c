/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Interlocked singly linked lists: a 16-byte head with depth (16 bits), sequence (48), and the
 * first entry (60 bits, 16-byte aligned), exchanged as a whole (cmpxchg16b). The sequence changes
 * at every operation, so an entry that has gone and come back is not mistaken.
 *
 * A pop reads the first entry's link before it owns the entry: by then another thread may have
 * popped and freed it. The link read is not used then, since the exchange fails, and a fault of the
 * load is forgiven.
 */
#include "rtl.h"

typedef unsigned __int128 head_t __attribute__((aligned(16), may_alias));

static BOOL head_swap(SLIST_HEADER *list, SLIST_HEADER *expected, SLIST_HEADER next)
{
    UCHAR done;

    __asm__ volatile("lock cmpxchg16b %1; sete %0"
                     : "=q"(done), "+m"(*(volatile head_t *)list), "+a"(expected->Alignment),
                       "+d"(expected->Region)
                     : "b"(next.Alignment), "c"(next.Region)
                     : "memory", "cc");
    return done;
}

/* Not one load of 16 bytes: a torn value makes the exchange fail, which corrects it. */
static SLIST_HEADER head_load(const SLIST_HEADER *list)
{
    SLIST_HEADER head;

    head.Alignment = __atomic_load_n(&list->Alignment, __ATOMIC_ACQUIRE);
    head.Region = __atomic_load_n(&list->Region, __ATOMIC_ACQUIRE);
    return head;
}

static SLIST_ENTRY *first_of(const SLIST_HEADER *head)
{
    return (SLIST_ENTRY *)(ULONG_PTR)(head->Region & ~15ull);
}

static SLIST_HEADER head_of(SLIST_ENTRY *first, ULONGLONG depth, const SLIST_HEADER *old)
{
    SLIST_HEADER head;

    head.Alignment = (depth & 0xffff) | ((old->Alignment >> 16) + 1) << 16;
    head.Region = (ULONGLONG)(ULONG_PTR)first | (old->Region & 15);
    return head;
}

void WINAPI RtlInitializeSListHead(SLIST_HEADER *list)
{
    list->Alignment = 0;
    list->Region = 1; /* the 16-byte form */
}

WORD WINAPI RtlQueryDepthSList(SLIST_HEADER *list)
{
    return (WORD)head_load(list).Alignment;
}

SLIST_ENTRY *WINAPI RtlFirstEntrySList(const SLIST_HEADER *list)
{
    SLIST_HEADER head = head_load(list);

    return first_of(&head);
}

SLIST_ENTRY *WINAPI RtlInterlockedFlushSList(SLIST_HEADER *list)
{
    SLIST_HEADER old = head_load(list);

    do
        if (!first_of(&old))
            return NULL;
    while (!head_swap(list, &old, head_of(NULL, 0, &old)));
    return first_of(&old);
}

/* A chain of n entries; the former first entry is returned. */
SLIST_ENTRY *WINAPI RtlInterlockedPushListSListEx(SLIST_HEADER *list, SLIST_ENTRY *first,
                                                  SLIST_ENTRY *last, ULONG n)
{
    SLIST_HEADER old = head_load(list);

    do
        last->Next = first_of(&old);
    while (!head_swap(list, &old, head_of(first, (old.Alignment & 0xffff) + n, &old)));
    return first_of(&old);
}

SLIST_ENTRY *WINAPI RtlInterlockedPushEntrySList(SLIST_HEADER *list, SLIST_ENTRY *entry)
{
    return RtlInterlockedPushListSListEx(list, entry, entry, 1);
}

SLIST_ENTRY *WINAPI RtlInterlockedPushListSList(SLIST_HEADER *list, SLIST_ENTRY *first,
                                                SLIST_ENTRY *last, ULONG n)
{
    return RtlInterlockedPushListSListEx(list, first, last, n);
}

/* In slist_pop.S. */
extern const char slist_pop_resume[], slist_pop_load[];

/* A fault of the one load is another thread's pop if the head is no longer what it was, else the
 * caller's. */
EXCEPTION_DISPOSITION WINAPI slist_pop_fault(EXCEPTION_RECORD *record, void *frame,
                                             CONTEXT *context, void *dispatcher)
{
    const SLIST_HEADER *list = (const SLIST_HEADER *)context->R10;

    (void)frame;
    (void)dispatcher;
    if (record->ExceptionCode != (DWORD)STATUS_ACCESS_VIOLATION || record->ExceptionFlags ||
        context->Rip != (ULONG_PTR)slist_pop_load ||
        __atomic_load_n(&list->Alignment, __ATOMIC_ACQUIRE) == context->Rax)
        return ExceptionContinueSearch;
    context->Rip = (ULONG_PTR)slist_pop_resume;
    return ExceptionContinueExecution;
}
