/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Entering PE code at KiUserExceptionDispatcher and KiUserApcDispatcher. */
#pragma once

#include "frame.h"
#include "nttypes.h"
#include <ucontext.h>

/* From a signal handler that interrupted PE code: the handler's return enters the dispatcher. */
void exception_enter_from_signal(ucontext_t *context, EXCEPTION_RECORD *record);
/* At a system call's exit: an exception raised by software at this context. */
NTSTATUS exception_enter(struct frame *frame, const CONTEXT *context, EXCEPTION_RECORD *record);
void apc_enter(struct frame *frame, void *function, const ULONG_PTR arguments[3]);
/* No handler wants it: one line on stderr, then the process ends with the exception's code. */
void exception_unhandled(const EXCEPTION_RECORD *record, const CONTEXT *context)
    __attribute__((noreturn));
