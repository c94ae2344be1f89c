/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Memories of client ports that this process has closed, mapped yet: the next connect offers one
 * (alpc_connect, memory_id), and if the server has kept it too it becomes the next port's, with its
 * page tables and without a descriptor. */
#pragma once

#include <stdint.h>

struct spare_map {
    uint64_t id; /* 0: none */
    void *base;
    uint64_t size;
};

/* The newest one, or none. */
void spare_map_take(struct spare_map *ret_spare);
/* One that nobody uses any more; takes it over. */
void spare_map_put(const struct spare_map *spare);
/* Gives back what is left of one that was taken: base NULL, nothing. */
void spare_map_leave(struct spare_map *spare);
