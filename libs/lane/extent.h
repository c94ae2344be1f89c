/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A lane's memory as one end has it: made by the daemon, mapped by both ends. */
#pragma once

#include "common/macro.h"
#include "portico/lane.h"

struct lane_geometry {
    uint32_t ring_size; /* bytes, a power of two */
    uint32_t n_slots;   /* 0 to LANE_SLOTS_MAX */
};

/* A mapped lane. The geometry is this process's own copy. */
struct lane_view {
    uint8_t *base;
    uint64_t size;
    struct lane_geometry geometry;
};

/* False for a geometry that no lane can have. Checked by both ends on what the daemon says. */
bool geometry_is_valid(const struct lane_geometry *geometry);

/* The size of the memfd. */
uint64_t geometry_size(const struct lane_geometry *geometry);

/* The smallest ring that holds n_records maximum records and a wrap: for growth. */
uint32_t geometry_next_ring(uint32_t ring_size);

/* Makes, formats and seals a lane memfd (close-on-exec). The descriptor or -errno. */
_must_check_ int lane_create(const struct lane_geometry *geometry, const char *name);

/* False: nothing has been published in the lane since it was made, by what its memory says now (or
 * its sender has scribbled over it). */
bool lane_was_used(int fd);

/* Maps a lane; the descriptor may be closed afterwards. 0 or -errno; -EINVAL for a memfd that is
 * smaller than its geometry or can still be resized. */
_must_check_ int lane_map(int fd, const struct lane_geometry *geometry, struct lane_view *ret_view);

/* Unmaps; harmless on a zeroed or unmapped view. */
void lane_unmap(struct lane_view *view);

/* Lets go of the lane's memory and keeps its place in the address space, where zeros are read from
 * then on: who still glances there without a lock sees an empty lane. lane_unmap as before. */
void lane_let_go(const struct lane_view *view);

/* A view of memory that somebody else maps (lane 0 inside port memory; tests). base is 64-aligned
 * and geometry_size(geometry) bytes long. lane_format writes the header of zeroed memory. */
void lane_view_init(struct lane_view *view, void *base, const struct lane_geometry *geometry);
void lane_format(struct lane_view *view);

static inline struct lane_header *lane_header(const struct lane_view *view)
{
    return (struct lane_header *)(void *)view->base;
}

static inline uint8_t *lane_ring(const struct lane_view *view, uint64_t position)
{
    return view->base + LANE_HEADER_BYTES + (position & (view->geometry.ring_size - 1));
}

/* index < geometry.n_slots: the caller has bounded it. */
static inline struct lane_slot *lane_slot(const struct lane_view *view, uint32_t index)
{
    return (struct lane_slot *)(void *)(view->base + LANE_HEADER_BYTES + view->geometry.ring_size +
                                        (uint64_t)index * LANE_SLOT_BYTES);
}

static inline struct lane_slot_reply *lane_slot_reply(const struct lane_view *view, uint32_t index)
{
    return (struct lane_slot_reply *)(void *)(lane_slot(view, index) + 1);
}

/* Where a reply begins that is kept in the slot. */
static inline uint8_t *lane_slot_inline(const struct lane_view *view, uint32_t index)
{
    return (uint8_t *)(lane_slot_reply(view, index) + 1);
}

static inline uint64_t lane_extents_offset(const struct lane_geometry *geometry)
{
    return ALIGN_UP(LANE_HEADER_BYTES + (uint64_t)geometry->ring_size +
                        (uint64_t)geometry->n_slots * LANE_SLOT_BYTES,
                    4096);
}

static inline uint8_t *lane_extent(const struct lane_view *view, uint32_t index)
{
    return view->base + lane_extents_offset(&view->geometry) + (uint64_t)index * LANE_EXTENT_BYTES;
}
