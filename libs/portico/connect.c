/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The handshake (reference 4.1), one parked request on the client's side and one request on the
 * server's.
 *
 * Sync: the reply of alpc_connect is the acceptance, with the port, its memory and the lane to the
 * server. Async: the reply comes at once with port and memory; the acceptance is a message in the
 * port's queue (receive.c opens the port when it is received), a refusal is the end of the port's
 * memory. The lane is asked for at the first send. */

#include "common/fd.h"
#include "handle.h"
#include "local_port.h"
#include "outbound.h"
#include "process.h"
#include "receiver.h"
#include "thread.h"

/* What goes behind the object attributes of alpc_connect: the SID, then the message's data. */
struct connect_data {
    uint8_t bytes[PORTICO_MESSAGE_DATA_MAX + 256];
    uint32_t size;
};

static status_t connect_data_put(const struct portico_connect *connect,
                                 struct alpc_connect_request *request, struct connect_data *data)
{
    struct portico_message header;

    data->size = 0;
    if (connect->required_sid_size > 256)
        return STATUS_INVALID_PARAMETER;
    request->sid_size = connect->required_sid_size;
    if (request->sid_size) {
        if (!the_process.hooks.copy_in(data->bytes, connect->required_sid, request->sid_size))
            return STATUS_ACCESS_VIOLATION;
        data->size = request->sid_size;
    }
    if (!connect->message)
        return STATUS_SUCCESS;
    if (!the_process.hooks.copy_in(&header, connect->message, sizeof(header)))
        return STATUS_ACCESS_VIOLATION;
    if (header.total_length != header.data_length + sizeof(header))
        return STATUS_INVALID_PARAMETER;
    if (request->has_attributes && request->attributes.max_message_length &&
        header.total_length > request->attributes.max_message_length)
        return STATUS_PORT_MESSAGE_TOO_LONG;
    request->message_size = header.data_length;
    if (!the_process.hooks.copy_in(data->bytes + data->size, connect->message + 1,
                                   header.data_length))
        return STATUS_ACCESS_VIOLATION;
    data->size += header.data_length;
    return STATUS_SUCCESS;
}

/* The accept message into the caller's buffer. */
static status_t connect_reply_deliver(struct portico_connect *connect,
                                      const struct alpc_connect_reply *reply,
                                      const struct connect_data *data, uint32_t data_size)
{
    struct portico_message header = {
        .data_length = (uint16_t)data_size,
        .total_length = (uint16_t)(data_size + sizeof(header)),
        .type = PORTICO_TYPE_CONNECTION_REPLY,
        .process_id = reply->server_process_id,
        .thread_id = reply->server_thread_id,
        .message_id = reply->message_id,
        .callback_id = reply->callback_id,
    };

    connect->ret_size = header.total_length;
    if (!connect->message)
        return STATUS_SUCCESS;
    if (connect->capacity < header.total_length)
        return STATUS_BUFFER_TOO_SMALL;
    if (!the_process.hooks.copy_out(connect->message, &header, sizeof(header)) ||
        !the_process.hooks.copy_out(connect->message + 1, data->bytes, data_size))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

static struct port *port_of_connect(const struct alpc_connect_request *request,
                                    const struct alpc_connect_reply *reply, bool is_sync)
{
    struct port *port = port_new();

    port->handle = reply->port;
    port->kind = PORT_KIND_CLIENT;
    port->flags = reply->flags;
    port->max_message_length = reply->max_message_length;
    port->lends_thread = port_lends_thread(PORT_KIND_CLIENT, &request->attributes);
    port->port_id = reply->port_id;
    port->server_process_id = reply->server_process_id;
    port->peer_connection = reply->connection;
    port->peer_generation = reply->connection_generation;
    port->connection = 0;
    port->port_context = 0;
    port->life = is_sync ? LIFE_OPEN : LIFE_PENDING;
    return port;
}

static status_t port_enter_connected(const struct alpc_connect_request *request,
                                     const struct alpc_connect_reply *reply,
                                     const struct call_extra *extra, bool is_sync)
{
    _cleanup_(port_unrefp) struct port *port = port_of_connect(request, reply, is_sync);
    struct outbound *outbound = NULL;
    status_t status = receiver_adopt(reply->port_id, reply->port, reply->memory_size,
                                     extra->ret_fds[0], true, &port->receiver);

    if (!is_sync)
        return status == STATUS_SUCCESS ? handle_enter_port(reply->port, TAKE(port)) : status;
    if (status != STATUS_SUCCESS) {
        fd_close(extra->ret_fds[1]);
        fd_close(extra->ret_fds[2]);
        return status;
    }
    status = outbound_adopt(&reply->lane, extra->ret_fds[1], extra->ret_fds[2], &outbound);
    if (status != STATUS_SUCCESS)
        return status;
    port->outbound = outbound;
    port_count_received(&port->receiver->view);
    return handle_enter_port(reply->port, TAKE(port));
}

status_t portico_port_connect(struct portico_connect *connect, handle_t *ret_port)
{
    struct alpc_connect_request request = {
        .timeout_ns = TIMEOUT_NEVER,
        .has_attributes = connect->attributes != NULL,
        .flags = connect->flags & PORTICO_SYNC,
    };
    struct alpc_connect_reply reply;
    struct objattr objattr;
    _cleanup_(freep) struct connect_data *data = malloc(sizeof(*data));
    struct call_extra extra = {0};
    struct control *control = portico_control();
    bool is_sync = connect->flags & PORTICO_SYNC;
    status_t status;

    if (!control || !data)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (connect->attributes)
        request.attributes = *connect->attributes;
    status = connect_data_put(connect, &request, data);
    if (status != STATUS_SUCCESS)
        return status;
    name_put(&connect->name, &objattr, &extra);
    extra.data = data->bytes;
    extra.data_size = data->size;
    extra.ret_data = data->bytes;
    extra.ret_capacity = sizeof(data->bytes);
    outbound_grant_begin();
    if (is_sync)
        portico_control_park(control, connect->deadline_ns, connect->flags & PORTICO_ALERTABLE);
    status = call_alpc_connect(control, &request, &reply, &extra);
    if (status == STATUS_SUCCESS) {
        status = port_enter_connected(&request, &reply, &extra, is_sync);
        if (status == STATUS_SUCCESS && is_sync)
            status = connect_reply_deliver(connect, &reply, data, extra.ret_size);
        if (status != STATUS_SUCCESS && portico_close(reply.port) != STATUS_SUCCESS)
            abort();
    }
    outbound_grant_end();
    if (status == STATUS_SUCCESS)
        *ret_port = reply.port;
    return status;
}

static status_t port_enter_accepted(struct port *connection_port,
                                    const struct alpc_accept_reply *reply, uint64_t port_context)
{
    struct port *port = port_new();

    port->handle = reply->port;
    port->kind = PORT_KIND_SERVER;
    port->flags = reply->flags;
    port->max_message_length = reply->max_message_length;
    port->connection = reply->connection;
    port->port_id = reply->port_id;
    port->port_context = port_context;
    port->life = LIFE_OPEN;
    port->receiver = receiver_ref(connection_port->receiver);
    return handle_enter_port(reply->port, port);
}

static status_t accept_ask(struct port *port, struct alpc_accept_request *request,
                           const struct portico_message *user_message, uint32_t data_size,
                           struct alpc_accept_reply *ret_reply)
{
    _cleanup_(freep) void *data = malloc(data_size + 1u);
    struct call_extra extra = {.data = data, .data_size = data_size};
    struct control *control = portico_control();
    uint32_t connection, generation;
    status_t status;

    if (!control || !data)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (data_size && !the_process.hooks.copy_in(data, user_message + 1, data_size))
        return STATUS_ACCESS_VIOLATION;
    status = port_accept_begin(&port->receiver->view, request->message_id, request->port_context,
                               &connection, &generation);
    if (status != STATUS_SUCCESS)
        return status;
    status = call_alpc_accept(control, request, ret_reply, &extra);
    port_accept_end(&port->receiver->view, request->message_id, status == STATUS_SUCCESS);
    return status;
}

status_t portico_port_accept(handle_t connection_port, const struct port_attributes *attributes,
                             uint64_t port_context, const struct portico_message *user_message,
                             bool accept, handle_t *ret_port)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct portico_message header;
    struct alpc_accept_request request = {.port_context = port_context,
                                          .port = connection_port,
                                          .accept = accept,
                                          .has_attributes = attributes != NULL};
    struct alpc_accept_reply reply;
    status_t status = handle_get_port(connection_port, &port);

    if (status != STATUS_SUCCESS)
        return status;
    if (port->kind != PORT_KIND_CONNECTION)
        return STATUS_INVALID_PORT_HANDLE;
    if (!the_process.hooks.copy_in(&header, user_message, sizeof(header)))
        return STATUS_ACCESS_VIOLATION;
    if (header.total_length != header.data_length + sizeof(header))
        return STATUS_INVALID_PARAMETER;
    if (header.total_length > port->max_message_length)
        return STATUS_PORT_MESSAGE_TOO_LONG;
    if (attributes)
        request.attributes = *attributes;
    request.message_id = header.message_id;
    request.callback_id = (uint32_t)header.callback_id;
    status = accept_ask(port, &request, user_message, header.data_length, &reply);
    if (status != STATUS_SUCCESS || !accept)
        return status;
    status = port_enter_accepted(port, &reply, port_context);
    if (status == STATUS_SUCCESS)
        *ret_port = reply.port;
    return status;
}
