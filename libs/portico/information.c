/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What port information classes ask for and change; the server knows. */

#include "handle.h"
#include "local_port.h"
#include "process.h"
#include "receiver.h"
#include "thread.h"

/* The port in which the thread's SYNC request waits, with a reference, or NULL. The struct may be
 * recycled between the look and the reference: look again. */
static struct port *port_of_thread(const struct portico_thread *thread)
{
    struct port *port = thread->waiting_on;

    if (!port || !port_try_ref(port))
        return NULL;
    if (thread->waiting_on == port)
        return port;
    port_unref(port);
    return NULL;
}

status_t portico_thread_blocked_on(const struct portico_thread *thread,
                                   struct portico_blocked *ret_blocked)
{
    _cleanup_(port_unrefp) struct port *port = port_of_thread(thread);
    struct alpc_other_end_request request = {0};
    struct alpc_other_end_reply reply;
    struct call_extra extra = {.ret_data = ret_blocked->name,
                               .ret_capacity = sizeof(ret_blocked->name)};
    struct control *control;
    status_t status;

    ret_blocked->is_blocked = port != NULL;
    ret_blocked->process_id = ret_blocked->name_size = 0;
    if (!port)
        return STATUS_SUCCESS;
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    request.port = port->handle;
    status = call_alpc_other_end(control, &request, &reply, &extra);
    if (status == STATUS_SUCCESS) {
        ret_blocked->process_id = reply.process_id;
        ret_blocked->name_size = (uint32_t)extra.ret_size;
    }
    return status;
}

status_t portico_port_set_flags(handle_t handle, uint32_t flags)
{
    struct alpc_set_flags_request request = {.port = handle, .flags = flags};
    struct alpc_set_flags_reply reply;
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = handle_get_port(handle, &port);
    if (status == STATUS_SUCCESS)
        status = call_alpc_set_flags(control, &request, &reply, NULL);
    if (status == STATUS_SUCCESS)
        port->flags = reply.flags;
    return status;
}

status_t portico_message_direct_status(handle_t handle, uint32_t message_id)
{
    _cleanup_(port_unrefp) struct port *port = NULL;
    struct port_message message;
    status_t status = handle_get_port(handle, &port);

    if (status != STATUS_SUCCESS)
        return status;
    if (!port->receiver)
        return STATUS_PORT_DISCONNECTED;
    return port_is_outstanding(&port->receiver->view, message_id) ||
                   port_find_message(&port->receiver->view, message_id, &message) == STATUS_SUCCESS
               ? STATUS_PENDING
               : STATUS_SUCCESS;
}
