/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about jobs: unpack, call, pack. */

#include <stdlib.h>

#include "create.h"
#include "handlers.h"
#include "job.h"
#include "process.h"
#include "server.h"

#define IDS_MAX 4096u

static status_t job_lookup(struct client *client, handle_t handle, uint32_t access,
                           struct object **ret_object)
{
    return handle_lookup(&client->process->handles, handle, &job_ops, access, ret_object);
}

status_t req_job_create(struct client *client, const struct job_create_request *request,
                        struct request_data *data, struct job_create_reply *ret_reply,
                        struct reply_extra *extra _unused_)
{
    struct creation creation;
    status_t status = creation_begin(client, data, &job_ops, &creation);

    if (status == STATUS_SUCCESS)
        status = job_new(client->server, client->user, &creation.object);
    return creation_end(client, data, status, request->access, &creation, &ret_reply->handle);
}

status_t req_job_assign(struct client *client, const struct job_assign_request *request,
                        struct request_data *data _unused_,
                        struct job_assign_reply *ret_reply _unused_,
                        struct reply_extra *extra _unused_)
{
    _cleanup_(process_unrefp) struct process *process = NULL;
    _cleanup_(object_unrefp) struct object *job = NULL;
    status_t status = job_lookup(client, request->job, JOB_ASSIGN_PROCESS, &job);

    if (!status)
        status = process_lookup(client, request->process, PROCESS_SET_QUOTA | PROCESS_TERMINATE,
                                &process);
    return status ? status : job_assign(job_from_object(job), process);
}

status_t req_job_terminate(struct client *client, const struct job_terminate_request *request,
                           struct request_data *data _unused_,
                           struct job_terminate_reply *ret_reply _unused_,
                           struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *job = NULL;
    status_t status = job_lookup(client, request->job, JOB_TERMINATE, &job);

    if (!status)
        job_terminate(job_from_object(job), request->exit_code);
    return status;
}

status_t req_job_limit(struct client *client, const struct job_limit_request *request,
                       struct request_data *data _unused_,
                       struct job_limit_reply *ret_reply _unused_,
                       struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *job = NULL;
    status_t status = job_lookup(client, request->job, JOB_SET, &job);

    if (status)
        return status;
    if (request->limits & ~JOB_LIMITS_KNOWN)
        return STATUS_INVALID_PARAMETER;
    job_from_object(job)->limits = request->limits;
    return STATUS_SUCCESS;
}

status_t req_job_listen(struct client *client, const struct job_listen_request *request,
                        struct request_data *data _unused_,
                        struct job_listen_reply *ret_reply _unused_,
                        struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *job = NULL;
    status_t status = job_lookup(client, request->job, JOB_SET, &job);

    return status ? status : job_listen(job_from_object(job), client->process, request->id);
}

/* The one that it came into last: the innermost. */
static status_t own_job(struct client *client, struct object **ret_object)
{
    struct list *jobs = &client->process->jobs;

    if (list_is_empty(jobs))
        return STATUS_ACCESS_DENIED;
    *ret_object = object_ref(&list_last(jobs, struct membership, process_link)->job->object);
    return STATUS_SUCCESS;
}

static status_t ids_write(const struct job *job, struct reply_extra *extra)
{
    const struct membership *membership;
    uint32_t *ids = malloc(IDS_MAX * sizeof(*ids)), n = 0;

    if (!ids)
        return STATUS_NO_MEMORY;
    extra->owned_data = ids;
    list_for_each(membership, &job->members, job_link) {
        if (n < IDS_MAX)
            ids[n++] = (uint32_t)membership->process->pid;
    }
    extra->data_size = n * (uint32_t)sizeof(*ids);
    return STATUS_SUCCESS;
}

status_t req_job_query(struct client *client, const struct job_query_request *request,
                       struct request_data *data _unused_, struct job_query_reply *ret_reply,
                       struct reply_extra *extra)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = request->job ? job_lookup(client, request->job, JOB_QUERY, &object)
                                   : own_job(client, &object);
    const struct job *job;

    if (status)
        return status;
    job = job_from_object(object);
    ret_reply->user_ticks = job->user_ticks;
    ret_reply->system_ticks = job->system_ticks;
    ret_reply->limits = job->limits;
    ret_reply->n_total = job->n_total;
    ret_reply->n_active = job->n_active;
    ret_reply->n_terminated = job->n_terminated;
    return ids_write(job, extra);
}

status_t req_job_member(struct client *client, const struct job_member_request *request,
                        struct request_data *data _unused_, struct job_member_reply *ret_reply,
                        struct reply_extra *extra _unused_)
{
    _cleanup_(process_unrefp) struct process *process = NULL;
    _cleanup_(object_unrefp) struct object *job = NULL;
    status_t status = process_lookup(client, request->process, 0, &process);

    if (!status && request->job)
        status = job_lookup(client, request->job, JOB_QUERY, &job);
    if (status)
        return status;
    ret_reply->is_member =
        job ? job_has(job_from_object(job), process) : !list_is_empty(&process->jobs);
    return STATUS_SUCCESS;
}
