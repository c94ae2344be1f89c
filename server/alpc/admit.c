/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See admit.h. */

#include "admit.h"

#include "access.h"
#include "port.h"
#include "process.h"

/* What the client demands of the server (reference 3.2, 3.3): its user's SID; or a descriptor that
 * gives the server's user PORT_CONNECT (UNKNOWN: which right Windows looks for). */
static status_t server_check(const struct alpc_connect_request *request,
                             const struct request_data *data, const struct port *listener)
{
    const struct identity *server = &listener->creator->token->identity->who;
    const struct generic_mapping mapping = access_mapping(&port_ops);
    struct descriptor_parts parts;
    uint32_t granted;
    status_t status;

    if (request->sid_size && !sid_is(data->bytes, request->sid_size, &server->user))
        return STATUS_SERVER_SID_MISMATCH;
    if (!data->objattr.sd_size)
        return STATUS_SUCCESS;
    status = descriptor_parse(data->sd, data->objattr.sd_size, &parts);
    if (status)
        return status;
    return access_check(&parts, server, PORT_ACCESS_CONNECT, &mapping, &granted)
               ? STATUS_SERVER_SID_MISMATCH
               : STATUS_SUCCESS;
}

status_t connection_admit(const struct client *client, const struct alpc_connect_request *request,
                          const struct request_data *data, const struct port *listener)
{
    uint32_t granted;
    status_t status;

    if (listener->kind != PORT_KIND_CONNECTION)
        return STATUS_INVALID_PORT_HANDLE;
    if (listener->closed)
        return STATUS_PORT_CONNECTION_REFUSED;
    status =
        access_to_object(&listener->object, client_token(client), PORT_ACCESS_CONNECT, &granted);
    if (!status)
        status = server_check(request, data, listener);
    if (status)
        return status;
    if (!(request->flags & LPC_CONNECTION) && /* cut to fit, lpc.c */
        request->message_size + MESSAGE_HEADER_BYTES > listener->max_message_length)
        return STATUS_PORT_MESSAGE_TOO_LONG;
    return STATUS_SUCCESS;
}
