/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Resource reserves (reference 3.11): what they are is in libs/portico/reserve.c. */
#include "alpc.h"

#include "usermem.h"

NTSTATUS WINAPI NtAlpcCreateResourceReserve(HANDLE port, ULONG flags, SIZE_T size,
                                            PULONG ret_user_id)
{
    handle_t handle;
    uint32_t id;
    NTSTATUS status;

    if (flags)
        return STATUS_INVALID_PARAMETER;
    if (size > PORT_MESSAGE_DATA_MAX)
        return STATUS_BUFFER_OVERFLOW;
    TRY(user_probe_write(ret_user_id, sizeof(*ret_user_id)));
    TRY(client_handle(port, &handle));
    TRY((NTSTATUS)portico_reserve_create(handle, (uint32_t)size, &id));
    status = USER_PUT(ret_user_id, id);
    if (status)
        (void)!portico_reserve_delete(handle, id);
    return status;
}

NTSTATUS WINAPI NtAlpcDeleteResourceReserve(HANDLE port, ULONG flags, ULONG id)
{
    handle_t handle;

    if (flags)
        return STATUS_INVALID_PARAMETER;
    TRY(client_handle(port, &handle));
    return (NTSTATUS)portico_reserve_delete(handle, id);
}
