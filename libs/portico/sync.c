/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* SYNC requests. The sender takes a slot of its lane, arms it, publishes a record that names it and
 * waits in it: spinning, then asleep on the slot's word and its own wake word together. The answer
 * is written into the slot by the other end and wakes exactly this thread. No request to the
 * server, no port mutex, no system call when the answer comes while it spins.
 *
 * What ends the wait: the answer; a slot status (the other end cancelled: STATUS_MESSAGE_LOST); the
 * deadline; hooks.interrupted; the end of the connection (notice: port_end sets the port's life,
 * then wakes who waits on the port: race 1).
 *
 * Race 1. This thread writes waiting_on (before it publishes), then reads the port's life; port_end
 * writes life, then reads each thread's waiting_on. All sequentially consistent: either the thread
 * sees the end, or it is woken.
 *
 * Giving up: slot_abandon decides against a reply that is being written at that moment (LATE: the
 * reply is taken after all, unless its writer died over it). An abandoned slot is quarantined, with
 * its id, until the other end returns it, which it does when it has received the LANE_CANCEL record
 * or tried to reply.
 *
 * A SYNC continuation of a SYNC request (a legacy callback): the message goes into the slot in
 * which the other end waits, and names a slot of a lane of ours in which this thread waits in its
 * turn; the other end's continuation comes there, and so on. A slot carries one message; a
 * conversation takes a new one at each turn. */

#include <string.h>

#include "attributes.h"
#include "lane/atomics.h"
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

#define LATE_REPLY_NS                                                                              \
    1000000000 /* how long a reply that is being written may take before its writer counts as dead \
                */

struct sync {
    struct port *port;
    struct port *own; /* a reference to it when it is not the caller's; or NULL */
    struct portico_exchange *exchange;
    struct destination to;
    struct outlane *lane;
    struct lane_message message; /* as published */
    uint32_t slot;               /* index */
    uint32_t word;
    uint32_t capacity; /* payload bytes that the caller can take */
    uint64_t message_context;
    struct request_data *data; /* memory that it describes; or NULL */
};

static uint32_t reply_capacity(const struct portico_exchange *exchange)
{
    size_t room = exchange->capacity - sizeof(struct portico_message);

    return room > PORTICO_MESSAGE_DATA_MAX ? PORTICO_MESSAGE_DATA_MAX : (uint32_t)room;
}

/* From here to the end of the exchange this thread may hold a lane (outbound_retire.c, race 1) and
 * is woken when the port ends (race 1 above): one full barrier for both. */
static void sync_begin(struct sync *sync)
{
    struct portico_thread *thread = client_thread();

    atom_poke(&thread->using_outbound, sync->to.outbound);
    thread->waiting_on = sync->port;
}

static status_t sync_arm(struct sync *sync)
{
    const struct portico_exchange *exchange = sync->exchange;
    status_t status =
        outbound_slot_acquire(&sync->to, exchange->deadline_ns, exchange->flags & PORTICO_ALERTABLE,
                              &sync->lane, &sync->slot);

    if (status != STATUS_SUCCESS)
        return status;
    sync->word = slot_arm(&sync->lane->slots, &sync->lane->producer.view, sync->slot);
    sync->message.slot = sync->slot + 1;
    sync->message.slot_word = sync->word;
    return STATUS_SUCCESS;
}

/* Takes and arms a slot, and publishes. The lane may be replaced by a larger one under our hands:
 * the slot must be one of the lane that the record goes into, so begin again. */
static status_t sync_publish(struct sync *sync, const struct outgoing *outgoing, bool is_new)
{
    status_t status;

    sync_begin(sync);
    do {
        status = sync_arm(sync);
        if (status != STATUS_SUCCESS)
            return status;
        outbound_enter(sync->to.outbound);
        if (is_new)
            status = outbound_ids_locked(&sync->to, &sync->message.message_id,
                                         &sync->message.callback_id);
        sync->lane->slot_ids[sync->slot] = sync->message.message_id;
        request_data_begin(sync->data, sync->message.message_id);
        if (status == STATUS_SUCCESS)
            status = record_send_locked(&sync->to, sync->lane, outgoing, &sync->message);
        outbound_exit(sync->to.outbound);
        if (status != STATUS_SUCCESS)
            outbound_slot_withdraw(sync->to.outbound, sync->lane, sync->slot, sync->word);
    } while (status == STATUS_RETRY);
    return status;
}

static uint32_t peer_process_id(const struct sync *sync)
{
    const struct port *port = sync->port;
    struct port_connection_facts facts;

    if (port->kind == PORT_KIND_CLIENT)
        return port->server_process_id;
    return port_connection_read(&port->receiver->view, sync->to.here, &facts) ? facts.process_id
                                                                              : 0;
}

static uint16_t reply_type(const struct slot_reply *reply)
{
    return reply->flags & LANE_RELEASE ? PORTICO_TYPE_REPLY
                                       : PORTICO_TYPE_REQUEST | PORTICO_TYPE_CONTINUATION_REQUIRED;
}

static struct port_waiter reply_waiter(const struct slot_reply *reply)
{
    if (!(reply->flags & LANE_SYNC) || reply->flags & LANE_RELEASE)
        return (struct port_waiter){0};
    return (struct port_waiter){.lane = reply->aux >> LANE_AUX_SHIFT,
                                .slot = reply->aux & ((1u << LANE_AUX_SHIFT) - 1),
                                .slot_word = reply->aux_word};
}

static void reply_context(const struct sync *sync, const struct slot_reply *reply,
                          uint32_t sequence, struct portico_attributes *attributes)
{
    const struct port *port = sync->port;

    attributes->valid |= PORTICO_ATTRIBUTE_CONTEXT;
    attributes->context.port_context =
        port->kind == PORT_KIND_CLIENT ? port->handle : port->port_context;
    attributes->context.message_context = sync->message_context;
    attributes->context.sequence = sequence;
    attributes->context.message_id = reply->message_id;
    attributes->context.callback_id = reply->callback_id;
}

static void reply_attributes(struct sync *sync, const struct slot_reply *reply,
                             const uint8_t *areas, uint32_t sequence)
{
    struct portico_attributes *attributes = sync->exchange->receive_attributes;
    struct port *port = sync->port;
    struct port_connection_facts facts = {0};

    if (attributes) {
        attributes->valid = 0;
        if (attributes->wanted & PORTICO_ATTRIBUTE_CONTEXT)
            reply_context(sync, reply, sequence, attributes);
        token_attributes(port, attributes);
    }
    if (!reply->attr_size)
        return;
    port_connection_read(&port->receiver->view, sync->to.here, &facts);
    struct attributes_source source = {
        .connection = sync->to.here,
        .generation = facts.generation,
        .message_id = reply->message_id,
        .is_final = reply->flags & LANE_RELEASE,
    };
    attributes_receive(port, &source, areas, reply->attr_size, attributes);
}

/* The caller's buffer cannot take the reply: it waits in the port's queue for the next receive.
 * Returns `why`, or why it is lost. */
static status_t reply_keep(struct sync *sync, const struct slot_reply *reply, const uint8_t *areas,
                           status_t why)
{
    struct port *port = sync->port;
    struct port_message message = {
        .message_id = reply->message_id,
        .callback_id = reply->callback_id,
        .type = reply_type(reply),
        .connection = sync->to.here,
        .sender_process_id = peer_process_id(sync),
        .sender_thread_id = reply->sender_tid,
        .data_length = reply->data_size,
        .attributes_length = reply->attr_size <= PORT_ATTRIBUTES_MAX_BYTES ? reply->attr_size : 0,
        .message_context = sync->message_context,
        .data = areas + reply->attr_size,
    };
    status_t status;

    const struct port_waiter waiter = reply_waiter(reply);
    memcpy(message.attributes, areas, message.attributes_length);
    outbound_note_async(sync->to.outbound);
    status = port_adopt_large(&port->receiver->view, &message, &waiter);
    sync->exchange->ret_size = reply->data_size + sizeof(struct portico_message);
    return status == STATUS_SUCCESS ? why : status;
}

static bool reply_copy_out(const struct sync *sync, const struct slot_reply *reply,
                           const uint8_t *areas)
{
    struct portico_message header = {
        .data_length = (uint16_t)reply->data_size,
        .total_length = (uint16_t)(reply->data_size + sizeof(header)),
        .type = reply_type(reply),
        .process_id = peer_process_id(sync),
        .thread_id = reply->sender_tid,
        .message_id = reply->message_id,
        .callback_id = reply->callback_id,
    };

    if (sync->exchange->legacy)
        legacy_header_fill(&header, areas, reply->attr_size);
    return the_process.hooks.copy_out(sync->exchange->receive, &header, sizeof(header)) &&
           (!reply->data_size ||
            the_process.hooks.copy_out(sync->exchange->receive + 1, areas + reply->attr_size,
                                       reply->data_size));
}

static status_t reply_deliver(struct sync *sync, const struct slot_reply *reply,
                              const uint8_t *areas)
{
    struct port *port = sync->port;
    status_t status = STATUS_SUCCESS;

    if (!reply_copy_out(sync, reply, areas))
        return reply_keep(sync, reply, areas, STATUS_ACCESS_VIOLATION);
    if (!(reply->flags & LANE_RELEASE)) {
        const struct port_waiter waiter = reply_waiter(reply);

        outbound_note_async(sync->to.outbound);
        status = port_adopt(&port->receiver->view, sync->to.here, reply->message_id,
                            reply->callback_id, sync->message_context, &waiter);
    }
    if (status != STATUS_SUCCESS)
        return status;
    reply_attributes(sync, reply, areas, port_count_received(port->memory));
    sync->exchange->ret_size = reply->data_size + sizeof(struct portico_message);
    return STATUS_SUCCESS;
}

/* The slot is finished: its answer, and the slot back. */
static status_t reply_take(struct sync *sync)
{
    const struct lane_view *view = &sync->lane->producer.view;
    struct slot_reply reply;
    const uint8_t *areas;
    status_t status;

    if (slot_read(view, sync->slot, &reply) != LANE_OK ||
        (reply.status == STATUS_SUCCESS && reply.message_id != sync->message.message_id)) {
        outbound_slot_quarantine(sync->to.outbound, sync->lane, sync->slot);
        return STATUS_PORT_DISCONNECTED;
    }
    areas = slot_areas(view, sync->slot, reply.in_extent);
    if (reply.status != STATUS_SUCCESS)
        status = reply.status;
    else if (reply.data_size > sync->capacity)
        status = reply_keep(sync, &reply, areas, STATUS_BUFFER_TOO_SMALL);
    else
        status = reply_deliver(sync, &reply, areas);
    outbound_slot_release(sync->to.outbound, sync->lane, sync->slot);
    return status;
}

/* Tells the other end that nobody waits for the message any more.
 *
 * UNKNOWN: what Windows does with a request that timed out before the server received it. Here it
 * is received like any other as long as this record stands in the lane behind it, and the reply
 * goes nowhere: to look at the slot of every request first would cost each of them a cache line. */
static void send_cancel(struct sync *sync)
{
    const struct outgoing nothing = {0};
    struct lane_message message = sync->message;

    message.kind = LANE_CANCEL;
    message.flags = 0;
    outbound_enter(sync->to.outbound);
    status_t status = record_send_locked(&sync->to, sync->lane, &nothing, &message);
    outbound_exit(sync->to.outbound);
    if (status != STATUS_SUCCESS)
        return; /* lane full, replaced or dead: the other end finds the slot abandoned when it
                   answers */
}

static status_t sync_give_up(struct sync *sync, struct portico_thread *thread, status_t why)
{
    const struct lane_view *view = &sync->lane->producer.view;
    enum lane_result result = slot_abandon(view, sync->slot, sync->word);

    if (result == LANE_LATE) {
        struct lane_wake unwoken;

        wake_init(&unwoken, -1);
        result = slot_wait(&sync->lane->slots, view, sync->slot, sync->word, &unwoken,
                           sys_now_ns() + LATE_REPLY_NS);
        if (result == LANE_OK)
            return reply_take(sync);
    }
    (void)thread;
    outbound_slot_quarantine(sync->to.outbound, sync->lane, sync->slot);
    if (result == LANE_GONE) /* also of a connection that has ended: the lane may serve others */
        send_cancel(sync);
    return why;
}

static status_t sync_wait(struct sync *sync)
{
    struct portico_thread *thread = client_thread();
    struct port *port = sync->port;
    status_t status = STATUS_SUCCESS;

    for (;;) {
        enum lane_result result = LANE_WOKEN;

        if (port->life != LIFE_ENDED)
            result =
                slot_wait(&sync->lane->slots, &sync->lane->producer.view, sync->slot, sync->word,
                          &thread->wake, lane_deadline(sync->exchange->deadline_ns));
        if (result == LANE_OK) {
            status = reply_take(sync);
            break;
        }
        if (result == LANE_WOKEN) {
            status = thread_consume_wake(thread, sync->exchange->flags & PORTICO_ALERTABLE);
            request_data_serve(sync->data);
        } else
            status = result == LANE_TIMEOUT ? STATUS_TIMEOUT : STATUS_PORT_DISCONNECTED;
        if (status == STATUS_SUCCESS && port->life == LIFE_ENDED)
            status = port->ended_status;
        if (status != STATUS_SUCCESS) {
            status = sync_give_up(sync, thread, status);
            break;
        }
    }
    return status;
}

/* Into the slot in which the other end waits. */
static status_t sync_answer(struct sync *sync, const struct outgoing *outgoing,
                            struct port_route *route)
{
    struct answer_wait wait;
    status_t status;

    sync_begin(sync);
    status = sync_arm(sync);
    if (status != STATUS_SUCCESS)
        return status;
    wait = (struct answer_wait){sync->lane->lane, sync->slot + 1, sync->word};
    sync->lane->slot_ids[sync->slot] = sync->message.message_id;
    request_data_begin(sync->data, sync->message.message_id);
    status = route_slot_write(route, outgoing, PORTICO_SYNC, &wait);
    if (status == STATUS_SUCCESS && route->outcome != PORT_WRITTEN)
        status = STATUS_MESSAGE_LOST; /* it waits no more: nothing will come back */
    if (status != STATUS_SUCCESS)
        outbound_slot_withdraw(sync->to.outbound, sync->lane, sync->slot, sync->word);
    return status;
}

/* Of a route by the connection port or the connection's own. A notice about a connection wakes who
 * waits on its server communication port (race 1), so that is what such a thread waits on. */
static status_t sync_route_check(struct sync *sync, const struct port_route *route)
{
    struct port *port = sync->port;

    if (port->kind == PORT_KIND_SERVER && route->connection != port->connection)
        return STATUS_REPLY_MESSAGE_MISMATCH;
    if (port->kind != PORT_KIND_CONNECTION)
        return STATUS_SUCCESS;
    sync->own = port_find_server(port->receiver, route->connection);
    if (!sync->own)
        return STATUS_PORT_DISCONNECTED; /* its handle has been closed */
    sync->port = sync->own;
    return STATUS_SUCCESS;
}

/* A SYNC continuation: its route says where it goes; the answer comes into a slot of our lane
 * there. */
static status_t sync_continue(struct sync *sync, const struct portico_message *header,
                              const struct outgoing *outgoing)
{
    struct port *port = sync->port;
    struct port_route route;
    status_t status = continuation_begin(port, header, PORTICO_SYNC, outgoing, &route);

    if (status != STATUS_SUCCESS)
        return status;
    route.outcome = PORT_NOT_WRITTEN;
    status = sync_route_check(sync, &route);
    if (status == STATUS_SUCCESS)
        status = destination_of_route(sync->port, &route, &sync->to, &sync->message);
    if (status == STATUS_SUCCESS) {
        sync->message.message_id = route.message_id;
        sync->message.callback_id = route.callback_id;
        sync->message.kind = route.record_kind;
        sync->message.flags = route.record_flags | LANE_SYNC;
        status = route.kind == PORT_ROUTE_SLOT ? sync_answer(sync, outgoing, &route)
                                               : sync_publish(sync, outgoing, false);
        if (status == STATUS_SUCCESS)
            route.outcome = PORT_WRITTEN;
    }
    port_route_end(&port->receiver->view, &route);
    return status;
}

static status_t sync_request(struct sync *sync, const struct outgoing *outgoing)
{
    status_t status = destination_of_port(sync->port, &sync->to, &sync->message);

    if (status != STATUS_SUCCESS)
        return status;
    sync->to.may_use_kept = outgoing->reserved != NULL;
    status = sync_publish(sync, outgoing, true);
    if (UNLIKELY(outgoing->reserved) && status == STATUS_SUCCESS) {
        outgoing->reserved->message_id = sync->message.message_id;
        reserved_slot(outgoing->reserved, sync->lane, sync->slot, sync->word);
    }
    return status;
}

static struct slot_place sync_place(const struct sync *sync)
{
    struct port_connection_facts facts = {0};

    (void)port_connection_read(&sync->port->receiver->view, sync->to.here, &facts);
    return (struct slot_place){
        .sender_id = sync->to.outbound->sender_id,
        .lane = sync->lane->lane,
        .generation = sync->lane->generation,
        .slot = sync->slot,
        .word = sync->word,
        .connection = sync->to.here,
        .connection_generation = facts.generation,
    };
}

status_t sync_exchange(struct port *port, struct portico_exchange *exchange,
                       const struct portico_message *header, const struct outgoing *outgoing)
{
    struct sync sync = {
        .port = port,
        .exchange = exchange,
        .capacity = reply_capacity(exchange),
        .message_context = outgoing->message_context,
        .data = outgoing->request_data,
        .message = {.kind = LANE_REQUEST, .flags = LANE_SYNC},
    };
    status_t status;

    if (exchange->capacity < sizeof(struct portico_message))
        return STATUS_BUFFER_TOO_SMALL;
    status =
        header->message_id ? sync_continue(&sync, header, outgoing) : sync_request(&sync, outgoing);
    if (status == STATUS_SUCCESS && outgoing->attr_size)
        attributes_published(port, &outgoing->wire);
    /* Before the answer, which may bring something with the same message. */
    if (status == STATUS_SUCCESS && outgoing->gives_back)
        attributes_give_back(port, exchange->send_attributes, header->message_id);
    if (status == STATUS_SUCCESS) {
        status = sync_wait(&sync);
        if (outgoing->sent)
            outgoing->sent->place = sync_place(&sync);
    }
    request_data_end(sync.data);
    /* No barrier: who reads these too early wakes, or spares, this thread for nothing. */
    atomic_store_explicit(&client_thread()->waiting_on, NULL, memory_order_release);
    atom_store(&client_thread()->using_outbound, NULL);
    if (sync.to.outbound)
        destination_put(&sync.to);
    if (sync.own)
        port_unref(sync.own);
    return status;
}
