/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Where the parts of port memory lie, and the small accessors that everybody here uses. */
#pragma once

#include "alpc/alpc.h"
#include "lane/lock.h"

/* Computes the places for a valid geometry (see port_memory_size); memory may be NULL. False: not
 * valid. */
bool layout_init(struct port_layout *layout, void *memory, const struct port_geometry *geometry);

/* Geometry of lane 0. */
static inline struct lane_geometry layout_ring(const struct port_layout *at)
{
    return (struct lane_geometry){.ring_size = at->geometry.ring_size, .n_slots = 0};
}

static inline struct robust_lock *layout_lock(const struct port_layout *at)
{
    return (struct robust_lock *)(void *)at->memory->mutex;
}
