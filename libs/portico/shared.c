/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Handles and waits that are the server's: thin fronts of requests. */

#include "handle.h"
#include "local_port.h"
#include "process.h"
#include "thread.h"

/* It has not been closed: stays as it was, but for the notice of its end that may have come. */
static void put_back(struct port *port)
{
    if (port_enter(port) != STATUS_SUCCESS)
        abort(); /* it was there */
}

status_t portico_close(handle_t handle)
{
    struct handle_close_request request = {.handle = handle};
    struct handle_close_reply reply;
    struct control *control = portico_control();
    struct port *port;
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (handle == 0 || (handle & 3) || handle >= HANDLE_LOCAL_BASE)
        return STATUS_INVALID_HANDLE;
    /* Out of the cache first: once the server has closed it the value may mean another object. */
    port = handle_close_begin(handle);
    status = call_handle_close(control, &request, &reply, NULL);
    if (port && status == STATUS_HANDLE_NOT_CLOSABLE)
        put_back(TAKE(port));
    handle_close_end(handle);
    if (port) {
        if (status == STATUS_SUCCESS)
            port_closed_here(port);
        port_unref(port);
    }
    return status;
}

/* Fails when it has been closed again: the first use will say so. */
static void port_know(handle_t handle)
{
    struct port *port;

    if (handle_get_port(handle, &port) == STATUS_SUCCESS)
        port_unref(port);
}

/* Whether the source was closed is in no status: a protected one is not. */
static bool is_still_there(const struct port *port)
{
    struct handle_query_request request = {.handle = port->handle};
    struct handle_query_reply reply;

    return call_handle_query(portico_control(), &request, &reply, NULL) == STATUS_SUCCESS &&
           reply.object_id == port->port_id;
}

status_t portico_duplicate(struct handle_duplicate_request *request,
                           struct handle_duplicate_reply *ret_reply)
{
    bool closes =
        request->source_process == HANDLE_SELF && (request->options & HANDLE_CLOSE_SOURCE);
    handle_t source = request->source & ~(handle_t)3;
    struct control *control = portico_control();
    struct port *port = NULL;
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (closes)
        port = handle_close_begin(source);
    status = call_handle_duplicate(control, request, ret_reply, NULL);
    if (port && is_still_there(port))
        put_back(TAKE(port));
    if (closes)
        handle_close_end(source);
    if (status == STATUS_SUCCESS && request->target_process == HANDLE_SELF &&
        ret_reply->type == OBJECT_KIND_PORT)
        port_know(ret_reply->handle);
    if (port) { /* who blocks on it would not be told of the connection's end */
        port_closed_here(port);
        port_unref(port);
    }
    return status;
}

status_t portico_handle_kind(handle_t handle, enum object_kind *ret_kind, uint32_t *ret_access)
{
    struct handle_query_request request = {.handle = handle};
    struct handle_query_reply reply;
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = call_handle_query(control, &request, &reply, NULL);
    if (status != STATUS_SUCCESS)
        return status;
    if (ret_kind)
        *ret_kind = (enum object_kind)reply.type;
    if (ret_access)
        *ret_access = reply.access;
    return STATUS_SUCCESS;
}

status_t portico_try_all(uint32_t n_handles, const handle_t *handles)
{
    struct wait_request request = {.mode = WAIT_MODE_ALL};
    struct wait_reply reply;
    struct call_extra extra = {.data = handles,
                               .data_size = n_handles * (uint32_t)sizeof(*handles)};
    struct control *control = portico_control();

    return control ? call_wait(control, &request, &reply, &extra) : STATUS_INSUFFICIENT_RESOURCES;
}

/* The server's time-outs are relative: the thread's own deadline ends the wait here
 * (portico_control_park), the server only needs to know whether to park at all. */
status_t portico_wait(uint32_t n_handles, const handle_t *handles, enum wait_mode mode,
                      handle_t signal, bool alertable, int64_t deadline_ns, uint32_t *ret_index)
{
    struct wait_request request = {.mode = mode, .signal = signal};
    struct wait_reply reply;
    struct call_extra extra = {.data = handles,
                               .data_size = n_handles * (uint32_t)sizeof(*handles)};
    struct control *control = portico_control();
    status_t status;

    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    request.timeout_ns = TIMEOUT_NEVER;
    if (deadline_ns <= (int64_t)sys_now_ns())
        request.timeout_ns = 0;
    portico_control_park(control, request.timeout_ns == 0 ? PORTICO_FOREVER : deadline_ns,
                         alertable);
    status = call_wait(control, &request, &reply, &extra);
    if (status == STATUS_SUCCESS || status == STATUS_ABANDONED_WAIT_0)
        *ret_index = reply.index;
    return status;
}
