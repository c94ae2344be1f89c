/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The lanes that this process has mapped, as who knows nothing but /proc/self/maps finds them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The next one in what is open there; false: there are no more. */
static inline bool own_lane_next(FILE *maps, uint8_t **ret_base, size_t *ret_size)
{
    unsigned long from, to;
    char line[512];

    while (fgets(line, sizeof(line), maps))
        if (strstr(line, "rw-s") && strstr(line, "portico-lane") &&
            sscanf(line, "%lx-%lx", &from, &to) == 2) {
            *ret_base = (uint8_t *)from;
            *ret_size = to - from;
            return true;
        }
    return false;
}
