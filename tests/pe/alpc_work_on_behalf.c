/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* WORK_ON_BEHALF attributes and the thread's ticket (reference 1.5.2, 4.3). */
#include "alpc.h"

#define NAME L"\\RPC Control\\Behalf"

#define WOB         ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE
#define THIS_THREAD ((HANDLE)(LONG_PTR)-2)

#define TICKET_CLASS ((THREADINFOCLASS)44)

NTSTATUS NTAPI RtlGetThreadWorkOnBehalfTicket(ULONG64 *, ULONG);
NTSTATUS NTAPI RtlSetThreadWorkOnBehalfTicket(const ULONG64 *);
NTSTATUS NTAPI NtSetEvent(HANDLE, LONG *);
NTSTATUS NTAPI RtlClearThreadWorkOnBehalfTicket(void);
NTSTATUS NTAPI NtSetInformationThread(HANDLE, THREADINFOCLASS, const void *, ULONG);

static struct test_pair pair;

/* Sends a datagram; written: what the sender puts into the body. */
static void datagram_send(HANDLE port, int is_valid, ULONG64 written)
{
    struct test_attributes attributes;
    struct test_message message;

    attributes_init(&attributes, WOB);
    *(ULONG64 *)AlpcGetMessageAttribute(&attributes.header, WOB) = written;
    attributes.header.ValidAttributes = is_valid ? WOB : 0;
    message_init(&message.header, 1);
    ok_status(NtAlpcSendWaitReceivePort(port, RELEASE, &message.header, &attributes.header, NULL,
                                        NULL, NULL, NULL),
              STATUS_SUCCESS, "a datagram");
}

/* The ticket of the next message; 0: none came. */
static ULONG64 ticket_receive(HANDLE port)
{
    struct test_attributes attributes;
    struct test_message message;

    attributes_init(&attributes, WOB);
    ok_status(port_receive(port, &message, &attributes, NULL), STATUS_SUCCESS, "is received");
    ok(TYPE(message) == LPC_DATAGRAM, "as a datagram");
    if (!(attributes.header.ValidAttributes & WOB))
        return 0;
    return *(ULONG64 *)AlpcGetMessageAttribute(&attributes.header, WOB);
}

static ULONG64 other_ticket;

static DWORD NTAPI other_run(void *done)
{
    (void)done;
    datagram_send(pair.client, 1, 0);
    other_ticket = ticket_receive(pair.connection);
    RtlExitUserThread(0);
    return 0;
}

static void messages(void)
{
    ULONG64 own, tid = (ULONG64)own_client_id()->UniqueThread;
    HANDLE thread;

    datagram_send(pair.client, 0, 0x1234);
    ok(ticket_receive(pair.connection) == 0, "not marked valid: nothing comes");
    datagram_send(pair.client, 1, 0x1234);
    own = ticket_receive(pair.connection);
    ok(own != 0 && own != 0x1234, "marked valid: a ticket comes, not what the sender wrote");
    ok((own & 0xffffffff) != tid && own >> 32 != tid, "it is no thread id");
    datagram_send(pair.client, 1, 0);
    ok(ticket_receive(pair.connection) == own, "the same each time");
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)other_run, NULL, &thread,
                        NULL);
    NtWaitForSingleObject(thread, FALSE, NULL);
    ok(other_ticket != 0 && other_ticket != own, "another thread's is another");

    /* Another thread's work, passed on. That thread has ended; this one's own ticket serves. */
    ok_status(RtlSetThreadWorkOnBehalfTicket(&other_ticket), STATUS_INVALID_CID,
              "the ticket of a thread that has ended");
    NtClose(thread);
    ok_status(RtlSetThreadWorkOnBehalfTicket(&own), STATUS_SUCCESS, "a ticket is adopted");
    datagram_send(pair.server, 1, 0);
    ok(ticket_receive(pair.client) == own, "and goes with what the thread sends");
    RtlClearThreadWorkOnBehalfTicket();
}

static HANDLE adopter_go;
static ULONG64 adopted_ticket, passed_ticket;

static DWORD NTAPI adopter_run(void *argument)
{
    (void)argument;
    NtWaitForSingleObject(adopter_go, FALSE, NULL);
    RtlSetThreadWorkOnBehalfTicket(&adopted_ticket);
    datagram_send(pair.server, 1, 0);
    passed_ticket = ticket_receive(pair.client);
    RtlExitUserThread(0);
    return 0;
}

static void passing_on(void)
{
    HANDLE thread;

    NtCreateEvent(&adopter_go, EVENT_ALL_ACCESS, NULL, 1, TRUE);
    datagram_send(pair.client, 1, 0);
    adopted_ticket = ticket_receive(pair.connection);
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)adopter_run, NULL,
                        &thread, NULL);
    NtWaitForSingleObject(thread, FALSE, NULL);
    ok(passed_ticket == adopted_ticket, "a thread that adopts a ticket passes it on");
    NtClose(thread);
    NtClose(adopter_go);
}

static void statuses(void)
{
    ULONG64 ticket = 77, made_up = 0x123456789abcdef0ull, none = 0;
    UCHAR buffer[24];
    ULONG length = 0;
    HANDLE thread;

    for (ULONG flags = 0; flags <= 2; flags++, ticket = 77) {
        ok_status(RtlGetThreadWorkOnBehalfTicket(&ticket, flags), STATUS_SUCCESS, "the ticket");
        ok(ticket == 0, "none was adopted");
    }
    ok_status(RtlGetThreadWorkOnBehalfTicket(&ticket, 3), STATUS_INVALID_PARAMETER_2, "flags 3");
    ok_status(RtlGetThreadWorkOnBehalfTicket(&ticket, 0x80000000), STATUS_INVALID_PARAMETER_2,
              "flags 80000000");
    ok_status(RtlSetThreadWorkOnBehalfTicket(&made_up), STATUS_INVALID_CID, "a made-up ticket");
    ok_status(NtQueryInformationThread(THIS_THREAD, TICKET_CLASS, buffer, 16, &length),
              STATUS_SUCCESS, "the class takes 16 bytes");
    ok(length == 16, "and says so");
    ok_status(NtQueryInformationThread(THIS_THREAD, TICKET_CLASS, buffer, 8, NULL),
              STATUS_INFO_LENGTH_MISMATCH, "not 8");
    ok_status(NtQueryInformationThread(THIS_THREAD, TICKET_CLASS, buffer, 24, NULL),
              STATUS_INFO_LENGTH_MISMATCH, "not 24");
    ok_status(NtSetInformationThread(THIS_THREAD, TICKET_CLASS, &none, 8), STATUS_SUCCESS,
              "8 bytes are set");
    ok_status(NtSetInformationThread(THIS_THREAD, TICKET_CLASS, buffer, 16),
              STATUS_INFO_LENGTH_MISMATCH, "not 16");
    NtCreateEvent(&adopter_go, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    adopted_ticket = 0;
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)adopter_run, NULL,
                        &thread, NULL);
    ok_status(NtQueryInformationThread(thread, TICKET_CLASS, buffer, 16, NULL),
              STATUS_INVALID_PARAMETER, "another thread is not asked");
    ok_status(NtSetInformationThread(thread, TICKET_CLASS, &none, 8), STATUS_INVALID_PARAMETER,
              "nor told");
    NtSetEvent(adopter_go, NULL);
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    NtClose(adopter_go);
}

TEST_MAIN
{
    ok(pair_open(&pair, NAME, NULL), "a port pair");
    messages();
    passing_on();
    statuses();
    pair_close(&pair);
}
