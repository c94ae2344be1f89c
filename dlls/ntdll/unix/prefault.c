/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See prefault.h. The first touch of a page traps into the kernel, and on a virtual machine the
 * trap costs twice what the page does; one madvise for many pages does not trap. It is worth it
 * where more than a third of the pages are touched anyhow, as in the start of each program: our own
 * data (common/seldom.h keeps large tables out of it), the first pages of malloc's heap, the stack
 * below here. The sizes are what a small program was seen to touch; more would be taken from memory
 * for nothing, less is taken page by page. */

#include "prefault.h"

#include "virtual.h"
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum {
    MALLOC_BYTES = 0xb000,
    STACK_BYTES = 0x5000,
    DATA_BYTES = 0xa000,
};

extern char __data_start[], _end[]; /* the linker's: our writable data */

void prefault(void *base, size_t size)
{
    const uintptr_t begin = (uintptr_t)base & ~(uintptr_t)(VIRTUAL_PAGE - 1);
    const uintptr_t end =
        ((uintptr_t)base + size + VIRTUAL_PAGE - 1) & ~(uintptr_t)(VIRTUAL_PAGE - 1);

    (void)madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
}

/* malloc takes its memory from there upwards. */
static void prefault_malloc(void)
{
    char *first = malloc(1);

    if (first && (char *)sbrk(0) - first >= MALLOC_BYTES)
        prefault(first, MALLOC_BYTES);
    free(first);
}

void prefault_loader(void)
{
    char *here = __builtin_frame_address(0);

    prefault(__data_start,
             _end - __data_start < DATA_BYTES ? (size_t)(_end - __data_start) : DATA_BYTES);
    prefault(here - STACK_BYTES, STACK_BYTES);
    prefault_malloc();
}
