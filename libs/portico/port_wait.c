/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Waiting for a port among other things: completion ports, and waits on the port's handle. Both
 * sleep in a poll of their own on the port's outer doorbell; libs/alpc counts them among those who
 * wait, so that the lanes ring. */

#include "handle.h"
#include "local_port.h"
#include "process.h"
#include "receiver.h"

/* Harvests until every lane that matters is mapped. */
static enum port_result harvest(struct receiver *receiver, struct port *port)
{
    for (;;) {
        uint32_t n_packets = 0, lane, generation;
        enum port_result result = port_harvest(&receiver->view, &n_packets, &lane, &generation);

        receiver->n_packets += n_packets;
        if (receiver->broken.lane)
            receiver_report_broken(receiver, port);
        if (result != PORT_MAP_LANE)
            return result;
        status_t status = receiver_map_lane(receiver, port, lane);
        /* NOT_FOUND: taken back between the scan and the request; the next scan knows. */
        if (status != STATUS_SUCCESS && status != STATUS_NOT_FOUND)
            return PORT_UNUSABLE;
    }
}

static status_t get_receiving_port(handle_t handle, struct port **ret_port)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = handle_get_port(handle, &port);

    if (status != STATUS_SUCCESS)
        return status;
    if (port->kind == PORT_KIND_SERVER) /* nothing is queued there */
        return STATUS_INVALID_PARAMETER;
    status = receiver_doorbells(port->receiver, port);
    if (status == STATUS_SUCCESS)
        *ret_port = TAKE(port);
    return status;
}

status_t portico_port_associate(handle_t handle, int *ret_fd)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = get_receiving_port(handle, &port);

    if (status != STATUS_SUCCESS)
        return status;
    if (atomic_exchange(&port->receiver->is_associated, true))
        return STATUS_PORT_ALREADY_SET;
    port_set_completion(&port->receiver->view, true);
    *ret_fd = port->receiver->outer_fd;
    return STATUS_SUCCESS;
}

status_t portico_port_harvest(handle_t handle, uint32_t *ret_n_packets)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = get_receiving_port(handle, &port);
    enum port_result result;

    if (status != STATUS_SUCCESS)
        return status;
    result = harvest(port->receiver, port);
    *ret_n_packets = atomic_exchange(&port->receiver->n_packets, 0);
    return result == PORT_UNUSABLE ? STATUS_PORT_DISCONNECTED : STATUS_SUCCESS;
}

status_t portico_port_wait_prepare(handle_t handle, int *ret_fd, bool *ret_ready)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    status_t status = get_receiving_port(handle, &port);
    enum port_result result;

    if (status != STATUS_SUCCESS)
        return status;
    port_watch(&port->receiver->view, true);
    result = harvest(port->receiver, port);
    *ret_ready = result != PORT_EMPTY;
    *ret_fd = port->receiver->outer_fd;
    return STATUS_SUCCESS;
}

void portico_port_wait_finish(handle_t handle)
{
    _cleanup_(port_unrefp) struct port *port = NULL;

    if (handle_get_port(handle, &port) == STATUS_SUCCESS)
        port_watch(&port->receiver->view, false);
}
