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
