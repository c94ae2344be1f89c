/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Objects that live in this process: files, threads, unnamed events ...
 *
 * `struct nt_object` is the first member of each of them. It has two ends of life, kept apart: the
 * last handle (type->close with `last`) and the last reference (type->destroy, which frees the
 * memory).
 *
 *     struct event { struct nt_object header; ... };
 *     struct event *event = calloc(1, sizeof(*event));
 *     nt_object_init(&event->header, &event_type);           (one reference, the caller's)
 *     handle_new(&event->header, access, attributes, &handle);(the handle takes its own reference)
 *     nt_object_unref(&event->header);
 *
 * What can be waited for sets `is_signaled`; both wait ops run under the dispatcher lock
 * (ntwait.h).
 */
#pragma once

#include "ntlist.h"
#include "nttypes.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct nt_object;
struct wait_thread;

struct nt_type {
    const WCHAR *name;      /* as NtQueryObject tells it: u"Event" */
    ACCESS_MASK valid;      /* what GENERIC_ALL and MAXIMUM_ALLOWED become */
    ACCESS_MASK generic[3]; /* what GENERIC_READ, _WRITE, _EXECUTE become */
    /* Dispatcher lock held. NULL: the object cannot be waited for (STATUS_OBJECT_TYPE_MISMATCH). */
    bool (*is_signaled)(struct nt_object *object, struct wait_thread *waiter);
    /* Dispatcher lock held. The wait took it; returns STATUS_WAIT_0 or STATUS_ABANDONED. NULL:
     * nothing changes (notification objects). */
    NTSTATUS (*acquire)(struct nt_object *object, struct wait_thread *waiter);
    /* Dispatcher lock held. For an object that other processes may acquire too (a port): taken
     * between is_signaled and acquire, or false; untake gives it back when another object of a
     * wait-all failed. NULL: acquire cannot fail. */
    bool (*take)(struct nt_object *object);
    void (*untake)(struct nt_object *object);
    bool acquires_for_thread; /* a mutant: only a thread can wait for it */
    /* Dispatcher lock held. NtSignalAndWaitForSingleObject's first half; NULL: not such an object.
     */
    NTSTATUS (*signal)(struct nt_object *object, ACCESS_MASK access);
    /* A handle was closed; `last` when no handle is left. No lock held. */
    void (*close)(struct nt_object *object, bool last);
    /* The last reference went: give everything back and free the memory. No lock held. NULL:
     * free(). */
    void (*destroy)(struct nt_object *object);
    /* The object waited for in its stead (a file's own event); NULL: itself. */
    struct nt_object *(*wait_object)(struct nt_object *object);
    /* Shared with another process (shared.h): makes the server's object, gives a handle of it with
     * all access. Dispatcher lock held if its state moves, else shared_lock. NULL: cannot be
     * shared. */
    NTSTATUS (*share)(struct nt_object *object, uint32_t *ret_server);
    bool moves; /* its state is the server's from then on */
    /* The object's NT name, malloc'ed, NUL-terminated, or NULL; op NULL: it has none. */
    NTSTATUS (*name_of)(struct nt_object *object, WCHAR **ret_name);
};

struct nt_object {
    const struct nt_type *type;
    atomic_uint n_refs;
    _Atomic uint32_t shared; /* the server's handle once it is shared; written once, under
                                the same lock as the share op runs under */
    unsigned n_handles;      /* handle table lock */
    struct ntlist waiters;   /* struct wait_entry; dispatcher lock */
};

/* Has its state gone to the server? Until the dispatcher lock is held a "no" may be out of date. */
static inline bool nt_object_has_moved(const struct nt_object *object)
{
    return object->type->moves && object->shared;
}

void nt_object_init(struct nt_object *object, const struct nt_type *type);
struct nt_object *nt_object_ref(struct nt_object *object);
struct nt_object *nt_object_unref(struct nt_object *object); /* NULL is fine; returns NULL */
void nt_object_unrefp(struct nt_object **object);            /* for _cleanup_nt_ */

/* Handles: 0x01000000 + index * 4. A lower value is a server handle (libs/portico). */
NTSTATUS handle_new(struct nt_object *object, ACCESS_MASK access, ULONG attributes,
                    HANDLE *ret_handle);
/* A reference to the object behind a local handle. `type` NULL: any type; `access` 0: no check.
 * STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. */
NTSTATUS handle_lookup(HANDLE handle, ACCESS_MASK access, const struct nt_type *type,
                       struct nt_object **ret_object);
/* The same, and the access that was granted to the handle. */
NTSTATUS handle_lookup_access(HANDLE handle, ACCESS_MASK access, const struct nt_type *type,
                              struct nt_object **ret_object, ACCESS_MASK *ret_granted);
NTSTATUS handle_close(HANDLE handle);
bool handle_is_local(HANDLE handle); /* pseudo-handles are not local */
ULONG handle_count(void);
/* The handle's OBJ_INHERIT and OBJ_PROTECT_CLOSE, after clearing and setting some. */
NTSTATUS handle_attributes(HANDLE handle, ULONG clear, ULONG set, ULONG *ret_attributes);
/* Generic bits and MAXIMUM_ALLOWED become the type's own. */
ACCESS_MASK access_map(const struct nt_type *type, ACCESS_MASK access);
/* Calls `each` for every handle with OBJ_INHERIT, lowest first, under the table's lock (process
 * creation). */
void handle_for_each_inherited(void (*each)(HANDLE handle, struct nt_object *object,
                                            ACCESS_MASK access, void *argument),
                               void *argument);
/* A handle of this very value, in a process that inherited it (process start, before any other
 * handle). */
NTSTATUS handle_new_at(HANDLE handle, struct nt_object *object, ACCESS_MASK access,
                       ULONG attributes);

#define HANDLE_LOCAL_FIRST 0x01000000u
#define HANDLE_LOCAL_MAX   0x00400000u /* handles; the 24 bits above are never used */
