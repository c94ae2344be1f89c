/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See runtime_dir.h. */

#include "runtime_dir.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int runtime_dir_path(char *ret_path, size_t size, const char *(*get)(const char *name))
{
    const char *own = get("PORTICO_RUNTIME_DIR"), *xdg = get("XDG_RUNTIME_DIR");
    char here[PATH_MAX] = "";
    int n;

    if (own && *own && *own != '/' && !getcwd(here, sizeof(here)))
        return -errno;
    if (own && *own)
        n = snprintf(ret_path, size, "%s%s%s", here, *here ? "/" : "", own);
    else if (xdg && *xdg == '/')
        n = snprintf(ret_path, size, "%s/portico", xdg);
    else
        n = snprintf(ret_path, size, "/tmp/portico-%u", (unsigned)geteuid());
    return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

void runtime_dir_address(const char *path, int dir_fd, const char *name,
                         struct sockaddr_un *ret_address)
{
    int n;

    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    n = snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s/%s", path, name);
    if (n < 0 || (size_t)n >= sizeof(ret_address->sun_path))
        snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "/proc/self/fd/%d/%s",
                 dir_fd, name);
}
