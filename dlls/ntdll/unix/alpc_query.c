/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtAlpcQueryInformation, NtAlpcSetInformation (reference 3.13). */
#include "alpc.h"

#include "common/sid.h"
#include "completion.h"
#include "completion_list.h"
#include "ntprocess.h"
#include "usermem.h"
#include <string.h>

static NTSTATUS query_basic(HANDLE port, void *user_information, ULONG length,
                            ULONG *ret_user_length)
{
    struct portico_port_info info;
    ALPC_BASIC_INFORMATION basic;
    ULONG size = sizeof(basic);
    handle_t handle;

    TRY(client_handle(port, &handle));
    TRY((NTSTATUS)portico_port_query(handle, &info));
    if (ret_user_length)
        TRY(USER_PUT(ret_user_length, size));
    if (length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    basic = (ALPC_BASIC_INFORMATION){.Flags = info.flags,
                                     .SequenceNo = info.sequence,
                                     .PortContext = (PVOID)(uintptr_t)info.port_context};
    return USER_PUT((ALPC_BASIC_INFORMATION *)user_information, basic);
}

static NTSTATUS query_session(HANDLE port, void *user_information, ULONG length,
                              ULONG *ret_user_length)
{
    struct portico_port_info info;
    ALPC_SERVER_SESSION_INFORMATION session;
    ULONG size = sizeof(session);
    handle_t handle;

    TRY(client_handle(port, &handle));
    TRY((NTSTATUS)portico_port_query(handle, &info));
    if (ret_user_length)
        TRY(USER_PUT(ret_user_length, size));
    if (length < size)
        return STATUS_INFO_LENGTH_MISMATCH;
    session = (ALPC_SERVER_SESSION_INFORMATION){.SessionId = portico_session(),
                                                .ProcessId = info.server_process_id};
    return USER_PUT((ALPC_SERVER_SESSION_INFORMATION *)user_information, session);
}

/* The program asks whether the other end's user has this SID. */
static NTSTATUS query_connected_sid(HANDLE port, const void *user_sid, ULONG length)
{
    uint8_t sid[SID_MAX_BYTES];
    struct portico_peer peer;
    size_t size;
    handle_t handle;

    if (length < SID_MIN_BYTES || length > sizeof(sid))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(user_read(sid, user_sid, length));
    size = sid_bytes_size(sid, length);
    if (!size)
        return STATUS_INVALID_SID;
    TRY(client_handle(port, &handle));
    TRY((NTSTATUS)portico_port_peer(handle, &peer));
    return size == peer.sid_size && !memcmp(sid, peer.sid, size) ? STATUS_SUCCESS
                                                                 : STATUS_SERVER_SID_MISMATCH;
}

NTSTATUS WINAPI NtAlpcQueryInformation(HANDLE port, ALPC_PORT_INFORMATION_CLASS class,
                                       PVOID user_information, ULONG length, PULONG ret_user_length)
{
    switch (class) {
    case AlpcBasicInformation:
        return query_basic(port, user_information, length, ret_user_length);
    case AlpcServerSessionInformation:
        return query_session(port, user_information, length, ret_user_length);
    case AlpcConnectedSIDInformation:
        return query_connected_sid(port, user_information, length);
    case AlpcServerInformation:
        return alpc_server_query(port, user_information, length, ret_user_length);
    /* UNKNOWN(AlpcWaitForPortReferences): what counts as a reference of a port, up to or down to
     * which count it waits, what it answers (reference 2.3, 2.6: only that messages with
     * TRACK_PORT_REFERENCES are counted). Refused by name. */
    case AlpcWaitForPortReferences:
        unimplemented_once(__func__, "class", class);
        return STATUS_NOT_IMPLEMENTED;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

static NTSTATUS set_completion_port(HANDLE port, const void *user_information, ULONG length)
{
    ALPC_PORT_ASSOCIATE_COMPLETION_PORT associate;
    handle_t handle;

    if (length < sizeof(associate))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(USER_GET(associate, (const ALPC_PORT_ASSOCIATE_COMPLETION_PORT *)user_information));
    TRY(client_handle(port, &handle));
    return completion_associate_port(associate.CompletionPort, associate.CompletionKey, handle);
}

static NTSTATUS set_list_register(HANDLE port, const void *user_information, ULONG length)
{
    ALPC_PORT_COMPLETION_LIST_INFORMATION info;
    handle_t handle;

    if (length != sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(USER_GET(info, (const ALPC_PORT_COMPLETION_LIST_INFORMATION *)user_information));
    TRY(client_handle(port, &handle));
    return completion_list_register(handle, &info);
}

static NTSTATUS set_list_adjust(HANDLE port, const void *user_information, ULONG length)
{
    ULONG concurrency;
    handle_t handle;

    if (length != sizeof(concurrency))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(USER_GET(concurrency, (const ULONG *)user_information));
    TRY(client_handle(port, &handle));
    return completion_list_adjust(handle, concurrency);
}

/* DIFFERS: of the attributes only the flag ALLOW_LPC_REQUESTS changes, as one source has it. */
static NTSTATUS set_port(HANDLE port, const void *user_information, ULONG length)
{
    struct port_attributes attributes;
    bool has_attributes;
    handle_t handle;

    if (length != sizeof(ALPC_PORT_ATTRIBUTES))
        return STATUS_INFO_LENGTH_MISMATCH;
    if (!user_information)
        return STATUS_ACCESS_VIOLATION;
    TRY(alpc_port_attributes_read(user_information, true, &attributes, &has_attributes));
    TRY(client_handle(port, &handle));
    return (NTSTATUS)portico_port_set_flags(handle, attributes.flags);
}

/* UNKNOWN(AlpcMessageZoneInformation): what Windows does with the memory. It is checked; messages
 * do not need it. */
static NTSTATUS set_message_zone(HANDLE port, const void *user_information, ULONG length)
{
    ALPC_PORT_MESSAGE_ZONE_INFORMATION zone;
    struct portico_port_info info;
    handle_t handle;

    if (length != sizeof(zone))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(USER_GET(zone, (const ALPC_PORT_MESSAGE_ZONE_INFORMATION *)user_information));
    TRY(client_handle(port, &handle));
    TRY((NTSTATUS)portico_port_query(handle, &info));
    if (!zone.Buffer || !zone.Size)
        return STATUS_INVALID_PARAMETER;
    return user_probe_write(zone.Buffer, zone.Size);
}

/* Classes without data. */
static NTSTATUS set_list_end(HANDLE port, ULONG length, NTSTATUS (*end)(handle_t port))
{
    handle_t handle;

    if (length)
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(client_handle(port, &handle));
    return end(handle);
}

NTSTATUS WINAPI NtAlpcSetInformation(HANDLE port, ALPC_PORT_INFORMATION_CLASS class,
                                     PVOID user_information, ULONG length)
{
    switch (class) {
    case AlpcAssociateCompletionPortInformation:
        return set_completion_port(port, user_information, length);
    case AlpcRegisterCompletionListInformation:
        return set_list_register(port, user_information, length);
    case AlpcUnregisterCompletionListInformation:
        return set_list_end(port, length, completion_list_unregister);
    case AlpcAdjustCompletionListConcurrencyCountInformation:
        return set_list_adjust(port, user_information, length);
    case AlpcCompletionListRundownInformation:
        return set_list_end(port, length, completion_list_rundown);
    case AlpcPortInformation:
        return set_port(port, user_information, length);
    case AlpcMessageZoneInformation:
        return set_message_zone(port, user_information, length);
    case AlpcRegisterCallbackInformation:
        /* UNKNOWN(AlpcRegisterCallbackInformation): kernel mode only; which status Windows has for
         * a program. */
        return STATUS_ACCESS_DENIED;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}
