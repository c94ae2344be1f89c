/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about processes: unpack, call, pack. */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "handlers.h"
#include "job.h"
#include "process.h"
#include "server.h"

#define KNOWN_ATTRIBUTES (OBJ_INHERIT | HANDLE_ATTRIBUTE_PROTECT_CLOSE)

static status_t process_handle(struct client *client, struct process *process, uint32_t access,
                               uint32_t attributes, handle_t *ret_handle)
{
    uint32_t granted;
    status_t status = access_to_object(&process->object, client_token(client), access, &granted);

    if (status)
        return status;
    return handle_new(&client->process->handles, &process->object, granted,
                      attributes & KNOWN_ATTRIBUTES, ret_handle);
}

/* A process that never said hello is opened if the daemon could signal it: it is the same user's.
 */
static status_t process_get_other(struct client *client, uint32_t pid, struct process **ret_process)
{
    if (pid == 0 || pid > INT32_MAX)
        return STATUS_INVALID_CID;
    if (kill((pid_t)pid, 0) < 0)
        return errno == EPERM ? STATUS_ACCESS_DENIED : STATUS_INVALID_CID;
    return process_get(client->server, client->user, (pid_t)pid, -1, ret_process);
}

status_t req_process_open(struct client *client, const struct process_open_request *request,
                          struct request_data *data _unused_, struct process_open_reply *ret_reply,
                          struct reply_extra *extra _unused_)
{
    _cleanup_(process_unrefp) struct process *process = NULL;
    status_t status = process_get_other(client, request->process_id, &process);

    if (status)
        return status;
    return process_handle(client, process, request->access, request->attributes,
                          &ret_reply->handle);
}

static pid_t parent_of(pid_t pid)
{
    struct proc_stat stat;

    return proc_stat_of(pid, &stat) ? stat.parent : 0;
}

static status_t handle_inherit(struct process *parent, struct process *child, handle_t handle)
{
    const struct handle_entry *entry = handle_get(&parent->handles, handle);
    const struct handle_entry *there = handle_get(&child->handles, handle);

    if (!entry || !(entry->attributes & OBJ_INHERIT))
        return STATUS_SUCCESS;
    if (there && there->object == entry->object)
        return STATUS_SUCCESS; /* listed twice */
    return handle_new_at(&child->handles, handle & ~3u, entry);
}

static status_t handles_inherit(struct process *parent, struct process *child)
{
    status_t status = STATUS_SUCCESS;

    for (uint32_t i = 0; i < parent->handles.n_entries && !status; i++)
        status = handle_inherit(parent, child, (i + 1) << 2);
    return status;
}

static status_t listed_inherit(struct process *parent, struct process *child,
                               const struct request_data *list)
{
    status_t status = STATUS_SUCCESS;
    handle_t handle;

    for (size_t at = 0; at < list->size && !status; at += sizeof(handle)) {
        memcpy(&handle, (const char *)list->bytes + at, sizeof(handle));
        status = handle_inherit(parent, child, handle);
    }
    return status;
}

status_t req_process_create(struct client *client, const struct process_create_request *request,
                            struct request_data *data, struct process_create_reply *ret_reply,
                            struct reply_extra *extra _unused_)
{
    _cleanup_(process_unrefp) struct process *process = NULL;
    status_t status = process_get_other(client, request->process_id, &process);

    if (status)
        return status;
    if (parent_of(process->pid) != client->pid)
        return STATUS_ACCESS_DENIED;
    if (request->inherit > INHERIT_LISTED)
        return STATUS_INVALID_PARAMETER;
    if (request->inherit && process->state != PROCESS_NEW)
        return STATUS_INVALID_PARAMETER;
    status = jobs_inherit(client->process, process, request->breaks_away != 0);
    if (!status && request->inherit == INHERIT_ALL)
        status = handles_inherit(client->process, process);
    else if (!status && request->inherit == INHERIT_LISTED)
        status = listed_inherit(client->process, process, data);
    if (!status)
        status = process_handle(client, process, request->access, request->attributes,
                                &ret_reply->handle);
    return status;
}

status_t req_process_exit(struct client *client, const struct process_exit_request *request,
                          struct request_data *data _unused_,
                          struct process_exit_reply *ret_reply _unused_,
                          struct reply_extra *extra _unused_)
{
    process_look(client->process);
    client->process->exit_code = request->exit_code;
    client->process->has_exit_code = true;
    return STATUS_SUCCESS;
}

status_t req_process_terminate(struct client *client,
                               const struct process_terminate_request *request,
                               struct request_data *data _unused_,
                               struct process_terminate_reply *ret_reply _unused_,
                               struct reply_extra *extra _unused_)
{
    _cleanup_(process_unrefp) struct process *process = NULL;
    status_t status = process_lookup(client, request->handle, PROCESS_TERMINATE, &process);

    if (status)
        return status;
    return process_kill(process, request->exit_code);
}

status_t req_process_suspend(struct client *client, const struct process_suspend_request *request,
                             struct request_data *data _unused_,
                             struct process_suspend_reply *ret_reply _unused_,
                             struct reply_extra *extra _unused_)
{
    _cleanup_(process_unrefp) struct process *process = NULL;
    status_t status = process_lookup(client, request->handle, PROCESS_SUSPEND_RESUME, &process);

    return status ? status : process_suspend(process, request->on != 0);
}

status_t req_process_query(struct client *client, const struct process_query_request *request,
                           struct request_data *data _unused_,
                           struct process_query_reply *ret_reply,
                           struct reply_extra *extra _unused_)
{
    _cleanup_(process_unrefp) struct process *process = NULL;
    status_t status = process_lookup(client, request->handle, 0, &process);

    if (status)
        return status;
    ret_reply->process_id = (uint32_t)process->pid;
    ret_reply->exit_code = STATUS_PENDING;
    if (!process->exited)
        return STATUS_SUCCESS;
    ret_reply->exit_code = process->has_exit_code ? process->exit_code : EXIT_CODE_UNKNOWN;
    ret_reply->exit_time_ns = process->exit_time_ns;
    ret_reply->start_ticks = process->last.start;
    ret_reply->user_ticks = process->last.user;
    ret_reply->system_ticks = process->last.system;
    ret_reply->parent_id = (uint32_t)process->last.parent;
    return STATUS_SUCCESS;
}
