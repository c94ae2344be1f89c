/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the ALPC tests share: a port pair in one process, made without a second thread (the
 * connection is asynchronous), and short forms of send and receive. Freestanding programs: ntdll
 * only. */
#pragma once

#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <nt/ntalpc.h>

#include "test.h"

/* mingw-w64's headers lack some of what ntdll exports. */
NTSTATUS NTAPI RtlCreateUserThread(HANDLE, PSECURITY_DESCRIPTOR, BOOLEAN, ULONG, SIZE_T, SIZE_T,
                                   PVOID, PVOID, PHANDLE, PVOID);
VOID NTAPI RtlExitUserThread(NTSTATUS);
NTSTATUS NTAPI NtDelayExecution(BOOLEAN, const LARGE_INTEGER *);

#ifndef NtCurrentProcess
#define NtCurrentProcess() ((HANDLE)(LONG_PTR)-1)
#endif

NTSTATUS NTAPI NtCreateEvent(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, ULONG, BOOLEAN);

/* The ClientId of the TEB, which mingw-w64's headers hide: process, thread. */
static inline CLIENT_ID *own_client_id(void)
{
    return (CLIENT_ID *)((char *)NtCurrentTeb() + 0x40);
}

enum { TEST_DATA_MAX = 65495 };

struct test_message {
    PORT_MESSAGE header;
    UCHAR data[1024];
};

/* The attributes a test may allocate, in the order of their flags. */
struct test_attributes {
    ALPC_MESSAGE_ATTRIBUTES header;
    UCHAR space[0xa0 - 8];
};

struct test_pair {
    HANDLE connection; /* connection port */
    HANDLE server;     /* server communication port */
    HANDLE client;     /* client communication port */
};

/* TEST_MAIN { ... } is the program. */
#define TEST_MAIN                \
    static void test_body(void); \
    static void test_main(void)  \
    {                            \
        test_body();             \
        done_testing();          \
    }                            \
    static void test_body(void)

#define POLL         (&test_poll)
#define TYPE(m)      ((USHORT)(m).header.u2.s2.Type)
#define LENGTH(m)    ((USHORT)(m).header.u1.s1.DataLength)
#define TOTAL(m)     ((USHORT)(m).header.u1.s1.TotalLength)
#define RELEASE      ALPC_MSGFLG_RELEASE_MESSAGE
#define SYNC         ALPC_MSGFLG_SYNC_REQUEST
#define REQUEST_2000 (LPC_REQUEST | LPC_CONTINUATION_REQUIRED)

#define ok_status(status, expected, name)                                                        \
    do {                                                                                         \
        NTSTATUS status_ = (status);                                                             \
        ok(status_ == (NTSTATUS)(expected), "%s (%x, expected %x)", name, (unsigned)status_, \
           (unsigned)(expected));                                                                \
    } while (0)

static LARGE_INTEGER test_poll TEST_UNUSED; /* a time-out of 0 */

/* The compiler calls these in a freestanding program; ntdll exports them. */
static inline void fill(void *to, UCHAR byte, SIZE_T size)
{
    for (SIZE_T i = 0; i < size; i++)
        ((volatile UCHAR *)to)[i] = byte;
}

static inline void message_init(PORT_MESSAGE *header, unsigned data_length)
{
    fill(header, 0, sizeof *header);
    header->u1.s1.DataLength = (SHORT)data_length;
    header->u1.s1.TotalLength = (SHORT)(data_length + sizeof *header);
}

static inline void *attributes_init(struct test_attributes *attributes, ULONG flags)
{
    SIZE_T required;

    fill(attributes, 0, sizeof *attributes);
    AlpcInitializeMessageAttribute(flags, &attributes->header, sizeof *attributes, &required);
    return attributes;
}

static inline void port_attributes(ALPC_PORT_ATTRIBUTES *attributes, ULONG flags)
{
    fill(attributes, 0, sizeof *attributes);
    attributes->Flags = flags;
    attributes->MaxMessageLength = 0xffff;
    attributes->MaxPoolUsage = (SIZE_T)-1;
    attributes->MaxSectionSize = (SIZE_T)-1;
    attributes->MaxViewSize = (SIZE_T)-1;
    attributes->MaxTotalSectionSize = (SIZE_T)-1;
}

static inline NTSTATUS port_create(HANDLE *port, PCWSTR path, ULONG object_flags, ULONG port_flags)
{
    ALPC_PORT_ATTRIBUTES attributes;
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    port_attributes(&attributes, port_flags);
    RtlInitUnicodeString(&name, path);
    InitializeObjectAttributes(&object, path ? &name : NULL, object_flags, NULL, NULL);
    return NtAlpcCreatePort(port, &object, &attributes);
}

static inline NTSTATUS port_connect(HANDLE *port, PCWSTR path, ULONG flags, PORT_MESSAGE *message,
                                    SIZE_T *size, LARGE_INTEGER *timeout)
{
    ALPC_PORT_ATTRIBUTES attributes;
    UNICODE_STRING name;

    port_attributes(&attributes, 0);
    RtlInitUnicodeString(&name, path);
    return NtAlpcConnectPort(port, &name, NULL, &attributes, flags, NULL, message, size, NULL, NULL,
                             timeout);
}

static inline NTSTATUS port_send(HANDLE port, ULONG flags, PORT_MESSAGE *message)
{
    return NtAlpcSendWaitReceivePort(port, flags, message, NULL, NULL, NULL, NULL, NULL);
}

static inline NTSTATUS port_receive(HANDLE port, struct test_message *message,
                                    struct test_attributes *attributes, LARGE_INTEGER *timeout)
{
    SIZE_T size = sizeof *message;

    fill(message, 0xcc, sizeof *message);
    return NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &message->header, &size,
                                     attributes ? &attributes->header : NULL, timeout);
}

static inline NTSTATUS port_accept(HANDLE *server, HANDLE connection, struct test_message *request,
                                   void *context, BOOLEAN accept)
{
    ALPC_PORT_ATTRIBUTES attributes;

    port_attributes(&attributes, 0);
    return NtAlpcAcceptConnectPort(server, connection, 0, NULL, &attributes, context,
                                   &request->header, NULL, accept);
}

/* Connects a client to an existing connection port and accepts it, all in this thread; false when a
 * step failed. */
static inline int pair_connect(struct test_pair *pair, PCWSTR path, void *context)
{
    struct test_message message;

    pair->server = pair->client = NULL;
    return !port_connect(&pair->client, path, 0, NULL, NULL, NULL) &&
           !port_receive(pair->connection, &message, NULL, NULL) &&
           (TYPE(message) & 0xff) == LPC_CONNECTION_REQUEST &&
           !port_accept(&pair->server, pair->connection, &message, context, TRUE) &&
           !port_receive(pair->client, &message, NULL, NULL) &&
           (TYPE(message) & 0xff) == LPC_CONNECTION_REPLY;
}

static inline int pair_open(struct test_pair *pair, PCWSTR path, void *context)
{
    return !port_create(&pair->connection, path, 0, 0) && pair_connect(pair, path, context);
}

static inline void pair_close(struct test_pair *pair)
{
    NtClose(pair->client);
    NtClose(pair->server);
    NtClose(pair->connection);
}
