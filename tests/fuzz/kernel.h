/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The clock and doorbell of the harnesses (kernel.c). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* At the start of an input. asleep: what the peer does while the only thread sleeps on a futex; 0
 * wakes it, -ETIMEDOUT lets its deadline pass. NULL: nothing. */
void kernel_reset(int (*asleep)(void));

/* Called at each look at the clock and each wake-up of a peer: what a
 * peer does while a call is on its way. NULL: nothing. Not called from inside itself. */
void kernel_meanwhile(void (*act)(bool is_wake));

/* Doorbells rung since the last call. */
uint32_t kernel_take_rings(void);
