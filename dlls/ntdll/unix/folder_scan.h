/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Between folder.c and folder_pipes.c: the list that a handle goes through. */
#pragma once

#include "folder.h"
#include <stdint.h>

struct folder_entry {
    char *name; /* in the folder; with its path when it lies elsewhere */
    WCHAR *units;
    size_t n_units;
    uint32_t n_instances, max_instances; /* of a pipe; else 0 */
};

/* Adds a copy of it if the mask wants it; false: no memory. */
bool folder_scan_add(struct folder_scan *scan, const char *name, uint32_t n_instances,
                     uint32_t max_instances);
/* The same for a file that lies in another folder, unless there is one of its name. */
bool folder_scan_add_far(struct folder_scan *scan, const char *folder, const char *name);
/* What is listed although it is not there, if `path` is system32 (folder_system32.c); false: no
 * memory. */
bool folder_scan_system32(struct folder_scan *scan, const char *path);
/* Every named pipe that has instances. */
NTSTATUS folder_scan_pipes(struct folder_scan *scan);
