/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* NtCreateThreadEx, NtOpenThread, NtTerminateThread: threads as handles. */

#include "named.h"
#include "ntprocess.h"
#include "process.h"
#include "remote_thread.h"
#include "shared.h"
#include "thread.h"
#include "usercopy.h"
#include <errno.h>
#include <portico/portico.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    CREATE_FLAG_SUSPENDED = 1,
    CREATE_FLAG_SKIP_ATTACH = 2,
    CREATE_FLAG_HIDE_FROM_DEBUGGER = 4,
    ATTRIBUTE_CLIENT_ID = 0x10003,
    ATTRIBUTE_TEB_ADDRESS = 0x10004,
    ATTRIBUTES_MAX = 16,
};

struct thread_attribute {
    ULONG_PTR attribute;
    SIZE_T size;
    void *value;
    SIZE_T *return_size;
};

static NTSTATUS attribute_put(const struct thread_attribute *attribute, const void *value,
                              SIZE_T size)
{
    NTSTATUS status;

    if (attribute->size < size)
        return STATUS_BUFFER_TOO_SMALL;
    status = user_write(attribute->value, value, size);
    if (!status && attribute->return_size)
        status = user_put(attribute->return_size, &size);
    return status;
}

/* The outputs that the caller asked for; other attributes (ideal processor ...) are hints and are
 * not needed. */
static NTSTATUS attributes_answer(const void *list, const struct thread *thread)
{
    SIZE_T total, offset;
    NTSTATUS status = list ? user_get(&total, (const SIZE_T *)list) : STATUS_SUCCESS;
    struct thread_attribute attribute;

    if (!list || status)
        return status;
    if (total < sizeof(SIZE_T) || total > sizeof(SIZE_T) + ATTRIBUTES_MAX * sizeof(attribute))
        return STATUS_INVALID_PARAMETER;
    for (offset = sizeof(SIZE_T); !status && offset + sizeof(attribute) <= total;
         offset += sizeof(attribute)) {
        status =
            user_get(&attribute, (const struct thread_attribute *)((const char *)list + offset));
        if (status)
            break;
        if (attribute.attribute == ATTRIBUTE_CLIENT_ID) {
            CLIENT_ID id = {(HANDLE)(uintptr_t)process.pid, (HANDLE)(uintptr_t)thread->tid};

            status = attribute_put(&attribute, &id, sizeof(id));
        } else if (attribute.attribute == ATTRIBUTE_TEB_ADDRESS) {
            status = attribute_put(&attribute, &thread->teb, sizeof(thread->teb));
        }
    }
    return status;
}

static NTSTATUS object_attributes_flags(const OBJECT_ATTRIBUTES *user, ULONG *ret_flags)
{
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;

    *ret_flags = 0;
    if (!user)
        return STATUS_SUCCESS;
    status = user_get(&attributes, user);
    if (!status)
        *ret_flags = attributes.Attributes;
    return status;
}

static NTSTATUS process_check(HANDLE handle)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    NTSTATUS status;

    if (handle == (HANDLE)(intptr_t)-1)
        return STATUS_SUCCESS;
    status = process_require_current("NtCreateThreadEx", handle);
    if (status || handle_is_server(handle))
        return status;
    return handle_lookup(handle, PROCESS_CREATE_THREAD, &process_type, &object);
}

/* A thread that came in a message may be one of this process. */
static NTSTATUS thread_from_server(HANDLE handle, ACCESS_MASK access, struct thread **ret_thread)
{
    enum object_kind kind;
    uint32_t granted;
    CLIENT_ID id;
    NTSTATUS exit_status, status = shared_thread_query(handle, &id, &exit_status);

    if (status)
        return status;
    if ((pid_t)(uintptr_t)id.UniqueProcess != process.pid) {
        unimplemented_once("this operation on", "a thread of another process", NO_NUMBER);
        return STATUS_NOT_SUPPORTED;
    }
    status =
        (NTSTATUS)portico_handle_kind((handle_t)(uintptr_t)handle & ~(handle_t)3, &kind, &granted);
    if (status)
        return status;
    if (access & ~granted)
        return STATUS_ACCESS_DENIED;
    *ret_thread = thread_by_tid((pid_t)(uintptr_t)id.UniqueThread);
    return *ret_thread ? STATUS_SUCCESS : STATUS_THREAD_IS_TERMINATING;
}

NTSTATUS thread_from_handle(HANDLE handle, ACCESS_MASK access, struct thread **ret_thread)
{
    struct nt_object *object;
    NTSTATUS status;

    if (handle == (HANDLE)(intptr_t)-2) {
        *ret_thread = thread_current();
        nt_object_ref(&(*ret_thread)->header.header);
        return STATUS_SUCCESS;
    }
    if (handle_is_server(handle))
        return thread_from_server(handle, access, ret_thread);
    status = handle_lookup(handle, access, &thread_type, &object);
    if (!status)
        *ret_thread = thread_from_object(object);
    return status;
}

void thread_unrefp(struct thread **thread)
{
    if (*thread)
        nt_object_unref(&(*thread)->header.header);
}

/* The handle goes to the program before the thread runs PE code: it is made suspended and let go at
 * the end. */
static NTSTATUS thread_publish(struct thread *thread, ACCESS_MASK access, ULONG handle_flags,
                               const void *attribute_list, HANDLE *user_handle)
{
    HANDLE handle;
    NTSTATUS status = attributes_answer(attribute_list, thread);

    if (!status)
        status = handle_new(&thread->header.header, access, handle_flags, &handle);
    if (status)
        return status;
    status = user_put(user_handle, &handle);
    if (status)
        handle_close(handle);
    return status;
}

NTSTATUS WINAPI NtCreateThreadEx(HANDLE *user_handle, ACCESS_MASK access,
                                 OBJECT_ATTRIBUTES *object_attributes, HANDLE process_handle,
                                 PRTL_THREAD_START_ROUTINE start, void *argument, ULONG flags,
                                 ULONG_PTR zero_bits, SIZE_T stack_commit, SIZE_T stack_reserve,
                                 PS_ATTRIBUTE_LIST *attribute_list)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;
    struct thread_options options = {.start = (void *)start,
                                     .argument = argument,
                                     .stack_commit = stack_commit,
                                     .stack_reserve = stack_reserve,
                                     .suspended = true,
                                     .skip_attach = flags & CREATE_FLAG_SKIP_ATTACH};
    ULONG handle_flags;
    NTSTATUS status;

    if (flags &
        ~(ULONG)(CREATE_FLAG_SUSPENDED | CREATE_FLAG_SKIP_ATTACH | CREATE_FLAG_HIDE_FROM_DEBUGGER))
        return STATUS_INVALID_PARAMETER_7;
    if (zero_bits > 21)
        return STATUS_INVALID_PARAMETER_8;
    options.zero_limit = zero_bits ? (1ull << (64 - 11 - zero_bits)) : 0;
    status = process_check(process_handle);
    if (!status)
        status = object_attributes_flags(object_attributes, &handle_flags);
    if (!status)
        status = thread_create(&options, &thread);
    if (status)
        return status;
    status = thread_publish(thread, access, handle_flags, attribute_list, user_handle);
    if (status) {
        thread_terminate(thread, STATUS_UNSUCCESSFUL);
        return status;
    }
    if (!(flags & CREATE_FLAG_SUSPENDED)) {
        thread_resume(thread);
    }
    return STATUS_SUCCESS;
}

/* TODO(process): threads of other processes. Linux knows which ids are some thread's. */
static NTSTATUS thread_refuse(pid_t tid)
{
    if (tid > 0 && (!syscall(SYS_tkill, tid, 0) || errno != ESRCH)) {
        unimplemented_once("NtOpenThread", "a thread of another process", NO_NUMBER);
        return STATUS_NOT_SUPPORTED;
    }
    return STATUS_INVALID_CID;
}

NTSTATUS WINAPI NtOpenThread(HANDLE *user_handle, ACCESS_MASK access,
                             const OBJECT_ATTRIBUTES *object_attributes, const CLIENT_ID *user_id)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;
    HANDLE handle = NULL;
    ULONG flags;
    CLIENT_ID id;
    NTSTATUS status = user_put(user_handle, &handle);

    if (!status)
        status = object_attributes_flags(object_attributes, &flags);
    if (!status)
        status = user_get(&id, user_id);
    if (status)
        return status;
    thread = thread_by_tid((pid_t)(uintptr_t)id.UniqueThread);
    if (!thread || (id.UniqueProcess && (pid_t)(uintptr_t)id.UniqueProcess != process.pid))
        return thread_refuse(thread ? 0 : (pid_t)(uintptr_t)id.UniqueThread);
    status = handle_new(&thread->header.header, access, flags, &handle);
    if (!status)
        status = user_put(user_handle, &handle);
    return status;
}

NTSTATUS WINAPI NtTerminateThread(HANDLE handle, LONG exit_code)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;
    NTSTATUS status;

    if (!handle)
        handle = (HANDLE)(intptr_t)-2;
    status = thread_from_handle(handle, THREAD_TERMINATE, &thread);
    if (status == STATUS_OBJECT_TYPE_MISMATCH)
        return remote_thread_refuse(__func__, handle);
    if (status)
        return status;
    thread_terminate(thread, exit_code);
    if (thread != thread_current())
        thread_request_stop(thread); /* from here it does not run PE code */
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtSuspendThread(HANDLE handle, ULONG *user_count)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;
    NTSTATUS status = thread_from_handle(handle, THREAD_SUSPEND_RESUME, &thread);
    ULONG count = 0;

    if (status == STATUS_OBJECT_TYPE_MISMATCH)
        return remote_thread_refuse(__func__, handle);
    if (!status)
        status = thread_suspend(thread, &count);
    if (!status && user_count)
        status = user_put(user_count, &count);
    return status;
}

/* The count is optional: kernelbase passes NULL. */
NTSTATUS WINAPI NtResumeThread(HANDLE handle, ULONG *user_count)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;
    NTSTATUS status = thread_from_handle(handle, THREAD_SUSPEND_RESUME, &thread);
    ULONG count = 0;

    if (status == STATUS_OBJECT_TYPE_MISMATCH)
        status = remote_thread_resume(handle, &count);
    if (status)
        return status;
    if (thread)
        count = thread_resume(thread);
    return user_count ? user_put(user_count, &count) : STATUS_SUCCESS;
}

NTSTATUS WINAPI NtAlertResumeThread(HANDLE handle, ULONG *user_count)
{
    NTSTATUS status = NtAlertThread(handle);

    return status ? status : NtResumeThread(handle, user_count);
}
