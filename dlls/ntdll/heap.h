/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The heap's files share this: heap_blocks.c arranges blocks in segments, heap.c is the Rtl interface,
 * the locking and the large blocks, heap_create.c the heaps themselves, heap_walk.c looks at them.
 */
#pragma once

#include "rtl.h"

enum {
    HEAP_SIGNATURE = (int)0xfeedbeef,
    HEAP_UNIT = 16,         /* bytes; sizes of blocks are counted in it, header included */
    HEAP_MIN_UNITS = 2,     /* header and the links of a free block */
    HEAP_CLASSES = 29 * 16, /* free lists: 16 per power of two */
    HEAP_LARGE_BYTES = 0x7f000,
    HEAP_SEGMENT_BYTES = 0x100000,
    HEAP_SEGMENT_MAX_BYTES = 0x4000000,
    HEAP_FIRST_BYTES = 0x3000, /* written to with the first blocks */
    HEAP_START_BYTES = 0xb000, /* the process's heap: by the start of a small program */
};

enum block_state { BLOCK_FREE = 0xf1, BLOCK_BUSY = 0xb5, BLOCK_LARGE = 0x1a, BLOCK_END = 0xe9 };

/* Before every block. `check` is made of the other words, the block's place and the heap's secret.
 */
struct block {
    ULONG n_units;
    ULONG n_before;   /* units of the block below, 0 for the first of a segment */
    USHORT n_unused;  /* bytes at the end that were not asked for (the user value among them) */
    UCHAR state;      /* enum block_state */
    UCHAR user_flags; /* bits 8..11 of the allocation flags; bit 0: there is a user value */
    ULONG check;
};

struct free_block {
    struct block head;
    struct free_block *next, *prev;
};

/* The start of each region of blocks; an END block closes it. */
struct segment {
    struct segment *next;
    SIZE_T n_bytes;
    struct block *first;
    BOOL owned; /* allocated by the heap, to be released by it */
};

/* A block with a region of its own. `head` is the last member: the data follow it. */
struct large_block {
    LIST_ENTRY entry;
    SIZE_T n_region, n_bytes; /* n_bytes: asked for */
    ULONG_PTR user_value;
    SIZE_T spare;
    struct block head;
};

struct heap {
    ULONG signature, flags;
    SIZE_T n_max;         /* bytes a fixed heap may take, 0: growable */
    SIZE_T n_taken;       /* bytes of all segments */
    SIZE_T n_busy_blocks; /* of both kinds */
    ULONG secret, protection;
    LIST_ENTRY entry; /* in the process's list */
    LIST_ENTRY large;
    struct segment *segments;
    RTL_CRITICAL_SECTION lock;
    ULONG class_map[(HEAP_CLASSES + 31) / 32];
    struct free_block *classes[HEAP_CLASSES];
};

static inline void *block_data(struct block *block)
{
    return block + 1;
}

static inline struct block *block_above(struct block *block)
{
    return (struct block *)((char *)block + (SIZE_T)block->n_units * HEAP_UNIT);
}

static inline void heap_list_append(LIST_ENTRY *list, LIST_ENTRY *entry)
{
    entry->Flink = list;
    entry->Blink = list->Blink;
    list->Blink->Flink = entry;
    list->Blink = entry;
}

static inline void heap_list_remove(LIST_ENTRY *entry)
{
    entry->Blink->Flink = entry->Flink;
    entry->Flink->Blink = entry->Blink;
}

/* heap_create.c: the heap of a handle, or NULL and a line that names the function; regions of
 * memory. */
struct heap *heap_from(HANDLE handle, const char *function);
void *heap_region_new(SIZE_T *n_bytes, ULONG protection);
void heap_region_free(void *region);

/* Exports that the headers lack. */
BOOLEAN WINAPI RtlGetUserInfoHeap(HANDLE handle, ULONG flags, void *ptr, void **ret_value,
                                  ULONG *ret_flags);
BOOLEAN WINAPI RtlSetUserValueHeap(HANDLE handle, ULONG flags, void *ptr, void *value);
BOOLEAN WINAPI RtlSetUserFlagsHeap(HANDLE handle, ULONG flags, void *ptr, ULONG clear, ULONG set);

ULONG block_checksum(const struct heap *heap, const struct block *block);
static inline void block_seal(const struct heap *heap, struct block *block)
{
    block->check = block_checksum(heap, block);
}
static inline BOOL block_is_sound(const struct heap *heap, const struct block *block)
{
    return block->check == block_checksum(heap, block);
}

void segment_format(struct heap *heap, struct segment *segment, SIZE_T n_head, SIZE_T n_bytes);
struct block *blocks_allocate(struct heap *heap, ULONG n_units);
/* Take a free block, whole, out of its list. */
void blocks_allocate_exact(struct heap *heap, struct block *block);
/* The free block that it became part of; NULL: a neighbour is damaged and nothing was changed. */
struct block *blocks_free(struct heap *heap, struct block *block);
/* Change the size of a busy block where it is. */
BOOL blocks_resize(struct heap *heap, struct block *block, ULONG n_units);
/* The first damaged place of a segment, or NULL. */
const void *segment_damage(const struct heap *heap, const struct segment *segment);
