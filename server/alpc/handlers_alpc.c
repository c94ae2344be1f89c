/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* ALPC requests: unpack, call, pack. */

#include "handlers.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "connect.h"
#include "create.h"
#include "grants.h"
#include "lane/consumer.h"
#include "process.h"
#include "server.h"

status_t req_alpc_create_port(struct client *client, const struct alpc_create_port_request *request,
                              struct request_data *data, struct alpc_create_port_reply *ret_reply,
                              struct reply_extra *extra)
{
    struct port_attributes attributes;
    struct creation creation = {0};
    struct port *port = NULL;
    status_t status;

    status = port_attributes_check(&request->attributes, request->has_attributes, false, NULL,
                                   &attributes);
    if (status)
        return status;
    /* Reference 3.1: OBJ_OPENIF on a taken name is a parameter error. */
    status = creation_begin(client, data, &port_ops, &creation);
    if (status == STATUS_OBJECT_NAME_EXISTS)
        status = STATUS_INVALID_PARAMETER;
    if (!status)
        status =
            port_new(client->server, client->process, PORT_KIND_CONNECTION, &attributes, 0, &port);
    if (!status) {
        creation.object = &port->object;
        status = receiver_hold(&port->receiver, client->process);
    }
    status = creation_end(client, data, status, PORT_ALL_ACCESS, &creation, &ret_reply->port);
    if (status)
        return status;
    ret_reply->port_id = port->object.id;
    ret_reply->memory_size = port->receiver.size;
    ret_reply->flags = port->flags;
    ret_reply->max_message_length = port->max_message_length;
    extra->fds[extra->n_fds++] = port->receiver.memory_fd;
    return STATUS_SUCCESS;
}

static status_t request_accept(struct client *client, const struct alpc_accept_request *request,
                               const struct request_data *data, struct connection *connection,
                               struct alpc_accept_reply *ret_reply)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct port_attributes attributes;
    status_t status = port_attributes_check(&request->attributes, request->has_attributes, true,
                                            connection->listener, &attributes);

    if (!status)
        status = port_new(client->server, client->process, PORT_KIND_SERVER, &attributes, 0, &port);
    if (!status)
        status = handle_new(&client->process->handles, &port->object, PORT_ALL_ACCESS,
                            request->handle_attributes & OBJ_INHERIT, &ret_reply->port);
    if (status)
        return status;
    port->has_own_attributes = request->has_attributes != 0;
    port->port_context = request->port_context;
    connection->lpc.hold = request->hold;
    connection->lpc.server_base = request->view_base;
    ret_reply->peer_flags = connection->client->flags;
    ret_reply->port_id = port->object.id;
    ret_reply->connection = connection->index;
    ret_reply->connection_generation = connection->generation;
    ret_reply->flags = port->flags;
    ret_reply->max_message_length = port->max_message_length;
    return connection_accept(connection, port, client, data->bytes, request->attr_size,
                             request->hold ? lpc_information_clamp(connection->listener, data->size)
                                           : data->size);
}

status_t req_alpc_accept(struct client *client, const struct alpc_accept_request *request,
                         struct request_data *data, struct alpc_accept_reply *ret_reply,
                         struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *listener = NULL;
    struct connection *connection;
    status_t status = port_get(client->process, request->port, &listener);

    if (status)
        return status;
    if (listener->kind != PORT_KIND_CONNECTION)
        return STATUS_INVALID_PORT_HANDLE;
    connection = connection_find_request(listener, request->message_id, request->callback_id);
    if (!request->accept) {
        if (connection)
            connection_refuse(connection);
        /* UNKNOWN: refusing a request whose client has gone. */
        return STATUS_SUCCESS;
    }
    if (!connection || connection->lpc.mapping)
        return STATUS_REPLY_MESSAGE_MISMATCH;
    if (request->attr_size > data->size || request->attr_size > PORT_ATTRIBUTES_MAX_BYTES)
        return STATUS_INVALID_PARAMETER;
    if (data->size - request->attr_size + MESSAGE_HEADER_BYTES > MESSAGE_MAX_BYTES)
        return STATUS_PORT_MESSAGE_TOO_LONG;
    return request_accept(client, request, data, connection, ret_reply);
}

status_t req_alpc_disconnect(struct client *client, const struct alpc_disconnect_request *request,
                             struct request_data *data _unused_,
                             struct alpc_disconnect_reply *ret_reply _unused_,
                             struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = port_get(client->process, request->port, &port);

    if (status)
        return status;
    if (request->flags & ~ALPC_DISCONNECT_NO_FLUSH)
        return STATUS_INVALID_PARAMETER;
    if (port->closed)
        return STATUS_PORT_DISCONNECTED;
    if (port->connection)
        port->connection->no_flush = request->flags & ALPC_DISCONNECT_NO_FLUSH;
    port_end(port, STATUS_PORT_DISCONNECTED);
    return STATUS_SUCCESS;
}

static status_t receiver_get(struct client *client, handle_t handle, struct port **ret_port,
                             struct receiver **ret_receiver)
{
    status_t status = port_get(client->process, handle, ret_port);

    if (status)
        return status;
    *ret_receiver = port_receiver(*ret_port);
    return *ret_receiver ? STATUS_SUCCESS : STATUS_PORT_DISCONNECTED;
}

status_t req_alpc_doorbells(struct client *client, const struct alpc_doorbells_request *request,
                            struct request_data *data _unused_,
                            struct alpc_doorbells_reply *ret_reply _unused_,
                            struct reply_extra *extra)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct receiver *receiver;
    status_t status = receiver_get(client, request->port, &port, &receiver);

    if (!status)
        status = receiver_bells(receiver);
    if (status)
        return status;
    extra->fds[0] = receiver->bells.inner;
    extra->fds[1] = receiver->bells.outer;
    extra->fds[2] = receiver->bells.port_bell;
    extra->n_fds = 3;
    return STATUS_SUCCESS;
}

status_t req_alpc_map_lane(struct client *client, const struct alpc_map_lane_request *request,
                           struct request_data *data _unused_,
                           struct alpc_map_lane_reply *ret_reply, struct reply_extra *extra)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct receiver *receiver;
    struct lane *lane;
    status_t status = receiver_get(client, request->port, &port, &receiver);

    if (status)
        return status;
    lane = receiver_find_lane(receiver, request->lane);
    if (!lane)
        return STATUS_NOT_FOUND;
    lane_describe(lane, &ret_reply->lane);
    extra->fds[extra->n_fds++] = lane->fd;
    return STATUS_SUCCESS;
}

struct direction {
    struct port *port; /* reference */
    struct connection *connection;
    struct sender *sender;
    struct port_keeper *ids;
    bool to_server;
};

static status_t sender_for(struct client *client, handle_t handle, uint32_t index,
                           struct direction *ret_direction)
{
    struct direction *d = ret_direction;
    status_t status =
        direction_get(client->process, handle, index, &d->port, &d->connection, &d->to_server);

    if (!status) {
        d->ids = &d->connection->listener->receiver.keeper;
        status = connection_sender(d->connection, d->to_server, client->process, &d->sender);
    }
    if (!status)
        senders_sweep(d->sender->receiver);
    return status;
}

status_t req_alpc_lane(struct client *client, const struct alpc_lane_request *request,
                       struct request_data *data _unused_, struct alpc_lane_reply *ret_reply,
                       struct reply_extra *extra)
{
    struct direction d = {0};
    struct lane *lane;
    status_t status = sender_for(client, request->port, request->connection, &d);

    if (!status)
        status = sender_lane(d.sender, d.ids, &lane);
    if (!status) {
        lane_describe(lane, &ret_reply->lane);
        lane_put(lane, extra);
        ret_reply->receiver_id = d.sender->receiver->port_id;
        ret_reply->connection = d.to_server ? d.connection->index : d.connection->client_index;
        ret_reply->connection_generation =
            d.to_server ? d.connection->generation : d.connection->client_generation;
    }
    port_unref(d.port);
    return status;
}

status_t req_alpc_grow_lane(struct client *client, const struct alpc_grow_lane_request *request,
                            struct request_data *data _unused_,
                            struct alpc_grow_lane_reply *ret_reply, struct reply_extra *extra)
{
    struct direction d = {0};
    struct lane *lane;
    status_t status = sender_for(client, request->port, request->connection, &d);

    if (!status)
        status = sender_resize(d.sender, request->lane, request->shrink, &lane);
    if (!status) {
        lane_describe(lane, &ret_reply->lane);
        lane_put(lane, extra);
    }
    port_unref(d.port);
    return status;
}

status_t req_alpc_lease(struct client *client, const struct alpc_lease_request *request,
                        struct request_data *data _unused_, struct alpc_lease_reply *ret_reply,
                        struct reply_extra *extra _unused_)
{
    struct direction d = {0};
    struct lane *lane = NULL;
    status_t status = sender_for(client, request->port, request->connection, &d);

    if (!status) {
        lane = sender_find_lane(d.sender, request->lane);
        status = lane ? lane_lease(lane, d.ids) : STATUS_NOT_FOUND;
    }
    if (!status) {
        ret_reply->first_id = lane->first_id;
        ret_reply->n_ids = lane->n_ids;
    }
    port_unref(d.port);
    return status;
}

/* The receiver decides when a lane is done with: this only makes the daemon look now. */
status_t req_alpc_retire_lane(struct client *client, const struct alpc_retire_lane_request *request,
                              struct request_data *data _unused_,
                              struct alpc_retire_lane_reply *ret_reply _unused_,
                              struct reply_extra *extra _unused_)
{
    struct direction d = {0};
    status_t status = sender_for(client, request->port, request->connection, &d);

    port_unref(d.port);
    return status;
}

static bool has_sender(const struct process *process, uint64_t id)
{
    const struct sender *sender;

    list_for_each(sender, &process->lanes, process_link) {
        if (sender->id == id)
            return true;
    }
    return false;
}

status_t req_alpc_senders_left(struct client *client,
                               const struct alpc_senders_left_request *request _unused_,
                               struct request_data *data,
                               struct alpc_senders_left_reply *ret_reply _unused_,
                               struct reply_extra *extra)
{
    uint32_t n = data->size / sizeof(uint64_t);
    uint8_t *left;

    if (data->size % sizeof(uint64_t) || !n || n > SENDERS_LEFT_MAX)
        return STATUS_INVALID_PARAMETER;
    left = malloc(n);
    if (!left)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t id;

        memcpy(&id, data->bytes + i * sizeof(id), sizeof(id));
        left[i] = has_sender(client->process, id);
    }
    extra->owned_data = left;
    extra->data_size = n;
    return STATUS_SUCCESS;
}

status_t req_alpc_lane_broken(struct client *client, const struct alpc_lane_broken_request *request,
                              struct request_data *data _unused_,
                              struct alpc_lane_broken_reply *ret_reply _unused_,
                              struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct receiver *receiver;
    struct lane *lane;
    status_t status = receiver_get(client, request->port, &port, &receiver);

    if (status)
        return status;
    lane = receiver_find_lane(receiver, request->lane);
    if (!lane || lane->generation != request->generation)
        return STATUS_NOT_FOUND;
    server_log(client->server, "process %u broke the lane protocol towards process %d (%s)",
               lane->sender->process_id, (int)client->pid,
               lane_break_name((enum lane_break)request->reason));
    connections_of_sender_close(receiver, lane->sender);
    return STATUS_SUCCESS;
}

/* The sweep in port_get() is all that there is to it. */
status_t req_alpc_lane0_drained(struct client *client,
                                const struct alpc_lane0_drained_request *request,
                                struct request_data *data _unused_,
                                struct alpc_lane0_drained_reply *ret_reply _unused_,
                                struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;

    return port_get(client->process, request->port, &port);
}

static void connection_answer(const struct port *port, struct alpc_query_reply *ret_reply)
{
    const struct connection *connection = port->connection;

    ret_reply->state = connection ? (uint32_t)connection->state : CONNECTION_WIRE_CLOSED;
    if (!connection)
        return;
    ret_reply->connection = connection->index;
    ret_reply->connection_generation = connection->generation;
    if (port->kind == PORT_KIND_SERVER && connection->client)
        ret_reply->peer_flags = connection->client->flags;
    ret_reply->peer_process_id = port->kind == PORT_KIND_CLIENT ? connection->server_process_id
                                                                : connection->client_process_id;
}

status_t req_alpc_query(struct client *client, const struct alpc_query_request *request,
                        struct request_data *data _unused_, struct alpc_query_reply *ret_reply,
                        struct reply_extra *extra)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct receiver *receiver;
    status_t status = port_get(client->process, request->port, &port);

    if (status)
        return status;
    receiver = port_receiver(port);
    if (receiver) {
        status = receiver_hold(receiver, client->process);
        if (status)
            return status;
        ret_reply->receiver_id = receiver->port_id;
        ret_reply->memory_size = receiver->size;
        extra->fds[extra->n_fds++] = receiver->memory_fd;
    }
    ret_reply->attributes = port->attributes;
    ret_reply->port_id = port->object.id;
    ret_reply->port_context = port->port_context;
    ret_reply->kind = port->kind;
    ret_reply->flags = port->flags;
    ret_reply->max_message_length = port->max_message_length;
    if (port->kind != PORT_KIND_CONNECTION)
        connection_answer(port, ret_reply);
    return STATUS_SUCCESS;
}
