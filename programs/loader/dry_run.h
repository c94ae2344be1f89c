/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#pragma once

/* Lists on standard output what the program imports and what of it is there; runs nothing of it.
 * The result is the exit status: DRY_RUN_*, or an enum portico_exit (exit_status.h) for a program
 * that would not start, with that reason. */
enum { DRY_RUN_COMPLETE = 0, DRY_RUN_STUBS = 1 };
int dry_run(const char *file);
