/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What Linux has mapped that is no view of ours. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct foreign_range {
    uintptr_t begin, end;
};

/* Mappings that touch count as one, cut to [within.begin, within.end), where no view lies. The
 * first whose end is above the address. false: there is none, or the kernel does not tell.
 * Allocates nothing. */
bool foreign_find(uintptr_t address, struct foreign_range within, struct foreign_range *ret_range);
