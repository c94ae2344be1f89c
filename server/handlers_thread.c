/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about threads: unpack, call, pack. */

#include "access.h"
#include "handlers.h"
#include "process.h"
#include "server.h"
#include "thread.h"

/* Only one that has sockets: its threads are known. */
static struct process *process_running(struct client *client, uint32_t process_id)
{
    struct process *process;

    list_for_each(process, &client->server->processes, link) {
        if ((uint32_t)process->pid == process_id && process->state == PROCESS_RUNNING)
            return process;
    }
    return NULL;
}

/* A thread has no descriptor of its own: its process' decides. */
static status_t thread_access(struct client *client, const struct process *process, uint32_t wanted,
                              uint32_t *ret_access)
{
    uint32_t granted;
    status_t status = object_access(&thread_ops, wanted, ret_access);

    if (status || process == client->process)
        return status;
    return access_to_object(&process->object, client_token(client), *ret_access, &granted);
}

status_t req_thread_open(struct client *client, const struct thread_open_request *request,
                         struct request_data *data _unused_, struct thread_open_reply *ret_reply,
                         struct reply_extra *extra _unused_)
{
    struct process *process = process_running(client, request->process_id);
    _cleanup_(object_unrefp) struct object *object = NULL;
    uint32_t access;
    status_t status;

    if (!process || (process != client->process && !process_thread(process, request->thread_id)))
        return STATUS_INVALID_CID;
    status = thread_access(client, process, request->access, &access);
    if (!status)
        status = thread_get(process, client->user, request->thread_id, &object);
    if (status)
        return status;
    return handle_new(&client->process->handles, object, access,
                      request->attributes & (OBJ_INHERIT | HANDLE_ATTRIBUTE_PROTECT_CLOSE),
                      &ret_reply->handle);
}

status_t req_thread_exit(struct client *client, const struct thread_exit_request *request,
                         struct request_data *data _unused_,
                         struct thread_exit_reply *ret_reply _unused_,
                         struct reply_extra *extra _unused_)
{
    thread_set_exit_code(client->process, client->thread_id, request->exit_code);
    return STATUS_SUCCESS;
}

static uint32_t exit_code_of(const struct thread *thread)
{
    const struct process *process = thread->process;

    if (!thread->ended)
        return STATUS_PENDING;
    if (thread->has_exit_code)
        return thread->exit_code;
    return process->has_exit_code ? process->exit_code : EXIT_CODE_UNKNOWN;
}

status_t req_thread_query(struct client *client, const struct thread_query_request *request,
                          struct request_data *data _unused_, struct thread_query_reply *ret_reply,
                          struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    struct thread *thread;
    status_t status =
        handle_lookup(&client->process->handles, request->handle, &thread_ops, 0, &object);

    if (status)
        return status;
    thread = thread_from_object(object);
    ret_reply->process_id = (uint32_t)thread->process->pid;
    ret_reply->thread_id = thread->id;
    ret_reply->exit_code = exit_code_of(thread);
    return STATUS_SUCCESS;
}
