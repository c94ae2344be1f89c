/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See runtime_dir.h. /tmp is everybody's: the folder there must be ours and 0700, and it is opened
 * without following a link, so that nobody can put a folder of his in its place. */

#include "runtime_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"

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

int runtime_dir_open(const char *path, int make)
{
    _cleanup_(fd_closep) int fd = -1;
    struct stat info;

    if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
        return -errno;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ELOOP ? -ENOTDIR : -errno;
    if (fstat(fd, &info) < 0)
        return -errno;
    if (info.st_uid != geteuid() || (info.st_mode & (S_IWGRP | S_IWOTH)))
        return -EPERM;
    return TAKE_FD(fd);
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
