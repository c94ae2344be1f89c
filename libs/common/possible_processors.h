/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The processors that a Windows program is told of as the machine's: all that this process may be
 * given (Linux' cpuset, a container's say), whatever its affinity (taskset) is at the moment. */
#pragma once

#include <sched.h>
#include <stdbool.h>

/* For the calling thread, whose affinity is as before in the end. False: not known (a machine with
 * more than CPU_SETSIZE). */
bool possible_processors(cpu_set_t *ret_set);
