/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Security contexts and impersonation through ports (reference 3.10, 3.12, 4.10). A ContextHandle
 * is the server's number, a pointer wide; at the other end of a connection it has the same value.
 */
#include "alpc.h"

#include "ntprocess.h"
#include "token.h"
#include "usermem.h"

/* UNKNOWN(ALPC_SECFLG_NOSECTIONHANDLE): its effect; one source has the name. */
#define SECURITY_FLAGS_ALL \
    (ALPC_SECFLG_DELETE_EXISTING | ALPC_SECFLG_CREATE_HANDLE | ALPC_SECFLG_NOSECTIONHANDLE)
#define IMPERSONATE_FLAGS_ALL 0xfu

NTSTATUS alpc_security_read(const void *user_body, struct portico_attributes *attributes)
{
    ALPC_SECURITY_ATTR attr;
    struct portico_security *security = &attributes->security;

    TRY(USER_GET(attr, (const ALPC_SECURITY_ATTR *)user_body));
    if (attr.Flags & ~SECURITY_FLAGS_ALL)
        return STATUS_INVALID_PARAMETER;
    *security = (struct portico_security){
        .flags = attr.Flags & (PORTICO_SECURITY_DELETE | PORTICO_SECURITY_CREATE),
        .context = (uintptr_t)attr.ContextHandle,
    };
    if (attr.Flags & ALPC_SECFLG_CREATE_HANDLE)
        TRY(qos_read(attr.QoS, &security->has_qos, &security->qos));
    return STATUS_SUCCESS;
}

NTSTATUS alpc_security_write(void *user_body, const struct portico_attributes *attributes)
{
    ALPC_SECURITY_ATTR attr = {.ContextHandle =
                                   (ALPC_HANDLE)(uintptr_t)attributes->security.context};

    return USER_PUT((ALPC_SECURITY_ATTR *)user_body, attr);
}

NTSTATUS WINAPI NtAlpcCreateSecurityContext(HANDLE port, ULONG flags, PALPC_SECURITY_ATTR user)
{
    ALPC_SECURITY_ATTR attr;
    struct portico_qos qos;
    uint64_t context;
    handle_t handle;
    bool has_qos;

    if (flags)
        return STATUS_INVALID_PARAMETER;
    TRY(USER_GET(attr, user));
    TRY(user_probe_write(user, sizeof(*user)));
    if (attr.Flags & ~SECURITY_FLAGS_ALL)
        return STATUS_INVALID_PARAMETER;
    TRY(qos_read(attr.QoS, &has_qos, &qos));
    TRY(client_handle(port, &handle));
    TRY((NTSTATUS)portico_security_create(handle, has_qos ? &qos : NULL, &context));
    attr.ContextHandle = (ALPC_HANDLE)(uintptr_t)context;
    return USER_PUT(&user->ContextHandle, attr.ContextHandle);
}

NTSTATUS WINAPI NtAlpcDeleteSecurityContext(HANDLE port, ULONG flags, ALPC_HANDLE context)
{
    handle_t handle;

    if (flags)
        return STATUS_INVALID_PARAMETER;
    TRY(client_handle(port, &handle));
    return (NTSTATUS)portico_security_delete(handle, (uintptr_t)context);
}

NTSTATUS WINAPI NtAlpcRevokeSecurityContext(HANDLE port, ULONG flags, ALPC_HANDLE context)
{
    handle_t handle;

    if (flags)
        return STATUS_INVALID_PARAMETER;
    TRY(client_handle(port, &handle));
    return (NTSTATUS)portico_security_revoke(handle, (uintptr_t)context);
}

NTSTATUS alpc_impersonate(HANDLE port, const PORT_MESSAGE *user_message, ULONG flags)
{
    PORT_MESSAGE message;
    handle_t handle;

    TRY(USER_GET(message, user_message));
    TRY(client_handle(port, &handle));
    TRY((NTSTATUS)portico_port_impersonate(handle, message.MessageId, message.CallbackId, flags));
    token_thread_changed();
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtAlpcImpersonateClientOfPort(HANDLE port, PPORT_MESSAGE user_message, PVOID flags)
{
    if ((uintptr_t)flags & ~(uintptr_t)IMPERSONATE_FLAGS_ALL)
        return STATUS_INVALID_PARAMETER;
    return alpc_impersonate(port, user_message, (ULONG)(uintptr_t)flags);
}

/* UNKNOWN(NtAlpcImpersonateClientContainerOfPort): there are no containers (silos) here, and what
 * Windows says of a client outside of any is in no source. Doing nothing and calling it success
 * would hide that nothing was done: who asks after a message that lives is told so by name. */
NTSTATUS WINAPI NtAlpcImpersonateClientContainerOfPort(HANDLE port, PPORT_MESSAGE user_message,
                                                       ULONG flags)
{
    struct portico_peer peer;
    PORT_MESSAGE message;
    handle_t handle;

    if (flags)
        return STATUS_INVALID_PARAMETER;
    TRY(USER_GET(message, user_message));
    TRY(client_handle(port, &handle));
    TRY((NTSTATUS)portico_message_sender(handle, message.MessageId, message.CallbackId, &peer));
    unimplemented_once(__func__, "containers", NO_NUMBER);
    return STATUS_NOT_SUPPORTED;
}
