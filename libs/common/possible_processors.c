/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See possible_processors.h. Linux tells what a thread may have only by giving it: of a wish for
 * all processors the cpuset's remain. */

#include "common/possible_processors.h"

#include <string.h>

bool possible_processors(cpu_set_t *ret_set)
{
    cpu_set_t own, all;

    if (sched_getaffinity(0, sizeof(own), &own))
        return false;
    *ret_set = own;
    memset(&all, 0xff, sizeof(all));
    if (sched_setaffinity(0, sizeof(all), &all)) /* forbidden: then it is what it is */
        return true;
    if (sched_getaffinity(0, sizeof(*ret_set), ret_set))
        *ret_set = own;
    if (!CPU_EQUAL(&own, ret_set))
        (void)!sched_setaffinity(0, sizeof(own), &own);
    return true;
}
