/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What hardware faults become: code, address, parameters, and that the interrupted registers,
 * vector state included, are restored when a handler says "continue". Each fault runs in its own
 * small assembly function; the handler notes the record and skips the instruction by its length. */
#include <windows.h>

#include "test.h"

extern void *NTAPI RtlAddVectoredExceptionHandler(ULONG, PVECTORED_EXCEPTION_HANDLER);
extern NTSTATUS NTAPI NtAllocateVirtualMemory(HANDLE, void **, ULONG_PTR, SIZE_T *, ULONG, ULONG);
extern NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE, void **, SIZE_T *, ULONG, ULONG *);
extern NTSTATUS NTAPI NtQuerySystemTime(LARGE_INTEGER *);
extern NTSTATUS NTAPI NtCreateEvent(HANDLE *, ACCESS_MASK, void *, ULONG, BOOLEAN);

static EXCEPTION_RECORD seen;
static CONTEXT seen_context;
static unsigned n_seen;
static int skip_bytes; /* bytes from the reported rip to where to go on */
static DWORD64 resume_at;

static LONG CALLBACK note(EXCEPTION_POINTERS *pointers)
{
    unsigned char trash[256];
    unsigned i;

    if (pointers->ExceptionRecord->ExceptionCode == 0xc0000002)
        return EXCEPTION_CONTINUE_SEARCH;
    for (i = 0; i < sizeof(trash); i++)
        ((volatile unsigned char *)trash)[i] = 0xee;
    seen = *pointers->ExceptionRecord;
    seen_context = *pointers->ContextRecord;
    n_seen++;
    if (resume_at)
        pointers->ContextRecord->Rip = resume_at;
    else
        pointers->ContextRecord->Rip += skip_bytes;
    /* The vector registers while handlers run are anybody's. */
    __asm__ volatile("pxor %%xmm0, %%xmm0; pxor %%xmm6, %%xmm6; pxor %%xmm15, %%xmm15" ::
                         : "xmm0", "xmm6", "xmm15");
    return EXCEPTION_CONTINUE_EXECUTION;
}

#define FAULT(instruction, length)                                             \
    do {                                                                       \
        skip_bytes = (length);                                                 \
        resume_at = 0;                                                         \
        n_seen = 0;                                                            \
        __asm__ volatile(instruction ::: "rax", "rcx", "rdx", "memory", "cc"); \
    } while (0)

static void memory_faults(void)
{
    void *page = NULL;
    SIZE_T size = 0x1000;
    ULONG old;

    FAULT("xorl %%eax, %%eax; 1: movl $7, (%%rax)", 6);
    ok(n_seen == 1 && seen.ExceptionCode == 0xc0000005, "a write to NULL is an access violation");
    ok(seen.NumberParameters == 2 && seen.ExceptionInformation[0] == 1 &&
           seen.ExceptionInformation[1] == 0,
       "its parameters say write and 0");
    FAULT("movl $0x1234, %%eax; movl (%%rax), %%ecx", 2);
    ok(n_seen == 1 && seen.ExceptionInformation[0] == 0 && seen.ExceptionInformation[1] == 0x1234,
       "a read of 0x1234 says read and 0x1234");
    ok(seen.ExceptionAddress == (void *)seen_context.Rip, "the exception's address is rip");
    FAULT("movabsq $0x8000000000000000, %%rax; movl (%%rax), %%ecx", 2);
    ok(n_seen == 1 && seen.ExceptionCode == 0xc0000005 && seen.ExceptionInformation[0] == 0 &&
           seen.ExceptionInformation[1] == ~(ULONG_PTR)0,
       "a non-canonical address is an access violation at -1");
    is_status(NtAllocateVirtualMemory((HANDLE)-1, &page, 0, &size, MEM_COMMIT, PAGE_READWRITE), 0,
              "a page is allocated");
    *(char *)page = (char)0xc3;
    n_seen = 0;
    skip_bytes = 0;
    __asm__ volatile("leaq 1f(%%rip), %%rax; movq %%rax, %0; call *%1; 1: addq $8, %%rsp"
                     : "=m"(resume_at)
                     : "r"(page)
                     : "rax", "rcx", "rdx", "memory");
    ok(n_seen == 1 && seen.ExceptionInformation[0] == 8 &&
           seen.ExceptionInformation[1] == (ULONG_PTR)page,
       "executing a data page says execute");
    resume_at = 0;
    NtProtectVirtualMemory((HANDLE)-1, &page, &size, PAGE_READWRITE | PAGE_GUARD, &old);
    n_seen = 0;
    skip_bytes = 0; /* retry: the guard is gone */
    *(volatile char *)page = 1;
    __asm__ volatile("" ::: "memory");
    ok(n_seen == 1 && seen.ExceptionCode == 0x80000001, "a guard page says so once");
    NtProtectVirtualMemory((HANDLE)-1, &page, &size, PAGE_READONLY, &old);
    FAULT("movl $0x7ffe0000, %%eax; movl $1, (%%rax)", 6);
    ok(n_seen == 1 && seen.ExceptionInformation[0] == 1, "the shared data page cannot be written");
}

static void instruction_faults(void)
{
    FAULT("ud2", 2);
    ok(n_seen == 1 && seen.ExceptionCode == 0xc000001d, "ud2 is an illegal instruction");
    FAULT("hlt", 1);
    ok(n_seen == 1 && seen.ExceptionCode == 0xc0000096, "hlt is a privileged instruction");
    FAULT("inb $0x60, %%al", 2);
    ok(n_seen == 1 && seen.ExceptionCode == 0xc0000096, "in is a privileged instruction");
    FAULT("xorl %%edx, %%edx; movl $1, %%eax; xorl %%ecx, %%ecx; divl %%ecx", 2);
    ok(n_seen == 1 && seen.ExceptionCode == 0xc0000094, "a division by zero");
    FAULT("int3", 1);
    ok(n_seen == 1 && seen.ExceptionCode == 0x80000003, "int3 is a breakpoint");
    ok(*(unsigned char *)seen.ExceptionAddress == 0xcc &&
           seen_context.Rip == (DWORD64)seen.ExceptionAddress,
       "its address is the instruction's own");
    ok(seen.NumberParameters == 1 && seen.ExceptionInformation[0] == 0, "it has one parameter, 0");
    FAULT("pushfq; orl $0x100, (%%rsp); popfq; nop", 0);
    ok(n_seen == 1 && seen.ExceptionCode == 0x80000004, "the trap flag gives one single step");
    FAULT("int $0x2c", 2);
    ok(n_seen == 1 && seen.ExceptionCode == 0xc0000420, "int 2c is an assertion failure");
}

static void float_faults(void)
{
    unsigned mxcsr = 0x1f80 & ~0x200u, plain = 0x1f80;
    float one = 1, zero = 0;

    n_seen = 0;
    skip_bytes = 0;
    __asm__ volatile("movl $1, %%eax; ldmxcsr %1; leaq 1f(%%rip), %%rax; movq %%rax, %0;"
                     "movss %2, %%xmm1; divss %3, %%xmm1; 1: ldmxcsr %4"
                     : "=m"(resume_at)
                     : "m"(mxcsr), "m"(one), "m"(zero), "m"(plain)
                     : "rax", "xmm1", "memory");
    ok(n_seen == 1 && seen.ExceptionCode == 0xc000008e, "an unmasked float division by zero");
    ok(seen_context.MxCsr == (mxcsr | 4), "its context has the mxcsr of that moment");
    resume_at = 0;
}

/* Every register that a handler could lose, around one fault. */
static void registers_survive(void)
{
    DWORD64 before[4] = {0x1111, 0x2222, 0x3333, 0x4444}, after[4] = {0};
    unsigned char vectors[2][16];
    unsigned i, same = 1;

    for (i = 0; i < 16; i++) {
        vectors[0][i] = (unsigned char)(i + 1);
        vectors[1][i] = 0;
    }
    skip_bytes = 2;
    n_seen = 0;
    __asm__ volatile("movdqu %3, %%xmm0; movdqu %3, %%xmm15; movq %4, %%r8; movq %5, %%r11; stc;"
                     "xorl %%eax, %%eax; stc; movl (%%rax), %%ecx;"
                     "setc %%cl; movzbl %%cl, %%ecx; movq %%rcx, %2; movq %%r8, %0; movq %%r11, %1;"
                     "pand %%xmm15, %%xmm0; movdqu %%xmm0, %6"
                     : "=m"(after[0]), "=m"(after[1]), "=m"(after[2])
                     : "m"(vectors[0]), "m"(before[0]), "m"(before[1]), "m"(vectors[1])
                     : "rax", "rcx", "r8", "r11", "xmm0", "xmm15", "memory", "cc");
    for (i = 0; i < 16; i++)
        same &= vectors[1][i] == vectors[0][i];
    ok(n_seen == 1 && after[0] == 0x1111 && after[1] == 0x2222, "integer registers come back");
    ok(after[2] == 1, "flags come back");
    ok(same, "xmm registers come back");
}

__attribute__((target("avx"))) static void upper_halves_survive(void)
{
    unsigned char in[32], out[32];
    unsigned i, same = 1;

    for (i = 0; i < 32; i++) {
        in[i] = (unsigned char)(i + 100);
        out[i] = 0;
    }
    skip_bytes = 2;
    n_seen = 0;
    __asm__ volatile(
        "vmovdqu %1, %%ymm8; xorl %%eax, %%eax; movl (%%rax), %%ecx; vmovdqu %%ymm8, %0;"
        "vzeroupper"
        : "=m"(out)
        : "m"(in)
        : "rax", "rcx", "xmm8", "memory");
    for (i = 0; i < 32; i++)
        same &= in[i] == out[i];
    ok(n_seen == 1 && same, "the upper halves of ymm registers come back");
    ok((seen_context.ContextFlags & 0x100040) == 0x100040, "the context says that it has them");
}

static int has_avx(void)
{
    return *(unsigned char *)(0x7ffe0000 + 0x274 + 39); /* PF_AVX_INSTRUCTIONS_AVAILABLE */
}

/* The direction of data below the stack pointer: 128 bytes are left alone. */
static void red_zone_is_left_alone(void)
{
    DWORD64 value = 0;

    skip_bytes = 2;
    n_seen = 0;
    __asm__ volatile(
        "movq $0x5a5a, -128(%%rsp); movq $0x5a5a, -8(%%rsp); xorl %%eax, %%eax;"
        "movl (%%rax), %%ecx; movq -128(%%rsp), %%rcx; andq -8(%%rsp), %%rcx; movq %%rcx, %0"
        : "=m"(value)
        :
        : "rax", "rcx", "memory");
    ok(n_seen == 1 && value == 0x5a5a, "128 bytes below rsp are not overwritten");
}

/* A bad pointer in a system call is a status, never an exception or the end. */
static void bad_pointers_are_statuses(void)
{
    n_seen = 0;
    is_status(NtQuerySystemTime((LARGE_INTEGER *)8), 0xc0000005, "an output at address 8");
    is_status(NtQuerySystemTime((LARGE_INTEGER *)0xffff800000000000), 0xc0000005,
              "an output in the kernel's half");
    is_status(NtCreateEvent((HANDLE *)16, EVENT_ALL_ACCESS, NULL, 0, 0), 0xc0000005,
              "an output handle at address 16");
    is_status(NtCreateEvent((HANDLE *)&seen, EVENT_ALL_ACCESS, (void *)0x33, 0, 0), 0xc0000005,
              "object attributes at address 0x33");
    ok(n_seen == 0, "none of them raises");
}

static DWORD64 recover_rsp;
static ULONG overflow_code;

static LONG CALLBACK overflow_note(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode != 0xc00000fd)
        return EXCEPTION_CONTINUE_SEARCH;
    overflow_code = pointers->ExceptionRecord->ExceptionCode;
    pointers->ContextRecord->Rip = resume_at;
    pointers->ContextRecord->Rsp = recover_rsp;
    return EXCEPTION_CONTINUE_EXECUTION;
}

#define FLAGS(operation) \
    __asm__ volatile("pushfq\n\t" operation ", (%%rsp)\n\tpopfq" ::: "cc", "memory")

static void alignment_checks_end_at_system_calls(void)
{
    _Alignas(8) char bytes[24] = {0};
    NTSTATUS status;
    int seen_bits = 0;

    FLAGS("orq $0x40000");
    status = NtQuerySystemTime((LARGE_INTEGER *)(void *)(bytes + 1));
    FLAGS("andq $~0x40000");
    is_status(status, 0, "a system call while the processor checks alignment");
    for (unsigned i = 1; i < 1 + sizeof(LARGE_INTEGER); i++)
        seen_bits |= bytes[i];
    ok(seen_bits != 0, "does its work");
}

static void stack_overflows(void)
{
    __asm__ volatile(
        "movq %%rsp, %0; leaq 1f(%%rip), %%rax; movq %%rax, %1; 2: pushq $0; jmp 2b; 1:"
        : "=m"(recover_rsp), "=m"(resume_at)
        :
        : "rax", "memory");
    ok(overflow_code == 0xc00000fd,
       "endless recursion is a stack overflow, and it can be survived");
    resume_at = 0;
}

static void test_main(void)
{
    RtlAddVectoredExceptionHandler(1, note);
    memory_faults();
    instruction_faults();
    float_faults();
    registers_survive();
    if (has_avx())
        upper_halves_survive();
    else
        skip(2, "no AVX");
    red_zone_is_left_alone();
    bad_pointers_are_statuses();
    alignment_checks_end_at_system_calls();
    RtlAddVectoredExceptionHandler(1, overflow_note);
    stack_overflows();
    done_testing();
}
