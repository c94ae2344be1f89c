/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See inherited_limits.h. Who may raise a hard limit (CAP_SYS_RESOURCE) raises the one of processor
 * time, which would end the daemon while others use it. The others make a call fail, which its
 * caller hears of. */

#include "inherited_limits.h"

#include <sys/resource.h>

#include "common/macro.h"

static void soft_raise(__rlimit_resource_t resource)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)!setrlimit(resource, &limit);
}

uint64_t inherited_limits_raise(void)
{
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    struct rlimit limit;

    soft_raise(RLIMIT_AS);
    soft_raise(RLIMIT_DATA);
    soft_raise(RLIMIT_FSIZE);
    soft_raise(RLIMIT_MEMLOCK);
    if (!setrlimit(RLIMIT_CPU, &none))
        return 0;
    soft_raise(RLIMIT_CPU);
    return getrlimit(RLIMIT_CPU, &limit) || limit.rlim_cur == RLIM_INFINITY ? 0 : limit.rlim_cur;
}
