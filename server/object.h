/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What every NT object of the daemon has in common.
 *
 *     object_create()                     handle_new()  ...  handle closed     last other reference
 * dropped refs 1, handles 0   ---------->  handles > 0  --------> ops->close(last)  ------------>
 * ops->destroy "last handle": the name goes, a port disconnects, waiters end with a status; "last
 * reference": memory.
 *
 * The two ends are different events: a connection keeps its port referenced after its last handle
 * has gone. A named object that is not permanent loses its name with its last handle.
 *
 * To add a type: a file with its struct (struct object first), its ops, its creation; a value in
 * enum object_kind.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/list.h"
#include "name.h"
#include "portico/protocol.h"
#include "portico/status.h"
#include "user.h"

struct descriptor;
struct object;
struct process;
struct server;
struct thread_id;

/* Access rights that mean the same for every type. */
#define ACCESS_DELETE        0x00010000u
#define ACCESS_READ_CONTROL  0x00020000u
#define ACCESS_SYNCHRONIZE   0x00100000u
#define ACCESS_STANDARD_READ 0x00020000u
#define ACCESS_MAXIMUM       0x02000000u
#define GENERIC_ALL_BIT      0x10000000u
#define GENERIC_EXECUTE_BIT  0x20000000u
#define GENERIC_WRITE_BIT    0x40000000u
#define GENERIC_READ_BIT     0x80000000u

/* Who waits or acquires: a thread of a process. */
struct thread_id {
    struct process *process;
    uint32_t id;
};

struct object_ops {
    enum object_kind kind;
    const char *type_name; /* as NtQueryObject gives it */
    size_t size;
    uint32_t all_access; /* valid rights; also what GENERIC_ALL means */
    uint32_t generic_read, generic_write, generic_execute;

    /* All may be NULL. */
    void (*close)(struct object *object, struct process *process, bool last);
    void (*destroy)(struct object *object);
    /* Waiting (wait.h). No `signaled`: the type cannot be waited for. */
    bool (*signaled)(struct object *object, struct thread_id thread);
    /* Takes it; true: it was abandoned. */
    bool (*acquire)(struct object *object, struct thread_id thread);
    /* NtSignalAndWaitForSingleObject. */
    status_t (*signal)(struct object *object, struct thread_id thread, uint32_t access);
    /* Details for portctl, one line without newline. */
    void (*dump)(struct object *object, char *ret_text, size_t size);
};

struct object {
    const struct object_ops *ops;
    struct server *server;
    struct list link;    /* of server->objects */
    struct list waiters; /* struct wait_entry, oldest first */
    uint64_t id;
    uint32_t refs;
    uint32_t n_handles;
    bool permanent;

    /* Name; directory is NULL when it has none (any more). */
    struct directory *directory; /* reference */
    struct object *next_in_bucket;
    uint16_t *name_chars;
    uint32_t name_length;

    struct descriptor *descriptor; /* NULL: the default (descriptor.h) */
    struct charge charge;
};

/* refs 1, no name, no handle; zeroed beyond `object`. user NULL: the daemon's own. */
status_t object_new(struct server *server, struct user *user, const struct object_ops *ops,
                    struct object **ret_object) _must_check_;

struct object *object_ref(struct object *object);
struct object *object_unref(struct object *object); /* NULL */
DEFINE_CLEANUP(struct object *, object_unref)

/* Its name does not go with its last handle, or does (at once, when that has gone). Permanent
 * objects hold a reference to themselves; without a name an object is neither. */
void object_make_permanent(struct object *object);
void object_make_temporary(struct object *object);

/* A name that was there from the start (namespace.c). It is everybody's: nobody makes it temporary
 * or changes who may use it. */
bool object_is_initial_name(const struct object *object);

/* Called by the handle table, once per handle. */
void object_handle_opened(struct object *object);
void object_handle_closed(struct object *object, struct process *process);

struct name object_name(const struct object *object);
/* Full path into `ret_chars` (capacity in chars): its length, 0 when unnamed or too long. */
uint32_t object_path(const struct object *object, uint16_t *ret_chars, uint32_t capacity);

/* Maps generic rights and checks the rest: STATUS_ACCESS_DENIED for rights that the type has not.
 */
status_t object_access(const struct object_ops *ops, uint32_t wanted,
                       uint32_t *ret_access) _must_check_;

/* Defines `struct type *type_from_object(struct object *)`, which asserts the type. */
#define DEFINE_OBJECT_CAST(type, type_ops)                               \
    static inline struct type *type##_from_object(struct object *object) \
    {                                                                    \
        assert(object->ops == &(type_ops));                              \
        return CONTAINER_OF(object, struct type, object);                \
    }
