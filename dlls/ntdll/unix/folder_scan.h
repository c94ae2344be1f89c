/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Between folder.c and folder_pipes.c: the list that a handle goes through. */
#pragma once

#include "folder.h"
#include <stdint.h>

struct folder_entry {
    char *name;
    WCHAR *units;
    size_t n_units;
    uint32_t n_instances, max_instances; /* of a pipe; else 0 */
};

/* Adds a copy of it if the mask wants it; false: no memory. */
bool folder_scan_add(struct folder_scan *scan, const char *name, uint32_t n_instances,
                     uint32_t max_instances);
/* Every named pipe that has instances. */
NTSTATUS folder_scan_pipes(struct folder_scan *scan);
