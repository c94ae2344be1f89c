/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Making, connecting, accepting, disconnecting ports (reference 3.1-3.4, 3.7): the program's
 * arguments are read and checked here, libportico does the rest. The out handle is written last,
 * and only on success; a bad out pointer is found before anything has happened. */
#include "alpc.h"

#include "common/trace.h"
#include "ntprocess.h"
#include "usermem.h"

NTSTATUS alpc_port_put(PHANDLE ret_user_port, handle_t port)
{
    HANDLE handle = (HANDLE)(uintptr_t)port;
    NTSTATUS status = USER_PUT(ret_user_port, handle);

    TRACE(alpc, "port %x made: %08x", port, (unsigned)status);
    if (status)
        (void)!portico_close(port);
    return status;
}

NTSTATUS WINAPI NtAlpcCreatePort(PHANDLE ret_user_port, POBJECT_ATTRIBUTES user_attributes,
                                 PALPC_PORT_ATTRIBUTES user_port_attributes)
{
    _cleanup_nt_(client_name_freep) struct client_name name = {0};
    struct port_attributes attributes;
    bool has_attributes;
    handle_t port;

    TRY(user_probe_write(ret_user_port, sizeof(*ret_user_port)));
    TRY(alpc_port_attributes_read(user_port_attributes, true, &attributes, &has_attributes));
    client_need();
    TRY(client_name_read(user_attributes, &name));
    TRY((NTSTATUS)portico_port_create(&name.name, has_attributes ? &attributes : NULL, &port));
    return alpc_port_put(ret_user_port, port);
}

NTSTATUS alpc_sid_read(PSID user_sid, uint8_t sid[ALPC_SID_MAX_BYTES], uint32_t *ret_size)
{
    *ret_size = 0;
    if (!user_sid)
        return STATUS_SUCCESS;
    TRY(user_read(sid, user_sid, 8));
    if (sid[0] != 1 || sid[1] > 15)
        return STATUS_INVALID_SID;
    *ret_size = 8u + 4u * sid[1];
    return user_read(sid, user_sid, *ret_size);
}

/* UNKNOWN: what a DIRECT event would wait for here. */
static NTSTATUS direct_refuse(const char *call, const ALPC_MESSAGE_ATTRIBUTES *user)
{
    HANDLE event;
    bool is_direct;

    TRY(alpc_direct_read(user, &is_direct, &event));
    if (!is_direct)
        return STATUS_SUCCESS;
    unimplemented_once(call, "the DIRECT attribute", NO_NUMBER);
    return STATUS_NOT_IMPLEMENTED;
}

struct connect_arguments {
    PHANDLE ret_port;
    PALPC_PORT_ATTRIBUTES port_attributes;
    ULONG flags;
    PSID sid;
    PPORT_MESSAGE message;
    PSIZE_T length;
    PALPC_MESSAGE_ATTRIBUTES out, in;
    PLARGE_INTEGER timeout;
};

static NTSTATUS connect_finish(const struct connect_arguments *arguments,
                               struct portico_connect *connect)
{
    struct portico_attributes attributes;
    bool is_sync = arguments->flags & ALPC_SYNC_CONNECTION;
    handle_t port;
    status_t status;

    TRY(alpc_attributes_wanted(arguments->in, &attributes));
    connect->receive_attributes = arguments->in ? &attributes : NULL;
    client_wait_begin(connect->flags & PORTICO_ALERTABLE);
    status = portico_port_connect(connect, &port);
    if (is_sync)
        TRY(alpc_length_write(arguments->length, status, connect->ret_size));
    if (status != STATUS_SUCCESS)
        return (NTSTATUS)status;
    TRY(alpc_port_put(arguments->ret_port, port));
    return is_sync ? alpc_attributes_write(arguments->in, &attributes) : STATUS_SUCCESS;
}

static NTSTATUS port_connect(const struct connect_arguments *arguments,
                             const struct client_name *name)
{
    _cleanup_nt_(alpc_handles_freep) struct alpc_handles *handles = NULL;
    struct portico_attributes attributes;
    struct port_attributes port_attributes;
    struct portico_connect connect = {.name = name->name,
                                      .flags =
                                          arguments->flags & (PORTICO_SYNC | PORTICO_ALERTABLE),
                                      .message = (struct portico_message *)arguments->message};
    uint8_t sid[ALPC_SID_MAX_BYTES];
    bool has_attributes;
    NTSTATUS status;

    TRY(alpc_port_attributes_read(arguments->port_attributes, false, &port_attributes,
                                  &has_attributes));
    TRY(alpc_attributes_read(arguments->out, &attributes, &handles));
    TRY(direct_refuse("NtAlpcConnectPort", arguments->out));
    TRY(alpc_sid_read(arguments->sid, sid, &connect.required_sid_size));
    TRY(alpc_capacity_read(arguments->length, &connect.capacity));
    TRY(client_deadline(arguments->timeout, &connect.deadline_ns));
    connect.attributes = has_attributes ? &port_attributes : NULL;
    connect.required_sid = sid;
    connect.message_context = attributes.context.message_context;
    connect.send_attributes = &attributes;
    status = connect_finish(arguments, &connect);
    TRACE(alpc, "connect, flags %x: %08x", arguments->flags, (unsigned)status);
    return status;
}

NTSTATUS WINAPI NtAlpcConnectPort(PHANDLE ret_user_port, PUNICODE_STRING user_name,
                                  POBJECT_ATTRIBUTES user_attributes,
                                  PALPC_PORT_ATTRIBUTES user_port_attributes, ULONG flags,
                                  PSID user_sid, PPORT_MESSAGE user_message, PSIZE_T user_length,
                                  PALPC_MESSAGE_ATTRIBUTES user_out,
                                  PALPC_MESSAGE_ATTRIBUTES user_in, PLARGE_INTEGER user_timeout)
{
    const struct connect_arguments arguments = {
        ret_user_port, user_port_attributes, flags, user_sid, user_message, user_length, user_out,
        user_in,       user_timeout,
    };
    _cleanup_nt_(client_name_freep) struct client_name name = {0}, own = {0};

    TRY(user_probe_write(ret_user_port, sizeof(*ret_user_port)));
    if (!user_name)
        return STATUS_INVALID_PARAMETER;
    client_need();
    TRY(client_name_from_string(user_name, &name));
    TRY(client_name_read(user_attributes, &own));
    if (own.name.text) /* a client port has no name */
        return STATUS_OBJECT_NAME_INVALID;
    name.name.attributes |= own.name.attributes & OBJ_INHERIT;
    return port_connect(&arguments, &name);
}

NTSTATUS WINAPI NtAlpcConnectPortEx(PHANDLE ret_user_port, POBJECT_ATTRIBUTES user_server,
                                    POBJECT_ATTRIBUTES user_attributes,
                                    PALPC_PORT_ATTRIBUTES user_port_attributes, ULONG flags,
                                    PSECURITY_DESCRIPTOR requirements, PPORT_MESSAGE user_message,
                                    PSIZE_T user_length, PALPC_MESSAGE_ATTRIBUTES user_out,
                                    PALPC_MESSAGE_ATTRIBUTES user_in, PLARGE_INTEGER user_timeout)
{
    const struct connect_arguments arguments = {
        ret_user_port, user_port_attributes, flags, NULL, user_message, user_length, user_out,
        user_in,       user_timeout,
    };
    _cleanup_nt_(client_name_freep) struct client_name name = {0}, own = {0};

    TRY(user_probe_write(ret_user_port, sizeof(*ret_user_port)));
    if (!user_server)
        return STATUS_INVALID_PARAMETER;
    client_need();
    TRY(client_name_read(user_server, &name));
    TRY(client_requirement_read(requirements, &name));
    TRY(client_name_read(user_attributes, &own));
    if (!name.name.text || own.name.text)
        return STATUS_OBJECT_NAME_INVALID;
    name.name.attributes =
        (name.name.attributes & ~(uint32_t)OBJ_INHERIT) | (own.name.attributes & OBJ_INHERIT);
    return port_connect(&arguments, &name);
}

NTSTATUS WINAPI NtAlpcAcceptConnectPort(PHANDLE ret_user_port, HANDLE connection_port, ULONG flags,
                                        POBJECT_ATTRIBUTES user_attributes,
                                        PALPC_PORT_ATTRIBUTES user_port_attributes,
                                        PVOID port_context, PPORT_MESSAGE user_request,
                                        PALPC_MESSAGE_ATTRIBUTES user_message_attributes,
                                        BOOLEAN accept)
{
    _cleanup_nt_(client_name_freep) struct client_name name = {0};
    _cleanup_nt_(alpc_handles_freep) struct alpc_handles *handles = NULL;
    struct portico_attributes message_attributes;
    struct port_attributes attributes;
    bool has_attributes;
    handle_t handle, port;

    (void)flags; /* only the two bits of the WOW64 thunk mean something */
    if (accept)
        TRY(user_probe_write(ret_user_port, sizeof(*ret_user_port)));
    TRY(alpc_port_attributes_read(user_port_attributes, false, &attributes, &has_attributes));
    TRY(alpc_attributes_read(user_message_attributes, &message_attributes, &handles));
    TRY(direct_refuse("NtAlpcAcceptConnectPort", user_message_attributes));
    TRY(client_handle(connection_port, &handle));
    TRY(client_name_read(user_attributes, &name));
    if (name.name.text) /* a communication port has no name */
        return STATUS_OBJECT_NAME_INVALID;
    TRY((NTSTATUS)portico_port_accept_with(
        handle, has_attributes ? &attributes : NULL, (uintptr_t)port_context,
        (const struct portico_message *)user_request, &message_attributes,
        name.name.attributes & OBJ_INHERIT, accept, &port));
    return accept ? alpc_port_put(ret_user_port, port) : STATUS_SUCCESS;
}

NTSTATUS WINAPI NtAlpcDisconnectPort(HANDLE port, ULONG flags)
{
    handle_t handle;

    if (flags & ~(ULONG)ALPC_DISCONNECTFLG_NO_FLUSH)
        return STATUS_INVALID_PARAMETER;
    TRY(client_handle(port, &handle));
    return (NTSTATUS)portico_port_disconnect(handle, flags);
}
