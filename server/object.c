/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See object.h. Freed memory is filled, so that a use after free shows at once. */

#include "object.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "descriptor.h"
#include "directory.h"
#include "server.h"

status_t object_new(struct server *server, struct user *user, const struct object_ops *ops,
                    struct object **ret_object)
{
    _cleanup_(freep) struct object *object = calloc(1, ops->size);

    if (!object)
        return STATUS_NO_MEMORY;
    if (user) {
        status_t status = user_charge(&object->charge, user, USER_OBJECTS, 1);
        if (status)
            return status;
    }
    object->ops = ops;
    object->server = server;
    object->refs = 1;
    object->id = ++server->last_object_id;
    list_init(&object->waiters);
    list_append(&server->objects, &object->link);
    server->n_objects++;
    *ret_object = TAKE(object);
    return STATUS_SUCCESS;
}

struct object *object_ref(struct object *object)
{
    assert(object->refs > 0);
    object->refs++;
    return object;
}

static void object_free(struct object *object)
{
    assert(object->n_handles == 0);
    assert(list_is_empty(&object->waiters));
    directory_remove(object);
    if (object->ops->destroy)
        object->ops->destroy(object);
    descriptor_free(object->descriptor);
    charge_release(&object->charge);
    list_remove(&object->link);
    object->server->n_objects--;
    memset(object, 0xaa, object->ops->size);
    free(object);
}

struct object *object_unref(struct object *object)
{
    if (!object)
        return NULL;
    assert(object->refs > 0);
    if (--object->refs == 0)
        object_free(object);
    return NULL;
}

void object_make_permanent(struct object *object)
{
    if (object->permanent || !object->directory)
        return;
    object->permanent = true;
    object_ref(object);
}

void object_make_temporary(struct object *object)
{
    if (!object->permanent)
        return;
    object->permanent = false;
    if (!object->n_handles)
        directory_remove(object);
    object_unref(object);
}

bool object_is_initial_name(const struct object *object)
{
    return object->permanent && !object->charge.user;
}

void object_handle_opened(struct object *object)
{
    object->n_handles++;
    object_ref(object);
}

void object_handle_closed(struct object *object, struct process *process)
{
    bool last;

    assert(object->n_handles > 0);
    last = --object->n_handles == 0;
    if (last && !object->permanent)
        directory_remove(object);
    if (object->ops->close)
        object->ops->close(object, process, last);
    object_unref(object);
}

struct name object_name(const struct object *object)
{
    return (struct name){object->name_chars, object->name_length};
}

uint32_t object_path(const struct object *object, uint16_t *ret_chars, uint32_t capacity)
{
    uint32_t length = 0, at;

    if (object == directory_object(object->server->root)) {
        if (capacity)
            ret_chars[0] = '\\';
        return capacity ? 1 : 0;
    }
    for (const struct object *o = object; o->directory; o = directory_object(o->directory))
        length += 1 + o->name_length;
    if (length > capacity)
        return 0;
    at = length;
    for (const struct object *o = object; o->directory; o = directory_object(o->directory)) {
        at -= o->name_length;
        memcpy(ret_chars + at, o->name_chars, o->name_length * sizeof(*ret_chars));
        ret_chars[--at] = '\\';
    }
    return length;
}

status_t object_access(const struct object_ops *ops, uint32_t wanted, uint32_t *ret_access)
{
    uint32_t access = wanted & ~(GENERIC_ALL_BIT | GENERIC_EXECUTE_BIT | GENERIC_WRITE_BIT |
                                 GENERIC_READ_BIT | ACCESS_MAXIMUM);

    if (wanted & (GENERIC_ALL_BIT | ACCESS_MAXIMUM))
        access |= ops->all_access;
    if (wanted & GENERIC_READ_BIT)
        access |= ops->generic_read;
    if (wanted & GENERIC_WRITE_BIT)
        access |= ops->generic_write;
    if (wanted & GENERIC_EXECUTE_BIT)
        access |= ops->generic_execute;
    /* Specific rights that a type does not know are ignored, as NT does; ACCESS_SYSTEM_SECURITY
     * wants a privilege. */
    if (access & 0x01000000u)
        return STATUS_PRIVILEGE_NOT_HELD;
    *ret_access = access & (ops->all_access | 0x001f0000u);
    return STATUS_SUCCESS;
}
