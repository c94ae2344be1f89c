/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What threads impersonate. The server keeps it, by thread id: its access checks go by it. Here is
 * only known whether any thread of the process ever did, so that programs that never impersonate
 * (and ask all the same, as kernelbase does) need no server. */
#include "token.h"

#include "client.h"
#include "create.h"
#include "ntprocess.h"
#include "thread.h"
#include "usermem.h"
#include <unistd.h>

static _Atomic bool any_thread;

bool token_any_thread(void)
{
    return any_thread;
}

void token_thread_changed(void)
{
    any_thread = true;
}

static NTSTATUS impersonate(struct thread *thread, struct portico_impersonation *how)
{
    client_need();
    how->thread_id = (uint32_t)thread->tid;
    if (thread != thread_current())
        thread->was_given_token = true;
    if (how->kind != TOKEN_IMPERSONATION_NONE)
        any_thread = true;
    return (NTSTATUS)portico_thread_impersonate(how);
}

NTSTATUS token_thread_set(struct thread *thread, const void *user, ULONG size)
{
    _cleanup_nt_(token_refp) struct token_ref ref = {0};
    struct portico_impersonation how = {.kind = TOKEN_IMPERSONATION_NONE};
    HANDLE handle;

    if (size != sizeof(handle))
        return STATUS_INFO_LENGTH_MISMATCH;
    TRY(USER_GET(handle, (const HANDLE *)user));
    if (!handle)
        return any_thread ? impersonate(thread, &how) : STATUS_SUCCESS;
    TRY(token_resolve(handle, TOKEN_IMPERSONATE, &ref));
    if (!ref.handle) /* the process' own, a primary token */
        return STATUS_BAD_TOKEN_TYPE;
    how.kind = TOKEN_IMPERSONATION_HANDLE;
    how.token = ref.handle;
    return impersonate(thread, &how);
}

void token_thread_ended(struct thread *thread)
{
    struct portico_impersonation how = {.kind = TOKEN_IMPERSONATION_NONE};

    /* What the server drops with the thread's request socket; this one may never have had one. */
    (void)impersonate(thread, &how);
}

static NTSTATUS thread_token_open(HANDLE thread_handle, ACCESS_MASK access, BOOLEAN as_self,
                                  ULONG attributes, PHANDLE ret_handle)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;
    struct token_open_request request = {
        .as_self = as_self, .access = access, .attributes = attributes};
    struct token_open_reply reply;
    struct creation creation;
    struct control *control;

    TRY(create_begin(ret_handle, NULL, &creation));
    TRY(thread_from_handle(thread_handle, THREAD_QUERY_INFORMATION, &thread));
    if (!any_thread)
        return STATUS_NO_TOKEN;
    client_need();
    control = portico_control();
    if (!control)
        return STATUS_INSUFFICIENT_RESOURCES;
    request.thread_id = (uint32_t)thread->tid;
    TRY((NTSTATUS)call_token_open(control, &request, &reply, NULL));
    return server_handle_give(ret_handle, reply.handle);
}

NTSTATUS WINAPI NtOpenThreadToken(HANDLE thread, DWORD access, BOOLEAN as_self, HANDLE *ret_handle)
{
    return thread_token_open(thread, access, as_self, 0, ret_handle);
}

NTSTATUS WINAPI NtOpenThreadTokenEx(HANDLE thread, DWORD access, BOOLEAN as_self, DWORD attributes,
                                    HANDLE *ret_handle)
{
    return thread_token_open(thread, access, as_self, attributes, ret_handle);
}

NTSTATUS WINAPI NtImpersonateAnonymousToken(HANDLE thread_handle)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;
    struct portico_impersonation how = {.kind = TOKEN_IMPERSONATION_ANONYMOUS};

    TRY(thread_from_handle(thread_handle, THREAD_IMPERSONATE, &thread));
    return impersonate(thread, &how);
}

/* The first thread acts as the second does now. UNKNOWN: a missing quality of service is a bad
 * pointer, as for other system calls that need theirs. */
NTSTATUS WINAPI NtImpersonateThread(HANDLE thread_handle, HANDLE source_handle,
                                    SECURITY_QUALITY_OF_SERVICE *user_qos)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL, *source = NULL;
    struct portico_impersonation how = {.kind = TOKEN_IMPERSONATION_THREAD};
    bool has_qos;

    TRY(qos_read(user_qos, &has_qos, &how.qos));
    if (!has_qos)
        return STATUS_ACCESS_VIOLATION;
    TRY(thread_from_handle(source_handle, THREAD_DIRECT_IMPERSONATION, &source));
    TRY(thread_from_handle(thread_handle, THREAD_IMPERSONATE, &thread));
    how.source_thread_id = (uint32_t)source->tid;
    return impersonate(thread, &how);
}
