/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Resource reserves (reference 3.11): room for one message that is there whatever else is under
 * way.
 *
 * The room is in the lane: as long as the reserve exists ordinary records leave it free (twice the
 * record's size, because a record is contiguous: a skip may precede it), and a reserved one may use
 * it. It is free again when the message has ended, since a message that was received has left the
 * lane together with everything that was sent before it. The lane is made large enough when the
 * reserve is made, which is where the user's quota can refuse; a port that cannot send yet (a
 * connection port, a connect that is not accepted) finds its room at the first use.
 *
 * One message at a time: it lives until it is received (a datagram), answered with RELEASE,
 * cancelled, or its connection ends. Nobody reports that, it is looked up when the reserve is used
 * again: in the port's memory (asynchronous messages, SYNC answers that were continued), or in the
 * slot that the message took along (SYNC requests; datagrams, whose slot the receiver returns when
 * it takes the record).
 *
 * The receiver sees an ordinary message id. DIFFERS: Windows keeps reserves with the connection,
 * here they are the process's: a second holder of the port does not know them. DIFFERS: the tables
 * of live messages are not reserved, so a port with 16,384 messages outstanding sends no
 * asynchronous one with a reserve either, and a datagram finds no room
 * (STATUS_INSUFFICIENT_RESOURCES) while as many as the lane can have slots have not been received.
 * UNKNOWN: what a message larger than its reserve gives
 * (here STATUS_PORT_MESSAGE_TOO_LONG), and whether a reserve whose message lives can be deleted
 * (here it can: the message goes on). */

#include <pthread.h>
#include <stdlib.h>

#include "attributes.h"
#include "common/cleanup.h"
#include "common/list.h"
#include "handle.h"
#include "local_port.h"
#include "outbound.h"
#include "receiver.h"
#include "reserve.h"
#include "send.h"

struct reserve {
    struct list link;
    uint64_t port_id;
    uint32_t id;
    uint32_t size;             /* largest payload, bytes */
    struct outbound *outbound; /* that keeps the room, held; NULL: none yet */
    bool is_sending;           /* between begin and end */
    bool is_deleted;           /* while it was sending */
    struct reserved last;      /* what it was last used for */
};

static pthread_mutex_t reserves_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list reserves = LIST_INIT(reserves);
static uint32_t last_id;

static struct reserve *reserve_find_locked(uint64_t port_id, uint32_t id)
{
    struct reserve *reserve;

    list_for_each(reserve, &reserves, link)
        if (reserve->port_id == port_id && reserve->id == id)
            return reserve;
    return NULL;
}

static uint32_t room_for(uint32_t size)
{
    return 2 * record_size(sizeof(struct wire_attributes), size);
}

static void reserve_free(struct reserve *reserve)
{
    if (reserve->outbound) {
        outbound_unkeep(reserve->outbound, room_for(reserve->size));
        outbound_leave(reserve->outbound);
    }
    free(reserve);
}

/* The room, if the port can send by now. */
static status_t reserve_keep(struct reserve *reserve, struct port *port)
{
    struct lane_message unused;
    struct destination to;
    status_t status;

    if (port->kind == PORT_KIND_CONNECTION || port_check_open(port) != STATUS_SUCCESS)
        return STATUS_SUCCESS;
    status = destination_of_port(port, &to, &unused);
    if (status == STATUS_SUCCESS)
        status = outbound_keep(&to, room_for(reserve->size));
    if (status != STATUS_SUCCESS)
        return status;
    outbound_join(to.outbound);
    reserve->outbound = to.outbound;
    return STATUS_SUCCESS;
}

status_t portico_reserve_create(handle_t handle, uint32_t size, uint32_t *ret_id)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    _cleanup_(freep) struct reserve *reserve = calloc(1, sizeof(*reserve));
    status_t status = handle_get_port(handle, &port);

    if (status != STATUS_SUCCESS)
        return status;
    if (!reserve)
        return STATUS_NO_MEMORY;
    if (size > PORTICO_MESSAGE_DATA_MAX)
        return STATUS_BUFFER_OVERFLOW;
    *reserve = (struct reserve){.port_id = port->port_id, .size = size};
    list_init(&reserve->link);
    status = reserve_keep(reserve, port);
    if (status != STATUS_SUCCESS)
        return status;
    pthread_mutex_lock(&reserves_lock);
    do
        reserve->id = (++last_id & ~RESERVE_ID_BIT) | RESERVE_ID_BIT;
    while (reserve_find_locked(port->port_id, reserve->id));
    list_append(&reserves, &reserve->link);
    *ret_id = TAKE(reserve)->id;
    pthread_mutex_unlock(&reserves_lock);
    return STATUS_SUCCESS;
}

status_t portico_reserve_delete(handle_t handle, uint32_t id)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct reserve *reserve;
    bool is_sending = false;
    status_t status = handle_get_port(handle, &port);

    if (status != STATUS_SUCCESS)
        return status;
    pthread_mutex_lock(&reserves_lock);
    reserve = reserve_find_locked(port->port_id, id);
    if (reserve) {
        list_remove(&reserve->link);
        is_sending = reserve->is_sending;
        reserve->is_deleted = true;
    }
    pthread_mutex_unlock(&reserves_lock);
    if (!reserve)
        return STATUS_OBJECTID_NOT_FOUND;
    if (!is_sending)
        reserve_free(reserve);
    return STATUS_SUCCESS;
}

static bool is_alive(const struct port *port, const struct reserve *reserve)
{
    const struct reserved *last = &reserve->last;

    if (!last->message_id || port_check_open(port) != STATUS_SUCCESS)
        return false;
    return port_id_is_live(&port->receiver->view, last->message_id) ||
           (last->has_slot && outbound_slot_is_out(reserve->outbound, last->lane, last->generation,
                                                   last->slot, last->word));
}

static status_t begin_locked(struct port *port, struct reserve *reserve, uint32_t data_size)
{
    if (!reserve)
        return STATUS_OBJECTID_NOT_FOUND;
    if (data_size > reserve->size)
        return STATUS_PORT_MESSAGE_TOO_LONG;
    if (reserve->is_sending || is_alive(port, reserve))
        return STATUS_RESOURCE_IN_USE;
    reserve->is_sending = true;
    return STATUS_SUCCESS;
}

status_t reserve_begin(struct port *port, uint32_t id, uint32_t data_size,
                       struct reserve **ret_reserve)
{
    struct reserve *reserve;
    status_t status;

    pthread_mutex_lock(&reserves_lock);
    reserve = reserve_find_locked(port->port_id, id);
    status = begin_locked(port, reserve, data_size);
    pthread_mutex_unlock(&reserves_lock);
    if (status != STATUS_SUCCESS)
        return status;
    if (!reserve->outbound)
        status = reserve_keep(reserve, port);
    if (status == STATUS_SUCCESS)
        *ret_reserve = reserve;
    else
        reserve_end(reserve, &(struct reserved){0});
    return status;
}

void reserve_end(struct reserve *reserve, const struct reserved *sent)
{
    bool is_deleted;

    pthread_mutex_lock(&reserves_lock);
    reserve->is_sending = false;
    reserve->last = *sent;
    is_deleted = reserve->is_deleted;
    pthread_mutex_unlock(&reserves_lock);
    if (is_deleted)
        reserve_free(reserve);
}

void reserved_slot(struct reserved *reserved, const struct outlane *lane, uint32_t slot,
                   uint32_t word)
{
    reserved->has_slot = true;
    reserved->lane = lane->lane;
    reserved->generation = lane->generation;
    reserved->slot = slot;
    reserved->word = word;
}

/* No thread is in a call on the port's last handle: none of its reserves is being sent. */
void reserves_port_gone(const struct port *port)
{
    struct reserve *reserve, *next;
    struct list gone = LIST_INIT(gone);
    bool has_some = false;

    pthread_mutex_lock(&reserves_lock);
    list_for_each(reserve, &reserves, link)
        has_some |= reserve->port_id == port->port_id;
    pthread_mutex_unlock(&reserves_lock);
    if (!has_some || port_other_handle(port))
        return;
    pthread_mutex_lock(&reserves_lock);
    list_for_each_safe(reserve, next, &reserves, link) {
        if (reserve->port_id != port->port_id)
            continue;
        list_remove(&reserve->link);
        list_append(&gone, &reserve->link);
    }
    pthread_mutex_unlock(&reserves_lock);
    list_for_each_safe(reserve, next, &gone, link)
        reserve_free(reserve);
}
