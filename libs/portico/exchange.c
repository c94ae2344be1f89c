/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* portico_port_exchange: which of the ways a call goes, and what must hold before it does
 * (reference 3.5, 4.2, 4.4).
 *
 *     SYNC                          sync.c: publish a record that names a slot, wait in the slot
 *     message_id 0                  send.c: datagram (RELEASE) or asynchronous request
 *     message_id of a live message  send.c: reply (RELEASE) or continuation
 *     then, with a receive buffer   receive.c: the next message of the port's queue
 *
 * DIFFERS: message_id 0 decides alone. Windows is said to refuse one with a non-zero ClientId
 * (STATUS_REPLY_MESSAGE_MISMATCH, reference 4.4 [1S]); programs send new requests from a buffer
 * that still has an answer's ClientId in it, so that is taken as what it means.
 *
 * A server's loop replies and receives in one call: the end of the reply's route and the next
 * receive then take the port mutex once. */

#include <poll.h>

#include "handle.h"
#include "handles.h"
#include "legacy.h"
#include "local_port.h"
#include "outbound.h"
#include "process.h"
#include "receiver.h"
#include "request_data.h"
#include "reserve.h"
#include "send.h"
#include "sync.h"
#include "thread.h"

static status_t check_arguments(const struct portico_exchange *exchange)
{
    if (!(exchange->flags & PORTICO_SYNC))
        return STATUS_SUCCESS;
    if (!exchange->receive)
        return STATUS_LPC_RECEIVE_BUFFER_EXPECTED;
    if (!exchange->send || (exchange->flags & PORTICO_RELEASE))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static status_t check_header(const struct port *port, const struct portico_message *header)
{
    if (header->total_length != header->data_length + sizeof(*header))
        return STATUS_INVALID_PARAMETER;
    if (header->total_length > port->max_message_length)
        return STATUS_PORT_MESSAGE_TOO_LONG;
    if ((header->message_id == 0 || header->message_id & RESERVE_ID_BIT) &&
        port->kind == PORT_KIND_CONNECTION)
        return STATUS_ACCESS_DENIED;
    return STATUS_SUCCESS;
}

/* A client port's memory tells of its end too, before the notice comes. */
static status_t check_sendable(struct port *port)
{
    status_t status = port_check_open(port);

    if (port->kind == PORT_KIND_CLIENT && port->life != LIFE_ENDED) {
        status_t ended = port_ended(port->memory);
        if (ended != STATUS_SUCCESS) {
            port_end(port, ended);
            return ended;
        }
    }
    return status;
}

static status_t outgoing_send(struct port *port, struct portico_exchange *exchange,
                              const struct portico_message *header, struct outgoing *outgoing,
                              struct port_route *ret_route)
{
    if (exchange->flags & PORTICO_SYNC)
        return sync_exchange(port, exchange, header, outgoing);
    if (header->message_id == 0)
        return send_new(port, exchange, outgoing);
    return send_continuation(port, exchange, header, outgoing, ret_route);
}

/* Nobody tells the sender when a final reply has been read; a request that it gave up has its end
 * in its slot. */
static bool end_is_told(const struct portico_exchange *exchange,
                        const struct portico_message *header, status_t status)
{
    if (exchange->flags & PORTICO_SYNC) /* the others in the success class: the wait ended */
        return status == STATUS_SUCCESS ||
               (!status_is_success(status) && status != STATUS_THREAD_IS_TERMINATING);
    return header->message_id == 0 || !(exchange->flags & PORTICO_RELEASE);
}

/* The handles that came with the message that has been continued, or not. */
static void handles_go_back(const struct port *port, struct list *handles, bool is_continued)
{
    if (is_continued)
        handles_drop(port, handles);
    else
        handles_attach(handles);
}

static void outgoing_end(struct port *port, const struct portico_exchange *exchange,
                         const struct portico_message *header, const struct outgoing *outgoing,
                         status_t status)
{
    struct attributes_fate fate = {
        .is_sent = outgoing->sent->is_sent || status == STATUS_SUCCESS,
        .is_told = end_is_told(exchange, header, status),
        .message_id = outgoing->sent->message_id,
        .place = exchange->flags & PORTICO_SYNC ? &outgoing->sent->place : NULL,
    };

    attributes_sent(port, &outgoing->wire, &fate);
    if ((exchange->flags & PORTICO_SYNC) && fate.is_sent && status != STATUS_SUCCESS &&
        (outgoing->wire.valid & PORTICO_ATTRIBUTE_HANDLE))
        handles_withdraw(port, &outgoing->wire.handles);
}

static status_t message_send(struct port *port, struct portico_exchange *exchange,
                             const struct portico_message *header, struct reserved *reserved,
                             struct port_route *ret_route)
{
    struct list handles = LIST_INIT(handles);
    struct sent sent = {0};
    struct outgoing outgoing;
    status_t status = outgoing_prepare(port, exchange, header->message_id, &outgoing);

    if (status != STATUS_SUCCESS)
        return status;
    outgoing.data_size = header->data_length;
    if (exchange->legacy) {
        legacy_outgoing(header, &outgoing);
        status = request_data_read(exchange->send, header, &outgoing.request_data);
        if (status != STATUS_SUCCESS) {
            if (outgoing.attr_size)
                attributes_sent(port, &outgoing.wire, &(struct attributes_fate){.is_told = true});
            return status;
        }
    }
    outgoing.reserved = reserved;
    /* Before it is sent: the answer to a SYNC continuation may bring new ones. */
    if (header->message_id && handles_are_held())
        handles_detach(port, header->message_id, &handles);
    outgoing.sent = NULL;
    if (outgoing.attr_size || exchange->legacy || exchange->wants_id || !list_is_empty(&handles))
        outgoing.sent = &sent;
    status = outgoing_send(port, exchange, header, &outgoing, ret_route);
    if (!list_is_empty(&handles))
        handles_go_back(port, &handles, sent.is_sent || status == STATUS_SUCCESS);
    if (exchange->legacy && sent.is_sent && status != STATUS_SUCCESS)
        status = legacy_lost(status);
    request_data_free(outgoing.request_data);
    if (outgoing.attr_size)
        outgoing_end(port, exchange, header, &outgoing, status);
    if (outgoing.gives_back && status == STATUS_SUCCESS && !(exchange->flags & PORTICO_SYNC))
        attributes_give_back(port, exchange->send_attributes, header->message_id);
    if (sent.is_sent)
        exchange->ret_message_id = sent.message_id;
    return status;
}

/* A new message with a reserve's id. */
static status_t reserve_send(struct port *port, struct portico_exchange *exchange,
                             const struct portico_message *header)
{
    struct portico_message as_new = *header;
    struct reserved reserved = {0};
    struct reserve *reserve = NULL;
    struct port_route none = {0};
    status_t status = reserve_begin(port, header->message_id, header->data_length, &reserve);

    if (status != STATUS_SUCCESS)
        return status;
    as_new.message_id = 0;
    status = message_send(port, exchange, &as_new, &reserved, &none);
    reserve_end(reserve, &reserved);
    return status;
}

static status_t exchange_send(struct port *port, struct portico_exchange *exchange,
                              struct port_route *ret_route)
{
    struct portico_message header;
    status_t status;

    if (!the_process.hooks.copy_in(&header, exchange->send, sizeof(header)))
        return STATUS_ACCESS_VIOLATION;
    status = exchange->legacy
                 ? legacy_header_check(port, (enum portico_legacy)exchange->legacy, &header)
                 : check_header(port, &header);
    if (status == STATUS_SUCCESS)
        status = check_sendable(port);
    if (status != STATUS_SUCCESS)
        return status;
    if (header.message_id & RESERVE_ID_BIT)
        return reserve_send(port, exchange, &header);
    return message_send(port, exchange, &header, NULL, ret_route);
}

/* Nothing is ever queued at a server communication port: its messages come to the connection port
 * (where a legacy receive looks, 5.3). */
static status_t receive_nothing(struct port *port, const struct portico_exchange *exchange)
{
    struct portico_thread *thread = client_thread();
    struct pollfd fds[1];
    status_t status;

    thread->waiting_on = port;
    do {
        status = port->life == LIFE_ENDED ? port->ended_status : STATUS_SUCCESS;
        if (status == STATUS_SUCCESS)
            status = thread_poll(thread, fds, 0, exchange->deadline_ns);
        if (status == STATUS_ALERTED)
            status = thread_consume_wake(thread, exchange->flags & PORTICO_ALERTABLE);
    } while (status == STATUS_SUCCESS);
    thread->waiting_on = NULL;
    return status;
}

/* A legacy receive by a server communication port: from its connection port's queue, as long as its
 * own connection lives (what the end itself queued comes first). */
static status_t receive_for_server(struct port *port, struct portico_exchange *exchange,
                                   struct port_route *route)
{
    struct portico_thread *thread = client_thread();
    status_t status;

    thread->waiting_on = port;
    status = receive_message(port, exchange, route);
    thread->waiting_on = NULL;
    return status;
}

static status_t exchange_receive(struct port *port, struct portico_exchange *exchange,
                                 struct port_route *route)
{
    if (port->kind != PORT_KIND_SERVER)
        return receive_message(port, exchange, route);
    if (exchange->legacy && port->receiver)
        return receive_for_server(port, exchange, route);
    if (route)
        port_route_end(&port->receiver->view, route);
    return receive_nothing(port, exchange);
}

status_t portico_port_exchange(handle_t handle, struct portico_exchange *exchange)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct port_route route = {0};
    status_t status = check_arguments(exchange);

    if (status == STATUS_SUCCESS)
        status = handle_get_port(handle, &port);
    if (status == STATUS_SUCCESS && exchange->receive && !receive_buffer_is_usable(exchange))
        status = STATUS_ACCESS_VIOLATION;
    if (status != STATUS_SUCCESS)
        return status;
    if (exchange->send) {
        status = exchange_send(port, exchange, &route);
        bool is_last = status != STATUS_SUCCESS || !exchange->receive;
        if (is_last && route.node)
            port_route_end(&port->receiver->view, &route);
        if (is_last || (exchange->flags & PORTICO_SYNC))
            return status;
    }
    if (!exchange->receive)
        return STATUS_SUCCESS;
    return exchange_receive(port, exchange, route.node ? &route : NULL);
}
