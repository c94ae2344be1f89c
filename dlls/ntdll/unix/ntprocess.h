/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the Nt* families need to know about processes and threads; boot's thread.c and process.c
 * define the functions, weak here so that native tests of one family link without them. */
#pragma once

#include "ntobject.h"
#include <limits.h>
#include <sys/types.h>

#pragma weak thread_object_current
#pragma weak process_object_current
#pragma weak thread_wait_state
#pragma weak process_object_pid
#pragma weak process_peb
#pragma weak process_image_path
#pragma weak process_is_child
PEB *process_peb(void);
bool process_is_child(void); /* another program started it: it may have inherited handles */
const char *process_image_path(void); /* Unix path of the program file */
#pragma weak thread_deliver_apcs
void thread_deliver_apcs(void);                 /* APCs are entered at this system call's exit */
struct nt_object *thread_object_current(void);  /* borrowed */
struct nt_object *process_object_current(void); /* borrowed */
struct wait_thread *thread_wait_state(struct nt_object *thread);
pid_t process_object_pid(struct nt_object *process);

/* Success when the handle means this process with that access; another one: STATUS_NOT_SUPPORTED,
 * said once with the caller's name. */
NTSTATUS process_require_current(const char *caller, HANDLE process);

/* Is it this one? STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH. */
NTSTATUS process_is_current(HANDLE process, bool *ret_is_current);

#define NO_NUMBER UINT_MAX
/* `portico: <function>: <what> <number> is not implemented`, once for each of them;
 * NO_NUMBER: without one. */
void unimplemented_once(const char *function, const char *what, unsigned number);

/* `portico: <what> is not available: <why>`, once for each. */
void absent_once(const char *what, const char *why);

/* The class of NtQuerySystemInformation that has a file of its own (system_processes.c). */
NTSTATUS system_query_processes(void *buffer, ULONG length, ULONG *ret_size);
