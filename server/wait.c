/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See wait.h. */

#include "wait.h"

#include <assert.h>
#include <stdlib.h>

#include "process.h"
#include "server.h"

struct wait_entry {
    struct list link; /* of object->waiters */
    struct waiter *waiter;
    struct object *object; /* reference */
};

struct waiter {
    struct parked parked; /* of a thread's wait */
    /* Of a standing wait: */
    struct process *standing; /* NULL: a thread's */
    struct list link;         /* of standing->waits */
    uint64_t id;
    struct charge charge;

    struct thread_id thread;
    enum wait_mode mode;
    uint32_t n_entries;
    struct wait_entry entries[];
};

/* STATUS_PENDING: not yet. Else the objects have been acquired. */
static status_t acquire_any(struct object **objects, uint32_t n, struct thread_id thread,
                            uint32_t *ret_index)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct object_ops *ops = objects[i]->ops;

        if (!ops->signaled(objects[i], thread))
            continue;
        *ret_index = i;
        return ops->acquire && ops->acquire(objects[i], thread) ? STATUS_ABANDONED_WAIT_0
                                                                : STATUS_SUCCESS;
    }
    return STATUS_PENDING;
}

static status_t acquire_all(struct object **objects, uint32_t n, struct thread_id thread,
                            bool looks_only, uint32_t *ret_index)
{
    status_t status = STATUS_SUCCESS;

    for (uint32_t i = 0; i < n; i++) {
        if (!objects[i]->ops->signaled(objects[i], thread))
            return STATUS_PENDING;
    }
    *ret_index = 0;
    for (uint32_t i = 0; i < n && !looks_only; i++) {
        const struct object_ops *ops = objects[i]->ops;

        if (ops->acquire && ops->acquire(objects[i], thread))
            status = STATUS_ABANDONED_WAIT_0;
    }
    return status;
}

static status_t acquire(struct object **objects, uint32_t n, struct thread_id thread,
                        enum wait_mode mode, uint32_t *ret_index)
{
    return mode == WAIT_MODE_ANY
               ? acquire_any(objects, n, thread, ret_index)
               : acquire_all(objects, n, thread, mode == WAIT_MODE_LOOK, ret_index);
}

static void waiter_tell(struct waiter *waiter, status_t status, uint32_t index)
{
    struct wait_reply reply = {.index = index};
    struct wait_met_notice notice = {.wait_id = waiter->id};

    if (!waiter->standing)
        parked_finish(&waiter->parked, status, &reply.header, sizeof(reply), NULL);
    else
        process_notify(waiter->standing, NOTICE_wait_met, &notice.header, sizeof(notice));
}

static void waiter_free(struct waiter *waiter)
{
    for (uint32_t i = 0; i < waiter->n_entries; i++)
        object_unref(waiter->entries[i].object);
    if (waiter->standing)
        list_remove(&waiter->link);
    charge_release(&waiter->charge);
    free(waiter);
}

static void waiter_end(struct waiter *waiter, status_t status, uint32_t index)
{
    for (uint32_t i = 0; i < waiter->n_entries; i++)
        list_remove(&waiter->entries[i].link);
    waiter_tell(waiter, status, index);
    waiter_free(waiter);
}

static void waiter_cancel(struct parked *parked, status_t why)
{
    waiter_end(CONTAINER_OF(parked, struct waiter, parked), why, 0); /* (B), (C), (D) */
}

static bool waiter_try(struct waiter *waiter)
{
    struct object *objects[WAIT_HANDLES_MAX];
    uint32_t index = 0;
    status_t status;

    for (uint32_t i = 0; i < waiter->n_entries; i++)
        objects[i] = waiter->entries[i].object;
    status = acquire(objects, waiter->n_entries, waiter->thread, waiter->mode, &index);
    if (status == STATUS_PENDING)
        return false;
    waiter_end(waiter, status, index); /* (A) */
    return true;
}

void object_wake(struct object *object)
{
    struct wait_entry *entry;
    bool again = true;

    object_ref(object);
    /* A satisfied waiter leaves several lists: start over. Each round ends one waiter, so it ends.
     */
    while (again) {
        again = false;
        list_for_each(entry, &object->waiters, link) {
            if (waiter_try(entry->waiter)) {
                again = true;
                break;
            }
        }
    }
    object_unref(object);
}

static void waiter_link(struct waiter *waiter, struct object **objects, uint32_t n_objects)
{
    waiter->n_entries = n_objects;
    for (uint32_t i = 0; i < n_objects; i++) {
        struct wait_entry *entry = &waiter->entries[i];
        entry->waiter = waiter;
        entry->object = object_ref(objects[i]);
        list_append(&objects[i]->waiters, &entry->link);
    }
}

status_t objects_wait(struct client *client, struct object **objects, uint32_t n_objects,
                      enum wait_mode mode, int64_t timeout_ns, uint32_t *ret_index)
{
    struct thread_id thread = {client->process, client->thread_id};
    struct waiter *waiter;
    status_t status;

    assert(n_objects && n_objects <= WAIT_HANDLES_MAX);
    status = acquire(objects, n_objects, thread, mode, ret_index);
    if (status != STATUS_PENDING)
        return status;
    if (timeout_ns == 0)
        return STATUS_TIMEOUT;
    waiter = calloc(1, sizeof(*waiter) + n_objects * sizeof(waiter->entries[0]));
    if (!waiter)
        return STATUS_NO_MEMORY;
    status = client_park(client, &waiter->parked, timeout_ns, waiter_cancel);
    if (status) {
        free(waiter);
        return status;
    }
    waiter->thread = thread;
    waiter->mode = mode;
    waiter_link(waiter, objects, n_objects);
    return STATUS_PENDING;
}

status_t standing_wait_begin(struct process *process, struct object *object, uint64_t *ret_id,
                             bool *ret_signaled)
{
    struct thread_id nobody = {process, 0};
    struct waiter *waiter;
    status_t status;
    uint32_t index;

    *ret_id = 0;
    *ret_signaled = acquire_any(&object, 1, nobody, &index) != STATUS_PENDING;
    if (*ret_signaled)
        return STATUS_SUCCESS;
    waiter = calloc(1, sizeof(*waiter) + sizeof(waiter->entries[0]));
    if (!waiter)
        return STATUS_NO_MEMORY;
    status = user_charge(&waiter->charge, process->user, USER_OBJECTS, 1);
    if (status) {
        free(waiter);
        return status;
    }
    waiter->standing = process;
    waiter->thread = nobody;
    waiter->mode = WAIT_MODE_ANY;
    waiter->id = ++object->server->last_wait_id;
    list_append(&process->waits, &waiter->link);
    waiter_link(waiter, &object, 1);
    *ret_id = waiter->id;
    return STATUS_SUCCESS;
}

static void standing_wait_drop(struct waiter *waiter)
{
    list_remove(&waiter->entries[0].link);
    waiter_free(waiter);
}

status_t standing_wait_end(struct process *process, uint64_t id)
{
    struct waiter *waiter;

    list_for_each(waiter, &process->waits, link) {
        if (waiter->id == id) {
            standing_wait_drop(waiter);
            return STATUS_SUCCESS;
        }
    }
    return STATUS_NOT_FOUND;
}

void standing_waits_drop(struct process *process)
{
    struct waiter *waiter, *next;

    list_for_each_safe(waiter, next, &process->waits, link)
        standing_wait_drop(waiter);
}
