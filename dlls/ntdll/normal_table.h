/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Unicode's normalization forms on code points, by the tables of Wine's norm*.nls. */
#pragma once

#include "rtl.h"

/* Numbers of forms: NORM_FORM of winnls.h, and one that is ntdll's own: what names of hosts become
 * (RFC 3491: case folded, KC, and some characters refused). */
enum { FORM_C = 1, FORM_D = 2, FORM_KC = 5, FORM_KD = 6, FORM_IDN = 13 };

struct normal_table;

/* Code points, on the heap. */
struct points {
    ULONG *at;
    size_t n, room;
};

void points_free(struct points *points);
#define _cleanup_points_ _cleanup_(points_free)
/* STATUS_NO_MEMORY. */
NTSTATUS points_add(struct points *points, ULONG point);
/* What UTF-16 says. *ret_bad: the index of what is no character, STATUS_NO_UNICODE_TRANSLATION. */
NTSTATUS points_from_wide(struct points *points, const WCHAR *text, size_t n, size_t *ret_bad);
/* As UTF-16: how many units; written as far as there is room. */
size_t points_to_wide(const struct points *points, WCHAR *buffer, size_t room);

/* STATUS_INVALID_PARAMETER: there is no such form. */
NTSTATUS normal_table_find(ULONG form, const struct normal_table **ret_table);
/* Units of result for each of the text, roughly. */
unsigned normal_growth(const struct normal_table *table);
/* Does the table's version of Unicode know the character? */
BOOL normal_is_assigned(const struct normal_table *table, ULONG point);
/* STATUS_NO_UNICODE_TRANSLATION: the form does not allow the point with the index *ret_bad. */
NTSTATUS normal_apply(const struct normal_table *table, const struct points *from,
                      struct points *to, size_t *ret_bad);
