/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Unwinding (phase two): leave frames, from the innermost out, calling each frame's termination
 * handler, until the target frame; then load the target's registers with rip = the target address.
 *
 * *context is the caller's memory and holds the context of the frame that is being left: a handler
 * sees it, and what the target frame's handler writes into it is what is loaded at the end (libgcc
 * passes values so). An exception inside a termination handler may unwind too: its walk meets
 * unwind_call_handler's frame, which hands over this unwind's place ("collided"), and the frames in
 * between are not left twice. */

#include "ntdll.h"

#include "exception.h"

struct longjump_buffer {
    ULONG64 frame, rbx, rsp, rbp, rsi, rdi, r12, r13, r14, r15, rip;
    ULONG mxcsr;
    USHORT fpu_control, spare;
    M128A xmm[10];
};

/* The target is the caller of an unwind without a target: beyond the last frame. */
static __attribute__((noreturn)) void exit_unwind_end(EXCEPTION_RECORD *record, CONTEXT *context)
{
    unhandled_end(record, context);
}

/* Another unwind was interrupted at the frame that its description names: go on from there. */
static void take_over(DISPATCHER_CONTEXT *dispatch, CONTEXT *context, CONTEXT *caller)
{
    void *data;
    ULONG64 frame;

    *caller = *dispatch->ContextRecord;
    caller->ContextFlags &= ~CONTEXT_XSTATE_BIT;
    *context = *caller;
    dispatch->ContextRecord = context;
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, dispatch->ImageBase, dispatch->ControlPc,
                     dispatch->FunctionEntry, caller, &data, &frame, NULL);
}

/* Call the handlers of the frame that dispatch describes. */
static void frame_leave(EXCEPTION_RECORD *record, ULONG64 target_frame,
                        DISPATCHER_CONTEXT *dispatch, CONTEXT *context, CONTEXT *caller)
{
    while (dispatch->LanguageHandler) {
        EXCEPTION_DISPOSITION answer;

        if (target_frame && dispatch->EstablisherFrame > target_frame)
            raise_nested(STATUS_INVALID_UNWIND_TARGET, record);
        if (dispatch->EstablisherFrame == target_frame)
            record->ExceptionFlags |= EXCEPTION_TARGET_UNWIND;
        answer = unwind_call_handler(record, dispatch->EstablisherFrame, dispatch->ContextRecord,
                                     dispatch, dispatch->LanguageHandler);
        record->ExceptionFlags &= ~EXCEPTION_COLLIDED_UNWIND;
        if (answer == ExceptionContinueSearch)
            return;
        if (answer != ExceptionCollidedUnwind)
            raise_nested(STATUS_INVALID_DISPOSITION, record);
        take_over(dispatch, context, caller);
        record->ExceptionFlags |= EXCEPTION_COLLIDED_UNWIND;
    }
}

/* Registration records (exception.c) of the frame just left, below `limit`, are called and taken
 * off the list. True: the unwind's target is one of them; the frame is then not left, and the
 * record stays. */
static bool registrations_leave(EXCEPTION_RECORD *record, ULONG64 target_frame,
                                DISPATCHER_CONTEXT *dispatch, CONTEXT *context, ULONG64 limit)
{
    for (;;) {
        EXCEPTION_REGISTRATION_RECORD *registration = teb()->Tib.ExceptionList;

        if (!is_on_stack((ULONG_PTR)registration) || (ULONG64)registration >= limit)
            return false;
        if ((ULONG64)registration == target_frame)
            return true;
        if (target_frame && (ULONG64)registration > target_frame)
            return false;
        unwind_call_handler(record, (ULONG64)registration, context, dispatch,
                            (PEXCEPTION_ROUTINE)(ULONG_PTR)registration->Handler);
        teb()->Tib.ExceptionList = registration->Prev;
    }
}

/* Leave frames until the target. *context ends as the target frame's. */
static void frames_leave(EXCEPTION_RECORD *record, ULONG64 target_frame,
                         DISPATCHER_CONTEXT *dispatch, CONTEXT *context)
{
    CONTEXT caller = *context;

    for (;;) {
        NTSTATUS status = unwind_frame(UNW_FLAG_UHANDLER, dispatch, &caller);

        if (status)
            raise_nested(status, record);
        if (!is_on_stack(dispatch->EstablisherFrame)) {
            record->ExceptionFlags |= EXCEPTION_STACK_INVALID;
            raise_nested(STATUS_BAD_STACK, record);
        }
        frame_leave(record, target_frame, dispatch, context, &caller);
        if (registrations_leave(record, target_frame, dispatch, context, caller.Rsp))
            return;
        if (dispatch->EstablisherFrame == target_frame)
            return;
        if (target_frame && dispatch->EstablisherFrame > target_frame)
            raise_nested(STATUS_INVALID_UNWIND_TARGET, record);
        if (!caller.Rip)
            exit_unwind_end(record, context);
        *context = caller;
    }
}

void WINAPI RtlUnwindEx(PVOID target_frame, PVOID target_ip, EXCEPTION_RECORD *record, PVOID result,
                        CONTEXT *context, UNWIND_HISTORY_TABLE *history)
{
    EXCEPTION_RECORD own_record = {.ExceptionCode = (DWORD)STATUS_UNWIND};
    DISPATCHER_CONTEXT dispatch = {0};

    RtlCaptureContext(context);
    own_record.ExceptionAddress = (void *)context->Rip;
    if (!record)
        record = &own_record;
    record->ExceptionFlags |= EXCEPTION_UNWINDING | (target_frame ? 0 : EXCEPTION_EXIT_UNWIND);
    dispatch.TargetIp = (ULONG64)target_ip;
    dispatch.ContextRecord = context;
    dispatch.HistoryTable = history;
    frames_leave(record, (ULONG64)target_frame, &dispatch, context);
    context->Rax = (ULONG64)result;
    context->Rip = (ULONG64)target_ip;
    RtlRestoreContext(context, record);
}

void WINAPI RtlUnwind(PVOID target_frame, PVOID target_ip, EXCEPTION_RECORD *record, PVOID result)
{
    CONTEXT context;

    RtlUnwindEx(target_frame, target_ip, record, result, &context, NULL);
}

void CDECL _local_unwind(void *target_frame, void *target_ip);
void CDECL _local_unwind(void *target_frame, void *target_ip)
{
    CONTEXT context;

    RtlUnwindEx(target_frame, target_ip, NULL, NULL, &context, NULL);
}

/* longjmp by exception: the registers come from the jump buffer. */
static void load_longjump(CONTEXT *context, const struct longjump_buffer *buffer)
{
    context->Rbx = buffer->rbx;
    context->Rsp = buffer->rsp;
    context->Rbp = buffer->rbp;
    context->Rsi = buffer->rsi;
    context->Rdi = buffer->rdi;
    context->R12 = buffer->r12;
    context->R13 = buffer->r13;
    context->R14 = buffer->r14;
    context->R15 = buffer->r15;
    context->Rip = buffer->rip;
    context->MxCsr = buffer->mxcsr;
    context->FltSave.MxCsr = buffer->mxcsr;
    context->FltSave.ControlWord = buffer->fpu_control;
    memcpy(&context->Xmm6, buffer->xmm, sizeof(buffer->xmm));
}

/* The ELF half can load what these instructions cannot: XSAVE state, debug registers. */
static bool needs_system(const CONTEXT *context)
{
    const ULONG simple =
        CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_SEGMENTS | CONTEXT_FLOATING_POINT;

    return (context->ContextFlags & 0x5f & ~simple) || ((ULONG_PTR)context & 15) ||
           (context->ContextFlags & CONTEXT_FULL) != CONTEXT_FULL;
}

void CDECL RtlRestoreContext(CONTEXT *context, EXCEPTION_RECORD *record)
{
    if (record && record->ExceptionCode == (DWORD)STATUS_LONGJUMP && record->NumberParameters >= 1)
        load_longjump(context, (const void *)record->ExceptionInformation[0]);
    if (record && record->ExceptionCode == (DWORD)STATUS_UNWIND_CONSOLIDATE &&
        record->NumberParameters >= 1)
        context_consolidate(context,
                            (ULONG64(WINAPI *)(EXCEPTION_RECORD *))record->ExceptionInformation[0],
                            record);
    if (!needs_system(context))
        context_load(context);
    NtContinue(context, FALSE);
}

/* The frame of exception_call_handler: an exception while a handler was asked. The word at `frame`
 * is the dispatch that was under way. */
EXCEPTION_DISPOSITION WINAPI nested_exception_handler(EXCEPTION_RECORD *record, void *frame,
                                                      CONTEXT *context,
                                                      DISPATCHER_CONTEXT *dispatch);
EXCEPTION_DISPOSITION WINAPI nested_exception_handler(EXCEPTION_RECORD *record, void *frame,
                                                      CONTEXT *context,
                                                      DISPATCHER_CONTEXT *dispatch)
{
    const DISPATCHER_CONTEXT *interrupted = ((DISPATCHER_CONTEXT **)frame)[4];

    (void)context;
    if (record->ExceptionFlags & EXCEPTION_ANY_UNWIND)
        return ExceptionContinueSearch;
    dispatch->EstablisherFrame = interrupted->EstablisherFrame;
    return ExceptionNestedException;
}

/* The frame of unwind_call_handler: an exception or an unwind while a termination handler ran. */
EXCEPTION_DISPOSITION WINAPI collided_unwind_handler(EXCEPTION_RECORD *record, void *frame,
                                                     CONTEXT *context,
                                                     DISPATCHER_CONTEXT *dispatch);
EXCEPTION_DISPOSITION WINAPI collided_unwind_handler(EXCEPTION_RECORD *record, void *frame,
                                                     CONTEXT *context, DISPATCHER_CONTEXT *dispatch)
{
    const DISPATCHER_CONTEXT *interrupted = ((DISPATCHER_CONTEXT **)frame)[4];
    const ULONG64 target_ip = dispatch->TargetIp;

    (void)record, (void)context;
    *dispatch = *interrupted;
    dispatch->TargetIp = target_ip;
    return ExceptionCollidedUnwind;
}
