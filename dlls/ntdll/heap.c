/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Heaps: the Rtl interface over heap_blocks.c. A growable heap takes ever larger segments (1 MiB up
 * to 64 MiB; pages that are not touched cost nothing) and gives empty ones back, except the first.
 * Blocks from 508 KiB on have regions of their own. A heap is guarded by one recursive lock, which
 * RtlLockHeap also takes; HEAP_NO_SERIALIZE leaves it out.
 *
 * A block that is not what its header says (overrun, double free, another heap's, no block at all)
 * is reported in one line and raises STATUS_HEAP_CORRUPTION; RtlValidateHeap says FALSE instead.
 */
#include "heap.h"

enum { USER_VALUE_BYTES = 16 };
#define HEAP_ADD_USER_INFO   0x100
#define HEAP_USER_FLAGS_MASK 0xf00

static void heap_enter(struct heap *heap, ULONG flags)
{
    if (!((heap->flags | flags) & HEAP_NO_SERIALIZE))
        RtlEnterCriticalSection(&heap->lock);
}

static void heap_leave(struct heap *heap, ULONG flags)
{
    if (!((heap->flags | flags) & HEAP_NO_SERIALIZE))
        RtlLeaveCriticalSection(&heap->lock);
}

static void heap_corrupted(struct heap *heap, const char *function, const void *place)
{
    log_line("%s: heap %p is damaged at %p", function, heap, place);
    RtlRaiseStatus(STATUS_HEAP_CORRUPTION);
}

/* --- blocks --- */

static ULONG units_for(SIZE_T n_bytes, ULONG flags)
{
    SIZE_T n = n_bytes + (flags & HEAP_ADD_USER_INFO ? USER_VALUE_BYTES : 0);
    ULONG n_units = (ULONG)((n + HEAP_UNIT - 1) / HEAP_UNIT) + 1;

    return n_units < HEAP_MIN_UNITS ? HEAP_MIN_UNITS : n_units;
}

static SIZE_T block_bytes(const struct block *block)
{
    if (block->state == BLOCK_LARGE)
        return CONTAINING_RECORD(block, struct large_block, head)->n_bytes;
    return ((SIZE_T)block->n_units - 1) * HEAP_UNIT - block->n_unused;
}

/* The user value lies in the last 8 bytes of the block. */
static ULONG_PTR *user_value(struct block *block)
{
    if (!(block->user_flags & 1))
        return NULL;
    if (block->state == BLOCK_LARGE)
        return &CONTAINING_RECORD(block, struct large_block, head)->user_value;
    return (ULONG_PTR *)block_above(block) - 1;
}

/* The busy block of a pointer, or NULL when it is none. */
static struct block *block_of(struct heap *heap, const void *ptr)
{
    struct block *block = (struct block *)ptr - 1;

    if ((ULONG_PTR)ptr % HEAP_UNIT || (ULONG_PTR)ptr < 0x10000)
        return NULL;
    if ((block->state != BLOCK_BUSY && block->state != BLOCK_LARGE) || !block_is_sound(heap, block))
        return NULL;
    return block;
}

static void block_finish(struct heap *heap, struct block *block, SIZE_T n_bytes, ULONG flags)
{
    block->n_unused = (USHORT)(((SIZE_T)block->n_units - 1) * HEAP_UNIT - n_bytes);
    block->user_flags = (UCHAR)((flags & HEAP_USER_FLAGS_MASK) >> 8);
    block_seal(heap, block);
    if (block->user_flags & 1)
        *user_value(block) = 0;
}

static BOOL heap_grow(struct heap *heap, ULONG n_units)
{
    SIZE_T n_bytes = heap->n_taken, n_need = ((SIZE_T)n_units + 8) * HEAP_UNIT;

    if (heap->n_max)
        return FALSE;
    n_bytes = n_bytes < HEAP_SEGMENT_BYTES ? HEAP_SEGMENT_BYTES : n_bytes;
    n_bytes = n_bytes > HEAP_SEGMENT_MAX_BYTES ? HEAP_SEGMENT_MAX_BYTES : n_bytes;
    n_bytes = n_bytes < n_need ? (n_need + 0xffff) & ~(SIZE_T)0xffff : n_bytes;
    struct segment *segment = heap_region_new(&n_bytes, heap->protection);
    if (!segment)
        return FALSE;
    segment->owned = TRUE;
    heap->n_taken += n_bytes;
    segment_format(heap, segment, (sizeof(*segment) + 15) & ~(SIZE_T)15, n_bytes);
    return TRUE;
}

static struct block *large_new(struct heap *heap, SIZE_T n_bytes, ULONG flags)
{
    SIZE_T n_region = n_bytes + sizeof(struct large_block);

    if (heap->n_max || n_region < n_bytes)
        return NULL;
    struct large_block *large = heap_region_new(&n_region, heap->protection);
    if (!large)
        return NULL;
    large->n_region = n_region;
    large->n_bytes = n_bytes;
    large->head = (struct block){
        .state = BLOCK_LARGE,
        .user_flags = (UCHAR)((flags & HEAP_USER_FLAGS_MASK) >> 8),
    };
    block_seal(heap, &large->head);
    heap_list_append(&heap->large, &large->entry);
    return &large->head;
}

static void large_free(struct heap *heap, struct block *block)
{
    struct large_block *large = CONTAINING_RECORD(block, struct large_block, head);

    if (large->entry.Flink->Blink != &large->entry || large->entry.Blink->Flink != &large->entry) {
        heap_corrupted(heap, "RtlFreeHeap", large);
        return;
    }
    heap_list_remove(&large->entry);
    heap_region_free(large);
}

static struct block *block_new(struct heap *heap, SIZE_T n_bytes, ULONG flags)
{
    if (n_bytes >= HEAP_LARGE_BYTES)
        return large_new(heap, n_bytes, flags);
    ULONG n_units = units_for(n_bytes, flags);
    struct block *block = blocks_allocate(heap, n_units);
    if (!block && heap_grow(heap, n_units))
        block = blocks_allocate(heap, n_units);
    if (block)
        block_finish(heap, block, n_bytes, flags);
    return block;
}

/* A segment that has become one free block goes back, unless it holds the heap itself. */
static void segments_trim(struct heap *heap, struct block *block)
{
    if (heap->n_taken < 4 * (SIZE_T)HEAP_SEGMENT_BYTES)
        return;
    for (struct segment **link = &heap->segments; *link; link = &(*link)->next) {
        struct segment *segment = *link;

        if (segment->first != block || !segment->owned)
            continue;
        if (block->state != BLOCK_FREE || block_above(block)->state != BLOCK_END)
            return;
        blocks_allocate_exact(heap, block);
        *link = segment->next;
        heap->n_taken -= segment->n_bytes;
        heap_region_free(segment);
        return;
    }
}

void *WINAPI RtlAllocateHeap(HANDLE handle, ULONG flags, SIZE_T n_bytes)
{
    struct heap *heap = heap_from(handle, "RtlAllocateHeap");

    if (!heap)
        return NULL;
    flags |= heap->flags;
    heap_enter(heap, flags);
    struct block *block = block_new(heap, n_bytes, flags);
    if (block)
        heap->n_busy_blocks++;
    heap_leave(heap, flags);
    if (!block) {
        if (flags & HEAP_GENERATE_EXCEPTIONS)
            RtlRaiseStatus(STATUS_NO_MEMORY);
        return NULL;
    }
    if (flags & HEAP_ZERO_MEMORY && block->state != BLOCK_LARGE) /* a fresh region is zero */
        memset(block_data(block), 0, n_bytes);
    return block_data(block);
}

BOOLEAN WINAPI RtlFreeHeap(HANDLE handle, ULONG flags, void *ptr)
{
    if (!ptr)
        return TRUE;
    struct heap *heap = heap_from(handle, "RtlFreeHeap");
    if (!heap)
        return FALSE;
    heap_enter(heap, flags);
    struct block *block = block_of(heap, ptr);
    if (block && block->state == BLOCK_LARGE)
        large_free(heap, block);
    else if (block && (block = blocks_free(heap, block)))
        segments_trim(heap, block);
    BOOL sound = block != NULL;
    if (sound)
        heap->n_busy_blocks--;
    heap_leave(heap, flags);
    if (!sound)
        heap_corrupted(heap, "RtlFreeHeap", ptr);
    return (BOOLEAN)sound;
}

/* Change the size in place; FALSE if that cannot be. */
static BOOL block_resize(struct heap *heap, struct block *block, SIZE_T n_bytes)
{
    ULONG flags = (ULONG)block->user_flags << 8;

    if (block->state == BLOCK_LARGE) {
        struct large_block *large = CONTAINING_RECORD(block, struct large_block, head);

        if (n_bytes > large->n_region - sizeof(*large) || n_bytes < HEAP_LARGE_BYTES / 2)
            return FALSE;
        large->n_bytes = n_bytes;
        return TRUE;
    }
    if (n_bytes >= HEAP_LARGE_BYTES)
        return FALSE;
    ULONG_PTR *value = user_value(block), kept = value ? *value : 0;
    if (!blocks_resize(heap, block, units_for(n_bytes, flags)))
        return FALSE;
    block_finish(heap, block, n_bytes, flags);
    if (value)
        *user_value(block) = kept;
    return TRUE;
}

static struct block *block_move(struct heap *heap, struct block *block, SIZE_T n_bytes)
{
    SIZE_T n_old = block_bytes(block);
    struct block *moved = block_new(heap, n_bytes, (ULONG)block->user_flags << 8);

    if (!moved)
        return NULL;
    memcpy(block_data(moved), block_data(block), n_old < n_bytes ? n_old : n_bytes);
    if (user_value(block))
        *user_value(moved) = *user_value(block);
    if (block->state == BLOCK_LARGE)
        large_free(heap, block);
    else if (!blocks_free(heap, block))
        heap_corrupted(heap, "RtlReAllocateHeap", block_data(block));
    return moved;
}

void *WINAPI RtlReAllocateHeap(HANDLE handle, ULONG flags, void *ptr, SIZE_T n_bytes)
{
    struct heap *heap = ptr ? heap_from(handle, "RtlReAllocateHeap") : NULL;
    SIZE_T n_old = 0;
    void *data = NULL;

    if (!heap)
        return NULL;
    flags |= heap->flags;
    heap_enter(heap, flags);
    struct block *block = block_of(heap, ptr);
    BOOL sound = block != NULL;
    if (sound) {
        n_old = block_bytes(block);
        if (!block_resize(heap, block, n_bytes))
            block = flags & HEAP_REALLOC_IN_PLACE_ONLY ? NULL : block_move(heap, block, n_bytes);
        data = block ? block_data(block) : NULL;
    }
    heap_leave(heap, flags);
    if (!sound)
        heap_corrupted(heap, "RtlReAllocateHeap", ptr);
    if (!data && flags & HEAP_GENERATE_EXCEPTIONS)
        RtlRaiseStatus(STATUS_NO_MEMORY);
    if (data && flags & HEAP_ZERO_MEMORY && n_bytes > n_old)
        memset((char *)data + n_old, 0, n_bytes - n_old);
    return data;
}

SIZE_T WINAPI RtlSizeHeap(HANDLE handle, ULONG flags, const void *ptr)
{
    struct heap *heap = heap_from(handle, "RtlSizeHeap");
    SIZE_T n_bytes = ~(SIZE_T)0;

    if (!heap)
        return n_bytes;
    heap_enter(heap, flags);
    struct block *block = block_of(heap, ptr);
    if (block)
        n_bytes = block_bytes(block);
    heap_leave(heap, flags);
    return n_bytes;
}

/* --- user values --- */

BOOLEAN WINAPI RtlGetUserInfoHeap(HANDLE handle, ULONG flags, void *ptr, void **ret_value,
                                  ULONG *ret_flags)
{
    struct heap *heap = heap_from(handle, "RtlGetUserInfoHeap");

    if (!heap)
        return FALSE;
    heap_enter(heap, flags);
    struct block *block = block_of(heap, ptr);
    if (block && ret_value)
        *ret_value = user_value(block) ? (void *)*user_value(block) : NULL;
    if (block && ret_flags)
        *ret_flags = (ULONG)block->user_flags << 8;
    heap_leave(heap, flags);
    return block != NULL;
}

BOOLEAN WINAPI RtlSetUserValueHeap(HANDLE handle, ULONG flags, void *ptr, void *value)
{
    struct heap *heap = heap_from(handle, "RtlSetUserValueHeap");
    BOOLEAN done = FALSE;

    if (!heap)
        return FALSE;
    heap_enter(heap, flags);
    struct block *block = block_of(heap, ptr);
    if (block && user_value(block)) {
        *user_value(block) = (ULONG_PTR)value;
        done = TRUE;
    }
    heap_leave(heap, flags);
    return done;
}

BOOLEAN WINAPI RtlSetUserFlagsHeap(HANDLE handle, ULONG flags, void *ptr, ULONG clear, ULONG set)
{
    struct heap *heap = heap_from(handle, "RtlSetUserFlagsHeap");

    if (!heap)
        return FALSE;
    heap_enter(heap, flags);
    struct block *block = block_of(heap, ptr);
    if (block) {
        ULONG value = (ULONG)block->user_flags << 8;
        value = (value & ~(clear & 0xe00)) | (set & 0xe00);
        block->user_flags = (UCHAR)(value >> 8);
        block_seal(heap, block);
    }
    heap_leave(heap, flags);
    return block != NULL;
}

BOOLEAN WINAPI RtlLockHeap(HANDLE handle)
{
    struct heap *heap = heap_from(handle, "RtlLockHeap");

    if (heap)
        heap_enter(heap, 0);
    return heap != NULL;
}

BOOLEAN WINAPI RtlUnlockHeap(HANDLE handle)
{
    struct heap *heap = heap_from(handle, "RtlUnlockHeap");

    if (heap)
        heap_leave(heap, 0);
    return heap != NULL;
}
