/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about registry keys: unpack, call, pack. */

#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "handlers.h"
#include "key.h"
#include "key_watch.h"
#include "process.h"
#include "server.h"

#define ROOT_CHARS 9u /* of \Registry */

/* A key by its handle, with a right; deleted ones refuse. */
static status_t key_lookup(struct client *client, handle_t handle, uint32_t access,
                           struct key **ret_key)
{
    struct object *object;
    status_t status = handle_lookup(&client->process->handles, handle, &key_ops, access, &object);

    if (status)
        return status;
    *ret_key = key_from_object(object);
    if (!key_is_deleted(*ret_key))
        return STATUS_SUCCESS;
    *ret_key = key_unref(*ret_key);
    return STATUS_KEY_DELETED;
}

/* The same to change it. */
static status_t key_lookup_to_change(struct client *client, handle_t handle, uint32_t access,
                                     struct key **ret_key)
{
    status_t status = key_lookup(client, handle, access, ret_key);

    return !status && key_is_read_only(*ret_key) ? STATUS_ACCESS_DENIED : status;
}

/* Bytes as a name; an odd size loses its last byte. */
static struct name bytes_name(const uint8_t *bytes, uint32_t size)
{
    return (struct name){(const uint16_t *)(const void *)bytes, size / 2};
}

/* Where an absolute name begins: behind \Registry. */
static status_t root_strip(struct name *path)
{
    static const uint16_t root[] = u"\\Registry";

    if (path->length < ROOT_CHARS ||
        !name_equal((struct name){path->chars, ROOT_CHARS}, (struct name){root, ROOT_CHARS}, true))
        return STATUS_OBJECT_NAME_INVALID;
    path->chars += ROOT_CHARS;
    path->length -= ROOT_CHARS;
    if (path->length && *path->chars != '\\')
        return STATUS_OBJECT_NAME_NOT_FOUND;
    while (path->length && *path->chars == '\\') {
        path->chars++;
        path->length--;
    }
    return STATUS_SUCCESS;
}

static status_t start_of(struct client *client, const struct request_data *data, struct name *path,
                         struct key **ret_from)
{
    status_t status;

    *path = bytes_name(data->name, data->objattr.name_size);
    if (path->length > KEY_PATH_MAX_CHARS)
        return STATUS_OBJECT_NAME_INVALID;
    if (data->objattr.root) {
        if (path->length && *path->chars == '\\')
            return STATUS_OBJECT_PATH_SYNTAX_BAD;
        return key_lookup(client, data->objattr.root, 0, ret_from);
    }
    status = root_strip(path);
    if (status)
        return status;
    *ret_from = client->server->registry.root;
    object_ref(&(*ret_from)->object);
    return STATUS_SUCCESS;
}

static status_t key_make(struct client *client, const struct request_data *data, struct key *parent,
                         struct name leaf, uint32_t how, struct key **ret_key)
{
    uint32_t granted;
    status_t status;

    if (how == KEY_OPEN && !parent->any_child)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (key_is_read_only(parent))
        return STATUS_ACCESS_DENIED;
    status =
        access_to_object(&parent->object, client_token(client), KEY_CREATE_CHILD_RIGHT, &granted);
    if (!status && key_is_volatile(parent) && how != KEY_CREATE_VOLATILE)
        status = STATUS_CHILD_MUST_BE_VOLATILE;
    if (!status)
        status = key_add(parent, client->user, leaf, ret_key);
    if (status)
        return status;
    (*ret_key)->is_volatile = how == KEY_CREATE_VOLATILE;
    status = key_set_class(*ret_key, bytes_name(data->bytes, data->size));
    if (!status)
        status = object_descriptor_make(&(*ret_key)->object, client_token(client), client->user,
                                        data->sd, data->objattr.sd_size);
    if (status && key_delete(*ret_key))
        server_log(client->server, "a key that could not be finished stays");
    return status;
}

status_t req_key_open(struct client *client, const struct key_open_request *request,
                      struct request_data *data, struct key_open_reply *ret_reply,
                      struct reply_extra *extra _unused_)
{
    _cleanup_(key_unrefp) struct key *from = NULL;
    struct key *parent, *key;
    struct name path, leaf;
    uint32_t granted;
    status_t status = start_of(client, data, &path, &from);

    if (request->how > KEY_CREATE_VOLATILE)
        return STATUS_INVALID_PARAMETER;
    if (!status)
        status = key_walk(from, path, &parent, &leaf, &key);
    if (!status && !key) {
        status = key_make(client, data, parent, leaf, request->how, &key);
        ret_reply->created = request->how != KEY_OPEN;
    }
    if (!status)
        status = access_to_object(&key->object, client_token(client), request->access, &granted);
    if (!status)
        status = handle_new(&client->process->handles, &key->object, granted,
                            data->objattr.attributes & OBJ_INHERIT, &ret_reply->handle);
    return status;
}

status_t req_key_delete(struct client *client, const struct key_delete_request *request,
                        struct request_data *data _unused_,
                        struct key_delete_reply *ret_reply _unused_,
                        struct reply_extra *extra _unused_)
{
    _cleanup_(key_unrefp) struct key *key = NULL;
    status_t status = key_lookup_to_change(client, request->handle, ACCESS_DELETE, &key);

    return status ? status : key_delete(key);
}

status_t req_key_rename(struct client *client, const struct key_rename_request *request,
                        struct request_data *data, struct key_rename_reply *ret_reply _unused_,
                        struct reply_extra *extra _unused_)
{
    _cleanup_(key_unrefp) struct key *key = NULL;
    status_t status = key_lookup_to_change(client, request->handle, KEY_SET_VALUE_RIGHT, &key);

    return status ? status : key_rename(key, bytes_name(data->bytes, data->size));
}

static void key_describe(const struct key *key, struct key_query_reply *ret_reply)
{
    const struct key_value *value;
    const struct key *child;

    ret_reply->last_write = key->last_write;
    ret_reply->class_size = key->class_length * 2;
    ret_reply->n_children = key->n_children;
    ret_reply->n_values = key->n_values;
    list_for_each(child, &key->children, sibling) {
        ret_reply->max_child_name = MAX(ret_reply->max_child_name, child->name_length * 2);
        ret_reply->max_child_class = MAX(ret_reply->max_child_class, child->class_length * 2);
    }
    list_for_each(value, &key->values, link) {
        ret_reply->max_value_name = MAX(ret_reply->max_value_name, value->name_length * 2);
        ret_reply->max_value_data = MAX(ret_reply->max_value_data, value->size);
    }
}

/* Name, then class. */
static status_t key_names(const struct key *key, bool is_full, struct key_query_reply *ret_reply,
                          struct reply_extra *extra)
{
    uint16_t *text = malloc((KEY_PATH_MAX_CHARS + key->class_length) * 2);
    uint32_t length = key->name_length;

    if (!text)
        return STATUS_NO_MEMORY;
    if (is_full)
        length = key_path(key, text, KEY_PATH_MAX_CHARS);
    else
        memcpy(text, key->name, length * 2);
    if (key->class_length)
        memcpy(text + length, key->class_name, key->class_length * 2);
    ret_reply->name_size = length * 2;
    extra->owned_data = text;
    extra->data_size = (length + key->class_length) * 2;
    return STATUS_SUCCESS;
}

status_t req_key_query(struct client *client, const struct key_query_request *request,
                       struct request_data *data _unused_, struct key_query_reply *ret_reply,
                       struct reply_extra *extra)
{
    _cleanup_(key_unrefp) struct key *key = NULL;
    bool is_self = request->index == KEY_INDEX_SELF;
    status_t status = key_lookup(client, request->handle, is_self ? 0 : KEY_ENUMERATE_RIGHT, &key);
    const struct key *described = key;

    if (status)
        return status;
    if (!is_self)
        described = key_child_at(key, request->index);
    if (!described)
        return STATUS_NO_MORE_ENTRIES;
    key_describe(described, ret_reply);
    return key_names(described, is_self, ret_reply, extra);
}

status_t req_key_set_value(struct client *client, const struct key_set_value_request *request,
                           struct request_data *data,
                           struct key_set_value_reply *ret_reply _unused_,
                           struct reply_extra *extra _unused_)
{
    _cleanup_(key_unrefp) struct key *key = NULL;
    status_t status = key_lookup_to_change(client, request->handle, KEY_SET_VALUE_RIGHT, &key);

    if (status)
        return status;
    if (request->name_size > data->size || request->name_size % 2)
        return STATUS_INVALID_PARAMETER;
    return key_value_set(key, bytes_name(data->bytes, request->name_size), request->type,
                         data->bytes + request->name_size, data->size - request->name_size);
}

static status_t value_answer(const struct key_value *value, struct key_get_value_reply *ret_reply,
                             struct reply_extra *extra)
{
    uint32_t name_size = value->name_length * 2;
    uint8_t *bytes = malloc(name_size + value->size + 1);

    if (!bytes)
        return STATUS_NO_MEMORY;
    if (name_size)
        memcpy(bytes, value->name, name_size);
    memcpy(bytes + name_size, value->data, value->size);
    ret_reply->type = value->type;
    ret_reply->name_size = name_size;
    extra->owned_data = bytes;
    extra->data_size = name_size + value->size;
    return STATUS_SUCCESS;
}

status_t req_key_get_value(struct client *client, const struct key_get_value_request *request,
                           struct request_data *data, struct key_get_value_reply *ret_reply,
                           struct reply_extra *extra)
{
    _cleanup_(key_unrefp) struct key *key = NULL;
    const struct key_value *value;
    bool by_name = request->index == KEY_INDEX_SELF;
    status_t status = key_lookup(client, request->handle, KEY_QUERY_VALUE_RIGHT, &key);

    if (status)
        return status;
    value = by_name ? key_value_find(key, bytes_name(data->bytes, data->size))
                    : key_value_at(key, request->index);
    if (!value)
        return by_name ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_NO_MORE_ENTRIES;
    return value_answer(value, ret_reply, extra);
}

status_t req_key_delete_value(struct client *client, const struct key_delete_value_request *request,
                              struct request_data *data,
                              struct key_delete_value_reply *ret_reply _unused_,
                              struct reply_extra *extra _unused_)
{
    _cleanup_(key_unrefp) struct key *key = NULL;
    status_t status = key_lookup_to_change(client, request->handle, KEY_SET_VALUE_RIGHT, &key);

    return status ? status : key_value_delete(key, bytes_name(data->bytes, data->size));
}

status_t req_key_watch(struct client *client, const struct key_watch_request *request,
                       struct request_data *data _unused_,
                       struct key_watch_reply *ret_reply _unused_,
                       struct reply_extra *extra _unused_)
{
    _cleanup_(key_unrefp) struct key *key = NULL;
    _cleanup_(object_unrefp) struct object *event = NULL;
    status_t status = key_lookup(client, request->handle, KEY_NOTIFY_RIGHT, &key);

    if (!status)
        status = handle_lookup(&client->process->handles, request->event, &event_ops, 0, &event);
    if (status)
        return status;
    if (!request->filter || request->filter & ~0xfu)
        return STATUS_INVALID_PARAMETER;
    return key_watch_add(key, client->process, client->user, event_from_object(event),
                         request->filter, request->subtree != 0);
}
