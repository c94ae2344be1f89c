/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Harvesting, and the completion port of a port.
 *
 * An association belongs to the receiver, so it lasts as long as this process has any handle of the
 * port. Its packets are given out by whichever thread learns of them: one that polls for packets,
 * one that received a message without having blocked, the watcher of waits on the handle. Who polls
 * sleeps on the outer doorbell; libs/alpc counts the association among those who wait, so that the
 * lanes ring.
 *
 * DIFFERS: an association and its packets are one process's; another holder of the port is not told
 * STATUS_PORT_ALREADY_SET, and what it receives gives no packet here. */

#include "handle.h"
#include "local_port.h"
#include "process.h"
#include "receiver.h"
#include "thread.h"

struct search {
    const struct receiver *receiver;
    struct port *port;
};

static void take_if_its(struct port *port, void *argument)
{
    struct search *search = argument;

    if (!search->port && port->receiver == search->receiver && port->kind != PORT_KIND_SERVER &&
        port_try_ref(port))
        search->port = port;
}

/* A handle of the receiver's port, for requests. */
static struct port *receiver_port(const struct receiver *receiver)
{
    struct search search = {receiver, NULL};

    handle_for_each_port(take_if_its, &search);
    return search.port;
}

static status_t lane_map_for(struct receiver *receiver, uint32_t lane)
{
    _cleanup_(port_unrefp) struct port *port = receiver_port(receiver);

    return port ? receiver_map_lane(receiver, port, lane) : STATUS_INVALID_HANDLE;
}

static void broken_report(struct receiver *receiver)
{
    _cleanup_(port_unrefp) struct port *port = receiver_port(receiver);

    if (port)
        receiver_report_broken(receiver, port);
}

void receiver_packets_due(struct receiver *receiver, uint32_t n)
{
    if (n && receiver->is_associated)
        receiver->packets.due(receiver->packets.context, n);
}

enum port_result receiver_harvest(struct receiver *receiver)
{
    for (;;) {
        uint32_t n_packets = 0, lane, generation;
        enum port_result result = port_harvest(&receiver->view, &n_packets, &lane, &generation);

        receiver_packets_due(receiver, n_packets);
        if (result != PORT_MAP_LANE) {
            if (receiver->has_broken)
                broken_report(receiver);
            return result;
        }
        status_t status = lane_map_for(receiver, lane);
        /* NOT_FOUND: taken back between the scan and the request; the next scan knows. */
        if (status != STATUS_SUCCESS && status != STATUS_NOT_FOUND)
            return PORT_UNUSABLE;
    }
}

status_t portico_port_associate(handle_t handle, const struct portico_packets *packets, int *ret_fd,
                                uint64_t *ret_id)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = handle_get_port(handle, &port);
    struct receiver *receiver;

    if (status != STATUS_SUCCESS)
        return status;
    if (port->kind == PORT_KIND_SERVER) /* nothing is queued there */
        return STATUS_INVALID_PARAMETER;
    receiver = port->receiver;
    status = receiver_doorbells(receiver, port);
    if (status != STATUS_SUCCESS)
        return status;
    if (atomic_exchange(&receiver->is_associating, true))
        return STATUS_PORT_ALREADY_SET;
    receiver->packets = *packets;
    receiver->is_associated = true;
    *ret_fd = receiver->outer_fd;
    *ret_id = receiver->port_id;
    port_set_completion(&receiver->view, true);
    return STATUS_SUCCESS;
}

void portico_packets_harvest(uint64_t id)
{
    struct receiver *receiver = receiver_find(id);

    if (!receiver)
        return;
    (void)receiver_harvest(receiver); /* an end is no packet */
    receiver_unref(receiver);
}

/* Counted among those who wait. STATUS_SUCCESS: something is there. */
static status_t await_watched(struct receiver *receiver, bool alertable, int64_t deadline_ns)
{
    struct portico_thread *thread = client_thread();
    status_t status = STATUS_SUCCESS;

    while (status == STATUS_SUCCESS && receiver_harvest(receiver) == PORT_EMPTY) {
        counter_add(&the_counters.polls);
        switch (doorbell_sleep(receiver->outer_fd, &thread->wake, lane_deadline(deadline_ns))) {
        case LANE_TIMEOUT:
            return STATUS_TIMEOUT;
        case LANE_WOKEN:
            status = thread_consume_wake(thread, alertable);
            break;
        default:
            break;
        }
    }
    return status;
}

status_t portico_port_await(handle_t handle, bool alertable, int64_t deadline_ns)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = handle_get_port(handle, &port);

    if (status != STATUS_SUCCESS)
        return status;
    if (port->kind == PORT_KIND_SERVER)
        return STATUS_INVALID_PARAMETER;
    status = receiver_doorbells(port->receiver, port);
    if (status != STATUS_SUCCESS)
        return status;
    port_watch(&port->receiver->view, true);
    status = await_watched(port->receiver, alertable, deadline_ns);
    port_watch(&port->receiver->view, false);
    return status;
}
