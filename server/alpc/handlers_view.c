/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about port sections and views: unpack, call, pack. */

#include "connect.h"
#include "handlers.h"
#include "port_section.h"
#include "process.h"
#include "section.h"
#include "secure_memory.h"

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

    if (status)
        return status;
    return request->is_read ? port_section_forget(port, request->section_id)
                            : port_section_delete(port, request->section_id, request->was_sent);
}

/* *ret_port: a reference; the section is the port's. */
static status_t section_get(struct client *client, handle_t handle, uint32_t id,
                            struct port **ret_port, struct port_section **ret_section)
{
    status_t status = port_get(client->process, handle, ret_port);

    if (status)
        return status;
    *ret_section = port_section_find(*ret_port, id);
    return *ret_section ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

status_t req_alpc_create_view(struct client *client, const struct alpc_create_view_request *request,
                              struct request_data *data _unused_,
                              struct alpc_create_view_reply *ret_reply,
                              struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct port_section *section;
    status_t status = section_get(client, request->port, request->section_id, &port, &section);

    if (status)
        return status;
    return port_view_new(section, request->size, &ret_reply->offset, &ret_reply->size);
}

status_t req_alpc_delete_view(struct client *client, const struct alpc_delete_view_request *request,
                              struct request_data *data _unused_,
                              struct alpc_delete_view_reply *ret_reply _unused_,
                              struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct port_section *section;
    status_t status = section_get(client, request->port, request->section_id, &port, &section);

    if (status)
        return status;
    secure_memory_drop(section, request->memory_id);
    return port_view_delete(section, request->offset);
}

status_t req_alpc_secure_memory(struct client *client,
                                const struct alpc_secure_memory_request *request,
                                struct request_data *data _unused_,
                                struct alpc_secure_memory_reply *ret_reply,
                                struct reply_extra *extra)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct port_section *section;
    struct secure_memory *memory;
    status_t status = section_get(client, request->port, request->section_id, &port, &section);

    if (status)
        return status;
    secure_memory_drop(section, request->instead_of);
    status = secure_memory_new(section, client->user, request->offset, &memory);
    if (status)
        return status;
    ret_reply->size = memory->size;
    ret_reply->memory_id = memory->id;
    extra->fds[extra->n_fds++] = memory->fd;
    return STATUS_SUCCESS;
}

/* Where the section of a message is looked for: the other end's communication port; for a client
 * also the connection port; for a server the port that the client named when it connected. */
struct view_peers {
    struct port *ports[2];
};

static struct view_peers peers_of(const struct connection *connection, bool at_client)
{
    return (struct view_peers){{at_client ? connection->server : connection->client,
                                at_client ? connection->listener : connection->view_port}};
}

static struct port_section *peer_section(const struct view_peers *peers, uint32_t id)
{
    struct port_section *section = NULL;

    for (size_t i = 0; !section && i < ARRAY_SIZE(peers->ports); i++)
        if (peers->ports[i])
            section = port_section_find_sent(peers->ports[i], id);
    return section;
}

static struct secure_memory *peer_memory(const struct view_peers *peers, uint32_t id)
{
    struct secure_memory *memory = NULL;

    for (size_t i = 0; !memory && i < ARRAY_SIZE(peers->ports); i++)
        if (peers->ports[i])
            memory = secure_memory_find(peers->ports[i], id);
    return memory;
}

static status_t range_check(const struct alpc_map_view_request *request, uint64_t size)
{
    if (!request->size || request->offset > size || request->size > size - request->offset)
        return STATUS_INVALID_VIEW_SIZE;
    return STATUS_SUCCESS;
}

static status_t section_map(struct port_section *section,
                            const struct alpc_map_view_request *request,
                            struct alpc_map_view_reply *ret_reply, int *ret_fd)
{
    status_t status = range_check(request, section->size);

    if (status)
        return status;
    *ret_fd = port_section_receiver_fd(section);
    if (*ret_fd < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    section->was_given = true;
    ret_reply->section_size = section->size;
    return STATUS_SUCCESS;
}

static status_t memory_map(struct secure_memory *memory,
                           const struct alpc_map_view_request *request,
                           struct alpc_map_view_reply *ret_reply, int *ret_fd)
{
    status_t status = range_check(request, memory->size);

    if (!status)
        status = secure_memory_give(memory, ret_fd);
    ret_reply->section_size = memory->size;
    ret_reply->is_secured = true;
    return status;
}

status_t req_alpc_map_view(struct client *client, const struct alpc_map_view_request *request,
                           struct request_data *data _unused_,
                           struct alpc_map_view_reply *ret_reply, struct reply_extra *extra)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct connection *connection;
    struct port_section *section;
    struct secure_memory *memory;
    bool at_client;
    int fd;
    status_t status = direction_get_live(client->process, request->port, request->connection, &port,
                                         &connection, &at_client);

    if (status)
        return status;
    struct view_peers peers = peers_of(connection, at_client);
    section = peer_section(&peers, request->section_id);
    memory = section ? NULL : peer_memory(&peers, request->section_id);
    if (section)
        status = section_map(section, request, ret_reply, &fd);
    else
        status = memory ? memory_map(memory, request, ret_reply, &fd) : STATUS_INVALID_HANDLE;
    if (status)
        return status;
    extra->fds[extra->n_fds++] = fd;
    return STATUS_SUCCESS;
}
