/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The clock and doorbell of the harnesses (kernel.c). */
#pragma once

#include <stdint.h>

/* At the start of an input. asleep: what the peer does while the only thread sleeps on a futex; 0
 * wakes it, -ETIMEDOUT lets its deadline pass. NULL: nothing. */
void kernel_reset(int (*asleep)(void));

/* Doorbells rung since the last call. */
uint32_t kernel_take_rings(void);
