/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* NtContinue, NtRaiseException, NtGetContextThread, NtSetContextThread.
 *
 * The first two change the calling thread's own frame: the exit from this system call is the
 * switch. The others act on a thread that is suspended (it has acknowledged, so its context holds
 * still), or, as on Windows, on a running one by stopping it for the moment.
 */

#include "context.h"
#include "exception.h"
#include "ntprocess.h"
#include "remote_thread.h"
#include "thread.h"
#include "usercopy.h"
#include <string.h>

enum { DR7_ENABLES = 0xff };

static bool is_user_address(DWORD64 address)
{
    return address < 0x800000000000;
}

/* DIFFERS: breakpoints in debug registers, which Linux lets a process set for another one only
 * (ptrace). What sets none is done: the registers are zero. */
static bool sets_debug_registers(const CONTEXT *context)
{
    return (context->ContextFlags & CONTEXT_DEBUG_REGISTERS) == CONTEXT_DEBUG_REGISTERS &&
           (context->Dr0 || context->Dr1 || context->Dr2 || context->Dr3 ||
            (context->Dr7 & DR7_ENABLES));
}

NTSTATUS WINAPI NtContinue(CONTEXT *user, BOOLEAN alertable)
{
    struct frame *frame = thread_frame;
    CONTEXT context;
    NTSTATUS status = user_get(&context, user);

    if (status)
        return status;
    if (!is_user_address(context.Rip) && context.ContextFlags & 1)
        return STATUS_ACCESS_VIOLATION;
    if (sets_debug_registers(&context)) /* by an exception's handler; there is nobody to refuse */
        unimplemented_once(__func__, "setting debug registers (breakpoints)", NO_NUMBER);
    context_to_frame(&context, frame);
    status = context_extended_to_frame(user, &context, frame);
    if (!status && alertable)
        thread_deliver_apcs();
    return status;
}

NTSTATUS WINAPI NtRaiseException(EXCEPTION_RECORD *user_record, CONTEXT *user_context,
                                 BOOL first_chance)
{
    EXCEPTION_RECORD record;
    CONTEXT context;
    NTSTATUS status = user_get(&record, user_record);

    if (!status)
        status = user_get(&context, user_context);
    if (status)
        return status;
    if (!first_chance)
        exception_unhandled(&record, &context);
    if (!is_user_address(context.Rip))
        return STATUS_ACCESS_VIOLATION;
    return exception_enter(thread_frame, &context, &record);
}

/* Stops the thread for the duration of a context call, as the kernel's special APC does. */
static NTSTATUS thread_hold(struct thread *thread)
{
    ULONG previous;

    return thread_suspend(thread, &previous);
}

NTSTATUS WINAPI NtGetContextThread(HANDLE handle, CONTEXT *user)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;
    CONTEXT context;
    NTSTATUS status = thread_from_handle(handle, THREAD_GET_CONTEXT, &thread);
    ucontext_t *stopped;

    if (status == STATUS_OBJECT_TYPE_MISMATCH)
        return remote_thread_refuse(__func__, handle);
    if (!status)
        status = user_get(&context, user);
    if (status)
        return status;
    context.ContextFlags &= ~(ULONG)(CONTEXT_XSTATE & ~CONTEXT_AMD64);
    if (thread == thread_current()) {
        context_from_frame(&thread->frame, &context);
        return user_put(user, &context);
    }
    status = thread_hold(thread);
    if (status)
        return status;
    stopped = atomic_load(&thread->stopped_context);
    if (stopped)
        context_from_ucontext(stopped, &context);
    else
        context_from_frame(&thread->frame, &context);
    thread_resume(thread);
    return user_put(user, &context);
}

NTSTATUS WINAPI NtSetContextThread(HANDLE handle, const CONTEXT *user)
{
    _cleanup_nt_(thread_unrefp) struct thread *thread = NULL;
    CONTEXT context;
    NTSTATUS status = thread_from_handle(handle, THREAD_SET_CONTEXT, &thread);
    ucontext_t *stopped;

    if (status == STATUS_OBJECT_TYPE_MISMATCH)
        return remote_thread_refuse(__func__, handle);
    if (!status)
        status = user_get(&context, user);
    if (status)
        return status;
    if (!is_user_address(context.Rip) && (context.ContextFlags & 1))
        return STATUS_ACCESS_VIOLATION;
    if (sets_debug_registers(&context)) {
        unimplemented_once(__func__, "setting debug registers (breakpoints)", NO_NUMBER);
        return STATUS_NOT_SUPPORTED;
    }
    if (thread == thread_current()) {
        context_to_frame(&context, &thread->frame);
        return STATUS_SUCCESS;
    }
    status = thread_hold(thread);
    if (status)
        return status;
    stopped = atomic_load(&thread->stopped_context);
    if (stopped)
        context_to_ucontext(&context, stopped);
    else
        context_to_frame(&context, &thread->frame);
    thread_resume(thread);
    return STATUS_SUCCESS;
}
