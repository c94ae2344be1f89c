/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Registry keys: a tree of its own, beside the namespace's directories. In memory: it lives as long
 * as the daemon.
 *
 * A key is held by its parent until it is deleted, and by its handles; a deleted one refuses
 * everything with STATUS_KEY_DELETED. Children and values are kept in the order of their names,
 * case ignored, as they are enumerated. Who wants to hear of changes: key_watch.h.
 */
#pragma once

#include "object.h"

#define KEY_QUERY_VALUE_RIGHT  0x0001u
#define KEY_SET_VALUE_RIGHT    0x0002u
#define KEY_CREATE_CHILD_RIGHT 0x0004u
#define KEY_ENUMERATE_RIGHT    0x0008u
#define KEY_NOTIFY_RIGHT       0x0010u

#define KEY_NAME_MAX_CHARS       255u
#define KEY_VALUE_NAME_MAX_CHARS 16383u
#define KEY_VALUE_MAX_BYTES      (64u * 1024) /* DIFFERS: a megabyte on Windows */
#define KEY_PATH_MAX_CHARS       8192u
#define KEY_CLASS_MAX_CHARS      8191u /* UNKNOWN: Windows' limit */
#define KEY_DEPTH_MAX            512u  /* below \Registry, as on Windows; UNKNOWN: its status */
#define REGISTRY_MAX_BYTES       (64u * 1024 * 1024) /* names, classes and values of all keys */
#define KEY_COST_BYTES           1024u /* of REGISTRY_MAX_BYTES, besides the name: so many keys ... */
#define KEY_VALUE_COST_BYTES     128u /* ... and, besides name and data, values */

struct key_value {
    struct list link;     /* of key->values */
    uint16_t *name;       /* NULL: the key's unnamed value */
    uint32_t name_length; /* chars */
    uint32_t type;        /* REG_* */
    uint32_t size;        /* bytes */
    uint8_t *data;
};

struct key {
    struct object object;
    struct key *parent;   /* borrowed; NULL: the root, or deleted */
    struct list sibling;  /* of parent->children */
    struct list children; /* struct key, each a reference */
    struct list values;   /* struct key_value */
    struct list watches;  /* key_watch.h */
    uint32_t n_children, n_values;
    uint32_t depth; /* the root's is 0: each change walks up to it */
    uint16_t *name;
    uint32_t name_length; /* chars */
    uint16_t *class_name; /* NULL: none */
    uint32_t class_length;
    uint64_t last_write;               /* NT time */
    bool is_read_only;                 /* nothing is made or set here and below */
    bool is_volatile;                  /* what is made below it must be, too */
    bool any_child;                    /* opening a child that is not there makes it */
    status_t (*fill)(struct key *key); /* for who first looks for the key; NULL: all is there */
};

extern const struct object_ops key_ops;

struct key *key_from_object(struct object *object);
static inline struct key *key_unref(struct key *key)
{
    if (key)
        object_unref(&key->object);
    return NULL;
}
DEFINE_CLEANUP(struct key *, key_unref)

/* The root, \Registry. A reference. */
status_t key_new_root(struct server *server, struct key **ret_key) _must_check_;
/* A child, held by its parent; borrowed. STATUS_OBJECT_NAME_INVALID, STATUS_QUOTA_EXCEEDED. */
status_t key_add(struct key *parent, struct user *user, struct name name,
                 struct key **ret_key) _must_check_;
struct key *key_child(struct key *key, struct name name); /* borrowed; NULL */
struct key *key_child_at(struct key *key, uint32_t index);
status_t key_set_class(struct key *key, struct name name) _must_check_;

/* Walks a path from `from`: the key, or the parent that exists and the one component that does not
 * (*ret_key NULL). Both borrowed. STATUS_OBJECT_NAME_NOT_FOUND: more than one is missing. */
status_t key_walk(struct key *from, struct name path, struct key **ret_parent,
                  struct name *ret_leaf, struct key **ret_key) _must_check_;
/* The key's full name: its length in chars, 0 when it is too long or the key is deleted. */
uint32_t key_path(const struct key *key, uint16_t *ret_chars, uint32_t capacity);

/* Is it, or one above it? */
bool key_is_read_only(const struct key *key);
bool key_is_volatile(const struct key *key);
bool key_is_deleted(const struct key *key);
/* STATUS_CANNOT_DELETE: it has children. STATUS_ACCESS_DENIED: a root. */
status_t key_delete(struct key *key) _must_check_;
status_t key_rename(struct key *key, struct name name) _must_check_;

struct key_value *key_value_find(struct key *key, struct name name);
struct key_value *key_value_at(struct key *key, uint32_t index);
/* STATUS_INSUFFICIENT_RESOURCES: too large; STATUS_REGISTRY_QUOTA_LIMIT. */
status_t key_value_set(struct key *key, struct name name, uint32_t type, const void *data,
                       uint32_t size) _must_check_;
status_t key_value_delete(struct key *key, struct name name) _must_check_;
