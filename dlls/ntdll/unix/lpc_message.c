/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The legacy message calls (reference 5.3). They name no buffer size: a buffer has room for the
 * port's MaxMessageLength, and nothing longer is ever sent to it. Their waits are not alertable. */
#include "lpc.h"

#include "usermem.h"

static NTSTATUS exchange_run(HANDLE port, struct portico_exchange *exchange)
{
    handle_t handle;

    exchange->capacity = SIZE_MAX;
    if (exchange->receive)
        TRY(user_probe_write(exchange->receive, sizeof(PORT_MESSAGE)));
    TRY(client_handle(port, &handle));
    client_wait_begin(false);
    return (NTSTATUS)portico_port_exchange(handle, exchange);
}

NTSTATUS WINAPI NtRequestPort(HANDLE port, PLPC_MESSAGE user_message)
{
    struct portico_exchange exchange = {.flags = PORTICO_RELEASE,
                                        .legacy = PORTICO_LEGACY_DATAGRAM,
                                        .send = lpc_message(user_message)};

    return user_message ? exchange_run(port, &exchange) : STATUS_ACCESS_VIOLATION;
}

NTSTATUS WINAPI NtRequestWaitReplyPort(HANDLE port, PLPC_MESSAGE user_request,
                                       PLPC_MESSAGE user_reply)
{
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .legacy = PORTICO_LEGACY_REQUEST,
                                        .send = lpc_message(user_request),
                                        .receive = lpc_message(user_reply),
                                        .deadline_ns = PORTICO_FOREVER};

    return user_request && user_reply ? exchange_run(port, &exchange) : STATUS_ACCESS_VIOLATION;
}

NTSTATUS WINAPI NtReplyPort(HANDLE port, PLPC_MESSAGE user_reply)
{
    struct portico_exchange exchange = {
        .flags = PORTICO_RELEASE, .legacy = PORTICO_LEGACY_REPLY, .send = lpc_message(user_reply)};

    return user_reply ? exchange_run(port, &exchange) : STATUS_ACCESS_VIOLATION;
}

NTSTATUS WINAPI NtReplyWaitReplyPort(HANDLE port, PLPC_MESSAGE user_message)
{
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .legacy = PORTICO_LEGACY_REPLY_WAIT,
                                        .send = lpc_message(user_message),
                                        .receive = lpc_message(user_message),
                                        .deadline_ns = PORTICO_FOREVER};

    return user_message ? exchange_run(port, &exchange) : STATUS_ACCESS_VIOLATION;
}

NTSTATUS WINAPI reply_wait_receive_port(HANDLE port, PVOID *ret_user_context,
                                        PPORT_MESSAGE user_reply, PPORT_MESSAGE user_receive,
                                        PLARGE_INTEGER user_timeout)
    LPC_SYMBOL(NtReplyWaitReceivePortEx);

NTSTATUS WINAPI reply_wait_receive_port(HANDLE port, PVOID *ret_user_context,
                                        PPORT_MESSAGE user_reply, PPORT_MESSAGE user_receive,
                                        PLARGE_INTEGER user_timeout)
{
    struct portico_exchange exchange = {.flags = PORTICO_RELEASE,
                                        .legacy = PORTICO_LEGACY_REPLY,
                                        .send = lpc_message(user_reply),
                                        .receive = lpc_message(user_receive)};
    PVOID context;
    NTSTATUS status;

    if (ret_user_context)
        TRY(user_probe_write(ret_user_context, sizeof(*ret_user_context)));
    TRY(client_deadline(user_timeout, &exchange.deadline_ns));
    if (!user_receive)
        return STATUS_ACCESS_VIOLATION;
    status = exchange_run(port, &exchange);
    if (status || !ret_user_context)
        return status;
    context = (PVOID)(uintptr_t)exchange.ret_port_context;
    return USER_PUT(ret_user_context, context);
}

NTSTATUS WINAPI NtReplyWaitReceivePort(HANDLE port, PULONG ret_user_context,
                                       PLPC_MESSAGE user_reply, PLPC_MESSAGE user_receive)
{
    return reply_wait_receive_port(port, (PVOID *)ret_user_context, (PPORT_MESSAGE)user_reply,
                                   (PPORT_MESSAGE)user_receive, NULL);
}

/* What is received meanwhile and is no connection request is dropped, as on old NT: a request's
 * sender waits until its connection ends. */
NTSTATUS WINAPI NtListenPort(HANDLE port, PLPC_MESSAGE user_request)
{
    PPORT_MESSAGE user = (PPORT_MESSAGE)user_request;
    SHORT type;

    do {
        NTSTATUS status = reply_wait_receive_port(port, NULL, NULL, user, NULL);
        if (status)
            return status;
        TRY(USER_GET(type, &user->u2.s2.Type));
    } while (type != LPC_CONNECTION_REQUEST);
    return STATUS_SUCCESS;
}
