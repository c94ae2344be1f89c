/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* alpc_connect: unpack, call, pack. What goes with a connection request (a view's port, handles, a
 * security context, legacy: a section) is looked up in the client's tables here, before anything is
 * made; whether the server's port takes the handles is connect.c's to ask. */

#include "handlers.h"

#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "connect.h"
#include "create.h"
#include "lpc.h"
#include "process.h"

static void connect_answer(struct port *port, struct alpc_connect_reply *ret_reply,
                           struct reply_extra *extra)
{
    struct connection *connection = port->connection;

    ret_reply->port_id = port->object.id;
    ret_reply->receiver_id = connection->listener->object.id;
    ret_reply->memory_size = port->receiver.size;
    ret_reply->memory_id = port->receiver.memory_id;
    ret_reply->connection = connection->index;
    ret_reply->connection_generation = connection->generation;
    ret_reply->flags = port->flags;
    ret_reply->max_message_length = port->max_message_length;
    ret_reply->server_process_id = connection->listener->owner_process_id;
    ret_reply->message_id = connection->message_id;
    ret_reply->callback_id = connection->callback_id;
    receiver_put(&port->receiver, ret_reply, extra);
}

static status_t request_check(const struct client *client,
                              const struct alpc_connect_request *request,
                              const struct request_data *data)
{
    if (client->mapping) /* the next thing it says of its connect is MAPPED */
        return STATUS_INVALID_PARAMETER;
    if (request->n_handles > HANDLES_IN_MESSAGE_MAX)
        return STATUS_LPC_HANDLE_COUNT_EXCEEDED;
    if ((uint64_t)request->sid_size + request->n_handles * sizeof(struct handle_offer) +
                request->attr_size + request->message_size !=
            data->size ||
        request->attr_size > PORT_ATTRIBUTES_MAX_BYTES ||
        (request->timeout_ns < 0 && request->timeout_ns != TIMEOUT_NEVER))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

/* What the parameters hold while a connection is made. */
struct holds {
    struct object *listener, *section;
    struct port *view_port, *context_port;
    struct handle_offer *offers;
};

static void holds_release(struct holds *holds)
{
    object_unref(holds->listener);
    object_unref(holds->section);
    port_unref(holds->view_port);
    port_unref(holds->context_port);
    free(holds->offers);
}

static status_t offers_copy(const struct alpc_connect_request *request,
                            const struct request_data *data, struct holds *holds)
{
    size_t size = request->n_handles * sizeof(*holds->offers);

    if (!size)
        return STATUS_SUCCESS;
    holds->offers = malloc(size);
    if (!holds->offers)
        return STATUS_NO_MEMORY;
    memcpy(holds->offers, data->bytes + request->sid_size, size); /* not aligned there */
    return STATUS_SUCCESS;
}

static status_t carried_look_up(struct client *client, const struct alpc_connect_request *request,
                                const struct request_data *data, struct holds *holds)
{
    status_t status = offers_copy(request, data, holds);

    if (!status && (request->flags & LPC_CONNECTION))
        status = lpc_section_lookup(client, &request->view, &holds->section);
    if (!status && request->view_port)
        status = port_lookup(client->process, request->view_port, &holds->view_port);
    if (!status && request->security.port)
        status = port_lookup(client->process, request->security.port, &holds->context_port);
    return status;
}

static struct connect_params params_of(struct client *client,
                                       const struct alpc_connect_request *request,
                                       const struct request_data *data, const struct holds *holds)
{
    struct port *listener = port_from_object(holds->listener);
    bool is_legacy = request->flags & LPC_CONNECTION;

    return (struct connect_params){
        .client = client,
        .listener = listener,
        .handle_attributes = data->objattr.attributes & OBJ_INHERIT,
        .sync = request->flags & ALPC_SYNC_CONNECTION,
        /* Nobody can answer at once: a zero time-out is the shortest one. */
        .timeout_ns = request->timeout_ns ? request->timeout_ns : 1,
        .message =
            data->bytes + request->sid_size + request->n_handles * sizeof(struct handle_offer),
        .attr_size = request->attr_size,
        .message_size = is_legacy ? lpc_information_clamp(listener, request->message_size)
                                  : request->message_size,
        .view_port = holds->view_port,
        .offers = holds->offers,
        .n_offers = request->n_handles,
        .context_port = holds->context_port,
        .security = request->security,
        .memory_id = request->memory_id,
        .is_legacy = is_legacy,
        .view_section = holds->section,
        .view = request->view,
    };
}

status_t req_alpc_connect(struct client *client, const struct alpc_connect_request *request,
                          struct request_data *data, struct alpc_connect_reply *ret_reply,
                          struct reply_extra *extra)
{
    _cleanup_(holds_release) struct holds holds = {0};
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct connect_params params;
    struct port *listener;
    status_t status;

    if (request->flags & LPC_CONNECTION_MAPPED)
        return lpc_mapped(client, request->view.base);
    status = request_check(client, request, data);
    if (!status)
        status = object_open(client, data, &port_ops, &holds.listener);
    if (status)
        return status;
    listener = port_from_object(holds.listener);
    port_sweep(listener);
    status = connection_admit(client, request, data, listener);
    if (!status)
        status = carried_look_up(client, request, data, &holds);
    if (status)
        return status;
    params = params_of(client, request, data, &holds);
    status = port_attributes_check(&request->attributes, request->has_attributes, true, listener,
                                   &params.attributes);
    if (!status)
        status = connection_connect(&params, &port);
    if (status) {
        port = NULL; /* PENDING: the reference is the parked request's */
        return status;
    }
    status = handle_new(&client->process->handles, &port->object, PORT_ALL_ACCESS,
                        params.handle_attributes, &ret_reply->port);
    if (!status)
        connect_answer(port, ret_reply, extra);
    return status;
}
