/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Directory objects and look-up in the namespace. */
#pragma once

#include "object.h"

struct directory {
    struct object object;
    struct object **buckets;
    uint32_t n_buckets; /* 0 or a power of two */
    uint32_t n_entries;
};

#define DIRECTORY_QUERY               1u
#define DIRECTORY_CREATE_OBJECT       4u
#define DIRECTORY_CREATE_SUBDIRECTORY 8u

extern const struct object_ops directory_ops;

struct object *directory_object(struct directory *directory);

status_t directory_new(struct server *server, struct user *user,
                       struct object **ret_object) _must_check_;

/* Borrowed; NULL: no such name. */
struct object *directory_find(struct directory *directory, struct name name, bool ignore_case);
/* Enters an unnamed object: a second name is our bug, a taken name STATUS_OBJECT_NAME_COLLISION. */
status_t directory_insert(struct directory *directory, struct object *object,
                          struct name name) _must_check_;
/* Takes the object's name away, if it has one. */
void directory_remove(struct object *object);
/* The index-th object in the directory's own order, borrowed. */
struct object *directory_entry_at(struct directory *directory, uint32_t index);

#define SYMLINK_DEPTH_MAX 32

/* Where a path leads. Exactly one of: `object` (found, reference), or `parent` (reference) and
 * `leaf` (its last component is missing there; leaf points into the path or into `joined`). */
struct lookup {
    struct object *object;
    struct directory *parent;
    struct name leaf;
    uint16_t *joined; /* memory of a path that a symbolic link made */
};
void lookup_deinit(struct lookup *lookup);

/* root: NULL for absolute paths. attributes: OBJ_CASE_INSENSITIVE. open_link: a symbolic link as
 * the last component is the answer, not followed. */
status_t namespace_lookup(struct server *server, struct directory *root, struct name path,
                          uint32_t attributes, bool open_link,
                          struct lookup *ret_lookup) _must_check_;

/* Makes the daemon's own directories and links: server->root. */
status_t namespace_init(struct server *server) _must_check_;
void namespace_deinit(struct server *server);
