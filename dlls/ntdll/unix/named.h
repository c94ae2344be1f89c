/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Synchronisation objects with a name, or shared between processes: they live in the port server.
 */
#pragma once

#include "create.h"
#include <sys/types.h>

enum named_kind {
    NAMED_EVENT,
    NAMED_SEMAPHORE,
    NAMED_MUTANT,
    NAMED_TIMER,
    NAMED_KEYED_EVENT,
    NAMED_COMPLETION,
    NAMED_SECTION,
    NAMED_DIRECTORY,
    NAMED_SYMLINK,
    NAMED_JOB
};

/* A handle below the local ones that is not a pseudo-handle. */
bool handle_is_server(HANDLE handle);

/* The two numbers: event type and state, semaphore count and maximum, mutant owner and 0. */
NTSTATUS named_create(enum named_kind kind, PHANDLE ret_handle, ACCESS_MASK access,
                      const struct creation *creation, LONG first, LONG second);
NTSTATUS named_open(enum named_kind kind, PHANDLE ret_handle, ACCESS_MASK access,
                    const OBJECT_ATTRIBUTES *attributes);
/* verb: 0 set, 1 reset, 2 pulse */
NTSTATUS named_event_change(HANDLE handle, int verb, LONG *ret_user_previous);
NTSTATUS named_semaphore_release(HANDLE handle, ULONG count, ULONG *ret_user_previous);
NTSTATUS named_mutant_release(HANDLE handle, LONG *ret_user_previous);
NTSTATUS named_query(enum named_kind kind, HANDLE handle, void *buffer, ULONG length,
                     ULONG *ret_user_length);
NTSTATUS named_close(HANDLE handle);
NTSTATUS named_duplicate(HANDLE source_process, HANDLE source, HANDLE target_process,
                         PHANDLE ret_user_handle, ACCESS_MASK access, ULONG attributes,
                         ULONG options);
struct named_description {
    WCHAR name[1024];
    const WCHAR *type_name;
    unsigned kind; /* enum object_kind */
    ACCESS_MASK access;
    ULONG attributes, n_handles, n_refs;
    uint64_t object_id;
};
NTSTATUS named_describe(HANDLE handle, struct named_description *ret_description);
NTSTATUS named_set_attributes(HANDLE handle, ULONG attributes);
/* A process by its handle; exit status STATUS_PENDING while it runs. */
NTSTATUS named_process_query(HANDLE handle, pid_t *ret_pid, NTSTATUS *ret_exit_status);
/* The same, and what is left of one that has ended; `access`: one of these rights is enough, 0:
 * none is needed. STATUS_ACCESS_DENIED, STATUS_OBJECT_TYPE_MISMATCH. */
struct named_process {
    pid_t pid;
    NTSTATUS exit_status;
    pid_t parent;
    int64_t exit_time; /* NT time; 0: it lives, and the rest is not told */
    uint64_t start_ticks, user_ticks, system_ticks;
};
NTSTATUS named_process_facts(HANDLE handle, ACCESS_MASK access, struct named_process *ret_process);
/* STATUS_ACCESS_DENIED, STATUS_PROCESS_IS_TERMINATING. This process: does not return. */
NTSTATUS named_process_terminate(HANDLE handle, ULONG exit_code);
struct section;
/* The section, with a name: its descriptor goes to the server. */
NTSTATUS named_section_create(PHANDLE ret_handle, ACCESS_MASK access,
                              const struct creation *creation, struct section *section);
/* A local object for the server's section behind the handle, for one use. */
NTSTATUS named_section_get(HANDLE handle, ACCESS_MASK access, struct section **ret_section);
/* A private section becomes the server's too: a handle with all access. */
NTSTATUS named_section_share(struct section *section, uint32_t *ret_server);
NTSTATUS named_symlink_create(PHANDLE ret_handle, ACCESS_MASK access,
                              const struct creation *creation, const WCHAR *target, size_t size);
