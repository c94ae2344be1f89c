/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtReadRequestData and NtWriteRequestData (reference 5.3): what the sender of a request described
 * in it and still waits with. */
#include "lpc.h"

#include "usermem.h"

static NTSTATUS data_move(HANDLE port, const PORT_MESSAGE *user_message, ULONG index, PVOID buffer,
                          SIZE_T size, PSIZE_T ret_user_done, bool is_write)
{
    struct portico_request_data arguments = {
        .index = index, .is_write = is_write, .buffer = buffer, .size = size};
    PORT_MESSAGE message;
    handle_t handle;
    SIZE_T done;

    TRY(USER_GET(message, user_message));
    if (ret_user_done)
        TRY(user_probe_write(ret_user_done, sizeof(*ret_user_done)));
    if (!message.u2.s2.DataInfoOffset)
        return STATUS_INVALID_PARAMETER;
    TRY(client_handle(port, &handle));
    arguments.message_id = message.MessageId;
    client_wait_begin(false);
    TRY((NTSTATUS)portico_request_data(handle, &arguments));
    done = arguments.ret_done;
    return ret_user_done ? USER_PUT(ret_user_done, done) : STATUS_SUCCESS;
}

NTSTATUS WINAPI read_request_data(HANDLE port, PPORT_MESSAGE user_message, ULONG index,
                                  PVOID buffer, SIZE_T size, PSIZE_T ret_user_done)
    LPC_SYMBOL(NtReadRequestData);
NTSTATUS WINAPI write_request_data(HANDLE port, PPORT_MESSAGE user_message, ULONG index,
                                   PVOID buffer, SIZE_T size, PSIZE_T ret_user_done)
    LPC_SYMBOL(NtWriteRequestData);

NTSTATUS WINAPI read_request_data(HANDLE port, PPORT_MESSAGE user_message, ULONG index,
                                  PVOID buffer, SIZE_T size, PSIZE_T ret_user_done)
{
    return data_move(port, user_message, index, buffer, size, ret_user_done, false);
}

NTSTATUS WINAPI write_request_data(HANDLE port, PPORT_MESSAGE user_message, ULONG index,
                                   PVOID buffer, SIZE_T size, PSIZE_T ret_user_done)
{
    return data_move(port, user_message, index, buffer, size, ret_user_done, true);
}
