/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The first thread of a program that this one has started, as a handle. */
#pragma once

#include "ntobject.h"
#include <sys/types.h>

extern const struct nt_type remote_thread_type;

/* pid: of a child of this process, which nobody else waits for: its end is collected here. Takes
 * the socket over on success: a suspended child waits there for the go. */
NTSTATUS remote_thread_new(pid_t pid, int *socket, bool is_suspended, ACCESS_MASK access,
                           ULONG attributes, HANDLE *ret_handle);

/* The calls on such a handle; STATUS_OBJECT_TYPE_MISMATCH for any other. */
NTSTATUS remote_thread_resume(HANDLE handle, ULONG *ret_previous);
/* Says once that the caller does not work on such a thread: STATUS_NOT_SUPPORTED. */
NTSTATUS remote_thread_refuse(const char *caller, HANDLE handle);
NTSTATUS remote_thread_query(HANDLE handle, THREAD_BASIC_INFORMATION *ret_info);
