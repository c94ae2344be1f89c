/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The layout of port memory: one pure function from a geometry to places. Everything that grows
 * with the geometry comes after the header, the small tables first, so that a client's port that
 * nobody sends to asynchronously touches its first pages only: header, lane and connection entries
 * lie together. Lane 0 is page-aligned (its header is a page), the heap comes last. Both the daemon
 * and the holders compute it from their own copy of the geometry. */

#include "alpc/layout.h"
#include "lane/extent.h"

#define CONNECTIONS_MAX (1u << 20)
#define LANES_MAX       (1u << 16)
#define NODES_MAX       (1u << 22)
#define BLOCKS_MAX      (1u << 20)

_Static_assert(sizeof(struct robust_lock) <= sizeof(((struct port_memory *)0)->mutex),
               "mutex fits");

static bool is_valid(const struct port_geometry *g)
{
    struct lane_geometry ring = {.ring_size = g->ring_size, .n_slots = 0};

    return g->n_connections >= 1 && g->n_connections <= CONNECTIONS_MAX &&
           IS_POWER_OF_TWO(g->n_connections) && g->n_lanes >= 2 && g->n_lanes <= LANES_MAX &&
           g->n_nodes >= 1 && g->n_nodes <= NODES_MAX && IS_POWER_OF_TWO(g->n_buckets) &&
           g->n_buckets <= NODES_MAX && IS_POWER_OF_TWO(g->n_blocks) && g->n_blocks >= 64 &&
           g->n_blocks <= BLOCKS_MAX && geometry_is_valid(&ring);
}

/* Takes n bytes at the given alignment and moves on. The bounds above keep the sum far below 2^63.
 */
static void *place(uint8_t *base, uint64_t *offset, uint64_t n, uint64_t alignment)
{
    uint64_t start = ALIGN_UP(*offset, alignment);

    *offset = start + n;
    return base ? base + start : NULL;
}

bool layout_init(struct port_layout *at, void *memory, const struct port_geometry *g)
{
    uint8_t *base = memory;
    uint64_t offset = sizeof(struct port_memory);

    if (!is_valid(g))
        return false;
    struct lane_geometry ring = {.ring_size = g->ring_size, .n_slots = 0};
    at->memory = memory;
    at->geometry = *g;
    at->connections =
        place(base, &offset, (uint64_t)g->n_connections * sizeof(struct port_connection), 64);
    at->close_queue = place(base, &offset, (uint64_t)g->n_connections * sizeof(uint32_t), 64);
    at->hot = place(base, &offset, (uint64_t)g->n_lanes * sizeof(uint32_t), 64);
    at->lanes = place(base, &offset, (uint64_t)g->n_lanes * sizeof(struct port_lane), 64);
    at->buckets = place(base, &offset, (uint64_t)g->n_buckets * sizeof(uint32_t), 64);
    at->nodes = place(base, &offset, (uint64_t)g->n_nodes * sizeof(struct port_node), 64);
    at->blocks = place(base, &offset, g->n_blocks / 8, 64);
    at->ring = place(base, &offset, geometry_size(&ring), 4096);
    at->heap = place(base, &offset, (uint64_t)g->n_blocks * PORT_BLOCK_BYTES, 4096);
    at->size = ALIGN_UP(offset, 4096);
    return true;
}

uint64_t port_memory_size(const struct port_geometry *geometry)
{
    struct port_layout at;

    return layout_init(&at, NULL, geometry) ? at.size : 0;
}
