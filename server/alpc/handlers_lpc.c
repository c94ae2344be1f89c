/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Legacy LPC requests: unpack, call, pack. */

#include "connect.h"
#include "handlers.h"
#include "lpc_data.h"
#include "process.h"
#include "section.h"

/* The connection port of `handle` and the connection that waits there with this message id. */
static status_t request_get(struct client *client, handle_t handle, uint32_t message_id,
                            struct port **ret_port, struct connection **ret_connection)
{
    status_t status = port_get(client->process, handle, ret_port);

    if (status)
        return status;
    if ((*ret_port)->kind != PORT_KIND_CONNECTION)
        return STATUS_INVALID_PORT_HANDLE;
    *ret_connection = connection_find_request(*ret_port, message_id, 0);
    return *ret_connection ? STATUS_SUCCESS : STATUS_REPLY_MESSAGE_MISMATCH;
}

status_t req_lpc_request_view(struct client *client, const struct lpc_request_view_request *request,
                              struct request_data *data _unused_,
                              struct lpc_request_view_reply *ret_reply, struct reply_extra *extra)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct connection *connection;
    status_t status = request_get(client, request->port, request->message_id, &port, &connection);

    if (status || !connection->lpc.section)
        return status;
    ret_reply->view = connection->lpc.view;
    ret_reply->view.section = 0;
    if (request->with_fd)
        extra->fds[extra->n_fds++] =
            section_fd(section_from_object(connection->lpc.section), SECTION_MAP_WRITE_ACCESS);
    return STATUS_SUCCESS;
}

status_t req_lpc_offer_view(struct client *client, const struct lpc_offer_view_request *request,
                            struct request_data *data _unused_,
                            struct lpc_offer_view_reply *ret_reply _unused_,
                            struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    _cleanup_(object_unrefp) struct object *section = NULL;
    struct connection *connection;
    status_t status = request_get(client, request->port, request->message_id, &port, &connection);

    if (!status)
        status = lpc_section_lookup(client, &request->view, &section);
    if (status)
        return status;
    return section ? lpc_offer(connection, client, section, &request->view)
                   : STATUS_INVALID_PARAMETER;
}

status_t req_lpc_complete(struct client *client, const struct lpc_complete_request *request,
                          struct request_data *data _unused_,
                          struct lpc_complete_reply *ret_reply _unused_,
                          struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = port_get(client->process, request->port, &port);

    if (status)
        return status;
    if (port->kind != PORT_KIND_SERVER)
        return STATUS_INVALID_PORT_HANDLE;
    return port->connection ? lpc_complete(port->connection) : STATUS_INVALID_PARAMETER;
}

status_t req_lpc_terminate_port(struct client *client,
                                const struct lpc_terminate_port_request *request,
                                struct request_data *data _unused_,
                                struct lpc_terminate_port_reply *ret_reply _unused_,
                                struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = port_get(client->process, request->port, &port);

    return status ? status : lpc_terminate_port_add(client, port, request->create_time);
}

status_t req_lpc_data(struct client *client, const struct lpc_data_request *request,
                      struct request_data *data, struct lpc_data_reply *ret_reply _unused_,
                      struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct connection *connection;
    bool to_server;
    const struct lpc_wish wish = {.message_id = request->message_id,
                                  .index = request->index,
                                  .offset = request->offset,
                                  .size = request->size,
                                  .is_write = request->is_write};
    status_t status = direction_get(client->process, request->port, request->connection, &port,
                                    &connection, &to_server);

    if (status)
        return status;
    if (wish.size > PACKET_DATA_MAX_BYTES || data->size != (wish.is_write ? wish.size : 0))
        return STATUS_INVALID_PARAMETER;
    return lpc_wish_make(client, connection, to_server, request->process_id, request->thread_id,
                         &wish, data->bytes);
}

status_t req_lpc_data_take(struct client *client,
                           const struct lpc_data_take_request *request _unused_,
                           struct request_data *data _unused_,
                           struct lpc_data_take_reply *ret_reply, struct reply_extra *extra)
{
    const uint8_t *bytes;
    const struct lpc_wish *wish = lpc_wish_take(client, &bytes);

    if (!wish)
        return STATUS_NO_MORE_ENTRIES;
    ret_reply->offset = wish->offset;
    ret_reply->message_id = wish->message_id;
    ret_reply->index = wish->index;
    ret_reply->size = wish->size;
    ret_reply->is_write = wish->is_write;
    extra->data = bytes;
    extra->data_size = wish->is_write ? wish->size : 0;
    return STATUS_SUCCESS;
}

status_t req_lpc_data_done(struct client *client, const struct lpc_data_done_request *request,
                           struct request_data *data,
                           struct lpc_data_done_reply *ret_reply _unused_,
                           struct reply_extra *extra _unused_)
{
    return lpc_wish_answer(client, request->status, data->bytes, data->size);
}

status_t req_lpc_data_refuse(struct client *client, const struct lpc_data_refuse_request *request,
                             struct request_data *data _unused_,
                             struct lpc_data_refuse_reply *ret_reply _unused_,
                             struct reply_extra *extra _unused_)
{
    lpc_wishes_refuse(client, request->thread_id, request->message_id);
    return STATUS_SUCCESS;
}
