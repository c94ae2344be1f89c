/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The legacy handshake (reference 5.3, 5.4, 8.1; its steps at the server: requests_lpc.def).
 *
 * NtAcceptConnectPort names no connection port: the request is found among those that wait at this
 * process' connection ports, by MessageId and ClientId. DIFFERS: message ids are each connection
 * port's own, so one client thread that connects asynchronously (an ALPC client) to two ports of
 * one process can have the same id twice; the first found is accepted. */

#include <stdlib.h>

#include "common/fd.h"
#include "handle.h"
#include "legacy_view.h"
#include "local_port.h"
#include "outbound.h"
#include "process.h"
#include "receiver.h"

#define CLIENT_FLAGS 0x00030000u /* ALLOW_IMPERSONATION, ALLOW_LPC_REQUESTS */
#define SID_BYTES    256u
#define QOS_BYTES    12u

/* What goes with alpc_connect and comes back: the SID, then the information. */
struct connect_data {
    uint8_t bytes[SID_BYTES + PORTICO_MESSAGE_DATA_MAX];
    uint32_t size;
};

static status_t data_put(const struct portico_legacy_connect *connect,
                         struct alpc_connect_request *request, struct connect_data *data)
{
    uint32_t size =
        connect->information ? MIN(connect->information_size, PORTICO_MESSAGE_DATA_MAX) : 0;

    if (connect->required_sid_size > SID_BYTES)
        return STATUS_INVALID_PARAMETER;
    if ((connect->required_sid_size &&
         !the_process.hooks.copy_in(data->bytes, connect->required_sid,
                                    connect->required_sid_size)) ||
        (size && !the_process.hooks.copy_in(data->bytes + connect->required_sid_size,
                                            connect->information, size)))
        return STATUS_ACCESS_VIOLATION;
    request->sid_size = connect->required_sid_size;
    request->message_size = size;
    data->size = request->sid_size + size;
    return STATUS_SUCCESS;
}

/* The server's view has come before its acceptance: mapped, and asked again for the rest. */
static status_t connect_map(struct portico_legacy_connect *connect, struct legacy_views *views,
                            struct alpc_connect_reply *reply, struct call_extra *extra)
{
    struct alpc_connect_request request = {.flags = LPC_CONNECTION_MAPPED};
    struct control *control = portico_control();
    struct objattr objattr;
    status_t status =
        legacy_view_map_peer(views, &reply->view, extra->ret_fds[0], &connect->remote);

    fd_close(extra->ret_fds[0]);
    if (status == STATUS_SUCCESS)
        request.view.base = (uintptr_t)views->peer_base;
    extra->data_size = 0;
    name_put(NULL, &objattr, extra);
    portico_control_park(control, PORTICO_FOREVER, false);
    return call_alpc_connect(control, &request, reply, extra);
}

static status_t connect_ask(struct portico_legacy_connect *connect, struct legacy_views *views,
                            struct alpc_connect_request *request, struct connect_data *data,
                            struct alpc_connect_reply *reply, struct call_extra *extra)
{
    struct control *control = portico_control();
    struct objattr objattr;
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    name_put(&connect->name, &objattr, extra);
    extra->data = extra->ret_data = data->bytes;
    extra->data_size = data->size;
    extra->ret_capacity = sizeof(data->bytes);
    portico_control_park(control, PORTICO_FOREVER, false);
    status = call_alpc_connect(control, request, reply, extra);
    return status == STATUS_PENDING ? connect_map(connect, views, reply, extra) : status;
}

/* The answer's information, at most as much as the program has room for. */
static status_t connect_deliver(struct portico_legacy_connect *connect,
                                const struct alpc_connect_reply *reply,
                                const struct connect_data *data, uint32_t size)
{
    size = connect->information ? MIN(size, connect->information_size) : 0;
    if (size && !the_process.hooks.copy_out(connect->information, data->bytes, size))
        return STATUS_ACCESS_VIOLATION;
    connect->information_size = size;
    connect->ret_max_message_length = reply->max_message_length;
    if (connect->view)
        connect->view->remote_base = reply->view.base;
    return STATUS_SUCCESS;
}

static status_t connect_finish(struct portico_legacy_connect *connect,
                               struct alpc_connect_request *request, struct legacy_views **views,
                               handle_t *ret_port)
{
    _cleanup_(freep) struct connect_data *data = malloc(sizeof(*data));
    struct alpc_connect_reply reply;
    struct call_extra extra = {0};
    status_t status;

    if (!data)
        return STATUS_NO_MEMORY;
    status = data_put(connect, request, data);
    if (status != STATUS_SUCCESS)
        return status;
    outbound_grant_begin();
    status = connect_ask(connect, *views, request, data, &reply, &extra);
    if (status == STATUS_SUCCESS) {
        status = port_enter_connected(request, &reply, &extra, true, TAKE(*views), NULL);
        if (status == STATUS_SUCCESS)
            status = connect_deliver(connect, &reply, data, extra.ret_size);
        if (status != STATUS_SUCCESS && portico_close(reply.port) != STATUS_SUCCESS)
            abort();
    }
    outbound_grant_end();
    if (status == STATUS_SUCCESS)
        *ret_port = reply.port;
    return status;
}

status_t portico_legacy_connect(struct portico_legacy_connect *connect, handle_t *ret_port)
{
    _cleanup_(legacy_views_freep) struct legacy_views *views = calloc(1, sizeof(*views));
    struct alpc_connect_request request = {
        .timeout_ns = TIMEOUT_NEVER,
        .has_attributes = 1,
        .flags = ALPC_SYNC_CONNECTION | LPC_CONNECTION,
        .attributes = {.flags = CLIENT_FLAGS,
                       .qos_length = QOS_BYTES,
                       .impersonation_level = connect->impersonation_level,
                       .context_tracking = connect->context_tracking,
                       .effective_only = connect->effective_only,
                       .max_message_length = PORTICO_MESSAGE_MAX},
    };
    status_t status = views ? STATUS_SUCCESS : STATUS_NO_MEMORY;

    if (status == STATUS_SUCCESS && connect->view)
        status = legacy_view_map_own(views, connect->view, &request.view);
    if (status == STATUS_SUCCESS)
        status = connect_finish(connect, &request, &views, ret_port);
    if (request.view.section && portico_close(request.view.section) != STATUS_SUCCESS)
        abort();
    return status;
}

/* ---- the server's side ---- */

struct request_search {
    const struct portico_message *header;
    struct port *found;
};

static void request_match(struct port *port, void *argument)
{
    struct request_search *search = argument;
    struct port_message message;

    if (search->found || port->kind != PORT_KIND_CONNECTION ||
        port_find_message(&port->receiver->view, search->header->message_id, &message) !=
            STATUS_SUCCESS)
        return;
    if ((message.type & 0xff) == PORTICO_TYPE_CONNECTION_REQUEST &&
        message.sender_process_id == search->header->process_id &&
        message.sender_thread_id == search->header->thread_id && port_try_ref(port))
        search->found = port;
}

static status_t request_find(const struct portico_message *header, struct port **ret_port)
{
    struct request_search search = {.header = header};

    handle_for_each_port(request_match, &search);
    *ret_port = search.found;
    return search.found ? STATUS_SUCCESS : STATUS_REPLY_MESSAGE_MISMATCH;
}

static status_t accept_map(struct portico_legacy_accept *accept, const struct port *port,
                           uint32_t message_id, struct legacy_views *views)
{
    struct lpc_request_view_request request = {
        .port = port->handle, .message_id = message_id, .with_fd = 1};
    struct lpc_request_view_reply reply;
    struct call_extra extra = {0};
    struct control *control = portico_control();
    status_t status;

    accept->remote = (struct portico_remote_view){0};
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = call_lpc_request_view(control, &request, &reply, &extra);
    if (status != STATUS_SUCCESS || !extra.n_ret_fds)
        return status;
    status = legacy_view_map_peer(views, &reply.view, extra.ret_fds[0], &accept->remote);
    fd_close(extra.ret_fds[0]);
    return status;
}

static status_t accept_offer(struct portico_legacy_accept *accept, const struct port *port,
                             uint32_t message_id, struct legacy_views *views)
{
    struct lpc_offer_view_request request = {.port = port->handle, .message_id = message_id};
    struct lpc_offer_view_reply reply;
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = legacy_view_map_own(views, accept->view, &request.view);
    if (status != STATUS_SUCCESS)
        return status;
    portico_control_park(control, PORTICO_FOREVER, false);
    status = call_lpc_offer_view(control, &request, &reply, NULL);
    if (portico_close(request.view.section) != STATUS_SUCCESS)
        abort();
    if (status == STATUS_SUCCESS)
        accept->view->remote_base = reply.remote_base;
    return status;
}

static status_t accept_views(struct portico_legacy_accept *accept, const struct port *port,
                             uint32_t message_id, struct legacy_views **ret_views)
{
    _cleanup_(legacy_views_freep) struct legacy_views *views = calloc(1, sizeof(*views));
    status_t status = views ? STATUS_SUCCESS : STATUS_NO_MEMORY;

    if (status == STATUS_SUCCESS)
        status = accept_map(accept, port, message_id, views);
    if (status == STATUS_SUCCESS && accept->view)
        status = accept_offer(accept, port, message_id, views);
    if (status == STATUS_SUCCESS)
        *ret_views = TAKE(views);
    return status;
}

status_t portico_legacy_accept(struct portico_legacy_accept *accept, handle_t *ret_port)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    _cleanup_(legacy_views_freep) struct legacy_views *views = NULL;
    struct portico_message header;
    struct alpc_accept_request request = {
        .port_context = accept->port_context, .accept = accept->accept, .hold = 1};
    status_t status;

    if (!the_process.hooks.copy_in(&header, accept->request, sizeof(header)))
        return STATUS_ACCESS_VIOLATION;
    if (header.total_length < header.data_length + sizeof(header))
        return STATUS_INVALID_PARAMETER;
    status = request_find(&header, &port);
    if (status == STATUS_SUCCESS && accept->accept)
        status = accept_views(accept, port, header.message_id, &views);
    if (status != STATUS_SUCCESS)
        return status;
    request.port = port->handle;
    request.message_id = header.message_id;
    request.view_base = views ? (uintptr_t)views->peer_base : 0;
    return port_accept(port, &request, accept->request, header.data_length, &views, ret_port);
}

status_t portico_legacy_complete(handle_t port)
{
    struct lpc_complete_request request = {.port = port};
    struct lpc_complete_reply reply;
    struct control *control = portico_control();

    return control ? call_lpc_complete(control, &request, &reply, NULL)
                   : STATUS_INSUFFICIENT_RESOURCES;
}

status_t portico_thread_terminate_port(handle_t port, uint64_t create_time)
{
    struct lpc_terminate_port_request request = {.port = port, .create_time = create_time};
    struct lpc_terminate_port_reply reply;
    struct control *control = portico_control();

    return control ? call_lpc_terminate_port(control, &request, &reply, NULL)
                   : STATUS_INSUFFICIENT_RESOURCES;
}
