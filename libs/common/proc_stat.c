/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See proc_stat.h. The name may contain anything, blanks and parentheses too: what follows it is
 * found behind the last parenthesis. */

#include "proc_stat.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "fd.h"

static bool text_read(const char *path, char *ret_text, size_t size)
{
    _cleanup_(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, ret_text, size - 1);

    if (n <= 0)
        return false;
    ret_text[n] = '\0';
    return true;
}

bool proc_stat_read(const char *path, struct proc_stat *ret_stat)
{
    unsigned long long user, system, start, virtual_bytes, faults, resident;
    char text[1024], *name, *end;

    if (!text_read(path, text, sizeof(text)))
        return false;
    name = strchr(text, '(');
    end = strrchr(text, ')');
    if (!name || !end || end < name)
        return false;
    *end = '\0';
    snprintf(ret_stat->name, sizeof(ret_stat->name), "%s", name + 1);
    if (sscanf(end + 1,
               " %c %d %*d %*d %*d %*d %*u %llu %*u %*u %*u %llu %llu %*d %*d %*d %d %*d %*d %llu "
               "%llu %llu",
               &ret_stat->state, &ret_stat->parent, &faults, &user, &system, &ret_stat->nice,
               &start, &virtual_bytes, &resident) != 9)
        return false;
    ret_stat->user = user;
    ret_stat->system = system;
    ret_stat->start = start;
    ret_stat->faults = faults;
    ret_stat->virtual_bytes = virtual_bytes;
    ret_stat->resident_pages = resident;
    return true;
}

bool proc_stat_of(pid_t pid, struct proc_stat *ret_stat)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    return proc_stat_read(path, ret_stat);
}
