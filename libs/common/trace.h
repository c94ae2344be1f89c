/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Trace channels: PORTICO_DEBUG=+alpc,+file (or all,-client) turns them on; the list is trace.def.
 *
 *     TRACE(alpc, "port %u: %u bytes", port, n_bytes);
 *
 * prints `portico[pid.tid] alpc function: text`. A channel that is off costs one load and a test.
 * The ELF side reads PORTICO_DEBUG before main(); trace_parse() is the pure part (PE halves call it
 * themselves and give their own trace_print). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/macro.h"

enum trace_channel {
#define TRACE_CHANNEL(name) TRACE_##name,
#include "common/trace.def"
    TRACE_N_CHANNELS
};

/* Bit n: channel n is on. Written before other threads exist. */
extern uint64_t trace_mask;

/* The name of a channel, for printing. */
const char *trace_name(enum trace_channel channel);

/* Applies a list like "+alpc,-file,all" to mask and returns it. Unknown names are ignored. */
uint64_t trace_parse(uint64_t mask, const char *list);

/* The first name of the list that is no channel, of *ret_length bytes; NULL: all are. */
const char *trace_unknown(const char *list, size_t *ret_length);

/* One line on standard error when PORTICO_DEBUG names a channel that does not exist: said by the
 * program that the user started, not by each that inherits the list. */
void trace_complain(void);

/* Prints one line on standard error with a single write. */
void trace_print(enum trace_channel channel, const char *function, const char *format, ...)
    _printf_(3, 4);

#define TRACE_ON(channel) UNLIKELY((trace_mask >> TRACE_##channel) & 1)
#define TRACE(channel, ...)                                      \
    do {                                                         \
        if (TRACE_ON(channel))                                   \
            trace_print(TRACE_##channel, __func__, __VA_ARGS__); \
    } while (0)
