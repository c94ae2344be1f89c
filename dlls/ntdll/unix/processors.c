/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "processors.h"

#include "common/possible_processors.h"

enum { PROCESSORS_MAX = 64 };

static int numbers[PROCESSORS_MAX]; /* on this machine, by the program's number */
static unsigned n_processors;

/* Before the program can change what it may use. */
__attribute__((constructor)) static void find(void)
{
    cpu_set_t set;

    if (possible_processors(&set))
        for (int i = 0; i < CPU_SETSIZE && n_processors < PROCESSORS_MAX; i++)
            if (CPU_ISSET(i, &set))
                numbers[n_processors++] = i;
    if (!n_processors) /* a machine with more than CPU_SETSIZE */
        n_processors = 1;
}

unsigned processors_count(void)
{
    return n_processors;
}

ULONG_PTR processors_all(void)
{
    return ~(ULONG_PTR)0 >> (PROCESSORS_MAX - n_processors);
}

ULONG_PTR processors_mask(const cpu_set_t *set)
{
    ULONG_PTR mask = 0;

    for (unsigned i = 0; i < n_processors; i++)
        if (CPU_ISSET(numbers[i], set))
            mask |= (ULONG_PTR)1 << i;
    return mask;
}

bool processors_set(ULONG_PTR mask, cpu_set_t *ret_set)
{
    CPU_ZERO(ret_set);
    for (unsigned i = 0; i < n_processors; i++)
        if (mask >> i & 1)
            CPU_SET(numbers[i], ret_set);
    return mask && !(mask & ~processors_all());
}

int processors_number(unsigned processor)
{
    return numbers[processor];
}

unsigned processors_current(void)
{
    int number = sched_getcpu();

    for (unsigned i = 0; i < n_processors; i++)
        if (numbers[i] == number)
            return i;
    return 0; /* its processors have been changed from outside */
}
