/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See port.h. Statuses of creation are those of reference 3.1. */

#include "port.h"

#include <assert.h>
#include <stdio.h>

#include "connect.h"
#include "port_section.h"
#include "process.h"
#include "security_context.h"
#include "server.h"

#define MAX_MESSAGE_DEFAULT 512u /* reference 3.1, one source */

static void port_close(struct object *object, struct process *process, bool last);
static void port_destroy(struct object *object);
static void port_dump(struct object *object, char *ret_text, size_t size);

const struct object_ops port_ops = {
    .kind = OBJECT_KIND_PORT,
    .type_name = "ALPC Port",
    .size = sizeof(struct port),
    .all_access = PORT_ALL_ACCESS,
    .generic_read = 0x00020001,
    .generic_write = 0x00010001,
    .generic_execute = 0,
    .close = port_close,
    .destroy = port_destroy,
    .dump = port_dump,
};

struct port *port_from_object(struct object *object)
{
    assert(object->ops == &port_ops);
    return CONTAINER_OF(object, struct port, object);
}

status_t port_attributes_check(const struct port_attributes *given, bool has_attributes,
                               bool on_connect, const struct port *inherited,
                               struct port_attributes *ret_attributes)
{
    struct port_attributes attributes = {.max_message_length = MAX_MESSAGE_DEFAULT};

    if (has_attributes)
        attributes = *given;
    else if (inherited)
        attributes.max_message_length = inherited->max_message_length;
    if (attributes.flags & PORT_FLAG_SYSTEM_PROCESS)
        return STATUS_INVALID_PARAMETER;
    /* SecurityQos.Length: 12, or 0 for a zeroed one (D-13); its level is one of four. */
    if ((attributes.qos_length != 0 && attributes.qos_length != 12) ||
        attributes.impersonation_level > 3)
        return STATUS_INVALID_PARAMETER;
    if (attributes.max_message_length < MESSAGE_HEADER_BYTES)
        return STATUS_INVALID_PARAMETER;
    if (attributes.max_message_length > MESSAGE_MAX_BYTES) {
        if (!on_connect)
            return STATUS_INVALID_PARAMETER;
        attributes.max_message_length = MESSAGE_MAX_BYTES;
    }
    /* Nothing longer than the connection port takes can be sent to it. */
    if (inherited && attributes.max_message_length > inherited->max_message_length)
        attributes.max_message_length = inherited->max_message_length;
    *ret_attributes = attributes;
    return STATUS_SUCCESS;
}

status_t port_new(struct server *server, struct process *creator, enum port_kind kind,
                  const struct port_attributes *attributes, uint64_t memory_id,
                  struct port **ret_port)
{
    struct object *object;
    status_t status = object_new(server, creator->user, &port_ops, &object);

    if (status)
        return status;
    _cleanup_(port_unrefp) struct port *port = port_from_object(object);
    port->kind = kind;
    port->attributes = *attributes;
    port->flags =
        attributes->flags | (kind == PORT_KIND_CONNECTION ? PORT_FLAG_ACCEPT_REQUESTS : 0);
    port->max_message_length = (uint32_t)attributes->max_message_length;
    port->owner_process_id = (uint32_t)creator->pid;
    list_init(&port->connections);
    list_init(&port->closed_connections);
    list_init(&port->closing);
    list_init(&port->sections);
    list_init(&port->security_contexts);
    server->n_ports++;
    if (kind == PORT_KIND_CONNECTION) {
        object_ref(&creator->object);
        port->creator = creator;
    }
    if (kind != PORT_KIND_SERVER)
        status = receiver_init(&port->receiver, server, creator, memory_id, object->id,
                               kind == PORT_KIND_CLIENT, attributes->flags & PORT_FLAG_WAITABLE);
    if (status)
        return status;
    port->receiver.max_pool = attributes->max_pool_usage;
    *ret_port = TAKE(port);
    return STATUS_SUCCESS;
}

static void port_close(struct object *object, struct process *process _unused_, bool last)
{
    struct port *port = port_from_object(object);

    if (last)
        port_end(port, STATUS_PORT_CLOSED);
}

static void port_destroy(struct object *object)
{
    struct port *port = port_from_object(object);

    /* One whose handle was never made has not been closed yet. */
    port_end(port, STATUS_PORT_CLOSED);
    connections_detach(port);
    port_sections_free(port);
    security_contexts_free(port);
    receiver_deinit(&port->receiver);
    port->creator = process_unref(port->creator);
    object->server->n_ports--;
}

static void port_dump(struct object *object, char *ret_text, size_t size)
{
    static const char *const kinds[] = {"?", "connection", "server", "client"};
    struct port *port = port_from_object(object);

    snprintf(ret_text, size, "kind=%s owner=%u flags=%#x max_message=%u closed=%d",
             kinds[port->kind], port->owner_process_id, port->flags, port->max_message_length,
             port->closed);
}

struct receiver *port_receiver(struct port *port)
{
    if (port->kind != PORT_KIND_SERVER)
        return &port->receiver;
    return port->connection && port->connection->listener ? &port->connection->listener->receiver
                                                          : NULL;
}

status_t port_lookup(struct process *process, handle_t handle, struct port **ret_port)
{
    struct object *object;
    status_t status =
        handle_lookup(&process->handles, handle, &port_ops, PORT_ACCESS_CONNECT, &object);

    if (!status)
        *ret_port = port_from_object(object);
    return status;
}

status_t port_get(struct process *process, handle_t handle, struct port **ret_port)
{
    status_t status = port_lookup(process, handle, ret_port);

    if (!status)
        port_sweep(*ret_port);
    return status;
}

struct connection *connection_find_request(struct port *listener, uint32_t message_id,
                                           uint32_t callback_id)
{
    struct connection *connection;

    list_for_each(connection, &listener->connections, link) {
        /* A legacy receive shows the size of the client's view in the place of CallbackId. */
        if (connection->state == CONNECTION_PENDING && connection->message_id == message_id &&
            (!callback_id || callback_id == connection->callback_id ||
             callback_id == (uint32_t)connection->lpc.view.size))
            return connection;
    }
    return NULL;
}

struct connection *connection_find(struct port *listener, uint32_t index)
{
    struct connection *connection;

    list_for_each(connection, &listener->connections, link)
        if (connection->placed && connection->index == index)
            return connection;
    return NULL;
}

status_t connection_status(const struct connection *connection)
{
    if (!connection)
        return STATUS_PORT_DISCONNECTED;
    switch (connection->state) {
    case CONNECTION_OPEN:
        return STATUS_SUCCESS;
    case CONNECTION_PENDING:
        return STATUS_LPC_REQUESTS_NOT_ALLOWED;
    case CONNECTION_REFUSED:
        return STATUS_PORT_CONNECTION_REFUSED;
    case CONNECTION_CLOSED:
        break;
    }
    return STATUS_PORT_DISCONNECTED;
}

status_t direction_get(struct process *process, handle_t handle, uint32_t index,
                       struct port **ret_port, struct connection **ret_connection,
                       bool *ret_to_server)
{
    struct port *port;
    status_t status = port_get(process, handle, ret_port);

    if (status)
        return status;
    port = *ret_port;
    *ret_to_server = port->kind == PORT_KIND_CLIENT;
    *ret_connection =
        port->kind == PORT_KIND_CONNECTION ? connection_find(port, index) : port->connection;
    return connection_status(*ret_connection);
}

status_t direction_get_live(struct process *process, handle_t handle, uint32_t index,
                            struct port **ret_port, struct connection **ret_connection,
                            bool *ret_to_server)
{
    status_t status =
        direction_get(process, handle, index, ret_port, ret_connection, ret_to_server);

    return status == STATUS_LPC_REQUESTS_NOT_ALLOWED ? STATUS_SUCCESS : status;
}
