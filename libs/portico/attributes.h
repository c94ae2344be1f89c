/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The attribute area of a record: what of a message's attributes goes to the other end. Empty in
 * the fast path. The receiver believes nothing in it: a view is checked by the server when it is
 * mapped. */
#pragma once

#include <stdint.h>

#include "portico/portico.h"

struct wire_view {
    uint32_t valid; /* PORTICO_ATTRIBUTE_VIEW: the only kind so far */
    uint32_t flags; /* PORTICO_VIEW_* */
    uint32_t section;
    uint32_t reserved;
    uint64_t offset; /* in the section */
    uint64_t size;
};
_Static_assert(sizeof(struct wire_view) == 32, "wire_view");
