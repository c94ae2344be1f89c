/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What one thread does to another: stop it, end it, hand it an APC.
 *
 * A request is a bit in frame.pending and a signal. The thread acts in the signal's handler when it
 * was interrupted in PE code, else at its system call's exit; it acknowledges in the handler in
 * both cases: from then on it cannot execute PE code before the stop word is 0, and its context
 * (frame or signal frame) holds still.
 *
 * RACE 3: suspend, while an earlier resume has not yet been seen. thread_stop_here sets `stopped`
 * to 0 before it looks at the stop word a last time; who sets the stop word looks at `stopped`
 * after. One of the two sees the other: either the thread stays, or the requester sees 0 and waits
 * for the acknowledgement of its own request.
 */

#include "thread.h"

#include "context.h"
#include "control.h"
#include "exception.h"
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static void futex_wake_all(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void futex_wait(_Atomic uint32_t *word, uint32_t value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void thread_acknowledge(struct thread *thread)
{
    atomic_store(&thread->stop_ack, atomic_load(&thread->stop_request));
    futex_wake_all(&thread->stop_ack);
}

void thread_stop_here(struct thread *thread, ucontext_t *context)
{
    control_watch();
    atomic_store(&thread->stopped_context, context);
    do {
        atomic_store(&thread->stopped, 1);
        thread_acknowledge(thread);
        while (atomic_load(&thread->stop))
            futex_wait(&thread->stop, 1);
        atomic_store(&thread->stopped, 0); /* RACE 3 */
    } while (atomic_load(&thread->stop));
    atomic_store(&thread->stopped_context, NULL);
}

void thread_attention(struct thread *thread, uint32_t pending)
{
    atomic_fetch_or(&thread->frame.pending, pending);
    thread_lock();
    if (!thread->ended && thread->tid)
        syscall(SYS_tgkill, getpid(), thread->tid, SIGNAL_ATTENTION);
    thread_unlock();
}

NTSTATUS thread_request_stop(struct thread *thread)
{
    uint32_t request, seen;

    if (thread == thread_current())
        return STATUS_SUCCESS;
    if (atomic_load(&thread->stopped) && atomic_load(&thread->stop))
        return STATUS_SUCCESS;
    request = atomic_fetch_add(&thread->stop_request, 1) + 1;
    thread_attention(thread, 0);
    while ((seen = atomic_load(&thread->stop_ack)) != UINT32_MAX && (int32_t)(seen - request) < 0)
        futex_wait(&thread->stop_ack, seen);
    return seen == UINT32_MAX ? STATUS_THREAD_IS_TERMINATING : STATUS_SUCCESS;
}

NTSTATUS thread_suspend(struct thread *thread, ULONG *ret_previous)
{
    thread_lock();
    *ret_previous = thread->suspend_count;
    if (thread->ended || atomic_load(&thread->frame.pending) & PENDING_TERMINATE) {
        thread_unlock();
        return STATUS_THREAD_IS_TERMINATING;
    }
    if (thread->suspend_count == MAXIMUM_SUSPEND_COUNT) {
        thread_unlock();
        return STATUS_SUSPEND_COUNT_EXCEEDED;
    }
    if (!thread->suspend_count++) {
        atomic_store(&thread->stop, 1);
        atomic_fetch_or(&thread->frame.pending, PENDING_SUSPEND);
    }
    thread_unlock();
    return thread_request_stop(thread);
}

ULONG thread_resume(struct thread *thread)
{
    unsigned previous;

    thread_lock();
    previous = thread->suspend_count;
    if (previous && !--thread->suspend_count) {
        atomic_store(&thread->stop, 0);
        futex_wake_all(&thread->stop);
    }
    thread_unlock();
    return previous;
}

void thread_terminate(struct thread *thread, uint32_t exit_code)
{
    thread_lock();
    if (!(atomic_load(&thread->frame.pending) & PENDING_TERMINATE))
        thread->exit_code = exit_code;
    thread_unlock();
    atomic_fetch_or(&thread->frame.pending, PENDING_TERMINATE);
    atomic_store(&thread->stop, 0); /* a suspended thread ends too */
    futex_wake_all(&thread->stop);
    if (thread == thread_current())
        return; /* at this system call's exit */
    wait_terminate(&thread->wait);
    thread_attention(thread, 0);
}

void thread_deliver_apcs(void)
{
    if (thread_frame)
        atomic_fetch_or(&thread_frame->pending, PENDING_APC);
}

void thread_exit_work(void)
{
    struct thread *thread = thread_current();
    struct frame *frame = &thread->frame;
    uint32_t pending;
    struct apc apc;

    while ((pending = atomic_load(&frame->pending))) {
        if (pending & PENDING_CONTROL) {
            atomic_fetch_and(&frame->pending, ~PENDING_CONTROL);
            control_watch();
        }
        if (pending & PENDING_TERMINATE)
            thread_leave_pe();
        if (pending & PENDING_SUSPEND) {
            atomic_fetch_and(&frame->pending, ~PENDING_SUSPEND);
            thread_stop_here(thread, NULL);
        } else if (pending & PENDING_APC) {
            atomic_fetch_and(&frame->pending, ~PENDING_APC);
            if (wait_apc_take(&thread->wait, &apc))
                apc_enter(frame, apc.function, apc.arguments);
        }
    }
}

/* SIGNAL_ATTENTION: see the head comment. Part of signal.c's table. */
void attention_handle(ucontext_t *context);

extern const char syscall_exit[], syscall_exit_end[];

bool thread_defer_to_exit(ucontext_t *context, uint32_t pending)
{
    struct frame *frame = &thread_current()->frame;
    greg_t *rip = &context->uc_mcontext.gregs[REG_RIP];

    if (*rip >= (greg_t)syscall_exit && *rip < (greg_t)syscall_exit_end) {
        /* RACE 1: on its way out, perhaps past the look at the pending bits: begin the exit again.
         */
        atomic_store(&frame->in_unix, 1);
        *rip = (greg_t)syscall_exit;
    }
    if (!atomic_load(&frame->in_unix))
        return false;
    atomic_fetch_or(&frame->pending, pending);
    return true;
}

void attention_handle(ucontext_t *context)
{
    struct thread *thread = thread_current();
    greg_t *rip = &context->uc_mcontext.gregs[REG_RIP];

    if (!thread)
        return;
    if (thread_defer_to_exit(context, 0)) {
        thread_acknowledge(thread);
        return;
    }
    if (atomic_load(&thread->frame.pending) & PENDING_SUSPEND) {
        atomic_fetch_and(&thread->frame.pending, ~PENDING_SUSPEND);
        thread_stop_here(thread, context);
    }
    if (atomic_load(&thread->frame.pending) & PENDING_TERMINATE)
        *rip = (greg_t)thread_leave_pe;
    thread_acknowledge(thread);
}
