/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* NT's time-outs and clocks: 100 ns units; negative is relative (to now, not counting suspend),
 * positive absolute (since 1601, wall clock), zero polls, NULL is for ever. */
#pragma once

#include "nttypes.h"
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define NT_UNITS_PER_SECOND 10000000
#define NT_UNIX_EPOCH       116444736000000000 /* 1970-01-01 in 100 ns since 1601-01-01 */

struct deadline {
    bool is_set;        /* false: for ever */
    bool is_zero;       /* do not sleep at all */
    bool is_wall_clock; /* CLOCK_REALTIME, else CLOCK_MONOTONIC */
    struct timespec at;
};

struct deadline deadline_from_timeout(const LARGE_INTEGER *timeout);
/* What is left, not below zero; false: for ever. */
bool deadline_left(const struct deadline *deadline, struct timespec *ret_left);
int64_t nt_system_time(void);                     /* 100 ns since 1601 */
int64_t nt_time_from_timespec(struct timespec t); /* Linux wall clock to NT */
struct timespec timespec_from_nt_time(int64_t time);
