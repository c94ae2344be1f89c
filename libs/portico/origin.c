/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Who sent a message that is held here, as the port's own record has it: of the message only its id
 * is believed. Which thread of the process it was stands in the received header alone: a process
 * may lie about that anyway. */

#include "handle.h"
#include "local_port.h"
#include "receiver.h"

status_t portico_message_origin(handle_t handle, uint32_t message_id, uint32_t *ret_process_id,
                                bool *ret_is_blocked)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct port_message facts;
    status_t status = handle_get_port(handle, &port);

    if (status != STATUS_SUCCESS)
        return status;
    if (!port->receiver)
        return STATUS_ACCESS_DENIED;
    status = port_find_message(&port->receiver->view, message_id, &facts);
    if (status == STATUS_NOT_FOUND || (status == STATUS_SUCCESS && port->kind == PORT_KIND_SERVER &&
                                       facts.connection != port->connection))
        return STATUS_ACCESS_DENIED;
    if (status != STATUS_SUCCESS)
        return status;
    *ret_process_id = facts.sender_process_id;
    *ret_is_blocked = facts.flags & PORT_MESSAGE_PEER_SYNC;
    return STATUS_SUCCESS;
}
