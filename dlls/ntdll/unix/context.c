/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Contexts.
 *
 * A thread's PE context lives in one of two places: in its system-call frame (it executes ELF code,
 * or waits to enter PE code), or in the signal frame (it was interrupted in PE code). CONTEXT is
 * the program's view of either.
 *
 * The vector state beyond xmm (AVX, AVX-512) travels in the standard XSAVE format behind
 * CONTEXT_EX, as the kernel's signal frame has it; components that are no business of an exception
 * (PKRU, AMX tiles) are left out. A system call does not preserve the upper halves (nor does
 * Windows), so a frame has them only on the way back.
 */

#include "context.h"

#include "usercopy.h"
#include <cpuid.h>
#include <string.h>

enum {
    LEGACY_BYTES = 512,
    HEADER_BYTES = 64,
    MXCSR_VALID = 0xffff,
    USER_CS = 0x33,
    USER_SS = 0x2b,
    COMPONENTS = 0xe7,     /* x87, SSE, AVX, AVX-512 (three parts) */
    SW_MAGIC = 0x46505853, /* FP_XSTATE_MAGIC1 in the signal frame's sw_reserved bytes */
};

_Static_assert(sizeof(CONTEXT) == 0x4d0, "layout");
_Static_assert(offsetof(struct exception_stack, extended) == 0x4d0, "layout");
_Static_assert(offsetof(struct exception_stack, record) == 0x4f0, "layout");
_Static_assert(offsetof(struct exception_stack, rip) == 0x590, "layout");
_Static_assert(sizeof(struct exception_stack) == 0x5c0, "layout");

static size_t xsave_size = LEGACY_BYTES;
static uint64_t xsave_mask;

/* XSAVE enabled by the kernel, and where the last of our components ends: in the standard format
 * the one with the highest number. Under a hypervisor each CPUID costs microseconds. */
void context_init(void)
{
    unsigned a, b, c, d, low, high, i;

    __cpuid(1, a, b, c, d);
    if (!(c & bit_OSXSAVE) || !(c & bit_AVX))
        return;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    xsave_mask = low & COMPONENTS;
    xsave_size = LEGACY_BYTES + HEADER_BYTES;
    for (i = 7; i > 1 && !(xsave_mask >> i & 1); i--)
        ;
    if (i > 1) {
        __cpuid_count(0xd, i, a, b, c, d);
        xsave_size = a + b;
    }
}

size_t context_xsave_size(void)
{
    return xsave_size;
}

size_t context_extended_size(void)
{
    return xsave_size - LEGACY_BYTES;
}

/* Visits every integer register pair: CONTEXT's name, the frame's, the signal frame's index. */
#define INTEGER_REGISTERS(X) \
    X(Rax, rax, REG_RAX)     \
    X(Rcx, rcx, REG_RCX)     \
    X(Rdx, rdx, REG_RDX)     \
    X(Rbx, rbx, REG_RBX)     \
    X(Rbp, rbp, REG_RBP)     \
    X(Rsi, rsi, REG_RSI)     \
    X(Rdi, rdi, REG_RDI)     \
    X(R8, r8, REG_R8)        \
    X(R9, r9, REG_R9)        \
    X(R10, r10, REG_R10)     \
    X(R11, r11, REG_R11)     \
    X(R12, r12, REG_R12)     \
    X(R13, r13, REG_R13)     \
    X(R14, r14, REG_R14)     \
    X(R15, r15, REG_R15)

static bool has_part(const CONTEXT *context, ULONG flag)
{
    return (context->ContextFlags & flag) == flag;
}

static void segments_fill(CONTEXT *ret)
{
    if (has_part(ret, CONTEXT_SEGMENTS)) {
        ret->SegCs = USER_CS;
        ret->SegDs = ret->SegEs = ret->SegFs = ret->SegGs = ret->SegSs = USER_SS;
        ret->SegFs = 0x53; /* what programs see on Windows */
    }
    if (has_part(ret, CONTEXT_CONTROL)) {
        ret->SegCs = USER_CS;
        ret->SegSs = USER_SS;
    }
    if (has_part(ret, CONTEXT_DEBUG_REGISTERS))
        ret->Dr0 = ret->Dr1 = ret->Dr2 = ret->Dr3 = ret->Dr6 = ret->Dr7 = 0;
}

void context_from_frame(const struct frame *frame, CONTEXT *ret)
{
    if (has_part(ret, CONTEXT_INTEGER)) {
#define GET(name, field, index) ret->name = frame->field;
        INTEGER_REGISTERS(GET)
#undef GET
    }
    if (has_part(ret, CONTEXT_CONTROL)) {
        ret->Rip = frame->rip;
        ret->Rsp = frame->rsp;
        ret->EFlags = (ULONG)frame->eflags;
    }
    segments_fill(ret);
    if (!has_part(ret, CONTEXT_FLOATING_POINT))
        return;
    if (frame->restore & (RESTORE_FXSAVE | RESTORE_XSAVE)) {
        memcpy(&ret->FltSave, frame->xsave, sizeof(ret->FltSave));
    } else {
        /* x87 and xmm0-5 are volatile across a system call. */
        memset(&ret->FltSave, 0, sizeof(ret->FltSave));
        ret->FltSave.ControlWord = 0x27f;
        ret->FltSave.MxCsr = frame->mxcsr;
        ret->FltSave.MxCsr_Mask = MXCSR_VALID;
        memcpy(&ret->FltSave.XmmRegisters[6], frame->xmm6_15, sizeof(frame->xmm6_15));
    }
    ret->MxCsr = ret->FltSave.MxCsr;
}

void context_from_ucontext(const ucontext_t *from, CONTEXT *ret)
{
    if (has_part(ret, CONTEXT_INTEGER)) {
#define GET(name, field, index) ret->name = from->uc_mcontext.gregs[index];
        INTEGER_REGISTERS(GET)
#undef GET
    }
    if (has_part(ret, CONTEXT_CONTROL)) {
        ret->Rip = from->uc_mcontext.gregs[REG_RIP];
        ret->Rsp = from->uc_mcontext.gregs[REG_RSP];
        ret->EFlags = (ULONG)from->uc_mcontext.gregs[REG_EFL];
    }
    segments_fill(ret);
    if (has_part(ret, CONTEXT_FLOATING_POINT) && from->uc_mcontext.fpregs) {
        memcpy(&ret->FltSave, from->uc_mcontext.fpregs, sizeof(ret->FltSave));
        memset((char *)&ret->FltSave + 464, 0, 48); /* the kernel's own words */
        ret->MxCsr = ret->FltSave.MxCsr;
    }
}

static void float_to_frame(const CONTEXT *context, struct frame *frame)
{
    XMM_SAVE_AREA32 *area = frame->xsave;

    memcpy(area, &context->FltSave, sizeof(*area));
    area->MxCsr = context->MxCsr & MXCSR_VALID;
    memset((char *)area + 464, 0, 48);
    memcpy(frame->xmm6_15, &area->XmmRegisters[6], sizeof(frame->xmm6_15));
    frame->mxcsr = area->MxCsr;
    frame->restore |= RESTORE_FXSAVE;
}

void context_to_frame(const CONTEXT *context, struct frame *frame)
{
    if (has_part(context, CONTEXT_INTEGER)) {
#define SET(name, field, index) frame->field = context->name;
        INTEGER_REGISTERS(SET)
#undef SET
    }
    if (has_part(context, CONTEXT_CONTROL)) {
        frame->rip = context->Rip;
        frame->rsp = context->Rsp;
        frame->eflags = (context->EFlags & EFLAGS_USER) | 0x202;
    }
    frame->cs = USER_CS;
    frame->ss = USER_SS;
    if (has_part(context, CONTEXT_FLOATING_POINT))
        float_to_frame(context, frame);
    frame->restore |= RESTORE_INTEGER;
}

void context_to_ucontext(const CONTEXT *context, ucontext_t *to)
{
    if (has_part(context, CONTEXT_INTEGER)) {
#define SET(name, field, index) to->uc_mcontext.gregs[index] = context->name;
        INTEGER_REGISTERS(SET)
#undef SET
    }
    if (has_part(context, CONTEXT_CONTROL)) {
        to->uc_mcontext.gregs[REG_RIP] = context->Rip;
        to->uc_mcontext.gregs[REG_RSP] = context->Rsp;
        to->uc_mcontext.gregs[REG_EFL] = (context->EFlags & EFLAGS_USER) | 0x202;
    }
    if (has_part(context, CONTEXT_FLOATING_POINT) && to->uc_mcontext.fpregs) {
        XMM_SAVE_AREA32 *area = (XMM_SAVE_AREA32 *)to->uc_mcontext.fpregs;

        memcpy(area, &context->FltSave, 464);
        area->MxCsr = context->MxCsr & MXCSR_VALID;
        if (context_ucontext_extended(to)) /* x87 and SSE are not in their initial state any more */
            *(uint64_t *)((char *)area + LEGACY_BYTES) |= 3;
    }
}

const void *context_ucontext_extended(const ucontext_t *from)
{
    const char *area = (const char *)from->uc_mcontext.fpregs;
    struct {
        uint32_t magic, extended_size;
        uint64_t mask;
        uint32_t size;
    } software;

    if (!area || !xsave_mask)
        return NULL;
    memcpy(&software, area + 464, sizeof(software));
    if (software.magic != SW_MAGIC || software.size < xsave_size)
        return NULL;
    return area + LEGACY_BYTES;
}

void context_extended_fill(CONTEXT_EX *extended)
{
    extended->All.Offset = -(LONG)sizeof(CONTEXT);
    extended->All.Length = (ULONG)(sizeof(struct exception_stack) + context_extended_size());
    extended->Legacy.Offset = -(LONG)sizeof(CONTEXT);
    extended->Legacy.Length = sizeof(CONTEXT);
    extended->XState.Offset = sizeof(struct exception_stack) - sizeof(CONTEXT);
    extended->XState.Length = (ULONG)context_extended_size();
}

NTSTATUS context_extended_to_frame(const CONTEXT *user, const CONTEXT *context, struct frame *frame)
{
    uint64_t header[HEADER_BYTES / 8] = {0};
    CONTEXT_EX extended;
    const char *area;
    NTSTATUS status;

    if (!has_part(context, CONTEXT_XSTATE) || !has_part(context, CONTEXT_FLOATING_POINT) ||
        !xsave_mask)
        return STATUS_SUCCESS;
    status = user_get(&extended, (const CONTEXT_EX *)(user + 1));
    /* A bare copy of a CONTEXT that had one: what lies behind it is something else. */
    if (status || extended.Legacy.Offset != -(LONG)sizeof(CONTEXT) ||
        extended.Legacy.Length < sizeof(CONTEXT) ||
        extended.XState.Length != context_extended_size() ||
        extended.XState.Offset < (LONG)sizeof(CONTEXT_EX) || extended.XState.Offset > 0x10000)
        return STATUS_SUCCESS;
    area = (const char *)(user + 1) + extended.XState.Offset;
    status = user_read((char *)frame->xsave + LEGACY_BYTES, area, context_extended_size());
    if (status)
        return status;
    memcpy(header, (char *)frame->xsave + LEGACY_BYTES, 8);
    header[0] = (header[0] & xsave_mask) | 3; /* XSTATE_BV; the rest of the header must be zero */
    memcpy((char *)frame->xsave + LEGACY_BYTES, header, sizeof(header));
    frame->xsave_mask = xsave_mask;
    frame->restore |= RESTORE_XSAVE;
    return STATUS_SUCCESS;
}
