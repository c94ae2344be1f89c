/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Raising and dispatching exceptions (phase one: who wants it?).
 *
 * A hardware fault arrives at KiUserExceptionDispatcher (entry.S), a software exception at
 * RtlRaiseException (context.S); both have the CONTEXT at the fault and come to exception_dispatch.
 * Vectored handlers first, then the frames from the inside out: each frame with a language handler
 * is asked. A handler that wants it does not return: it unwinds (unwind_ex.c). One that repairs
 * says "continue execution", and the original context, which it may have changed, is loaded. The
 * walk uses its own copy of the context: handlers (libgcc) use the original as scratch memory.
 *
 * An exception inside a handler is dispatched on top of the running one. Its walk meets the frame
 * of exception_call_handler, whose handler says "nested": until the frame that the outer dispatch
 * was asking is passed, the record carries EXCEPTION_NESTED_CALL. If it meets unwind_call_handler,
 * it goes on where that unwind stands
 * ("collided"): frames already unwound are not asked again.
 *
 * Wine's DLLs, as gcc builds them, guard code (OutputDebugString, IsBadReadPtr ...) by registration
 * records on the stack, listed from TEB.Tib.ExceptionList as on 32-bit Windows. Those that lie in a
 * frame are asked after it. */

#include "ntdll.h"

#include "exception.h"

/* A handler that continues everything would continue the exception about its doing so, too: that
 * one is unhandled. */
static bool continue_allowed(EXCEPTION_RECORD *record)
{
    if (!(record->ExceptionFlags & EXCEPTION_NONCONTINUABLE))
        return true;
    if (record->ExceptionCode != (DWORD)STATUS_NONCONTINUABLE_EXCEPTION)
        raise_nested(STATUS_NONCONTINUABLE_EXCEPTION, record);
    return false;
}

/* The unwind that the new exception interrupted has described the frame it was at: take over from
 * there. */
static void resume_collided(DISPATCHER_CONTEXT *dispatch, CONTEXT *context)
{
    void *data;
    ULONG64 frame;

    *context = *dispatch->ContextRecord;
    context->ContextFlags &= ~CONTEXT_XSTATE_BIT;
    dispatch->ContextRecord = context;
    RtlVirtualUnwind(UNW_FLAG_NHANDLER, dispatch->ImageBase, dispatch->ControlPc,
                     dispatch->FunctionEntry, context, &data, &frame, NULL);
}

/* Ask the frame's handler; again while the answer is "collided". True: continue execution. */
static bool frame_ask(EXCEPTION_RECORD *record, CONTEXT *original, DISPATCHER_CONTEXT *dispatch,
                      CONTEXT *context, ULONG64 *nested_frame)
{
    const ULONG64 frame = dispatch->EstablisherFrame;

    for (;;) {
        EXCEPTION_DISPOSITION answer = exception_call_handler(
            record, dispatch->EstablisherFrame, original, dispatch, dispatch->LanguageHandler);

        if (*nested_frame && frame == *nested_frame) {
            record->ExceptionFlags &= ~EXCEPTION_NESTED_CALL;
            *nested_frame = 0;
        }
        switch (answer) {
        case ExceptionContinueExecution:
            return continue_allowed(record);
        case ExceptionContinueSearch:
            return false;
        case ExceptionNestedException:
            record->ExceptionFlags |= EXCEPTION_NESTED_CALL;
            if (dispatch->EstablisherFrame > *nested_frame)
                *nested_frame = dispatch->EstablisherFrame;
            return false;
        case ExceptionCollidedUnwind:
            resume_collided(dispatch, context);
            if (!dispatch->LanguageHandler)
                return false;
            break;
        default:
            raise_nested(STATUS_INVALID_DISPOSITION, record);
        }
    }
}

/* Ask the registration records that lie below `limit`. True: continue execution. */
static bool registrations_ask(EXCEPTION_RECORD *record, CONTEXT *original,
                              DISPATCHER_CONTEXT *dispatch, ULONG64 limit,
                              EXCEPTION_REGISTRATION_RECORD **next)
{
    while (is_on_stack((ULONG_PTR)*next) && (ULONG64)*next < limit) {
        EXCEPTION_DISPOSITION answer =
            exception_call_handler(record, (ULONG64)*next, original, dispatch,
                                   (PEXCEPTION_ROUTINE)(ULONG_PTR)(*next)->Handler);

        if (answer == ExceptionContinueExecution)
            return continue_allowed(record);
        *next = (*next)->Prev;
    }
    return false;
}

static bool frames_ask(EXCEPTION_RECORD *record, CONTEXT *original)
{
    UNWIND_HISTORY_TABLE history = {0};
    DISPATCHER_CONTEXT dispatch = {0};
    CONTEXT context = *original;
    ULONG64 nested_frame = 0;
    EXCEPTION_REGISTRATION_RECORD *registration = teb()->Tib.ExceptionList;

    context.ContextFlags &= ~CONTEXT_XSTATE_BIT;
    dispatch.ContextRecord = &context;
    dispatch.HistoryTable = &history;
    for (;;) {
        if (unwind_frame(UNW_FLAG_EHANDLER, &dispatch, &context) || !dispatch.EstablisherFrame)
            return false;
        if (!is_on_stack(dispatch.EstablisherFrame)) {
            record->ExceptionFlags |= EXCEPTION_STACK_INVALID;
            return false;
        }
        if (dispatch.LanguageHandler &&
            frame_ask(record, original, &dispatch, &context, &nested_frame))
            return true;
        if (registrations_ask(record, original, &dispatch, context.Rsp, &registration))
            return true;
        if (!context.Rip)
            return false;
    }
}

bool exception_dispatch(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (vectored_call(record, context)) {
        if (!continue_allowed(record))
            return false;
    } else if (!frames_ask(record, context)) {
        return false;
    }
    vectored_call_continue(record, context);
    return true;
}

static __attribute__((noreturn)) void exception_finish(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (exception_dispatch(record, context))
        NtContinue(context, FALSE);
    unhandled_end(record, context);
}

/* __fastfail (int 29h): no handler may see it. */
static bool is_fast_fail(const EXCEPTION_RECORD *record, const CONTEXT *context)
{
    const unsigned char *code = record->ExceptionAddress;

    return record->ExceptionCode == (DWORD)STATUS_STACK_BUFFER_OVERRUN &&
           context->Rip == (ULONG64)(ULONG_PTR)code && code[0] == 0xcd && code[1] == 0x29;
}

void exception_enter(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (is_fast_fail(record, context))
        unhandled_end(record, context);
    exception_finish(record, context);
}

void exception_raise(EXCEPTION_RECORD *record, CONTEXT *context)
{
    record->ExceptionAddress = (void *)context->Rip;
    exception_finish(record, context);
}

void raise_status(NTSTATUS status, ULONG flags)
{
    EXCEPTION_RECORD record = {.ExceptionCode = (DWORD)status, .ExceptionFlags = flags};

    RtlRaiseException(&record);
}

void raise_nested(NTSTATUS status, EXCEPTION_RECORD *cause)
{
    EXCEPTION_RECORD record = {.ExceptionCode = (DWORD)status};

    record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
    record.ExceptionRecord = cause;
    for (;;)
        RtlRaiseException(&record);
}

void WINAPI RtlRaiseStatus(NTSTATUS status)
{
    for (;;)
        raise_status(status, EXCEPTION_NONCONTINUABLE);
}

void WINAPI KiRaiseUserExceptionDispatcher(void);
void WINAPI KiRaiseUserExceptionDispatcher(void)
{
    raise_status(teb()->ExceptionCode, 0);
}
