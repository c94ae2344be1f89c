/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What port information classes need of the server. */

#include <stdlib.h>

#include "client.h"
#include "connect.h"
#include "handlers.h"
#include "name.h"
#include "port.h"

status_t req_alpc_other_end(struct client *client, const struct alpc_other_end_request *request,
                            struct request_data *data _unused_,
                            struct alpc_other_end_reply *ret_reply, struct reply_extra *extra)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    const struct connection *connection;
    status_t status = port_get(client->process, request->port, &port);
    uint16_t *path;

    if (status)
        return status;
    if (port->kind == PORT_KIND_CONNECTION)
        return STATUS_INVALID_PARAMETER;
    connection = port->connection;
    if (!connection)
        return STATUS_PORT_DISCONNECTED;
    path = malloc(NAME_MAX_CHARS * sizeof(*path));
    if (!path)
        return STATUS_NO_MEMORY;
    extra->owned_data = path;
    if (connection->listener)
        extra->data_size = object_path(&connection->listener->object, path, NAME_MAX_CHARS) *
                           (uint32_t)sizeof(*path);
    ret_reply->process_id = port->kind == PORT_KIND_CLIENT ? connection->server_process_id
                                                           : connection->client_process_id;
    return STATUS_SUCCESS;
}

status_t req_alpc_set_flags(struct client *client, const struct alpc_set_flags_request *request,
                            struct request_data *data _unused_,
                            struct alpc_set_flags_reply *ret_reply,
                            struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = port_get(client->process, request->port, &port);

    if (status)
        return status;
    if (port->kind != PORT_KIND_CONNECTION)
        port->flags = (port->flags & ~PORT_FLAG_ACCEPT_REQUESTS) |
                      (request->flags & PORT_FLAG_ACCEPT_REQUESTS);
    ret_reply->flags = port->flags;
    return STATUS_SUCCESS;
}
