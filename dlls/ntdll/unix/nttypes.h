/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The NT types on the ELF side: Wine's headers, in the order in which they agree with glibc's.
 * Include it after the system headers. The sources are built with -fshort-wchar: WCHAR is a 16-bit
 * unit and glibc's wcs* functions must never see one. */
#pragma once

/* clang-format off: the order matters */
#define WIN32_NO_STATUS
#define WINE_NO_INLINE_STRING
#include <stdarg.h>
#include <windef.h>
#include <winbase.h>
#include <winternl.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
/* clang-format on */

#define _cleanup_nt_(function) __attribute__((cleanup(function)))

/* Missing from Wine's headers. */
#ifndef DUPLICATE_SAME_ATTRIBUTES
#define DUPLICATE_SAME_ATTRIBUTES 4
#endif
#ifndef MEM_UNMAP_WITH_TRANSIENT_BOOST
#define MEM_UNMAP_WITH_TRANSIENT_BOOST 1
#endif
#ifndef MEM_DIFFERENT_IMAGE_BASE_OK
#define MEM_DIFFERENT_IMAGE_BASE_OK 0x00800000
#endif
#ifndef SEC_BASED
#define SEC_BASED 0x200000
#endif
#ifndef SEC_NO_CHANGE
#define SEC_NO_CHANGE 0x400000
#endif
#ifndef THREAD_ALERT
#define THREAD_ALERT 4
#endif
NTSTATUS WINAPI NtSetEventBoostPriority(HANDLE handle);
NTSTATUS WINAPI NtCreateWaitCompletionPacket(HANDLE *ret_handle, ACCESS_MASK access,
                                             OBJECT_ATTRIBUTES *attributes);
NTSTATUS WINAPI NtAssociateWaitCompletionPacket(HANDLE handle, HANDLE completion, HANDLE target,
                                                PVOID key, PVOID value, NTSTATUS status,
                                                ULONG_PTR information, BOOLEAN *ret_signaled);
NTSTATUS WINAPI NtCancelWaitCompletionPacket(HANDLE handle, BOOLEAN remove_signaled);
