/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See security_context.h. UNKNOWN: what "in use" means for the daemon's part of
 * STATUS_DELETE_PENDING (reference 3.10, one source); here: a thread impersonates through it. The
 * part that libportico knows, a message that carries it and is alive, is checked there. */

#include "security_context.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

#include "connect.h"
#include "process.h"
#include "token.h"

struct security_quality port_quality(const struct port *port)
{
    return (struct security_quality){
        .level = port->attributes.impersonation_level,
        .dynamic = port->attributes.context_tracking == TRACKING_DYNAMIC,
        .effective_only = port->attributes.effective_only,
    };
}

/* Not 0, and not negative for those who keep it in a signed number: -2 asks for a new one. */
static bool handle_choose(uint64_t *ret_handle)
{
    do {
        if (getrandom(ret_handle, sizeof(*ret_handle), GRND_NONBLOCK) != sizeof(*ret_handle))
            return false;
        *ret_handle >>= 1;
    } while (!*ret_handle);
    return true;
}

static void context_unref(struct security_context *context)
{
    assert(context->refs > 0);
    if (--context->refs)
        return;
    token_unref(context->token);
    process_unref(context->process);
    charge_release(&context->charge);
    free(context);
}

struct security_context *security_context_enter(struct security_context *context)
{
    context->refs++;
    return context;
}

void security_context_leave(struct security_context *context)
{
    if (context)
        context_unref(context);
}

static bool is_same(const struct security_context *context, const struct security_quality *quality,
                    const struct token *token, uint32_t thread_id)
{
    return context->is_inline && !context->revoked && context->quality.level == quality->level &&
           context->quality.dynamic == quality->dynamic &&
           context->quality.effective_only == quality->effective_only &&
           context->token->modified_id == token->modified_id &&
           context->token->level == token->level &&
           (!quality->dynamic || context->thread_id == thread_id);
}

/* An inline one of the same kind; *ret_n: how many there are of all kinds. */
static struct security_context *find_same(struct port *port, const struct client *client,
                                          const struct security_quality *quality, uint32_t *ret_n)
{
    struct security_context *context, *found = NULL;

    *ret_n = 0;
    list_for_each(context, &port->security_contexts, link) {
        ++*ret_n;
        if (!found && is_same(context, quality, client_token(client), client->thread_id))
            found = context;
    }
    return found;
}

static status_t context_make(struct port *port, struct client *client,
                             const struct security_quality *quality,
                             struct security_context **ret_context)
{
    _cleanup_(freep) struct security_context *context = calloc(1, sizeof(*context));
    status_t status;

    if (!context)
        return STATUS_NO_MEMORY;
    if (!handle_choose(&context->handle))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = user_charge(&context->charge, client->user, USER_OBJECTS, 1);
    if (status)
        return status;
    context->refs = 1;
    context->quality = *quality;
    context->token = token_ref(client_token(client));
    context->thread_id = client->thread_id;
    object_ref(&client->process->object);
    context->process = client->process;
    list_append(&port->security_contexts, &context->link);
    *ret_context = TAKE(context);
    return STATUS_SUCCESS;
}

status_t security_context_new(struct port *port, struct client *client,
                              const struct security_quality *quality,
                              enum security_creation creation,
                              struct security_context **ret_context)
{
    struct security_quality own = port_quality(port);
    const struct token *token = client_token(client);
    struct security_context *same;
    uint32_t n;
    status_t status;

    if (port->closed || (port->kind != PORT_KIND_CONNECTION && port->connection &&
                         port->connection->state >= CONNECTION_REFUSED))
        return STATUS_PORT_DISCONNECTED;
    if (creation == SECURITY_CREATION_IMPLICIT) {
        own.dynamic = false;
        if (token->type == TOKEN_IMPERSONATION)
            own.level = MIN(own.level, (uint32_t)token->level);
        quality = NULL;
    }
    if (!quality)
        quality = &own;
    if (quality->level > LEVEL_DELEGATION)
        return STATUS_INVALID_PARAMETER;
    if (token->type == TOKEN_IMPERSONATION && quality->level > token->level)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    same = find_same(port, client, quality, &n);
    if (creation != SECURITY_CREATION_PLAIN && same) {
        *ret_context = same;
        return STATUS_SUCCESS;
    }
    if (n >= SECURITY_CONTEXTS_MAX)
        return STATUS_QUOTA_EXCEEDED;
    status = context_make(port, client, quality, ret_context);
    if (!status)
        (*ret_context)->is_inline = creation != SECURITY_CREATION_PLAIN;
    return status;
}

status_t security_context_new_with(struct port *port, struct client *client,
                                   const struct security_quality *quality, uint64_t handle)
{
    struct security_context *context;
    status_t status;

    if (!handle || handle > INT64_MAX || security_context_find(port, handle))
        return STATUS_INVALID_PARAMETER;
    status = security_context_new(port, client, quality, SECURITY_CREATION_PLAIN, &context);
    if (status)
        return status;
    context->handle = handle;
    context->is_inline = true;
    return STATUS_SUCCESS;
}

struct security_context *security_context_find(const struct port *port, uint64_t handle)
{
    struct security_context *context;

    list_for_each(context, &port->security_contexts, link) {
        if (context->handle == handle)
            return context;
    }
    return NULL;
}

static void context_remove(struct security_context *context)
{
    list_remove(&context->link);
    context_unref(context);
}

status_t security_context_delete(struct port *port, uint64_t handle)
{
    struct security_context *context = security_context_find(port, handle);

    if (!context)
        return STATUS_INVALID_HANDLE;
    if (context->refs > 1)
        return STATUS_DELETE_PENDING;
    context_remove(context);
    return STATUS_SUCCESS;
}

status_t security_context_revoke(struct port *port, uint64_t handle)
{
    struct security_context *context = security_context_find(port, handle);

    if (!context)
        return STATUS_INVALID_HANDLE;
    context->revoked = true;
    return STATUS_SUCCESS;
}

void security_contexts_free(struct port *port)
{
    struct security_context *context, *next;

    list_for_each_safe(context, next, &port->security_contexts, link)
        context_remove(context);
}

void security_contexts_end(struct connection *connection)
{
    if (connection->client)
        security_contexts_free(connection->client);
    if (connection->server)
        security_contexts_free(connection->server);
}
