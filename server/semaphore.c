/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See semaphore.h. Counts are NT LONGs: values above INT32_MAX are negative ones and refused. */

#include "semaphore.h"

#include <assert.h>
#include <stdio.h>

#include "wait.h"

#define SEMAPHORE_MODIFY_STATE 2u

static bool semaphore_signaled(struct object *object, struct thread_id thread _unused_)
{
    return semaphore_from_object(object)->count > 0;
}

static bool semaphore_acquire(struct object *object, struct thread_id thread _unused_)
{
    semaphore_from_object(object)->count--;
    return false;
}

static status_t semaphore_signal(struct object *object, struct thread_id thread _unused_,
                                 uint32_t access)
{
    uint32_t previous;

    if (!(access & SEMAPHORE_MODIFY_STATE))
        return STATUS_ACCESS_DENIED;
    return semaphore_release(semaphore_from_object(object), 1, &previous);
}

static void semaphore_dump(struct object *object, char *ret_text, size_t size)
{
    struct semaphore *semaphore = semaphore_from_object(object);

    snprintf(ret_text, size, "count=%u maximum=%u", semaphore->count, semaphore->maximum);
}

const struct object_ops semaphore_ops = {
    .kind = OBJECT_KIND_SEMAPHORE,
    .type_name = "Semaphore",
    .size = sizeof(struct semaphore),
    .all_access = 0x001f0003,
    .generic_read = 0x00020001,
    .generic_write = 0x00020002,
    .generic_execute = 0x00120000,
    .signaled = semaphore_signaled,
    .acquire = semaphore_acquire,
    .signal = semaphore_signal,
    .dump = semaphore_dump,
};

struct semaphore *semaphore_from_object(struct object *object)
{
    assert(object->ops == &semaphore_ops);
    return CONTAINER_OF(object, struct semaphore, object);
}

status_t semaphore_new(struct server *server, struct user *user, uint32_t count, uint32_t maximum,
                       struct object **ret_object)
{
    struct object *object;
    status_t status;

    if (maximum == 0 || maximum > INT32_MAX || count > maximum)
        return STATUS_INVALID_PARAMETER;
    status = object_new(server, user, &semaphore_ops, &object);
    if (status)
        return status;
    semaphore_from_object(object)->count = count;
    semaphore_from_object(object)->maximum = maximum;
    *ret_object = object;
    return STATUS_SUCCESS;
}

status_t semaphore_release(struct semaphore *semaphore, uint32_t count, uint32_t *ret_previous)
{
    if (count == 0 || count > INT32_MAX)
        return STATUS_INVALID_PARAMETER;
    if (count > semaphore->maximum - semaphore->count)
        return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    *ret_previous = semaphore->count;
    semaphore->count += count;
    object_wake(&semaphore->object);
    return STATUS_SUCCESS;
}
