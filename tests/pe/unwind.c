/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Unwinding: every instruction of two functions, dynamic function tables, capture and restore,
 * consolidation. */

#include <windows.h>

#include "frames.h"
#include "test.h"

extern LONG WINAPI NtAllocateVirtualMemory(HANDLE, void **, ULONG_PTR, SIZE_T *, ULONG, ULONG);
extern void WINAPI RtlRaiseException(EXCEPTION_RECORD *);

enum { STACK_WORDS = 64 };

static ULONG64 stack[STACK_WORDS];

/* Where sample function a stands at this offset: how far rsp is below its return address, what is
 * saved. */
struct point {
    unsigned offset;
    unsigned depth; /* bytes from rsp to the return address */
};

/* rsp is put at `depth` below a return address of 0x1111; rbx, rsi and rbp were saved as 0x2222,
 * 0x3333, 0x4444. */
static void check_point(char *function, const struct point *point, const char *name,
                        ULONG64 *places, ULONG64 frame_register)
{
    ULONG64 *return_address = &stack[48];
    ULONG_PTR base = 0, frame = 0;
    CONTEXT context = {0};
    RUNTIME_FUNCTION *entry;
    void *data = NULL;

    context.ContextFlags = CONTEXT_FULL;
    context.Rip = (ULONG64)function + point->offset;
    context.Rsp = (ULONG64)return_address - point->depth;
    context.Rbx = 0x2222;
    context.Rsi = 0x3333;
    context.Rbp = frame_register ? frame_register : 0x4444;
    *return_address = 0x1111;
    (void)places;
    entry = RtlLookupFunctionEntry(context.Rip, &base, NULL);
    if (!entry) {
        ok(0, "%s: an entry for offset %x", name, point->offset);
        return;
    }
    RtlVirtualUnwind(0, base, context.Rip, entry, &context, &data, &frame, NULL);
    ok(context.Rip == 0x1111 && context.Rsp == (ULONG64)(return_address + 1) &&
           context.Rbx == 0x2222 && context.Rsi == 0x3333 && context.Rbp == 0x4444,
       "%s at %x: rip %llx, rsp off by %lld, rbx %llx, rsi %llx, rbp %llx", name, point->offset,
       context.Rip, (long long)(context.Rsp - (ULONG64)(return_address + 1)), context.Rbx,
       context.Rsi, context.Rbp);
}

static void test_every_instruction(void)
{
    static const struct point a[] = {{0x0, 0},    {0x1, 8},    {0x2, 16},  {0x6, 0x58},
                                     {0x7, 0x58}, {0xb, 0x10}, {0xc, 0x8}, {0xd, 0x0}};
    static const struct point b[] = {{0x0, 0},     {0x1, 8},     {0x5, 0x48}, {0xa, 0x48},
                                     {0x11, 0xc8}, {0x12, 0xc8}, {0x16, 0x8}, {0x17, 0x0}};
    unsigned i;

    is_number(sample_a_end - sample_a, 0xe, "sample a is as long as its table says");
    for (i = 0; i < sizeof(a) / sizeof(a[0]); i++) {
        stack[47] = 0x2222; /* rbx */
        stack[46] = 0x3333; /* rsi */
        check_point(sample_a, &a[i], "sample a", NULL, 0);
    }
    is_number(sample_b_end - sample_b, 0x18, "sample b is as long as its table says");
    for (i = 0; i < sizeof(b) / sizeof(b[0]); i++) {
        int has_frame = b[i].offset >= 0xa && b[i].offset < 0x17;

        stack[47] = 0x4444; /* rbp */
        check_point(sample_b, &b[i], "sample b", NULL,
                    has_frame ? (ULONG64)&stack[48] - 0x48 + 0x20 : 0);
    }
}

static LONG filter_take(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void do_raise(void *argument)
{
    EXCEPTION_RECORD record = {0};

    record.ExceptionCode = (ULONG)(ULONG_PTR)argument;
    RtlRaiseException(&record);
}

/* sub rsp,0x38; call rcx (argument rdx in rcx); add rsp,0x38; ret, and its tables, all in one
 * block. */
static const unsigned char generated[] = {0x48, 0x83, 0xec, 0x38, 0x48, 0x89, 0xc8, 0x48, 0x89,
                                          0xd1, 0xff, 0xd0, 0x90, 0x48, 0x83, 0xc4, 0x38, 0xc3};
static const unsigned char generated_unwind[] = {0x01, 0x04, 0x01, 0x00, 0x04, 0x62, 0x00, 0x00};

static char *generate(RUNTIME_FUNCTION **ret_entry)
{
    SIZE_T size = 0x1000;
    void *block = NULL;
    RUNTIME_FUNCTION *entry;
    unsigned i;

    if (NtAllocateVirtualMemory((HANDLE)-1, &block, 0, &size, MEM_RESERVE | MEM_COMMIT,
                                PAGE_EXECUTE_READWRITE))
        bail_out("no memory to execute");
    for (i = 0; i < sizeof(generated); i++)
        ((unsigned char *)block)[i] = generated[i];
    for (i = 0; i < sizeof(generated_unwind); i++)
        ((unsigned char *)block)[0x100 + i] = generated_unwind[i];
    entry = (RUNTIME_FUNCTION *)((char *)block + 0x200);
    entry->BeginAddress = 0;
    entry->EndAddress = sizeof(generated);
    entry->UnwindData = 0x100;
    *ret_entry = entry;
    return block;
}

static char *code;

static void call_generated(void *argument)
{
    ((void (*)(frame_function, void *))code)(do_raise, argument);
}

static RUNTIME_FUNCTION *callback_entry;

static RUNTIME_FUNCTION *CALLBACK table_callback(DWORD64 pc, void *context)
{
    return context == &callback_entry && pc >= (DWORD64)code ? callback_entry : NULL;
}

static void test_dynamic_tables(void)
{
    ULONG_PTR base = 0;
    RUNTIME_FUNCTION *entry;

    code = generate(&entry);
    current_filter = filter_take;
    ok(!RtlLookupFunctionEntry((ULONG_PTR)code + 4, &base, NULL), "generated code has no entry");
    ok(RtlAddFunctionTable(entry, 1, (DWORD64)code), "it is given one");
    ok(RtlLookupFunctionEntry((ULONG_PTR)code + 4, &base, NULL) == entry && base == (ULONG_PTR)code,
       "which is found");
    is_number(try_except(call_generated, (void *)0xe0000040), 0xe0000040,
              "an exception passes through generated code");
    ok(RtlDeleteFunctionTable(entry), "the table is taken away");
    ok(!RtlLookupFunctionEntry((ULONG_PTR)code + 4, &base, NULL), "and not found any more");
    ok(!RtlDeleteFunctionTable(entry), "nor taken away again");
    callback_entry = entry;
    ok(RtlInstallFunctionTableCallback((DWORD64)code | 3, (DWORD64)code, 0x1000, table_callback,
                                       &callback_entry, NULL),
       "a callback for the range");
    is_number(try_except(call_generated, (void *)0xe0000041), 0xe0000041, "is asked");
    ok(RtlDeleteFunctionTable((RUNTIME_FUNCTION *)((DWORD64)code | 3)), "and taken away");
}

static void test_capture_restore(void)
{
    volatile int n = 0;
    CONTEXT context;

    RtlCaptureContext(&context);
    n++;
    if (n < 3)
        RtlRestoreContext(&context, NULL);
    is_number(n, 3, "a captured context is restored, twice");
    ok(context.Rsp < (ULONG64)__builtin_frame_address(0) + 0x2000 &&
           context.Rsp > (ULONG64)&context - 0x2000,
       "its stack is here");
    is_number(context.ContextFlags, CONTEXT_FULL | CONTEXT_SEGMENTS, "it says what it holds");
}

static int n_consolidated;

/* Runs on the target's frame's behalf: gives the address to go on at. */
static ULONG64 consolidate(EXCEPTION_RECORD *record)
{
    n_consolidated += (int)record->ExceptionInformation[1];
    return (ULONG64)frame_landing;
}

static EXCEPTION_DISPOSITION handler_consolidate(EXCEPTION_RECORD *record, void *frame,
                                                 CONTEXT *context, DISPATCHER_CONTEXT *dispatch)
{
    EXCEPTION_RECORD unwind = {0};
    CONTEXT scratch;

    if (record->ExceptionFlags & 6)
        return ExceptionContinueSearch;
    (void)context, (void)dispatch;
    unwind.ExceptionCode = 0x80000029;
    unwind.NumberParameters = 2;
    unwind.ExceptionInformation[0] = (ULONG_PTR)consolidate;
    unwind.ExceptionInformation[1] = 5;
    RtlUnwindEx(frame, NULL, &unwind, (void *)(ULONG_PTR)0x77, &scratch, NULL);
    return ExceptionContinueSearch;
}

static EXCEPTION_DISPOSITION handler_unwind(EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                            DISPATCHER_CONTEXT *dispatch)
{
    if (record->ExceptionFlags & 6)
        return ExceptionContinueSearch;
    (void)dispatch;
    /* The original context as scratch memory, as libgcc does. */
    RtlUnwindEx(frame, frame_landing, record, (void *)(ULONG_PTR)0x1234, context, NULL);
    return ExceptionContinueSearch;
}

static EXCEPTION_DISPOSITION handler_pass(EXCEPTION_RECORD *record, void *frame, CONTEXT *context,
                                          DISPATCHER_CONTEXT *dispatch)
{
    (void)frame, (void)context, (void)dispatch;
    if (record->ExceptionFlags & 0x20)
        n_consolidated = -1;
    return ExceptionContinueSearch;
}

static void call_with_handler(void *argument)
{
    with_handler(do_raise, argument);
}

static void test_unwind_to_frame(void)
{
    current_handler = handler_unwind;
    is_number(with_handler(do_raise, (void *)0xe0000050), 0x1234,
              "RtlUnwindEx lands in the frame with its result");
    current_handler = handler_consolidate;
    n_consolidated = 0;
    is_number(with_handler(do_raise, (void *)0xe0000051) == 0, 0,
              "a consolidating unwind lands too");
    is_number(n_consolidated, 5, "after its callback has run");
    current_handler = handler_pass;
    current_filter = filter_take;
    n_consolidated = 0;
    try_except(call_with_handler, (void *)0xe0000052);
    is_number(n_consolidated, 0, "a frame that is only passed is not told that it is the target");
}

extern LONG WINAPI RtlCopyContext(CONTEXT *, ULONG, CONTEXT *);

static void test_copy(void)
{
    CONTEXT from = {
        .ContextFlags = CONTEXT_ALL, .Rip = 1, .Rsp = 2, .Rax = 3, .R15 = 4, .SegDs = 5};
    CONTEXT to = {.ContextFlags = CONTEXT_CONTROL};

    is_status(RtlCopyContext(&to, CONTEXT_CONTROL, &from), 0,
              "the control part of a context is copied");
    ok(to.Rip == 1 && to.Rsp == 2 && !to.Rax && !to.SegDs, "alone");
    from.Rsp = 7;
    is_status(RtlCopyContext(&to, CONTEXT_INTEGER, &from), 0, "then the integer part");
    ok(to.Rax == 3 && to.R15 == 4 && to.Rsp == 2, "without rsp, which is control");
    is_number(to.ContextFlags, CONTEXT_CONTROL | CONTEXT_INTEGER, "it says what it holds");
    is_status(RtlCopyContext(&to, 1, &from), (LONG)0xc000000d, "flags of no machine");
}

static void test_backtrace(void)
{
    void *addresses[16] = {0};
    ULONG hash = 0;
    USHORT n = RtlCaptureStackBackTrace(0, 16, addresses, &hash);

    ok(n >= 3 && n < 16, "a back-trace reaches the thread's start: %u frames", (unsigned)n);
    ok((char *)addresses[0] > (char *)test_backtrace &&
           (char *)addresses[0] < (char *)test_backtrace + 0x100,
       "its first address is this function");
    is_number(RtlCaptureStackBackTrace(1, 16, addresses, NULL), n - 1,
              "one frame skipped is one less");
}

static void test_main(void)
{
    test_every_instruction();
    test_dynamic_tables();
    test_capture_restore();
    test_unwind_to_frame();
    test_backtrace();
    test_copy();
}
