/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See mutant.h. A mutant that is owned is kept alive by its object's references only: one that is
 * destroyed while owned (its last handle closed) just leaves its owner's list. */

#include "mutant.h"

#include <assert.h>
#include <stdio.h>

#include "process.h"
#include "wait.h"

static bool is_owner(const struct mutant *mutant, struct thread_id thread)
{
    return mutant->owner.process == thread.process && mutant->owner.id == thread.id;
}

static bool mutant_signaled(struct object *object, struct thread_id thread)
{
    struct mutant *mutant = mutant_from_object(object);

    return !mutant->owner.process || (is_owner(mutant, thread) && mutant->recursion < INT32_MAX);
}

static void mutant_own(struct mutant *mutant, struct thread_id thread, uint32_t recursion)
{
    mutant->owner = thread;
    mutant->recursion = recursion;
    list_append(&thread.process->mutants, &mutant->link);
}

static void mutant_free(struct mutant *mutant)
{
    mutant->owner = (struct thread_id){0};
    mutant->recursion = 0;
    list_remove(&mutant->link);
}

static bool mutant_acquire(struct object *object, struct thread_id thread)
{
    struct mutant *mutant = mutant_from_object(object);
    bool abandoned = mutant->abandoned;

    if (mutant->owner.process)
        mutant->recursion++;
    else
        mutant_own(mutant, thread, 1);
    mutant->abandoned = false;
    return abandoned;
}

static status_t mutant_signal(struct object *object, struct thread_id thread,
                              uint32_t access _unused_)
{
    int32_t previous;

    return mutant_release(mutant_from_object(object), thread, &previous);
}

static void mutant_destroy(struct object *object)
{
    struct mutant *mutant = mutant_from_object(object);

    if (mutant->owner.process)
        mutant_free(mutant);
}

static void mutant_dump(struct object *object, char *ret_text, size_t size)
{
    struct mutant *mutant = mutant_from_object(object);

    snprintf(ret_text, size, "owner=%d.%u recursion=%u abandoned=%d",
             mutant->owner.process ? (int)mutant->owner.process->pid : 0, mutant->owner.id,
             mutant->recursion, mutant->abandoned);
}

const struct object_ops mutant_ops = {
    .kind = OBJECT_KIND_MUTANT,
    .type_name = "Mutant",
    .size = sizeof(struct mutant),
    .all_access = 0x001f0001,
    .generic_read = 0x00020001,
    .generic_write = 0x00020000,
    .generic_execute = 0x00120000,
    .destroy = mutant_destroy,
    .signaled = mutant_signaled,
    .acquire = mutant_acquire,
    .signal = mutant_signal,
    .dump = mutant_dump,
};

struct mutant *mutant_from_object(struct object *object)
{
    assert(object->ops == &mutant_ops);
    return CONTAINER_OF(object, struct mutant, object);
}

status_t mutant_new(struct server *server, struct user *user, struct thread_id owner,
                    uint32_t recursion, bool abandoned, struct object **ret_object)
{
    struct object *object;
    status_t status;

    if (recursion > INT32_MAX)
        return STATUS_INVALID_PARAMETER;
    status = object_new(server, user, &mutant_ops, &object);
    if (status)
        return status;
    struct mutant *mutant = mutant_from_object(object);
    list_init(&mutant->link);
    mutant->abandoned = abandoned;
    if (recursion)
        mutant_own(mutant, owner, recursion);
    *ret_object = object;
    return STATUS_SUCCESS;
}

int32_t mutant_count(const struct mutant *mutant)
{
    return 1 - (int32_t)mutant->recursion;
}

status_t mutant_release(struct mutant *mutant, struct thread_id thread, int32_t *ret_previous)
{
    if (!mutant->owner.process || !is_owner(mutant, thread))
        return STATUS_MUTANT_NOT_OWNED;
    *ret_previous = mutant_count(mutant);
    if (--mutant->recursion)
        return STATUS_SUCCESS;
    mutant_free(mutant);
    object_wake(&mutant->object);
    return STATUS_SUCCESS;
}

static struct mutant *mutant_owned(struct process *process, uint32_t thread_id)
{
    struct mutant *mutant;

    list_for_each(mutant, &process->mutants, link) {
        if (!thread_id || mutant->owner.id == thread_id)
            return mutant;
    }
    return NULL;
}

void mutants_abandon(struct process *process, uint32_t thread_id)
{
    struct mutant *mutant;

    /* Each round frees one; a waiter that gets it is another thread. */
    while ((mutant = mutant_owned(process, thread_id))) {
        mutant_free(mutant);
        mutant->abandoned = true;
        object_wake(&mutant->object);
    }
}
