/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Samples of a duration, in ELF programs and in PE programs alike: time stamp counter readings,
 * turned into nanoseconds by a clock that is read before the first and after the last of them. Both
 * kinds of program pay the same for a reading, so that what they measure can be compared. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct samples {
    uint64_t *ticks;
    unsigned n, max;
    uint64_t first_tick, first_ns;
};

static inline uint64_t ticks_now(void)
{
    return __builtin_ia32_rdtsc();
}

/* `now_ns`: the program's clock, read at this moment. False: no memory. */
static inline int samples_begin(struct samples *samples, unsigned max, uint64_t now_ns)
{
    samples->ticks = calloc(max, sizeof(*samples->ticks));
    samples->n = 0;
    samples->max = max;
    samples->first_ns = now_ns;
    samples->first_tick = ticks_now();
    return samples->ticks != NULL;
}

static inline void samples_add(struct samples *samples, uint64_t ticks)
{
    if (samples->n < samples->max)
        samples->ticks[samples->n++] = ticks;
}

static inline int ticks_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Prints the median and the 99th percentile; see bench_put in bench.h for the form. */
static inline void samples_put(struct samples *samples, uint64_t now_ns, const char *work,
                               const char *variant, const char *parameter, const char *placement)
{
    uint64_t ticks = ticks_now() - samples->first_tick, ns = now_ns - samples->first_ns;
    double scale = (double)ns / (double)ticks;

    if (!samples->n)
        return;
    qsort(samples->ticks, samples->n, sizeof(*samples->ticks), ticks_compare);
    printf("%s\t%s\t%s\t%s\tns\t%.0f\n", work, variant, parameter, placement,
           (double)samples->ticks[samples->n / 2] * scale);
    printf("%s\t%s\t%s\t%s\tp99_ns\t%.0f\n", work, variant, parameter, placement,
           (double)samples->ticks[samples->n - 1 - samples->n / 100] * scale);
    fflush(stdout);
}
