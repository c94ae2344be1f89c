/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The table of mapped images, sorted by address, and what reads it: RtlPcToFileHeader here,
 * function look-up in unwind_lookup.c.
 *
 * Readers take no lock: an exception may happen in a thread that holds any lock, or while another
 * thread that holds the loader lock waits for this one. There are two copies; the current one is
 * tables[generation & 1]. A writer (there is one: it holds the loader lock) fills the other copy
 * and then counts the generation up. A reader that finds the generation changed after its search
 * looks again: only then can its copy have been written to. A writer killed half-way leaves the
 * current copy whole. */

#include "ntdll.h"

#include "function_table.h"

enum { IMAGES_MAX = 1024 };

struct image_table {
    ULONG n_images;
    struct image_range images[IMAGES_MAX];
};

static struct image_table tables[2];
static ULONG generation;

static struct image_table *table_current(void)
{
    return &tables[generation & 1];
}

static struct image_table *table_next(void)
{
    return &tables[(generation + 1) & 1];
}

/* Partner: the acquire load in image_table_find. */
static void table_publish(void)
{
    __atomic_store_n(&generation, generation + 1, __ATOMIC_RELEASE);
}

static struct image_range range_of(void *base)
{
    const IMAGE_NT_HEADERS *headers = RtlImageNtHeader(base);
    struct image_range range = {.base = (ULONG_PTR)base};
    ULONG size = 0;

    range.end = range.base + (headers ? headers->OptionalHeader.SizeOfImage : 0);
    range.functions =
        RtlImageDirectoryEntryToData(base, TRUE, IMAGE_DIRECTORY_ENTRY_EXCEPTION, &size);
    range.n_functions = range.functions ? size / sizeof(RUNTIME_FUNCTION) : 0;
    return range;
}

NTSTATUS image_table_insert(void *base)
{
    const struct image_range range = range_of(base);
    const struct image_table *from = table_current();
    struct image_table *to = table_next();
    ULONG i, n = 0;

    if (from->n_images == IMAGES_MAX)
        return STATUS_NO_MEMORY;
    for (i = 0; i < from->n_images && from->images[i].base < range.base; i++)
        to->images[n++] = from->images[i];
    to->images[n++] = range;
    for (; i < from->n_images; i++)
        to->images[n++] = from->images[i];
    to->n_images = n;
    table_publish();
    return STATUS_SUCCESS;
}

void image_table_remove(void *base)
{
    const struct image_table *from = table_current();
    struct image_table *to = table_next();
    ULONG i, n = 0;

    for (i = 0; i < from->n_images; i++)
        if (from->images[i].base != (ULONG_PTR)base)
            to->images[n++] = from->images[i];
    to->n_images = n;
    table_publish();
}

/* A torn copy can hold anything: n_images is bounded, and a wrong answer is discarded by the
 * caller. */
static bool table_search(const struct image_table *table, ULONG_PTR address,
                         struct image_range *ret_range)
{
    ULONG low = 0, high = *(volatile const ULONG *)&table->n_images;

    if (high > IMAGES_MAX)
        return false;
    while (low < high) {
        const ULONG middle = (low + high) / 2;
        const struct image_range *range = &table->images[middle];

        if (address < range->base)
            high = middle;
        else if (address >= range->end)
            low = middle + 1;
        else {
            *ret_range = *range;
            return true;
        }
    }
    return false;
}

bool image_table_find(ULONG_PTR address, struct image_range *ret_range)
{
    for (;;) {
        const ULONG seen = __atomic_load_n(&generation, __ATOMIC_ACQUIRE);
        const bool is_found = table_search(&tables[seen & 1], address, ret_range);

        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (__atomic_load_n(&generation, __ATOMIC_RELAXED) == seen)
            return is_found;
    }
}

PVOID WINAPI RtlPcToFileHeader(PVOID pc, PVOID *ret_base)
{
    struct image_range range;
    void *base = NULL;

    if (image_table_find((ULONG_PTR)pc, &range))
        base = (void *)range.base;
    *ret_base = base;
    return base;
}
