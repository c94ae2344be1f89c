/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about shared files: unpack, call, pack. */

#include "file.h"
#include "handlers.h"
#include "process.h"

status_t req_file_create(struct client *client, const struct file_create_request *request,
                         struct request_data *data, struct file_create_reply *ret_reply,
                         struct reply_extra *extra _unused_)
{
    struct file_params params = {.options = request->options,
                                 .file_kind = request->file_kind,
                                 .sharing = request->sharing,
                                 .path = data->bytes,
                                 .path_size = data->size};
    _cleanup_(object_unrefp) struct object *object = NULL;
    uint32_t access;
    status_t status;

    if (data->n_fds != 1)
        return STATUS_INVALID_PARAMETER;
    status = object_access(&file_ops, request->access, &access);
    if (!status)
        status = file_new(client->server, client->user, &params, data->fds[0], &object);
    if (status)
        return status;
    data->fds[0] = -1; /* the file has it now */
    return handle_new(&client->process->handles, object, access, 0, &ret_reply->handle);
}

status_t req_file_get(struct client *client, const struct file_get_request *request,
                      struct request_data *data _unused_, struct file_get_reply *ret_reply,
                      struct reply_extra *extra)
{
    struct handle_entry *entry = handle_get(&client->process->handles, request->handle);
    struct file *file;

    if (!entry)
        return STATUS_INVALID_HANDLE;
    if (entry->object->ops != &file_ops)
        return STATUS_OBJECT_TYPE_MISMATCH;
    file = file_from_object(entry->object);
    ret_reply->object_id = file->object.id;
    ret_reply->access = entry->access;
    ret_reply->options = file->options;
    ret_reply->file_kind = file->file_kind;
    ret_reply->sharing = file->sharing;
    extra->data = file->path;
    extra->data_size = file->path_size;
    extra->fds[extra->n_fds++] = file->fd;
    return STATUS_SUCCESS;
}
