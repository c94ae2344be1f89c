/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Divisions that trap: by zero, or with a quotient that does not fit. The processor does not say
 * which; every form of the divisor's operand is tried. */

#include "traps.h"

volatile int divisor_words[4] = {0, -1, 0, 0};

/* The most negative number divided by the operand; the other registers hold addresses to make
 * operands of. */
#define DIVIDE(operand)                                                                    \
    __asm__ volatile(                                                                      \
        "leaq 2f(%%rip), %%rdx; leaq 1f(%%rip), %%rax; subq %%rax, %%rdx; movl %%edx, %0;" \
        "movl $0x80000000, %%eax; cltd; 1: idivl " operand "; 2:"                          \
        : "=m"(skip_bytes)                                                                 \
        : "b"(divisor_words), "S"((ULONG_PTR)1), "c"(-1)                                   \
        : "rax", "rdx", "memory", "cc")

static void test_divisions(void)
{
    void *handler = AddVectoredExceptionHandler(1, handler_skip);

    n_seen = 0;
    DIVIDE("%%ecx");
    expect(EXCEPTION_INT_OVERFLOW, "INT_MIN / -1 is an integer overflow");
    DIVIDE("4(%%rbx)");
    expect(EXCEPTION_INT_OVERFLOW, "with the divisor in memory");
    DIVIDE("(%%rbx)");
    expect(EXCEPTION_INT_DIVIDE_BY_ZERO, "which may be zero");
    DIVIDE("(%%rbx,%%rsi,4)");
    expect(EXCEPTION_INT_OVERFLOW, "with an index");
    DIVIDE("0x1004-0x1000(%%rbx,%%rsi,8)");
    expect(EXCEPTION_INT_DIVIDE_BY_ZERO, "and a displacement");
    DIVIDE("divisor_words+4(%%rip)");
    expect(EXCEPTION_INT_OVERFLOW, "relative to rip");
    DIVIDE("divisor_words(%%rip)");
    expect(EXCEPTION_INT_DIVIDE_BY_ZERO, "zero there");
    SetLastError(0);
    DIVIDE("%%gs:0x68"); /* the last error */
    expect(EXCEPTION_INT_DIVIDE_BY_ZERO, "in the TEB");
    SetLastError((DWORD)-1);
    DIVIDE("%%gs:0x68");
    expect(EXCEPTION_INT_OVERFLOW, "not zero there");
    skip_bytes = 3;
    __asm__ volatile("movabsq $0x8000000000000000, %%rax; cqto; movq $-1, %%r9; idivq %%r9" ::
                         : "rax", "rdx", "r9", "cc");
    expect(EXCEPTION_INT_OVERFLOW, "64 bits");
    skip_bytes = 2;
    __asm__ volatile("movl $0x8000, %%eax; movl $0xff00, %%ecx; idivb %%ch" ::: "rax", "rcx", "cc");
    expect(EXCEPTION_INT_OVERFLOW, "8 bits, the high byte of a register");
    __asm__ volatile("movl $0x8000, %%eax; movl $0x00ff, %%ecx; divb %%ch" ::: "rax", "rcx", "cc");
    expect(EXCEPTION_INT_DIVIDE_BY_ZERO, "which is zero");
    skip_bytes = 3;
    __asm__ volatile("movl $1, %%edx; movl $0xf0000, %%ecx; divw %%cx" ::
                         : "rax", "rcx", "rdx", "cc");
    expect(EXCEPTION_INT_DIVIDE_BY_ZERO, "16 bits");
    RemoveVectoredExceptionHandler(handler);
}

static void test_main(void)
{
    test_divisions();
}
