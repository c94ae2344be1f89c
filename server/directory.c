/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Directory objects: hash tables of names that ignore case (a look-up that minds case compares
 * exactly within the bucket). Statuses of look-ups are NT's: a missing last component is
 * OBJECT_NAME_NOT_FOUND (here: parent and leaf), a missing one before it OBJECT_PATH_NOT_FOUND, one
 * that is no directory OBJECT_TYPE_MISMATCH. Symbolic links restart the walk at the root with the
 * target and the rest joined, SYMLINK_DEPTH_MAX times at most. */

#include "directory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "path.h"
#include "server.h"
#include "symlink.h"

static void directory_destroy(struct object *object);
static void directory_dump(struct object *object, char *ret_text, size_t size);

const struct object_ops directory_ops = {
    .kind = OBJECT_KIND_DIRECTORY,
    .type_name = "Directory",
    .size = sizeof(struct directory),
    .all_access = 0x000f000f,
    .generic_read = 0x00020003,
    .generic_write = 0x0002000c,
    .generic_execute = 0x00020003,
    .destroy = directory_destroy,
    .dump = directory_dump,
};

DEFINE_OBJECT_CAST(directory, directory_ops)

struct object *directory_object(struct directory *directory)
{
    return &directory->object;
}

status_t directory_new(struct server *server, struct user *user, struct object **ret_object)
{
    return object_new(server, user, &directory_ops, ret_object);
}

static void directory_destroy(struct object *object)
{
    struct directory *directory = directory_from_object(object);

    /* Entries hold a reference to their directory. */
    assert(directory->n_entries == 0);
    free(directory->buckets);
}

static void directory_dump(struct object *object, char *ret_text, size_t size)
{
    snprintf(ret_text, size, "entries=%u", directory_from_object(object)->n_entries);
}

static struct object **bucket_of(struct directory *directory, struct name name)
{
    return &directory->buckets[name_hash(name) & (directory->n_buckets - 1)];
}

struct object *directory_find(struct directory *directory, struct name name, bool ignore_case)
{
    if (!directory->n_buckets)
        return NULL;
    for (struct object *o = *bucket_of(directory, name); o; o = o->next_in_bucket) {
        if (name_equal(object_name(o), name, ignore_case))
            return o;
    }
    return NULL;
}

static status_t directory_grow(struct directory *directory)
{
    struct directory grown = *directory;

    if (directory->n_entries < 2 * directory->n_buckets)
        return STATUS_SUCCESS;
    grown.n_buckets = directory->n_buckets ? 4 * directory->n_buckets : 8;
    grown.buckets = calloc(grown.n_buckets, sizeof(*grown.buckets));
    if (!grown.buckets)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < directory->n_buckets; i++) {
        struct object *next;

        for (struct object *o = directory->buckets[i]; o; o = next) {
            struct object **bucket = bucket_of(&grown, object_name(o));
            next = o->next_in_bucket;
            o->next_in_bucket = *bucket;
            *bucket = o;
        }
    }
    free(directory->buckets);
    directory->buckets = grown.buckets;
    directory->n_buckets = grown.n_buckets;
    return STATUS_SUCCESS;
}

status_t directory_insert(struct directory *directory, struct object *object, struct name name)
{
    status_t status;
    uint16_t *chars;

    assert(!object->directory && name.length);
    if (directory_find(directory, name, false))
        return STATUS_OBJECT_NAME_COLLISION;
    status = directory_grow(directory);
    if (status)
        return status;
    chars = name_copy(name);
    if (!chars)
        return STATUS_NO_MEMORY;
    object->name_chars = chars;
    object->name_length = name.length;
    object->directory = directory;
    object_ref(&directory->object);
    struct object **bucket = bucket_of(directory, name);
    object->next_in_bucket = *bucket;
    *bucket = object;
    directory->n_entries++;
    return STATUS_SUCCESS;
}

void directory_remove(struct object *object)
{
    struct directory *directory = object->directory;
    struct object **place;

    if (!directory)
        return;
    place = bucket_of(directory, object_name(object));
    while (*place != object)
        place = &(*place)->next_in_bucket;
    *place = object->next_in_bucket;
    directory->n_entries--;
    object->directory = NULL;
    object->next_in_bucket = NULL;
    free(object->name_chars);
    object->name_chars = NULL;
    object->name_length = 0;
    object_unref(&directory->object);
}

struct object *directory_entry_at(struct directory *directory, uint32_t index)
{
    for (uint32_t i = 0; i < directory->n_buckets; i++) {
        for (struct object *o = directory->buckets[i]; o; o = o->next_in_bucket) {
            if (index-- == 0)
                return o;
        }
    }
    return NULL;
}

void lookup_deinit(struct lookup *lookup)
{
    object_unref(lookup->object);
    if (lookup->parent)
        object_unref(&lookup->parent->object);
    free(lookup->joined);
    *lookup = (struct lookup){0};
}

/* One walk without following links. *ret_link: the walk met one; *rest is then what follows it. */
static status_t walk(struct directory *start, struct name *rest, bool ignore_case, bool open_link,
                     struct lookup *lookup, struct object **ret_link)
{
    struct object *at = &start->object;
    bool last = rest->length == 0;

    while (!last) {
        struct name component;
        status_t status = path_next(rest, &component, &last);

        if (status)
            return status;
        if (at->ops != &directory_ops)
            return STATUS_OBJECT_TYPE_MISMATCH;
        struct directory *directory = directory_from_object(at);
        at = directory_find(directory, component, ignore_case);
        if (!at && !last)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        if (!at) {
            object_ref(&directory->object);
            lookup->parent = directory;
            lookup->leaf = component;
            return STATUS_SUCCESS;
        }
        if (at->ops == &symlink_ops && !(last && open_link)) {
            *ret_link = at;
            return STATUS_SUCCESS;
        }
    }
    lookup->object = object_ref(at);
    return STATUS_SUCCESS;
}

status_t namespace_lookup(struct server *server, struct directory *root, struct name path,
                          uint32_t attributes, bool open_link, struct lookup *ret_lookup)
{
    _cleanup_(lookup_deinit) struct lookup lookup = {0};
    struct directory *start = root ? root : server->root;
    bool ignore_case = attributes & OBJ_CASE_INSENSITIVE;
    struct name rest;
    status_t status = path_begin(path, root != NULL, &rest);

    for (int depth = 0; !status; depth++) {
        struct object *link = NULL;

        status = walk(start, &rest, ignore_case, open_link, &lookup, &link);
        if (status || !link)
            break;
        if (depth == SYMLINK_DEPTH_MAX)
            return STATUS_OBJECT_NAME_INVALID;
        uint16_t *joined = path_join(symlink_target(link), rest, &path);
        if (!joined)
            return STATUS_NO_MEMORY;
        free(lookup.joined);
        lookup.joined = joined;
        start = server->root;
        status = path_begin(path, false, &rest);
    }
    if (status)
        return status;
    *ret_lookup = lookup;
    lookup = (struct lookup){0};
    return STATUS_SUCCESS;
}
