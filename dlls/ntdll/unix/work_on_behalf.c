/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Work-on-behalf tickets (reference 1.5.2, 4.3): 8 opaque bytes that name the thread whose work a
 * message is. A thread sends its own ticket, or the one it has adopted, with each message whose
 * WORK_ON_BEHALF attribute is marked valid; so a server thread that adopts what it received passes
 * it on.
 *
 * The ticket is the Linux thread id and a check of it, both mixed with the port server's id, so
 * that it is neither a thread id nor a time, and a made-up one is refused (STATUS_INVALID_CID), as
 * is that of a thread that has ended. Opaque is not secret: it grants nothing.
 *
 * DIFFERS: the ticket of an ended thread whose id another thread has got is taken for that one's.
 * UNKNOWN: the second 8 bytes of the 16 that a query gives (0 here) and the flags of
 * RtlGetThreadWorkOnBehalfTicket beyond their range. */
#include "work_on_behalf.h"

#include "client.h"
#include "thread.h"
#include "usercopy.h"
#include <errno.h>
#include <signal.h>
#include <unistd.h>

static __thread uint64_t adopted; /* 0: none */

/* A bijection on 32 bits in which every bit counts. */
static uint32_t mix(uint32_t value)
{
    value = (value ^ value >> 16) * 0x45d9f3bu;
    value = (value ^ value >> 15) * 0x2c1b3c6du;
    return value ^ value >> 16;
}

static uint64_t ticket_of(uint32_t tid)
{
    uint32_t check = mix(tid ^ mix(portico_server_id() + 1));

    return (uint64_t)(tid ^ mix(check + portico_server_id())) << 32 | check;
}

/* One of this process ends for NT before it does for Linux. */
static bool thread_lives(pid_t tid)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;

    if (tgkill(getpid(), tid, 0))
        return !kill(tid, 0) || errno == EPERM;
    thread = thread_by_tid(tid);
    return thread && !thread->ended;
}

static bool ticket_is_valid(uint64_t ticket)
{
    uint32_t tid = (uint32_t)(ticket >> 32) ^ mix((uint32_t)ticket + portico_server_id());

    return tid && tid <= INT32_MAX && ticket_of(tid) == ticket && thread_lives((pid_t)tid);
}

uint64_t work_on_behalf_ticket(void)
{
    return adopted ? adopted : ticket_of((uint32_t)gettid());
}

NTSTATUS work_on_behalf_query(void *user, ULONG size, ULONG *user_length)
{
    const uint64_t answer[2] = {adopted, 0};
    const ULONG needed = sizeof(answer);
    NTSTATUS status;

    if (size != sizeof(answer))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = user_write(user, answer, sizeof(answer));
    if (!status && user_length)
        status = user_put(user_length, &needed);
    return status;
}

NTSTATUS work_on_behalf_set(const void *user, ULONG size)
{
    uint64_t ticket;
    NTSTATUS status;

    if (size != sizeof(ticket))
        return STATUS_INFO_LENGTH_MISMATCH;
    status = user_read(&ticket, user, sizeof(ticket));
    if (status)
        return status;
    if (ticket && !ticket_is_valid(ticket))
        return STATUS_INVALID_CID;
    adopted = ticket;
    return STATUS_SUCCESS;
}
