/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Exceptions, as the other sources of ntdll's PE half see them, and the parts of the machinery to
 * each other. */
#ifndef PORTICO_EXCEPTION_H
#define PORTICO_EXCEPTION_H

#include <stdbool.h>

#define EXCEPTION_ANY_UNWIND (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND)
#ifndef EXCEPTION_UNWINDING
#define EXCEPTION_UNWINDING       0x02
#define EXCEPTION_EXIT_UNWIND     0x04
#define EXCEPTION_STACK_INVALID   0x08
#define EXCEPTION_NESTED_CALL     0x10
#define EXCEPTION_TARGET_UNWIND   0x20
#define EXCEPTION_COLLIDED_UNWIND 0x40
#endif
#ifndef UNW_FLAG_NHANDLER
#define UNW_FLAG_NHANDLER  0
#define UNW_FLAG_EHANDLER  1
#define UNW_FLAG_UHANDLER  2
#define UNW_FLAG_CHAININFO 4
#endif

void CDECL RtlRestoreContext(CONTEXT *context, EXCEPTION_RECORD *record);

/* The bit of ContextFlags that says that a CONTEXT_EX with XSAVE state lies behind the CONTEXT. A
 * bare copy must lose it. */
#define CONTEXT_XSTATE_BIT 0x40

/* exception.c. Raise an exception with this code and these flags, without parameters. */
void raise_status(NTSTATUS status, ULONG flags);
/* The same because of `cause`, which becomes its nested record; never returns. */
__attribute__((noreturn)) void raise_nested(NTSTATUS status, EXCEPTION_RECORD *cause);
/* Offer an exception to all handlers. True: continue with *context. */
bool exception_dispatch(EXCEPTION_RECORD *record, CONTEXT *context);
/* From entry.S and context.S; do not return. */
__attribute__((noreturn)) void exception_enter(EXCEPTION_RECORD *record, CONTEXT *context);
__attribute__((noreturn)) void exception_raise(EXCEPTION_RECORD *record, CONTEXT *context);

/* vectored.c. True: a handler said to continue. */
bool vectored_call(EXCEPTION_RECORD *record, CONTEXT *context);
void vectored_call_continue(EXCEPTION_RECORD *record, CONTEXT *context);

/* unwind.c: one frame up. context becomes the caller's; dispatch describes the frame left. */
NTSTATUS unwind_frame(ULONG handler_type, DISPATCHER_CONTEXT *dispatch, CONTEXT *context);
bool is_on_stack(ULONG_PTR address);

/* context.S: call a language handler under a frame that tells a nested exception or a collided
 * unwind. */
EXCEPTION_DISPOSITION exception_call_handler(EXCEPTION_RECORD *record, ULONG64 frame,
                                             CONTEXT *context, DISPATCHER_CONTEXT *dispatch,
                                             PEXCEPTION_ROUTINE handler);
EXCEPTION_DISPOSITION unwind_call_handler(EXCEPTION_RECORD *record, ULONG64 frame, CONTEXT *context,
                                          DISPATCHER_CONTEXT *dispatch, PEXCEPTION_ROUTINE handler);
/* Load all registers of *context and jump; *context is 16-aligned. */
__attribute__((noreturn)) void context_load(CONTEXT *context);
/* Call callback(record) so that its caller seems to be *context, put its result into rip, load. */
__attribute__((noreturn)) void context_consolidate(CONTEXT *context,
                                                   ULONG64(WINAPI *callback)(EXCEPTION_RECORD *),
                                                   EXCEPTION_RECORD *record);

/* unhandled.c: nobody wants it: report it ... */
void unhandled_report(const EXCEPTION_RECORD *record, const CONTEXT *context);
/* ... and end the process with the exception's code. */
__attribute__((noreturn)) void unhandled_end(EXCEPTION_RECORD *record, CONTEXT *context);
/* "hello.exe+0x1234" into buffer, NUL-terminated. */
void address_describe(ULONG64 address, char *buffer, SIZE_T size);

#endif
