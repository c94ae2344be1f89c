/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* File objects that are shared between processes: a client's descriptor on its way to others.
 *
 * The daemon only passes it on. It never reads, writes, seeks or stats it (a file of a stranger can
 * block whoever does) and closes it on the closer's thread. All who get it share one open file
 * description, so also one position, as the holders of an NT file object do.
 */
#pragma once

#include "object.h"

struct file {
    struct object object;
    int fd;
    uint32_t options, file_kind, sharing; /* the creator's words, kept for others */
    char *path;                           /* the same; not terminated */
    uint32_t path_size;
    struct charge fd_charge;
    struct pipe_instance *pipe; /* an end of a named pipe (pipe.h) */
    bool pipe_cut;              /* a client's end that its server threw out */
    uint32_t pipe_mode;         /* PIPE_MODE_* */
};

extern const struct object_ops file_ops;

struct file *file_from_object(struct object *object);

#define FILE_PATH_MAX_BYTES 4096u

struct file_params {
    uint32_t options, file_kind, sharing;
    const void *path;
    uint32_t path_size;
};

/* Takes the descriptor, only on success. STATUS_INVALID_PARAMETER: the path is too long. */
status_t file_new(struct server *server, struct user *user, const struct file_params *params,
                  int fd, struct object **ret_object) _must_check_;
