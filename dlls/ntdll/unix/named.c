/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Named and shared synchronisation objects. TODO(named): libs/portico does not carry them yet;
 * every call says so by name and fails. */
#include "named.h"
#include "ntprocess.h"
#include "usermem.h"

bool handle_is_server(HANDLE handle)
{
    return handle && (uintptr_t)handle < HANDLE_LOCAL_FIRST;
}

static NTSTATUS missing(const char *what, unsigned kind)
{
    unimplemented_once("named objects", what, kind);
    return STATUS_NOT_IMPLEMENTED;
}

NTSTATUS named_create(enum named_kind kind, PHANDLE ret_handle, ACCESS_MASK access,
                      const struct creation *creation, LONG first, LONG second)
{
    (void)ret_handle, (void)access, (void)creation, (void)first, (void)second;
    return missing("create, kind", kind);
}

NTSTATUS named_open(enum named_kind kind, PHANDLE ret_handle, ACCESS_MASK access,
                    const OBJECT_ATTRIBUTES *attributes)
{
    struct creation creation;

    (void)kind, (void)access;
    TRY(create_begin(ret_handle, attributes, &creation));
    /* While nothing can be created under a name, no name exists: the truth. */
    return creation.has_name ? STATUS_OBJECT_NAME_NOT_FOUND : STATUS_OBJECT_PATH_SYNTAX_BAD;
}

NTSTATUS named_event_change(HANDLE handle, int verb, LONG *ret_user_previous)
{
    (void)handle, (void)verb, (void)ret_user_previous;
    return STATUS_INVALID_HANDLE;
}

NTSTATUS named_semaphore_release(HANDLE handle, ULONG count, ULONG *ret_user_previous)
{
    (void)handle, (void)count, (void)ret_user_previous;
    return STATUS_INVALID_HANDLE;
}

NTSTATUS named_mutant_release(HANDLE handle, LONG *ret_user_previous)
{
    (void)handle, (void)ret_user_previous;
    return STATUS_INVALID_HANDLE;
}

NTSTATUS named_query(enum named_kind kind, HANDLE handle, void *buffer, ULONG length,
                     ULONG *ret_user_length)
{
    (void)kind, (void)handle, (void)buffer, (void)length, (void)ret_user_length;
    return STATUS_INVALID_HANDLE;
}

NTSTATUS named_close(HANDLE handle)
{
    (void)handle;
    return STATUS_INVALID_HANDLE;
}

NTSTATUS named_duplicate(HANDLE source, HANDLE target_process, PHANDLE ret_user_handle,
                         ACCESS_MASK access, ULONG attributes, ULONG options)
{
    (void)source, (void)target_process, (void)ret_user_handle, (void)access, (void)attributes;
    (void)options;
    return missing("duplicate", 0);
}

NTSTATUS named_query_object(HANDLE handle, OBJECT_INFORMATION_CLASS class, void *buffer,
                            ULONG length, ULONG *ret_user_length)
{
    (void)handle, (void)class, (void)buffer, (void)length, (void)ret_user_length;
    return missing("query class", class);
}

NTSTATUS named_set_attributes(HANDLE handle, ULONG attributes)
{
    (void)handle, (void)attributes;
    return missing("attributes", 0);
}

NTSTATUS named_process_query(HANDLE handle, pid_t *ret_pid, NTSTATUS *ret_exit_status)
{
    (void)handle, (void)ret_pid, (void)ret_exit_status;
    return missing("process query", 0);
}
