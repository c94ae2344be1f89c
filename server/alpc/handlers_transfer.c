/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Requests about handles in messages: unpack, call, pack. */

#include <string.h>

#include "handle_transfer.h"
#include "handlers.h"
#include "process.h"

status_t req_alpc_offer_handles(struct client *client,
                                const struct alpc_offer_handles_request *request,
                                struct request_data *data,
                                struct alpc_offer_handles_reply *ret_reply,
                                struct reply_extra *extra _unused_)
{
    struct handle_offer offers[HANDLES_IN_MESSAGE_MAX];
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct connection *connection;
    bool to_server;
    status_t status;

    if (data->size % sizeof(offers[0]))
        return STATUS_INVALID_PARAMETER;
    if (data->size > sizeof(offers))
        return STATUS_LPC_HANDLE_COUNT_EXCEEDED;
    memcpy(offers, data->bytes, data->size);
    status = direction_get_live(client->process, request->port, request->connection, &port,
                                &connection, &to_server);
    /* Before the acceptance it is the server's turn. */
    if (!status && to_server)
        status = connection_status(connection);
    if (status)
        return status;
    return transfer_offer(connection, to_server, client->process, offers,
                          (uint32_t)(data->size / sizeof(offers[0])), &ret_reply->transfer);
}

/* Where the caller receives from. */
static status_t transfer_of_receiver(struct client *client, handle_t handle, uint32_t index,
                                     uint64_t id, struct port **ret_port,
                                     struct handle_transfer **ret_transfer)
{
    struct connection *connection;
    bool at_client;
    status_t status =
        direction_get_live(client->process, handle, index, ret_port, &connection, &at_client);

    if (status)
        return status;
    *ret_transfer = transfer_find(connection, !at_client, id);
    return *ret_transfer ? STATUS_SUCCESS : STATUS_HANDLE_NO_LONGER_VALID;
}

status_t req_alpc_take_handle(struct client *client, const struct alpc_take_handle_request *request,
                              struct request_data *data _unused_,
                              struct alpc_take_handle_reply *ret_reply,
                              struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct handle_transfer *transfer;
    struct transfer_item *item;
    status_t status = transfer_of_receiver(client, request->port, request->connection,
                                           request->transfer, &port, &transfer);

    if (status)
        return status;
    ret_reply->n_handles = transfer->n_items;
    ret_reply->is_multi = (transfer_flags(transfer->connection, transfer->to_server) &
                           PORT_FLAG_ALLOW_MULTIHANDLE) != 0;
    if (request->at_receive && ret_reply->is_multi)
        return STATUS_SUCCESS;
    if (request->index >= transfer->n_items)
        return STATUS_INVALID_PARAMETER;
    item = &transfer->items[request->index];
    ret_reply->type = item->type;
    ret_reply->access = item->access;
    status = handle_new(&client->process->handles, item->object, item->access, item->attributes,
                        &ret_reply->handle);
    if (!status && request->at_receive)
        transfer_free(transfer);
    return status;
}

status_t req_alpc_drop_handles(struct client *client,
                               const struct alpc_drop_handles_request *request,
                               struct request_data *data _unused_,
                               struct alpc_drop_handles_reply *ret_reply _unused_,
                               struct reply_extra *extra _unused_)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct connection *connection;
    struct handle_transfer *transfer;
    bool at_client;
    status_t status = direction_get_live(client->process, request->port, request->connection, &port,
                                         &connection, &at_client);

    if (status)
        return status;
    transfer = transfer_find(connection, true, request->transfer);
    if (!transfer)
        transfer = transfer_find(connection, false, request->transfer);
    if (!transfer)
        return STATUS_HANDLE_NO_LONGER_VALID;
    transfer_free(transfer);
    return STATUS_SUCCESS;
}
