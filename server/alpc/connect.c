/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See connect.h. What the two sides see follows reference 4.1, 4.9 and, where it is silent,
 * docs/ARCHITECTURE.md's table of what ends a blocked sender: the client's calls get
 * PORT_DISCONNECTED whoever closed. DIFFERS(NtAlpcDisconnectPort): a datagram to a port that the
 * other side has disconnected is STATUS_PORT_DISCONNECTED; on Windows 11 one was seen to be sent
 * (D-11 leaves it open).
 *
 * The order of an end: lanes of the sender first, then the close entry, then bell and notice, so
 * that what was published before the close is still received (or counted as cancelled) before
 * LPC_PORT_CLOSED. */

#include "connect.h"

#include <assert.h>
#include <stdlib.h>

#include "grants.h"
#include "handle_transfer.h"
#include "process.h"
#include "security_context.h"
#include "server.h"

#define TOKEN_IDS(token)                                                     \
    {                                                                        \
        (token)->object.id, (token)->authentication_id, (token)->modified_id \
    }

static void connection_free_if_unused(struct connection *connection)
{
    struct port *listener = connection->listener;

    if (connection->client || connection->server || connection->state == CONNECTION_PENDING ||
        connection->state == CONNECTION_OPEN)
        return;
    if (connection->placed && listener) {
        if (!port_keeper_close_is_done(&listener->receiver.keeper, connection->index)) {
            /* Nothing but this is waited for: port_sweep looks. */
            list_remove(&connection->link);
            list_prepend(&listener->closing,
                         &connection->link); /* which is being walked, perhaps */
            return;
        }
        port_keeper_free_connection(&listener->receiver.keeper, connection->index);
    }
    assert(!connection->parked.client);
    lpc_link_deinit(&connection->lpc);
    list_remove(&connection->link);
    token_unref(connection->client_token);
    token_unref(connection->client_primary);
    free(connection);
}

/* Port memory's entries: PENDING at the connection port, PENDING at the client port (place 0). */
static status_t connection_enter(struct connection *connection, struct client *client)
{
    struct port *listener = connection->listener;
    struct port_connect at_server = {
        .process_id = (uint32_t)client->pid,
        .thread_id = client->thread_id,
        .sender = process_number(client->process),
        .token_ids = TOKEN_IDS(connection->client_token),
        .create_time = clock_nt(),
    };
    struct port_connect at_client = {
        .process_id = listener->owner_process_id,
        .sender = process_number(listener->creator),
        .token_ids = TOKEN_IDS(listener->creator->token),
        .create_time = at_server.create_time,
    };
    status_t status =
        port_keeper_connect(&connection->client->receiver.keeper, &at_client,
                            &connection->client_index, &connection->client_generation);

    if (!status)
        status = port_keeper_connect(&listener->receiver.keeper, &at_server, &connection->index,
                                     &connection->generation);
    connection->placed = status == STATUS_SUCCESS;
    return status;
}

static status_t request_post(struct connection *connection, const struct connect_params *params)
{
    struct lane_message message = {
        .connection = connection->index,
        .connection_generation = connection->generation,
        .kind = LANE_CONNECT_REQUEST,
        .sender_tid = params->client->thread_id,
        .attr_size = params->attr_size,
        .data_size = params->message_size,
    };
    struct receiver *receiver = &connection->listener->receiver;

    message.message_id = receiver_own_id(receiver);
    if (!message.message_id)
        return STATUS_INSUFFICIENT_RESOURCES;
    message.callback_id = connection->callback_id = message.message_id;
    connection->message_id = message.message_id;
    return receiver_post(receiver, &message, params->message);
}

static void connect_cancel(struct parked *parked, status_t why)
{
    struct connection *connection = CONTAINER_OF(parked, struct connection, parked);

    connection_close(connection, true, why);
}

static void connect_reply(struct connection *connection, status_t status,
                          struct alpc_connect_reply *reply, const struct reply_extra *extra)
{
    struct parked parked = connection->parked;

    if (!parked.client)
        return;
    parked_finish(&connection->parked, status, &reply->header, sizeof(*reply), extra);
    connection->parked = (struct parked){0};
}

/* The handles and the security context of the request; a view is the receiver's to ask for. */
static status_t request_carry(struct connection *connection, const struct connect_params *params)
{
    const struct connect_security *wish = &params->security;
    struct security_quality quality = {.level = wish->level,
                                       .dynamic = wish->tracking == TRACKING_DYNAMIC,
                                       .effective_only = wish->effective_only};
    status_t status = STATUS_SUCCESS;

    if (params->n_offers)
        status = transfer_offer_with_request(connection, params->client->process, params->offers,
                                             params->n_offers);
    if (!status && wish->context && params->context_port &&
        !security_context_find(params->context_port, wish->context))
        status = STATUS_INVALID_HANDLE;
    if (!status && wish->context && !params->context_port)
        status = security_context_new_with(connection->client, params->client,
                                           wish->has_qos ? &quality : NULL, wish->context);
    return status;
}

static status_t connect_start(struct connection *connection, const struct connect_params *params)
{
    struct sender *sender;
    struct lane *lane;
    status_t status = connection_enter(connection, params->client);

    if (!status)
        status = connection_sender(connection, true, params->client->process, &sender);
    if (!status && params->sync)
        status = sender_lane(sender, &connection->listener->receiver.keeper, &lane);
    if (!status)
        status = receiver_hold(&connection->client->receiver, params->client->process);
    if (!status)
        status = request_carry(connection, params);
    if (!status)
        status = request_post(connection, params);
    if (!status && params->sync)
        status = connection_park(connection, params->client, params->timeout_ns);
    return status;
}

status_t connection_park(struct connection *connection, struct client *client, int64_t timeout_ns)
{
    return client_park(client, &connection->parked, timeout_ns, connect_cancel);
}

status_t connection_connect(const struct connect_params *params, struct port **ret_client_port)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct connection *connection = calloc(1, sizeof(*connection));
    struct server *server = params->client->server;
    status_t status;

    if (!connection)
        return STATUS_NO_MEMORY;
    status = port_new(server, params->client->process, PORT_KIND_CLIENT, &params->attributes,
                      params->memory_id, &port);
    if (status) {
        free(connection);
        return status;
    }
    *connection = (struct connection){.state = CONNECTION_PENDING,
                                      .listener = params->listener,
                                      .client = port,
                                      .client_process_id = (uint32_t)params->client->pid,
                                      .client_thread_id = params->client->thread_id,
                                      .client_token = token_ref(client_token(params->client)),
                                      .client_primary = token_ref(params->client->process->token),
                                      .view_port = port_ref(params->view_port),
                                      .context_port = port_ref(params->context_port),
                                      .handle_attributes = params->handle_attributes,
                                      .sync = params->sync};
    list_init(&connection->transfers);
    port->connection = connection;
    lpc_link_init(&connection->lpc, params->view_section, params->is_legacy ? &params->view : NULL);
    list_prepend(&params->listener->connections, &connection->link);
    server->n_connections++;
    status = connect_start(connection, params);
    if (status) {
        connection_close(connection, true, status);
        return status;
    }
    /* Synchronous: the reference stays with the parked request until connection_accept() or the
     * close. */
    *ret_client_port = TAKE(port);
    return params->sync ? STATUS_PENDING : STATUS_SUCCESS;
}

/* The lane that the client's process uses now: another thread of it may have replaced the one that
 * was granted when this connect began. */
static status_t connect_lane(struct connection *connection, struct lane **ret_lane)
{
    struct process *process = connection->parked.client->process;
    struct sender *sender;
    status_t status = connection_sender(connection, true, process, &sender);

    if (!status)
        status = sender_lane(sender, &connection->listener->receiver.keeper, ret_lane);
    return status;
}

/* The client that waits in alpc_connect gets its handle, its memory and its lane. */
static status_t connect_complete(struct connection *connection, const uint8_t *data,
                                 uint32_t attr_size, uint32_t size)
{
    struct port *port = connection->client;
    struct client *client = connection->parked.client;
    struct alpc_connect_reply reply = {
        .port_id = port->object.id,
        .receiver_id = connection->listener->object.id,
        .memory_size = port->receiver.size,
        .memory_id = port->receiver.memory_id,
        .connection = connection->index,
        .connection_generation = connection->generation,
        .flags = port->flags,
        .max_message_length = port->max_message_length,
        .server_process_id = connection->server_process_id,
        .server_thread_id = connection->server_thread_id,
        .message_id = connection->message_id,
        .callback_id = connection->callback_id,
        .attr_size = attr_size,
        .view = {.base = connection->lpc.server_base},
    };
    struct reply_extra extra = {.data = data, .data_size = size};
    struct lane *lane;
    status_t status = connect_lane(connection, &lane);

    if (!status)
        status = handle_new(&client->process->handles, &port->object, PORT_ALL_ACCESS,
                            connection->handle_attributes, &reply.port);
    if (status)
        return status;
    receiver_put(&port->receiver, &reply, &extra);
    lane_describe(lane, &reply.lane);
    if (!lane->sender->is_told) {
        lane_put(lane, &extra);
        reply.comes |= CONNECT_LANE_COMES;
    }
    connect_reply(connection, STATUS_SUCCESS, &reply, &extra);
    port_unref(port); /* the parked request's */
    return STATUS_SUCCESS;
}

static status_t connect_tell(struct connection *connection, const uint8_t *data, uint32_t attr_size,
                             uint32_t size)
{
    struct lane_message message = {
        .message_id = connection->message_id,
        .callback_id = connection->callback_id,
        .connection = connection->client_index,
        .connection_generation = connection->client_generation,
        .kind = LANE_CONNECT_REPLY,
        .sender_tid = connection->server_thread_id,
        .attr_size = attr_size,
        .data_size = size - attr_size,
    };

    return receiver_post(&connection->client->receiver, &message, data);
}

status_t connection_accept(struct connection *connection, struct port *server_port,
                           struct client *acceptor, const uint8_t *data, uint32_t attr_size,
                           uint32_t size)
{
    assert(connection->state == CONNECTION_PENDING && connection->client);
    connection->server_process_id = (uint32_t)acceptor->pid;
    connection->server_thread_id = acceptor->thread_id;
    connection->state = CONNECTION_OPEN;
    connection->server = server_port;
    server_port->connection = connection;
    transfer_end_request(connection);
    connection->context_port = port_unref(connection->context_port);
    /* Both tables are open before anybody can act on the acceptance. */
    port_keeper_open(&connection->listener->receiver.keeper, connection->index);
    port_keeper_open(&connection->client->receiver.keeper, connection->client_index);
    if (connection->lpc.hold)
        return lpc_link_hold(&connection->lpc, data, size);
    connection_tell(connection, data, attr_size, size);
    return STATUS_SUCCESS;
}

void connection_tell(struct connection *connection, const uint8_t *data, uint32_t attr_size,
                     uint32_t size)
{
    status_t status = connection->sync ? connect_complete(connection, data, attr_size, size)
                                       : connect_tell(connection, data, attr_size, size);

    /* The client could not be told: for the server it is a client that came and went. */
    if (status)
        connection_close(connection, true, status);
}

void connection_refuse(struct connection *connection)
{
    connection_close(connection, false, STATUS_PORT_CONNECTION_REFUSED);
}

static void close_at_server(struct connection *connection, bool silent)
{
    struct receiver *receiver = &connection->listener->receiver;

    receiver_unpost(receiver, connection->index);
    sender_set_release(&connection->to_server);
    if (!connection->placed)
        return;
    port_keeper_close(&receiver->keeper, connection->index,
                      (silent ? PORT_CLOSE_SILENT : 0) |
                          (connection->no_flush ? PORT_CLOSE_NO_FLUSH : 0),
                      clock_ns());
    receiver_ring(receiver);
    receiver_notify_closed(receiver, connection->index, connection->generation,
                           STATUS_PORT_DISCONNECTED, connection->client_process_id);
}

static void close_at_client(struct connection *connection, status_t status)
{
    struct receiver *receiver = &connection->client->receiver;

    sender_set_release(&connection->to_client);
    if (connection->placed) {
        port_keeper_close(&receiver->keeper, connection->client_index,
                          PORT_CLOSE_SILENT | (connection->no_flush ? PORT_CLOSE_NO_FLUSH : 0),
                          clock_ns());
        receiver_end(receiver, status);
    }
    /* Who closed the last handle knows. */
    if (connection->client->object.n_handles)
        receiver_notify_closed(receiver, connection->client_index, connection->client_generation,
                               status, connection->server_process_id);
}

void connection_close(struct connection *connection, bool by_client, status_t status)
{
    struct port *client_port = connection->client;
    bool was_pending = connection->state == CONNECTION_PENDING;
    bool was_parked = connection->parked.client != NULL;
    status_t for_client =
        was_pending || status == STATUS_PORT_CONNECTION_REFUSED ? status : STATUS_PORT_DISCONNECTED;

    /* Accepted, but never completed (legacy). */
    if (was_parked && !was_pending)
        for_client = by_client ? status : STATUS_PORT_CONNECTION_REFUSED;
    if (connection->state != CONNECTION_PENDING && connection->state != CONNECTION_OPEN)
        return;
    connection->state =
        status == STATUS_PORT_CONNECTION_REFUSED ? CONNECTION_REFUSED : CONNECTION_CLOSED;
    client_port->object.server->n_connections--;
    transfers_free(connection);
    security_contexts_end(connection);
    connection->view_port = port_unref(connection->view_port);
    connection->context_port = port_unref(connection->context_port);
    if (connection->listener) {
        list_remove(&connection->link);
        list_append(&connection->listener->closed_connections, &connection->link);
        close_at_server(connection, was_pending || !by_client);
    }
    if (connection->client)
        close_at_client(connection, for_client);
    if (lpc_link_end(&connection->lpc, for_client) || was_parked) {
        struct alpc_connect_reply reply = {0};
        connect_reply(connection, for_client, &reply, NULL);
        port_unref(
            client_port); /* the parked request's: may free the port, and with it the connection */
        return;
    }
    connection_free_if_unused(connection);
}

static void connections_close(struct port *listener)
{
    struct connection *connection, *next;

    list_for_each_safe(connection, next, &listener->connections, link) {
        bool pending = connection->state == CONNECTION_PENDING;
        connection_close(connection, false,
                         pending ? STATUS_PORT_CONNECTION_REFUSED : STATUS_PORT_DISCONNECTED);
    }
}

void port_end(struct port *port, status_t status)
{
    if (port->closed)
        return;
    port->closed = true;
    if (port->kind == PORT_KIND_CONNECTION) {
        connections_close(port);
        receiver_end(&port->receiver, status);
    } else if (port->connection) {
        connection_close(port->connection, port->kind == PORT_KIND_CLIENT,
                         STATUS_PORT_DISCONNECTED);
    }
}

/* Their connection port goes. */
static void connections_orphan(struct list *connections)
{
    struct connection *connection, *next;

    list_for_each_safe(connection, next, connections, link) {
        list_remove(&connection->link);
        connection->listener = NULL;
        connection->placed = false;
        connection_free_if_unused(connection);
    }
}

void connections_detach(struct port *port)
{
    struct connection *connection = port->connection;

    port->connection = NULL;
    if (connection) {
        *(port->kind == PORT_KIND_CLIENT ? &connection->client : &connection->server) = NULL;
        connection_free_if_unused(connection);
    }
    assert(list_is_empty(&port->connections));
    connections_orphan(&port->closed_connections);
    connections_orphan(&port->closing);
}

void port_sweep(struct port *port)
{
    struct connection *connection, *next;

    if (port->kind == PORT_KIND_SERVER)
        return;
    receiver_flush(&port->receiver);
    senders_sweep(&port->receiver);
    list_for_each_safe(connection, next, &port->closing, link)
        connection_free_if_unused(connection);
}

status_t connection_sender(struct connection *connection, bool to_server, struct process *process,
                           struct sender **ret_sender)
{
    struct sender_set *set = to_server ? &connection->to_server : &connection->to_client;
    struct receiver *receiver =
        to_server ? &connection->listener->receiver : &connection->client->receiver;

    return sender_set_get(set, receiver, to_server ? connection->index : connection->client_index,
                          process, ret_sender);
}

void connections_of_sender_close(struct receiver *receiver, struct sender *sender)
{
    struct port *port = CONTAINER_OF(receiver, struct port, receiver);
    struct connection *connection, *next;

    sender->is_broken = true;
    if (!sender->n_connections) {
        sender_end(sender);
        return;
    }
    /* The last close may free the sender: it is only compared after that. */
    if (port->kind == PORT_KIND_CLIENT) {
        if (port->connection && sender_set_has(&port->connection->to_client, sender))
            connection_close(port->connection, false, STATUS_PORT_DISCONNECTED);
        return;
    }
    list_for_each_safe(connection, next, &port->connections, link) {
        if (sender_set_has(&connection->to_server, sender))
            connection_close(connection, true, STATUS_PORT_DISCONNECTED);
    }
}
