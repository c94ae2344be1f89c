/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The handshake (reference 4.1), one parked request on the client's side and one request on the
 * server's.
 *
 * Sync: the reply of alpc_connect is the acceptance, with the port, its memory and the lane to the
 * server. Async: the reply comes at once with port and memory; the acceptance is a message in the
 * port's queue (receive.c opens the port when it is received), a refusal is the end of the port's
 * memory. The lane is asked for at the first send. What this process has from an earlier connection
 * does not come again: the lane to that server (outbound.c), memory that no port uses
 * (spare_map.c).
 *
 * Attributes travel with the data, as in a record (connect_attributes.h). Those of an acceptance
 * are in a message whose end nobody tells: a plain view's range comes back with the end of the
 * connection; that of an asynchronous request, which is no port's yet, stays with its section. */

#include <string.h>

#include "attributes.h"
#include "common/fd.h"
#include "connect_attributes.h"
#include "handle.h"
#include "handles.h"
#include "local_port.h"
#include "outbound.h"
#include "process.h"
#include "receiver.h"
#include "spare_map.h"
#include "thread.h"

/* What goes behind the object attributes of alpc_connect: the SID, the message's attributes, its
 * data. */
struct connect_data {
    uint8_t bytes[PORTICO_MESSAGE_DATA_MAX + CONNECT_ATTRIBUTES_MAX_BYTES + 256];
    uint32_t size;
};

static status_t connect_data_put(const struct portico_connect *connect,
                                 const struct connect_attributes *sending,
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
    data->size += connect_attributes_put(sending, request, data->bytes + data->size);
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
                                      const struct alpc_connect_reply *reply, const uint8_t *data,
                                      uint32_t data_size)
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
        !the_process.hooks.copy_out(connect->message + 1, data, data_size))
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

/* The port's memory; takes its descriptor over, if it came. */
static status_t connect_memory(struct port *port, const struct alpc_connect_reply *reply,
                               const int *fds, struct spare_map *spare)
{
    struct port_memory_here here = {
        .id = reply->memory_id, .size = reply->memory_size, .fd = -1, .base = NULL};

    if (reply->comes & CONNECT_MEMORY_COMES)
        here.fd = fds[0];
    else if (spare)
        here.base = TAKE(spare->base);
    return receiver_adopt(reply->port_id, &here, true, &port->receiver);
}

/* The way to the server, if it came or is known. */
static status_t connect_lane(const struct alpc_connect_reply *reply, const int *fds,
                             struct outbound **ret_outbound)
{
    if (reply->comes & CONNECT_LANE_COMES)
        return outbound_adopt(&reply->lane, fds[0], fds[1], ret_outbound);
    *ret_outbound = outbound_of_grant(&reply->lane);
    return STATUS_SUCCESS;
}

status_t port_enter_connected(const struct alpc_connect_request *request,
                              const struct alpc_connect_reply *reply,
                              const struct call_extra *extra, bool is_sync,
                              struct legacy_views *views, struct spare_map *spare)
{
    _cleanup_(port_unrefp) struct port *port = port_of_connect(request, reply, is_sync);
    const int *lane_fds = extra->ret_fds + (reply->comes & CONNECT_MEMORY_COMES ? 1 : 0);
    struct outbound *outbound = NULL;
    status_t status;

    port->legacy_views = views;
    status = connect_memory(port, reply, extra->ret_fds, spare);
    if (!is_sync)
        return status == STATUS_SUCCESS ? port_enter(TAKE(port)) : status;
    if (status != STATUS_SUCCESS) {
        fd_close(lane_fds[0]);
        fd_close(lane_fds[1]);
        return status;
    }
    status = connect_lane(reply, lane_fds, &outbound);
    if (status != STATUS_SUCCESS)
        return status;
    port->outbound = outbound;
    port_count_received(port->receiver->view.at.memory);
    return port_enter(TAKE(port));
}

static void connect_context_keep(handle_t handle, uint64_t context)
{
    _cleanup_(port_unrefp) struct port *port = NULL;

    if (context && handle_get_port(handle, &port) == STATUS_SUCCESS)
        port->connect_context = context;
}

static status_t connect_finish(struct portico_connect *connect,
                               const struct alpc_connect_request *request,
                               const struct alpc_connect_reply *reply,
                               const struct call_extra *extra, struct spare_map *spare)
{
    bool is_sync = connect->flags & PORTICO_SYNC;
    const uint8_t *data = extra->ret_data;
    status_t status = port_enter_connected(request, reply, extra, is_sync, NULL, spare);

    if (status == STATUS_SUCCESS && !is_sync)
        connect_context_keep(reply->port, connect->message_context);
    if (status == STATUS_SUCCESS && is_sync)
        status = connect_reply_deliver(connect, reply, data + reply->attr_size,
                                       extra->ret_size - reply->attr_size);
    if (status == STATUS_SUCCESS && is_sync)
        connect_attributes_receive(connect, reply, data);
    if (status != STATUS_SUCCESS && portico_close(reply->port) != STATUS_SUCCESS)
        abort();
    return status;
}

static status_t connect_ask(struct portico_connect *connect,
                            const struct connect_attributes *sending,
                            struct alpc_connect_reply *ret_reply)
{
    struct alpc_connect_request request = {
        .timeout_ns = TIMEOUT_NEVER,
        .has_attributes = connect->attributes != NULL,
        .flags = connect->flags & PORTICO_SYNC,
    };
    struct objattr objattr;
    _cleanup_(freep) struct connect_data *data = malloc(sizeof(*data));
    _cleanup_(spare_map_leave) struct spare_map spare = {0};
    struct call_extra extra = {0};
    struct control *control = portico_control();
    status_t status;

    if (!control || !data)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (connect->attributes)
        request.attributes = *connect->attributes;
    status = connect_data_put(connect, sending, &request, data);
    if (status != STATUS_SUCCESS)
        return status;
    name_put(&connect->name, &objattr, &extra);
    extra.data = data->bytes;
    extra.data_size = data->size;
    extra.ret_data = data->bytes;
    extra.ret_capacity = sizeof(data->bytes);
    spare_map_take(&spare);
    request.memory_id = spare.id;
    outbound_grant_begin();
    if (connect->flags & PORTICO_SYNC)
        portico_control_park(control, connect->deadline_ns, connect->flags & PORTICO_ALERTABLE);
    status = call_alpc_connect(control, &request, ret_reply, &extra);
    if (status == STATUS_SUCCESS)
        status = connect_finish(connect, &request, ret_reply, &extra, &spare);
    outbound_grant_end();
    return status;
}

status_t portico_port_connect(struct portico_connect *connect, handle_t *ret_port)
{
    struct alpc_connect_reply reply;
    struct connect_attributes sending;
    status_t status = connect_attributes_begin(connect->send_attributes, &sending);

    if (connect->receive_attributes)
        connect->receive_attributes->valid = 0;
    if (status != STATUS_SUCCESS)
        return status;
    status = connect_ask(connect, &sending, &reply);
    bool is_over = status != STATUS_SUCCESS || connect->flags & PORTICO_SYNC;
    connect_attributes_end(&sending, status, is_over ? 0 : reply.message_id);
    if (status == STATUS_SUCCESS)
        *ret_port = reply.port;
    return status;
}

/* Legacy: a NULL PortContext becomes the handle (reference 5.3); no message comes before the client
 * is told of the acceptance. */
static status_t port_enter_accepted(struct port *connection_port,
                                    const struct alpc_accept_request *request,
                                    const struct alpc_accept_reply *reply,
                                    struct legacy_views *views)
{
    struct port *port = port_new();

    port->handle = reply->port;
    port->kind = PORT_KIND_SERVER;
    port->flags = reply->flags;
    port->max_message_length = reply->max_message_length;
    port->connection = reply->connection;
    port->generation = reply->connection_generation;
    port->port_id = reply->port_id;
    port->peer_flags = reply->peer_flags;
    port->legacy_views = views;
    port->port_context = request->port_context;
    if (request->hold && !request->port_context) {
        port->port_context = reply->port;
        port_set_context(&connection_port->receiver->view, reply->connection,
                         reply->connection_generation, reply->port);
    }
    port->life = LIFE_OPEN;
    port->receiver = receiver_ref(connection_port->receiver);
    return port_enter(port);
}

/* The acceptance's attributes, then its data. */
struct accept_data {
    struct wire_attributes wire;
    uint8_t bytes[PORTICO_MESSAGE_DATA_MAX];
};

/* *ret_place: of the connection that is accepted. */
static status_t accept_ask(struct port *port, struct alpc_accept_request *request,
                           const struct accept_data *data, uint32_t size,
                           struct alpc_accept_reply *ret_reply, struct slot_place *ret_place)
{
    struct call_extra extra = {.data = request->attr_size ? (const void *)data : data->bytes,
                               .data_size = request->attr_size + size};
    struct control *control = portico_control();
    struct list handles; /* that came with the request */
    status_t status;

    *ret_place = (struct slot_place){0};
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = port_accept_begin(&port->receiver->view, request->message_id, request->port_context,
                               &ret_place->connection, &ret_place->connection_generation);
    if (status != STATUS_SUCCESS)
        return status;
    handles_detach(port, request->message_id, &handles);
    status = call_alpc_accept(control, request, ret_reply, &extra);
    port_accept_end(&port->receiver->view, request->message_id, status == STATUS_SUCCESS);
    /* The server has ended the transfer with the request, also that of a client that has gone. */
    if (status == STATUS_SUCCESS || status == STATUS_REPLY_MESSAGE_MISMATCH)
        handles_forget(&handles);
    else
        handles_attach(&handles);
    return status;
}

/* With what goes to the client; a refusal has no attributes (UNKNOWN). */
static status_t accept_send(struct port *port, struct alpc_accept_request *request,
                            const struct portico_attributes *attributes, struct accept_data *data,
                            uint32_t size, struct alpc_accept_reply *ret_reply)
{
    struct slot_place place;
    struct attributes_fate fate = {.message_id = request->message_id, .place = &place};
    status_t status = STATUS_SUCCESS;

    if (request->accept)
        status = attributes_send(port, attributes, request->message_id, &data->wire,
                                 &request->attr_size);
    if (status != STATUS_SUCCESS)
        return status;
    status = accept_ask(port, request, data, size, ret_reply, &place);
    fate.is_sent = status == STATUS_SUCCESS;
    if (!fate.is_sent)
        fate.message_id = 0;
    if (request->attr_size)
        attributes_sent(port, &data->wire, &fate);
    if (fate.is_sent && attributes)
        attributes_give_back(port, attributes, request->message_id);
    return status;
}

static status_t accept_data_get(const struct port *port, const struct portico_message *user_message,
                                struct portico_message *ret_header, struct accept_data *data)
{
    if (!the_process.hooks.copy_in(ret_header, user_message, sizeof(*ret_header)))
        return STATUS_ACCESS_VIOLATION;
    if (ret_header->total_length != ret_header->data_length + sizeof(*ret_header))
        return STATUS_INVALID_PARAMETER;
    if (ret_header->total_length > port->max_message_length)
        return STATUS_PORT_MESSAGE_TOO_LONG;
    if (ret_header->data_length &&
        !the_process.hooks.copy_in(data->bytes, user_message + 1, ret_header->data_length))
        return STATUS_ACCESS_VIOLATION;
    return STATUS_SUCCESS;
}

status_t port_accept(struct port *port, struct alpc_accept_request *request,
                     const struct portico_message *user_message, uint32_t data_size,
                     struct legacy_views **views, handle_t *ret_port)
{
    _cleanup_(freep) struct accept_data *data = malloc(sizeof(*data));
    struct alpc_accept_reply reply;
    struct slot_place place;
    status_t status;

    if (!data)
        return STATUS_NO_MEMORY;
    if (data_size && !the_process.hooks.copy_in(data->bytes, user_message + 1, data_size))
        return STATUS_ACCESS_VIOLATION;
    status = accept_ask(port, request, data, data_size, &reply, &place);
    if (status != STATUS_SUCCESS || !request->accept)
        return status;
    status = port_enter_accepted(port, request, &reply, TAKE(*views));
    if (status == STATUS_SUCCESS)
        *ret_port = reply.port;
    return status;
}

status_t portico_port_accept_with(handle_t connection_port,
                                  const struct port_attributes *attributes, uint64_t port_context,
                                  const struct portico_message *user_message,
                                  const struct portico_attributes *send_attributes,
                                  uint32_t handle_attributes, bool accept, handle_t *ret_port)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    _cleanup_(freep) struct accept_data *data = malloc(sizeof(*data));
    struct portico_message header;
    struct alpc_accept_request request = {.port_context = port_context,
                                          .port = connection_port,
                                          .handle_attributes = handle_attributes,
                                          .accept = accept,
                                          .has_attributes = attributes != NULL};
    struct alpc_accept_reply reply;
    status_t status = handle_get_port(connection_port, &port);

    if (status != STATUS_SUCCESS)
        return status;
    if (port->kind != PORT_KIND_CONNECTION)
        return STATUS_INVALID_PORT_HANDLE;
    if (!data)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = accept_data_get(port, user_message, &header, data);
    if (status != STATUS_SUCCESS)
        return status;
    if (attributes)
        request.attributes = *attributes;
    request.message_id = header.message_id;
    request.callback_id = (uint32_t)header.callback_id;
    status = accept_send(port, &request, send_attributes, data, header.data_length, &reply);
    if (status != STATUS_SUCCESS || !accept)
        return status;
    status = port_enter_accepted(port, &request, &reply, NULL);
    if (status == STATUS_SUCCESS)
        *ret_port = reply.port;
    return status;
}

status_t portico_port_accept(handle_t connection_port, const struct port_attributes *attributes,
                             uint64_t port_context, const struct portico_message *request,
                             bool accept, handle_t *ret_port)
{
    return portico_port_accept_with(connection_port, attributes, port_context, request, NULL, 0,
                                    accept, ret_port);
}
