/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtAlpcSendWaitReceivePort and NtAlpcCancelMessage (reference 3.5, 3.8). The message buffers go to
 * libportico as they are: it copies from and to them once, by our fault-safe routines. What else
 * is written at the end is looked at before a message is taken. */
#include "alpc.h"

#include "common/trace.h"
#include "completion_list.h"
#include "direct.h"
#include "usermem.h"

/* Accepted, without effect:
 * UNKNOWN(ALPC_MSGFLG_TRACK_PORT_REFERENCES): what is counted (AlpcWaitForPortReferences).
 * UNKNOWN(ALPC_MSGFLG_WAIT_USER_MODE): what a wait in user mode is to a program.
 * UNKNOWN(ALPC_MSGFLG_SIGNAL_ALERTABLE): two sources have two names for it (D-03). */
#define FLAG_REJECTED     0x01000000u
#define CANCEL_USER_FLAGS 0xfu

/* A receive from the queue goes by the port's completion list, if it has one. */
static status_t exchange_run(handle_t port, struct portico_exchange *exchange)
{
    struct portico_exchange send;
    status_t status;

    if (!exchange->receive || (exchange->flags & PORTICO_SYNC) || !completion_lists_exist())
        return portico_port_exchange(port, exchange);
    send = *exchange;
    send.receive = NULL;
    send.receive_attributes = NULL;
    status = send.send ? portico_port_exchange(port, &send) : STATUS_SUCCESS;
    exchange->ret_message_id = send.ret_message_id;
    exchange->ret_callback_id = send.ret_callback_id;
    if (status != STATUS_SUCCESS || completion_list_receive(port, exchange, &status))
        return status;
    exchange->send = NULL;
    return portico_port_exchange(port, exchange);
}

/* A send with a DIRECT attribute: the event is held before, watched for after. */
static status_t exchange_direct(handle_t port, HANDLE event, struct portico_exchange *exchange)
{
    bool is_followed = !(exchange->flags & (PORTICO_SYNC | PORTICO_RELEASE));
    struct direct *direct = NULL;
    status_t status = (status_t)direct_begin(port, event, is_followed, &direct);

    if (status != STATUS_SUCCESS)
        return status;
    exchange->wants_id = true;
    status = exchange_run(port, exchange);
    direct_end(direct, exchange->ret_message_id);
    return status;
}

static NTSTATUS send_receive(handle_t port, struct portico_exchange *exchange,
                             PALPC_MESSAGE_ATTRIBUTES user_send_attributes,
                             PALPC_MESSAGE_ATTRIBUTES user_receive_attributes, PSIZE_T user_length)
{
    struct portico_attributes receive_attributes;
    NTSTATUS written;
    status_t status;
    HANDLE event = NULL;
    bool is_direct;

    direct_sweep();
    TRY(alpc_direct_read(user_send_attributes, &is_direct, &event));
    if (user_receive_attributes) { /* most often there are none: nothing is cleared for them */
        TRY(alpc_attributes_wanted(user_receive_attributes, &receive_attributes));
        exchange->receive_attributes = &receive_attributes;
    }
    status = is_direct ? exchange_direct(port, event, exchange) : exchange_run(port, exchange);
    if (exchange->ret_message_id && user_send_attributes)
        alpc_context_sent(user_send_attributes, exchange);
    if (exchange->receive) {
        written = alpc_length_write(user_length, status, exchange->ret_size);
        if (written < 0)
            return written;
    }
    if (status == STATUS_SUCCESS && exchange->receive && user_receive_attributes)
        return alpc_attributes_write(user_receive_attributes, &receive_attributes);
    return (NTSTATUS)status;
}

NTSTATUS WINAPI NtAlpcSendWaitReceivePort(HANDLE port, ULONG flags, PPORT_MESSAGE user_send,
                                          PALPC_MESSAGE_ATTRIBUTES user_send_attributes,
                                          PPORT_MESSAGE user_receive, PSIZE_T user_length,
                                          PALPC_MESSAGE_ATTRIBUTES user_receive_attributes,
                                          PLARGE_INTEGER user_timeout)
{
    _cleanup_nt_(alpc_handles_freep) struct alpc_handles *handles = NULL;
    struct portico_attributes send_attributes;
    struct portico_exchange exchange = {
        .flags = flags & (PORTICO_RELEASE | PORTICO_SYNC | PORTICO_ALERTABLE),
        .send = (const struct portico_message *)user_send,
        .receive = (struct portico_message *)user_receive,
    };
    NTSTATUS status;
    handle_t handle;

    if (flags & FLAG_REJECTED)
        return STATUS_INVALID_PARAMETER;
    TRY(client_deadline(user_timeout, &exchange.deadline_ns));
    TRY(alpc_capacity_read(user_receive ? user_length : NULL, &exchange.capacity));
    if (user_send && user_send_attributes) {
        TRY(alpc_attributes_read(user_send_attributes, &send_attributes, &handles));
        exchange.send_attributes = &send_attributes;
    }
    TRY(client_handle(port, &handle));
    client_wait_begin(exchange.flags & PORTICO_ALERTABLE);
    status = send_receive(handle, &exchange, user_send ? user_send_attributes : NULL,
                          user_receive ? user_receive_attributes : NULL, user_length);
    TRACE(alpc, "port %x, flags %x%s%s: %08x, %zu bytes", handle, flags, user_send ? ", send" : "",
          user_receive ? ", receive" : "", (unsigned)status, exchange.ret_size);
    return status;
}

NTSTATUS WINAPI NtAlpcCancelMessage(HANDLE port, ULONG flags, PALPC_CONTEXT_ATTR user_context)
{
    ALPC_CONTEXT_ATTR context;
    handle_t handle;

    if (flags & ~CANCEL_USER_FLAGS)
        return STATUS_INVALID_PARAMETER;
    TRY(USER_GET(context, user_context));
    TRY(client_handle(port, &handle));
    return (NTSTATUS)portico_port_cancel(handle, flags, context.MessageId, context.CallbackId,
                                         (uintptr_t)context.MessageContext);
}
