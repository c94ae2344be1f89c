/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtAlpcQueryInformationMessage (reference 2.6, 3.12): what is known of a message that was received
 * and is not answered. UNKNOWN: the status for a message that is not there; the one of
 * impersonation, STATUS_ACCESS_DENIED, is taken. */
#include "alpc.h"

#include "ntprocess.h"
#include "usermem.h"

struct answer {
    PVOID buffer;
    ULONG length;
    PULONG ret_length;
};

static NTSTATUS answer_put(const struct answer *answer, const void *bytes, ULONG size)
{
    if (answer->ret_length)
        TRY(USER_PUT(answer->ret_length, size));
    if (answer->length < size)
        return STATUS_BUFFER_TOO_SMALL;
    return user_write(answer->buffer, bytes, size);
}

static NTSTATUS query_sid(const struct portico_peer *peer, const struct answer *answer)
{
    return answer_put(answer, peer->sid, peer->sid_size);
}

static NTSTATUS query_modified_id(const struct portico_peer *peer, const struct answer *answer)
{
    LUID id = {.LowPart = (ULONG)peer->modified_id, .HighPart = (LONG)(peer->modified_id >> 32)};

    return answer_put(answer, &id, sizeof(id));
}

NTSTATUS WINAPI NtAlpcQueryInformationMessage(HANDLE port, PPORT_MESSAGE user_message,
                                              ALPC_MESSAGE_INFORMATION_CLASS class, PVOID buffer,
                                              ULONG length, PULONG ret_length)
{
    const struct answer answer = {buffer, length, ret_length};
    struct portico_peer peer;
    PORT_MESSAGE message;
    handle_t handle;

    TRY(USER_GET(message, user_message));
    TRY(client_handle(port, &handle));
    switch ((int)class) {
    case AlpcMessageSidInformation:
        TRY((NTSTATUS)portico_message_sender(handle, message.MessageId, message.CallbackId, &peer));
        return query_sid(&peer, &answer);
    case AlpcMessageTokenModifiedIdInformation:
        TRY((NTSTATUS)portico_message_sender(handle, message.MessageId, message.CallbackId, &peer));
        return query_modified_id(&peer, &answer);
    case AlpcMessageDirectStatusInformation:
        if (buffer || length || ret_length)
            return STATUS_INVALID_PARAMETER;
        return (NTSTATUS)portico_message_direct_status(handle, message.MessageId);
    case AlpcMessageHandleInformation:
        return alpc_handles_query(handle, message.MessageId, buffer, length, ret_length);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}
