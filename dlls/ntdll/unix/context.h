/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Conversions between CONTEXT, the system-call frame and the kernel's signal frame. */
#pragma once

#include "frame.h"
#include "nttypes.h"
#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

/* What lies on the program's stack when KiUserExceptionDispatcher is entered (rsp at its start). */
struct exception_stack {
    CONTEXT context;
    CONTEXT_EX extended;
    EXCEPTION_RECORD record;
    uint64_t pad;
    uint64_t rip, cs, eflags, rsp, ss; /* the machine frame that the unwinder finds */
    uint64_t pad2;
    /* then the XSAVE area beyond its legacy part */
};
/* The same for KiUserApcDispatcher. */
struct apc_stack {
    CONTEXT context;
    uint64_t rip, cs, eflags, rsp, ss;
    uint64_t pad;
};

void context_init(void);            /* once: sizes by cpuid */
size_t context_xsave_size(void);    /* of frame.xsave; 512 without XSAVE */
size_t context_extended_size(void); /* of the area behind struct exception_stack; 0 without AVX */

/* ContextFlags of *ret say what is wanted. No XSTATE part. */
void context_from_frame(const struct frame *frame, CONTEXT *ret);
void context_from_ucontext(const ucontext_t *from, CONTEXT *ret);
/* The parts that ContextFlags name. */
void context_to_frame(const CONTEXT *context, struct frame *frame);
void context_to_ucontext(const CONTEXT *context, ucontext_t *to);

/* The XSAVE area of a signal frame beyond its legacy part (context_extended_size() bytes), or NULL.
 */
const void *context_ucontext_extended(const ucontext_t *from);
/* CONTEXT_EX for a context with its XSAVE part behind struct exception_stack. */
void context_extended_fill(CONTEXT_EX *extended);
/* The XSTATE part that lies behind a CONTEXT in the program's memory goes into frame->xsave, if
 * there is a valid one. To be called after context_to_frame. */
NTSTATUS context_extended_to_frame(const CONTEXT *user, const CONTEXT *context,
                                   struct frame *frame);

#define EFLAGS_USER \
    0x240dd5u /* what a program may set: ID AC DF OF TF SF ZF AF PF CF; never NT (iretq faults) */
