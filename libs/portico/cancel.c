/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Cancelling a message (reference 3.8), on whichever side. libs/alpc decides; what has to be
 * written for it, an ended slot or a record, is written here. */

#include "handle.h"
#include "handles.h"
#include "lane/slot.h"
#include "local_port.h"
#include "receiver.h"
#include "send.h"

static void carry_out(struct port *port, struct port_route *route)
{
    const struct outgoing nothing = {0};

    switch (route->kind) {
    case PORT_ROUTE_SLOT:
        route->outcome =
            slot_end(route->lane_view, route->slot, route->slot_word, route->slot_status) == LANE_OK
                ? PORT_WRITTEN
                : PORT_GONE;
        break;
    case PORT_ROUTE_LANE:
        if (route_record_send(port, route, &nothing) != STATUS_SUCCESS)
            route->outcome = PORT_NOT_WRITTEN;
        break;
    case PORT_ROUTE_NONE:
    case PORT_ROUTE_MAP_LANE:
        route->outcome = PORT_WRITTEN;
        break;
    }
}

static status_t cancel_begin(struct port *port, const struct port_cancel *cancel,
                             struct port_route *ret_route)
{
    for (;;) {
        status_t status = port_cancel_begin(&port->receiver->view, cancel, ret_route);

        if (status != STATUS_PENDING || ret_route->kind != PORT_ROUTE_MAP_LANE)
            return status;
        status = receiver_map_lane(port->receiver, port, ret_route->lane);
        if (status != STATUS_SUCCESS)
            return status;
    }
}

status_t portico_port_cancel(handle_t handle, uint32_t flags, uint32_t message_id,
                             uint32_t callback_id, uint64_t message_context)
{
    const struct port_cancel cancel = {.message_id = message_id,
                                       .callback_id = callback_id,
                                       .message_context = message_context,
                                       .flags = flags};
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct port_route route = {0};
    status_t status = handle_get_port(handle, &port);

    if (status != STATUS_SUCCESS)
        return status;
    if (!port->receiver)
        return STATUS_MESSAGE_NOT_FOUND;
    status = cancel_begin(port, &cancel, &route);
    if (status != STATUS_PENDING)
        return status;
    carry_out(port, &route);
    if (route.node)
        port_route_end(&port->receiver->view, &route);
    handles_message_cancelled(port, message_id);
    return status;
}
