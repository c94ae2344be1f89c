/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Looking at heaps: validation, the walk, compaction, information classes. */
#include "heap.h"

/* What RtlWalkHeap fills; kernelbase turns it into PROCESS_HEAP_ENTRY. */
struct walk_entry {
    void *data;
    SIZE_T n_bytes;
    BYTE n_overhead, region;
    WORD flags;
    union {
        ULONG_PTR block[3];
        struct {
            ULONG n_committed, n_uncommitted;
            void *first, *last;
        } region;
    } u;
};

enum { WALK_BUSY = 0x0001, WALK_REGION = 0x0002, WALK_BLOCK = 0x0010, WALK_LARGE = 0x0020 };

enum { HEAP_INFO_COMPATIBILITY = 0, HEAP_INFO_TERMINATE = 1 };

static struct heap *heap_quiet(HANDLE handle)
{
    struct heap *heap = handle;

    return heap && heap->signature == (ULONG)HEAP_SIGNATURE ? heap : NULL;
}

static const void *heap_damage(struct heap *heap)
{
    for (struct segment *segment = heap->segments; segment; segment = segment->next) {
        const void *place = segment_damage(heap, segment);
        if (place)
            return place;
    }
    for (LIST_ENTRY *e = heap->large.Flink; e != &heap->large; e = e->Flink) {
        struct large_block *large = CONTAINING_RECORD(e, struct large_block, entry);
        if (large->head.state != BLOCK_LARGE || !block_is_sound(heap, &large->head))
            return large;
    }
    return NULL;
}

static BOOL is_in_segment(struct heap *heap, const void *ptr)
{
    for (struct segment *s = heap->segments; s; s = s->next)
        if ((char *)ptr >= (char *)s->first && (char *)ptr < (char *)s + s->n_bytes)
            return TRUE;
    return FALSE;
}

/* Whether ptr is a busy block, found by its place first, so that any pointer may be asked about. */
static BOOL is_busy_block(struct heap *heap, const void *ptr)
{
    if ((ULONG_PTR)ptr % HEAP_UNIT)
        return FALSE;
    for (LIST_ENTRY *e = heap->large.Flink; e != &heap->large; e = e->Flink)
        if ((void *)(CONTAINING_RECORD(e, struct large_block, entry) + 1) == ptr)
            return TRUE;
    struct block *block = (struct block *)ptr - 1;
    return is_in_segment(heap, block) && block->state == BLOCK_BUSY && block_is_sound(heap, block);
}

BOOLEAN WINAPI RtlValidateHeap(HANDLE handle, ULONG flags, const void *ptr)
{
    struct heap *heap = heap_quiet(handle);
    BOOL serialize, valid;

    if (!heap)
        return FALSE;
    serialize = !((heap->flags | flags) & HEAP_NO_SERIALIZE);
    if (serialize)
        RtlEnterCriticalSection(&heap->lock);
    valid = ptr ? is_busy_block(heap, ptr) : !heap_damage(heap);
    if (serialize)
        RtlLeaveCriticalSection(&heap->lock);
    return (BOOLEAN)valid;
}

BOOLEAN WINAPI RtlValidateProcessHeaps(void)
{
    HANDLE heaps[64];
    ULONG n = RtlGetProcessHeaps(ARRAY_COUNT(heaps), heaps);

    for (ULONG i = 0; i < n && i < ARRAY_COUNT(heaps); i++)
        if (!RtlValidateHeap(heaps[i], 0, NULL))
            return FALSE;
    return TRUE;
}

static void describe_segment(struct walk_entry *entry, struct segment *segment)
{
    entry->data = segment->first;
    entry->n_bytes = (SIZE_T)((char *)segment->first - (char *)segment);
    entry->n_overhead = 0;
    entry->flags = WALK_REGION;
    entry->u.region.n_committed = (ULONG)segment->n_bytes;
    entry->u.region.n_uncommitted = 0;
    entry->u.region.first = segment->first;
    entry->u.region.last = (char *)segment + segment->n_bytes;
}

static void describe_block(struct walk_entry *entry, struct block *block)
{
    entry->data = block_data(block);
    entry->n_overhead = sizeof(*block);
    if (block->state == BLOCK_BUSY) {
        entry->n_bytes = ((SIZE_T)block->n_units - 1) * HEAP_UNIT - block->n_unused;
        entry->flags = WALK_BUSY | WALK_BLOCK;
    } else {
        entry->n_bytes = ((SIZE_T)block->n_units - 1) * HEAP_UNIT;
        entry->flags = 0;
    }
}

static NTSTATUS describe_large(struct heap *heap, struct walk_entry *entry, LIST_ENTRY *link)
{
    if (link == &heap->large)
        return STATUS_NO_MORE_ENTRIES;
    struct large_block *large = CONTAINING_RECORD(link, struct large_block, entry);
    entry->data = block_data(&large->head);
    entry->n_bytes = large->n_bytes;
    entry->n_overhead = sizeof(*large);
    entry->region = 64;
    entry->flags = WALK_BUSY | WALK_BLOCK | WALK_LARGE;
    return STATUS_SUCCESS;
}

/* The order: each segment as a region, then its blocks; at the end the large blocks. The entry's
 * data pointer of the last call says where the walk stands: a region's is its first header, a
 * block's its data.
 */
static NTSTATUS walk_next(struct heap *heap, struct walk_entry *entry)
{
    BYTE index = 0;

    if (!entry->data) {
        describe_segment(entry, heap->segments);
        entry->region = 0;
        return STATUS_SUCCESS;
    }
    for (struct segment *s = heap->segments; s; s = s->next, index++) {
        char *low = (char *)s->first, *high = (char *)s + s->n_bytes;
        if ((char *)entry->data < low || (char *)entry->data >= high)
            continue;
        entry->region = index;
        struct block *next =
            entry->data == s->first ? s->first : block_above((struct block *)entry->data - 1);
        if (!block_is_sound(heap, next))
            return STATUS_INVALID_PARAMETER;
        if (next->state != BLOCK_END) {
            describe_block(entry, next);
            return STATUS_SUCCESS;
        }
        if (!s->next)
            return describe_large(heap, entry, heap->large.Flink);
        describe_segment(entry, s->next);
        entry->region = (BYTE)(index + 1);
        return STATUS_SUCCESS;
    }
    for (LIST_ENTRY *e = heap->large.Flink; e != &heap->large; e = e->Flink)
        if ((void *)(CONTAINING_RECORD(e, struct large_block, entry) + 1) == entry->data)
            return describe_large(heap, entry, e->Flink);
    return STATUS_INVALID_PARAMETER;
}

NTSTATUS WINAPI RtlWalkHeap(HANDLE handle, void *ptr)
{
    struct heap *heap = heap_quiet(handle);
    struct walk_entry *entry = ptr;

    if (!heap || !entry)
        return STATUS_INVALID_HANDLE;
    BOOL serialize = !(heap->flags & HEAP_NO_SERIALIZE);
    if (serialize)
        RtlEnterCriticalSection(&heap->lock);
    NTSTATUS status = walk_next(heap, entry);
    if (serialize)
        RtlLeaveCriticalSection(&heap->lock);
    return status;
}

/* The largest free block; blocks merge when they are freed, so there is nothing else to compact. */
ULONG WINAPI RtlCompactHeap(HANDLE handle, ULONG flags)
{
    struct heap *heap = heap_quiet(handle);
    SIZE_T largest = 0;

    (void)flags;
    if (!heap)
        return 0;
    RtlEnterCriticalSection(&heap->lock);
    for (unsigned class = HEAP_CLASSES; class --&&!largest;)
        for (struct free_block *free = heap->classes[class]; free; free = free->next)
            if (((SIZE_T)free->head.n_units - 1) * HEAP_UNIT > largest)
                largest = ((SIZE_T)free->head.n_units - 1) * HEAP_UNIT;
    RtlLeaveCriticalSection(&heap->lock);
    return largest > 0xffffffff ? 0xffffffff : (ULONG)largest;
}

/* Compatibility 0: a plain heap. Corruption always ends in an exception, so asking for that is
 * granted. */
NTSTATUS WINAPI RtlSetHeapInformation(HANDLE handle, HEAP_INFORMATION_CLASS class, void *info,
                                      SIZE_T n_bytes)
{
    (void)handle;
    switch ((int)class) {
    case HEAP_INFO_COMPATIBILITY:
        if (n_bytes < sizeof(ULONG) || !info)
            return STATUS_BUFFER_TOO_SMALL;
        /* 2 asks for the low-fragmentation front end: the free lists here already are one by size.
         */
        return *(ULONG *)info == 0 || *(ULONG *)info == 2 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    case HEAP_INFO_TERMINATE:
        return STATUS_SUCCESS;
    default:
        log_unimplemented_class("RtlSetHeapInformation", (ULONG) class);
        return STATUS_INVALID_INFO_CLASS;
    }
}

NTSTATUS WINAPI RtlQueryHeapInformation(HANDLE handle, HEAP_INFORMATION_CLASS class, void *info,
                                        SIZE_T n_bytes, SIZE_T *ret_bytes)
{
    (void)handle;
    if ((int)class != HEAP_INFO_COMPATIBILITY) {
        log_unimplemented_class("RtlQueryHeapInformation", (ULONG) class);
        return STATUS_INVALID_INFO_CLASS;
    }
    if (ret_bytes)
        *ret_bytes = sizeof(ULONG);
    if (n_bytes < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    *(ULONG *)info = 0;
    return STATUS_SUCCESS;
}
