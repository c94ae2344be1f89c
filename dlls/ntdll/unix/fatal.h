/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The ends that are not the program's own. */
#pragma once

#include "nttypes.h"
#include "portico/exit_status.h"

/* "portico: LINE" on stderr in one write, then the process ends with this status. Safe in signal handlers. */
void fatal(enum portico_exit status, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));
/* The status for a file that is not an image we can run, and what to say about it ("is not a PE file"). */
enum portico_exit image_exit_status(NTSTATUS status, unsigned machine, const char **ret_reason);
