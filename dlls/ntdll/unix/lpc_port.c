/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Legacy ports: making, connecting, accepting (reference 3.14, 5.2-5.4). They are ALPC ports; what
 * is particular to the legacy handshake is libportico's (libs/portico/legacy_connect.c).
 *
 * Limits of NtCreatePort: old NT had one size for every message of the machine, here 290h, and
 * refused larger arguments; MaxMessageLength is then the port's own, header included. UNKNOWN: the
 * limits of today's Windows (100h of information is known to pass); a MaxMessageLength below a
 * header means PORT_MAXIMUM_MESSAGE_LENGTH. DIFFERS: a port without a name is a connection port
 * that nobody can connect to; on old NT it was connected to itself. */
#include "lpc.h"

#include "ntprocess.h"
#include "usermem.h"

#define LEGACY_TOTAL_MAX       0x290u
#define LEGACY_INFORMATION_MAX (LEGACY_TOTAL_MAX - (unsigned)sizeof(PORT_MESSAGE))

static NTSTATUS legacy_port_create(PHANDLE ret_user_port, POBJECT_ATTRIBUTES user_attributes,
                                   ULONG max_information, ULONG max_message, uint32_t flags)
{
    _cleanup_nt_(client_name_freep) struct client_name name = {0};
    struct port_attributes attributes = {.flags = flags};
    handle_t port;

    TRY(user_probe_write(ret_user_port, sizeof(*ret_user_port)));
    if (max_information > LEGACY_INFORMATION_MAX)
        return STATUS_INVALID_PARAMETER_3;
    if (max_message > LEGACY_TOTAL_MAX)
        return STATUS_INVALID_PARAMETER_4;
    attributes.max_information = (uint16_t)(max_information + 1);
    attributes.max_message_length =
        max_message < sizeof(PORT_MESSAGE) ? PORT_MAXIMUM_MESSAGE_LENGTH : max_message;
    client_need();
    TRY(client_name_read(user_attributes, &name));
    TRY((NTSTATUS)portico_port_create(&name.name, &attributes, &port));
    return alpc_port_put(ret_user_port, port);
}

/* The last argument, MaxPoolUsage, is a ULONG and undocumented; Wine's headers make it a pointer.
 */
NTSTATUS WINAPI NtCreatePort(PHANDLE ret_user_port, POBJECT_ATTRIBUTES user_attributes,
                             ULONG max_information, ULONG max_message, PULONG max_pool)
{
    (void)max_pool;
    return legacy_port_create(ret_user_port, user_attributes, max_information, max_message, 0);
}

NTSTATUS WINAPI NtCreateWaitablePort(PHANDLE ret_user_port, POBJECT_ATTRIBUTES user_attributes,
                                     ULONG max_information, ULONG max_message, ULONG max_pool)
{
    (void)max_pool;
    return legacy_port_create(ret_user_port, user_attributes, max_information, max_message,
                              ALPC_PORFLG_WAITABLE_PORT);
}

struct connect_arguments {
    PHANDLE ret_port;
    PUNICODE_STRING name;
    PSECURITY_QUALITY_OF_SERVICE qos;
    void *client_view;
    PSID sid;
    void *server_view;
    PULONG max_message_length;
    PVOID information;
    PULONG information_length;
};

static NTSTATUS qos_read(const SECURITY_QUALITY_OF_SERVICE *user,
                         struct portico_legacy_connect *connect)
{
    SECURITY_QUALITY_OF_SERVICE qos;

    TRY(USER_GET(qos, user));
    connect->impersonation_level = (uint32_t)qos.ImpersonationLevel;
    connect->context_tracking = (uint8_t)qos.ContextTrackingMode;
    connect->effective_only = qos.EffectiveOnly;
    return STATUS_SUCCESS;
}

static NTSTATUS information_read(const struct connect_arguments *arguments,
                                 struct portico_legacy_connect *connect)
{
    ULONG length;

    if (!arguments->information_length)
        return STATUS_SUCCESS;
    TRY(USER_GET(length, arguments->information_length));
    TRY(user_probe_write(arguments->information_length, sizeof(length)));
    connect->information = arguments->information;
    connect->information_size = length;
    return STATUS_SUCCESS;
}

static NTSTATUS connect_read(const struct connect_arguments *arguments, struct lpc_port_view *view,
                             struct portico_legacy_connect *connect,
                             uint8_t sid[ALPC_SID_MAX_BYTES])
{
    TRY(user_probe_write(arguments->ret_port, sizeof(*arguments->ret_port)));
    if (arguments->max_message_length)
        TRY(user_probe_write(arguments->max_message_length, sizeof(ULONG)));
    TRY(qos_read(arguments->qos, connect));
    TRY(lpc_view_read(arguments->client_view, view));
    TRY(lpc_remote_view_check(arguments->server_view));
    TRY(information_read(arguments, connect));
    TRY(alpc_sid_read(arguments->sid, sid, &connect->required_sid_size));
    connect->required_sid = sid;
    connect->view = view->user ? &view->view : NULL;
    return STATUS_SUCCESS;
}

static NTSTATUS connect_write(const struct connect_arguments *arguments,
                              const struct lpc_port_view *view,
                              const struct portico_legacy_connect *connect)
{
    ULONG max = connect->ret_max_message_length, length = connect->information_size;

    TRY(lpc_view_write(view));
    TRY(lpc_remote_view_write(arguments->server_view, &connect->remote));
    if (arguments->max_message_length)
        TRY(USER_PUT(arguments->max_message_length, max));
    return arguments->information_length ? USER_PUT(arguments->information_length, length)
                                         : STATUS_SUCCESS;
}

static NTSTATUS port_connect(const struct connect_arguments *arguments)
{
    _cleanup_nt_(client_name_freep) struct client_name name = {0};
    _cleanup_nt_(lpc_view_freep) struct lpc_port_view view = {0};
    struct portico_legacy_connect connect = {0};
    uint8_t sid[ALPC_SID_MAX_BYTES];
    handle_t port;
    NTSTATUS status;

    if (!arguments->name)
        return STATUS_INVALID_PARAMETER;
    client_need();
    TRY(connect_read(arguments, &view, &connect, sid));
    TRY(client_name_from_string(arguments->name, &name));
    connect.name = name.name;
    TRY((NTSTATUS)portico_legacy_connect(&connect, &port));
    status = connect_write(arguments, &view, &connect);
    if (status) {
        (void)!portico_close(port);
        return status;
    }
    return alpc_port_put(arguments->ret_port, port);
}

NTSTATUS WINAPI NtSecureConnectPort(PHANDLE ret_user_port, PUNICODE_STRING user_name,
                                    PSECURITY_QUALITY_OF_SERVICE user_qos,
                                    PLPC_SECTION_WRITE user_client_view, PSID user_sid,
                                    PLPC_SECTION_READ user_server_view,
                                    PULONG ret_user_max_message_length, PVOID user_information,
                                    PULONG user_information_length)
{
    const struct connect_arguments arguments = {
        ret_user_port,
        user_name,
        user_qos,
        user_client_view,
        user_sid,
        user_server_view,
        ret_user_max_message_length,
        user_information,
        user_information_length,
    };

    return port_connect(&arguments);
}

NTSTATUS WINAPI NtConnectPort(PHANDLE ret_user_port, PUNICODE_STRING user_name,
                              PSECURITY_QUALITY_OF_SERVICE user_qos,
                              PLPC_SECTION_WRITE user_client_view,
                              PLPC_SECTION_READ user_server_view,
                              PULONG ret_user_max_message_length, PVOID user_information,
                              PULONG user_information_length)
{
    return NtSecureConnectPort(ret_user_port, user_name, user_qos, user_client_view, NULL,
                               user_server_view, ret_user_max_message_length, user_information,
                               user_information_length);
}

NTSTATUS WINAPI accept_connect_port(PHANDLE ret_user_port, PVOID port_context,
                                    PPORT_MESSAGE user_request, BOOLEAN accept,
                                    PPORT_VIEW user_server_view, PREMOTE_PORT_VIEW user_client_view)
    LPC_SYMBOL(NtAcceptConnectPort);

NTSTATUS WINAPI accept_connect_port(PHANDLE ret_user_port, PVOID port_context,
                                    PPORT_MESSAGE user_request, BOOLEAN accept,
                                    PPORT_VIEW user_server_view, PREMOTE_PORT_VIEW user_client_view)
{
    _cleanup_nt_(lpc_view_freep) struct lpc_port_view view = {0};
    struct portico_legacy_accept arguments = {.request = lpc_message(user_request),
                                              .accept = accept,
                                              .port_context = (uintptr_t)port_context};
    handle_t port;
    NTSTATUS status;

    client_need();
    if (!accept)
        return (NTSTATUS)portico_legacy_accept(&arguments, NULL);
    TRY(user_probe_write(ret_user_port, sizeof(*ret_user_port)));
    TRY(lpc_view_read(user_server_view, &view));
    TRY(lpc_remote_view_check(user_client_view));
    arguments.view = view.user ? &view.view : NULL;
    TRY((NTSTATUS)portico_legacy_accept(&arguments, &port));
    status = lpc_view_write(&view);
    if (!status)
        status = lpc_remote_view_write(user_client_view, &arguments.remote);
    if (status) {
        (void)!portico_close(port);
        return status;
    }
    return alpc_port_put(ret_user_port, port);
}

NTSTATUS WINAPI NtCompleteConnectPort(HANDLE port)
{
    handle_t handle;

    TRY(client_handle(port, &handle));
    return (NTSTATUS)portico_legacy_complete(handle);
}
