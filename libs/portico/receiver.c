/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Receivers: mapping, doorbells, ways back. Receiving itself is in receive.c.
 *
 * A receiver lives while any port of this process needs it; the list's lock guards the count. The
 * doorbells are the server's epolls and eventfd: asked for once, before the first receive, kept
 * until the end. */

#include <stdlib.h>
#include <sys/mman.h>

#include "common/fd.h"
#include "common/trace.h"
#include "control.h"
#include "handles.h"
#include "lane/atomics.h"
#include "local_port.h"
#include "outbound.h"
#include "process.h"
#include "receiver.h"
#include "spare_map.h"
#include "view.h"

#define SPARE_NODES_MAX 4u

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct list receivers = LIST_INIT(receivers);

static unsigned op_read_inner(void *context, uint32_t *ret_lanes, unsigned max)
{
    struct receiver *receiver = context;

    return receiver->has_doorbells ? doorbell_read(receiver->inner_fd, ret_lanes, max) : 0;
}

static void op_clear_outer(void *context)
{
    struct receiver *receiver = context;

    if (receiver->has_doorbells)
        doorbell_clear(receiver->outer_fd);
}

static void op_ring_bell(void *context)
{
    struct receiver *receiver = context;

    if (receiver->has_doorbells) {
        counter_add(&the_counters.bells);
        doorbell_ring(receiver->bell_fd);
    }
}

/* Under the port mutex: only remembers; the caller of libs/alpc tells the server afterwards
 * (receive.c), which writes the one line about it, and not too many of them. */
static void op_lane_broken(void *context, uint32_t lane, uint32_t process_id,
                           enum lane_break reason)
{
    struct receiver *receiver = context;

    receiver->has_broken = true;
    TRACE(client, "process %u broke the protocol of lane %u (%s): its lane is dead", process_id,
          lane, lane_break_name(reason));
}

static const struct port_ops receiver_ops = {
    .read_inner = op_read_inner,
    .clear_outer = op_clear_outer,
    .ring_bell = op_ring_bell,
    .lane_broken = op_lane_broken,
};

static struct receiver *receiver_find_locked(uint64_t port_id)
{
    struct receiver *receiver;

    list_for_each(receiver, &receivers, link)
        if (receiver->port_id == port_id)
            return receiver;
    return NULL;
}

/* Mapped, if it was not. */
static status_t memory_map(struct port_memory_here *here)
{
    if (here->base)
        return STATUS_SUCCESS;
    here->base =
        mmap(NULL, here->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, here->fd, 0);
    if (here->base != MAP_FAILED)
        return STATUS_SUCCESS;
    here->base = NULL;
    return STATUS_NO_MEMORY;
}

static void memory_release(struct port_memory_here *here)
{
    fd_close(here->fd);
    if (here->base)
        munmap(here->base, here->size);
}

static status_t receiver_new(uint64_t port_id, struct port_memory_here *here, bool is_client,
                             struct receiver **ret_receiver)
{
    _cleanup_(freep) struct receiver *receiver = calloc(1, sizeof(*receiver));
    status_t status;

    if (!receiver)
        return STATUS_NO_MEMORY;
    status = memory_map(here);
    if (status == STATUS_SUCCESS)
        status = port_view_init(&receiver->view, here->base, here->size, the_process.process_id,
                                &receiver_ops, receiver);
    if (status != STATUS_SUCCESS)
        return status;
    receiver->memory = TAKE(here->base);
    receiver->memory_size = here->size;
    receiver->memory_id = here->id;
    receiver->port_id = port_id;
    receiver->is_client = is_client;
    receiver->inner_fd = receiver->outer_fd = receiver->bell_fd = -1;
    spin_site_init(&receiver->site);
    pthread_mutex_init(&receiver->lock, NULL);
    *ret_receiver = TAKE(receiver);
    return STATUS_SUCCESS;
}

status_t receiver_adopt(uint64_t port_id, const struct port_memory_here *here, bool is_client,
                        struct receiver **ret_receiver)
{
    _cleanup_(memory_release) struct port_memory_here memory = *here;
    struct receiver *receiver;
    status_t status = STATUS_SUCCESS;

    pthread_mutex_lock(&list_lock);
    receiver = receiver_find_locked(port_id);
    if (!receiver) {
        status = receiver_new(port_id, &memory, is_client, &receiver);
        if (status == STATUS_SUCCESS)
            list_append(&receivers, &receiver->link);
    }
    if (status == STATUS_SUCCESS) {
        receiver->n_refs++;
        *ret_receiver = receiver;
    }
    pthread_mutex_unlock(&list_lock);
    return status;
}

struct receiver *receiver_find(uint64_t port_id)
{
    struct receiver *receiver;

    pthread_mutex_lock(&list_lock);
    receiver = receiver_find_locked(port_id);
    if (receiver)
        receiver->n_refs++;
    pthread_mutex_unlock(&list_lock);
    return receiver;
}

struct receiver *receiver_ref(struct receiver *receiver)
{
    pthread_mutex_lock(&list_lock);
    receiver->n_refs++;
    pthread_mutex_unlock(&list_lock);
    return receiver;
}

/* Else the next connection may be long in coming, and megabytes with it. Each node has a message at
 * most in the memory's heap. */
static bool is_small(const struct receiver *receiver)
{
    const struct port_memory *memory = receiver->memory;

    return atom_peek(&memory->nodes_used) <= SPARE_NODES_MAX;
}

static void memory_leave(const struct receiver *receiver)
{
    if (receiver->memory_id && is_small(receiver))
        spare_map_put(
            &(struct spare_map){receiver->memory_id, receiver->memory, receiver->memory_size});
    else
        munmap(receiver->memory, receiver->memory_size);
}

static void receiver_free(struct receiver *receiver)
{
    for (uint32_t i = 0; receiver->ways && i < receiver->view.at.geometry.n_connections; i++)
        if (receiver->ways[i].outbound)
            outbound_leave(receiver->ways[i].outbound);
    free(receiver->ways);
    views_receiver_gone(receiver);
    handles_receiver_gone(receiver);
    if (receiver->is_associated) {
        port_set_completion(&receiver->view, false);
        receiver->packets.gone(receiver->packets.context);
    }
    port_view_deinit(&receiver->view);
    memory_leave(receiver);
    fd_close(receiver->inner_fd);
    fd_close(receiver->outer_fd);
    fd_close(receiver->bell_fd);
    pthread_mutex_destroy(&receiver->lock);
    free(receiver);
}

void receiver_unref(struct receiver *receiver)
{
    bool last;

    pthread_mutex_lock(&list_lock);
    last = --receiver->n_refs == 0;
    if (last)
        list_remove(&receiver->link);
    pthread_mutex_unlock(&list_lock);
    if (last)
        receiver_free(receiver);
}

bool receivers_know_id(uint32_t message_id)
{
    struct receiver *receiver;
    bool is_live = false;

    pthread_mutex_lock(&list_lock);
    list_for_each(receiver, &receivers, link) {
        is_live = port_id_is_live(&receiver->view, message_id);
        if (is_live)
            break;
    }
    pthread_mutex_unlock(&list_lock);
    return is_live;
}

uint64_t receiver_id(const struct receiver *receiver)
{
    return receiver->port_id;
}

uint32_t receiver_sequence(const struct receiver *receiver, const struct port *port)
{
    struct port_connection_facts facts;

    if (port->kind != PORT_KIND_SERVER)
        return port_sequence(&receiver->view);
    return port_connection_read(&receiver->view, port->connection, &facts) ? facts.sequence : 0;
}

static status_t doorbells_ask_locked(struct receiver *receiver, const struct port *port)
{
    struct alpc_doorbells_request request = {.port = port->handle};
    struct alpc_doorbells_reply reply;
    struct call_extra extra = {0};
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = call_alpc_doorbells(control, &request, &reply, &extra);
    if (status != STATUS_SUCCESS)
        return status;
    /* This process may have had no room for them: it gets the first ones, or none. */
    if (extra.n_ret_fds < 3) {
        fd_close(extra.ret_fds[0]);
        fd_close(extra.ret_fds[1]);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    receiver->inner_fd = extra.ret_fds[0];
    receiver->outer_fd = extra.ret_fds[1];
    receiver->bell_fd = extra.ret_fds[2];
    receiver->has_doorbells = true;
    return STATUS_SUCCESS;
}

status_t receiver_doorbells(struct receiver *receiver, const struct port *port)
{
    status_t status = STATUS_SUCCESS;

    if (receiver->has_doorbells)
        return STATUS_SUCCESS;
    pthread_mutex_lock(&receiver->lock);
    if (!receiver->has_doorbells)
        status = doorbells_ask_locked(receiver, port);
    pthread_mutex_unlock(&receiver->lock);
    return status;
}

/* The generation is the cursor's, read before the reason: the place may have been granted to
 * another sender, whose first record is yet to reset the cursor (lane_reset_locked writes it last).
 */
static void lane_report_broken(struct receiver *receiver, const struct port *port, uint32_t index)
{
    const struct port_lane *lane = &receiver->view.at.lanes[index];
    struct alpc_lane_broken_request request = {
        .port = port->handle, .lane = index, .generation = atom_load(&lane->marked_generation)};
    struct control *control;

    request.reason = cursor_broken(&lane->cursor);
    if (request.reason == LANE_BREAK_NONE ||
        atom_swap(&receiver->view.lanes[index].told, request.generation) == request.generation)
        return;
    control = portico_control();
    if (control)
        control_tell(control, REQ_alpc_lane_broken, &request.header, sizeof(request));
}

void receiver_report_broken(struct receiver *receiver, const struct port *port)
{
    uint32_t n =
        MIN(atom_load(&receiver->view.at.memory->lanes_used), receiver->view.at.geometry.n_lanes);

    if (!atomic_exchange(&receiver->has_broken, false))
        return;
    for (uint32_t i = 1; i < n; i++)
        lane_report_broken(receiver, port, i);
}

void receiver_report_room(struct receiver *receiver, const struct port *port)
{
    struct alpc_lane0_drained_request request = {.port = port->handle};
    struct alpc_lane0_drained_reply reply;
    struct control *control;

    if (!port_lane0_has_room(&receiver->view, &receiver->lane0_told))
        return;
    control = portico_control();
    if (control && call_alpc_lane0_drained(control, &request, &reply, NULL) != STATUS_SUCCESS)
        return; /* the port has gone meanwhile */
}

status_t receiver_map_lane(struct receiver *receiver, const struct port *port, uint32_t lane)
{
    struct alpc_map_lane_request request = {.port = port->handle, .lane = lane};
    struct alpc_map_lane_reply reply;
    struct call_extra extra = {0};
    struct control *control = portico_control();
    struct lane_geometry geometry;
    struct lane_view mapped;
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = call_alpc_map_lane(control, &request, &reply, &extra);
    if (status != STATUS_SUCCESS)
        return status;
    geometry =
        (struct lane_geometry){.ring_size = reply.lane.ring_size, .n_slots = reply.lane.n_slots};
    int error = lane_map(extra.ret_fds[0], &geometry, &mapped);
    fd_close(extra.ret_fds[0]);
    if (error < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!port_view_set_lane(&receiver->view, lane, reply.lane.generation, &mapped))
        lane_unmap(&mapped);
    return STATUS_SUCCESS;
}

static status_t way_ask(const struct port *port, uint32_t connection, struct return_way *ret_way)
{
    struct alpc_lane_request request = {.port = port->handle, .connection = connection};
    struct alpc_lane_reply reply;
    struct call_extra extra = {0};
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    outbound_grant_begin();
    status = call_alpc_lane(control, &request, &reply, &extra);
    if (status == STATUS_SUCCESS)
        status =
            outbound_adopt(&reply.lane, extra.ret_fds[0], extra.ret_fds[1], &ret_way->outbound);
    outbound_grant_end();
    if (status != STATUS_SUCCESS)
        return status;
    ret_way->peer_connection = reply.connection;
    ret_way->peer_generation = reply.connection_generation;
    return STATUS_SUCCESS;
}

static status_t return_way_locked(struct receiver *receiver, const struct port *port,
                                  uint32_t connection, uint32_t generation,
                                  struct return_way *ret_way)
{
    struct return_way *way, fresh = {.generation = generation};
    status_t status;

    if (connection >= receiver->view.at.geometry.n_connections)
        return STATUS_INVALID_PARAMETER;
    if (!receiver->ways)
        receiver->ways = calloc(receiver->view.at.geometry.n_connections, sizeof(*receiver->ways));
    if (!receiver->ways)
        return STATUS_NO_MEMORY;
    way = &receiver->ways[connection];
    if (!way->outbound || way->generation != generation) {
        status = way_ask(port, connection, &fresh);
        if (status != STATUS_SUCCESS)
            return status;
        if (way->outbound)
            outbound_leave(way->outbound);
        *way = fresh;
    }
    outbound_join(way->outbound);
    *ret_way = *way;
    return STATUS_SUCCESS;
}

status_t receiver_return_way(struct receiver *receiver, const struct port *port,
                             uint32_t connection, uint32_t generation, struct return_way *ret_way)
{
    status_t status;

    pthread_mutex_lock(&receiver->lock);
    status = return_way_locked(receiver, port, connection, generation, ret_way);
    pthread_mutex_unlock(&receiver->lock);
    return status;
}
