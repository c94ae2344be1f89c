/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The heap of port memory: runs of PORT_BLOCK_BYTES for payloads that have left their lane. Under
 * the port mutex. */
#pragma once

#include "alpc/view.h"

/* n contiguous blocks: the first + 1, or 0: no such run. */
uint32_t heap_take_locked(struct port_view *view, uint32_t n_blocks);
void heap_give_locked(struct port_view *view, uint32_t block, uint32_t n_blocks);

/* Marks a run as taken, for the repair pass. */
void heap_mark_locked(struct port_view *view, uint32_t block, uint32_t n_blocks);

static inline uint32_t heap_blocks(uint32_t n_bytes)
{
    return (n_bytes + PORT_BLOCK_BYTES - 1) / PORT_BLOCK_BYTES;
}

static inline uint8_t *heap_at(const struct port_view *view, uint32_t block)
{
    return view->at.heap + (uint64_t)(block - 1) * PORT_BLOCK_BYTES;
}
