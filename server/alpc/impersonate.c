/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See impersonate.h. What decides is the other end's own word, which stands here: the attributes
 * with which it connected, or a context that it made. The caller says which message it means, and
 * may lie about that; it gains nothing, since all messages of a connection come to the same token,
 * but for those that carry a context, whose handle it must have been sent.
 *
 *     a client is impersonated    by a context of its own (with its connection request: of any port
 *                                 of its process), else by its port's ALLOW_IMPERSONATION
 *     a server is impersonated    by a context only (reference 4.10)
 *
 * Static tracking: the token of the thread that connected, at that time. Dynamic: the process'
 * token now; a thread that impersonates while it sends attaches a context
 * (libs/portico/security.c). DIFFERS: so dynamic tracking looks at the moment of sending, Windows
 * at that of impersonation.
 *
 * UNKNOWN: a QoS at SecurityAnonymous, which Windows' sources do not speak of, is "level too low"
 * unless the caller asks for ANONYMOUS. */

#include "impersonate.h"

#include "common/macro.h"
#include "process.h"
#include "security_context.h"
#include "token.h"

struct connection *connection_of_peer(struct port *port, uint32_t index, uint32_t generation)
{
    struct port *listener = port;
    struct connection *connection = port->connection;

    if (port->kind == PORT_KIND_CLIENT)
        return connection && connection_status(connection) == STATUS_SUCCESS ? connection : NULL;
    if (port->kind == PORT_KIND_SERVER)
        listener = connection ? connection->listener : NULL;
    if (!listener)
        return NULL;
    list_for_each(connection, &listener->connections, link) {
        if (!connection->placed || connection->index != index ||
            connection->generation != generation)
            continue;
        /* A connection request may be anybody's, a message only that of the port's own client. */
        if (port->kind == PORT_KIND_SERVER && connection->state != CONNECTION_PENDING &&
            connection != port->connection)
            return NULL;
        return connection;
    }
    return NULL;
}

const struct token *peer_token(const struct port *port, const struct connection *connection)
{
    if (port->kind != PORT_KIND_CLIENT)
        return connection->client_token;
    return connection->listener ? connection->listener->creator->token : NULL;
}

/* What the other end allows. */
struct permission {
    const struct token *token;
    struct security_quality quality;
    struct security_context *context; /* or NULL */
};

static struct security_context *context_of_peer(const struct port *port,
                                                const struct connection *connection,
                                                uint64_t handle)
{
    bool at_client = port->kind == PORT_KIND_CLIENT;
    const struct port *owners[2] = {at_client ? connection->server : connection->client,
                                    at_client ? connection->listener : connection->context_port};
    struct security_context *context = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(owners) && !context; i++)
        context = owners[i] ? security_context_find(owners[i], handle) : NULL;
    return context;
}

static const struct token *context_token(const struct security_context *context)
{
    const struct token *now;

    if (!context->quality.dynamic)
        return context->token;
    now = thread_token(context->process, context->thread_id);
    return now ? now : context->process->token;
}

static status_t permission_of_context(const struct port *port, const struct connection *connection,
                                      uint64_t handle, struct permission *ret_permission)
{
    struct security_context *context = context_of_peer(port, connection, handle);

    if (!context)
        return STATUS_ACCESS_DENIED;
    if (context->revoked)
        return STATUS_REVISION_MISMATCH;
    *ret_permission = (struct permission){context_token(context), context->quality, context};
    return STATUS_SUCCESS;
}

static status_t permission_of_port(const struct port *port, const struct connection *connection,
                                   struct permission *ret_permission)
{
    const struct port *client_port = connection->client;

    if (port->kind == PORT_KIND_CLIENT || !client_port ||
        !(client_port->attributes.flags & PORT_FLAG_ALLOW_IMPERSONATION))
        return STATUS_ACCESS_DENIED;
    *ret_permission = (struct permission){.token = connection->client_token,
                                          .quality = port_quality(client_port)};
    if (ret_permission->quality.dynamic && connection->state == CONNECTION_OPEN)
        ret_permission->token = connection->client_primary;
    return STATUS_SUCCESS;
}

/* The level that comes out: never above what the other end allows, nor above the token's own when
 * that is borrowed itself. */
static status_t level_decide(const struct permission *permission, uint32_t flags,
                             uint32_t *ret_level)
{
    uint32_t level = permission->quality.level;

    if (permission->token->type == TOKEN_IMPERSONATION)
        level = MIN(level, (uint32_t)permission->token->level);
    if (level == LEVEL_ANONYMOUS)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    if ((flags & IMPERSONATE_REQUIRE) && level < flags >> IMPERSONATE_LEVEL_SHIFT)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    *ret_level = level;
    return STATUS_SUCCESS;
}

static status_t impersonate_nobody(struct client *client)
{
    _cleanup_(token_unrefp) struct token *token = NULL;
    status_t status = token_anonymous(client->server, client->user, &token);

    return status ? status : thread_token_set(client->process, client->thread_id, token, NULL);
}

static status_t permission_use(struct client *client, const struct permission *permission,
                               uint32_t flags)
{
    _cleanup_(token_unrefp) struct token *token = NULL;
    uint32_t level;
    status_t status = level_decide(permission, flags, &level);

    if (!status)
        status = token_copy(permission->token, client->user, TOKEN_IMPERSONATION,
                            (enum token_level)level, permission->quality.effective_only, &token);
    if (!status)
        status = thread_token_set(client->process, client->thread_id, token, permission->context);
    return status;
}

status_t peer_impersonate(struct client *client, const struct port *port,
                          const struct connection *connection, uint64_t context, uint32_t flags)
{
    struct permission permission;
    status_t status;

    if (flags & ~IMPERSONATE_FLAGS)
        return STATUS_INVALID_PARAMETER;
    if (context)
        status = permission_of_context(port, connection, context, &permission);
    else
        status = permission_of_port(port, connection, &permission);
    if (!status)
        status = permission_use(client, &permission, flags);
    if ((flags & IMPERSONATE_ANONYMOUS) &&
        (status == STATUS_ACCESS_DENIED || status == STATUS_BAD_IMPERSONATION_LEVEL))
        status = impersonate_nobody(client);
    return status;
}
