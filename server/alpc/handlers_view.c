/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about port sections and views: unpack, call, pack. */

#include "connect.h"
#include "handlers.h"
#include "port_section.h"
#include "process.h"
#include "section.h"

status_t req_alpc_create_section(struct client *client,
                                 const struct alpc_create_section_request *request,
                                 struct request_data *data _unused_,
                                 struct alpc_create_section_reply *ret_reply,
                                 struct reply_extra *extra)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    _cleanup_(object_unrefp) struct object *object = NULL;
    struct port_section *section;
    status_t status = port_get(client->process, request->port, &port);

    if (!status && request->section)
        status = handle_lookup(&client->process->handles, request->section, &section_ops,
                               SECTION_MAP_READ_ACCESS, &object);
    if (!status)
        status =
            port_section_new(port, client->user, request->flags, object, request->size, &section);
    if (status)
        return status;
    ret_reply->actual_size = section->size;
    ret_reply->section_id = section->id;
    if (section->fd >= 0)
        extra->fds[extra->n_fds++] = section->fd;
    return STATUS_SUCCESS;
}

status_t req_alpc_delete_section(struct client *client,
                                 const struct alpc_delete_section_request *request,
                                 struct request_data *data _unused_,
                                 struct alpc_delete_section_reply *ret_reply _unused_,
                                 struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = port_get(client->process, request->port, &port);

    return status ? status : port_section_delete(port, request->section_id, request->was_sent);
}

status_t req_alpc_create_view(struct client *client, const struct alpc_create_view_request *request,
                              struct request_data *data _unused_,
                              struct alpc_create_view_reply *ret_reply,
                              struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct port_section *section;
    status_t status = port_get(client->process, request->port, &port);

    if (status)
        return status;
    section = port_section_find(port, request->section_id);
    if (!section)
        return STATUS_INVALID_HANDLE;
    return port_view_new(section, request->size, &ret_reply->offset, &ret_reply->size);
}

status_t req_alpc_delete_view(struct client *client, const struct alpc_delete_view_request *request,
                              struct request_data *data _unused_,
                              struct alpc_delete_view_reply *ret_reply _unused_,
                              struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct port_section *section;
    status_t status = port_get(client->process, request->port, &port);

    if (status)
        return status;
    section = port_section_find(port, request->section_id);
    return section ? port_view_delete(section, request->offset) : STATUS_INVALID_HANDLE;
}

/* The section of the other end: its communication port's, or for a client also the connection
 * port's. */
static struct port_section *peer_section(const struct connection *connection, bool at_client,
                                         uint32_t id)
{
    struct port *peers[2] = {at_client ? connection->server : connection->client,
                             at_client ? connection->listener : NULL};

    for (size_t i = 0; i < ARRAY_SIZE(peers); i++) {
        struct port_section *section = peers[i] ? port_section_find_sent(peers[i], id) : NULL;
        if (section)
            return section;
    }
    return NULL;
}

status_t req_alpc_map_view(struct client *client, const struct alpc_map_view_request *request,
                           struct request_data *data _unused_,
                           struct alpc_map_view_reply *ret_reply, struct reply_extra *extra)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct connection *connection;
    struct port_section *section;
    bool at_client;
    status_t status = direction_get(client->process, request->port, request->connection, &port,
                                    &connection, &at_client);

    if (status)
        return status;
    section = peer_section(connection, at_client, request->section_id);
    if (!section)
        return STATUS_INVALID_HANDLE;
    if (!request->size || request->offset > section->size ||
        request->size > section->size - request->offset)
        return STATUS_INVALID_VIEW_SIZE;
    int fd = port_section_receiver_fd(section);
    if (fd < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    section->was_given = true;
    extra->fds[extra->n_fds++] = fd;
    ret_reply->section_size = section->size;
    return STATUS_SUCCESS;
}
