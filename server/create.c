/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See create.h. Statuses follow NT: OBJECT_NAME_COLLISION for a taken name, OBJECT_TYPE_MISMATCH
 * when OBJ_OPENIF meets another type, OBJECT_PATH_SYNTAX_BAD for a path that is neither absolute
 * nor relative to a root. OBJ_PERMANENT wants SeCreatePermanentPrivilege, which SYSTEM has;
 * DIFFERS: what is permanent lasts until the port server ends, not the machine. DIFFERS:
 * OBJ_EXCLUSIVE is ignored. */

#include "create.h"

#include <assert.h>

#include "access.h"
#include "event.h"
#include "job.h"
#include "mutant.h"
#include "process.h"
#include "section.h"
#include "semaphore.h"
#include "symlink.h"
#include "token.h"
#include "waitable_timer.h"

const struct object_ops *kind_ops(enum object_kind kind)
{
    static const struct object_ops *const all[OBJECT_KIND_COUNT] = {
        [OBJECT_KIND_DIRECTORY] = &directory_ops,
        [OBJECT_KIND_SYMLINK] = &symlink_ops,
        [OBJECT_KIND_EVENT] = &event_ops,
        [OBJECT_KIND_SEMAPHORE] = &semaphore_ops,
        [OBJECT_KIND_MUTANT] = &mutant_ops,
        [OBJECT_KIND_SECTION] = &section_ops,
        [OBJECT_KIND_JOB] = &job_ops,
        [OBJECT_KIND_TIMER] = &waitable_timer_ops,
    };

    return kind < OBJECT_KIND_COUNT ? all[kind] : NULL;
}

static struct name data_name(const struct request_data *data)
{
    /* 2-aligned: the packet is, and fixed structs and heads are multiples of 4. */
    return (struct name){(const uint16_t *)(const void *)data->name, data->objattr.name_size / 2};
}

static status_t data_lookup(struct client *client, const struct request_data *data, bool open_link,
                            struct lookup *ret_lookup)
{
    _cleanup_(object_unrefp) struct object *root = NULL;

    if (data->objattr.root) {
        status_t status =
            handle_lookup(&client->process->handles, data->objattr.root, &directory_ops, 0, &root);
        if (status)
            return status;
    }
    return namespace_lookup(client->server,
                            root ? CONTAINER_OF(root, struct directory, object) : NULL,
                            data_name(data), data->objattr.attributes, open_link, ret_lookup);
}

status_t creation_begin(struct client *client, const struct request_data *data,
                        const struct object_ops *ops, struct creation *ret_creation)
{
    status_t status;

    *ret_creation = (struct creation){0};
    if (!data->objattr.name_size)
        return data->objattr.root ? STATUS_OBJECT_NAME_INVALID : STATUS_SUCCESS;
    status = data_lookup(client, data, ops == &symlink_ops, &ret_creation->lookup);
    if (status)
        return status;
    ret_creation->named = true;
    if (!ret_creation->lookup.object)
        return STATUS_SUCCESS;
    if (!(data->objattr.attributes & OBJ_OPENIF))
        return STATUS_OBJECT_NAME_COLLISION;
    if (ret_creation->lookup.object->ops != ops)
        return STATUS_OBJECT_TYPE_MISMATCH;
    ret_creation->object = TAKE(ret_creation->lookup.object);
    return STATUS_OBJECT_NAME_EXISTS;
}

status_t privilege_check_permanent(const struct client *client)
{
    return identity_is_system(&client_token(client)->identity->who) ? STATUS_SUCCESS
                                                                    : STATUS_PRIVILEGE_NOT_HELD;
}

/* A new object: its descriptor, and the right to enter it in its directory. Its maker gets what he
 * asks for, whatever the descriptor says, as on NT. */
static status_t creation_admit(struct client *client, const struct request_data *data,
                               uint32_t access, struct creation *creation, uint32_t *ret_granted)
{
    const struct token *token = client_token(client);
    struct object *object = creation->object;
    uint32_t entry_right =
        object->ops == &directory_ops ? DIRECTORY_CREATE_SUBDIRECTORY : DIRECTORY_CREATE_OBJECT;
    uint32_t granted;
    status_t status = STATUS_SUCCESS;

    if (data->objattr.attributes & OBJ_PERMANENT)
        status = privilege_check_permanent(client);
    if (!status && creation->named)
        status = access_to_object(directory_object(creation->lookup.parent), token, entry_right,
                                  &granted);
    if (!status)
        status =
            object_descriptor_make(object, token, client->user, data->sd, data->objattr.sd_size);
    return status ? status : object_access(object->ops, access, ret_granted);
}

static status_t creation_enter(struct client *client, const struct request_data *data,
                               status_t status, uint32_t access, struct creation *creation,
                               handle_t *ret_handle)
{
    struct object *object = creation->object;
    uint32_t granted;
    status_t r;

    if (status == STATUS_SUCCESS)
        r = creation_admit(client, data, access, creation, &granted);
    else
        r = access_to_object(object, client_token(client), access, &granted);
    if (!r && status == STATUS_SUCCESS && creation->named)
        r = directory_insert(creation->lookup.parent, object, creation->lookup.leaf);
    if (!r)
        r = handle_new(&client->process->handles, object, granted,
                       data->objattr.attributes & OBJ_INHERIT, ret_handle);
    if (r && status == STATUS_SUCCESS)
        directory_remove(object);
    if (!r && status == STATUS_SUCCESS && data->objattr.attributes & OBJ_PERMANENT)
        object_make_permanent(object);
    return r ? r : status;
}

status_t creation_end(struct client *client, const struct request_data *data, status_t status,
                      uint32_t access, struct creation *creation, handle_t *ret_handle)
{
    if (status_is_success(status))
        status = creation_enter(client, data, status, access, creation, ret_handle);
    creation->object = object_unref(creation->object);
    lookup_deinit(&creation->lookup);
    return status;
}

status_t object_open(struct client *client, const struct request_data *data,
                     const struct object_ops *ops, struct object **ret_object)
{
    _cleanup_(lookup_deinit) struct lookup lookup = {0};
    status_t status;

    if (!data->objattr.name_size)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    status = data_lookup(client, data, ops == &symlink_ops, &lookup);
    if (status)
        return status;
    if (!lookup.object)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (ops && lookup.object->ops != ops)
        return STATUS_OBJECT_TYPE_MISMATCH;
    *ret_object = TAKE(lookup.object);
    return STATUS_SUCCESS;
}
