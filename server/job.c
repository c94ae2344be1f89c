/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See job.h. DIFFERS: Windows wants nested jobs to be nested, each a part of the one before; here
 * any process may be in any jobs. */

#include "job.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "process.h"
#include "server.h"

static void listener_tell(struct job *job, uint32_t message, uint32_t process_id)
{
    struct job_told_notice notice = {
        .id = job->listener_id, .message = message, .process_id = process_id};

    if (job->listener)
        process_notify(job->listener, NOTICE_job_told, &notice.header, sizeof(notice));
}

static void listener_drop(struct job *job)
{
    if (!job->listener)
        return;
    list_remove(&job->of_listener);
    job->listener = NULL;
}

void jobs_hear_no_more(struct process *process)
{
    struct job *job, *next;

    list_for_each_safe(job, next, &process->heard_jobs, of_listener)
        listener_drop(job);
}

status_t job_listen(struct job *job, struct process *process, uint64_t id)
{
    struct membership *membership;

    if (id && job->listener)
        return STATUS_INVALID_PARAMETER;
    if (!id) {
        listener_tell(job, JOB_TOLD_NO_MORE, 0);
        listener_drop(job);
        return STATUS_SUCCESS;
    }
    job->listener = process;
    job->listener_id = id;
    list_append(&process->heard_jobs, &job->of_listener);
    list_for_each(membership, &job->members, job_link)
        listener_tell(job, JOB_TOLD_NEW_PROCESS, (uint32_t)membership->process->pid);
    return STATUS_SUCCESS;
}

static void job_destroy(struct object *object)
{
    struct job *job = job_from_object(object);

    listener_tell(job, JOB_TOLD_NO_MORE, 0);
    listener_drop(job);
}

/* The codes of exceptions and of Ctrl-C. UNKNOWN: whether Windows' list is longer than what the
 * documentation of JOBOBJECT_ASSOCIATE_COMPLETION_PORT counts as abnormal, and whether the other
 * message comes too; here one of the two comes. */
static bool exit_is_abnormal(uint32_t code)
{
    return (code >= STATUS_GUARD_PAGE_VIOLATION && code <= STATUS_SINGLE_STEP) ||
           code == STATUS_ACCESS_VIOLATION || code == STATUS_IN_PAGE_ERROR ||
           code == STATUS_ILLEGAL_INSTRUCTION || code == STATUS_NONCONTINUABLE_EXCEPTION ||
           code == STATUS_INVALID_DISPOSITION ||
           (code >= STATUS_ARRAY_BOUNDS_EXCEEDED && code <= STATUS_PRIVILEGED_INSTRUCTION) ||
           code == STATUS_STACK_OVERFLOW || code == STATUS_CONTROL_C_EXIT;
}

static void listener_tell_end(struct job *job, const struct process *process)
{
    const bool is_abnormal = process->has_exit_code && exit_is_abnormal(process->exit_code);

    if (!process->exited)
        return; /* the server ends, not the process */
    listener_tell(job, is_abnormal ? JOB_TOLD_ABNORMAL_EXIT : JOB_TOLD_EXIT,
                  (uint32_t)process->pid);
    if (!job->n_active)
        listener_tell(job, JOB_TOLD_NONE_LEFT, 0);
}

static void job_close(struct object *object, struct process *process _unused_, bool last)
{
    struct job *job = job_from_object(object);

    if (last && job->limits & JOB_LIMIT_KILL_ON_CLOSE)
        job_terminate(job, 0);
}

/* Never signalled but at the end of a time limit, which there is none of. */
static bool job_signaled(struct object *object _unused_, struct thread_id waiter _unused_)
{
    return false;
}

static void job_dump(struct object *object, char *ret_text, size_t size)
{
    struct job *job = job_from_object(object);

    snprintf(ret_text, size, "active=%u total=%u limits=%#x", job->n_active, job->n_total,
             job->limits);
}

const struct object_ops job_ops = {
    .kind = OBJECT_KIND_JOB,
    .type_name = "Job",
    .size = sizeof(struct job),
    .all_access = 0x001f003f,
    .generic_read = 0x00020004,
    .generic_write = 0x0002000b,
    .generic_execute = 0x00120000,
    .close = job_close,
    .destroy = job_destroy,
    .signaled = job_signaled,
    .dump = job_dump,
};

struct job *job_from_object(struct object *object)
{
    assert(object->ops == &job_ops);
    return CONTAINER_OF(object, struct job, object);
}

status_t job_new(struct server *server, struct user *user, struct object **ret_object)
{
    status_t status = object_new(server, user, &job_ops, ret_object);

    if (!status)
        list_init(&job_from_object(*ret_object)->members);
    return status;
}

bool job_has(const struct job *job, const struct process *process)
{
    struct membership *membership;

    list_for_each(membership, &process->jobs, process_link) {
        if (membership->job == job)
            return true;
    }
    return false;
}

status_t job_assign(struct job *job, struct process *process)
{
    struct membership *membership;
    status_t status;

    if (process->exited || process->state == PROCESS_ENDED)
        return STATUS_PROCESS_IS_TERMINATING;
    if (job_has(job, process))
        return STATUS_SUCCESS;
    membership = calloc(1, sizeof(*membership));
    if (!membership)
        return STATUS_NO_MEMORY;
    status = user_charge(&membership->charge, process->user, USER_OBJECTS, 1);
    if (status) {
        free(membership);
        return status;
    }
    object_ref(&job->object);
    membership->job = job;
    membership->process = process;
    object_ref(&process->object);
    list_append(&job->members, &membership->job_link);
    list_append(&process->jobs, &membership->process_link);
    job->n_total++;
    job->n_active++;
    listener_tell(job, JOB_TOLD_NEW_PROCESS, (uint32_t)process->pid);
    return STATUS_SUCCESS;
}

void job_terminate(struct job *job, uint32_t exit_code)
{
    struct membership *membership;

    list_for_each(membership, &job->members, job_link) {
        (void)!process_kill(membership->process, exit_code);
    }
}

status_t jobs_inherit(const struct process *parent, struct process *child, bool breaks_away)
{
    const uint32_t leaves = JOB_LIMIT_SILENT_BREAKAWAY | (breaks_away ? JOB_LIMIT_BREAKAWAY : 0);
    struct membership *membership;

    list_for_each(membership, &parent->jobs, process_link) {
        status_t status = STATUS_SUCCESS;

        if (!(membership->job->limits & leaves))
            status = breaks_away ? STATUS_ACCESS_DENIED : job_assign(membership->job, child);
        if (status)
            return status;
    }
    return STATUS_SUCCESS;
}

void jobs_leave(struct process *process)
{
    struct membership *membership, *next;

    object_ref(&process->object); /* a membership may be what kept it */
    list_for_each_safe(membership, next, &process->jobs, process_link) {
        struct job *job = membership->job;

        list_remove(&membership->job_link);
        list_remove(&membership->process_link);
        job->n_active--;
        job->user_ticks += process->last.user;
        job->system_ticks += process->last.system;
        listener_tell_end(job, process);
        charge_release(&membership->charge);
        free(membership);
        object_unref(&job->object);
        process_unref(process);
    }
    process_unref(process);
}
