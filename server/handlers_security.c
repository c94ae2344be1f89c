/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about tokens and descriptors: unpack, call, pack. */

#include <stdlib.h>
#include <string.h>

#include "access.h"
#include "handlers.h"
#include "process.h"
#include "server.h"
#include "token.h"

/* UNKNOWN: whether the token of an anonymous logon (not: at SecurityAnonymous) can be opened at a
 * low level on every Windows; it can here. DIFFERS: tokens have no descriptor of their own: whoever
 * may act as the thread gets the handle. */
status_t req_token_open(struct client *client, const struct token_open_request *request,
                        struct request_data *data _unused_, struct token_open_reply *ret_reply,
                        struct reply_extra *extra _unused_)
{
    const struct token *acting = client_token(client);
    struct token *token = client->process->token;
    uint32_t access;
    status_t status;

    if (request->thread_id)
        token = thread_token(client->process, request->thread_id);
    if (!token)
        return STATUS_NO_TOKEN;
    if (token->type == TOKEN_IMPERSONATION && token->level == LEVEL_ANONYMOUS)
        return STATUS_CANT_OPEN_ANONYMOUS;
    if (!request->as_self && acting->type == TOKEN_IMPERSONATION &&
        acting->level < LEVEL_IMPERSONATION)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    status = object_access(&token_ops, request->access, &access);
    return status ? status
                  : handle_new(&client->process->handles, &token->object, access,
                               request->attributes & OBJ_INHERIT, &ret_reply->handle);
}

status_t req_token_query(struct client *client, const struct token_query_request *request,
                         struct request_data *data _unused_, struct token_query_reply *ret_reply,
                         struct reply_extra *extra)
{
    _cleanup_(token_unrefp) struct token *token = NULL;
    status_t status = token_lookup(client->process, request->handle, request->access, &token);

    if (status)
        return status;
    extra->data = &token->identity->who; /* the handle keeps it */
    extra->data_size = sizeof(token->identity->who);
    ret_reply->token_id = token->object.id;
    ret_reply->authentication_id = token->authentication_id;
    ret_reply->modified_id = token->modified_id;
    ret_reply->type = token->type;
    ret_reply->level = token->level;
    ret_reply->effective_only = token->effective_only;
    return STATUS_SUCCESS;
}

/* Rights of a copy: those asked for, or those of the handle. */
static status_t copy_access(const struct process *process, handle_t handle, uint32_t wanted,
                            uint32_t *ret_access)
{
    const struct handle_entry *entry;

    if (wanted || !handle)
        return object_access(&token_ops, wanted ? wanted : GENERIC_ALL_BIT, ret_access);
    entry = handle_get((struct handle_table *)&process->handles, handle);
    *ret_access = entry->access;
    return STATUS_SUCCESS;
}

status_t req_token_duplicate(struct client *client, const struct token_duplicate_request *request,
                             struct request_data *data _unused_,
                             struct token_duplicate_reply *ret_reply,
                             struct reply_extra *extra _unused_)
{
    _cleanup_(token_unrefp) struct token *token = NULL, *copy = NULL;
    uint32_t access;
    status_t status =
        token_lookup(client->process, request->handle, TOKEN_ACCESS_DUPLICATE, &token);

    if (!status)
        status = token_level_check(token, request->type, request->level);
    if (!status)
        status = copy_access(client->process, request->handle, request->access, &access);
    if (!status)
        status = token_copy(token, client->user, (enum token_type)request->type,
                            (enum token_level)request->level, request->effective_only, &copy);
    if (!status)
        status = handle_new(&client->process->handles, &copy->object, access,
                            request->attributes & OBJ_INHERIT, &ret_reply->handle);
    return status;
}

/* A copy of what another thread of the process acts as (NtImpersonateThread). */
static status_t thread_copy(struct client *client, const struct token_impersonate_request *request,
                            struct token **ret_token)
{
    const struct token *source = thread_token(client->process, request->source_thread_id);
    status_t status;

    if (!source)
        source = client->process->token;
    status = token_level_check(source, TOKEN_IMPERSONATION, request->level);
    return status
               ? status
               : token_copy(source, client->user, TOKEN_IMPERSONATION,
                            (enum token_level)request->level, request->effective_only, ret_token);
}

status_t req_token_impersonate(struct client *client,
                               const struct token_impersonate_request *request,
                               struct request_data *data _unused_,
                               struct token_impersonate_reply *ret_reply _unused_,
                               struct reply_extra *extra _unused_)
{
    _cleanup_(token_unrefp) struct token *token = NULL;
    status_t status = STATUS_INVALID_PARAMETER;

    if (!request->thread_id)
        return STATUS_INVALID_PARAMETER;
    switch ((enum token_impersonation)request->kind) {
    case TOKEN_IMPERSONATION_NONE:
        status = STATUS_SUCCESS;
        break;
    case TOKEN_IMPERSONATION_HANDLE:
        status = request->handle ? token_lookup(client->process, request->handle,
                                                TOKEN_ACCESS_IMPERSONATE, &token)
                                 : STATUS_INVALID_HANDLE;
        break;
    case TOKEN_IMPERSONATION_THREAD:
        status = thread_copy(client, request, &token);
        break;
    case TOKEN_IMPERSONATION_ANONYMOUS:
        status = token_anonymous(client->server, client->user, &token);
        break;
    }
    return status ? status : thread_token_set(client->process, request->thread_id, token, NULL);
}

/* NtAccessCheck judges for others: a token for identification is enough, a primary one is none. */
status_t req_access_check(struct client *client, const struct access_check_request *request,
                          struct request_data *data, struct access_check_reply *ret_reply,
                          struct reply_extra *extra _unused_)
{
    const struct generic_mapping mapping = {request->generic_read, request->generic_write,
                                            request->generic_execute, request->generic_all};
    _cleanup_(token_unrefp) struct token *token = NULL;
    struct descriptor_parts parts;
    status_t status = token_lookup(client->process, request->token, TOKEN_ACCESS_QUERY, &token);

    if (status)
        return status;
    if (token->type != TOKEN_IMPERSONATION)
        return STATUS_NO_IMPERSONATION_TOKEN;
    if (token->level < LEVEL_IDENTIFICATION)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    status = descriptor_parse(data->bytes, data->size, &parts);
    if (!status && (!parts.owner || !parts.group))
        status = STATUS_INVALID_SECURITY_DESCR;
    if (status)
        return status;
    ret_reply->result =
        access_check(&parts, &token->identity->who, request->wanted, &mapping, &ret_reply->granted);
    if (ret_reply->result)
        ret_reply->granted = 0;
    return STATUS_SUCCESS;
}

/* Only what was asked for. */
static void parts_select(struct descriptor_parts *parts, uint32_t information)
{
    if (!(information & INFORMATION_OWNER))
        parts->owner = NULL, parts->owner_size = 0;
    if (!(information & INFORMATION_GROUP))
        parts->group = NULL, parts->group_size = 0;
    if (!(information & INFORMATION_DACL))
        parts->dacl = NULL, parts->dacl_size = 0, parts->has_dacl = false, parts->control = 0;
}

static status_t descriptor_answer(const struct object *object, uint32_t information,
                                  struct user *user, struct reply_extra *extra)
{
    _cleanup_(descriptor_freep) struct descriptor *descriptor = NULL;
    struct descriptor_storage storage;
    struct descriptor_parts parts;
    status_t status;

    object_descriptor(object, &storage, &parts);
    parts_select(&parts, information);
    status = descriptor_new(&parts, user, &descriptor);
    if (status)
        return status;
    extra->owned_data = malloc(descriptor->size);
    if (!extra->owned_data)
        return STATUS_NO_MEMORY;
    memcpy(extra->owned_data, descriptor->bytes, descriptor->size);
    extra->data_size = descriptor->size;
    return STATUS_SUCCESS;
}

status_t req_object_security_query(struct client *client,
                                   const struct object_security_query_request *request,
                                   struct request_data *data _unused_,
                                   struct object_security_query_reply *ret_reply _unused_,
                                   struct reply_extra *extra)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    status_t status;

    if (request->information & INFORMATION_SACL)
        return STATUS_PRIVILEGE_NOT_HELD;
    status = handle_lookup(&client->process->handles, request->handle, NULL, ACCESS_READ_CONTROL,
                           &object);
    return status ? status : descriptor_answer(object, request->information, client->user, extra);
}

status_t req_object_security_set(struct client *client,
                                 const struct object_security_set_request *request,
                                 struct request_data *data,
                                 struct object_security_set_reply *ret_reply _unused_,
                                 struct reply_extra *extra _unused_)
{
    _cleanup_(object_unrefp) struct object *object = NULL;
    uint32_t access = 0;
    status_t status;

    if (request->information & INFORMATION_SACL)
        return STATUS_PRIVILEGE_NOT_HELD;
    if (request->information & INFORMATION_DACL)
        access |= ACCESS_WRITE_DAC;
    if (request->information & (INFORMATION_OWNER | INFORMATION_GROUP))
        access |= ACCESS_WRITE_OWNER;
    status = handle_lookup(&client->process->handles, request->handle, NULL, access, &object);
    if (!status && object_is_initial_name(object))
        status = STATUS_ACCESS_DENIED;
    return status ? status
                  : object_descriptor_change(object, client_token(client), client->user,
                                             request->information, data->bytes, data->size);
}
