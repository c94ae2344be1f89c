/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about named pipes: unpack, call, pack. */

#include <stdlib.h>
#include <string.h>

#include "handlers.h"
#include "pipe.h"
#include "process.h"
#include "server.h"

#define LIST_MAX_BYTES 32768u

static struct name name_of(const struct request_data *data)
{
    return (struct name){(const uint16_t *)(const void *)data->name, data->objattr.name_size / 2};
}

/* A reference to the end behind a handle. */
static status_t end_lookup(struct client *client, handle_t handle, struct object **ret_object)
{
    status_t status = handle_lookup(&client->process->handles, handle, &file_ops, 0, ret_object);

    if (status || file_from_object(*ret_object)->pipe)
        return status;
    *ret_object = object_unref(*ret_object);
    return STATUS_ILLEGAL_FUNCTION;
}

/* The same, of a server's end. */
static status_t server_end_lookup(struct client *client, handle_t handle,
                                  struct object **ret_object)
{
    status_t status = end_lookup(client, handle, ret_object);
    struct file *end;

    if (status)
        return status;
    end = file_from_object(*ret_object);
    if (end->pipe->server_end == end)
        return STATUS_SUCCESS;
    *ret_object = object_unref(*ret_object);
    return STATUS_ILLEGAL_FUNCTION;
}

static status_t end_give(struct client *client, struct object *object, uint32_t access,
                         uint32_t attributes, struct reply_extra *extra, handle_t *ret_handle)
{
    uint32_t granted;
    status_t status = object_access(&file_ops, access, &granted);

    if (!status)
        status = handle_new(&client->process->handles, object, granted, attributes & OBJ_INHERIT,
                            ret_handle);
    if (!status)
        extra->fds[extra->n_fds++] = file_from_object(object)->fd;
    return status;
}

status_t req_pipe_create(struct client *client, const struct pipe_create_request *request,
                         struct request_data *data, struct pipe_create_reply *ret_reply,
                         struct reply_extra *extra)
{
    struct pipe_params params = {
        .name = name_of(data),
        .kind = {.type = request->type,
                 .configuration = request->configuration,
                 .max_instances = request->max_instances,
                 .quota_in = request->quota_in,
                 .quota_out = request->quota_out,
                 .timeout_ns = request->timeout_ns},
        .disposition = request->disposition,
        .file = {.options = request->options, .file_kind = request->file_kind}};
    _cleanup_(object_unrefp) struct object *object = NULL;
    bool existed;
    status_t status;

    if (!params.name.length || !request->max_instances || request->configuration > 2 ||
        (request->timeout_ns < 0 && request->timeout_ns != TIMEOUT_NEVER))
        return STATUS_INVALID_PARAMETER;
    status = pipe_new(client, &params, &existed, &object);
    if (status)
        return status;
    file_from_object(object)->pipe_mode = request->mode;
    ret_reply->existed = existed;
    return end_give(client, object, request->access, 0, extra, &ret_reply->handle);
}

status_t req_pipe_open(struct client *client, const struct pipe_open_request *request,
                       struct request_data *data, struct pipe_open_reply *ret_reply,
                       struct reply_extra *extra)
{
    struct file_params file = {.options = request->options, .file_kind = request->file_kind};
    _cleanup_(object_unrefp) struct object *object = NULL;
    uint32_t granted;
    status_t status = object_access(&file_ops, request->access, &granted);

    if (!status) /* by what it gets, not by what it called that; and no instance is used up first */
        status = pipe_open(client, name_of(data), &file, granted, request->level, &object);
    if (status)
        return status;
    ret_reply->type = file_from_object(object)->pipe->name->type;
    return end_give(client, object, granted, 0, extra, &ret_reply->handle);
}

status_t req_pipe_listen(struct client *client, const struct pipe_listen_request *request,
                         struct request_data *data _unused_,
                         struct pipe_listen_reply *ret_reply _unused_, struct reply_extra *extra)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = server_end_lookup(client, request->handle, &object);
    bool is_new = false;

    if (!status)
        status = pipe_listen(file_from_object(object), &is_new);
    if (is_new)
        extra->fds[extra->n_fds++] = file_from_object(object)->fd;
    return status;
}

status_t req_pipe_disconnect(struct client *client, const struct pipe_disconnect_request *request,
                             struct request_data *data _unused_,
                             struct pipe_disconnect_reply *ret_reply _unused_,
                             struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = server_end_lookup(client, request->handle, &object);

    return status ? status : pipe_disconnect(file_from_object(object));
}

status_t req_pipe_query(struct client *client, const struct pipe_query_request *request,
                        struct request_data *data _unused_, struct pipe_query_reply *ret_reply,
                        struct reply_extra *extra)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = end_lookup(client, request->handle, &object);
    const struct pipe_name *pipe;
    const struct file *end;

    if (status)
        return status;
    end = file_from_object(object);
    pipe = end->pipe->name;
    ret_reply->is_server = end->pipe->server_end == end;
    ret_reply->state = pipe_state_of(end);
    ret_reply->type = pipe->type;
    ret_reply->configuration = pipe->configuration;
    ret_reply->mode = end->pipe_mode;
    ret_reply->max_instances = pipe->max_instances;
    ret_reply->n_instances = pipe->n_instances;
    ret_reply->quota_in = pipe->quota_in;
    ret_reply->quota_out = pipe->quota_out;
    ret_reply->client_process_id = end->pipe->client_process_id;
    ret_reply->server_process_id = end->pipe->server_process_id;
    if (request->with_name) {
        extra->data = pipe->chars;
        extra->data_size = pipe->length * 2;
    }
    return STATUS_SUCCESS;
}

status_t req_pipe_mode(struct client *client, const struct pipe_mode_request *request,
                       struct request_data *data _unused_,
                       struct pipe_mode_reply *ret_reply _unused_,
                       struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = end_lookup(client, request->handle, &object);

    if (!status)
        file_from_object(object)->pipe_mode = request->mode;
    return status;
}

status_t req_pipe_wait(struct client *client, const struct pipe_wait_request *request,
                       struct request_data *data, struct pipe_wait_reply *ret_reply _unused_,
                       struct reply_extra *extra _unused_)
{
    if (request->timeout_ns < 0 && request->timeout_ns != TIMEOUT_NEVER &&
        request->timeout_ns != PIPE_TIMEOUT_DEFAULT)
        return STATUS_INVALID_PARAMETER;
    return pipe_wait(client, name_of(data), request->timeout_ns);
}

/* One entry of pipe_list; 0: does not fit. */
static uint32_t entry_write(uint8_t *at, uint32_t room, const struct pipe_name *pipe)
{
    struct pipe_entry entry = {.n_instances = pipe->n_instances,
                               .max_instances = pipe->max_instances,
                               .name_size = pipe->length * 2};
    uint32_t size = ALIGN_UP((uint32_t)sizeof(entry) + entry.name_size, 8u);

    if (size > room)
        return 0;
    memset(at, 0, size);
    memcpy(at, &entry, sizeof(entry));
    memcpy(at + sizeof(entry), pipe->chars, entry.name_size);
    return size;
}

status_t req_pipe_list(struct client *client, const struct pipe_list_request *request,
                       struct request_data *data _unused_, struct pipe_list_reply *ret_reply,
                       struct reply_extra *extra)
{
    const struct pipe_name *pipe;
    uint32_t index = 0, used = 0, size;
    uint8_t *bytes = malloc(LIST_MAX_BYTES + 2 * NAME_MAX_CHARS);

    if (!bytes)
        return STATUS_NO_MEMORY;
    extra->owned_data = bytes;
    list_for_each(pipe, &client->server->pipes, link) {
        if (index++ < request->cursor)
            continue;
        size = used < LIST_MAX_BYTES
                   ? entry_write(bytes + used, LIST_MAX_BYTES + 2 * NAME_MAX_CHARS - used, pipe)
                   : 0;
        if (!size)
            break;
        used += size;
        ret_reply->n_entries++;
    }
    extra->data_size = used;
    ret_reply->cursor = request->cursor + ret_reply->n_entries;
    return STATUS_SUCCESS;
}

status_t req_pipe_impersonate(struct client *client, const struct pipe_impersonate_request *request,
                              struct request_data *data _unused_,
                              struct pipe_impersonate_reply *ret_reply _unused_,
                              struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = server_end_lookup(client, request->handle, &object);

    return status ? status : pipe_impersonate(file_from_object(object), client);
}
