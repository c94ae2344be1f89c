/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* SIGINT, SIGTERM and SIGHUP as console control events. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

extern atomic_bool control_is_watched;

void control_init(void);
/* The calling thread is about to end the process with this code: is that the default end of a
 * control event, which is to die by the signal? */
bool control_is_end(uint32_t code);
/* By the signal that is being dealt with; does not return. */
void control_die(void);

void control_watch_start(void);
/* To be called before anything that may sleep, or that makes a thread: control.c. */
static inline void control_watch(void)
{
    if (!atomic_load_explicit(&control_is_watched, memory_order_relaxed))
        control_watch_start();
}
