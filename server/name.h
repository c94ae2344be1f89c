/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* UTF-16 names as the namespace sees them: borrowed slices, comparison with and without case,
 * hashing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"

struct name {
    const uint16_t *chars; /* not terminated */
    uint32_t length;       /* in chars */
};

#define NAME_MAX_CHARS 32767u

/* Upper case of one UTF-16 unit by simple mapping; surrogates map to themselves, as on Windows. */
uint16_t char_upcase(uint16_t c);

bool name_equal(struct name a, struct name b, bool ignore_case);
/* The same for names that differ only in case. */
uint32_t name_hash(struct name name);

/* An owned copy; NULL without memory (or for an empty name). */
uint16_t *name_copy(struct name name);

/* From ASCII, for the daemon's own names: `storage` must hold strlen(ascii) units. */
struct name name_from_ascii(const char *ascii, uint16_t *storage);

/* As UTF-8 for people, cut to fit, always terminated; control characters and broken surrogates
 * become '?'. */
void name_print(struct name name, char *ret_text, size_t size);
