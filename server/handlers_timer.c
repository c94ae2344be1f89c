/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about waitable timers: unpack, call, pack. */

#include "create.h"
#include "handlers.h"
#include "process.h"
#include "waitable_timer.h"

#define QUERY_STATE  0x0001u
#define MODIFY_STATE 0x0002u

/* A reference to the object is held by `ret_object`. */
static status_t lookup(struct client *client, handle_t handle, uint32_t access,
                       struct object **ret_object)
{
    return handle_lookup(&client->process->handles, handle, &waitable_timer_ops, access,
                         ret_object);
}

/* NT's is a 31-bit number of milliseconds; a shorter one would keep the loop busy. */
static bool period_is_valid(uint64_t ns)
{
    return !ns || (ns >= 1000000 && ns <= INT32_MAX * UINT64_C(1000000));
}

status_t req_timer_create(struct client *client, const struct timer_create_request *request,
                          struct request_data *data, struct timer_create_reply *ret_reply,
                          struct reply_extra *extra _unused_)
{
    const struct waitable_timer_setting setting = {
        .due_ns = request->due_ns, .period_ns = request->period_ns, .apc_id = request->apc_id};
    struct creation creation;
    status_t status;

    if (request->due_ns && (data->objattr.name_size || !period_is_valid(request->period_ns)))
        return STATUS_INVALID_PARAMETER;
    status = creation_begin(client, data, &waitable_timer_ops, &creation);

    if (status == STATUS_SUCCESS)
        status = waitable_timer_new(client->server, client->user, request->manual_reset != 0,
                                    request->signaled != 0, &creation.object);
    if (status == STATUS_SUCCESS && request->due_ns)
        status = waitable_timer_arm(waitable_timer_from_object(creation.object), client->process,
                                    &setting);
    return creation_end(client, data, status, request->access, &creation, &ret_reply->handle);
}

status_t req_timer_set(struct client *client, const struct timer_set_request *request,
                       struct request_data *data _unused_, struct timer_set_reply *ret_reply,
                       struct reply_extra *extra _unused_)
{
    const struct waitable_timer_setting setting = {
        .due_ns = request->due_ns, .period_ns = request->period_ns, .apc_id = request->apc_id};
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = lookup(client, request->handle, MODIFY_STATE, &object);

    if (status)
        return status;
    if (!period_is_valid(request->period_ns))
        return STATUS_INVALID_PARAMETER;
    ret_reply->previous = waitable_timer_from_object(object)->signaled;
    return waitable_timer_set(waitable_timer_from_object(object), client->process, &setting,
                              &ret_reply->old_apc_id);
}

status_t req_timer_cancel(struct client *client, const struct timer_cancel_request *request,
                          struct request_data *data _unused_, struct timer_cancel_reply *ret_reply,
                          struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = lookup(client, request->handle, MODIFY_STATE, &object);

    if (status)
        return status;
    ret_reply->signaled = waitable_timer_from_object(object)->signaled;
    ret_reply->old_apc_id =
        waitable_timer_cancel(waitable_timer_from_object(object), client->process);
    return STATUS_SUCCESS;
}

status_t req_timer_query(struct client *client, const struct timer_query_request *request,
                         struct request_data *data _unused_, struct timer_query_reply *ret_reply,
                         struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status = lookup(client, request->handle, QUERY_STATE, &object);

    if (status)
        return status;
    ret_reply->signaled = waitable_timer_from_object(object)->signaled;
    ret_reply->due_ns = waitable_timer_from_object(object)->due_ns;
    return STATUS_SUCCESS;
}
