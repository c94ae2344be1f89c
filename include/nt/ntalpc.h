/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* ALPC as ntdll exports it: structures, flags, information classes, prototypes. Works on top of
 * mingw-w64's headers and of Wine's; see ntlpc.h for the second and for the meaning of [C2], [1S],
 * [INF] and *. The prefix ALPC_PORFLG_ is that of the Windows debugging community's headers;
 * Microsoft's own sources call three of the bits ACCEPT_REQUESTS, ACCEPT_DUP_HANDLES and
 * ACCEPT_INDIRECT_HANDLES. */
#pragma once

#include "nt/ntlpc.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef HANDLE ALPC_HANDLE, *PALPC_HANDLE; /* of a section, security context or reserve */

/* Flags of a port. Each single bit except SYSTEM_PROCESS is accepted at creation. [C2 *] */
#define ALPC_PORFLG_LPC_MODE                    0x00001000 /* kernel only [1S] */
#define ALPC_PORFLG_ALLOW_IMPERSONATION         0x00010000
#define ALPC_PORFLG_ALLOW_LPC_REQUESTS          0x00020000 /* always on at a connection port * */
#define ALPC_PORFLG_WAITABLE_PORT               0x00040000
#define ALPC_PORFLG_ALLOW_DUP_OBJECT            0x00080000 /* accepts HANDLE attributes */
#define ALPC_PORFLG_SYSTEM_PROCESS              0x00100000 /* refused: C000000D * */
#define ALPC_PORFLG_WAKE_POLICY1                0x00200000
#define ALPC_PORFLG_WAKE_POLICY2                0x00400000
#define ALPC_PORFLG_WAKE_POLICY3                0x00800000
#define ALPC_PORFLG_DIRECT_MESSAGE              0x01000000
#define ALPC_PORFLG_ALLOW_MULTIHANDLE_ATTRIBUTE 0x02000000

/* DupObjectTypes of a port and ObjectType of a HANDLE attribute. [C2] */
#define OB_FILE_OBJECT_TYPE        0x001
#define OB_INVALID_OBJECT_TYPE     0x002
#define OB_THREAD_OBJECT_TYPE      0x004
#define OB_SEMAPHORE_OBJECT_TYPE   0x008
#define OB_EVENT_OBJECT_TYPE       0x010
#define OB_PROCESS_OBJECT_TYPE     0x020
#define OB_MUTEX_OBJECT_TYPE       0x040
#define OB_SECTION_OBJECT_TYPE     0x080
#define OB_REG_KEY_OBJECT_TYPE     0x100
#define OB_TOKEN_OBJECT_TYPE       0x200
#define OB_COMPOSITION_OBJECT_TYPE 0x400
#define OB_JOB_OBJECT_TYPE         0x800
#define OB_ALL_OBJECT_TYPE_CODES   0xffd

typedef struct _ALPC_PORT_ATTRIBUTES {
    ULONG Flags;
    SECURITY_QUALITY_OF_SERVICE SecurityQos;
    SIZE_T MaxMessageLength; /* with the header */
    SIZE_T MemoryBandwidth;  /* unknown meaning; 0 and -1 are seen */
    SIZE_T MaxPoolUsage;
    SIZE_T MaxSectionSize;
    SIZE_T MaxViewSize;
    SIZE_T MaxTotalSectionSize;
    ULONG DupObjectTypes;
#ifdef _WIN64
    ULONG Reserved;
#endif
} ALPC_PORT_ATTRIBUTES, *PALPC_PORT_ATTRIBUTES; /* [C2 *] */
NTLPC_CHECK_SIZE(SECURITY_QUALITY_OF_SERVICE, 12, 12);
NTLPC_CHECK_SIZE(ALPC_PORT_ATTRIBUTES, 0x48, 0x2c);
NTLPC_CHECK(ALPC_PORT_ATTRIBUTES, SecurityQos, 4, 4);
NTLPC_CHECK(ALPC_PORT_ATTRIBUTES, MaxMessageLength, 0x10, 0x10);
NTLPC_CHECK(ALPC_PORT_ATTRIBUTES, MaxTotalSectionSize, 0x38, 0x24);
NTLPC_CHECK(ALPC_PORT_ATTRIBUTES, DupObjectTypes, 0x40, 0x28);

/* Message attributes: this header, then the bodies from the highest flag to the lowest, only those
 * allocated, without padding. [C2 *] */
typedef struct _ALPC_MESSAGE_ATTRIBUTES {
    ULONG AllocatedAttributes;
    ULONG ValidAttributes;
} ALPC_MESSAGE_ATTRIBUTES, *PALPC_MESSAGE_ATTRIBUTES;
NTLPC_CHECK_SIZE(ALPC_MESSAGE_ATTRIBUTES, 8, 8);

#define ALPC_MESSAGE_SECURITY_ATTRIBUTE       0x80000000
#define ALPC_MESSAGE_VIEW_ATTRIBUTE           0x40000000
#define ALPC_MESSAGE_CONTEXT_ATTRIBUTE        0x20000000
#define ALPC_MESSAGE_HANDLE_ATTRIBUTE         0x10000000
#define ALPC_MESSAGE_TOKEN_ATTRIBUTE          0x08000000
#define ALPC_MESSAGE_DIRECT_ATTRIBUTE         0x04000000
#define ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE 0x02000000
#define ALPC_MESSAGE_ATTRIBUTE_ALL            0xfe000000

typedef struct _ALPC_SECURITY_ATTR {
    ULONG Flags;
    PSECURITY_QUALITY_OF_SERVICE QoS;
    ALPC_HANDLE ContextHandle;
} ALPC_SECURITY_ATTR, *PALPC_SECURITY_ATTR;
NTLPC_CHECK_SIZE(ALPC_SECURITY_ATTR, 0x18, 0xc);
#define ALPC_SECFLG_DELETE_EXISTING 0x10000 /* [1S] */
#define ALPC_SECFLG_CREATE_HANDLE   0x20000 /* [C2] */
#define ALPC_SECFLG_NOSECTIONHANDLE 0x40000 /* [1S] */

typedef struct _ALPC_DATA_VIEW_ATTR {
    ULONG Flags;
    ALPC_HANDLE SectionHandle; /* 0 at the receiver * */
    PVOID ViewBase;
    SIZE_T ViewSize;
} ALPC_DATA_VIEW_ATTR, *PALPC_DATA_VIEW_ATTR;
NTLPC_CHECK_SIZE(ALPC_DATA_VIEW_ATTR, 0x20, 0x10);
NTLPC_CHECK(ALPC_DATA_VIEW_ATTR, ViewSize, 0x18, 0xc);
#define ALPC_VIEWFLG_UNMAP_EXISTING 0x10000
#define ALPC_VIEWFLG_AUTO_RELEASE   0x20000
#define ALPC_VIEWFLG_SECURED_ACCESS 0x40000

typedef struct _ALPC_CONTEXT_ATTR {
    PVOID PortContext;
    PVOID MessageContext;
    ULONG Sequence;
    ULONG MessageId;
    ULONG CallbackId;
} ALPC_CONTEXT_ATTR, *PALPC_CONTEXT_ATTR;
NTLPC_CHECK_SIZE(ALPC_CONTEXT_ATTR, 0x20, 0x14);
NTLPC_CHECK(ALPC_CONTEXT_ATTR, CallbackId, 0x18, 0x10);

/* Element of the indirect array, and the form that a 32-bit process uses. [C2] */
typedef struct _ALPC_HANDLE_ATTR32 {
    ULONG Flags;
    ULONG Handle;
    ULONG ObjectType;
    ACCESS_MASK DesiredAccess;
} ALPC_HANDLE_ATTR32, *PALPC_HANDLE_ATTR32;
NTLPC_CHECK_SIZE(ALPC_HANDLE_ATTR32, 0x10, 0x10);

typedef struct _ALPC_HANDLE_ATTR {
    ULONG Flags;
    union {
        HANDLE Handle;
        PALPC_HANDLE_ATTR32 HandleAttrArray;
    };
    union {
        ULONG ObjectType; /* OB_*_OBJECT_TYPE */
        ULONG HandleCount;
    };
    union {
        ACCESS_MASK DesiredAccess; /* sender */
        ACCESS_MASK GrantedAccess; /* receiver */
    };
} ALPC_HANDLE_ATTR, *PALPC_HANDLE_ATTR;
NTLPC_CHECK_SIZE(ALPC_HANDLE_ATTR, 0x18, 0x10);
NTLPC_CHECK(ALPC_HANDLE_ATTR, ObjectType, 0x10, 8);
NTLPC_CHECK(ALPC_HANDLE_ATTR, GrantedAccess, 0x14, 0xc);
#define ALPC_HANDLEFLG_DUPLICATE_SAME_ACCESS     0x10000
#define ALPC_HANDLEFLG_DUPLICATE_SAME_ATTRIBUTES 0x20000
#define ALPC_HANDLEFLG_INDIRECT                  0x40000
#define ALPC_HANDLEFLG_DUPLICATE_INHERIT         0x80000
#define ALPC_INDIRECT_HANDLE_MAX                 512

typedef struct _ALPC_TOKEN_ATTR {
    LUID TokenId;
    LUID AuthenticationId;
    LUID ModifiedId;
} ALPC_TOKEN_ATTR, *PALPC_TOKEN_ATTR;
NTLPC_CHECK_SIZE(ALPC_TOKEN_ATTR, 0x18, 0x18);

typedef struct _ALPC_DIRECT_ATTR {
    HANDLE Event;
} ALPC_DIRECT_ATTR, *PALPC_DIRECT_ATTR;
NTLPC_CHECK_SIZE(ALPC_DIRECT_ATTR, 8, 4);

typedef struct _ALPC_WORK_ON_BEHALF_ATTR {
    ULONGLONG Ticket; /* opaque * */
} ALPC_WORK_ON_BEHALF_ATTR, *PALPC_WORK_ON_BEHALF_ATTR;
NTLPC_CHECK_SIZE(ALPC_WORK_ON_BEHALF_ATTR, 8, 8);

typedef struct _ALPC_MESSAGE_HANDLE_INFORMATION {
    ULONG Index;
    ULONG Flags;
    ULONG Handle;
    ULONG ObjectType;
    ACCESS_MASK GrantedAccess;
} ALPC_MESSAGE_HANDLE_INFORMATION, *PALPC_MESSAGE_HANDLE_INFORMATION;
NTLPC_CHECK_SIZE(ALPC_MESSAGE_HANDLE_INFORMATION, 0x14, 0x14);

/* Flags of a send, receive or connect. [C2 *] */
#define ALPC_MSGFLG_REPLY_MESSAGE         0x00000001 /* no effect beyond flags 0 [C2 *] */
#define ALPC_MSGFLG_LPC_MODE              0x00000002
#define ALPC_MSGFLG_RELEASE_MESSAGE       0x00010000
#define ALPC_MSGFLG_SYNC_REQUEST          0x00020000
#define ALPC_SYNC_CONNECTION              0x00020000u /* the same tokens as in portico/protocol.h */
#define ALPC_MSGFLG_TRACK_PORT_REFERENCES 0x00040000
#define ALPC_MSGFLG_WAIT_USER_MODE        0x00100000
#define ALPC_MSGFLG_WAIT_ALERTABLE        0x00200000
#define ALPC_MSGFLG_SIGNAL_ALERTABLE      0x00400000 /* sources differ; accepted, ignored */
#define ALPC_MSGFLG_WOW64_CALL            0xc0000000

#define ALPC_CANCELFLG_TRY_CANCEL       0x1
#define ALPC_CANCELFLG_NO_CONTEXT_CHECK 0x8
#define ALPC_DISCONNECTFLG_NO_FLUSH     0x1
#define ALPC_SECTIONFLG_SECURE          0x40000
#define ALPC_IMPERSONATEFLG_ANONYMOUS   0x1 /* [1S] */
#define ALPC_IMPERSONATEFLG_REQUIRE     0x2 /* [1S] */

typedef enum _ALPC_PORT_INFORMATION_CLASS {
    AlpcBasicInformation = 0,
    AlpcPortInformation = 1,
    AlpcAssociateCompletionPortInformation = 2,
    AlpcConnectedSIDInformation = 3,
    AlpcServerInformation = 4,
    AlpcMessageZoneInformation = 5,
    AlpcRegisterCompletionListInformation = 6,
    AlpcUnregisterCompletionListInformation = 7,
    AlpcAdjustCompletionListConcurrencyCountInformation = 8,
    AlpcRegisterCallbackInformation = 9,
    AlpcCompletionListRundownInformation = 10,
    AlpcWaitForPortReferences = 11,
    AlpcServerSessionInformation = 12
} ALPC_PORT_INFORMATION_CLASS; /* [C2] */

typedef enum _ALPC_MESSAGE_INFORMATION_CLASS {
    AlpcMessageSidInformation = 0,
    AlpcMessageTokenModifiedIdInformation = 1,
    AlpcMessageDirectStatusInformation = 2,
    AlpcMessageHandleInformation = 3
} ALPC_MESSAGE_INFORMATION_CLASS; /* [C2] */

typedef struct _ALPC_BASIC_INFORMATION {
    ULONG Flags;
    ULONG SequenceNo;
    PVOID PortContext;
} ALPC_BASIC_INFORMATION, *PALPC_BASIC_INFORMATION;
NTLPC_CHECK_SIZE(ALPC_BASIC_INFORMATION, 0x10, 0xc);

typedef struct _ALPC_PORT_ASSOCIATE_COMPLETION_PORT {
    PVOID CompletionKey;
    HANDLE CompletionPort;
} ALPC_PORT_ASSOCIATE_COMPLETION_PORT, *PALPC_PORT_ASSOCIATE_COMPLETION_PORT;
NTLPC_CHECK_SIZE(ALPC_PORT_ASSOCIATE_COMPLETION_PORT, 0x10, 8);

typedef struct _ALPC_SERVER_INFORMATION {
    union {
        struct {
            HANDLE ThreadHandle;
        } In;
        struct {
            BOOLEAN ThreadBlocked;
            HANDLE ConnectedProcessId;
            UNICODE_STRING ConnectionPortName;
        } Out;
    };
} ALPC_SERVER_INFORMATION, *PALPC_SERVER_INFORMATION;
NTLPC_CHECK_SIZE(ALPC_SERVER_INFORMATION, 0x20, 0x10);

typedef struct _ALPC_PORT_MESSAGE_ZONE_INFORMATION {
    PVOID Buffer;
    ULONG Size;
} ALPC_PORT_MESSAGE_ZONE_INFORMATION, *PALPC_PORT_MESSAGE_ZONE_INFORMATION;
NTLPC_CHECK_SIZE(ALPC_PORT_MESSAGE_ZONE_INFORMATION, 0x10, 8);

typedef struct _ALPC_PORT_COMPLETION_LIST_INFORMATION {
    PVOID Buffer;
    ULONG Size;
    ULONG ConcurrencyCount;
    ULONG AttributeFlags;
} ALPC_PORT_COMPLETION_LIST_INFORMATION, *PALPC_PORT_COMPLETION_LIST_INFORMATION;
NTLPC_CHECK_SIZE(ALPC_PORT_COMPLETION_LIST_INFORMATION, 0x18, 0x10);

/* Head of the buffer of a completion list (reference 1.7). Apart from it the buffer is private to
 * ntdll: use the Alpc*CompletionList* functions. */
typedef union _ALPC_COMPLETION_LIST_STATE {
    struct {
        ULONG64 Head : 24;
        ULONG64 Tail : 24;
        ULONG64 ActiveThreadCount : 16;
    } s1;
    ULONG64 Value;
} ALPC_COMPLETION_LIST_STATE, *PALPC_COMPLETION_LIST_STATE;

typedef struct DECLSPEC_ALIGN(128) _ALPC_COMPLETION_LIST_HEADER {
    ULONG64 StartMagic;
    ULONG TotalSize;
    ULONG ListOffset;
    ULONG ListSize;
    ULONG BitmapOffset;
    ULONG BitmapSize;
    ULONG DataOffset;
    ULONG DataSize;
    ULONG AttributeFlags;
    ULONG AttributeSize;
    DECLSPEC_ALIGN(128) ALPC_COMPLETION_LIST_STATE State;
    ULONG LastMessageId;
    ULONG LastCallbackId;
    DECLSPEC_ALIGN(128) ULONG PostCount;
    DECLSPEC_ALIGN(128) ULONG ReturnCount;
    DECLSPEC_ALIGN(128) ULONG LogSequenceNumber;
    DECLSPEC_ALIGN(128) PVOID UserLock; /* RTL_SRWLOCK */
    ULONG64 EndMagic;
} ALPC_COMPLETION_LIST_HEADER, *PALPC_COMPLETION_LIST_HEADER; /* [C2 *] */
NTLPC_CHECK_SIZE(ALPC_COMPLETION_LIST_HEADER, 0x300, 0x300);
NTLPC_CHECK(ALPC_COMPLETION_LIST_HEADER, AttributeSize, 0x28, 0x28);
NTLPC_CHECK(ALPC_COMPLETION_LIST_HEADER, State, 0x80, 0x80);
NTLPC_CHECK(ALPC_COMPLETION_LIST_HEADER, LastMessageId, 0x88, 0x88);
NTLPC_CHECK(ALPC_COMPLETION_LIST_HEADER, PostCount, 0x100, 0x100);
NTLPC_CHECK(ALPC_COMPLETION_LIST_HEADER, ReturnCount, 0x180, 0x180);
NTLPC_CHECK(ALPC_COMPLETION_LIST_HEADER, EndMagic, 0x288, 0x288);
#define ALPC_COMPLETION_LIST_BUFFER_GRANULARITY_MASK 0x3f /* [1S] */

typedef struct _ALPC_SERVER_SESSION_INFORMATION {
    ULONG SessionId;
    ULONG ProcessId;
} ALPC_SERVER_SESSION_INFORMATION, *PALPC_SERVER_SESSION_INFORMATION;
NTLPC_CHECK_SIZE(ALPC_SERVER_SESSION_INFORMATION, 8, 8);

/* The system calls. [C2] */
NTSTATUS NTAPI NtAlpcCreatePort(PHANDLE Port, POBJECT_ATTRIBUTES Attributes,
                                PALPC_PORT_ATTRIBUTES PortAttributes);
NTSTATUS NTAPI NtAlpcConnectPort(PHANDLE Port, PUNICODE_STRING Name, POBJECT_ATTRIBUTES Attributes,
                                 PALPC_PORT_ATTRIBUTES PortAttributes, ULONG Flags,
                                 PSID RequiredServerSid, PPORT_MESSAGE Message,
                                 PSIZE_T BufferLength, PALPC_MESSAGE_ATTRIBUTES OutAttributes,
                                 PALPC_MESSAGE_ATTRIBUTES InAttributes, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtAlpcConnectPortEx(PHANDLE Port, POBJECT_ATTRIBUTES ServerAttributes,
                                   POBJECT_ATTRIBUTES ClientAttributes,
                                   PALPC_PORT_ATTRIBUTES PortAttributes, ULONG Flags,
                                   PSECURITY_DESCRIPTOR ServerRequirements, PPORT_MESSAGE Message,
                                   PSIZE_T BufferLength, PALPC_MESSAGE_ATTRIBUTES OutAttributes,
                                   PALPC_MESSAGE_ATTRIBUTES InAttributes, PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtAlpcAcceptConnectPort(PHANDLE Port, HANDLE ConnectionPort, ULONG Flags,
                                       POBJECT_ATTRIBUTES Attributes,
                                       PALPC_PORT_ATTRIBUTES PortAttributes, PVOID PortContext,
                                       PPORT_MESSAGE ConnectionRequest,
                                       PALPC_MESSAGE_ATTRIBUTES MessageAttributes, BOOLEAN Accept);
NTSTATUS NTAPI NtAlpcSendWaitReceivePort(HANDLE Port, ULONG Flags, PPORT_MESSAGE SendMessage,
                                         PALPC_MESSAGE_ATTRIBUTES SendAttributes,
                                         PPORT_MESSAGE ReceiveMessage, PSIZE_T BufferLength,
                                         PALPC_MESSAGE_ATTRIBUTES ReceiveAttributes,
                                         PLARGE_INTEGER Timeout);
NTSTATUS NTAPI NtAlpcDisconnectPort(HANDLE Port, ULONG Flags);
NTSTATUS NTAPI NtAlpcCancelMessage(HANDLE Port, ULONG Flags, PALPC_CONTEXT_ATTR Context);
NTSTATUS NTAPI NtAlpcCreatePortSection(HANDLE Port, ULONG Flags, HANDLE Section, SIZE_T Size,
                                       PALPC_HANDLE AlpcSection, PSIZE_T ActualSize);
NTSTATUS NTAPI NtAlpcDeletePortSection(HANDLE Port, ULONG Flags, ALPC_HANDLE AlpcSection);
NTSTATUS NTAPI NtAlpcCreateSectionView(HANDLE Port, ULONG Flags, PALPC_DATA_VIEW_ATTR View);
NTSTATUS NTAPI NtAlpcDeleteSectionView(HANDLE Port, ULONG Flags, PVOID ViewBase);
NTSTATUS NTAPI NtAlpcCreateSecurityContext(HANDLE Port, ULONG Flags, PALPC_SECURITY_ATTR Context);
NTSTATUS NTAPI NtAlpcDeleteSecurityContext(HANDLE Port, ULONG Flags, ALPC_HANDLE Context);
NTSTATUS NTAPI NtAlpcRevokeSecurityContext(HANDLE Port, ULONG Flags, ALPC_HANDLE Context);
NTSTATUS NTAPI NtAlpcCreateResourceReserve(HANDLE Port, ULONG Flags, SIZE_T MessageSize,
                                           PULONG ResourceId);
NTSTATUS NTAPI NtAlpcDeleteResourceReserve(HANDLE Port, ULONG Flags, ULONG ResourceId);
NTSTATUS NTAPI NtAlpcOpenSenderProcess(PHANDLE Process, HANDLE Port, PPORT_MESSAGE Message,
                                       ULONG Flags, ACCESS_MASK Access,
                                       POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtAlpcOpenSenderThread(PHANDLE Thread, HANDLE Port, PPORT_MESSAGE Message,
                                      ULONG Flags, ACCESS_MASK Access,
                                      POBJECT_ATTRIBUTES Attributes);
NTSTATUS NTAPI NtAlpcImpersonateClientOfPort(HANDLE Port, PPORT_MESSAGE Message, PVOID Flags);
NTSTATUS NTAPI NtAlpcImpersonateClientContainerOfPort(HANDLE Port, PPORT_MESSAGE Message,
                                                      ULONG Flags);
NTSTATUS NTAPI NtAlpcQueryInformation(HANDLE Port, ALPC_PORT_INFORMATION_CLASS Class,
                                      PVOID Information, ULONG Length, PULONG ReturnLength);
NTSTATUS NTAPI NtAlpcSetInformation(HANDLE Port, ALPC_PORT_INFORMATION_CLASS Class,
                                    PVOID Information, ULONG Length);
NTSTATUS NTAPI NtAlpcQueryInformationMessage(HANDLE Port, PPORT_MESSAGE Message,
                                             ALPC_MESSAGE_INFORMATION_CLASS Class,
                                             PVOID Information, ULONG Length, PULONG ReturnLength);

/* Functions of ntdll itself. [1S; the first three C2 *] */
ULONG NTAPI AlpcGetHeaderSize(ULONG Flags);
NTSTATUS NTAPI AlpcInitializeMessageAttribute(ULONG Flags, PALPC_MESSAGE_ATTRIBUTES Buffer,
                                              SIZE_T BufferSize, PSIZE_T RequiredSize);
PVOID NTAPI AlpcGetMessageAttribute(PALPC_MESSAGE_ATTRIBUTES Buffer, ULONG Flag);
ULONG NTAPI AlpcMaxAllowedMessageLength(void);

/* Completion lists. A worker takes messages until there is none, and frees each; what cannot be put
 * into the list, connection requests among it, comes by NtAlpcSendWaitReceivePort. [1S] */
NTSTATUS NTAPI AlpcRegisterCompletionList(HANDLE Port, PALPC_COMPLETION_LIST_HEADER Buffer,
                                          ULONG Size, ULONG ConcurrencyCount, ULONG AttributeFlags);
NTSTATUS NTAPI AlpcUnregisterCompletionList(HANDLE Port);
NTSTATUS NTAPI AlpcRundownCompletionList(HANDLE Port);
NTSTATUS NTAPI AlpcAdjustCompletionListConcurrencyCount(HANDLE Port, ULONG ConcurrencyCount);
BOOLEAN NTAPI AlpcRegisterCompletionListWorkerThread(PVOID CompletionList);
BOOLEAN NTAPI AlpcUnregisterCompletionListWorkerThread(PVOID CompletionList);
VOID NTAPI AlpcGetCompletionListLastMessageInformation(PVOID CompletionList, PULONG LastMessageId,
                                                       PULONG LastCallbackId);
ULONG NTAPI AlpcGetOutstandingCompletionListMessageCount(PVOID CompletionList);
PPORT_MESSAGE NTAPI AlpcGetMessageFromCompletionList(PVOID CompletionList,
                                                     PALPC_MESSAGE_ATTRIBUTES *Attributes);
VOID NTAPI AlpcFreeCompletionListMessage(PVOID CompletionList, PPORT_MESSAGE Message);
PALPC_MESSAGE_ATTRIBUTES NTAPI AlpcGetCompletionListMessageAttributes(PVOID CompletionList,
                                                                      PPORT_MESSAGE Message);

/* The thread pool's port callbacks. [1S] */
typedef struct _TP_ALPC TP_ALPC, *PTP_ALPC;
typedef VOID(NTAPI *PTP_ALPC_CALLBACK)(PTP_CALLBACK_INSTANCE Instance, PVOID Context,
                                       PTP_ALPC Alpc);
typedef VOID(NTAPI *PTP_ALPC_CALLBACK_EX)(PTP_CALLBACK_INSTANCE Instance, PVOID Context,
                                          PTP_ALPC Alpc, PVOID ApcContext);
NTSTATUS NTAPI TpAllocAlpcCompletion(PTP_ALPC *Alpc, HANDLE Port, PTP_ALPC_CALLBACK Callback,
                                     PVOID Context, PTP_CALLBACK_ENVIRON Environment);
NTSTATUS NTAPI TpAllocAlpcCompletionEx(PTP_ALPC *Alpc, HANDLE Port, PTP_ALPC_CALLBACK_EX Callback,
                                       PVOID Context, PTP_CALLBACK_ENVIRON Environment);
VOID NTAPI TpWaitForAlpcCompletion(PTP_ALPC Alpc);
VOID NTAPI TpReleaseAlpcCompletion(PTP_ALPC Alpc);
NTSTATUS NTAPI TpAlpcRegisterCompletionList(PTP_ALPC Alpc);
NTSTATUS NTAPI TpAlpcUnregisterCompletionList(PTP_ALPC Alpc);
/* Sent when the callback has returned; TpCallbackSendPendingAlpcMessage: now. */
VOID NTAPI TpCallbackSendAlpcMessageOnCompletion(PTP_CALLBACK_INSTANCE Instance, HANDLE Port,
                                                 ULONG Flags, PPORT_MESSAGE Message);
VOID NTAPI TpCallbackSendPendingAlpcMessage(PTP_CALLBACK_INSTANCE Instance);

/* What an attribute adds to AlpcGetHeaderSize: 8 + the sum of the bodies. * */
NTLPC_ASSERT(sizeof(ALPC_MESSAGE_ATTRIBUTES) + sizeof(ALPC_SECURITY_ATTR) +
                 sizeof(ALPC_DATA_VIEW_ATTR) + sizeof(ALPC_CONTEXT_ATTR) +
                 sizeof(ALPC_HANDLE_ATTR) + sizeof(ALPC_TOKEN_ATTR) + sizeof(ALPC_DIRECT_ATTR) +
                 sizeof(ALPC_WORK_ON_BEHALF_ATTR) ==
             NTLPC_SIZE(0xa0, 0x6c));

#ifdef __cplusplus
}
#endif
