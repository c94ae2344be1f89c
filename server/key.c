/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See key.h. */

#include "key.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "key_watch.h"
#include "registry.h"
#include "server.h"

static void value_free(struct key_value *value)
{
    free(value->name);
    free(value->data);
    free(value);
}

static void value_drop(struct key *key, struct key_value *value)
{
    registry_charge(key->object.server,
                    -((int64_t)value->name_length * 2 + value->size + KEY_VALUE_COST_BYTES));
    list_remove(&value->link);
    key->n_values--;
    value_free(value);
}

/* The process can no longer be told through this handle. */
static void key_close(struct object *object, struct process *process, bool last _unused_)
{
    key_watches_end(key_from_object(object), process);
}

static void key_destroy(struct object *object)
{
    struct key *key = key_from_object(object);
    struct key_value *value;

    assert(list_is_empty(&key->children) && !key->parent);
    key_watches_end(key, NULL);
    while ((value = list_first(&key->values, struct key_value, link)))
        value_drop(key, value);
    registry_charge(object->server,
                    -((int64_t)key->name_length + key->class_length) * 2 - KEY_COST_BYTES);
    free(key->name);
    free(key->class_name);
}

static void key_dump(struct object *object, char *ret_text, size_t size)
{
    struct key *key = key_from_object(object);
    char name[64];

    name_print((struct name){key->name, key->name_length}, name, sizeof(name));
    snprintf(ret_text, size, "name=%s children=%u values=%u", name, key->n_children, key->n_values);
}

const struct object_ops key_ops = {
    .kind = OBJECT_KIND_KEY,
    .type_name = "Key",
    .size = sizeof(struct key),
    .all_access = 0x000f003f,
    .generic_read = 0x00020019,
    .generic_write = 0x00020006,
    .generic_execute = 0x00020019,
    .close = key_close,
    .destroy = key_destroy,
    .dump = key_dump,
};

struct key *key_from_object(struct object *object)
{
    assert(object->ops == &key_ops);
    return CONTAINER_OF(object, struct key, object);
}

static status_t key_new(struct server *server, struct user *user, struct name name,
                        struct key **ret_key)
{
    struct object *object;
    status_t status = object_new(server, user, &key_ops, &object);
    struct key *key;

    if (status)
        return status;
    key = key_from_object(object);
    registry_charge(server, KEY_COST_BYTES);
    list_init(&key->children);
    list_init(&key->values);
    list_init(&key->watches);
    list_init(&key->sibling);
    key->last_write = clock_nt();
    key->name = name_copy(name);
    if (!key->name) {
        key_unref(key);
        return STATUS_NO_MEMORY;
    }
    key->name_length = name.length;
    registry_charge(server, (int64_t)name.length * 2);
    *ret_key = key;
    return STATUS_SUCCESS;
}

status_t key_new_root(struct server *server, struct key **ret_key)
{
    static const uint16_t name[] = u"Registry";

    return key_new(server, NULL, (struct name){name, 8}, ret_key);
}

/* Below zero, zero or above, without case. */
static int name_compare(struct name a, struct name b)
{
    uint32_t n = MIN(a.length, b.length);

    for (uint32_t i = 0; i < n; i++) {
        int difference = char_upcase(a.chars[i]) - char_upcase(b.chars[i]);
        if (difference)
            return difference;
    }
    return a.length < b.length ? -1 : a.length > b.length;
}

static struct name name_of(const struct key *key)
{
    return (struct name){key->name, key->name_length};
}

/* In its place in the order. */
static void key_link(struct key *parent, struct key *key)
{
    struct key *before;

    list_for_each(before, &parent->children, sibling) {
        if (name_compare(name_of(key), name_of(before)) < 0)
            break;
    }
    /* The head of the list when none is greater: appends. */
    list_append(&before->sibling, &key->sibling);
}

static void changed(struct key *key, uint32_t what)
{
    key->last_write = clock_nt();
    if (!key->object.server->registry.is_filled)
        return;
    registry_changed(key->object.server);
    key_watches_tell(key, what);
}

status_t key_add(struct key *parent, struct user *user, struct name name, struct key **ret_key)
{
    status_t status;
    struct key *key;

    if (!name.length || name.length > KEY_NAME_MAX_CHARS)
        return STATUS_OBJECT_NAME_INVALID;
    if (parent->depth >= KEY_DEPTH_MAX)
        return STATUS_INVALID_PARAMETER;
    if (!registry_has_room(parent->object.server, name.length * 2 + KEY_COST_BYTES))
        return STATUS_REGISTRY_QUOTA_LIMIT;
    status = key_new(parent->object.server, user, name, &key);
    if (status)
        return status;
    key->parent = parent;
    key->depth = parent->depth + 1;
    key_link(parent, key);
    parent->n_children++;
    changed(parent, KEY_CHANGE_NAME);
    *ret_key = key; /* the reference is the parent's */
    return STATUS_SUCCESS;
}

struct key *key_child(struct key *key, struct name name)
{
    struct key *child;

    list_for_each(child, &key->children, sibling) {
        if (name_equal(name_of(child), name, true))
            return child;
    }
    return NULL;
}

struct key *key_child_at(struct key *key, uint32_t index)
{
    struct key *child;

    list_for_each(child, &key->children, sibling) {
        if (!index--)
            return child;
    }
    return NULL;
}

status_t key_set_class(struct key *key, struct name name)
{
    if (!name.length)
        return STATUS_SUCCESS;
    if (name.length > KEY_CLASS_MAX_CHARS)
        return STATUS_INVALID_PARAMETER;
    if (!registry_has_room(key->object.server, name.length * 2))
        return STATUS_REGISTRY_QUOTA_LIMIT;
    key->class_name = name_copy(name);
    if (!key->class_name)
        return STATUS_NO_MEMORY;
    key->class_length = name.length;
    registry_charge(key->object.server, (int64_t)name.length * 2);
    return STATUS_SUCCESS;
}

static struct name component_take(struct name *path)
{
    struct name component = {path->chars, 0};

    while (component.length < path->length && path->chars[component.length] != '\\')
        component.length++;
    path->chars += component.length;
    path->length -= component.length;
    while (path->length && *path->chars == '\\') { /* several mean one, as on Windows */
        path->chars++;
        path->length--;
    }
    return component;
}

/* What is only made when somebody looks for it. */
static status_t key_complete(struct key *key)
{
    status_t (*fill)(struct key * key) = key->fill;

    key->fill = NULL;
    return fill ? fill(key) : STATUS_SUCCESS;
}

status_t key_walk(struct key *from, struct name path, struct key **ret_parent,
                  struct name *ret_leaf, struct key **ret_key)
{
    struct key *key = from;
    status_t status;

    *ret_parent = from->parent;
    while (path.length) {
        struct name component = component_take(&path);
        struct key *child = key_child(key, component);

        *ret_parent = key;
        *ret_leaf = component;
        if (!child && path.length)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        key = child;
        if (!child)
            break;
        status = key_complete(child);
        if (status)
            return status;
    }
    *ret_key = key;
    return STATUS_SUCCESS;
}

uint32_t key_path(const struct key *key, uint16_t *ret_chars, uint32_t capacity)
{
    uint32_t length = 0;
    const struct key *at;

    if (key_is_deleted(key))
        return 0;
    for (at = key; at; at = at->parent)
        length += 1 + at->name_length;
    if (length > capacity)
        return 0;
    ret_chars += length;
    for (at = key; at; at = at->parent) {
        ret_chars -= at->name_length;
        memcpy(ret_chars, at->name, at->name_length * 2);
        *--ret_chars = '\\';
    }
    return length;
}

bool key_is_deleted(const struct key *key)
{
    return !key->parent && key != key->object.server->registry.root;
}

bool key_is_read_only(const struct key *key)
{
    while (key && !key->is_read_only)
        key = key->parent;
    return key;
}

bool key_is_volatile(const struct key *key)
{
    while (key && !key->is_volatile)
        key = key->parent;
    return key;
}

static bool is_fixed(const struct key *key)
{
    return !key->parent || !key->parent->parent;
}

status_t key_delete(struct key *key)
{
    struct key *parent = key->parent;

    if (is_fixed(key))
        return STATUS_ACCESS_DENIED;
    if (key->n_children)
        return STATUS_CANNOT_DELETE;
    changed(key, KEY_CHANGE_NAME);
    list_remove(&key->sibling);
    key->parent = NULL;
    parent->n_children--;
    changed(parent, KEY_CHANGE_NAME);
    key_unref(key); /* the parent's */
    return STATUS_SUCCESS;
}

static bool name_is_one_component(struct name name)
{
    for (uint32_t i = 0; i < name.length; i++)
        if (name.chars[i] == '\\')
            return false;
    return name.length > 0 && name.length <= KEY_NAME_MAX_CHARS;
}

status_t key_rename(struct key *key, struct name name)
{
    struct key *other = key->parent ? key_child(key->parent, name) : NULL;
    uint16_t *copy;

    if (is_fixed(key) || (other && other != key))
        return STATUS_ACCESS_DENIED;
    if (!name_is_one_component(name))
        return STATUS_INVALID_PARAMETER;
    if (!registry_has_room(key->object.server, name.length * 2))
        return STATUS_REGISTRY_QUOTA_LIMIT;
    copy = name_copy(name);
    if (!copy)
        return STATUS_NO_MEMORY;
    registry_charge(key->object.server, ((int64_t)name.length - key->name_length) * 2);
    free(key->name);
    key->name = copy;
    key->name_length = name.length;
    list_remove(&key->sibling);
    key_link(key->parent, key);
    changed(key->parent, KEY_CHANGE_NAME);
    return STATUS_SUCCESS;
}

/* ---- values ---- */

struct key_value *key_value_find(struct key *key, struct name name)
{
    struct key_value *value;

    list_for_each(value, &key->values, link) {
        if (name_equal((struct name){value->name, value->name_length}, name, true))
            return value;
    }
    return NULL;
}

struct key_value *key_value_at(struct key *key, uint32_t index)
{
    struct key_value *value;

    list_for_each(value, &key->values, link) {
        if (!index--)
            return value;
    }
    return NULL;
}

static status_t value_new(struct key *key, struct name name, struct key_value **ret_value)
{
    struct key_value *value = calloc(1, sizeof(*value));

    if (!value)
        return STATUS_NO_MEMORY;
    value->name = name_copy(name);
    value->name_length = name.length;
    if (name.length && !value->name) {
        value_free(value);
        return STATUS_NO_MEMORY;
    }
    list_append(&key->values, &value->link);
    key->n_values++;
    registry_charge(key->object.server, (int64_t)name.length * 2 + KEY_VALUE_COST_BYTES);
    *ret_value = value;
    return STATUS_SUCCESS;
}

status_t key_value_set(struct key *key, struct name name, uint32_t type, const void *data,
                       uint32_t size)
{
    struct key_value *value = key_value_find(key, name);
    status_t status = STATUS_SUCCESS;
    uint8_t *copy;

    if (name.length > KEY_VALUE_NAME_MAX_CHARS)
        return STATUS_INVALID_PARAMETER;
    if (size > KEY_VALUE_MAX_BYTES)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!registry_has_room(key->object.server, name.length * 2 + size + KEY_VALUE_COST_BYTES))
        return STATUS_REGISTRY_QUOTA_LIMIT;
    copy = malloc(size + 1);
    if (!copy)
        return STATUS_NO_MEMORY;
    if (!value)
        status = value_new(key, name, &value);
    if (status) {
        free(copy);
        return status;
    }
    memcpy(copy, data, size);
    registry_charge(key->object.server, (int64_t)size - value->size);
    free(value->data);
    value->data = copy;
    value->size = size;
    value->type = type;
    changed(key, KEY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;
}

status_t key_value_delete(struct key *key, struct name name)
{
    struct key_value *value = key_value_find(key, name);

    if (!value)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    value_drop(key, value);
    changed(key, KEY_CHANGE_LAST_SET);
    return STATUS_SUCCESS;
}
