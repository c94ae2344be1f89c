/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the native benchmark programs share: where processes run, processes that end with their
 * parent, and the one form of output. Each program measures one thing once and prints lines
 *
 *     work  variant  parameter  placement  metric  value        (separated by tabs)
 *
 * bench.sh runs the programs in turn, several rounds of all of them, and report.awk takes the
 * medians. A placement is "two" (one processor for each end), "same" (both on one), "none" (as the
 * kernel likes); programs with more processes put side 0 on processor 0 and all others on 1 (two).
 * */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ticks.h"

/* Prints the failure and ends the program, from a child its parent too: a benchmark that cannot
 * measure must not print a number. */
void bench_fail(const char *what, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Binds the calling process to the processor of that side. */
void bench_pin(const char *placement, int side);

/* Memory shared with the children made later, zeroed. */
void *bench_shared(size_t bytes);

/* fork; the child runs `body`, then exits; it is killed when its parent ends. */
pid_t bench_child(void (*body)(void *), void *argument);
/* Kills and reaps a child. */
void bench_end(pid_t child);
/* Reaps a child that ends by itself; its failure is ours. */
void bench_join(pid_t child);

void bench_put(const char *work, const char *variant, const char *parameter, const char *placement,
               const char *metric, double value);

uint64_t bench_ns(void); /* CLOCK_MONOTONIC */
/* CPU time of a process, ns: it must be ours. */
uint64_t bench_cpu_of(pid_t pid);

/* MemAvailable, bytes. */
int64_t bench_memory_available(void);

/* The number behind `argv[index]`; ends the program when there is none. */
unsigned bench_number(int argc, char **argv, int index);
