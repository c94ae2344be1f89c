/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Receiving from a port's queue.
 *
 *     port_receive: a message? -> copy it out
 *     nothing: spin as the policy allows (port_glance, no lock), ask again with may_wait (this
 * thread is then registered as a waiter and the lanes will ring), sleep on the outer doorbell and
 * the own wake word, again.
 *
 * A message larger than the caller's buffer stays first in line. A pinned message (above 512 bytes)
 * is copied from the lane to the caller's memory outside the port mutex; if that cannot be written
 * the message is first in line again. A small one is gone from the queue once it is in this
 * thread's own buffer: so the caller's is looked at before, again after each sleep. */

#include <string.h>

#include "attributes.h"
#include "common/cleanup.h"
#include "handles.h"
#include "lane/atomics.h"
#include "legacy.h"
#include "legacy_view.h"
#include "local_port.h"
#include "process.h"
#include "receiver.h"
#include "send.h"
#include "thread.h"
#include "view.h"

/* SIZE_MAX: the caller gave no limit. Less than a header: only the size of what is next is wanted.
 */
static int32_t data_capacity(const struct portico_exchange *exchange)
{
    if (exchange->capacity < sizeof(struct portico_message))
        return -1;
    size_t room = exchange->capacity - sizeof(struct portico_message);
    return (int32_t)MIN(room, (size_t)PORTICO_MESSAGE_DATA_MAX);
}

enum {
    PAGE_BYTES = 4096,
    NOTICE_DATA_BYTES = 8, /* of LPC_PORT_CLOSED, which is never pinned */
    BUFFER_SMALL_BYTES = sizeof(struct portico_message) + PORT_INLINE_MAX_BYTES,
};

/* How much of the buffer must be writable for any message that is not pinned. A caller without a
 * limit may have a small buffer: then no more than what lies in one page with the header's end. */
static uint32_t buffer_small_part(const struct portico_exchange *exchange)
{
    size_t size = exchange->capacity;

    if (size == SIZE_MAX) {
        size_t in_page = -((uintptr_t)(exchange->receive + 1)) % PAGE_BYTES;
        size = sizeof(struct portico_message) + MAX(in_page, (size_t)NOTICE_DATA_BYTES);
    }
    return (uint32_t)MIN(size, (size_t)BUFFER_SMALL_BYTES);
}

bool receive_buffer_is_usable(const struct portico_exchange *exchange)
{
    return the_process.hooks.probe_out(exchange->receive, buffer_small_part(exchange));
}

static uint32_t buffer_unproven(const struct portico_exchange *exchange)
{
    return exchange->capacity == SIZE_MAX ? BUFFER_SMALL_BYTES - buffer_small_part(exchange) : 0;
}

static enum port_only what_only(const struct portico_exchange *exchange)
{
    if (LIKELY(!(exchange->flags & (PORTICO_ONLY_CONNECTS | PORTICO_ONLY_OTHERS))))
        return PORT_ONLY_ALL;
    return exchange->flags & PORTICO_ONLY_CONNECTS ? PORT_ONLY_CONNECTS : PORT_ONLY_OTHERS;
}

static void fill_header(const struct port_message *message, struct portico_message *ret_header)
{
    *ret_header = (struct portico_message){
        .data_length = (uint16_t)message->data_length,
        .total_length = (uint16_t)(message->data_length + sizeof(*ret_header)),
        .type = (uint16_t)message->type,
        .process_id = message->sender_process_id,
        .thread_id = message->sender_thread_id,
        .message_id = message->message_id,
        .callback_id = message->callback_id,
    };
}

static void token_put(const uint64_t token_ids[3], struct portico_attributes *attributes)
{
    attributes->valid |= PORTICO_ATTRIBUTE_TOKEN;
    attributes->token.token_id = token_ids[0];
    attributes->token.authentication_id = token_ids[1];
    attributes->token.modified_id = token_ids[2];
}

void token_attributes(const struct port *port, struct portico_attributes *attributes)
{
    struct port_connection_facts facts;
    uint32_t connection = port->kind == PORT_KIND_SERVER ? port->connection : 0;

    if ((attributes->wanted & PORTICO_ATTRIBUTE_TOKEN) &&
        port_connection_read(&port->receiver->view, connection, &facts))
        token_put(facts.token_ids, attributes);
}

static void fill_attributes(const struct port *port, const struct port_message *message,
                            struct portico_attributes *attributes)
{
    attributes->valid = 0;
    if ((attributes->wanted & PORTICO_ATTRIBUTE_CONTEXT) &&
        (message->flags & PORT_MESSAGE_HAS_CONTEXT)) {
        attributes->valid |= PORTICO_ATTRIBUTE_CONTEXT;
        attributes->context.port_context =
            port->kind == PORT_KIND_CLIENT ? port->handle : message->port_context;
        attributes->context.message_context = message->message_context;
        attributes->context.sequence = message->sequence;
        attributes->context.message_id = message->message_id;
        attributes->context.callback_id = message->callback_id;
    }
    if ((attributes->wanted & PORTICO_ATTRIBUTE_TOKEN) &&
        (message->flags & PORT_MESSAGE_HAS_CONTEXT))
        token_put(message->token_ids, attributes);
}

/* Also of a message whose attributes nobody asked for: handles stay with it. */
static void fill_carried(struct port *port, const struct port_message *message,
                         struct portico_attributes *attributes)
{
    struct attributes_source source = {
        .connection = message->connection,
        .generation = message->connection_generation,
        .message_id = message->message_id,
        .is_final = !(message->type & PORTICO_TYPE_CONTINUATION_REQUIRED),
    };

    attributes_receive(port, &source, message->attributes, message->attributes_length, attributes);
}

static void fill_legacy(const struct port *port, const struct port_message *message,
                        struct portico_exchange *exchange, struct portico_message *header)
{
    legacy_header_fill(header, message->attributes, message->attributes_length);
    exchange->ret_port_context =
        port->kind == PORT_KIND_CLIENT ? port->handle : message->port_context;
    if (header->type == PORTICO_TYPE_CONNECTION_REQUEST)
        header->callback_id = legacy_view_size(port, message); /* ClientViewSize */
}

static status_t deliver(struct port *port, struct portico_exchange *exchange,
                        struct port_message *message)
{
    struct receiver *receiver = port->receiver;
    struct portico_message header;
    bool is_copied, is_back;

    fill_header(message, &header);
    if (exchange->legacy)
        fill_legacy(port, message, exchange, &header);
    is_copied =
        the_process.hooks.copy_out(exchange->receive, &header, sizeof(header)) &&
        (message->data_length == 0 ||
         the_process.hooks.copy_out(exchange->receive + 1, message->data, message->data_length));
    is_back = message->pin && !is_copied; /* first in line again, with what it carries */
    if (message->pin)
        port_receive_end(&receiver->view, message, is_copied);
    if (message->flags & PORT_MESSAGE_PACKET)
        receiver_packets_due(receiver, 1);
    if (is_copied && exchange->receive_attributes)
        fill_attributes(port, message, exchange->receive_attributes);
    if (message->attributes_length && !is_back)
        fill_carried(port, message, is_copied ? exchange->receive_attributes : NULL);
    if (!is_copied)
        return STATUS_ACCESS_VIOLATION;
    exchange->ret_size = header.total_length;
    if (port->life == LIFE_PENDING && (message->type & 0xff) == PORTICO_TYPE_CONNECTION_REPLY) {
        port_opened(port);
        if (exchange->receive_attributes)
            exchange->receive_attributes->context.message_context = port->connect_context;
    }
    if ((message->type & 0xff) == PORTICO_TYPE_PORT_CLOSED) {
        port_view_let_go(&receiver->view);
        views_connection_ended(receiver, message->connection, message->connection_generation);
        handles_connection_ended(receiver, message->connection);
    } else if ((message->type & 0xff) == PORTICO_TYPE_CANCELED) {
        handles_message_cancelled(port, message->message_id);
    }
    if (message->flags & PORT_MESSAGE_ACK)
        receive_acknowledge(port, message);
    atom_poke(&receiver->peer_cpu, message->cpu);
    return STATUS_SUCCESS;
}

/* What a legacy receive does not show. */
static void pass_over(struct port *port, struct port_message *message)
{
    if (message->pin)
        port_receive_end(&port->receiver->view, message, true);
    if (message->flags & PORT_MESSAGE_PACKET)
        receiver_packets_due(port->receiver, 1);
    if (message->flags & PORT_MESSAGE_ACK)
        receive_acknowledge(port, message);
}

/* One wait for a message, from the first look that found nothing. */
struct waiting {
    struct spin spin;
    bool has_begun, has_slept;
};

/* A moment without the lock: true when a message may be there. Once in a wait: what can be seen but
 * not be had yet (a lane that waits for its predecessor) must not keep this thread running. */
static bool spin_for_message(struct receiver *receiver, struct waiting *waiting)
{
    bool is_there;

    if (waiting->has_begun)
        return false;
    waiting->has_begun = true;
    spin_begin(&waiting->spin, &receiver->site, atom_peek(&receiver->peer_cpu));
    port_glance_begin(&receiver->view);
    while (!(is_there = port_glance(&receiver->view)) && spin_step(&waiting->spin))
        ;
    port_glance_end(&receiver->view);
    return is_there;
}

/* The policy learns how long it took, the sleep included. */
static void waiting_end(struct waiting *waiting, uint64_t waker_ns)
{
    if (waiting->has_begun)
        spin_end(&waiting->spin, waiting->has_slept, waker_ns);
    waiting->has_begun = false;
}

static void waiting_give_up(struct waiting *waiting)
{
    waiting_end(waiting, 0);
}

/* Registered: sleeps. STATUS_SUCCESS: look again (still registered). */
static status_t sleep_registered(struct receiver *receiver, const struct portico_exchange *exchange)
{
    struct portico_thread *thread = client_thread();
    status_t status;

    counter_add(&the_counters.polls);
    switch (
        doorbell_sleep(receiver->outer_fd, &thread->wake, lane_deadline(exchange->deadline_ns))) {
    case LANE_TIMEOUT:
        return STATUS_TIMEOUT;
    case LANE_WOKEN:
        status = thread_consume_wake(thread, exchange->flags & PORTICO_ALERTABLE);
        break;
    default:
        status = STATUS_SUCCESS;
        break;
    }
    if (status == STATUS_SUCCESS && !receive_buffer_is_usable(exchange))
        return STATUS_ACCESS_VIOLATION;
    return status;
}

static status_t ended(struct port *port, const struct port_message *message)
{
    if (port->kind == PORT_KIND_CLIENT)
        port_end(port, message->status);
    return message->status;
}

/* Of a server communication port the queue, its connection port's, does not tell. */
static bool has_ended(const struct port *port)
{
    return port->kind == PORT_KIND_SERVER && port->life == LIFE_ENDED;
}

static bool may_wait(const struct portico_exchange *exchange, const struct port_receive_args *args)
{
    return exchange->deadline_ns != PORTICO_POLL && !args->only;
}

status_t receive_message(struct port *port, struct portico_exchange *exchange,
                         struct port_route *route)
{
    struct receiver *receiver = port->receiver;
    struct port_receive_args args = {.capacity = data_capacity(exchange),
                                     .unproven = buffer_unproven(exchange),
                                     .only = what_only(exchange),
                                     .finished = route};
    struct port_message message;
    _cleanup_(waiting_give_up) struct waiting waiting = {0};
    status_t status = receiver_doorbells(receiver, port);

    /* A look before the sleep is as good as one before a spin that will not be. */
    args.may_wait = spin_is_idle(atom_peek(&receiver->peer_cpu)) && may_wait(exchange, &args);
    if (status != STATUS_SUCCESS) {
        if (route)
            port_route_end(&receiver->view, route);
        return status;
    }
    for (;;) {
        enum port_result result = port_receive(&receiver->view, &args, &message);

        args.was_waiting = false;
        if (receiver->has_broken)
            receiver_report_broken(receiver, port);
        receiver_report_room(receiver, port);
        if (UNLIKELY(args.n_packets)) {
            receiver_packets_due(receiver, args.n_packets);
            args.n_packets = 0;
        }
        switch (result) {
        case PORT_RECEIVED:
            waiting_end(&waiting, message.stamp_ns);
            if (exchange->legacy && message.type == PORTICO_TYPE_CANCELED) {
                pass_over(port, &message);
                break;
            }
            return deliver(port, exchange, &message);
        case PORT_TOO_SMALL:
            exchange->ret_size = message.data_length + sizeof(struct portico_message);
            return STATUS_BUFFER_TOO_SMALL;
        case PORT_ENDED:
            return ended(port, &message);
        case PORT_UNUSABLE:
            return STATUS_PORT_DISCONNECTED;
        case PORT_MAP_LANE:
            status = receiver_map_lane(receiver, port, message.lane);
            /* NOT_FOUND: taken back between the scan and the request; the next scan knows. */
            if (status != STATUS_SUCCESS && status != STATUS_NOT_FOUND)
                return status;
            break;
        case PORT_EMPTY:
            if (has_ended(port))
                return port->ended_status;
            if (!may_wait(exchange, &args))
                return STATUS_TIMEOUT;
            args.has_waited = true;
            args.may_wait = !spin_for_message(receiver, &waiting);
            break;
        case PORT_WAIT:
            if (has_ended(port)) { /* its notice came after the first look */
                port_wait_cancel(&receiver->view);
                return port->ended_status;
            }
            args.has_waited = waiting.has_slept = true;
            status = sleep_registered(receiver, exchange);
            if (status != STATUS_SUCCESS) {
                port_wait_cancel(&receiver->view);
                return status;
            }
            args.was_waiting = true;
            break;
        }
    }
}
