/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See thread.h. */

#include "thread.h"

#include <assert.h>
#include <stdio.h>

#include "process.h"
#include "server.h"
#include "wait.h"

static bool thread_signaled(struct object *object, struct thread_id waiter _unused_)
{
    return thread_from_object(object)->ended;
}

static void thread_destroy(struct object *object)
{
    struct thread *thread = thread_from_object(object);

    list_remove(&thread->link);
    process_unref(thread->process);
}

static void thread_dump(struct object *object, char *ret_text, size_t size)
{
    struct thread *thread = thread_from_object(object);

    snprintf(ret_text, size, "pid=%d tid=%u ended=%d", (int)thread->process->pid, thread->id,
             thread->ended);
}

const struct object_ops thread_ops = {
    .kind = OBJECT_KIND_THREAD,
    .type_name = "Thread",
    .size = sizeof(struct thread),
    .all_access = 0x001fffff,
    .generic_read = 0x00020048,
    .generic_write = 0x00020037,
    .generic_execute = 0x00121800,
    .destroy = thread_destroy,
    .signaled = thread_signaled,
    .dump = thread_dump,
};

struct thread *thread_from_object(struct object *object)
{
    assert(object->ops == &thread_ops);
    return CONTAINER_OF(object, struct thread, object);
}

static struct thread *thread_find(struct process *process, uint32_t id)
{
    struct thread *thread;

    list_for_each(thread, &process->threads, link) {
        if (!id || thread->id == id)
            return thread;
    }
    return NULL;
}

status_t thread_get(struct process *process, struct user *user, uint32_t id,
                    struct object **ret_object)
{
    struct thread *thread = thread_find(process, id);
    struct object *object;
    status_t status;

    if (!id || process->state == PROCESS_ENDED)
        return STATUS_INVALID_CID;
    if (thread) {
        *ret_object = object_ref(&thread->object);
        return STATUS_SUCCESS;
    }
    status = object_new(process->object.server, user, &thread_ops, &object);
    if (status)
        return status;
    thread = thread_from_object(object);
    object_ref(&process->object);
    thread->process = process;
    thread->id = id;
    list_append(&process->threads, &thread->link);
    *ret_object = object;
    return STATUS_SUCCESS;
}

void thread_set_exit_code(struct process *process, uint32_t id, uint32_t exit_code)
{
    struct thread *thread = id ? thread_find(process, id) : NULL;

    if (!thread)
        return;
    thread->exit_code = exit_code;
    thread->has_exit_code = true;
}

void threads_end(struct process *process, uint32_t id)
{
    struct thread *thread;

    while ((thread = thread_find(process, id))) {
        list_remove(&thread->link);
        thread->ended = true;
        object_wake(&thread->object);
    }
}
