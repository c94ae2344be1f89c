/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See own_folder.h. What has been looked at is the folder that was opened: whoever replaces it
 * afterwards changes nothing for who goes on from the descriptor. */

#include "common/own_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fd.h"

int own_folder_open(const char *path, bool make)
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
