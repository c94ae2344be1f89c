/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Why a division trapped. */
#pragma once

#include "nttypes.h"
#include <ucontext.h>

/* STATUS_INTEGER_OVERFLOW when the divisor of the div or idiv at the context's rip is not zero,
 * else STATUS_INTEGER_DIVIDE_BY_ZERO. */
NTSTATUS divide_status(const ucontext_t *context, const TEB *teb);
