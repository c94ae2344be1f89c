/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the tests of handles in messages share. */
#pragma once

#include "alpc.h"

#define NAME   L"\\RPC Control\\Handles"
#define SINGLE ALPC_PORFLG_ALLOW_DUP_OBJECT
#define MULTI  (ALPC_PORFLG_ALLOW_DUP_OBJECT | ALPC_PORFLG_ALLOW_MULTIHANDLE_ATTRIBUTE)
#define SAME   ALPC_HANDLEFLG_DUPLICATE_SAME_ACCESS
#define GONE   STATUS_HANDLE_NO_LONGER_VALID

#define NotificationEvent    0
#define SynchronizationEvent 1

#ifndef STATUS_LPC_HANDLE_COUNT_EXCEEDED
#define STATUS_LPC_HANDLE_COUNT_EXCEEDED ((NTSTATUS)0xC0000722)
#endif
#ifndef STATUS_HANDLE_NO_LONGER_VALID
#define STATUS_HANDLE_NO_LONGER_VALID ((NTSTATUS)0xC0190028)
#endif

NTSTATUS NTAPI NtYieldExecution(void);
NTSTATUS NTAPI NtSuspendThread(HANDLE, PULONG);
NTSTATUS NTAPI NtSetEvent(HANDLE, LONG *);
NTSTATUS NTAPI NtResetEvent(HANDLE, LONG *);
NTSTATUS NTAPI NtCreateSemaphore(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, LONG, LONG);
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE, ULONG, PULONG);
NTSTATUS NTAPI NtCreateMutant(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, BOOLEAN);
NTSTATUS NTAPI NtReleaseMutant(HANDLE, PLONG);
NTSTATUS NTAPI NtCreateSection(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PLARGE_INTEGER, ULONG,
                               ULONG, HANDLE);
NTSTATUS NTAPI NtMapViewOfSection(HANDLE, HANDLE, PVOID *, ULONG_PTR, SIZE_T, PLARGE_INTEGER,
                                  PSIZE_T, ULONG, ULONG, ULONG);
NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE, PVOID);
NTSTATUS NTAPI NtCreateNamedPipeFile(PHANDLE, ULONG, POBJECT_ATTRIBUTES, PIO_STATUS_BLOCK, ULONG,
                                     ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG, ULONG,
                                     PLARGE_INTEGER);
NTSTATUS NTAPI NtReadFile(HANDLE, HANDLE, PVOID, PVOID, PIO_STATUS_BLOCK, PVOID, ULONG,
                          PLARGE_INTEGER, PULONG);
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG, const HANDLE *, ULONG, BOOLEAN, PLARGE_INTEGER);
NTSTATUS NTAPI NtSignalAndWaitForSingleObject(HANDLE, HANDLE, BOOLEAN, PLARGE_INTEGER);
NTSTATUS NTAPI NtDuplicateObject(HANDLE, HANDLE, HANDLE, PHANDLE, ACCESS_MASK, ULONG, ULONG);

static inline NTSTATUS event_new(HANDLE *event, ULONG type, BOOLEAN set)
{
    return NtCreateEvent(event, EVENT_ALL_ACCESS, NULL, type, set);
}

static inline NTSTATUS wait_poll(HANDLE handle)
{
    return NtWaitForSingleObject(handle, FALSE, POLL);
}

/* A connected pair both of whose ends have these flags and types. */
static inline int open_with(struct test_pair *pair, ULONG flags, ULONG types)
{
    struct test_message message;
    ALPC_PORT_ATTRIBUTES attributes;
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    port_attributes(&attributes, flags);
    attributes.DupObjectTypes = types;
    RtlInitUnicodeString(&name, NAME);
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    return !NtAlpcCreatePort(&pair->connection, &object, &attributes) &&
           !NtAlpcConnectPort(&pair->client, &name, NULL, &attributes, 0, NULL, NULL, NULL, NULL,
                              NULL, NULL) &&
           !port_receive(pair->connection, &message, NULL, NULL) &&
           !NtAlpcAcceptConnectPort(&pair->server, pair->connection, 0, NULL, &attributes, NULL,
                                    &message.header, NULL, TRUE) &&
           !port_receive(pair->client, &message, NULL, NULL);
}

static inline NTSTATUS send_attr(HANDLE port, ULONG flags, PORT_MESSAGE *header,
                                 const ALPC_HANDLE_ATTR *attr)
{
    struct test_attributes attributes;

    attributes_init(&attributes, ALPC_MESSAGE_HANDLE_ATTRIBUTE);
    *(ALPC_HANDLE_ATTR *)attributes.space = *attr;
    attributes.header.ValidAttributes = ALPC_MESSAGE_HANDLE_ATTRIBUTE;
    return NtAlpcSendWaitReceivePort(port, flags, header, &attributes.header, NULL, NULL, NULL,
                                     NULL);
}

static inline NTSTATUS send_new(HANDLE port, ULONG flags, ULONG handle_flags, HANDLE handle,
                                ULONG type, ACCESS_MASK access)
{
    ALPC_HANDLE_ATTR attr = {.Flags = handle_flags};
    struct test_message message;

    attr.Handle = handle;
    attr.ObjectType = type;
    attr.DesiredAccess = access;
    message_init(&message.header, 4);
    return send_attr(port, flags, &message.header, &attr);
}

/* The HANDLE attribute of the next message; NULL: it had none. */
static inline ALPC_HANDLE_ATTR *receive_attr(HANDLE port, struct test_message *message,
                                             struct test_attributes *attributes)
{
    attributes_init(attributes, ALPC_MESSAGE_HANDLE_ATTRIBUTE);
    if (port_receive(port, message, attributes, NULL) ||
        !(attributes->header.ValidAttributes & ALPC_MESSAGE_HANDLE_ATTRIBUTE))
        return NULL;
    return (ALPC_HANDLE_ATTR *)attributes->space;
}

/* Sends the handle and receives it at the other end; ends the message. */
static inline HANDLE pass(struct test_pair *pair, HANDLE handle, ULONG *type, ACCESS_MASK *access)
{
    struct test_attributes attributes;
    struct test_message message;
    ALPC_HANDLE_ATTR *attr;
    HANDLE got = NULL;

    if (send_new(pair->client, 0, SAME, handle, 0, 0))
        return NULL;
    attr = receive_attr(pair->connection, &message, &attributes);
    if (attr) {
        got = attr->Handle;
        *type = attr->ObjectType;
        *access = attr->GrantedAccess;
    }
    message.header.u1.s1.DataLength = 0;
    message.header.u1.s1.TotalLength = sizeof message.header;
    return port_send(pair->connection, RELEASE, &message.header) ? NULL : got;
}

static inline NTSTATUS query_handle(HANDLE port, struct test_message *message, ULONG index,
                                    ALPC_MESSAGE_HANDLE_INFORMATION *info)
{
    fill(info, 0xcc, sizeof *info);
    info->Index = index;
    return NtAlpcQueryInformationMessage(port, &message->header, AlpcMessageHandleInformation, info,
                                         sizeof *info, NULL);
}

static inline NTSTATUS reply_to(HANDLE port, ULONG flags, struct test_message *message)
{
    message->header.u1.s1.DataLength = 0;
    message->header.u1.s1.TotalLength = sizeof message->header;
    return port_send(port, flags, &message->header);
}

static inline ULONG_PTR id_of(HANDLE handle, int is_thread)
{
    struct {
        NTSTATUS exit;
        PVOID base;
        CLIENT_ID id;
        ULONG_PTR rest[3];
    } thread = {0};
    PROCESS_BASIC_INFORMATION basic = {0};

    if (is_thread)
        return NtQueryInformationThread(handle, 0, &thread, 48, NULL)
                   ? 0
                   : (ULONG_PTR)thread.id.UniqueThread;
    return NtQueryInformationProcess(handle, ProcessBasicInformation, &basic, sizeof basic, NULL)
               ? 0
               : (ULONG_PTR)basic.UniqueProcessId;
}
