/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Threads of the program.
 *
 * Each is a glibc thread (its stack is the thread's unix stack) with a TEB and a PE stack of its own. GS holds the
 * TEB, FS stays glibc's, and glibc's thread-local variable thread_frame names the thread's system-call frame; it is
 * NULL in helper threads, which never enter PE code.
 *
 * Suspension, termination and APCs act on PE code or at a system call's exit only: who wants one sets a PENDING bit
 * and sends SIGNAL_ATTENTION, whose handler acts if the thread executes PE code and leaves it to the exit otherwise.
 * The signal also ends a blocking Linux call with EINTR.
 *
 * Lock: thread_lock guards the list, suspend_count and exit_code; it may be held around the dispatcher lock.
 */
#pragma once

#include "frame.h"
#include "ntwait.h"
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <ucontext.h>

#define SIGNAL_ATTENTION (SIGRTMIN + 1)

enum {
    PENDING_SUSPEND   = 1,
    PENDING_TERMINATE = 2,
    PENDING_APC       = 4, /* entries in wait.apcs are to be delivered at the exit */
    PENDING_CONTROL   = 8, /* a signal came and nobody watches for it: control.c */
};

struct thread {
    struct frame frame;         /* first: dispatch.S and thread_frame */
    struct notification header; /* signalled when the thread has ended */
    struct wait_thread wait;
    struct ntlist link; /* thread_lock */
    TEB *teb;
    pid_t tid;
    pthread_t pthread;
    void *start, *argument;     /* for RtlUserThreadStart */
    void *pe_stack;             /* base of its view; NULL once released */
    unsigned suspend_count;     /* thread_lock */
    _Atomic uint32_t stop;      /* futex: 1 while it must not run PE code */
    _Atomic uint32_t stopped;   /* 1 while it sits in thread_stop_here */
    _Atomic uint32_t stop_request, stop_ack; /* equal: it has seen the last request; stop_ack is a futex */
    void *_Atomic stopped_context; /* ucontext_t when stopped inside PE code, NULL: the frame is its context */
    _Atomic uint32_t started;   /* futex */
    uint32_t exit_code;
    int priority;               /* THREAD_BASE_PRIORITY delta, remembered only */
    _Atomic uint32_t ideal_processor; /* the same */
    bool is_main;
    bool ended; /* thread_lock */
    _Atomic bool was_given_token; /* by another thread: token_thread.c */
    bool is_leaving; /* shared_lock: too late to be shared */
    uint64_t create_time, exit_time; /* NT times */
    WCHAR *name; /* NtSetInformationThread(ThreadNameInformation); thread_lock */
    unsigned name_size;
};

extern __thread struct frame *thread_frame __attribute__((tls_model("initial-exec")));
extern const struct nt_type thread_type;

/* The calling thread, or NULL for a helper thread. */
struct thread *thread_current(void);
struct nt_object *thread_object_current(void);
struct nt_object *process_object_current(void);
/* NULL when the object is not a thread. */
struct wait_thread *thread_wait_state(struct nt_object *object);
/* A reference to the thread with this id, or NULL. */
struct thread *thread_by_tid(pid_t tid);

/* At the exit of the current system call APCs are delivered, if there are any. Call it on the thread itself
 * (a wait that returns STATUS_USER_APC, NtTestAlert, NtContinue with alertable). */
void thread_deliver_apcs(void);
/* Makes another thread look at its pending bits. */
void thread_attention(struct thread *thread, uint32_t pending);

/* How many live threads the process has. */
unsigned thread_count(void);

/* --- boot's own files only --- */

void thread_lock(void);
void thread_unlock(void);
/* The list of live threads; thread_lock. */
extern struct ntlist threads;
/* The process ends: a thread that begins now ends before it runs PE code. thread_lock. */
extern bool threads_are_ending;
bool threads_end(void); /* the same, for who does not hold the lock */

struct thread_options {
    void *start, *argument;
    size_t stack_reserve, stack_commit; /* 0: the program header's */
    uintptr_t zero_limit;
    bool suspended;
    bool skip_attach;
    bool is_control; /* ldr_start.c: it waits for no DllMain */
};
/* A started thread with a reference for the caller; it has run its ELF start-up when this returns. */
NTSTATUS thread_create(const struct thread_options *options, struct thread **ret_thread);
/* Makes the calling glibc thread the program's first one, which begins at `start`; runs it to its end. */
NTSTATUS thread_run_first(void *start, void *argument);

/* The thread does not run PE code before the stop word is 0. context: where it was interrupted, NULL at an exit. */
void thread_stop_here(struct thread *thread, ucontext_t *context);
/* Sends the signal and waits until the thread has seen it; STATUS_THREAD_IS_TERMINATING when it ended. */
NTSTATUS thread_request_stop(struct thread *thread);
void thread_terminate(struct thread *thread, uint32_t exit_code);
/* Counts as NT does; the previous count. A suspended thread has seen the request when the call returns, the calling
 * thread itself stops at its system call's exit. STATUS_SUSPEND_COUNT_EXCEEDED. */
NTSTATUS thread_suspend(struct thread *thread, ULONG *ret_previous);
ULONG thread_resume(struct thread *thread);
/* A reference; NtCurrentThread() works. */
NTSTATUS thread_from_handle(HANDLE handle, ACCESS_MASK access, struct thread **ret_thread);
void thread_unrefp(struct thread **thread);
/* At a system call's exit, from dispatch.S: the pending bits. */
void thread_exit_work(void);
/* In a handler of the calling thread: false when it was interrupted in PE code, else the bits will be looked at when
 * its system call ends. */
bool thread_defer_to_exit(ucontext_t *context, uint32_t pending);

void thread_enter_pe(void);
void thread_leave_pe(void) __attribute__((noreturn));
static inline struct thread *thread_from_object(struct nt_object *object)
{
    return (struct thread *)((char *)object - offsetof(struct thread, header.header));
}
