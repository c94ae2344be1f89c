/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The folder of the socket and the locks. */
#pragma once

#include <stddef.h>
#include <sys/un.h>

#include "common/macro.h"

/* $PORTICO_RUNTIME_DIR, else $XDG_RUNTIME_DIR/portico, else /tmp/portico-<uid>; `get` is getenv. 0
 * or -ENAMETOOLONG. Absolute: a daemon leaves its folder. */
int runtime_dir_path(char *ret_path, size_t size,
                     const char *(*get)(const char *name)) _must_check_;

/* Address of `name` in the folder; goes through /proc when the path is too long for a socket
 * address. */
void runtime_dir_address(const char *path, int dir_fd, const char *name,
                         struct sockaddr_un *ret_address);
