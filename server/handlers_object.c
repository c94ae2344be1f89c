/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about handles and names: unpack, call, pack. */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "create.h"
#include "handlers.h"
#include "process.h"
#include "server.h"
#include "symlink.h"

#define LIST_MAX_BYTES 32768u

status_t req_handle_close(struct client *client, const struct handle_close_request *request,
                          struct request_data *data _unused_,
                          struct handle_close_reply *ret_reply _unused_,
                          struct reply_extra *extra _unused_)
{
    return handle_close(&client->process->handles, request->handle);
}

/* DUPLICATE_CLOSE_SOURCE closes whatever else happens, as NT does. A process that names itself as
 * HANDLE_SELF knows. */
static void source_close(struct process *source, const struct handle_duplicate_request *request,
                         const struct object *object)
{
    struct handle_closed_notice notice = {.handle = request->source, .object_id = object->id};

    if (!handle_close(&source->handles, request->source) && request->source_process != HANDLE_SELF)
        process_notify(source, NOTICE_handle_closed, &notice.header, sizeof(notice));
}

static status_t duplicate(struct client *client, const struct handle_duplicate_request *request,
                          const struct handle_entry *entry,
                          struct handle_duplicate_reply *ret_reply)
{
    _cleanup_(process_unrefp) struct process *target = NULL;
    uint32_t access = entry->access, attributes = request->attributes;
    struct object *object = entry->object;
    status_t status = process_lookup(client, request->target_process, PROCESS_DUP_HANDLE, &target);

    if (status)
        return status;
    if (target->state == PROCESS_ENDED)
        return STATUS_PROCESS_IS_TERMINATING;
    if (!(request->options & HANDLE_SAME_ACCESS)) {
        status = access_to_copy(entry, client_token(client), request->access, &access);
        if (status)
            return status;
    }
    if (request->options & HANDLE_SAME_ATTRIBUTES)
        attributes = entry->attributes;
    status =
        handle_new(&target->handles, object, access,
                   attributes & (OBJ_INHERIT | HANDLE_ATTRIBUTE_PROTECT_CLOSE), &ret_reply->handle);
    if (status)
        return status;
    ret_reply->type = object->ops->kind;
    return STATUS_SUCCESS;
}

status_t req_handle_duplicate(struct client *client, const struct handle_duplicate_request *request,
                              struct request_data *data _unused_,
                              struct handle_duplicate_reply *ret_reply,
                              struct reply_extra *extra _unused_)
{
    _cleanup_(process_unrefp) struct process *source = NULL;
    _cleanup_(object_unrefp) struct object *hold = NULL;
    struct handle_entry *entry, copy;
    status_t status = process_lookup(client, request->source_process, PROCESS_DUP_HANDLE, &source);

    if (status)
        return status;
    entry = handle_get(&source->handles, request->source);
    if (!entry)
        return STATUS_INVALID_HANDLE;
    copy = *entry; /* the table may move */
    hold = object_ref(copy.object);
    if (request->target_process)
        status = duplicate(client, request, &copy, ret_reply);
    else if (!(request->options & HANDLE_CLOSE_SOURCE))
        status = STATUS_INVALID_HANDLE;
    if (request->options & HANDLE_CLOSE_SOURCE)
        source_close(source, request, hold);
    return status;
}

status_t req_handle_attributes(struct client *client,
                               const struct handle_attributes_request *request,
                               struct request_data *data _unused_,
                               struct handle_attributes_reply *ret_reply,
                               struct reply_extra *extra _unused_)
{
    struct handle_entry *entry = handle_get(&client->process->handles, request->handle);
    uint32_t mask = request->mask & (OBJ_INHERIT | HANDLE_ATTRIBUTE_PROTECT_CLOSE);

    if (!entry)
        return STATUS_INVALID_HANDLE;
    entry->attributes = (entry->attributes & ~mask) | (request->attributes & mask);
    ret_reply->attributes = entry->attributes;
    return STATUS_SUCCESS;
}

status_t req_object_permanence(struct client *client,
                               const struct object_permanence_request *request,
                               struct request_data *data _unused_,
                               struct object_permanence_reply *ret_reply _unused_,
                               struct reply_extra *extra _unused_)
{
    struct handle_entry *entry = handle_get(&client->process->handles, request->handle);
    status_t status = STATUS_SUCCESS;

    if (!entry)
        return STATUS_INVALID_HANDLE;
    if (request->on)
        status = privilege_check_permanent(client);
    else if (!(entry->access & ACCESS_DELETE) || object_is_initial_name(entry->object))
        status = STATUS_ACCESS_DENIED;
    if (!status && request->on)
        object_make_permanent(entry->object);
    else if (!status)
        object_make_temporary(entry->object);
    return status;
}

status_t req_handle_query(struct client *client, const struct handle_query_request *request,
                          struct request_data *data _unused_, struct handle_query_reply *ret_reply,
                          struct reply_extra *extra)
{
    struct handle_entry *entry = handle_get(&client->process->handles, request->handle);
    uint16_t *path;

    if (!entry)
        return STATUS_INVALID_HANDLE;
    path = malloc(NAME_MAX_CHARS * sizeof(*path));
    if (!path)
        return STATUS_NO_MEMORY;
    extra->owned_data = path;
    extra->data_size = object_path(entry->object, path, NAME_MAX_CHARS) * (uint32_t)sizeof(*path);
    ret_reply->object_id = entry->object->id;
    ret_reply->type = entry->object->ops->kind;
    ret_reply->access = entry->access;
    ret_reply->attributes = entry->attributes | (entry->object->permanent ? OBJ_PERMANENT : 0);
    ret_reply->n_handles = entry->object->n_handles;
    ret_reply->n_refs = entry->object->refs;
    return STATUS_SUCCESS;
}

status_t req_object_open(struct client *client, const struct object_open_request *request,
                         struct request_data *data, struct object_open_reply *ret_reply,
                         struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    const struct object_ops *ops = kind_ops(request->type);
    uint32_t access;
    status_t status;

    if (request->type != OBJECT_ANY && !ops)
        return STATUS_INVALID_PARAMETER;
    status = object_open(client, data, ops, &object);
    if (status)
        return status;
    /* Ports are reached by connecting only. */
    if (!kind_ops(object->ops->kind))
        return STATUS_OBJECT_TYPE_MISMATCH;
    status = access_to_object(object, client_token(client), request->access, &access);
    if (status)
        return status;
    ret_reply->type = object->ops->kind;
    return handle_new(&client->process->handles, object, access,
                      data->objattr.attributes & OBJ_INHERIT, &ret_reply->handle);
}

status_t req_directory_create(struct client *client, const struct directory_create_request *request,
                              struct request_data *data, struct directory_create_reply *ret_reply,
                              struct reply_extra *extra _unused_)
{
    struct creation creation;
    status_t status = creation_begin(client, data, &directory_ops, &creation);

    if (status == STATUS_SUCCESS)
        status = directory_new(client->server, client->user, &creation.object);
    return creation_end(client, data, status, request->access, &creation, &ret_reply->handle);
}

/* One entry of directory_query; 0: does not fit. */
static uint32_t entry_write(uint8_t *at, uint32_t room, struct object *object)
{
    uint16_t type_chars[64];
    struct name name = object_name(object);
    struct name type = name_from_ascii(object->ops->type_name, type_chars);
    struct directory_entry entry = {.name_size = name.length * 2,
                                    .type_name_size = type.length * 2};
    uint32_t size = ALIGN_UP((uint32_t)sizeof(entry) + entry.name_size + entry.type_name_size, 8u);

    if (size > room)
        return 0;
    memset(at, 0, size);
    memcpy(at, &entry, sizeof(entry));
    memcpy(at + sizeof(entry), name.chars, entry.name_size);
    memcpy(at + sizeof(entry) + entry.name_size, type.chars, entry.type_name_size);
    return size;
}

status_t req_directory_query(struct client *client, const struct directory_query_request *request,
                             struct request_data *data _unused_,
                             struct directory_query_reply *ret_reply, struct reply_extra *extra)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    struct object *entry;
    uint32_t index = request->index, used = 0, size;
    uint8_t *bytes;
    status_t status =
        handle_lookup(&client->process->handles, request->handle, &directory_ops, 1, &object);

    if (status)
        return status;
    bytes = malloc(LIST_MAX_BYTES + 2 * NAME_MAX_CHARS);
    if (!bytes)
        return STATUS_NO_MEMORY;
    extra->owned_data = bytes;
    struct directory *directory = CONTAINER_OF(object, struct directory, object);
    while (used < LIST_MAX_BYTES && (entry = directory_entry_at(directory, index)) &&
           (size = entry_write(bytes + used, LIST_MAX_BYTES + 2 * NAME_MAX_CHARS - used, entry))) {
        used += size;
        index++;
        ret_reply->n_entries++;
    }
    extra->data_size = used;
    ret_reply->index = index;
    return ret_reply->n_entries ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES;
}

status_t req_symlink_create(struct client *client, const struct symlink_create_request *request,
                            struct request_data *data, struct symlink_create_reply *ret_reply,
                            struct reply_extra *extra _unused_)
{
    struct creation creation;
    status_t status = creation_begin(client, data, &symlink_ops, &creation);
    uint16_t *chars = NULL;

    if (status == STATUS_SUCCESS && (data->size % 2 || !data->size))
        status = STATUS_INVALID_PARAMETER;
    if (status == STATUS_SUCCESS && !(chars = malloc(data->size)))
        status = STATUS_NO_MEMORY;
    if (status == STATUS_SUCCESS) {
        memcpy(chars, data->bytes, data->size);
        status = symlink_new(client->server, client->user, (struct name){chars, data->size / 2},
                             &creation.object);
    }
    free(chars);
    return creation_end(client, data, status, request->access, &creation, &ret_reply->handle);
}

status_t req_symlink_query(struct client *client, const struct symlink_query_request *request,
                           struct request_data *data _unused_,
                           struct symlink_query_reply *ret_reply _unused_,
                           struct reply_extra *extra)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    struct name target;
    status_t status =
        handle_lookup(&client->process->handles, request->handle, &symlink_ops, 1, &object);

    if (status)
        return status;
    target = symlink_target(object);
    extra->owned_data = name_copy(target);
    if (!extra->owned_data)
        return STATUS_NO_MEMORY;
    extra->data_size = target.length * 2;
    return STATUS_SUCCESS;
}
