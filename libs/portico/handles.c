/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Handles in messages (reference 4.7). The server holds them (server/alpc/handle_transfer.h); a
 * message carries only the transfer's number, which means nothing to anybody but the other end of
 * its connection. What is here is the memory of which live message has which transfer:
 *
 *     received   until the message is continued or cancelled: portico_message_handle finds it
 *     sent       until it is cancelled here, so that handles of an unread message are given up;
 *                the other end gives up those of a message that it has read
 *
 * A single handle for a port that takes one is fetched with the message and its transfer ends
 * there. A final reply is over when it has been received, but its handles must still be fetched
 * from a port with ALLOW_MULTIHANDLE: the last FINAL_MAX of a connection are kept. UNKNOWN: how
 * long Windows keeps them.
 *
 * One list and one lock for the process; requests are made without it. */

#include <pthread.h>
#include <stdlib.h>

#include "handle.h"
#include "handles.h"
#include "local_port.h"
#include "process.h"
#include "receiver.h"

#define FINAL_MAX 64u
#define SWEEP_MAX 8u

struct held {
    struct list link;
    uint64_t owner; /* port_id of the receiver */
    uint64_t transfer;
    handle_t port; /* by which it came or went */
    uint32_t connection;
    uint32_t message_id;
    bool is_sent; /* else received */
    bool is_final;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list all = LIST_INIT(all); /* oldest first */
static _Atomic uint32_t n_held;

bool handles_are_held(void)
{
    return atomic_load_explicit(&n_held, memory_order_relaxed);
}

static void transfer_drop(handle_t port, uint32_t connection, uint64_t transfer)
{
    struct alpc_drop_handles_request request = {
        .transfer = transfer, .port = port, .connection = connection};
    struct alpc_drop_handles_reply reply;
    struct control *control = portico_control();

    if (control && call_alpc_drop_handles(control, &request, &reply, NULL) != STATUS_SUCCESS)
        return; /* the other end was quicker, or the connection has gone: it is given up */
}

static void held_enter_locked(struct held *held)
{
    list_append(&all, &held->link);
    atomic_fetch_add(&n_held, 1);
}

static void held_leave_locked(struct held *held)
{
    list_remove(&held->link);
    atomic_fetch_sub(&n_held, 1);
}

static struct held *held_new(const struct port *port, uint32_t connection, uint32_t message_id,
                             uint64_t transfer)
{
    struct held *held = calloc(1, sizeof(*held));

    if (held)
        *held = (struct held){.owner = port->receiver->port_id,
                              .transfer = transfer,
                              .port = port->handle,
                              .connection = connection,
                              .message_id = message_id};
    return held;
}

/* The connection port's own table says whose message a continuation by it answers. */
static status_t connection_of(const struct port *port, uint32_t message_id,
                              uint32_t *ret_connection)
{
    struct port_message facts;
    status_t status;

    *ret_connection = 0;
    if (port->kind != PORT_KIND_CONNECTION)
        return STATUS_SUCCESS;
    status = port_find_message(&port->receiver->view, message_id, &facts);
    if (status != STATUS_SUCCESS)
        return STATUS_REPLY_MESSAGE_MISMATCH;
    *ret_connection = facts.connection;
    return STATUS_SUCCESS;
}

status_t handles_send(struct port *port, const struct portico_attributes *attributes,
                      uint32_t message_id, struct wire_attributes *ret_wire)
{
    uint32_t n = attributes->handles.n;
    struct alpc_offer_handles_request request = {.port = port->handle};
    struct alpc_offer_handles_reply reply;
    struct call_extra extra = {.data = attributes->handles.offers,
                               .data_size = n * (uint32_t)sizeof(struct handle_offer)};
    struct control *control = portico_control();
    status_t status;

    if (n == 0)
        return message_id ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
    if (n > HANDLES_IN_MESSAGE_MAX)
        return STATUS_LPC_HANDLE_COUNT_EXCEEDED;
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = connection_of(port, message_id, &request.connection);
    if (status == STATUS_SUCCESS)
        status = call_alpc_offer_handles(control, &request, &reply, &extra);
    if (status != STATUS_SUCCESS)
        return status;
    ret_wire->valid |= PORTICO_ATTRIBUTE_HANDLE;
    ret_wire->handles = (struct wire_handles){
        .transfer = reply.transfer, .n_handles = n, .connection = request.connection};
    return STATUS_SUCCESS;
}

/* Sent messages that have ended meanwhile are forgotten: their handles are the other end's to give
 * up. A few at each send, so that as many go as come. */
static void sweep_locked(const struct port *port)
{
    struct held *held, *next;
    uint32_t n = 0;

    list_for_each_safe(held, next, &all, link) {
        if (++n > SWEEP_MAX)
            return;
        if (!held->is_sent || held->owner != port->receiver->port_id ||
            port_id_is_live(&port->receiver->view, held->message_id))
            continue;
        held_leave_locked(held);
        free(held);
    }
}

void handles_sent(struct port *port, const struct wire_handles *wire, bool is_sent,
                  uint32_t message_id)
{
    struct held *held;

    if (!is_sent)
        transfer_drop(port->handle, wire->connection, wire->transfer);
    if (!is_sent || !message_id || !port->receiver ||
        !port_id_is_live(&port->receiver->view, message_id))
        return;
    held = held_new(port, wire->connection, message_id, wire->transfer);
    if (!held)
        return; /* at worst it stays until the connection ends */
    held->is_sent = true;
    pthread_mutex_lock(&lock);
    sweep_locked(port);
    held_enter_locked(held);
    pthread_mutex_unlock(&lock);
}

void handles_withdraw(const struct port *port, const struct wire_handles *wire)
{
    transfer_drop(port->handle, wire->connection, wire->transfer);
}

/* Too many final ones of one connection (so none pushes out another's): the oldest, to be dropped,
 * or NULL. */
static struct held *final_excess_locked(const struct held *newest)
{
    struct held *held, *oldest = NULL;
    uint32_t n = 0;

    list_for_each(held, &all, link) {
        if (!held->is_final || held->owner != newest->owner ||
            held->connection != newest->connection)
            continue;
        if (!oldest)
            oldest = held;
        n++;
    }
    if (n <= FINAL_MAX)
        return NULL;
    held_leave_locked(oldest);
    return oldest;
}

static void received_remember(const struct port *port, uint32_t connection, uint32_t message_id,
                              bool is_final, uint64_t transfer)
{
    struct held *held = held_new(port, connection, message_id, transfer), *excess = NULL;

    if (!held) {
        transfer_drop(port->handle, connection, transfer);
        return;
    }
    held->is_final = is_final;
    pthread_mutex_lock(&lock);
    held_enter_locked(held);
    if (is_final)
        excess = final_excess_locked(held);
    pthread_mutex_unlock(&lock);
    if (excess)
        transfer_drop(excess->port, excess->connection, excess->transfer);
    free(excess);
}

/* For the attribute: one handle, with which the transfer ends (true), or how many there are. */
static bool received_fetch(const struct port *port, uint32_t connection, uint64_t transfer,
                           struct portico_attributes *attributes)
{
    struct alpc_take_handle_request request = {
        .transfer = transfer, .port = port->handle, .connection = connection, .at_receive = 1};
    struct alpc_take_handle_reply reply;
    struct control *control = portico_control();

    if (!control || call_alpc_take_handle(control, &request, &reply, NULL) != STATUS_SUCCESS)
        return false;
    attributes->valid |= PORTICO_ATTRIBUTE_HANDLE;
    attributes->handles.n = reply.n_handles;
    attributes->handles.handle = reply.handle;
    attributes->handles.type = reply.type;
    attributes->handles.access = reply.access;
    return !reply.is_multi;
}

void handles_receive(const struct port *port, uint32_t connection, uint32_t message_id,
                     bool is_final, const struct wire_handles *wire,
                     struct portico_attributes *attributes)
{
    if ((attributes->wanted & PORTICO_ATTRIBUTE_HANDLE) &&
        received_fetch(port, connection, wire->transfer, attributes))
        return;
    received_remember(port, connection, message_id, is_final, wire->transfer);
}

/* The newest: a final one that is kept may have had the same id a round of ids ago. */
static struct held *received_find_locked(uint64_t owner, uint32_t message_id)
{
    struct held *held, *found = NULL;

    list_for_each(held, &all, link)
        if (!held->is_sent && held->owner == owner && held->message_id == message_id)
            found = held;
    return found;
}

status_t portico_message_handle(handle_t handle, uint32_t message_id, uint32_t index,
                                struct portico_message_handle *ret_handle)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct alpc_take_handle_request request = {.index = index};
    struct alpc_take_handle_reply reply;
    struct control *control = portico_control();
    const struct held *held;
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = handle_get_port(handle, &port);
    if (status != STATUS_SUCCESS)
        return status;
    if (!port->receiver)
        return STATUS_HANDLE_NO_LONGER_VALID;
    pthread_mutex_lock(&lock);
    held = received_find_locked(port->receiver->port_id, message_id);
    if (held) {
        request.transfer = held->transfer;
        request.connection = held->connection;
    }
    pthread_mutex_unlock(&lock);
    if (!held)
        return STATUS_HANDLE_NO_LONGER_VALID;
    request.port = handle;
    status = call_alpc_take_handle(control, &request, &reply, NULL);
    if (status == STATUS_SUCCESS)
        *ret_handle = (struct portico_message_handle){
            .handle = reply.handle, .type = reply.type, .access = reply.access};
    return status;
}

/* All of the process that `match` and moves them to *ret_list. */
static void take_out(uint64_t owner, bool by_message, uint32_t number, bool with_sent,
                     struct list *ret_list)
{
    struct held *held, *next;

    list_init(ret_list);
    if (!handles_are_held())
        return;
    pthread_mutex_lock(&lock);
    list_for_each_safe(held, next, &all, link) {
        if (held->owner != owner || (held->is_sent && !with_sent) ||
            (by_message ? held->message_id : held->connection) != number)
            continue;
        held_leave_locked(held);
        list_append(ret_list, &held->link);
    }
    pthread_mutex_unlock(&lock);
}

void handles_detach(const struct port *port, uint32_t message_id, struct list *ret_detached)
{
    list_init(ret_detached);
    if (port->receiver)
        take_out(port->receiver->port_id, true, message_id, false, ret_detached);
}

void handles_attach(struct list *detached)
{
    struct held *held, *next;

    if (list_is_empty(detached))
        return;
    pthread_mutex_lock(&lock);
    list_for_each_safe(held, next, detached, link) {
        list_remove(&held->link);
        held_enter_locked(held);
    }
    pthread_mutex_unlock(&lock);
}

static void list_free(struct list *list, const struct port *port)
{
    struct held *held, *next;

    list_for_each_safe(held, next, list, link) {
        if (port)
            transfer_drop(port->handle, held->connection, held->transfer);
        list_remove(&held->link);
        free(held);
    }
}

void handles_drop(const struct port *port, struct list *detached)
{
    list_free(detached, port);
}

void handles_forget(struct list *detached)
{
    list_free(detached, NULL);
}

void handles_message_cancelled(const struct port *port, uint32_t message_id)
{
    struct list list;

    take_out(port->receiver->port_id, true, message_id, true, &list);
    list_free(&list, port);
}

void handles_connection_ended(const struct receiver *receiver, uint32_t connection)
{
    struct list list;

    take_out(receiver->port_id, false, connection, true, &list);
    list_free(&list, NULL);
}

void handles_receiver_gone(const struct receiver *receiver)
{
    struct held *held, *next;

    pthread_mutex_lock(&lock);
    list_for_each_safe(held, next, &all, link)
        if (held->owner == receiver->port_id) {
            held_leave_locked(held);
            free(held);
        }
    pthread_mutex_unlock(&lock);
}
