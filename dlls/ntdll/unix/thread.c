/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The life of a thread: made, started, ended. What other threads may do to it is in thread_stop.c;
 * the system calls are in thread_calls.c.
 *
 * Memory: struct thread with the XSAVE buffer behind it; the TEB and the PE stack are views; the
 * unix stack and, at its upper end, the alternate signal stack belong to glibc. A thread leaves PE
 * code for the last time through thread_leave_pe, which returns from thread_enter_pe in thread_run;
 * only then the PE stack and TEB are given back.
 */

#include "thread.h"

#include "common/seldom.h"
#include "context.h"
#include "control.h"
#include "io_operation.h"
#include "process.h"
#include "shared.h"
#include "teb.h"
#include "token.h"
#include "usercopy.h"
#include "virtual.h"
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    ALTERNATE_STACK_BYTES = 64 * 1024,
    UNIX_STACK_BYTES = 256 * 1024,
};

_Static_assert(offsetof(struct frame, rip) == FRAME_RIP, "layout");
_Static_assert(offsetof(struct frame, eflags) == FRAME_EFLAGS, "layout");
_Static_assert(offsetof(struct frame, rsp) == FRAME_RSP, "layout");
_Static_assert(offsetof(struct frame, mxcsr) == FRAME_MXCSR, "layout");
_Static_assert(offsetof(struct frame, restore) == FRAME_RESTORE, "layout");
_Static_assert(offsetof(struct frame, pending) == FRAME_PENDING, "layout");
_Static_assert(offsetof(struct frame, in_unix) == FRAME_IN_UNIX, "layout");
_Static_assert(offsetof(struct frame, unix_rsp) == FRAME_UNIX_RSP, "layout");
_Static_assert(offsetof(struct frame, xsave) == FRAME_XSAVE, "layout");
_Static_assert(offsetof(struct frame, xsave_mask) == FRAME_MASK, "layout");
_Static_assert(offsetof(struct frame, r15) == FRAME_R15, "layout");
_Static_assert(offsetof(struct frame, xmm6_15) == FRAME_XMM6, "layout");
_Static_assert(offsetof(struct thread, frame) == 0, "thread_frame is the thread");

__thread struct frame *thread_frame __attribute__((tls_model("initial-exec")));
struct ntlist threads = {&threads, &threads};
bool threads_are_ending;
static unsigned n_threads;
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;

void thread_lock(void)
{
    pthread_mutex_lock(&list_lock);
}

void thread_unlock(void)
{
    pthread_mutex_unlock(&list_lock);
}

struct thread *thread_current(void)
{
    return (struct thread *)thread_frame;
}

struct nt_object *thread_object_current(void)
{
    return thread_frame ? &thread_current()->header.header : NULL;
}

struct wait_thread *thread_wait_state(struct nt_object *object)
{
    return object->type == &thread_type ? &thread_from_object(object)->wait : NULL;
}

unsigned thread_count(void)
{
    unsigned n;

    thread_lock();
    n = n_threads;
    thread_unlock();
    return n;
}

bool threads_end(void)
{
    bool end;

    thread_lock();
    end = threads_are_ending;
    thread_unlock();
    return end;
}

struct thread *thread_by_tid(pid_t tid)
{
    struct thread *found = NULL;
    struct ntlist *link;

    thread_lock();
    for (link = threads.next; link != &threads && !found; link = link->next) {
        struct thread *thread = ntlist_entry(link, struct thread, link);

        if (thread->tid == tid) {
            found = thread;
            nt_object_ref(&found->header.header);
        }
    }
    thread_unlock();
    return found;
}

static void thread_destroy(struct nt_object *object)
{
    struct thread *thread = thread_from_object(object);

    wait_thread_deinit(&thread->wait);
    free(thread->name);
    free(thread);
}

static NTSTATUS thread_share(struct nt_object *object, uint32_t *ret_server)
{
    struct thread *thread = thread_from_object(object);

    if (thread->is_leaving) /* the server would never hear of its end */
        return STATUS_THREAD_IS_TERMINATING;
    return shared_thread_new(process.pid, thread->tid, ret_server);
}

/* On the thread: nobody shares it from now on; if somebody did, the server is told. */
static void thread_leave_shared(struct thread *thread)
{
    shared_lock();
    thread->is_leaving = true;
    shared_unlock();
    if (thread->header.header.shared)
        shared_thread_exit(thread->exit_code);
}

const struct nt_type thread_type = {
    .name = u"Thread",
    .valid = THREAD_ALL_ACCESS,
    .generic = {STANDARD_RIGHTS_READ | THREAD_QUERY_INFORMATION | THREAD_GET_CONTEXT,
                STANDARD_RIGHTS_WRITE | THREAD_TERMINATE | THREAD_SUSPEND_RESUME |
                    THREAD_SET_INFORMATION | THREAD_SET_CONTEXT,
                STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE},
    .is_signaled = notification_is_signaled,
    .destroy = thread_destroy,
    .share = thread_share,
};

static struct thread *thread_new(void)
{
    size_t size = (sizeof(struct thread) + 63) & ~(size_t)63;
    struct thread *thread = aligned_alloc(64, size + ((context_xsave_size() + 63) & ~(size_t)63));

    if (!thread)
        return NULL;
    memset(thread, 0, size + context_xsave_size());
    thread->frame.xsave = (char *)thread + size;
    thread->frame.in_unix = 1;
    nt_object_init(&thread->header.header, &thread_type);
    wait_thread_init(&thread->wait, 0);
    thread->create_time = nt_time_now();
    return thread;
}

/* TEB and PE stack. */
static NTSTATUS thread_memory_new(struct thread *thread, const struct thread_options *options)
{
    size_t reserve =
        options->stack_reserve ? options->stack_reserve : process.exe_info.stack_reserve;
    size_t commit = options->stack_commit ? options->stack_commit : process.exe_info.stack_commit;
    INITIAL_TEB stack;
    NTSTATUS status = view_stack_new(reserve, commit, options->zero_limit, &stack);

    if (status)
        return status;
    thread->pe_stack = stack.DeallocationStack;
    return teb_new(&stack, options->skip_attach, &thread->teb);
}

/* On its stack: the CONTEXT that LdrInitializeThunk continues. The stack is new memory of ours: no
 * fault possible. */
static void thread_context_prepare(struct thread *thread)
{
    CONTEXT *context =
        (CONTEXT *)(((uintptr_t)thread->teb->Tib.StackBase - 0x100 - sizeof(CONTEXT)) & ~63ul);
    uint64_t *rsp = (uint64_t *)((char *)context - 0x20 - 8);

    memset(context, 0, sizeof(*context));
    context->ContextFlags = CONTEXT_FULL;
    context->Rip = (DWORD64)process.entries.RtlUserThreadStart;
    context->Rcx = (DWORD64)thread->start;
    context->Rdx = (DWORD64)thread->argument;
    /* As a called function finds it: home area above the return address, which is 0: the walk ends
     * here. */
    context->Rsp = (DWORD64)thread->teb->Tib.StackBase - 0x28;
    context->EFlags = 0x202;
    context->SegCs = 0x33;
    context->SegSs = 0x2b;
    context->MxCsr = 0x1f80;
    context->FltSave.ControlWord = 0x27f;
    context->FltSave.MxCsr = 0x1f80;
    context_to_frame(context, &thread->frame);
    *rsp = 0;
    thread->frame.rip = (uint64_t)process.entries.LdrInitializeThunk;
    thread->frame.rcx = (uint64_t)context;
    thread->frame.rsp = (uint64_t)rsp;
}

static void thread_freep(struct thread **thread)
{
    if (!*thread)
        return;
    if ((*thread)->teb)
        teb_free((*thread)->teb);
    if ((*thread)->pe_stack)
        view_release((*thread)->pe_stack);
    nt_object_unref(&(*thread)->header.header);
}

static NTSTATUS thread_prepare(const struct thread_options *options, struct thread **ret_thread)
{
    _cleanup_nt_(thread_freep) struct thread *thread = thread_new();
    NTSTATUS status = thread ? thread_memory_new(thread, options) : STATUS_NO_MEMORY;

    if (status)
        return status;
    thread->start = options->start;
    thread->argument = options->argument;
    thread_context_prepare(thread);
    thread->frame.rdx = options->is_control;
    if (options->suspended) {
        thread->suspend_count = 1;
        thread->stop = 1;
        thread->frame.pending = PENDING_SUSPEND;
    }
    *ret_thread = thread;
    thread = NULL;
    return STATUS_SUCCESS;
}

/* On the thread itself: known to everybody from here. */
static void thread_begin(struct thread *thread, void *alternate_stack)
{
    stack_t stack = {.ss_sp = alternate_stack, .ss_size = ALTERNATE_STACK_BYTES};

    thread->tid = (pid_t)syscall(SYS_gettid);
    thread->wait.tid = thread->tid;
    thread->pthread = pthread_self();
    sigaltstack(&stack, NULL);
    teb_set_ids(thread->teb, process.pid, thread->tid);
    teb_activate(thread->teb);
    wait_thread_attach(&thread->wait);
    thread_frame = &thread->frame;
    nt_object_ref(&thread->header.header); /* the running thread's own */
    thread_lock();
    if (threads_are_ending) { /* made by one that had been told to end, but was still making it */
        atomic_fetch_or(&thread->frame.pending, PENDING_TERMINATE);
        atomic_store(&thread->stop, 0);
    }
    ntlist_append(&threads, &thread->link);
    n_threads++;
    thread_unlock();
}

/* On the thread, on its unix stack, after PE code has run for the last time. */
static void thread_end(struct thread *thread)
{
    bool last, is_process_ending;

    thread_lock();
    thread->ended = true;
    ntlist_unlink(&thread->link);
    last = --n_threads == 0;
    is_process_ending = threads_are_ending;
    thread_unlock();
    if (last)
        process_exit(thread->exit_code);
    /* Whoever waits for it to stop sees that it never runs PE code again. */
    atomic_store(&thread->stop_ack, UINT32_MAX);
    syscall(SYS_futex, &thread->stop_ack, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    if (thread->was_given_token)
        token_thread_ended(thread);
    io_thread_ended(&thread->wait);
    thread_leave_shared(thread);
    wait_thread_exit(&thread->wait);
    thread_frame = NULL;
    teb_activate(NULL);
    /* A thread that was terminated from outside is still in the PE half's list of TEBs: its TEB is
     * leaked, as Windows of old leaked such a thread's stack. */
    if (!thread->teb->TlsLinks.Flink)
        teb_free(thread->teb);
    thread->teb = NULL;
    /* While a process ends its threads are stopped one after another: those that still run may look
     * at what lies on the stack of one that does not. */
    if (!is_process_ending)
        view_release(thread->pe_stack);
    thread->pe_stack = NULL;
    thread->exit_time = nt_time_now();
    notification_signal(&thread->header);
    nt_object_unref(&thread->header.header);
}

static void *thread_main(void *argument)
{
    _Alignas(64) char alternate_stack[ALTERNATE_STACK_BYTES];
    struct thread *thread = argument;

    thread_begin(thread, alternate_stack);
    atomic_store(&thread->started, 1);
    syscall(SYS_futex, &thread->started, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    thread_enter_pe();
    thread_end(thread);
    return NULL;
}

NTSTATUS thread_create(const struct thread_options *options, struct thread **ret_thread)
{
    _cleanup_nt_(thread_freep) struct thread *thread = NULL;
    pthread_attr_t attributes;
    pthread_t handle;
    NTSTATUS status = thread_prepare(options, &thread);
    int error;

    if (status)
        return status;
    control_watch();
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, UNIX_STACK_BYTES + ALTERNATE_STACK_BYTES);
    nt_object_ref(&thread->header.header); /* it may end before we look at it */
    error = pthread_create(&handle, &attributes, thread_main, thread);
    pthread_attr_destroy(&attributes);
    if (error) {
        nt_object_unref(&thread->header.header);
        return STATUS_NO_MEMORY;
    }
    while (!atomic_load(&thread->started))
        syscall(SYS_futex, &thread->started, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    nt_object_unref(&thread->header.header);
    *ret_thread = thread;
    thread = NULL;
    return STATUS_SUCCESS;
}

NTSTATUS thread_run_first(void *start, void *argument)
{
    static _Alignas(64) char alternate_stack[ALTERNATE_STACK_BYTES] SELDOM;
    struct thread_options options = {.start = start, .argument = argument};
    struct thread *thread;
    NTSTATUS status = thread_prepare(&options, &thread);

    if (status)
        return status;
    thread->is_main = true;
    thread_begin(thread, alternate_stack);
    thread_enter_pe();
    thread_end(thread);
    nt_object_unref(&thread->header.header);
    pthread_exit(NULL); /* other threads of the program go on */
}
