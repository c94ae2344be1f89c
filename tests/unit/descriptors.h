/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Few descriptors. */
#pragma once

#include <fcntl.h>
#include <sys/resource.h>

#include "unit.h"

/* From now on this process gets `n` more descriptors; returns the limit that was. */
static inline struct rlimit descriptors_leave(unsigned n)
{
    struct rlimit limit, few;
    rlim_t at = 0;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    for (; fcntl((int)at, F_GETFD) >= 0 || n--; at++)
        ;
    few = limit;
    few.rlim_cur = at;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    return limit;
}
