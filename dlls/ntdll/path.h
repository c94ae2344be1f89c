/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* DOS paths: what path.c computes from text alone, for path_nt.c, curdir.c and tests. */
#pragma once

#include "rtl.h"

/* A directory ends in a backslash. `relative_drive` answers the directory of another drive ("=C:");
 * NULL or an empty answer means the drive's root.
 */
struct path_context {
    const WCHAR *current;
    size_t n_current;
    BOOL (*drive_directory)(WCHAR drive, WCHAR *ret_text, size_t n_max);
};

enum { PATH_MAX_CHARS = 0x7fff };

static inline BOOL is_separator(WCHAR ch)
{
    return ch == '\\' || ch == '/';
}

/* The full form of a path (collapsed, backslashes), unterminated: its length in characters, or 0
 * when there is none. With a buffer too small the length is one that
 * suffices. `ret_file` is where the
 * last name begins, 0 when the path ends in a separator.
 */
size_t path_make_full(const struct path_context *context, const WCHAR *path, WCHAR *buffer,
                      size_t n_max, size_t *ret_file);
