/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The headers and sections of an image as pages: from the file to memory, and their protections. */
#pragma once

#include "image.h"

/* The headers, or a section: a stretch of the image that has one protection. */
struct part {
    uint32_t rva;
    uint32_t offset, raw; /* what of it is in the file; none: raw is 0 */
    size_t size;          /* in memory, whole pages */
    ULONG protection;     /* as its header asks */
    ULONG now, next;      /* while the image is made or open; 0: reserved, or not all the same */
};

struct image_parts {
    char *base;        /* of the reserved view; the owner's */
    struct part *part; /* in the order of their addresses */
    unsigned n;
};

/* What the checked headers say; STATUS_NO_MEMORY. */
NTSTATUS image_parts_init(struct image_parts *parts, const struct image_info *info,
                          const uint8_t *headers);
void image_parts_deinit(struct image_parts *parts);
/* From the file into the view. `open`: all is writable then. STATUS_INVALID_IMAGE_FORMAT,
 * STATUS_NO_MEMORY. */
NTSTATUS image_parts_load(struct image_parts *parts, int fd, bool open);
/* All readable and writable, none executable; and the protections that they keep. */
NTSTATUS image_parts_open(struct image_parts *parts);
NTSTATUS image_parts_close(struct image_parts *parts);
