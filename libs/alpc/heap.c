/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The payload heap: a bitmap (bit set: taken) and first fit from the lowest place, so that a burst
 * leaves no far page in use. The bitmap is derived from the nodes: the repair pass clears it and
 * marks again. A process killed between taking blocks and storing them in a node therefore leaks
 * nothing. A search is bounded by the bitmap, some hundred words. */

#include "alpc/heap.h"

static bool is_taken(const struct port_view *view, uint32_t block)
{
    return (view->at.blocks[block / 64] >> (block % 64)) & 1;
}

static void set_run(struct port_view *view, uint32_t first, uint32_t n, bool taken)
{
    for (uint32_t i = first; i < first + n; i++) {
        uint64_t bit = UINT64_C(1) << (i % 64);
        if (taken)
            view->at.blocks[i / 64] |= bit;
        else
            view->at.blocks[i / 64] &= ~bit;
    }
}

uint32_t heap_take_locked(struct port_view *view, uint32_t n_blocks)
{
    uint32_t run = 0;

    if (!n_blocks || n_blocks > view->at.geometry.n_blocks)
        return 0;
    for (uint32_t i = 0; i < view->at.geometry.n_blocks; i++) {
        if (i % 64 == 0 && view->at.blocks[i / 64] == UINT64_MAX) {
            run = 0;
            i += 63;
            continue;
        }
        run = is_taken(view, i) ? 0 : run + 1;
        if (run == n_blocks) {
            set_run(view, i + 1 - n_blocks, n_blocks, true);
            return i + 2 - n_blocks;
        }
    }
    return 0;
}

void heap_give_locked(struct port_view *view, uint32_t block, uint32_t n_blocks)
{
    if (block && block - 1 + n_blocks <= view->at.geometry.n_blocks)
        set_run(view, block - 1, n_blocks, false);
}

void heap_mark_locked(struct port_view *view, uint32_t block, uint32_t n_blocks)
{
    if (block && block - 1 + n_blocks <= view->at.geometry.n_blocks)
        set_run(view, block - 1, n_blocks, true);
}
