/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Owned descriptors (ELF side only): `_cleanup_(fd_closep) int fd = -1;`, handed on by TAKE_FD. */
#pragma once

#include <errno.h>
#include <unistd.h>

#include "common/cleanup.h"

/* Keeps errno, accepts -1, returns -1: `self->fd = fd_close(self->fd);` */
static inline int fd_close(int fd)
{
    int saved = errno;

    if (fd >= 0)
        close(fd);
    errno = saved;
    return -1;
}

static inline void fd_closep(int *fd)
{
    *fd = fd_close(*fd);
}

#define TAKE_FD(variable)        \
    ({                           \
        int taken_ = (variable); \
        (variable) = -1;         \
        taken_;                  \
    })
