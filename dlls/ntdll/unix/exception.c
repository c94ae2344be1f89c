/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Exceptions and APCs enter PE code by a context switch: what the program was doing is written to
 * its own stack, below a gap of 128 bytes, and rip and rsp change. Layout: struct exception_stack
 * (context.h), which the PE half's unwind directives repeat.
 *
 * The write may fault: the stack may have to grow, may be full, may be no memory at all. It goes
 * through the user copy routines, page by page from above so that guard pages are met in order. A
 * stack overflow met here replaces the exception; if there is no room even then the process ends,
 * as Windows ends it.
 */

#include "exception.h"

#include "context.h"
#include "fatal.h"
#include "process.h"
#include "thread.h"
#include "usercopy.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    GAP_BYTES = 128,
    PAGE_BYTES = 0x1000,
};

static const char *exception_name(ULONG code)
{
    switch (code) {
    case STATUS_ACCESS_VIOLATION:
        return "access violation";
    case STATUS_IN_PAGE_ERROR:
        return "in page error";
    case STATUS_ILLEGAL_INSTRUCTION:
        return "illegal instruction";
    case STATUS_PRIVILEGED_INSTRUCTION:
        return "privileged instruction";
    case STATUS_INTEGER_DIVIDE_BY_ZERO:
        return "integer division by zero";
    case STATUS_STACK_OVERFLOW:
        return "stack overflow";
    case STATUS_BREAKPOINT:
        return "breakpoint";
    case STATUS_STACK_BUFFER_OVERRUN:
        return "fast fail";
    case STATUS_NOT_IMPLEMENTED:
        return "function not implemented";
    default:
        return "exception";
    }
}

void exception_unhandled(const EXCEPTION_RECORD *record, const CONTEXT *context)
{
    char line[256], access[64] = "";
    int n;

    if (record->ExceptionCode == (DWORD)STATUS_ACCESS_VIOLATION && record->NumberParameters >= 2)
        snprintf(access, sizeof(access), " %s %#llx",
                 record->ExceptionInformation[0] == 8   ? "executing"
                 : record->ExceptionInformation[0] == 1 ? "writing"
                                                        : "reading",
                 (unsigned long long)record->ExceptionInformation[1]);
    n = snprintf(line, sizeof(line), "portico: unhandled %s %#x at %#llx%s (thread %d)\n",
                 exception_name(record->ExceptionCode), (unsigned)record->ExceptionCode,
                 (unsigned long long)(uintptr_t)record->ExceptionAddress, access, (int)gettid());
    (void)context;
    if (write(STDERR_FILENO, line, n) < 0)
        process_exit(record->ExceptionCode);
    process_exit(record->ExceptionCode);
}

/* Makes [base, top) writable memory, from above. */
static NTSTATUS stack_touch(char *base, char *top)
{
    NTSTATUS status = STATUS_SUCCESS;
    char *byte = top - 1;

    while (!status && byte > base) {
        status = user_probe_write(byte, 1);
        byte = (char *)((uintptr_t)byte & ~(uintptr_t)(PAGE_BYTES - 1)) - 1;
    }
    return status ? status : user_probe_write(base, 1);
}

/* The same; a stack overflow becomes the exception that is reported. Ends the process when there is
 * no stack. */
static void stack_prepare(char *base, char *top, EXCEPTION_RECORD *record, const CONTEXT *context)
{
    NTSTATUS status = stack_touch(base, top);

    if (status == STATUS_STACK_OVERFLOW || status == STATUS_GUARD_PAGE_VIOLATION) {
        if (status == STATUS_STACK_OVERFLOW) {
            record->ExceptionCode = STATUS_STACK_OVERFLOW;
            record->NumberParameters = 0;
        }
        status = stack_touch(base, top);
    }
    if (status)
        exception_unhandled(record, context);
}

static char *stack_place(uint64_t rsp, size_t size)
{
    return (char *)((rsp - GAP_BYTES - size) & ~63ul);
}

static void exception_stack_fill(struct exception_stack *stack, const EXCEPTION_RECORD *record)
{
    stack->record = *record;
    stack->rip = stack->context.Rip;
    stack->cs = 0x33;
    stack->eflags = stack->context.EFlags;
    stack->rsp = stack->context.Rsp;
    stack->ss = 0x2b;
    context_extended_fill(&stack->extended);
}

void exception_enter_from_signal(ucontext_t *context, EXCEPTION_RECORD *record)
{
    greg_t *registers = context->uc_mcontext.gregs;
    const void *extended = context_ucontext_extended(context);
    size_t extended_size = extended ? context_extended_size() : 0;
    struct exception_stack stack;
    char *base;

    memset(&stack, 0, sizeof(stack));
    stack.context.ContextFlags = CONTEXT_ALL | (extended ? CONTEXT_XSTATE : 0);
    context_from_ucontext(context, &stack.context);
    stack.context.EFlags &= ~0x100u; /* a single step ends with its exception */
    if (record->ExceptionCode == (DWORD)STATUS_BREAKPOINT)
        stack.context.Rip = (DWORD64)record->ExceptionAddress;
    base = stack_place(stack.context.Rsp, sizeof(stack) + extended_size);
    stack_prepare(base, (char *)stack.context.Rsp - GAP_BYTES, record, &stack.context);
    exception_stack_fill(&stack, record);
    if (user_write(base, &stack, sizeof(stack)) ||
        (extended && user_write(base + sizeof(stack), extended, extended_size)))
        exception_unhandled(record, &stack.context);
    registers[REG_RSP] = (greg_t)base;
    registers[REG_RIP] = (greg_t)process.entries.KiUserExceptionDispatcher;
    registers[REG_EFL] &= ~(greg_t)(0x100 | 0x400 | 0x40000); /* TF DF AC */
}

NTSTATUS exception_enter(struct frame *frame, const CONTEXT *context, EXCEPTION_RECORD *record)
{
    struct exception_stack stack;
    char *base;
    NTSTATUS status;

    memset(&stack, 0, sizeof(stack));
    stack.context = *context;
    stack.context.ContextFlags &= ~(CONTEXT_XSTATE & ~CONTEXT_AMD64);
    base = stack_place(context->Rsp, sizeof(stack));
    stack_prepare(base, (char *)context->Rsp - GAP_BYTES, record, context);
    exception_stack_fill(&stack, record);
    stack.extended.XState = (CONTEXT_CHUNK){0, 0};
    status = user_write(base, &stack, sizeof(stack));
    if (status)
        return status;
    context_to_frame(context, frame);
    frame->rsp = (uint64_t)base;
    frame->rip = (uint64_t)process.entries.KiUserExceptionDispatcher;
    frame->eflags = 0x202;
    return STATUS_SUCCESS;
}

void apc_enter(struct frame *frame, void *function, const ULONG_PTR arguments[3])
{
    EXCEPTION_RECORD record = {.ExceptionCode = STATUS_STACK_OVERFLOW};
    struct apc_stack stack;
    char *base;

    memset(&stack, 0, sizeof(stack));
    stack.context.ContextFlags = CONTEXT_FULL;
    context_from_frame(frame, &stack.context);
    stack.context.P1Home = arguments[0];
    stack.context.P2Home = arguments[1];
    stack.context.P3Home = arguments[2];
    stack.context.P4Home = (DWORD64)function;
    stack.rip = frame->rip;
    stack.cs = 0x33;
    stack.eflags = frame->eflags;
    stack.rsp = frame->rsp;
    stack.ss = 0x2b;
    base = stack_place(frame->rsp, sizeof(stack));
    record.ExceptionAddress = (void *)frame->rip;
    stack_prepare(base, (char *)frame->rsp - GAP_BYTES, &record, &stack.context);
    if (user_write(base, &stack, sizeof(stack)))
        exception_unhandled(&record, &stack.context);
    frame->rsp = (uint64_t)base;
    frame->rip = (uint64_t)process.entries.KiUserApcDispatcher;
    frame->eflags = 0x202;
    frame->restore |= RESTORE_INTEGER;
}
