/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Resource reserves (reference 3.11, fact 14). */
#include "alpc.h"

#define NAME L"\\RPC Control\\Reserve"

static struct test_pair pair;

static NTSTATUS send_with(HANDLE port, ULONG flags, ULONG id, unsigned length)
{
    struct test_message message;

    message_init(&message.header, length);
    message.header.MessageId = id;
    return port_send(port, flags, &message.header);
}

static void arguments(void)
{
    ULONG id = 0x55555555;

    ok_status(NtAlpcCreateResourceReserve(pair.client, 1, 100, &id), STATUS_INVALID_PARAMETER,
              "fact 14: flags are not allowed");
    ok_status(NtAlpcCreateResourceReserve(pair.client, 0, 0xffd8, &id), STATUS_BUFFER_OVERFLOW,
              "fact 14: more than the largest message");
    ok_status(NtAlpcCreateResourceReserve(pair.client, 0, (SIZE_T)-1, &id), STATUS_BUFFER_OVERFLOW,
              "much more");
    ok_status(NtAlpcCreateResourceReserve(pair.client, 0, 100, NULL), STATUS_ACCESS_VIOLATION,
              "no place for the id");
    ok_status(NtAlpcCreateResourceReserve((HANDLE)0x7ff0, 0, 100, &id), STATUS_INVALID_HANDLE,
              "a handle that is none");
    ok(id == 0x55555555, "the id is untouched");
    ok_status(NtAlpcDeleteResourceReserve(pair.client, 0, 0x80001234), STATUS_OBJECTID_NOT_FOUND,
              "fact 14: deleting an unknown reserve");
    ok_status(NtAlpcDeleteResourceReserve(pair.client, 1, 0x80001234), STATUS_INVALID_PARAMETER,
              "with flags");
    ok_status(send_with(pair.client, 0, 0x80001234, 10), STATUS_OBJECTID_NOT_FOUND,
              "fact 14: sending with an unknown reserve");
}

static void life(void)
{
    struct test_message message;
    ULONG id = 0, largest = 0;

    ok_status(NtAlpcCreateResourceReserve(pair.client, 0, 0xffd7, &largest), STATUS_SUCCESS,
              "a reserve for the largest message");
    ok_status(NtAlpcCreateResourceReserve(pair.client, 0, 100, &id), STATUS_SUCCESS, "a reserve");
    ok(id & 0x80000000 && largest & 0x80000000 && id != largest,
       "fact 14: ids have bit 31 (%x, %x)", (unsigned)id, (unsigned)largest);
    ok_status(send_with(pair.client, 0, id, 100), STATUS_SUCCESS, "a request with it");
    ok_status(port_receive(pair.connection, &message, NULL, NULL), STATUS_SUCCESS, "is received");
    ok(TYPE(message) == REQUEST_2000 && LENGTH(message) == 100 &&
           !(message.header.MessageId & 0x80000000),
       "as an ordinary request");
    ok_status(port_send(pair.connection, 0, &message.header), STATUS_SUCCESS,
              "it is answered, not released");
    ok_status(port_receive(pair.client, &message, NULL, NULL), STATUS_SUCCESS, "the answer");
    ok_status(send_with(pair.client, 0, id, 100), STATUS_RESOURCE_IN_USE,
              "fact 14: the reserve's message is still alive");
    ok_status(port_send(pair.client, RELEASE, &message.header), STATUS_SUCCESS, "released");
    ok_status(port_receive(pair.connection, &message, NULL, NULL), STATUS_SUCCESS,
              "the server has its end");
    ok_status(send_with(pair.client, RELEASE, id, 100), STATUS_SUCCESS, "the reserve is free");
    ok_status(send_with(pair.client, RELEASE, id, 100), STATUS_RESOURCE_IN_USE,
              "a datagram has it until it is received");
    ok_status(port_receive(pair.connection, &message, NULL, NULL), STATUS_SUCCESS, "received");
    ok_status(send_with(pair.client, RELEASE, id, 100), STATUS_SUCCESS, "free again");
    ok_status(port_receive(pair.connection, &message, NULL, NULL), STATUS_SUCCESS, "received");
    ok_status(NtAlpcDeleteResourceReserve(pair.client, 0, id), STATUS_SUCCESS, "it is deleted");
    ok_status(send_with(pair.client, 0, id, 100), STATUS_OBJECTID_NOT_FOUND, "and unknown");
    ok_status(NtAlpcDeleteResourceReserve(pair.client, 0, largest), STATUS_SUCCESS,
              "the other one too");
}

/* MaxPoolUsage holds ordinary messages back, not reserved ones. */
static void guarantee(void)
{
    ALPC_PORT_ATTRIBUTES attributes;
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;
    struct test_pair limited;
    struct test_message message;
    NTSTATUS status;
    ULONG id = 0, n = 0;
    int all = 1;

    port_attributes(&attributes, 0);
    attributes.MaxPoolUsage = 0x40000;
    RtlInitUnicodeString(&name, NAME L"Limited");
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    ok_status(NtAlpcCreatePort(&limited.connection, &object, &attributes), STATUS_SUCCESS,
              "a port with a MaxPoolUsage");
    ok(pair_connect(&limited, NAME L"Limited", NULL), "a client of it");
    ok_status(NtAlpcCreateResourceReserve(limited.client, 0, 500, &id), STATUS_SUCCESS,
              "with a reserve");
    while (!(status = send_with(limited.client, RELEASE, 0, 500)))
        n++;
    ok_status(status, STATUS_QUOTA_EXCEEDED, "unreceived datagrams reach the limit");
    ok(n >= 0x40000 / (2 * 600), "not at once (%u)", (unsigned)n);
    ok_status(send_with(limited.client, RELEASE, id, 500), STATUS_SUCCESS,
              "the reserved message goes through");
    for (ULONG i = 0; i <= n; i++)
        all &= !port_receive(limited.connection, &message, NULL, POLL) && LENGTH(message) == 500;
    ok(all, "all are received");
    ok_status(send_with(limited.client, RELEASE, 0, 500), STATUS_SUCCESS, "there is room again");
    pair_close(&limited);
}

TEST_MAIN
{
    ok(pair_open(&pair, NAME, NULL), "a port pair");
    arguments();
    life();
    guarantee();
    pair_close(&pair);
}
