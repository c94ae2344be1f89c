/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Sending: new messages without waiting (datagrams, asynchronous requests) and continuations. SYNC
 * requests are in exchange.c; which of the three a call is, in exchange.c too.
 *
 * A record's data is copied from the caller's memory straight into the lane, under the producers'
 * lock; a bad pointer drops the reservation and nothing has happened. A reply into a slot cannot be
 * undone once the slot is claimed, so its data is copied first (up to SMALL_BYTES) or the caller's
 * pages are touched first; a page that goes away in between costs the message: the reply fails, and
 * who waits is told STATUS_MESSAGE_LOST (DIFFERS: on Windows the message stays). */

#include <string.h>

#include "attributes.h"
#include "lane/atomics.h"
#include "local_port.h"
#include "outbound.h"
#include "process.h"
#include "receiver.h"
#include "reserve.h"
#include "send.h"
#include "thread.h"

#define SMALL_BYTES 1024u

status_t destination_of_port(struct port *port, struct destination *ret_to,
                             struct lane_message *message)
{
    status_t status = outbound_of_port(port, &ret_to->outbound);

    if (status != STATUS_SUCCESS)
        return status;
    ret_to->is_held = false;
    ret_to->may_use_kept = false;
    ret_to->port = port;
    ret_to->here = port->connection;
    message->connection = ret_to->connection = port->peer_connection;
    message->connection_generation = ret_to->generation = port->peer_generation;
    return STATUS_SUCCESS;
}

static void outgoing_sent(const struct outgoing *outgoing, uint32_t message_id)
{
    if (outgoing->sent)
        *outgoing->sent = (struct sent){.is_sent = true, .message_id = message_id};
}

status_t outgoing_prepare(struct port *port, const struct portico_exchange *exchange,
                          uint32_t message_id, struct outgoing *ret_outgoing)
{
    const struct portico_attributes *attributes = exchange->send_attributes;

    ret_outgoing->data = exchange->send + 1;
    ret_outgoing->message_context = 0;
    ret_outgoing->lane_flags = 0;
    ret_outgoing->request_data = NULL;
    ret_outgoing->has_context = attributes && (attributes->valid & PORTICO_ATTRIBUTE_CONTEXT);
    ret_outgoing->gives_back = attributes && (attributes->valid & PORTICO_ATTRIBUTE_VIEW) &&
                               (attributes->view.flags & PORTICO_VIEW_RELEASE);
    if (ret_outgoing->has_context)
        ret_outgoing->message_context = attributes->context.message_context;
    return attributes_send(port, attributes, message_id, &ret_outgoing->wire,
                           &ret_outgoing->attr_size);
}

status_t record_send_locked(const struct destination *to, const struct outlane *lane,
                            const struct outgoing *outgoing, struct lane_message *message)
{
    struct outbound *outbound = to->outbound;
    uint8_t *attributes, *data;
    status_t status;

    message->attr_size = outgoing->attr_size;
    message->data_size = outgoing->data_size;
    message->flags |= outgoing->lane_flags;
    message->sender_tid = client_thread()->thread_id;
    status =
        outbound_reserve_locked(to, message->attr_size, message->data_size, &attributes, &data);
    if (status != STATUS_SUCCESS)
        return status;
    if (lane && lane != outbound->current) {
        producer_cancel(&outbound->current->producer);
        return STATUS_RETRY;
    }
    if (outgoing->data_size &&
        !the_process.hooks.copy_in(data, outgoing->data, outgoing->data_size)) {
        producer_cancel(&outbound->current->producer);
        return STATUS_ACCESS_VIOLATION;
    }
    if (outgoing->attr_size)
        memcpy(attributes, &outgoing->wire, outgoing->attr_size);
    outbound_publish_locked(to, message);
    outgoing_sent(outgoing, message->message_id);
    return STATUS_SUCCESS;
}

void outbound_enter(struct outbound *outbound)
{
    the_process.hooks.critical_enter();
    pthread_mutex_lock(&outbound->lock);
}

void outbound_exit(struct outbound *outbound)
{
    pthread_mutex_unlock(&outbound->lock);
    the_process.hooks.critical_leave();
}

/* An asynchronous request: its continuation must resolve before it is published. An id that is
 * still in use is passed over. */
static status_t expect_locked(const struct destination *to, const struct outgoing *outgoing,
                              struct lane_message *message)
{
    struct port *port = to->port;
    uint32_t connection = port->kind == PORT_KIND_SERVER ? port->connection : 0;
    status_t status;

    do {
        status = outbound_ids_locked(to, &message->message_id, &message->callback_id);
        if (status != STATUS_SUCCESS)
            return status;
        status = port_expect(&port->receiver->view, connection, message->message_id,
                             message->callback_id, outgoing->message_context);
    } while (status == STATUS_INVALID_PARAMETER);
    outbound_note_async(to->outbound);
    return status;
}

/* What a datagram's receiver must give back. */
static bool outgoing_is_attached(const struct outgoing *outgoing)
{
    return outgoing->attr_size &&
           (outgoing->wire.valid & (PORTICO_ATTRIBUTE_VIEW | PORTICO_ATTRIBUTE_HANDLE));
}

/* A plain datagram with a reserve takes a slot along that nobody waits in: the receiver returns it
 * when it takes the record, which ends the reserve's message. */
static status_t send_with_slot(const struct destination *to, const struct outgoing *outgoing,
                               struct lane_message *message)
{
    struct outlane *lane;
    uint32_t slot;
    status_t status;

    do {
        status = outbound_slot_acquire(to, PORTICO_POLL, false, &lane, &slot);
        if (status != STATUS_SUCCESS) /* a datagram does not wait */
            return status == STATUS_TIMEOUT ? STATUS_INSUFFICIENT_RESOURCES : status;
        message->slot = slot + 1;
        message->slot_word = slot_arm(&lane->slots, &lane->producer.view, slot);
        if (slot_abandon(&lane->producer.view, slot, message->slot_word) != LANE_GONE)
            return STATUS_PORT_DISCONNECTED; /* the other end wrote to a slot that is not its */
        outbound_enter(to->outbound);
        status = outbound_ids_locked(to, &message->message_id, &message->callback_id);
        if (status == STATUS_SUCCESS)
            status = record_send_locked(to, lane, outgoing, message);
        outbound_exit(to->outbound);
        if (status == STATUS_SUCCESS) {
            reserved_slot(outgoing->reserved, lane, slot, message->slot_word);
            outbound_slot_quarantine(to->outbound, lane, slot);
        } else {
            outbound_slot_withdraw(to->outbound, lane, slot, message->slot_word);
        }
    } while (status == STATUS_RETRY);
    return status;
}

static status_t send_reserved_datagram(const struct destination *to,
                                       const struct outgoing *outgoing,
                                       struct lane_message *message)
{
    struct portico_thread *thread = client_thread();
    status_t status;

    /* outbound_retire.c, race 1: written before the lane is read. */
    (void)atom_swap(&thread->using_outbound, to->outbound);
    status = send_with_slot(to, outgoing, message);
    atom_store(&thread->using_outbound, NULL);
    return status;
}

static status_t send_record(const struct destination *to, bool is_expected,
                            const struct outgoing *outgoing, struct lane_message *message)
{
    status_t status;

    outbound_enter(to->outbound);
    if (is_expected)
        status = expect_locked(to, outgoing, message);
    else
        status = outbound_ids_locked(to, &message->message_id, &message->callback_id);
    if (status == STATUS_SUCCESS) {
        status = record_send_locked(to, NULL, outgoing, message);
        if (status != STATUS_SUCCESS && is_expected)
            port_expect_abort(&to->port->receiver->view, message->message_id);
    }
    outbound_exit(to->outbound);
    return status;
}

status_t send_new(struct port *port, struct portico_exchange *exchange,
                  const struct outgoing *outgoing)
{
    bool is_datagram = exchange->flags & PORTICO_RELEASE;
    bool is_expected = !is_datagram || outgoing_is_attached(outgoing);
    struct lane_message message = {.kind = is_datagram ? LANE_DATAGRAM : LANE_REQUEST,
                                   .flags = is_datagram && !is_expected ? LANE_RELEASE : 0};
    struct destination to;
    status_t status = destination_of_port(port, &to, &message);

    if (status != STATUS_SUCCESS)
        return status;
    to.may_use_kept = outgoing->reserved != NULL;
    if (to.may_use_kept && !is_expected)
        status = send_reserved_datagram(&to, outgoing, &message);
    else
        status = send_record(&to, is_expected, outgoing, &message);
    if (to.may_use_kept && status == STATUS_SUCCESS)
        outgoing->reserved->message_id = message.message_id;
    if (status == STATUS_SUCCESS) {
        exchange->ret_message_id = message.message_id;
        exchange->ret_callback_id = message.callback_id;
    }
    return status;
}

/* Reads one byte of each page, so that a later copy of them finds them. */
static bool touch(const void *data, uint32_t size)
{
    const uint8_t *at = data;
    uint8_t byte;

    for (uint32_t i = 0; i < size; i += 4096)
        if (!the_process.hooks.copy_in(&byte, at + i, 1))
            return false;
    return size == 0 || the_process.hooks.copy_in(&byte, at + size - 1, 1);
}

/* The reply of a SYNC request goes into the slot in which its sender waits. */
status_t route_slot_write(struct port_route *route, const struct outgoing *outgoing, uint32_t flags,
                          const struct answer_wait *wait)
{
    bool in_extent = !slot_fits_inline(outgoing->attr_size, outgoing->data_size);
    struct slot_reply reply = {
        .kind = LANE_CONTINUATION,
        .flags = flags & PORTICO_RELEASE ? LANE_RELEASE
                 : wait                  ? LANE_SYNC
                                         : 0,
        .message_id = route->message_id,
        .callback_id = route->callback_id,
        .sender_tid = client_thread()->thread_id,
        .attr_size = outgoing->attr_size,
        .data_size = outgoing->data_size,
        .in_extent = in_extent,
        .aux = wait ? wait->lane << LANE_AUX_SHIFT | wait->slot : 0,
        .aux_word = wait ? wait->word : 0,
    };
    uint8_t small[SMALL_BYTES], *areas;
    bool is_small = outgoing->data_size <= sizeof(small), is_whole = true;

    if (is_small ? !the_process.hooks.copy_in(small, outgoing->data, outgoing->data_size)
                 : !touch(outgoing->data, outgoing->data_size)) {
        route->outcome = PORT_NOT_WRITTEN;
        return STATUS_ACCESS_VIOLATION;
    }
    if (slot_claim(route->lane_view, route->slot, route->slot_word) != LANE_OK) {
        route->outcome =
            PORT_GONE; /* nobody waits any more: as on Windows the reply goes nowhere */
        return STATUS_SUCCESS;
    }
    areas = slot_areas(route->lane_view, route->slot, in_extent);
    if (outgoing->attr_size)
        memcpy(areas, &outgoing->wire, outgoing->attr_size);
    if (is_small)
        memcpy(areas + outgoing->attr_size, small, outgoing->data_size);
    else
        is_whole = the_process.hooks.copy_in(areas + outgoing->attr_size, outgoing->data,
                                             outgoing->data_size);
    if (!is_whole)
        reply = (struct slot_reply){.status = STATUS_MESSAGE_LOST, .kind = LANE_CONTINUATION};
    route->outcome = slot_finish(route->lane_view, route->slot, route->slot_word, &reply) == LANE_OK
                         ? PORT_WRITTEN
                         : PORT_GONE;
    if (!is_whole)
        return STATUS_ACCESS_VIOLATION;
    outgoing_sent(outgoing, route->message_id);
    return STATUS_SUCCESS;
}

status_t destination_of_route(struct port *port, const struct port_route *route,
                              struct destination *ret_to, struct lane_message *message)
{
    struct return_way way;
    status_t status;

    if (port->kind == PORT_KIND_CLIENT)
        return destination_of_port(port, ret_to, message);
    status = receiver_return_way(port->receiver, port, route->connection,
                                 route->connection_generation, &way);
    if (status != STATUS_SUCCESS)
        return status;
    *ret_to = (struct destination){
        way.outbound, port, route->connection, way.peer_connection, way.peer_generation,
        true,         false};
    message->connection = way.peer_connection;
    message->connection_generation = way.peer_generation;
    return STATUS_SUCCESS;
}

/* A port holds its outbound as long as it is held itself; a way back may be replaced meanwhile, so
 * receiver_return_way holds it for us. */
void destination_put(struct destination *to)
{
    if (to->is_held)
        outbound_leave(to->outbound);
}

status_t route_record_send(struct port *port, struct port_route *route,
                           const struct outgoing *outgoing)
{
    struct lane_message message = {
        .message_id = route->message_id,
        .callback_id = route->callback_id,
        .kind = route->record_kind,
        .flags = route->record_flags,
    };
    struct destination to;
    status_t status = destination_of_route(port, route, &to, &message);

    if (status == STATUS_SUCCESS) {
        outbound_enter(to.outbound);
        status = record_send_locked(&to, NULL, outgoing, &message);
        outbound_exit(to.outbound);
        destination_put(&to);
    }
    /* The other end has gone: the message is over, and replying to it is no error of the caller. */
    if (status == STATUS_PORT_DISCONNECTED)
        route->outcome = PORT_GONE;
    else
        route->outcome = status == STATUS_SUCCESS ? PORT_WRITTEN : PORT_NOT_WRITTEN;
    return status == STATUS_PORT_DISCONNECTED ? STATUS_SUCCESS : status;
}

status_t continuation_begin(struct port *port, const struct portico_message *header, uint32_t flags,
                            const struct outgoing *outgoing, struct port_route *ret_route)
{
    struct port_view *view = &port->receiver->view;
    uint32_t how = (flags & PORTICO_RELEASE ? PORT_CONTINUE_RELEASE : 0) |
                   (flags & PORTICO_SYNC ? PORT_CONTINUE_SYNC : 0);
    status_t status;

    for (;;) {
        status = port_continue_begin(view, header->message_id, (uint32_t)header->callback_id, how,
                                     outgoing->has_context, outgoing->message_context, ret_route);
        if (status != STATUS_SUCCESS || ret_route->kind != PORT_ROUTE_MAP_LANE)
            return status;
        status = receiver_map_lane(port->receiver, port, ret_route->lane);
        if (status != STATUS_SUCCESS)
            return status;
    }
}

status_t send_continuation(struct port *port, const struct portico_exchange *exchange,
                           const struct portico_message *header, struct outgoing *outgoing,
                           struct port_route *ret_route)
{
    status_t status = continuation_begin(port, header, exchange->flags, outgoing, ret_route);

    if (status != STATUS_SUCCESS)
        return status;
    if (port->kind == PORT_KIND_SERVER && ret_route->connection != port->connection) {
        ret_route->outcome = PORT_NOT_WRITTEN; /* another client's message */
        return STATUS_REPLY_MESSAGE_MISMATCH;
    }
    if (outgoing->attr_size && outgoing->wire.valid & PORTICO_ATTRIBUTE_VIEW &&
        exchange->flags & PORTICO_RELEASE) {
        if (ret_route->record_kind == LANE_ACK) { /* UNKNOWN: nobody is there to receive it */
            ret_route->outcome = PORT_NOT_WRITTEN;
            return STATUS_INVALID_PARAMETER;
        }
        attributes_lend(port, ret_route, &outgoing->wire);
    }
    switch (ret_route->kind) {
    case PORT_ROUTE_SLOT:
        status = route_slot_write(ret_route, outgoing, exchange->flags, NULL);
        break;
    case PORT_ROUTE_LANE:
        status = route_record_send(port, ret_route, outgoing);
        break;
    case PORT_ROUTE_NONE:
    case PORT_ROUTE_MAP_LANE:
        ret_route->outcome = PORT_GONE;
        break;
    }
    return status;
}

void receive_acknowledge(struct port *port, const struct port_message *message)
{
    struct port_route route = {
        .message_id = message->message_id,
        .callback_id = message->callback_id,
        .connection = message->connection,
        .connection_generation = message->connection_generation,
        .record_kind = LANE_CANCEL,
        .record_flags = LANE_RELEASE,
    };
    const struct outgoing nothing = {0};

    if (route_record_send(port, &route, &nothing) != STATUS_SUCCESS)
        return; /* the id stays quarantined at the other end until the connection ends */
}
