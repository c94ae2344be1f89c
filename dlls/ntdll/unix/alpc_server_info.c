/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* AlpcServerInformation (reference 1.6, 2.6): whom a thread's synchronous request waits for. The
 * port handle is NULL; the thread's handle comes in the structure, which is overwritten by the
 * answer with the connection port's name behind it.
 *
 * DIFFERS: only threads of this process: what another's wait for no server knows. UNKNOWN: the
 * status for a buffer without room for the name (here as for the structure), and which access the
 * handle needs. */
#include "alpc.h"

#include "ntprocess.h"
#include "ntwait.h"
#include "thread.h"
#include "usermem.h"

static NTSTATUS blocked_on(HANDLE thread_handle, struct portico_blocked *ret_blocked)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;
    struct portico_thread *client;

    *ret_blocked = (struct portico_blocked){0};
    TRY(thread_from_handle(thread_handle, THREAD_QUERY_LIMITED_INFORMATION, &thread));
    dispatcher_lock();
    client = thread->wait.client; /* recycled, never freed */
    dispatcher_unlock();
    return client ? (NTSTATUS)portico_thread_blocked_on(client, ret_blocked) : STATUS_SUCCESS;
}

NTSTATUS alpc_server_query(HANDLE port, ALPC_SERVER_INFORMATION *user_information, ULONG length,
                           ULONG *ret_user_length)
{
    struct portico_blocked blocked;
    ALPC_SERVER_INFORMATION info = {0};
    ULONG size;

    if (port)
        return STATUS_INVALID_PARAMETER;
    if (length < sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(USER_GET(info, user_information));
    TRY(blocked_on(info.In.ThreadHandle, &blocked));
    size = (ULONG)sizeof(info) + blocked.name_size;
    if (ret_user_length)
        TRY(USER_PUT(ret_user_length, size));
    if (length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    info = (ALPC_SERVER_INFORMATION){0};
    info.Out.ThreadBlocked = blocked.is_blocked;
    info.Out.ConnectedProcessId = (HANDLE)(uintptr_t)blocked.process_id;
    info.Out.ConnectionPortName.Length = info.Out.ConnectionPortName.MaximumLength =
        (USHORT)blocked.name_size;
    if (blocked.name_size)
        info.Out.ConnectionPortName.Buffer = (WCHAR *)(user_information + 1);
    TRY(USER_PUT(user_information, info));
    return user_write(user_information + 1, blocked.name, blocked.name_size);
}
