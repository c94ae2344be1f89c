/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The handle table of this process's own objects.
 *
 * A handle is 0x01000000 + index * 4; its two low bits are ignored, as NT does. An entry holds the
 * object, the access that was granted and the two attributes of a handle (inherit, protect from
 * close). A free entry links to the next free one; the lowest freed is not preferred, the last
 * freed is (a use after close is seen soonest when the value comes back soon, and tests of NT
 * expect the value to come back).
 *
 * One lock, a leaf: no object's op runs under it.
 */
#include "ntobject.h"
#include "ntprocess.h"
#include "shared.h"
#include "token.h"
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

struct handle_entry {
    struct nt_object *object; /* NULL: free */
    ACCESS_MASK access;
    uint32_t attributes; /* OBJ_INHERIT, OBJ_PROTECT_CLOSE; the next free index while free */
};

static struct {
    pthread_mutex_t lock;
    struct handle_entry *entries;
    uint32_t n_used, n_allocated, n_open;
    uint32_t first_free; /* index + 1; 0: none */
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

void nt_object_init(struct nt_object *object, const struct nt_type *type)
{
    object->type = type;
    atomic_init(&object->n_refs, 1);
    atomic_init(&object->shared, 0);
    object->n_handles = 0;
    ntlist_init(&object->waiters);
}

struct nt_object *nt_object_ref(struct nt_object *object)
{
    atomic_fetch_add_explicit(&object->n_refs, 1, memory_order_relaxed);
    return object;
}

struct nt_object *nt_object_unref(struct nt_object *object)
{
    /* Release: what this thread did with the object happens before its destruction; the acquire
     * half is for the thread that destroys. */
    if (object && atomic_fetch_sub_explicit(&object->n_refs, 1, memory_order_acq_rel) == 1) {
        assert(ntlist_is_empty(&object->waiters));
        if (object->shared)
            object_unshare(object);
        if (object->type->destroy)
            object->type->destroy(object);
        else
            free(object);
    }
    return NULL;
}

void nt_object_unrefp(struct nt_object **object)
{
    *object = nt_object_unref(*object);
}

bool handle_is_local(HANDLE handle)
{
    uintptr_t value = (uintptr_t)handle;

    return value >= HANDLE_LOCAL_FIRST && value < HANDLE_LOCAL_FIRST + 4u * HANDLE_LOCAL_MAX;
}

ACCESS_MASK access_map(const struct nt_type *type, ACCESS_MASK access)
{
    ACCESS_MASK mapped = access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL |
                                    MAXIMUM_ALLOWED | ACCESS_SYSTEM_SECURITY);

    mapped |= access & GENERIC_READ ? type->generic[0] : 0;
    mapped |= access & GENERIC_WRITE ? type->generic[1] : 0;
    mapped |= access & GENERIC_EXECUTE ? type->generic[2] : 0;
    mapped |= access & (GENERIC_ALL | MAXIMUM_ALLOWED) ? type->valid : 0;
    return mapped;
}

/* Makes room for index `index`; table lock held. */
static bool table_grow_locked(uint32_t index)
{
    uint32_t n = table.n_allocated ? table.n_allocated : 64;
    struct handle_entry *entries;

    if (index < table.n_allocated)
        return true;
    if (index >= HANDLE_LOCAL_MAX)
        return false;
    while (n <= index)
        n *= 2;
    entries = realloc(table.entries, n * sizeof(*entries));
    if (!entries)
        return false;
    table.entries = entries;
    table.n_allocated = n;
    return true;
}

static HANDLE entry_fill_locked(uint32_t index, struct nt_object *object, ACCESS_MASK access,
                                ULONG attributes)
{
    table.entries[index] = (struct handle_entry){nt_object_ref(object), access,
                                                 attributes & (OBJ_INHERIT | OBJ_PROTECT_CLOSE)};
    object->n_handles++;
    table.n_open++;
    return (HANDLE)(uintptr_t)(HANDLE_LOCAL_FIRST + 4 * index);
}

NTSTATUS handle_new(struct nt_object *object, ACCESS_MASK access, ULONG attributes,
                    HANDLE *ret_handle)
{
    NTSTATUS status = STATUS_SUCCESS;
    uint32_t index;

    access = access_map(object->type, access);
    pthread_mutex_lock(&table.lock);
    if (table.first_free) {
        index = table.first_free - 1;
        table.first_free = table.entries[index].attributes;
        *ret_handle = entry_fill_locked(index, object, access, attributes);
    } else if (table_grow_locked(table.n_used)) {
        *ret_handle = entry_fill_locked(table.n_used++, object, access, attributes);
    } else {
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    pthread_mutex_unlock(&table.lock);
    return status;
}

/* Takes the index out of the free list; table lock held. */
static bool free_list_take_locked(uint32_t index)
{
    for (uint32_t *link = &table.first_free; *link; link = &table.entries[*link - 1].attributes)
        if (*link == index + 1) {
            *link = table.entries[index].attributes;
            return true;
        }
    return false;
}

NTSTATUS handle_new_at(HANDLE handle, struct nt_object *object, ACCESS_MASK access,
                       ULONG attributes)
{
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;
    uint32_t index = (uint32_t)((uintptr_t)handle - HANDLE_LOCAL_FIRST) / 4;

    if (!handle_is_local(handle))
        return STATUS_INVALID_HANDLE;
    pthread_mutex_lock(&table.lock);
    if (table_grow_locked(index)) {
        while (table.n_used <= index) {
            table.entries[table.n_used] = (struct handle_entry){NULL, 0, table.first_free};
            table.first_free = ++table.n_used;
        }
        status = STATUS_INVALID_HANDLE;
        if (free_list_take_locked(index)) {
            entry_fill_locked(index, object, access_map(object->type, access), attributes);
            status = STATUS_SUCCESS;
        }
    }
    pthread_mutex_unlock(&table.lock);
    return status;
}

/* The entry of an open handle, or NULL; table lock held. */
static struct handle_entry *entry_locked(HANDLE handle)
{
    uint32_t index = (uint32_t)((uintptr_t)handle - HANDLE_LOCAL_FIRST) / 4;

    if (!handle_is_local(handle) || index >= table.n_used || !table.entries[index].object)
        return NULL;
    return &table.entries[index];
}

/* -1 process, -2 thread, -4 -5 -6 tokens: a reference with full access, or NULL. */
static struct nt_object *pseudo_lookup(HANDLE handle)
{
    struct nt_object *object = NULL;

    switch ((intptr_t)handle) {
    case -1:
        object = process_object_current ? process_object_current() : NULL;
        break;
    case -2:
        object = thread_object_current ? thread_object_current() : NULL;
        break;
    case -4:
    case -6:
        object = token_object_current();
        break;
    default:
        break;
    }
    return object ? nt_object_ref(object) : NULL;
}

NTSTATUS handle_lookup_access(HANDLE handle, ACCESS_MASK access, const struct nt_type *type,
                              struct nt_object **ret_object, ACCESS_MASK *ret_granted)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    struct handle_entry *entry;
    ACCESS_MASK granted = 0;

    object = pseudo_lookup(handle);
    if (object) {
        granted = object->type->valid;
    } else {
        pthread_mutex_lock(&table.lock);
        entry = entry_locked(handle);
        if (entry) {
            object = nt_object_ref(entry->object);
            granted = entry->access;
        }
        pthread_mutex_unlock(&table.lock);
    }
    if (!object)
        return STATUS_INVALID_HANDLE;
    if (type && object->type != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (access & ~granted)
        return STATUS_ACCESS_DENIED;
    *ret_granted = granted;
    *ret_object = object;
    object = NULL;
    return STATUS_SUCCESS;
}

NTSTATUS handle_lookup(HANDLE handle, ACCESS_MASK access, const struct nt_type *type,
                       struct nt_object **ret_object)
{
    ACCESS_MASK granted;

    return handle_lookup_access(handle, access, type, ret_object, &granted);
}

NTSTATUS handle_close(HANDLE handle)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    NTSTATUS status = STATUS_SUCCESS;
    struct handle_entry *entry;
    bool last = false;

    pthread_mutex_lock(&table.lock);
    entry = entry_locked(handle);
    if (!entry) {
        status = STATUS_INVALID_HANDLE;
    } else if (entry->attributes & OBJ_PROTECT_CLOSE) {
        status = STATUS_HANDLE_NOT_CLOSABLE;
    } else {
        object = entry->object;
        last = !--object->n_handles;
        *entry = (struct handle_entry){NULL, 0, table.first_free};
        table.first_free = (uint32_t)(entry - table.entries) + 1;
        table.n_open--;
    }
    pthread_mutex_unlock(&table.lock);
    if (object && object->type->close)
        object->type->close(object, last);
    return status;
}

NTSTATUS handle_attributes(HANDLE handle, ULONG clear, ULONG set, ULONG *ret_attributes)
{
    NTSTATUS status = STATUS_INVALID_HANDLE;
    struct handle_entry *entry;

    pthread_mutex_lock(&table.lock);
    entry = entry_locked(handle);
    if (entry) {
        entry->attributes = (entry->attributes & ~clear) | set;
        *ret_attributes = entry->attributes;
        status = STATUS_SUCCESS;
    }
    pthread_mutex_unlock(&table.lock);
    return status;
}

ULONG handle_count(void)
{
    ULONG n;

    pthread_mutex_lock(&table.lock);
    n = table.n_open;
    pthread_mutex_unlock(&table.lock);
    return n;
}

void handle_for_each_inherited(void (*each)(HANDLE handle, struct nt_object *object,
                                            ACCESS_MASK access, void *argument),
                               void *argument)
{
    pthread_mutex_lock(&table.lock);
    for (uint32_t i = 0; i < table.n_used; i++) {
        struct handle_entry *entry = &table.entries[i];

        if (entry->object && (entry->attributes & OBJ_INHERIT))
            each((HANDLE)(uintptr_t)(HANDLE_LOCAL_FIRST + 4 * i), entry->object, entry->access,
                 argument);
    }
    pthread_mutex_unlock(&table.lock);
}
