/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The handle table of one process: handle = (index + 1) << 2, entry = object, access, attributes.
 */
#pragma once

#include "object.h"

struct handle_entry {
    struct object *object; /* NULL: free */
    uint32_t access;
    uint32_t attributes; /* OBJ_INHERIT, HANDLE_ATTRIBUTE_PROTECT_CLOSE */
};

struct handle_table {
    struct process *process;
    struct user *user; /* charged; borrowed from the process */
    struct server *server;
    struct handle_entry *entries;
    uint32_t n_entries;
    uint32_t n_used;
    uint32_t first_free; /* no free index below it */
};

void handle_table_init(struct handle_table *table, struct server *server, struct process *process,
                       struct user *user);
/* Closes everything, also what is protected. */
void handle_table_deinit(struct handle_table *table);

status_t handle_new(struct handle_table *table, struct object *object, uint32_t access,
                    uint32_t attributes, handle_t *ret_handle) _must_check_;
/* The same at a given value (inheritance). */
status_t handle_new_at(struct handle_table *table, handle_t handle,
                       const struct handle_entry *entry) _must_check_;

/* STATUS_INVALID_HANDLE, STATUS_HANDLE_NOT_CLOSABLE. */
status_t handle_close(struct handle_table *table, handle_t handle) _must_check_;

/* Borrowed; NULL when the handle is none. */
struct handle_entry *handle_get(struct handle_table *table, handle_t handle);

/* A reference to the object, whose type (NULL: any) and granted rights (all of `access`) are
 * checked. */
status_t handle_lookup(struct handle_table *table, handle_t handle, const struct object_ops *ops,
                       uint32_t access, struct object **ret_object) _must_check_;
