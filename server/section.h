/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Section objects: memory (a sealed memfd of the daemon's) or a client's file, for mapping by
 * whoever holds a handle. */
#pragma once

#include "object.h"

#define SECTION_MAP_WRITE_ACCESS 0x0002u
#define SECTION_IMAGE            0x01000000u /* SEC_IMAGE, of attributes */
#define SECTION_MAP_READ_ACCESS  0x0004u

struct section {
    struct object object;
    uint64_t size;
    uint32_t protection, attributes; /* the creator's words, kept for others */
    int fd;
    int read_fd;  /* read-only view of our own memfd, made when first wanted; -1 */
    bool foreign; /* fd is a client's: only ever passed on, and closed by the closer */
    struct charge memory, fds;
};

extern const struct object_ops section_ops;

struct section *section_from_object(struct object *object);

/* fd -1: memory of `size` bytes, rounded up to pages; STATUS_INVALID_PARAMETER for none,
 * STATUS_SECTION_TOO_BIG. Else takes the client's descriptor (only on success). */
status_t section_new(struct server *server, struct user *user, uint64_t size, uint32_t protection,
                     uint32_t attributes, int fd, struct object **ret_object) _must_check_;

/* The descriptor to hand out for these rights; borrowed. -1: none can be made now. */
int section_fd(struct section *section, uint32_t access);

/* A new memfd of this size, sealed against resizing. -errno. */
int memory_new(const char *name, uint64_t size) _must_check_;
