/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Blocks inside segments. A segment is a row of blocks, each with a 16-byte header that knows its
 * own size and that of the block below, so a freed block merges with its free neighbours at once.
 * Free blocks hang in lists by size: 16 exact or equally wide classes for each power of two
 * (two-level segregated fit), with a bitmap of the non-empty ones: finding a block is a bit scan,
 * and any block of a higher class is large enough.
 *
 * Pure: no lock, no system call. The caller holds the heap's lock.
 */
#include "heap.h"

ULONG block_checksum(const struct heap *heap, const struct block *block)
{
    ULONGLONG mix = ((ULONGLONG)block->n_units << 32 | block->n_before) ^ heap->secret;

    mix = (mix + (ULONG_PTR)block) * 0x9e3779b97f4a7c15ull;
    mix ^= (ULONGLONG)block->n_unused << 40 | (ULONGLONG)block->state << 8 | block->user_flags;
    mix *= 0xd6e8feb86659fd93ull;
    return (ULONG)(mix >> 32);
}

/* The class whose blocks have at least this many units at its lower end. */
static unsigned class_of(ULONG n_units)
{
    if (n_units < 32)
        return n_units;
    unsigned power = 31 - (unsigned)__builtin_clz(n_units);

    return (power - 3) * 16 + ((n_units >> (power - 4)) & 15);
}

/* The first class all of whose blocks hold n_units. */
static unsigned class_above(ULONG n_units)
{
    if (n_units >= 32) {
        unsigned power = 31 - (unsigned)__builtin_clz(n_units);
        n_units += (1u << (power - 4)) - 1;
    }
    return class_of(n_units);
}

static void free_link(struct heap *heap, struct block *block)
{
    struct free_block *free = (struct free_block *)block;
    unsigned class = class_of(block->n_units);

    free->prev = NULL;
    free->next = heap->classes[class];
    if (free->next)
        free->next->prev = free;
    heap->classes[class] = free;
    heap->class_map[class / 32] |= 1u << class % 32;
}

static void free_unlink(struct heap *heap, struct block *block)
{
    struct free_block *free = (struct free_block *)block;
    unsigned class = class_of(block->n_units);

    if (free->next)
        free->next->prev = free->prev;
    if (free->prev)
        free->prev->next = free->next;
    else
        heap->classes[class] = free->next;
    if (!heap->classes[class])
        heap->class_map[class / 32] &= ~(1u << class % 32);
}

/* A link that a write after free has changed must not be followed. */
static BOOL free_links_are_sound(const struct heap *heap, const struct block *block)
{
    const struct free_block *free = (const struct free_block *)block;

    if (free->prev ? free->prev->next != free : heap->classes[class_of(block->n_units)] != free)
        return FALSE;
    return !free->next || free->next->prev == free;
}

static struct block *block_below(struct block *block)
{
    if (!block->n_before)
        return NULL;
    return (struct block *)((char *)block - (SIZE_T)block->n_before * HEAP_UNIT);
}

static void set_above(struct heap *heap, struct block *block)
{
    struct block *above = block_above(block);

    above->n_before = block->n_units;
    block_seal(heap, above);
}

static void make_free(struct heap *heap, struct block *block, ULONG n_units)
{
    block->n_units = n_units;
    block->n_unused = 0;
    block->user_flags = 0;
    block->state = BLOCK_FREE;
    block_seal(heap, block);
    set_above(heap, block);
    free_link(heap, block);
}

/* Cut a block that is in no list to n_units; the rest becomes free (merged with a free block
 * above). */
static void block_cut(struct heap *heap, struct block *block, ULONG n_units)
{
    ULONG n_rest = block->n_units - n_units;

    if (n_rest < HEAP_MIN_UNITS)
        return;
    struct block *above = block_above(block);
    if (above->state == BLOCK_FREE && block_is_sound(heap, above) &&
        free_links_are_sound(heap, above)) {
        free_unlink(heap, above);
        n_rest += above->n_units;
    }
    block->n_units = n_units;
    struct block *rest = block_above(block);
    rest->n_before = n_units;
    make_free(heap, rest, n_rest);
}

void segment_format(struct heap *heap, struct segment *segment, SIZE_T n_head, SIZE_T n_bytes)
{
    SIZE_T n_units = (n_bytes - n_head) / HEAP_UNIT - 1;

    segment->n_bytes = n_bytes;
    segment->first = (struct block *)((char *)segment + n_head);
    segment->first->n_before = 0;
    struct block *end = segment->first + n_units;
    *end = (struct block){.n_units = 1, .state = BLOCK_END};
    make_free(heap, segment->first, (ULONG)n_units);
    segment->next = heap->segments;
    heap->segments = segment;
}

static struct block *find_free(struct heap *heap, ULONG n_units)
{
    unsigned class = class_above(n_units);
    ULONG bits = heap->class_map[class / 32] & (~0u << class % 32);

    for (unsigned i = class / 32;;) {
        if (bits)
            return &heap->classes[i * 32 + (unsigned)__builtin_ctz(bits)]->head;
        if (++i == ARRAY_COUNT(heap->class_map))
            return NULL;
        bits = heap->class_map[i];
    }
}

/* NULL: no room, or the free block found is damaged (heap.c tells which by segment_damage). */
struct block *blocks_allocate(struct heap *heap, ULONG n_units)
{
    struct block *block = find_free(heap, n_units);

    if (!block || block->state != BLOCK_FREE || !block_is_sound(heap, block) ||
        !free_links_are_sound(heap, block))
        return NULL;
    free_unlink(heap, block);
    block->state = BLOCK_BUSY;
    block_cut(heap, block, n_units);
    set_above(heap, block);
    return block;
}

void blocks_allocate_exact(struct heap *heap, struct block *block)
{
    free_unlink(heap, block);
    block->state = BLOCK_BUSY;
}

struct block *blocks_free(struct heap *heap, struct block *block)
{
    struct block *above = block_above(block), *below = block_below(block);
    ULONG n_units = block->n_units;

    if (!block_is_sound(heap, above) || above->n_before != block->n_units)
        return NULL;
    if (below && (!block_is_sound(heap, below) || below->n_units != block->n_before))
        return NULL;
    BOOL join_above = above->state == BLOCK_FREE, join_below = below && below->state == BLOCK_FREE;
    if ((join_above && !free_links_are_sound(heap, above)) ||
        (join_below && !free_links_are_sound(heap, below)))
        return NULL;
    if (join_above) {
        free_unlink(heap, above);
        n_units += above->n_units;
    }
    if (join_below) {
        free_unlink(heap, below);
        n_units += below->n_units;
        block->state = BLOCK_FREE; /* a second free of it is then seen */
        block_seal(heap, block);
        block = below;
    }
    make_free(heap, block, n_units);
    return block;
}

BOOL blocks_resize(struct heap *heap, struct block *block, ULONG n_units)
{
    if (n_units > block->n_units) {
        struct block *above = block_above(block);

        if (above->state != BLOCK_FREE || !block_is_sound(heap, above) ||
            !free_links_are_sound(heap, above) ||
            (ULONGLONG)block->n_units + above->n_units < n_units)
            return FALSE;
        free_unlink(heap, above);
        block->n_units += above->n_units;
    }
    block_cut(heap, block, n_units);
    set_above(heap, block);
    return TRUE;
}

const void *segment_damage(const struct heap *heap, const struct segment *segment)
{
    struct block *block = segment->first;
    ULONG n_before = 0;

    for (;;) {
        if (!block_is_sound(heap, block) || block->n_before != n_before || !block->n_units)
            return block;
        if (block->state == BLOCK_END)
            return (char *)(block + 1) <= (char *)segment + segment->n_bytes ? NULL : block;
        if (block->state == BLOCK_FREE ? !free_links_are_sound(heap, block)
                                       : block->state != BLOCK_BUSY)
            return block;
        n_before = block->n_units;
        block = block_above(block);
        if ((char *)block < (char *)segment->first ||
            (char *)(block + 1) > (char *)segment + segment->n_bytes)
            return block;
    }
}
