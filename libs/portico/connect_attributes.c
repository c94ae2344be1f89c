/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Attributes of a connection request travel with its data, as in a record. But its client has no
 * port yet, so what others make before they send, the server makes with the connection, of what the
 * request says: handles become the transfer TRANSFER_WITH_REQUEST, an inline security context is of
 * the new port and has a handle that is chosen here. What is of a port already may be of any of the
 * process: UNKNOWN, whose section or context it can be on Windows.
 *
 * All of it is the request's and ends when that is answered (handles that were not fetched, the
 * use of the context) or gives up; but for the views, of which the receiver tells when it lets go.
 *
 * An acceptance is a continuation like others (attributes_send): it comes back here when the
 * connect is synchronous, else as LPC_CONNECTION_REPLY. */

#include <string.h>

#include "connect_attributes.h"
#include "handle.h"
#include "local_port.h"
#include "receiver.h"
#include "section.h"
#include "security.h"
#include "send.h"
#include "view_send.h"

static status_t view_begin(const struct portico_view *view, struct connect_attributes *sending)
{
    status_t status = handle_get_port(section_port(view->section), &sending->view_port);

    return status == STATUS_SUCCESS ? view_send(sending->view_port, view, 0, &sending->wire)
                                    : status;
}

static status_t handles_begin(const struct portico_attributes *attributes,
                              struct connect_attributes *sending)
{
    uint32_t n = attributes->handles.n;

    if (n == 0)
        return STATUS_INVALID_HANDLE;
    if (n > HANDLES_IN_MESSAGE_MAX)
        return STATUS_LPC_HANDLE_COUNT_EXCEEDED;
    sending->offers = attributes->handles.offers;
    sending->n_offers = n;
    sending->wire.valid |= PORTICO_ATTRIBUTE_HANDLE;
    sending->wire.handles =
        (struct wire_handles){.transfer = TRANSFER_WITH_REQUEST, .n_handles = n};
    return STATUS_SUCCESS;
}

status_t connect_attributes_begin(const struct portico_attributes *attributes,
                                  struct connect_attributes *ret_sending)
{
    uint32_t valid = attributes ? attributes->valid : 0;
    status_t status = STATUS_SUCCESS;

    *ret_sending = (struct connect_attributes){0};
    if (valid & PORTICO_ATTRIBUTE_VIEW)
        status = view_begin(&attributes->view, ret_sending);
    if (status == STATUS_SUCCESS && valid & PORTICO_ATTRIBUTE_HANDLE)
        status = handles_begin(attributes, ret_sending);
    if (status == STATUS_SUCCESS && valid & PORTICO_ATTRIBUTE_SECURITY)
        status = security_send_connect(&attributes->security, &ret_sending->wire,
                                       &ret_sending->security, &ret_sending->context_port);
    if (valid & PORTICO_ATTRIBUTE_WORK_ON_BEHALF) {
        ret_sending->wire.valid |= PORTICO_ATTRIBUTE_WORK_ON_BEHALF;
        ret_sending->wire.work_on_behalf = attributes->work_on_behalf;
    }
    if (status != STATUS_SUCCESS)
        connect_attributes_end(ret_sending, status, 0);
    else if (ret_sending->wire.valid)
        ret_sending->size = sizeof(ret_sending->wire);
    return status;
}

uint32_t connect_attributes_put(const struct connect_attributes *sending,
                                struct alpc_connect_request *request, uint8_t *data)
{
    size_t offers_size = sending->n_offers * sizeof(*sending->offers);

    request->n_handles = sending->n_offers;
    request->attr_size = sending->size;
    request->security = sending->security;
    request->view_port = sending->view_port ? sending->view_port->handle : 0;
    if (offers_size)
        memcpy(data, sending->offers, offers_size);
    memcpy(data + offers_size, &sending->wire, sending->size);
    return (uint32_t)offers_size + sending->size;
}

void connect_attributes_end(struct connect_attributes *sending, status_t status,
                            uint32_t message_id)
{
    /* Who waits sees the end of his request; of another nobody tells. */
    const struct attributes_fate fate = {
        .is_sent = status == STATUS_SUCCESS, .is_told = message_id == 0, .message_id = message_id};

    if (sending->wire.valid & PORTICO_ATTRIBUTE_VIEW)
        view_sent(sending->view_port, &sending->wire.view, &fate);
    if (sending->context_port)
        security_sent(sending->context_port, &sending->wire.security, fate.is_sent, 0);
    if (sending->view_port)
        port_unref(sending->view_port);
    if (sending->context_port)
        port_unref(sending->context_port);
}

static void facts_receive(const struct port *port, const struct portico_connect *connect,
                          const struct alpc_connect_reply *reply)
{
    struct portico_attributes *attributes = connect->receive_attributes;

    token_attributes(port, attributes);
    if (!(attributes->wanted & PORTICO_ATTRIBUTE_CONTEXT))
        return;
    attributes->valid |= PORTICO_ATTRIBUTE_CONTEXT;
    attributes->context.port_context = port->handle;
    attributes->context.message_context = connect->message_context;
    attributes->context.sequence = port_sequence(&port->receiver->view);
    attributes->context.message_id = reply->message_id;
    attributes->context.callback_id = reply->callback_id;
}

void connect_attributes_receive(const struct portico_connect *connect,
                                const struct alpc_connect_reply *reply, const uint8_t *area)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct attributes_source source = {.message_id = reply->message_id, .is_final = true};
    struct port_connection_facts facts;

    if (handle_get_port(reply->port, &port) != STATUS_SUCCESS ||
        !port_connection_read(&port->receiver->view, 0, &facts))
        return;
    source.generation = facts.generation;
    if (connect->receive_attributes)
        facts_receive(port, connect, reply);
    attributes_receive(port, &source, area, reply->attr_size, connect->receive_attributes);
}
