/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Where trace lines go on the ELF side: standard error, one write a line so that the lines of
 * several processes do not mix. No allocation and no stdio lock: it is called with locks held and
 * from threads that may be terminated. A line is cut at 1,000 bytes. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/trace.h"

__attribute__((constructor)) static void trace_start(void)
{
    trace_mask = trace_parse(0, getenv("PORTICO_DEBUG"));
}

void trace_complain(void)
{
    size_t length, n = 0;
    const char *name = trace_unknown(getenv("PORTICO_DEBUG"), &length);
    char all[1000] = "";

    if (!name)
        return;
    for (unsigned i = 0; i < TRACE_N_CHANNELS && n < sizeof(all); i++)
        n += (size_t)snprintf(all + n, sizeof(all) - n, " %s", trace_name((enum trace_channel)i));
    dprintf(STDERR_FILENO, "portico: PORTICO_DEBUG: no channel '%.*s'; there are:%s all\n",
            (int)MIN(length, (size_t)100), name, all);
}

void trace_print(enum trace_channel channel, const char *function, const char *format, ...)
{
    char line[1000];
    int saved = errno, n;
    va_list args;

    n = snprintf(line, sizeof(line) - 1, "portico[%d.%d] %s %s: ", (int)getpid(),
                 (int)syscall(SYS_gettid), trace_name(channel), function);
    if (n < 0 || n >= (int)sizeof(line) - 1)
        return;
    va_start(args, format);
    int m = vsnprintf(line + n, sizeof(line) - 1 - (size_t)n, format, args);
    va_end(args);
    if (m > 0)
        n = MIN(n + m, (int)sizeof(line) - 2);
    line[n++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, (size_t)n);
    (void)written;
    errno = saved;
}
