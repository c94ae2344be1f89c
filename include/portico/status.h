/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* NT status values for the parts of Portico that use no NT headers (libs, server, programs).
 * Each is guarded, so the file coexists with ntstatus.h and winnt.h when it is included after them.
 * Success class values (STATUS_TIMEOUT, STATUS_PENDING ...) are below 0x80000000: compare a
 * received message's status with STATUS_SUCCESS, not with status_is_success(). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t status_t;

/* Names that <winnt.h> has alone, or that not every <ntstatus.h> has: guarded one by one. */
#ifndef STATUS_WAIT_0
#define STATUS_WAIT_0 0x00000000u
#endif
#ifndef STATUS_ABANDONED_WAIT_0
#define STATUS_ABANDONED_WAIT_0 0x00000080u
#endif
#ifndef STATUS_USER_APC
#define STATUS_USER_APC 0x000000C0u
#endif
#ifndef STATUS_TIMEOUT
#define STATUS_TIMEOUT 0x00000102u
#endif
#ifndef STATUS_PENDING
#define STATUS_PENDING 0x00000103u
#endif
#ifndef STATUS_GUARD_PAGE_VIOLATION
#define STATUS_GUARD_PAGE_VIOLATION 0x80000001u
#endif
#ifndef STATUS_DATATYPE_MISALIGNMENT
#define STATUS_DATATYPE_MISALIGNMENT 0x80000002u
#endif
#ifndef STATUS_BREAKPOINT
#define STATUS_BREAKPOINT 0x80000003u
#endif
#ifndef STATUS_SINGLE_STEP
#define STATUS_SINGLE_STEP 0x80000004u
#endif
#ifndef STATUS_ACCESS_VIOLATION
#define STATUS_ACCESS_VIOLATION 0xC0000005u
#endif
#ifndef STATUS_IN_PAGE_ERROR
#define STATUS_IN_PAGE_ERROR 0xC0000006u
#endif
#ifndef STATUS_INVALID_HANDLE
#define STATUS_INVALID_HANDLE 0xC0000008u
#endif
#ifndef STATUS_INVALID_PARAMETER
#define STATUS_INVALID_PARAMETER 0xC000000Du
#endif
#ifndef STATUS_NO_MEMORY
#define STATUS_NO_MEMORY 0xC0000017u
#endif
#ifndef STATUS_ILLEGAL_INSTRUCTION
#define STATUS_ILLEGAL_INSTRUCTION 0xC000001Du
#endif
#ifndef STATUS_NONCONTINUABLE_EXCEPTION
#define STATUS_NONCONTINUABLE_EXCEPTION 0xC0000025u
#endif
#ifndef STATUS_INVALID_DISPOSITION
#define STATUS_INVALID_DISPOSITION 0xC0000026u
#endif
#ifndef STATUS_PORT_DO_NOT_DISTURB
#define STATUS_PORT_DO_NOT_DISTURB 0xC0000036u
#endif
#ifndef STATUS_FLOAT_DIVIDE_BY_ZERO
#define STATUS_FLOAT_DIVIDE_BY_ZERO 0xC000008Eu
#endif
#ifndef STATUS_INTEGER_DIVIDE_BY_ZERO
#define STATUS_INTEGER_DIVIDE_BY_ZERO 0xC0000094u
#endif
#ifndef STATUS_INTEGER_OVERFLOW
#define STATUS_INTEGER_OVERFLOW 0xC0000095u
#endif
#ifndef STATUS_PRIVILEGED_INSTRUCTION
#define STATUS_PRIVILEGED_INSTRUCTION 0xC0000096u
#endif
#ifndef STATUS_STACK_OVERFLOW
#define STATUS_STACK_OVERFLOW 0xC00000FDu
#endif
#ifndef STATUS_DLL_NOT_FOUND
#define STATUS_DLL_NOT_FOUND 0xC0000135u
#endif
#ifndef STATUS_ORDINAL_NOT_FOUND
#define STATUS_ORDINAL_NOT_FOUND 0xC0000138u
#endif
#ifndef STATUS_ENTRYPOINT_NOT_FOUND
#define STATUS_ENTRYPOINT_NOT_FOUND 0xC0000139u
#endif
#ifndef STATUS_CONTROL_C_EXIT
#define STATUS_CONTROL_C_EXIT 0xC000013Au
#endif
#ifndef STATUS_DLL_INIT_FAILED
#define STATUS_DLL_INIT_FAILED 0xC0000142u
#endif
#ifndef STATUS_STACK_BUFFER_OVERRUN
#define STATUS_STACK_BUFFER_OVERRUN 0xC0000409u
#endif
#ifndef STATUS_ASSERTION_FAILURE
#define STATUS_ASSERTION_FAILURE 0xC0000420u
#endif
#ifndef STATUS_LPC_HANDLE_COUNT_EXCEEDED
#define STATUS_LPC_HANDLE_COUNT_EXCEEDED 0xC0000722u
#endif
#ifndef STATUS_HOPLIMIT_EXCEEDED
#define STATUS_HOPLIMIT_EXCEEDED 0xC000A012u
#endif
#ifndef STATUS_HANDLE_NO_LONGER_VALID
#define STATUS_HANDLE_NO_LONGER_VALID 0xC0190028u
#endif

/* Names that every <ntstatus.h> has, and only it. */
#ifndef STATUS_OBJECT_NAME_NOT_FOUND
#define STATUS_SUCCESS                          0x00000000u
#define STATUS_KERNEL_APC                       0x00000100u
#define STATUS_ALERTED                          0x00000101u
#define STATUS_REPARSE                          0x00000104u
#define STATUS_MORE_ENTRIES                     0x00000105u
#define STATUS_NOT_ALL_ASSIGNED                 0x00000106u
#define STATUS_NOTIFY_ENUM_DIR                  0x0000010Cu
#define STATUS_OBJECT_NAME_EXISTS               0x40000000u
#define STATUS_THREAD_WAS_SUSPENDED             0x40000001u
#define STATUS_IMAGE_NOT_AT_BASE                0x40000003u
#define STATUS_MESSAGE_RETRIEVED                0x4000002Eu
#define STATUS_ALPC_CHECK_COMPLETION_LIST       0x40000030u
#define STATUS_BUFFER_OVERFLOW                  0x80000005u
#define STATUS_NO_MORE_FILES                    0x80000006u
#define STATUS_DEVICE_BUSY                      0x80000011u
#define STATUS_NO_MORE_ENTRIES                  0x8000001Au
#define STATUS_UNSUCCESSFUL                     0xC0000001u
#define STATUS_NOT_IMPLEMENTED                  0xC0000002u
#define STATUS_INVALID_INFO_CLASS               0xC0000003u
#define STATUS_INFO_LENGTH_MISMATCH             0xC0000004u
#define STATUS_BAD_INITIAL_STACK                0xC0000009u
#define STATUS_INVALID_CID                      0xC000000Bu
#define STATUS_NO_SUCH_DEVICE                   0xC000000Eu
#define STATUS_NO_SUCH_FILE                     0xC000000Fu
#define STATUS_INVALID_DEVICE_REQUEST           0xC0000010u
#define STATUS_END_OF_FILE                      0xC0000011u
#define STATUS_MORE_PROCESSING_REQUIRED         0xC0000016u
#define STATUS_CONFLICTING_ADDRESSES            0xC0000018u
#define STATUS_NOT_MAPPED_VIEW                  0xC0000019u
#define STATUS_UNABLE_TO_FREE_VM                0xC000001Au
#define STATUS_INVALID_SYSTEM_SERVICE           0xC000001Cu
#define STATUS_INVALID_VIEW_SIZE                0xC000001Fu
#define STATUS_INVALID_FILE_FOR_SECTION         0xC0000020u
#define STATUS_ALREADY_COMMITTED                0xC0000021u
#define STATUS_ACCESS_DENIED                    0xC0000022u
#define STATUS_BUFFER_TOO_SMALL                 0xC0000023u
#define STATUS_OBJECT_TYPE_MISMATCH             0xC0000024u
#define STATUS_UNWIND                           0xC0000027u
#define STATUS_BAD_STACK                        0xC0000028u
#define STATUS_INVALID_UNWIND_TARGET            0xC0000029u
#define STATUS_NOT_LOCKED                       0xC000002Au
#define STATUS_INVALID_PORT_ATTRIBUTES          0xC000002Eu
#define STATUS_PORT_MESSAGE_TOO_LONG            0xC000002Fu
#define STATUS_INVALID_PARAMETER_MIX            0xC0000030u
#define STATUS_OBJECT_NAME_INVALID              0xC0000033u
#define STATUS_OBJECT_NAME_NOT_FOUND            0xC0000034u
#define STATUS_OBJECT_NAME_COLLISION            0xC0000035u
#define STATUS_PORT_DISCONNECTED                0xC0000037u
#define STATUS_OBJECT_PATH_INVALID              0xC0000039u
#define STATUS_OBJECT_PATH_NOT_FOUND            0xC000003Au
#define STATUS_OBJECT_PATH_SYNTAX_BAD           0xC000003Bu
#define STATUS_SECTION_TOO_BIG                  0xC0000040u
#define STATUS_PORT_CONNECTION_REFUSED          0xC0000041u
#define STATUS_INVALID_PORT_HANDLE              0xC0000042u
#define STATUS_SHARING_VIOLATION                0xC0000043u
#define STATUS_QUOTA_EXCEEDED                   0xC0000044u
#define STATUS_INVALID_PAGE_PROTECTION          0xC0000045u
#define STATUS_MUTANT_NOT_OWNED                 0xC0000046u
#define STATUS_SEMAPHORE_LIMIT_EXCEEDED         0xC0000047u
#define STATUS_PORT_ALREADY_SET                 0xC0000048u
#define STATUS_SECTION_NOT_IMAGE                0xC0000049u
#define STATUS_SUSPEND_COUNT_EXCEEDED           0xC000004Au
#define STATUS_THREAD_IS_TERMINATING            0xC000004Bu
#define STATUS_BAD_WORKING_SET_LIMIT            0xC000004Cu
#define STATUS_SECTION_PROTECTION               0xC000004Eu
#define STATUS_FILE_LOCK_CONFLICT               0xC0000054u
#define STATUS_LOCK_NOT_GRANTED                 0xC0000055u
#define STATUS_DELETE_PENDING                   0xC0000056u
#define STATUS_UNKNOWN_REVISION                 0xC0000058u
#define STATUS_REVISION_MISMATCH                0xC0000059u
#define STATUS_INVALID_OWNER                    0xC000005Au
#define STATUS_INVALID_PRIMARY_GROUP            0xC000005Bu
#define STATUS_NO_IMPERSONATION_TOKEN           0xC000005Cu
#define STATUS_PRIVILEGE_NOT_HELD               0xC0000061u
#define STATUS_INVALID_ACL                      0xC0000077u
#define STATUS_INVALID_SID                      0xC0000078u
#define STATUS_INVALID_SECURITY_DESCR           0xC0000079u
#define STATUS_PROCEDURE_NOT_FOUND              0xC000007Au
#define STATUS_INVALID_IMAGE_FORMAT             0xC000007Bu
#define STATUS_NO_TOKEN                         0xC000007Cu
#define STATUS_DISK_FULL                        0xC000007Fu
#define STATUS_TOO_MANY_PAGING_FILES            0xC0000097u
#define STATUS_INSUFFICIENT_RESOURCES           0xC000009Au
#define STATUS_MEDIA_WRITE_PROTECTED            0xC00000A2u
#define STATUS_BAD_IMPERSONATION_LEVEL          0xC00000A5u
#define STATUS_CANT_OPEN_ANONYMOUS              0xC00000A6u
#define STATUS_BAD_TOKEN_TYPE                   0xC00000A8u
#define STATUS_INSTANCE_NOT_AVAILABLE           0xC00000ABu
#define STATUS_PIPE_NOT_AVAILABLE               0xC00000ACu
#define STATUS_INVALID_PIPE_STATE               0xC00000ADu
#define STATUS_PIPE_BUSY                        0xC00000AEu
#define STATUS_ILLEGAL_FUNCTION                 0xC00000AFu
#define STATUS_PIPE_DISCONNECTED                0xC00000B0u
#define STATUS_PIPE_CLOSING                     0xC00000B1u
#define STATUS_PIPE_CONNECTED                   0xC00000B2u
#define STATUS_PIPE_LISTENING                   0xC00000B3u
#define STATUS_INVALID_READ_MODE                0xC00000B4u
#define STATUS_IO_TIMEOUT                       0xC00000B5u
#define STATUS_FILE_IS_A_DIRECTORY              0xC00000BAu
#define STATUS_NOT_SUPPORTED                    0xC00000BBu
#define STATUS_NOT_SAME_DEVICE                  0xC00000D4u
#define STATUS_PIPE_EMPTY                       0xC00000D9u
#define STATUS_INTERNAL_ERROR                   0xC00000E5u
#define STATUS_UNEXPECTED_IO_ERROR              0xC00000E9u
#define STATUS_INVALID_PARAMETER_1              0xC00000EFu
#define STATUS_INVALID_PARAMETER_2              0xC00000F0u
#define STATUS_INVALID_PARAMETER_3              0xC00000F1u
#define STATUS_INVALID_PARAMETER_4              0xC00000F2u
#define STATUS_INVALID_PARAMETER_5              0xC00000F3u
#define STATUS_INVALID_PARAMETER_6              0xC00000F4u
#define STATUS_INVALID_PARAMETER_7              0xC00000F5u
#define STATUS_INVALID_PARAMETER_8              0xC00000F6u
#define STATUS_DIRECTORY_NOT_EMPTY              0xC0000101u
#define STATUS_NOT_A_DIRECTORY                  0xC0000103u
#define STATUS_NAME_TOO_LONG                    0xC0000106u
#define STATUS_MESSAGE_NOT_FOUND                0xC0000109u
#define STATUS_CANNOT_IMPERSONATE               0xC000010Du
#define STATUS_PROCESS_IS_TERMINATING           0xC000010Au
#define STATUS_TOO_MANY_OPENED_FILES            0xC000011Fu
#define STATUS_CANCELLED                        0xC0000120u
#define STATUS_CANNOT_DELETE                    0xC0000121u
#define STATUS_FILE_CLOSED                      0xC0000128u
#define STATUS_INVALID_ADDRESS                  0xC0000141u
#define STATUS_INVALID_LEVEL                    0xC0000148u
#define STATUS_PIPE_BROKEN                      0xC000014Bu
#define STATUS_UNMAPPABLE_CHARACTER             0xC0000162u
#define STATUS_KEY_DELETED                      0xC000017Cu
#define STATUS_CHILD_MUST_BE_VOLATILE           0xC0000181u
#define STATUS_CONNECTION_RESET                 0xC000020Du
#define STATUS_REPLY_MESSAGE_MISMATCH           0xC000021Fu
#define STATUS_MAPPED_ALIGNMENT                 0xC0000220u
#define STATUS_NOT_FOUND                        0xC0000225u
#define STATUS_RETRY                            0xC000022Du
#define STATUS_HANDLE_NOT_CLOSABLE              0xC0000235u
#define STATUS_CONNECTION_ABORTED               0xC0000241u
#define STATUS_LPC_REPLY_LOST                   0xC0000253u
#define STATUS_REGISTRY_QUOTA_LIMIT             0xC0000256u
#define STATUS_NOT_A_REPARSE_POINT              0xC0000275u
#define STATUS_SERVER_SID_MISMATCH              0xC00002A0u
#define STATUS_OBJECTID_NOT_FOUND               0xC00002F0u
#define STATUS_PORT_NOT_SET                     0xC0000353u
#define STATUS_DEBUGGER_INACTIVE                0xC0000354u
#define STATUS_CALLBACK_POP_STACK               0xC0000423u
#define STATUS_PORT_CLOSED                      0xC0000700u
#define STATUS_MESSAGE_LOST                     0xC0000701u
#define STATUS_INVALID_MESSAGE                  0xC0000702u
#define STATUS_REQUEST_CANCELED                 0xC0000703u
#define STATUS_RECURSIVE_DISPATCH               0xC0000704u
#define STATUS_LPC_RECEIVE_BUFFER_EXPECTED      0xC0000705u
#define STATUS_LPC_INVALID_CONNECTION_USAGE     0xC0000706u
#define STATUS_LPC_REQUESTS_NOT_ALLOWED         0xC0000707u
#define STATUS_RESOURCE_IN_USE                  0xC0000708u
#define STATUS_SYMLINK_CLASS_DISABLED           0xC0000715u
#define STATUS_CONTEXT_MISMATCH                 0xC0000719u
#define STATUS_PORT_ALREADY_HAS_COMPLETION_LIST 0xC000071Au
#define STATUS_INVALID_THREAD                   0xC000071Cu
#endif

/* NT_SUCCESS for a status_t. */
static inline bool status_is_success(status_t status)
{
    return status < 0x80000000u;
}
