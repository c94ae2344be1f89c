/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about events, semaphores, mutants, sections and waiting: unpack, call, pack. */

#include <string.h>

#include "create.h"
#include "event.h"
#include "handlers.h"
#include "mutant.h"
#include "process.h"
#include "section.h"
#include "semaphore.h"
#include "wait.h"

#define QUERY_STATE  0x0001u
#define MODIFY_STATE 0x0002u

static struct thread_id caller(struct client *client)
{
    return (struct thread_id){client->process, client->thread_id};
}

static status_t lookup(struct client *client, handle_t handle, const struct object_ops *ops,
                       uint32_t access, struct object **ret_object)
{
    return handle_lookup(&client->process->handles, handle, ops, access, ret_object);
}

status_t req_event_create(struct client *client, const struct event_create_request *request,
                          struct request_data *data, struct event_create_reply *ret_reply,
                          struct reply_extra *extra _unused_)
{
    struct creation creation;
    status_t status = creation_begin(client, data, &event_ops, &creation);

    if (status == STATUS_SUCCESS)
        status = event_new(client->server, client->user, request->manual_reset != 0,
                           request->signaled != 0, &creation.object);
    return creation_end(client, data, status, request->access, &creation, &ret_reply->handle);
}

status_t req_event_change(struct client *client, const struct event_change_request *request,
                          struct request_data *data _unused_, struct event_change_reply *ret_reply,
                          struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = lookup(client, request->handle, &event_ops, MODIFY_STATE, &object);

    if (status)
        return status;
    return event_change(event_from_object(object), request->change, &ret_reply->previous);
}

status_t req_event_query(struct client *client, const struct event_query_request *request,
                         struct request_data *data _unused_, struct event_query_reply *ret_reply,
                         struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = lookup(client, request->handle, &event_ops, QUERY_STATE, &object);

    if (status)
        return status;
    ret_reply->manual_reset = event_from_object(object)->manual_reset;
    ret_reply->signaled = event_from_object(object)->signaled;
    return STATUS_SUCCESS;
}

status_t req_semaphore_create(struct client *client, const struct semaphore_create_request *request,
                              struct request_data *data, struct semaphore_create_reply *ret_reply,
                              struct reply_extra *extra _unused_)
{
    struct creation creation;
    status_t status = creation_begin(client, data, &semaphore_ops, &creation);

    if (status == STATUS_SUCCESS)
        status = semaphore_new(client->server, client->user, request->count, request->maximum,
                               &creation.object);
    return creation_end(client, data, status, request->access, &creation, &ret_reply->handle);
}

status_t req_semaphore_release(struct client *client,
                               const struct semaphore_release_request *request,
                               struct request_data *data _unused_,
                               struct semaphore_release_reply *ret_reply,
                               struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = lookup(client, request->handle, &semaphore_ops, MODIFY_STATE, &object);

    if (status)
        return status;
    return semaphore_release(semaphore_from_object(object), request->count, &ret_reply->previous);
}

status_t req_semaphore_query(struct client *client, const struct semaphore_query_request *request,
                             struct request_data *data _unused_,
                             struct semaphore_query_reply *ret_reply,
                             struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = lookup(client, request->handle, &semaphore_ops, QUERY_STATE, &object);

    if (status)
        return status;
    ret_reply->count = semaphore_from_object(object)->count;
    ret_reply->maximum = semaphore_from_object(object)->maximum;
    return STATUS_SUCCESS;
}

status_t req_mutant_create(struct client *client, const struct mutant_create_request *request,
                           struct request_data *data, struct mutant_create_reply *ret_reply,
                           struct reply_extra *extra _unused_)
{
    struct creation creation;
    struct thread_id owner = caller(client);
    status_t status = creation_begin(client, data, &mutant_ops, &creation);

    if (request->owner)
        owner.id = request->owner;
    if (status == STATUS_SUCCESS)
        status = mutant_new(client->server, client->user, owner, request->recursion,
                            request->abandoned != 0, &creation.object);
    return creation_end(client, data, status, request->access, &creation, &ret_reply->handle);
}

status_t req_mutant_release(struct client *client, const struct mutant_release_request *request,
                            struct request_data *data _unused_,
                            struct mutant_release_reply *ret_reply,
                            struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = lookup(client, request->handle, &mutant_ops, 0, &object);

    if (status)
        return status;
    return mutant_release(mutant_from_object(object), caller(client), &ret_reply->previous);
}

status_t req_mutant_query(struct client *client, const struct mutant_query_request *request,
                          struct request_data *data _unused_, struct mutant_query_reply *ret_reply,
                          struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    struct mutant *mutant;
    status_t status = lookup(client, request->handle, &mutant_ops, QUERY_STATE, &object);

    if (status)
        return status;
    mutant = mutant_from_object(object);
    ret_reply->count = mutant_count(mutant);
    ret_reply->owned_by_caller =
        mutant->owner.process == client->process && mutant->owner.id == client->thread_id;
    ret_reply->abandoned = mutant->abandoned;
    ret_reply->owner_process_id = mutant->owner.process ? (uint32_t)mutant->owner.process->pid : 0;
    ret_reply->owner_thread_id = mutant->owner.id;
    return STATUS_SUCCESS;
}

/* References to all objects to wait for, or none. NT: any may be named twice for wait-any only. */
static status_t wait_lookup(struct client *client, const handle_t *handles, uint32_t n, bool all,
                            struct object **ret_objects)
{
    status_t status = STATUS_SUCCESS;
    uint32_t n_found = 0;

    while (n_found < n && !status) {
        status = lookup(client, handles[n_found], NULL, ACCESS_SYNCHRONIZE, &ret_objects[n_found]);
        if (status)
            break;
        n_found++;
        if (!ret_objects[n_found - 1]->ops->signaled)
            status = STATUS_OBJECT_TYPE_MISMATCH;
        for (uint32_t i = 0; all && i + 1 < n_found; i++) {
            if (ret_objects[i] == ret_objects[n_found - 1])
                status = STATUS_INVALID_PARAMETER_MIX;
        }
    }
    for (uint32_t i = 0; status && i < n_found; i++)
        object_unref(ret_objects[i]);
    return status;
}

static status_t wait_signal(struct client *client, handle_t handle)
{
    struct handle_entry *entry = handle_get(&client->process->handles, handle);

    if (!entry)
        return STATUS_INVALID_HANDLE;
    if (!entry->object->ops->signal)
        return STATUS_OBJECT_TYPE_MISMATCH;
    return entry->object->ops->signal(entry->object, caller(client), entry->access);
}

status_t req_wait(struct client *client, const struct wait_request *request,
                  struct request_data *data, struct wait_reply *ret_reply,
                  struct reply_extra *extra _unused_)
{
    struct object *objects[WAIT_HANDLES_MAX];
    handle_t handles[WAIT_HANDLES_MAX];
    uint32_t n = data->size / (uint32_t)sizeof(handle_t);
    enum wait_mode mode = request->mode;
    bool all = mode != WAIT_MODE_ANY && n > 1;
    status_t status;

    if (n == 0 || n > WAIT_HANDLES_MAX || mode > WAIT_MODE_LOOK ||
        (request->timeout_ns < 0 && request->timeout_ns != TIMEOUT_NEVER))
        return STATUS_INVALID_PARAMETER;
    memcpy(handles, data->bytes, n * sizeof(*handles));
    status = wait_lookup(client, handles, n, all, objects);
    if (status)
        return status;
    if (request->signal)
        status = wait_signal(client, request->signal);
    if (!status)
        status = objects_wait(client, objects, n, mode, request->timeout_ns, &ret_reply->index);
    for (uint32_t i = 0; i < n; i++)
        object_unref(objects[i]);
    return status;
}

status_t req_wait_begin(struct client *client, const struct wait_begin_request *request,
                        struct request_data *data _unused_, struct wait_begin_reply *ret_reply,
                        struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = lookup(client, request->handle, NULL, ACCESS_SYNCHRONIZE, &object);
    bool signaled = false;

    if (status)
        return status;
    if (!object->ops->signaled)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (object->ops == &mutant_ops)
        return STATUS_NOT_SUPPORTED;
    status = standing_wait_begin(client->process, object, &ret_reply->wait_id, &signaled);
    ret_reply->signaled = signaled;
    return status;
}

status_t req_wait_end(struct client *client, const struct wait_end_request *request,
                      struct request_data *data _unused_, struct wait_end_reply *ret_reply _unused_,
                      struct reply_extra *extra _unused_)
{
    return standing_wait_end(client->process, request->wait_id);
}

static void section_answer(struct section *section, uint32_t access, struct reply_extra *extra)
{
    int fd = section_fd(section, access);

    if (fd >= 0)
        extra->fds[extra->n_fds++] = fd;
}

status_t req_section_create(struct client *client, const struct section_create_request *request,
                            struct request_data *data, struct section_create_reply *ret_reply,
                            struct reply_extra *extra)
{
    struct creation creation;
    struct section *section;
    status_t status = creation_begin(client, data, &section_ops, &creation);

    if (status == STATUS_SUCCESS)
        status =
            section_new(client->server, client->user, request->size, request->protection,
                        request->attributes, data->n_fds ? data->fds[0] : -1, &creation.object);
    if (status == STATUS_SUCCESS)
        data->fds[0] = -1; /* the section has it now */
    status = creation_end(client, data, status, request->access, &creation, &ret_reply->handle);
    if (!status_is_success(status))
        return status;
    struct handle_entry *entry = handle_get(&client->process->handles, ret_reply->handle);
    section = section_from_object(entry->object);
    ret_reply->size = section->size;
    ret_reply->protection = section->protection;
    ret_reply->attributes = section->attributes;
    ret_reply->foreign = section->foreign;
    section_answer(section, entry->access, extra);
    return status;
}

status_t req_section_get(struct client *client, const struct section_get_request *request,
                         struct request_data *data _unused_, struct section_get_reply *ret_reply,
                         struct reply_extra *extra)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    struct section *section;
    status_t status = lookup(client, request->handle, &section_ops, request->access, &object);

    if (status)
        return status;
    section = section_from_object(object);
    ret_reply->size = section->size;
    ret_reply->object_id = object->id;
    ret_reply->protection = section->protection;
    ret_reply->attributes = section->attributes;
    ret_reply->foreign = section->foreign;
    section_answer(section, request->access, extra);
    return extra->n_fds ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}
