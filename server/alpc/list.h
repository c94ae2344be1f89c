/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* portctl list: ports as struct port_entry. */
#pragma once

#include <stdint.h>

struct server;

/* Entries of ports with an id above `cursor`, as many as fit. Returns the cursor for the rest, 0:
 * that was all. */
uint64_t ports_list(struct server *server, uint64_t cursor, uint8_t *bytes, uint32_t size,
                    uint32_t *ret_size, uint32_t *ret_n_entries);

/* Takes back everything that has drained: for counts that tests compare. */
void ports_sweep(struct server *server);
