/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Receive buffers of which only the beginning can be written: STATUS_ACCESS_VIOLATION, and the
 * message is still there, first in line. The buffer lies across the border between a page and one
 * without access, or one that is read-only. */
#include "alpc.h"

NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE, void **, ULONG_PTR, SIZE_T *, ULONG, ULONG);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE, void **, SIZE_T *, ULONG, ULONG *);

#define NAME L"\\RPC Control\\Buffer"

enum { PAGE = 4096, N_PAGES = 20 };

struct large_message {
    PORT_MESSAGE header;
    UCHAR data[TEST_DATA_MAX];
};

static struct test_pair pair;
static struct large_message sent, got;
static UCHAR *pages; /* N_PAGES writable ones, then a bad one */

static void pages_make(ULONG protection)
{
    SIZE_T size = (N_PAGES + 1) * PAGE, bad_size = PAGE;
    ULONG old;
    void *bad;

    pages = NULL;
    ok_status(NtAllocateVirtualMemory(NtCurrentProcess(), (void **)&pages, 0, &size,
                                      MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE),
              STATUS_SUCCESS, "pages");
    bad = pages + N_PAGES * PAGE;
    ok_status(NtProtectVirtualMemory(NtCurrentProcess(), &bad, &bad_size, protection, &old),
              STATUS_SUCCESS, "the last of which is bad");
}

/* The place of a buffer with so many writable bytes. */
static void *writable(SIZE_T n)
{
    return pages + N_PAGES * PAGE - n;
}

static void sent_fill(unsigned length, UCHAR seed)
{
    message_init(&sent.header, length);
    for (unsigned i = 0; i < length; i++)
        sent.data[i] = (UCHAR)(i * 7 + seed);
}

static int got_is_sent(void)
{
    if ((USHORT)got.header.u1.s1.DataLength != (USHORT)sent.header.u1.s1.DataLength)
        return 0;
    for (unsigned i = 0; i < (USHORT)sent.header.u1.s1.DataLength; i++)
        if (got.data[i] != sent.data[i])
            return 0;
    return 1;
}

static NTSTATUS receive_at(HANDLE port, void *message, SIZE_T *size, void *attributes)
{
    return NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, message, size, attributes, POLL);
}

static NTSTATUS receive_good(HANDLE port)
{
    SIZE_T size = sizeof got;

    fill(&got, 0xcc, 100);
    return receive_at(port, &got, &size, NULL);
}

static void data_is_unwritable(unsigned length)
{
    sent_fill(length, (UCHAR)length);
    ok_status(port_send(pair.client, 0, &sent.header), STATUS_SUCCESS, "a request");
    for (int i = 0; i < 2; i++) {
        unsigned n_writable = i ? length - 1 : 0;
        SIZE_T size = sizeof sent.header + length;
        PORT_MESSAGE *buffer = writable(sizeof *buffer + n_writable);

        ok(receive_at(pair.connection, buffer, &size, NULL) == (NTSTATUS)STATUS_ACCESS_VIOLATION,
           "%u bytes into a buffer of which the header and %u can be written", length, n_writable);
        ok(receive_at(pair.connection, buffer, NULL, NULL) == (NTSTATUS)STATUS_ACCESS_VIOLATION,
           "and without a length");
    }
    ok_status(receive_good(pair.connection), STATUS_SUCCESS, "the message is still there");
    ok(got_is_sent() && (USHORT)got.header.u2.s2.Type == REQUEST_2000, "whole");
    ok_status(port_send(pair.connection, RELEASE, &got.header), STATUS_SUCCESS, "can be answered");
    ok(receive_at(pair.client, writable(sizeof(PORT_MESSAGE)), NULL, NULL) ==
           (NTSTATUS)STATUS_ACCESS_VIOLATION,
       "the answer into a bad buffer");
    ok_status(receive_good(pair.client), STATUS_SUCCESS, "it too is still there");
    ok(got_is_sent() && got.header.u2.s2.Type == LPC_REPLY, "whole");
    ok_status(receive_good(pair.connection), STATUS_TIMEOUT, "nothing came twice");
}

static void fits_exactly(void)
{
    SIZE_T size = sizeof sent.header + 700;
    struct large_message *buffer = writable(size);

    sent_fill(700, 3);
    port_send(pair.client, RELEASE, &sent.header);
    ok_status(receive_at(pair.connection, buffer, &size, NULL), STATUS_SUCCESS,
              "a buffer that ends where the memory ends");
    ok(buffer->data[699] == sent.data[699] && size == sizeof sent.header + 700, "is filled");
    sent_fill(9, 4);
    port_send(pair.client, RELEASE, &sent.header);
    ok_status(receive_at(pair.connection, writable(sizeof(PORT_MESSAGE) + 9), NULL, NULL),
              STATUS_SUCCESS, "the same without a length");
}

static void outputs_are_unwritable(void)
{
    ALPC_MESSAGE_ATTRIBUTES *attributes = writable(sizeof *attributes + 8);
    SIZE_T size = sizeof got, *bad_size = (SIZE_T *)writable(0);

    sent_fill(11, 5);
    port_send(pair.client, RELEASE, &sent.header);
    attributes->AllocatedAttributes = ALPC_MESSAGE_CONTEXT_ATTRIBUTE;
    ok_status(receive_at(pair.connection, &got, &size, attributes), STATUS_ACCESS_VIOLATION,
              "attributes that cannot be written");
    ok_status(receive_at(pair.connection, &got, bad_size, NULL), STATUS_ACCESS_VIOLATION,
              "a length that cannot be written");
    ok_status(receive_at(pair.connection, writable(sizeof(PORT_MESSAGE) - 1), &size, NULL),
              STATUS_ACCESS_VIOLATION, "a header that cannot be written");
    ok_status(receive_good(pair.connection), STATUS_SUCCESS, "the message is still there");
    ok(got_is_sent(), "whole");
}

static void NTAPI answer_twice(void *unused)
{
    static struct large_message message;

    (void)unused;
    for (int i = 0; i < 2; i++) {
        SIZE_T size = sizeof message;

        NtAlpcSendWaitReceivePort(pair.connection, 0, NULL, NULL, &message.header, &size, NULL,
                                  NULL);
        for (unsigned j = 0; j < 900; j++)
            message.data[j] = (UCHAR)(j * 7 + i);
        message.header.u1.s1.DataLength = 900;
        message.header.u1.s1.TotalLength = 900 + sizeof message.header;
        port_send(pair.connection, i ? 0 : RELEASE, &message.header);
    }
    RtlExitUserThread(0);
}

/* The answer is larger than what was looked at beforehand. */
static void answers(void)
{
    HANDLE thread;

    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, answer_twice, NULL, &thread,
                        NULL);
    for (int i = 0; i < 2; i++) {
        SIZE_T size = sizeof got;

        message_init(&sent.header, 4);
        ok_status(NtAlpcSendWaitReceivePort(pair.client, SYNC, &sent.header, NULL,
                                            writable(sizeof sent.header + 899), &size, NULL, NULL),
                  STATUS_ACCESS_VIOLATION, "a synchronous request with a bad answer buffer");
        sent_fill(900, (UCHAR)i);
        ok_status(receive_good(pair.client), STATUS_SUCCESS, "the answer waits in the queue");
        ok(got_is_sent(), "whole");
        ok((USHORT)got.header.u2.s2.Type == (i ? REQUEST_2000 : LPC_REPLY), "as what it was");
    }
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    ok_status(port_send(pair.client, RELEASE, &got.header), STATUS_SUCCESS, "and is continued");
    ok_status(receive_good(pair.connection), STATUS_SUCCESS, "to its end");
}

TEST_MAIN
{
    static const ULONG protections[] = {PAGE_NOACCESS, PAGE_READONLY};

    ok(pair_open(&pair, NAME, NULL), "a port pair");
    for (int i = 0; i < 2; i++) {
        pages_make(protections[i]);
        data_is_unwritable(3);
        data_is_unwritable(512);
        data_is_unwritable(513);
        data_is_unwritable(TEST_DATA_MAX);
        fits_exactly();
        outputs_are_unwritable();
        answers();
    }
    pair_close(&pair);
}
