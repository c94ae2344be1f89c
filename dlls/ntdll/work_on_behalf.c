/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The thread's work-on-behalf ticket (reference 4.3): thread information class 44. */

#include "ntdll.h"

#define THREAD_WORK_ON_BEHALF_TICKET ((THREADINFOCLASS)44)
/* UNKNOWN: what the flags of RtlGetThreadWorkOnBehalfTicket mean */
#define FLAGS_MAX 2u

/* Zero when the thread has adopted none. */
NTSTATUS WINAPI RtlGetThreadWorkOnBehalfTicket(ULONG64 *ret_ticket, ULONG flags)
{
    ULONG64 answer[2];
    NTSTATUS status;

    if (flags > FLAGS_MAX)
        return STATUS_INVALID_PARAMETER_2;
    status = NtQueryInformationThread(NtCurrentThread(), THREAD_WORK_ON_BEHALF_TICKET, answer,
                                      sizeof(answer), NULL);
    if (!status)
        *ret_ticket = answer[0];
    return status;
}

NTSTATUS WINAPI RtlSetThreadWorkOnBehalfTicket(const ULONG64 *ticket)
{
    return NtSetInformationThread(NtCurrentThread(), THREAD_WORK_ON_BEHALF_TICKET, ticket,
                                  sizeof(*ticket));
}

NTSTATUS WINAPI RtlClearThreadWorkOnBehalfTicket(void)
{
    const ULONG64 none = 0;

    return RtlSetThreadWorkOnBehalfTicket(&none);
}
