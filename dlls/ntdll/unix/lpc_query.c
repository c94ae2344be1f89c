/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The legacy calls about ports that carry no message. */
#include "lpc.h"

#include "ntprocess.h"
#include "thread.h"
#include "usermem.h"

NTSTATUS WINAPI NtRegisterThreadTerminatePort(HANDLE port)
{
    handle_t handle;

    TRY(client_handle(port, &handle));
    return (NTSTATUS)portico_thread_terminate_port(handle, thread_current()->create_time);
}

/* UNKNOWN(NtQueryInformationPort): what the classes 0 (basic) and 1 (dump) hold: no source shows
 * one, so there is none. */
NTSTATUS WINAPI NtQueryInformationPort(HANDLE port, PORT_INFORMATION_CLASS class,
                                       PVOID user_information, ULONG length, PULONG ret_user_length)
{
    struct portico_port_info info;
    handle_t handle;

    (void)class, (void)user_information, (void)length, (void)ret_user_length;
    TRY(client_handle(port, &handle));
    TRY((NTSTATUS)portico_port_query(handle, &info));
    return STATUS_INVALID_INFO_CLASS;
}

/* Has this process an exception port or a debugger? No process here has: FALSE. */
NTSTATUS WINAPI NtQueryPortInformationProcess(void)
{
    return FALSE;
}

/* Of the client of a communication port (reference 5.3), whose message waits for its reply; else
 * the same as NtAlpcImpersonateClientOfPort. */
NTSTATUS WINAPI impersonate_client_of_port(HANDLE port, PPORT_MESSAGE user_message)
    LPC_SYMBOL(NtImpersonateClientOfPort);

NTSTATUS WINAPI impersonate_client_of_port(HANDLE port, PPORT_MESSAGE user_message)
{
    struct portico_port_info info;
    handle_t handle;

    TRY(client_handle(port, &handle));
    TRY((NTSTATUS)portico_port_query(handle, &info));
    if (info.kind == PORT_KIND_CONNECTION)
        return STATUS_INVALID_PORT_HANDLE;
    return alpc_impersonate(port, user_message, 0);
}
