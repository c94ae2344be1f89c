/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Which names of a folder a listing wants. */
#pragma once

#include "nttypes.h"
#include <stdbool.h>

struct folder_mask;
/* Takes `text` over, also on failure. NULL: everything, *ret_mask is NULL. STATUS_NO_MEMORY. */
NTSTATUS folder_mask_new(WCHAR *text, size_t units, struct folder_mask **ret_mask);
void folder_mask_free(struct folder_mask *mask); /* NULL is fine */
/* is_dots: the name is `.` or `..`. Not from several threads at once with one mask. */
bool folder_mask_wants(struct folder_mask *mask, const WCHAR *name, size_t units, bool is_dots);
/* It says how the name begins. */
bool folder_mask_is_narrow(const struct folder_mask *mask);
