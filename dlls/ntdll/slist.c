/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Interlocked singly linked lists: a 16-byte head with depth (16 bits), sequence (48), and the
 * first entry (60 bits, 16-byte aligned), exchanged as a whole (cmpxchg16b). The sequence changes
 * at every operation, so an entry that has gone and come back is not mistaken.
 *
 * A pop reads the first entry's link before it owns the entry: by then another thread may have
 * popped and freed it. The link read is not used then, since the exchange fails; that the page is
 * still readable is the caller's part.
 * TODO(slist): Windows recovers from a fault of that one load (ExpInterlockedPopEntrySListFault).
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

SLIST_ENTRY *WINAPI RtlInterlockedPopEntrySList(SLIST_HEADER *list)
{
    SLIST_HEADER old = head_load(list);
    SLIST_ENTRY *first;

    do {
        first = first_of(&old);
        if (!first)
            return NULL;
    } while (!head_swap(list, &old, head_of(first->Next, (old.Alignment & 0xffff) - 1, &old)));
    return first;
}
