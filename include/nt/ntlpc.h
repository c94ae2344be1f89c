/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The legacy LPC part of the port interface: the message header, which ALPC shares, message types,
 * the view structures and the legacy calls. Facts: names, values, layouts; each checked at compile
 * time.
 *
 * How a definition is known, in brackets after it:
 *   [C2]  at least two independent sources     [1S]  one source     [INF]  inferred from the others
 *   *     one of the sources is an observation on Windows
 *
 * Wine's winternl.h declares an older PORT_MESSAGE (its lengths come in another order and its ids
 * are of the wrong type) and the legacy calls with structures of the Windows NT 4 time. That header
 * is included here first, so that its declarations are out of the way whatever the order of
 * includes; then our names take over by macros. Under Wine's headers the legacy calls that Wine
 * declares keep Wine's prototypes: their pointers are pointers to the structures below. */
#pragma once

#include <stddef.h>

#include <winternl.h>

#ifdef __WINE_WINTERNL_H
#define NTLPC_WINE_HEADERS 1
#define _PORT_MESSAGE      _NT_PORT_MESSAGE
#define PORT_MESSAGE       NT_PORT_MESSAGE
#define PPORT_MESSAGE      PNT_PORT_MESSAGE
#endif

#ifdef __cplusplus
#define NTLPC_ASSERT(e) static_assert((e), #e)
extern "C" {
#else
#define NTLPC_ASSERT(e) _Static_assert((e), #e)
#endif
#ifdef _WIN64
#define NTLPC_SIZE(x64, x86) (x64)
#else
#define NTLPC_SIZE(x64, x86) (x86)
#endif
#define NTLPC_CHECK_SIZE(type, x64, x86) NTLPC_ASSERT(sizeof(type) == NTLPC_SIZE(x64, x86))
#define NTLPC_CHECK(type, field, x64, x86) \
    NTLPC_ASSERT(offsetof(type, field) == NTLPC_SIZE(x64, x86))

/* The header of each message. The lengths are used as unsigned numbers although they are declared
 * signed; TotalLength = DataLength + header. [C2 *] */
typedef struct _PORT_MESSAGE {
    union {
        struct {
            SHORT DataLength;
            SHORT TotalLength;
        } s1;
        ULONG Length;
    } u1;
    union {
        struct {
            SHORT Type;           /* LPC_*, with modifier bits; a sender sets 0 */
            SHORT DataInfoOffset; /* legacy: of the PORT_DATA_INFORMATION, 0 = none */
        } s2;
        ULONG ZeroInit;
    } u2;
    union {
        CLIENT_ID ClientId; /* the sender's process and thread, filled by the receiving side */
        double DoNotUseThisField;
    };
    ULONG MessageId; /* 0 = a new message */
    union {
        SIZE_T ClientViewSize; /* legacy connection request only */
        ULONG CallbackId;
    };
} PORT_MESSAGE, *PPORT_MESSAGE;
NTLPC_CHECK_SIZE(PORT_MESSAGE, 0x28, 0x18);
NTLPC_CHECK(PORT_MESSAGE, u2, 4, 4);
NTLPC_CHECK(PORT_MESSAGE, ClientId, 8, 8);
NTLPC_CHECK(PORT_MESSAGE, MessageId, 0x18, 0x10);
NTLPC_CHECK(PORT_MESSAGE, CallbackId, 0x20, 0x14);

/* Largest TotalLength of a message, and of its data. [C2 *] */
#define PORT_MESSAGE_LENGTH_MAX 0xffff
#define PORT_MESSAGE_DATA_MAX   (PORT_MESSAGE_LENGTH_MAX - (int)sizeof(PORT_MESSAGE))

typedef struct _PORT_VIEW {
    ULONG Length; /* = sizeof, else STATUS_INVALID_PARAMETER [1S] */
    HANDLE SectionHandle;
    ULONG SectionOffset;
    SIZE_T ViewSize;
    PVOID ViewBase;
    PVOID ViewRemoteBase;
} PORT_VIEW, *PPORT_VIEW; /* [C2] */
NTLPC_CHECK_SIZE(PORT_VIEW, 0x30, 0x18);
NTLPC_CHECK(PORT_VIEW, SectionOffset, 0x10, 8);
NTLPC_CHECK(PORT_VIEW, ViewRemoteBase, 0x28, 0x14);

typedef struct _REMOTE_PORT_VIEW {
    ULONG Length;
    SIZE_T ViewSize;
    PVOID ViewBase;
} REMOTE_PORT_VIEW, *PREMOTE_PORT_VIEW; /* [C2] */
NTLPC_CHECK_SIZE(REMOTE_PORT_VIEW, 0x18, 0xc);

typedef struct _LPC_CLIENT_DIED_MSG {
    PORT_MESSAGE PortMsg;
    LARGE_INTEGER CreateTime;
} LPC_CLIENT_DIED_MSG, *PLPC_CLIENT_DIED_MSG; /* [C2]; the data of LPC_PORT_CLOSED too [1S] */
NTLPC_CHECK_SIZE(LPC_CLIENT_DIED_MSG, 0x30, 0x20);
NTLPC_CHECK(LPC_CLIENT_DIED_MSG, CreateTime, 0x28, 0x18);

typedef struct _PORT_DATA_ENTRY {
    PVOID Base;
    ULONG Size;
} PORT_DATA_ENTRY, *PPORT_DATA_ENTRY; /* [C2] */
NTLPC_CHECK_SIZE(PORT_DATA_ENTRY, 0x10, 8);

typedef struct _PORT_DATA_INFORMATION {
    ULONG CountDataEntries;
    PORT_DATA_ENTRY DataEntries[1];
} PORT_DATA_INFORMATION, *PPORT_DATA_INFORMATION; /* [C2] */
NTLPC_CHECK(PORT_DATA_INFORMATION, DataEntries, 8, 4);

/* Message types, the low byte of Type. [C2 *] */
#define LPC_TYPE_MASK          0xff
#define LPC_REQUEST            1 /* expects a continuation */
#define LPC_REPLY              2 /* final */
#define LPC_DATAGRAM           3
#define LPC_LOST_REPLY         4
#define LPC_PORT_CLOSED        5
#define LPC_CLIENT_DIED        6
#define LPC_EXCEPTION          7
#define LPC_DEBUG_EVENT        8
#define LPC_ERROR_EVENT        9
#define LPC_CONNECTION_REQUEST 10
#define LPC_CONNECTION_REPLY   11 /* to the client of an asynchronous connect */
#define LPC_CANCELED           12

/* Modifier bits of Type. [C2] */
#define LPC_32BIT_HEADER          0x1000 /* [C2 *]; never set here: no 32-bit processes */
#define LPC_CONTINUATION_REQUIRED 0x2000
#define LPC_NO_IMPERSONATE        0x4000
#define LPC_KERNELMODE_MESSAGE    0x8000

/* Access rights of a port. [C2 *] */
#define PORT_CONNECT    0x0001
#define PORT_ALL_ACCESS (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | PORT_CONNECT)
NTLPC_ASSERT(PORT_ALL_ACCESS == 0x001f0001);

/* Limits of the legacy calls. [C2] */
#define PORT_MAXIMUM_MESSAGE_LENGTH  NTLPC_SIZE(512, 256)
#define LPC_MAX_CONNECTION_INFO_SIZE (16 * sizeof(PVOID))

/* The legacy calls. [C2] */
#ifndef NTLPC_WINE_HEADERS
NTSTATUS NTAPI NtAcceptConnectPort(PHANDLE Port, PVOID PortContext, PPORT_MESSAGE Request,
                                   BOOLEAN Accept, PPORT_VIEW ServerView,
                                   PREMOTE_PORT_VIEW ClientView);
NTSTATUS NTAPI NtCompleteConnectPort(HANDLE Port);
NTSTATUS NTAPI NtConnectPort(PHANDLE Port, PUNICODE_STRING Name, PSECURITY_QUALITY_OF_SERVICE Qos,
                             PPORT_VIEW ClientView, PREMOTE_PORT_VIEW ServerView,
                             PULONG MaxMessageLength, PVOID Information, PULONG InformationLength);
NTSTATUS NTAPI NtCreatePort(PHANDLE Port, POBJECT_ATTRIBUTES Attributes, ULONG MaxInformationLength,
                            ULONG MaxMessageLength, ULONG MaxPoolUsage);
NTSTATUS NTAPI NtImpersonateClientOfPort(HANDLE Port, PPORT_MESSAGE Message);
NTSTATUS NTAPI NtListenPort(HANDLE Port, PPORT_MESSAGE Request);
NTSTATUS NTAPI NtQueryInformationPort(HANDLE Port, ULONG Class, PVOID Information, ULONG Length,
                                      PULONG ReturnLength);
NTSTATUS NTAPI NtReadRequestData(HANDLE Port, PPORT_MESSAGE Message, ULONG Index, PVOID Buffer,
                                 SIZE_T Size, PSIZE_T Done);
NTSTATUS NTAPI NtRegisterThreadTerminatePort(HANDLE Port);
NTSTATUS NTAPI NtReplyPort(HANDLE Port, PPORT_MESSAGE Reply);
NTSTATUS NTAPI NtReplyWaitReceivePort(HANDLE Port, PVOID *PortContext, PPORT_MESSAGE Reply,
                                      PPORT_MESSAGE Receive);
NTSTATUS NTAPI NtReplyWaitReceivePortEx(HANDLE Port, PVOID *PortContext, PPORT_MESSAGE Reply,
                                        PPORT_MESSAGE Receive, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtReplyWaitReplyPort(HANDLE Port, PPORT_MESSAGE Reply);
NTSTATUS NTAPI NtRequestPort(HANDLE Port, PPORT_MESSAGE Request);
NTSTATUS NTAPI NtRequestWaitReplyPort(HANDLE Port, PPORT_MESSAGE Request, PPORT_MESSAGE Reply);
NTSTATUS NTAPI NtSecureConnectPort(PHANDLE Port, PUNICODE_STRING Name,
                                   PSECURITY_QUALITY_OF_SERVICE Qos, PPORT_VIEW ClientView,
                                   PSID ServerSid, PREMOTE_PORT_VIEW ServerView,
                                   PULONG MaxMessageLength, PVOID Information,
                                   PULONG InformationLength);
NTSTATUS NTAPI NtWriteRequestData(HANDLE Port, PPORT_MESSAGE Message, ULONG Index, PVOID Buffer,
                                  SIZE_T Size, PSIZE_T Done);
#endif
NTSTATUS NTAPI NtCreateWaitablePort(PHANDLE Port, POBJECT_ATTRIBUTES Attributes,
                                    ULONG MaxInformationLength, ULONG MaxMessageLength,
                                    ULONG MaxPoolUsage);
NTSTATUS NTAPI NtQueryPortInformationProcess(void);

#ifdef __cplusplus
}
#endif
