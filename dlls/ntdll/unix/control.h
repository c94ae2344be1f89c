/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* SIGINT, SIGTERM and SIGHUP as console control events. */
#pragma once

#include <stdint.h>

void control_init(void);
/* The calling thread is about to end the process with this code: does not return when that is the default end of a
 * control event, which is to die by the signal. */
void control_exit(uint32_t code);
