/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* From a signal to an exception record. What the processor reports (trap number, error code)
 * decides, not Linux's signal numbers: int3, single step, general protection and page faults arrive
 * in several guises.
 *
 * UNKNOWN: the third parameter of STATUS_IN_PAGE_ERROR for a file that was truncated; we
 * give STATUS_END_OF_FILE.
 */

#include "fault.h"

#include "divide.h"
#include "exception.h"
#include "usercopy.h"
#include "virtual.h"
#include <string.h>

enum trap {
    TRAP_DIVIDE = 0,
    TRAP_DEBUG = 1,
    TRAP_BREAKPOINT = 3,
    TRAP_OVERFLOW = 4,
    TRAP_BOUND = 5,
    TRAP_INVALID_OPCODE = 6,
    TRAP_STACK = 12,
    TRAP_GENERAL_PROTECTION = 13,
    TRAP_PAGE = 14,
    TRAP_X87 = 16,
    TRAP_ALIGNMENT = 17,
    TRAP_SIMD = 19,
};

static void access_violation_fill(EXCEPTION_RECORD *record, ULONG_PTR access, ULONG_PTR address)
{
    record->ExceptionCode = STATUS_ACCESS_VIOLATION;
    record->NumberParameters = 2;
    record->ExceptionInformation[0] = access;
    record->ExceptionInformation[1] = address;
}

static bool page_fault(const siginfo_t *info, const ucontext_t *context, TEB *teb,
                       EXCEPTION_RECORD *record)
{
    greg_t error = context->uc_mcontext.gregs[REG_ERR];
    unsigned access = error & 16 ? 8 : error & 2 ? 1 : 0;
    NTSTATUS status = view_fault(info->si_addr, access, teb);

    if (!status)
        return false;
    access_violation_fill(record, access, (ULONG_PTR)info->si_addr);
    record->ExceptionCode = status;
    return true;
}

/* Whether the instruction needs ring 0; prefixes are skipped. */
static bool is_privileged(const unsigned char *code, unsigned size)
{
    unsigned i = 0;

    while (i < size && (code[i] == 0x66 || code[i] == 0x67 || code[i] == 0xf2 || code[i] == 0xf3 ||
                        code[i] == 0x2e || code[i] == 0x36 || code[i] == 0x3e || code[i] == 0x26 ||
                        code[i] == 0x64 || code[i] == 0x65 || (code[i] & 0xf0) == 0x40))
        i++;
    if (i >= size)
        return false;
    switch (code[i]) {
    case 0x6c: /* ins, outs */
    case 0x6d:
    case 0x6e:
    case 0x6f:
    case 0xe4: /* in, out */
    case 0xe5:
    case 0xe6:
    case 0xe7:
    case 0xec:
    case 0xed:
    case 0xee:
    case 0xef:
    case 0xf4: /* hlt */
    case 0xfa: /* cli */
    case 0xfb: /* sti */
        return true;
    case 0x0f:
        break;
    default:
        return false;
    }
    if (i + 1 >= size)
        return false;
    switch (code[i + 1]) {
    case 0x00: /* lldt, ltr ... */
    case 0x01: /* lgdt ... */
    case 0x06: /* clts */
    case 0x08: /* invd */
    case 0x09: /* wbinvd */
    case 0x20: /* mov cr, dr */
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x30: /* wrmsr */
    case 0x32: /* rdmsr */
    case 0x33: /* rdpmc */
        return true;
    default:
        return false;
    }
}

/* `int n` with a vector that user code may not call: the error code names the vector. */
static bool software_interrupt(const ucontext_t *context, EXCEPTION_RECORD *record)
{
    greg_t error = context->uc_mcontext.gregs[REG_ERR];

    if ((error & 7) != 2)
        return false;
    switch (error >> 3) {
    case 0x29: /* __fastfail: the PE half ends the process with a report */
        record->ExceptionCode = STATUS_STACK_BUFFER_OVERRUN;
        record->ExceptionFlags = EXCEPTION_NONCONTINUABLE;
        record->NumberParameters = 1;
        record->ExceptionInformation[0] = (ULONG_PTR)context->uc_mcontext.gregs[REG_RCX];
        return true;
    case 0x2c:
        record->ExceptionCode = STATUS_ASSERTION_FAILURE;
        return true;
    case 0x2d: /* debug service: a breakpoint after the instruction and the byte behind it */
        record->ExceptionCode = STATUS_BREAKPOINT;
        record->NumberParameters = 1;
        record->ExceptionInformation[0] = (ULONG_PTR)context->uc_mcontext.gregs[REG_RAX];
        record->ExceptionAddress = (char *)record->ExceptionAddress + 3;
        return true;
    default:
        return false;
    }
}

static void protection_fault(const ucontext_t *context, EXCEPTION_RECORD *record)
{
    unsigned char code[16];
    unsigned size = sizeof(code);

    if (software_interrupt(context, record))
        return;
    while (size && user_read(code, record->ExceptionAddress, size))
        size--;
    if (is_privileged(code, size)) {
        record->ExceptionCode = STATUS_PRIVILEGED_INSTRUCTION;
        return;
    }
    /* A non-canonical address: the processor does not say which. */
    access_violation_fill(record, 0, ~(ULONG_PTR)0);
}

static DWORD float_status(int code)
{
    switch (code) {
    case FPE_FLTDIV:
        return STATUS_FLOAT_DIVIDE_BY_ZERO;
    case FPE_FLTOVF:
        return STATUS_FLOAT_OVERFLOW;
    case FPE_FLTUND:
        return STATUS_FLOAT_UNDERFLOW;
    case FPE_FLTRES:
        return STATUS_FLOAT_INEXACT_RESULT;
    case FPE_FLTSUB:
        return STATUS_FLOAT_DENORMAL_OPERAND;
    default:
        return STATUS_FLOAT_INVALID_OPERATION;
    }
}

static void breakpoint_fill(EXCEPTION_RECORD *record)
{
    record->ExceptionCode = STATUS_BREAKPOINT;
    record->ExceptionAddress = (char *)record->ExceptionAddress - 1; /* of the int3 itself */
    record->NumberParameters = 1;
    record->ExceptionInformation[0] = 0;
}

static void bus_error_fill(const siginfo_t *info, const ucontext_t *context,
                           EXCEPTION_RECORD *record)
{
    access_violation_fill(record, context->uc_mcontext.gregs[REG_ERR] & 2 ? 1 : 0,
                          (ULONG_PTR)info->si_addr);
    record->ExceptionCode = STATUS_IN_PAGE_ERROR;
    record->NumberParameters = 3;
    record->ExceptionInformation[2] = (ULONG_PTR)(ULONG)STATUS_END_OF_FILE;
}

bool fault_to_record(int number, const siginfo_t *info, const ucontext_t *context, TEB *teb,
                     EXCEPTION_RECORD *ret_record)
{
    EXCEPTION_RECORD *record = ret_record;

    memset(record, 0, sizeof(*record));
    record->ExceptionAddress = (void *)context->uc_mcontext.gregs[REG_RIP];
    record->ExceptionCode = STATUS_ILLEGAL_INSTRUCTION;
    switch ((enum trap)context->uc_mcontext.gregs[REG_TRAPNO]) {
    case TRAP_PAGE:
        if (number == SIGBUS)
            bus_error_fill(info, context, record);
        else
            return page_fault(info, context, teb, record);
        break;
    case TRAP_GENERAL_PROTECTION:
        protection_fault(context, record);
        break;
    case TRAP_STACK:
        access_violation_fill(record, 0, ~(ULONG_PTR)0);
        break;
    case TRAP_ALIGNMENT:
        record->ExceptionCode = STATUS_DATATYPE_MISALIGNMENT;
        break;
    case TRAP_DIVIDE:
        record->ExceptionCode = (DWORD)divide_status(context, teb);
        break;
    case TRAP_OVERFLOW:
        record->ExceptionCode = STATUS_INTEGER_OVERFLOW;
        break;
    case TRAP_BOUND:
        record->ExceptionCode = STATUS_ARRAY_BOUNDS_EXCEEDED;
        break;
    case TRAP_DEBUG:
        record->ExceptionCode = STATUS_SINGLE_STEP;
        break;
    case TRAP_BREAKPOINT:
        breakpoint_fill(record);
        break;
    case TRAP_X87:
    case TRAP_SIMD:
        record->ExceptionCode = float_status(info->si_code);
        break;
    case TRAP_INVALID_OPCODE:
    default:
        break;
    }
    return true;
}
