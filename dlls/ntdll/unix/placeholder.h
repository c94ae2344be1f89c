/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* See placeholder.c. All: STATUS_CONFLICTING_ADDRESSES when the range is not that of whole
 * placeholders (or, to be made one again, of one whole piece of private memory). */
#pragma once

#include "view_table.h"

/* Of whole pages. */
struct range {
    char *base;
    size_t size;
};

/* Private memory, reserved or committed (type has MEM_COMMIT), in a placeholder's place. */
NTSTATUS placeholder_replace(struct range range, ULONG type, ULONG protection);
/* MEM_RELEASE with MEM_PRESERVE_PLACEHOLDER: memory becomes a placeholder, or one is cut so that
 * the range is one by itself. Page lock held. */
NTSTATUS placeholder_preserve_locked(struct range range);
/* MEM_RELEASE with MEM_COALESCE_PLACEHOLDERS: all in the range become one. Page lock held. */
NTSTATUS placeholder_join_locked(struct range range);

/* What a view of a section shows: for mmap, without MAP_FIXED. */
struct placeholder_source {
    int fd, flags;
    uint64_t offset;
};
/* The view that `info` describes, with a section, in the place of the placeholder that is exactly
 * its range. STATUS_NO_MEMORY, STATUS_SECTION_PROTECTION: it is a placeholder still. */
NTSTATUS placeholder_map(const struct view_info *info, const struct placeholder_source *source);
/* The view of a section at the address becomes a placeholder. STATUS_NOT_MAPPED_VIEW: none is
 * there; STATUS_NO_MEMORY. */
NTSTATUS placeholder_unmap(const void *address);
