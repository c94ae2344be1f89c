/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See file.h. */

#include "file.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "closer.h"
#include "pipe.h"
#include "server.h"

static void file_close(struct object *object, struct process *process _unused_, bool last)
{
    struct file *file = file_from_object(object);

    if (last && file->pipe)
        pipe_end_closed(file);
}

static void file_destroy(struct object *object)
{
    struct file *file = file_from_object(object);

    if (file->pipe) /* it never had a handle */
        pipe_end_closed(file);
    closer_close(object->server->closer, file->fd);
    free(file->path);
    charge_release(&file->fd_charge);
}

static void file_dump(struct object *object, char *ret_text, size_t size)
{
    struct file *file = file_from_object(object);
    char path[64];
    uint32_t n = MIN(file->path_size, (uint32_t)sizeof(path) - 1);

    for (uint32_t i = 0; i < n; i++) /* a client's bytes, for somebody's terminal */
        path[i] = file->path[i] > ' ' && file->path[i] < 0x7f ? file->path[i] : '?';
    path[n] = '\0';
    snprintf(ret_text, size, "kind=%u path=%s", file->file_kind, path);
}

const struct object_ops file_ops = {
    .kind = OBJECT_KIND_FILE,
    .type_name = "File",
    .size = sizeof(struct file),
    .all_access = 0x001f01ff,
    .generic_read = 0x00120089,
    .generic_write = 0x00120116,
    .generic_execute = 0x001200a0,
    .close = file_close,
    .destroy = file_destroy,
    .dump = file_dump,
};

struct file *file_from_object(struct object *object)
{
    assert(object->ops == &file_ops);
    return CONTAINER_OF(object, struct file, object);
}

status_t file_new(struct server *server, struct user *user, const struct file_params *params,
                  int fd, struct object **ret_object)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    struct file *file;
    status_t status;

    if (params->path_size > FILE_PATH_MAX_BYTES)
        return STATUS_INVALID_PARAMETER;
    status = object_new(server, user, &file_ops, &object);
    if (status)
        return status;
    file = file_from_object(object);
    file->fd = -1;
    file->options = params->options;
    file->file_kind = params->file_kind;
    file->sharing = params->sharing;
    status = user_charge(&file->fd_charge, user, USER_FDS, 1);
    if (status)
        return status;
    if (params->path_size) {
        file->path = malloc(params->path_size);
        if (!file->path)
            return STATUS_NO_MEMORY;
        memcpy(file->path, params->path, params->path_size);
        file->path_size = params->path_size;
    }
    file->fd = fd;
    *ret_object = TAKE(object);
    return STATUS_SUCCESS;
}
