/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See symlink.h. The target is fixed at creation. */

#include "symlink.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct symlink {
    struct object object;
    uint16_t *chars;
    uint32_t length;
};

static void symlink_destroy(struct object *object);
static void symlink_dump(struct object *object, char *ret_text, size_t size);

const struct object_ops symlink_ops = {
    .kind = OBJECT_KIND_SYMLINK,
    .type_name = "SymbolicLink",
    .size = sizeof(struct symlink),
    .all_access = 0x000f0001,
    .generic_read = 0x00020001,
    .generic_write = 0x00020000,
    .generic_execute = 0x00020001,
    .destroy = symlink_destroy,
    .dump = symlink_dump,
};

DEFINE_OBJECT_CAST(symlink, symlink_ops)

status_t symlink_new(struct server *server, struct user *user, struct name target,
                     struct object **ret_object)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status;

    if (!target.length || target.length > NAME_MAX_CHARS)
        return STATUS_INVALID_PARAMETER;
    status = object_new(server, user, &symlink_ops, &object);
    if (status)
        return status;
    struct symlink *link = symlink_from_object(object);
    link->chars = name_copy(target);
    if (!link->chars)
        return STATUS_NO_MEMORY;
    link->length = target.length;
    *ret_object = TAKE(object);
    return STATUS_SUCCESS;
}

static void symlink_destroy(struct object *object)
{
    free(symlink_from_object(object)->chars);
}

struct name symlink_target(struct object *object)
{
    struct symlink *link = symlink_from_object(object);

    return (struct name){link->chars, link->length};
}

static void symlink_dump(struct object *object, char *ret_text, size_t size)
{
    char target[256];

    name_print(symlink_target(object), target, sizeof(target));
    snprintf(ret_text, size, "target=%s", target);
}
