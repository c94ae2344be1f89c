/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Faults. The handler runs on the thread's alternate stack and decides, in this order:
 *
 *   0. an alignment fault of ELF code that a program's flag has caused: without the flag, retry;
 *   1. the tick page: open it, retry (kuser.c);
 *   2. a user copy (usercopy_asm.S): retry if the page can be used now, else end the copy with the
 * fault's status;
 *   3. ELF code: a bug of Portico's: one line, exit;
 *   4. PE code: retry if it was the stack growing, else an exception in the program.
 *
 * SIGSEGV is not blocked while its handler runs: building the exception's frame writes to the
 * program's stack through a user copy, whose fault is case 2 on the same alternate stack.
 * SIGNAL_ATTENTION and the console's signals are blocked in all of them.
 *
 * Only kernel-made signals (si_code > 0) are faults; a SIGSEGV sent by kill() ends the process as
 * it would any other.
 */

#include "signals.h"

#include "context.h"
#include "exception.h"
#include "fatal.h"
#include "fault.h"
#include "kuser.h"
#include "process.h"
#include "thread.h"
#include "usercopy.h"
#include "virtual.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

extern const char user_copy_begin[], user_copy_end[], user_copy_return[];
extern const char syscall_dispatch[], syscall_exit[], syscall_exit_end[];
extern const char __executable_start[], etext[]; /* the linker's: our own code */
void attention_handle(ucontext_t *context);

enum { TRAP_PAGE_FAULT = 14, TRAP_DEBUG = 1, TRAP_ALIGNMENT = 17 };

#define FLAG_ALIGNMENT_CHECK 0x40000

static bool is_in_user_copy(greg_t rip)
{
    return rip >= (greg_t)user_copy_begin && rip < (greg_t)user_copy_end;
}

/* Whether the thread executes ELF code; on the way out of a system call the registers of PE code
 * may already be loaded: then the frame is the context. */
static bool is_in_elf(const ucontext_t *context)
{
    greg_t rip = context->uc_mcontext.gregs[REG_RIP];

    if (!thread_frame)
        return true;
    if (rip >= (greg_t)syscall_exit && rip < (greg_t)syscall_exit_end)
        return false;
    if (atomic_load(&thread_frame->in_unix))
        return true;
    /* A bug in a handler that interrupted PE code must not become the program's exception. */
    return rip >= (greg_t)__executable_start && rip < (greg_t)etext &&
           !(rip >= (greg_t)syscall_dispatch && rip < (greg_t)syscall_exit);
}

static void fault_report(int number, const siginfo_t *info, const ucontext_t *context)
    __attribute__((noreturn));

static void fault_report(int number, const siginfo_t *info, const ucontext_t *context)
{
    extern const char __ehdr_start[];
    const greg_t *registers = context->uc_mcontext.gregs;

    fatal(PORTICO_EXIT_INTERNAL,
          "internal error: signal %d in Portico's own code at %#llx (portico+%#llx), address %p, "
          "thread %d",
          number, (unsigned long long)registers[REG_RIP],
          (unsigned long long)(registers[REG_RIP] - (greg_t)__ehdr_start), info->si_addr,
          (int)gettid());
}

/* PE code was interrupted while the exit of a system call had loaded half of its registers. */
static void context_complete(ucontext_t *context)
{
    greg_t rip = context->uc_mcontext.gregs[REG_RIP];
    CONTEXT full = {.ContextFlags = CONTEXT_FULL};

    if (rip < (greg_t)syscall_exit || rip >= (greg_t)syscall_exit_end)
        return;
    context_from_frame(thread_frame, &full);
    context_to_ucontext(&full, context);
    atomic_store(&thread_frame->in_unix, 0);
}

static unsigned page_access(const ucontext_t *context)
{
    greg_t error = context->uc_mcontext.gregs[REG_ERR];

    return error & 16 ? 8 : error & 2 ? 1 : 0;
}

/* Case 2; the status of a fault that cannot be mended is the copy's result. */
static void user_copy_fault(int number, const siginfo_t *info, ucontext_t *context)
{
    TEB *teb = thread_frame ? thread_current()->teb : NULL;
    NTSTATUS status = STATUS_IN_PAGE_ERROR;

    if (number == SIGSEGV) {
        status = STATUS_ACCESS_VIOLATION;
        if (context->uc_mcontext.gregs[REG_TRAPNO] == TRAP_PAGE_FAULT)
            status = view_fault(info->si_addr, page_access(context), teb);
        if (!status)
            return;
    }
    context->uc_mcontext.gregs[REG_RAX] = (uint32_t)status;
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)user_copy_return;
}

static bool is_page_fault(int number, const ucontext_t *context)
{
    return number == SIGSEGV && context->uc_mcontext.gregs[REG_TRAPNO] == TRAP_PAGE_FAULT;
}

/* A program may ask the processor for alignment faults, and Linux leaves that on in handlers. Our
 * code and glibc's is not made for it. (Below the red zone.) */
static void alignment_check_end(void)
{
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\t"
                     "pushfq\n\t"
                     "andq %0, (%%rsp)\n\t"
                     "popfq\n\t"
                     "leaq 128(%%rsp), %%rsp" ::"i"(~FLAG_ALIGNMENT_CHECK)
                     : "cc", "memory");
}

/* In a system call the check ends: what the program had is in its frame. */
static bool is_alignment_fault_of_ours(ucontext_t *context)
{
    if (context->uc_mcontext.gregs[REG_TRAPNO] != TRAP_ALIGNMENT || !is_in_elf(context))
        return false;
    context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)FLAG_ALIGNMENT_CHECK;
    return true;
}

static void fault_handler(int number, siginfo_t *info, void *argument)
{
    ucontext_t *context = argument;
    EXCEPTION_RECORD record;
    int saved_errno;

    alignment_check_end();
    saved_errno = errno;
    if (number == SIGBUS && is_alignment_fault_of_ours(context))
        goto done;

    if (is_page_fault(number, context) &&
        kuser_fault((uintptr_t)info->si_addr, page_access(context) == 1))
        goto done;
    if (is_in_user_copy(context->uc_mcontext.gregs[REG_RIP]) &&
        (number == SIGSEGV || number == SIGBUS)) {
        user_copy_fault(number, info, context);
        goto done;
    }
    if (number == SIGTRAP && is_in_elf(context) &&
        context->uc_mcontext.gregs[REG_TRAPNO] == TRAP_DEBUG) {
        context->uc_mcontext.gregs[REG_EFL] &=
            ~(greg_t)0x100; /* a program that steps into a system call */
        goto done;
    }
    if (is_in_elf(context) || info->si_code <= 0)
        fault_report(number, info, context);
    context_complete(context);
    if (fault_to_record(number, info, context, thread_current()->teb, &record))
        exception_enter_from_signal(context, &record);
done:
    errno = saved_errno;
}

static void attention_handler(int number, siginfo_t *info, void *argument)
{
    int saved_errno;

    (void)number;
    (void)info;
    alignment_check_end();
    saved_errno = errno;
    attention_handle(argument);
    errno = saved_errno;
}

void signals_init(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigset_t none;
    unsigned i;

    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGNAL_ATTENTION);
    sigaddset(&action.sa_mask, SIGINT); /* control.c's: their handler may start a thread */
    sigaddset(&action.sa_mask, SIGTERM);
    sigaddset(&action.sa_mask, SIGHUP);
    action.sa_sigaction = fault_handler;
    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        sigaction(faults[i], &action, NULL);
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigfillset(&action.sa_mask);
    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        sigdelset(&action.sa_mask, faults[i]);
    action.sa_sigaction = attention_handler;
    sigaction(SIGNAL_ATTENTION, &action, NULL);
    action = (struct sigaction){.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL); /* a file that may not grow is a status */
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, NULL);
}
