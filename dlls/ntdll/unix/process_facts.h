/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What Linux tells of any process or thread. */
#pragma once

#include "common/proc_stat.h"
#include <stdint.h>
#include <sys/types.h>

/* 100 ns units. */
int64_t nt_span_from_ticks(uint64_t ticks);
/* When something began, in 100 ns since 1601, from the ticks since the machine's start; the same
 * for the same ticks, in every process. */
int64_t nt_time_from_start(uint64_t ticks);

/* Is it run by this very loader? */
bool process_is_portico(pid_t pid);
/* Its PEB; NULL: it has none yet, it has gone, or it may not be read. */
void *process_peb_of(pid_t pid);
/* Its program as an absolute Unix path: a Windows program's for a process of this loader.
 * malloc'ed; NULL: it has gone, or is another user's. */
char *process_program_path(pid_t pid);
