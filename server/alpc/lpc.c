/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See lpc.h. Sections are the clients' own memory (section.h: foreign): their descriptors are only
 * passed on. Addresses are what a process says of itself; the other end uses them as numbers.
 *
 * LPC_CLIENT_DIED is a message of the daemon's in lane 0: a thread that is killed sends nothing. It
 * is queued when the thread's socket ends, before its process' ports are closed, so it comes before
 * LPC_PORT_CLOSED. UNKNOWN: whether Windows delivers one when the port was closed before. */

#include "lpc.h"

#include <stdlib.h>
#include <string.h>

#include "connect.h"
#include "lpc_data.h"
#include "process.h"
#include "section.h"
#include "server.h"

#define TERMINATE_PORTS_MAX 64u

void lpc_link_init(struct lpc_link *link, struct object *section, const struct lpc_view *view)
{
    *link = (struct lpc_link){.takes_views = view != NULL};
    if (section)
        link->view = *view;
    if (section)
        link->section = object_ref(section);
}

void lpc_link_deinit(struct lpc_link *link)
{
    link->section = object_unref(link->section);
    free(link->data);
    link->data = NULL;
}

status_t lpc_section_lookup(struct client *client, const struct lpc_view *view,
                            struct object **ret_section)
{
    struct object *object;
    status_t status;

    if (!view->size)
        return STATUS_SUCCESS;
    status = handle_lookup(&client->process->handles, view->section, &section_ops,
                           SECTION_MAP_READ_ACCESS | SECTION_MAP_WRITE_ACCESS, &object);
    if (status)
        return status;
    uint64_t size = section_from_object(object)->size;
    if (view->offset > size || view->size > ALIGN_UP(size, UINT64_C(4096)) - view->offset) {
        object_unref(object);
        return STATUS_INVALID_VIEW_SIZE;
    }
    *ret_section = object;
    return STATUS_SUCCESS;
}

uint32_t lpc_information_clamp(const struct port *listener, uint32_t size)
{
    uint32_t max = listener->attributes.max_information
                       ? listener->attributes.max_information - 1u
                       : listener->max_message_length - MESSAGE_HEADER_BYTES;

    return size < max ? size : max;
}

status_t lpc_link_hold(struct lpc_link *link, const uint8_t *data, uint32_t size)
{
    link->data = malloc(size + 1u);
    if (!link->data)
        return STATUS_NO_MEMORY;
    if (size)
        memcpy(link->data, data, size);
    link->data_size = size;
    return STATUS_SUCCESS;
}

status_t lpc_complete(struct connection *connection)
{
    struct lpc_link *link = &connection->lpc;
    uint8_t *data = link->data;

    if (!link->hold || !data || connection->state != CONNECTION_OPEN)
        return STATUS_INVALID_PARAMETER;
    link->hold = false;
    link->data = NULL;
    connection_tell(connection, data, 0, link->data_size);
    free(data);
    return STATUS_SUCCESS;
}

static void offer_answer(struct lpc_link *link, status_t status, uint64_t base)
{
    struct lpc_offer_view_reply reply = {.remote_base = base};

    if (!link->offer.client)
        return;
    parked_finish(&link->offer, status, &reply.header, sizeof(reply), NULL);
    link->offer = (struct parked){0};
}

static void offer_cancel(struct parked *parked, status_t why)
{
    offer_answer(CONTAINER_OF(parked, struct lpc_link, offer), why, 0);
}

/* The client's parked request is answered for the first time. False: the client has gone, and the
 * connection. */
static bool view_pass(struct connection *connection, struct object *section,
                      const struct lpc_view *view)
{
    struct client *client = connection->parked.client;
    struct alpc_connect_reply reply = {.view = *view};
    struct reply_extra extra = {
        .n_fds = 1, .fds = {section_fd(section_from_object(section), SECTION_MAP_WRITE_ACCESS)}};

    reply.view.section = 0;
    parked_finish(&connection->parked, STATUS_PENDING, &reply.header, sizeof(reply), &extra);
    connection->parked = (struct parked){0};
    connection->lpc.mapping = client;
    if (list_is_linked(&client->doomed_link)) { /* by this answer: lpc_client_ended() has been */
        connection_close(connection, true, STATUS_CANCELLED);
        return false;
    }
    client->mapping = connection;
    return true;
}

status_t lpc_offer(struct connection *connection, struct client *server, struct object *section,
                   const struct lpc_view *view)
{
    struct lpc_link *link = &connection->lpc;
    status_t status;

    if (!link->takes_views)
        return STATUS_SUCCESS;
    if (!connection->parked.client || link->mapping || link->offer.client)
        return STATUS_REPLY_MESSAGE_MISMATCH;
    if (!view_pass(connection, section, view))
        return STATUS_REPLY_MESSAGE_MISMATCH;
    status = client_park(server, &link->offer, TIMEOUT_NEVER, offer_cancel);
    return status ? status : STATUS_PENDING;
}

status_t lpc_mapped(struct client *client, uint64_t base)
{
    struct connection *connection = client->mapping;
    status_t status;

    if (!connection)
        return STATUS_PORT_CONNECTION_REFUSED;
    if (!base) {
        connection_close(connection, true, STATUS_NO_MEMORY);
        return STATUS_NO_MEMORY;
    }
    status = connection_park(connection, client, TIMEOUT_NEVER);
    if (status) {
        connection_close(connection, true, status);
        return status;
    }
    client->mapping = NULL;
    connection->lpc.mapping = NULL;
    offer_answer(&connection->lpc, STATUS_SUCCESS, base);
    return STATUS_PENDING;
}

bool lpc_link_end(struct lpc_link *link, status_t status)
{
    bool was_mapping = link->mapping != NULL;

    if (was_mapping)
        link->mapping->mapping = NULL;
    link->mapping = NULL;
    offer_answer(link, status, 0);
    return was_mapping;
}

/* ---- NtRegisterThreadTerminatePort ---- */

struct terminate_port {
    struct list link;  /* of client->terminate_ports */
    struct port *port; /* reference */
    uint64_t create_time;
};

status_t lpc_terminate_port_add(struct client *client, struct port *port, uint64_t create_time)
{
    struct terminate_port *entry;
    uint32_t n = 0;

    if (port->kind == PORT_KIND_CONNECTION)
        return STATUS_INVALID_PORT_HANDLE;
    list_for_each(entry, &client->terminate_ports, link)
        n++;
    if (n >= TERMINATE_PORTS_MAX)
        return STATUS_QUOTA_EXCEEDED;
    entry = malloc(sizeof(*entry));
    if (!entry)
        return STATUS_NO_MEMORY;
    object_ref(&port->object);
    *entry = (struct terminate_port){.port = port, .create_time = create_time};
    list_append(&client->terminate_ports, &entry->link);
    return STATUS_SUCCESS;
}

static void client_died_post(const struct client *client, const struct terminate_port *entry)
{
    const struct connection *connection = entry->port->connection;
    bool to_server = entry->port->kind == PORT_KIND_CLIENT;
    struct receiver *receiver;
    struct lane_message message = {.kind = LANE_CLIENT_DIED,
                                   .sender_tid = client->thread_id,
                                   .data_size = sizeof(entry->create_time)};

    if (connection_status(connection) != STATUS_SUCCESS)
        return;
    receiver = to_server ? &connection->listener->receiver : &connection->client->receiver;
    message.connection = to_server ? connection->index : connection->client_index;
    message.connection_generation =
        to_server ? connection->generation : connection->client_generation;
    message.message_id = message.callback_id = receiver_own_id(&connection->listener->receiver);
    if (!message.message_id || receiver_post(receiver, &message, &entry->create_time))
        server_log(client->server, "LPC_CLIENT_DIED of thread %u of process %d does not fit",
                   client->thread_id, (int)client->pid);
}

void lpc_client_ended(struct client *client)
{
    struct terminate_port *entry, *next;

    lpc_wishes_end(client);
    if (client->mapping)
        connection_close(client->mapping, true, STATUS_CANCELLED);
    list_for_each_safe(entry, next, &client->terminate_ports, link) {
        list_remove(&entry->link);
        client_died_post(client, entry);
        port_unref(entry->port);
        free(entry);
    }
}
