/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See handle.h. The table doubles; a first-free hint makes the lowest free index cheap to find in
 * the usual case. */

#include "handle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define HANDLES_MAX (HANDLE_LOCAL_BASE / 4 - 1)

void handle_table_init(struct handle_table *table, struct server *server, struct process *process,
                       struct user *user)
{
    *table = (struct handle_table){.server = server, .process = process, .user = user};
}

static void entry_close(struct handle_table *table, uint32_t index)
{
    struct object *object = table->entries[index].object;

    table->entries[index] = (struct handle_entry){0};
    table->n_used--;
    table->server->n_handles--;
    table->user->held[USER_HANDLES]--;
    if (index < table->first_free)
        table->first_free = index;
    object_handle_closed(object, table->process);
}

void handle_table_deinit(struct handle_table *table)
{
    for (uint32_t i = 0; i < table->n_entries; i++) {
        if (table->entries[i].object)
            entry_close(table, i);
    }
    assert(table->n_used == 0);
    free(table->entries);
    table->entries = NULL;
    table->n_entries = table->first_free = 0;
}

static status_t table_grow(struct handle_table *table, uint32_t n_wanted)
{
    uint32_t n = table->n_entries ? table->n_entries : 16;
    struct handle_entry *entries;

    if (n_wanted > HANDLES_MAX)
        return STATUS_INSUFFICIENT_RESOURCES;
    while (n < n_wanted)
        n *= 2;
    if (n <= table->n_entries)
        return STATUS_SUCCESS;
    entries = reallocarray(table->entries, n, sizeof(*entries));
    if (!entries)
        return STATUS_NO_MEMORY;
    memset(entries + table->n_entries, 0, (n - table->n_entries) * sizeof(*entries));
    table->entries = entries;
    table->n_entries = n;
    return STATUS_SUCCESS;
}

/* Fills a free entry; the user's count of handles stands in `held` directly, not in a charge per
 * entry. */
static status_t entry_fill(struct handle_table *table, uint32_t index, struct object *object,
                           uint32_t access, uint32_t attributes)
{
    struct user *user = table->user;

    if (user->held[USER_HANDLES] >= user->users->limit[USER_HANDLES])
        return STATUS_QUOTA_EXCEEDED;
    user->held[USER_HANDLES]++;
    table->entries[index] =
        (struct handle_entry){.object = object, .access = access, .attributes = attributes};
    table->n_used++;
    table->server->n_handles++;
    object_handle_opened(object);
    return STATUS_SUCCESS;
}

status_t handle_new(struct handle_table *table, struct object *object, uint32_t access,
                    uint32_t attributes, handle_t *ret_handle)
{
    uint32_t index = table->first_free;
    status_t status;

    while (index < table->n_entries && table->entries[index].object)
        index++;
    status = table_grow(table, index + 1);
    if (!status)
        status = entry_fill(table, index, object, access, attributes);
    if (status)
        return status;
    table->first_free = index + 1;
    *ret_handle = (index + 1) << 2;
    return STATUS_SUCCESS;
}

status_t handle_new_at(struct handle_table *table, handle_t handle,
                       const struct handle_entry *entry)
{
    uint32_t index = (handle >> 2) - 1;
    status_t status;

    if (!handle || (handle & 3) || index >= HANDLES_MAX)
        return STATUS_INVALID_HANDLE;
    status = table_grow(table, index + 1);
    if (status)
        return status;
    if (table->entries[index].object)
        return STATUS_OBJECT_NAME_COLLISION;
    return entry_fill(table, index, entry->object, entry->access, entry->attributes);
}

struct handle_entry *handle_get(struct handle_table *table, handle_t handle)
{
    uint32_t index = (handle >> 2) - 1;

    /* The two low bits are the program's to use, as on NT. */
    if (handle < 4 || index >= table->n_entries || !table->entries[index].object)
        return NULL;
    return &table->entries[index];
}

status_t handle_close(struct handle_table *table, handle_t handle)
{
    struct handle_entry *entry = handle_get(table, handle);

    if (!entry)
        return STATUS_INVALID_HANDLE;
    if (entry->attributes & HANDLE_ATTRIBUTE_PROTECT_CLOSE)
        return STATUS_HANDLE_NOT_CLOSABLE;
    entry_close(table, (uint32_t)(entry - table->entries));
    return STATUS_SUCCESS;
}

status_t handle_lookup(struct handle_table *table, handle_t handle, const struct object_ops *ops,
                       uint32_t access, struct object **ret_object)
{
    struct handle_entry *entry = handle_get(table, handle);

    if (!entry)
        return STATUS_INVALID_HANDLE;
    if (ops && entry->object->ops != ops)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if ((entry->access & access) != access)
        return STATUS_ACCESS_DENIED;
    *ret_object = object_ref(entry->object);
    return STATUS_SUCCESS;
}
