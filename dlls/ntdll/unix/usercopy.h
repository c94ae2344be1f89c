/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Memory that belongs to the program: every pointer that came through a system call. A fault in these routines
 * ends them with a status instead of killing the process: the SIGSEGV handler recognises their addresses
 * (signal.c). They cost what memcpy costs. Call them with no lock held: a guard page or a lost file page makes them
 * slow, and the page lock is taken while a fault is judged.
 *
 * STATUS_SUCCESS, STATUS_ACCESS_VIOLATION, STATUS_GUARD_PAGE_VIOLATION, STATUS_IN_PAGE_ERROR,
 * STATUS_STACK_OVERFLOW. After a failure part of the destination may have been written.
 */
#pragma once

#include "nttypes.h"
#include <stddef.h>

NTSTATUS user_read(void *destination, const void *user, size_t size);
NTSTATUS user_write(void *user, const void *source, size_t size);
/* Every page of the range can be written now (by reading and writing back one byte of each). */
NTSTATUS user_probe_write(void *user, size_t size);

/* One scalar or struct. */
#define user_get(variable, user)  user_read((variable), (user), sizeof(*(variable)))
#define user_put(user, variable)  user_write((user), (variable), sizeof(*(variable)))
