/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Places of the parts of port memory: no overlap, limits of a geometry. */

#include "alpc/layout.h"
#include "alpc_rig.h"

struct part {
    const void *start;
    uint64_t size;
};

START_TEST(the_parts_lie_one_after_the_other_inside_the_memory)
{
    static const struct port_geometry kinds[] = {{16384, 8192, 65536, 16384, 16384, 262144},
                                                 {1, 16, 16384, 1024, 4096, 262144}};

    for (unsigned k = 0; k < ARRAY_SIZE(kinds); k++) {
        struct port_layout at;
        const struct port_geometry *g = &kinds[k];
        uint64_t size = port_memory_size(g);
        uint8_t *base =
            mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        ck_assert_ptr_ne(base, MAP_FAILED);
        ck_assert(layout_init(&at, base, g));
        ck_assert_uint_eq(at.size, size);
        struct lane_geometry ring = layout_ring(&at);
        const struct part parts[] = {
            {at.memory, sizeof(*at.memory)},
            {at.connections, g->n_connections * sizeof(*at.connections)},
            {at.close_queue, g->n_connections * sizeof(*at.close_queue)},
            {at.hot, g->n_lanes * sizeof(*at.hot)},
            {at.lanes, g->n_lanes * sizeof(*at.lanes)},
            {at.buckets, g->n_buckets * sizeof(*at.buckets)},
            {at.nodes, g->n_nodes * sizeof(*at.nodes)},
            {at.blocks, g->n_blocks / 8},
            {at.ring, geometry_size(&ring)},
            {at.heap, (uint64_t)g->n_blocks * PORT_BLOCK_BYTES},
        };
        const uint8_t *end = base;
        for (unsigned i = 0; i < ARRAY_SIZE(parts); i++) {
            ck_assert((const uint8_t *)parts[i].start >= end);
            ck_assert_uint_eq((uintptr_t)parts[i].start % 64, 0);
            end = (const uint8_t *)parts[i].start + parts[i].size;
        }
        ck_assert(end <= base + size);
        munmap(base, size);
    }
}
END_TEST

START_TEST(a_client_ports_tables_begin_in_its_first_pages)
{
    struct port_layout at;
    const struct port_geometry g = PORT_GEOMETRY_CLIENT;

    ck_assert(layout_init(&at, NULL, &g));
    ck_assert_uint_le((uintptr_t)&at.lanes[2], 4096);
}
END_TEST

START_TEST(a_geometry_out_of_its_limits_has_no_size)
{
    const struct port_geometry good = rig_small;
    struct port_geometry g;

    ck_assert_uint_ne(port_memory_size(&good), 0);
#define BAD(field, value) \
    g = good;             \
    g.field = (value);    \
    ck_assert_uint_eq(port_memory_size(&g), 0)
    BAD(n_connections, 0);
    BAD(n_connections, 3);
    BAD(n_connections, 1u << 21);
    BAD(n_lanes, 1);
    BAD(n_lanes, 1u << 17);
    BAD(n_nodes, 0);
    BAD(n_nodes, UINT32_MAX);
    BAD(n_buckets, 0);
    BAD(n_buckets, 48);
    BAD(n_blocks, 32);
    BAD(n_blocks, 100);
    BAD(n_blocks, 1u << 31);
    BAD(ring_size, 0);
    BAD(ring_size, 100000);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("layout");
    UNIT_TEST(the_parts_lie_one_after_the_other_inside_the_memory);
    UNIT_TEST(a_client_ports_tables_begin_in_its_first_pages);
    UNIT_TEST(a_geometry_out_of_its_limits_has_no_size);
    return UNIT_END();
}
