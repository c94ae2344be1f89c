/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Outbounds: who has one, and for how long. What is done with the lane itself is in
 * outbound_lane.c.
 *
 * The server keeps one lane for each pair (sending process, receiving port) as long as any
 * connection between the two lives. So a connect that this process makes beside an existing one is
 * answered with the same lane again, and the producer state, which is private, must be found:
 * outbounds are looked up by (receiver, lane, generation).
 *
 * Race 1. Thread A closes the last port of an outbound while thread B's connect, answered before
 * the server saw A's close, brings the same lane: were the outbound freed in between, B would begin
 * the lane from its start and destroy it. So outbounds without ports stay in the list while any
 * grant is under way (n_grants), and are freed afterwards. */

#include <stdlib.h>

#include "common/fd.h"
#include "lane/atomics.h"
#include "local_port.h"
#include "outbound.h"
#include "process.h"

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list outbounds = LIST_INIT(outbounds); /* list_lock */
static unsigned n_grants;                            /* list_lock */

void outlane_free(struct outlane *lane)
{
    while (lane) {
        struct outlane *older = lane->older;

        lane_unmap(&lane->producer.view);
        fd_close(lane->producer.bell_fd);
        free(lane);
        lane = older;
    }
}

static void outbound_free(struct outbound *outbound)
{
    outlane_free(outbound->current);
    pthread_mutex_destroy(&outbound->lock);
    free(outbound);
}

static void free_unused_locked(void)
{
    struct outbound *outbound, *next;

    if (n_grants)
        return;
    list_for_each_safe(outbound, next, &outbounds, link) {
        if (outbound->n_ports == 0) {
            list_remove(&outbound->link);
            outbound_free(outbound);
        }
    }
}

void outbound_grant_begin(void)
{
    pthread_mutex_lock(&list_lock);
    n_grants++;
    pthread_mutex_unlock(&list_lock);
}

void outbound_grant_end(void)
{
    pthread_mutex_lock(&list_lock);
    n_grants--;
    free_unused_locked();
    pthread_mutex_unlock(&list_lock);
}

void outbound_join(struct outbound *outbound)
{
    pthread_mutex_lock(&list_lock);
    outbound->n_ports++;
    pthread_mutex_unlock(&list_lock);
}

void outbound_leave(struct outbound *outbound)
{
    pthread_mutex_lock(&list_lock);
    outbound->n_ports--;
    free_unused_locked();
    pthread_mutex_unlock(&list_lock);
}

/* The lane of a grant, mapped. Takes the descriptors over. */
static status_t outlane_new(const struct lane_grant *grant, int lane_fd, int bell_fd,
                            struct outlane **ret_lane)
{
    const struct lane_geometry geometry = {.ring_size = grant->ring_size,
                                           .n_slots = grant->n_slots};
    _cleanup_(fd_closep) int owned_lane = lane_fd, owned_bell = bell_fd;
    _cleanup_(freep) struct outlane *lane = aligned_alloc(64, ALIGN_UP(sizeof(*lane), 64));
    struct lane_view view;

    if (!lane)
        return STATUS_NO_MEMORY;
    if (lane_map(owned_lane, &geometry, &view) < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    *lane = (struct outlane){.lane = grant->lane, .generation = grant->generation};
    producer_init(&lane->producer, &view, TAKE_FD(owned_bell));
    slot_pool_init(&lane->slots, geometry.n_slots);
    *ret_lane = TAKE(lane);
    return STATUS_SUCCESS;
}

static struct outbound *outbound_find_locked(uint64_t receiver_id, const struct lane_grant *grant)
{
    struct outbound *outbound;

    list_for_each(outbound, &outbounds, link) {
        if (outbound->receiver_id != receiver_id)
            continue;
        for (struct outlane *lane = outbound->current; lane; lane = lane->older)
            if (lane->lane == grant->lane && lane->generation == grant->generation)
                return outbound;
    }
    return NULL;
}

static status_t outbound_new(uint64_t receiver_id, const struct lane_grant *grant, int lane_fd,
                             int bell_fd, struct outbound **ret_outbound)
{
    _cleanup_(freep) struct outbound *outbound = calloc(1, sizeof(*outbound));
    status_t status;

    if (!outbound) {
        fd_close(lane_fd);
        fd_close(bell_fd);
        return STATUS_NO_MEMORY;
    }
    status = outlane_new(grant, lane_fd, bell_fd, &outbound->current);
    if (status != STATUS_SUCCESS)
        return status;
    pthread_mutex_init(&outbound->lock, NULL);
    outbound->receiver_id = receiver_id;
    outbound->leases[0] = (struct lane_lease){grant->first_id, grant->n_ids};
    outbound->n_leases = 1;
    *ret_outbound = TAKE(outbound);
    return STATUS_SUCCESS;
}

status_t outbound_adopt(uint64_t receiver_id, const struct lane_grant *grant, int lane_fd,
                        int bell_fd, struct outbound **ret_outbound)
{
    struct outbound *outbound;
    status_t status = STATUS_SUCCESS;

    pthread_mutex_lock(&list_lock);
    outbound = outbound_find_locked(receiver_id, grant);
    if (outbound) {
        fd_close(lane_fd);
        fd_close(bell_fd);
    } else {
        status = outbound_new(receiver_id, grant, lane_fd, bell_fd, &outbound);
        if (status == STATUS_SUCCESS)
            list_append(&outbounds, &outbound->link);
    }
    if (status == STATUS_SUCCESS) {
        outbound->n_ports++;
        *ret_outbound = outbound;
    }
    pthread_mutex_unlock(&list_lock);
    return status;
}

static status_t outbound_ask(struct port *port, struct outbound **ret_outbound)
{
    struct alpc_lane_request request = {.port = port->handle, .connection = port->connection};
    struct alpc_lane_reply reply;
    struct call_extra extra = {0};
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    outbound_grant_begin();
    status = call_alpc_lane(control, &request, &reply, &extra);
    if (status == STATUS_SUCCESS)
        status = outbound_adopt(reply.receiver_id, &reply.lane, extra.ret_fds[0], extra.ret_fds[1],
                                ret_outbound);
    if (status == STATUS_SUCCESS) {
        port->peer_connection = reply.connection;
        port->peer_generation = reply.connection_generation;
    }
    outbound_grant_end();
    return status;
}

status_t outbound_of_port(struct port *port, struct outbound **ret_outbound)
{
    struct outbound *outbound = port->outbound;
    status_t status = STATUS_SUCCESS;

    if (!outbound) {
        pthread_mutex_lock(&port->lock);
        outbound = port->outbound;
        if (!outbound) {
            status = outbound_ask(port, &outbound);
            if (status == STATUS_SUCCESS)
                port->outbound = outbound;
        }
        pthread_mutex_unlock(&port->lock);
    }
    if (status == STATUS_SUCCESS)
        *ret_outbound = outbound;
    return status;
}

/* Replaces a lane that is too small by one that the server grants. */
static status_t outbound_grow_locked(const struct destination *to)
{
    struct outbound *outbound = to->outbound;
    struct outlane *old = outbound->current, *lane = NULL;
    struct alpc_grow_lane_request request = {
        .port = to->port->handle, .connection = to->here, .lane = old->lane};
    struct alpc_grow_lane_reply reply;
    struct call_extra extra = {0};
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = call_alpc_grow_lane(control, &request, &reply, &extra);
    if (status != STATUS_SUCCESS)
        return status;
    status = outlane_new(&reply.lane, extra.ret_fds[0], extra.ret_fds[1], &lane);
    if (status != STATUS_SUCCESS)
        return status;
    if (producer_move(&old->producer, lane->lane) != LANE_OK) {
        outlane_free(lane);
        return STATUS_PORT_DISCONNECTED;
    }
    lane->older = old;
    atom_store(&outbound->current, lane);
    return STATUS_SUCCESS;
}

status_t outbound_grow(const struct destination *to, const struct outlane *full)
{
    struct outbound *outbound = to->outbound;
    status_t status = STATUS_SUCCESS;

    pthread_mutex_lock(&outbound->lock);
    if (outbound->current == full)
        status = outbound_grow_locked(to);
    pthread_mutex_unlock(&outbound->lock);
    return status;
}

status_t outbound_reserve_locked(const struct destination *to, uint32_t attr_size,
                                 uint32_t data_size, uint8_t **ret_attributes, uint8_t **ret_data)
{
    for (;;) {
        struct lane_producer *producer = &to->outbound->current->producer;
        enum lane_result result =
            producer_reserve(producer, attr_size, data_size, ret_attributes, ret_data);
        status_t status;

        if (result == LANE_OK)
            return STATUS_SUCCESS;
        if (result != LANE_FULL && result != LANE_TOO_LARGE)
            return STATUS_PORT_DISCONNECTED;
        status = outbound_grow_locked(to);
        if (status != STATUS_SUCCESS)
            return status;
    }
}

void outbound_publish_locked(const struct destination *to, const struct lane_message *message)
{
    struct outbound *outbound = to->outbound;
    struct lane_producer *producer = &outbound->current->producer;

    producer_publish(producer, message);
    if (producer_ring(producer))
        counter_add(&the_counters.bells);
    if (outbound->current->older && ++outbound->n_since_retire >= RETIRE_EVERY)
        outbound_retire_locked(to);
}
