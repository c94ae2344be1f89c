/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The Alpc*CompletionList* functions (reference 3.15): registration and the like are port
 * information classes; the rest are private calls, since the list itself is the ELF half's
 * (unix/completion_list.c). */

#include "ntdll.h"

#include "nt/ntalpc.h"
#include "unixcalls.h"

NTSTATUS NTAPI AlpcRegisterCompletionList(HANDLE port, PALPC_COMPLETION_LIST_HEADER buffer,
                                          ULONG size, ULONG concurrency, ULONG attribute_flags)
{
    ALPC_PORT_COMPLETION_LIST_INFORMATION info = {buffer, size, concurrency, attribute_flags};

    return NtAlpcSetInformation(port, AlpcRegisterCompletionListInformation, &info, sizeof(info));
}

NTSTATUS NTAPI AlpcUnregisterCompletionList(HANDLE port)
{
    return NtAlpcSetInformation(port, AlpcUnregisterCompletionListInformation, NULL, 0);
}

NTSTATUS NTAPI AlpcRundownCompletionList(HANDLE port)
{
    return NtAlpcSetInformation(port, AlpcCompletionListRundownInformation, NULL, 0);
}

NTSTATUS NTAPI AlpcAdjustCompletionListConcurrencyCount(HANDLE port, ULONG concurrency)
{
    return NtAlpcSetInformation(port, AlpcAdjustCompletionListConcurrencyCountInformation,
                                &concurrency, sizeof(concurrency));
}

BOOLEAN NTAPI AlpcRegisterCompletionListWorkerThread(PVOID list)
{
    return unix_list_worker(list, TRUE) == STATUS_SUCCESS;
}

BOOLEAN NTAPI AlpcUnregisterCompletionListWorkerThread(PVOID list)
{
    return unix_list_worker(list, FALSE) == STATUS_SUCCESS;
}

/* UNKNOWN: of which message; here the one that was put in last. Nothing was: 0. */
VOID NTAPI AlpcGetCompletionListLastMessageInformation(PVOID list, PULONG ret_message_id,
                                                       PULONG ret_callback_id)
{
    struct unix_list_info info = {0};

    unix_list_query(list, &info);
    *ret_message_id = info.last_message_id;
    *ret_callback_id = info.last_callback_id;
}

ULONG NTAPI AlpcGetOutstandingCompletionListMessageCount(PVOID list)
{
    struct unix_list_info info = {0};

    unix_list_query(list, &info);
    return info.n_outstanding;
}

PPORT_MESSAGE NTAPI AlpcGetMessageFromCompletionList(PVOID list,
                                                     PALPC_MESSAGE_ATTRIBUTES *ret_attributes)
{
    struct unix_list_message message;

    if (unix_list_take(list, &message) != STATUS_SUCCESS)
        return NULL;
    if (ret_attributes)
        *ret_attributes = message.attributes;
    return message.message;
}

VOID NTAPI AlpcFreeCompletionListMessage(PVOID list, PPORT_MESSAGE message)
{
    NTSTATUS status = unix_list_free(list, message);

    if (status)
        log_line("AlpcFreeCompletionListMessage: %p is no message that was taken from list %p",
                 message, list);
}

PALPC_MESSAGE_ATTRIBUTES NTAPI AlpcGetCompletionListMessageAttributes(PVOID list,
                                                                      PPORT_MESSAGE message)
{
    void *attributes;

    return unix_list_attributes(list, message, &attributes) ? NULL : attributes;
}
