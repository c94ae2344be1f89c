/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about security contexts and impersonation: unpack, call, pack. */

#include "connect.h"
#include "handlers.h"
#include "impersonate.h"
#include "process.h"
#include "security_context.h"
#include "token.h"

status_t req_alpc_create_security_context(
    struct client *client, const struct alpc_create_security_context_request *request,
    struct request_data *data _unused_, struct alpc_create_security_context_reply *ret_reply,
    struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct security_quality quality = {.level = request->level,
                                       .dynamic = request->tracking == TRACKING_DYNAMIC,
                                       .effective_only = request->effective_only};
    struct security_context *context;
    status_t status = port_get(client->process, request->port, &port);

    if (!status)
        status = security_context_new(port, client, request->has_qos ? &quality : NULL,
                                      (enum security_creation)request->creation, &context);
    if (!status)
        ret_reply->context = context->handle;
    return status;
}

status_t req_alpc_delete_security_context(
    struct client *client, const struct alpc_delete_security_context_request *request,
    struct request_data *data _unused_,
    struct alpc_delete_security_context_reply *ret_reply _unused_,
    struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = port_get(client->process, request->port, &port);

    return status ? status : security_context_delete(port, request->context);
}

status_t req_alpc_revoke_security_context(
    struct client *client, const struct alpc_revoke_security_context_request *request,
    struct request_data *data _unused_,
    struct alpc_revoke_security_context_reply *ret_reply _unused_,
    struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = port_get(client->process, request->port, &port);

    return status ? status : security_context_revoke(port, request->context);
}

status_t req_alpc_check_security_context(
    struct client *client, const struct alpc_check_security_context_request *request,
    struct request_data *data _unused_,
    struct alpc_check_security_context_reply *ret_reply _unused_,
    struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = port_get(client->process, request->port, &port);

    if (status)
        return status;
    return security_context_find(port, request->context) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

status_t req_alpc_impersonate(struct client *client, const struct alpc_impersonate_request *request,
                              struct request_data *data _unused_,
                              struct alpc_impersonate_reply *ret_reply _unused_,
                              struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct connection *connection;
    status_t status = port_get(client->process, request->port, &port);

    if (status)
        return status;
    if (!client->thread_id)
        return STATUS_INVALID_PARAMETER;
    connection = connection_of_peer(port, request->connection, request->generation);
    if (!connection)
        return STATUS_ACCESS_DENIED;
    return peer_impersonate(client, port, connection, request->context, request->flags);
}

status_t req_alpc_peer(struct client *client, const struct alpc_peer_request *request,
                       struct request_data *data _unused_, struct alpc_peer_reply *ret_reply,
                       struct reply_extra *extra)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct connection *connection;
    const struct token *token;
    status_t status = port_get(client->process, request->port, &port);

    if (status)
        return status;
    if (request->own && port->kind == PORT_KIND_CONNECTION)
        return STATUS_INVALID_PORT_HANDLE;
    if (request->own)
        connection = connection_status(port->connection) ? NULL : port->connection;
    else
        connection = connection_of_peer(port, request->connection, request->generation);
    token = connection ? peer_token(port, connection) : NULL;
    if (!token)
        return STATUS_PORT_DISCONNECTED;
    ret_reply->token_id = token->object.id;
    ret_reply->authentication_id = token->authentication_id;
    ret_reply->modified_id = token->modified_id;
    extra->data = &token->identity->who;
    extra->data_size = sizeof(token->identity->who);
    return STATUS_SUCCESS;
}
