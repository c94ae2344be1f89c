/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Exceptions: hardware faults and raised ones, into vectored handlers, __except and __finally;
 * nested and collided. */

#include <windows.h>

#include "frames.h"
#include "test.h"

extern void WINAPI RtlRaiseException(EXCEPTION_RECORD *);
extern void *WINAPI RtlAddVectoredExceptionHandler(ULONG, void *);
extern void *WINAPI RtlAddVectoredContinueHandler(ULONG, void *);
extern ULONG WINAPI RtlRemoveVectoredExceptionHandler(void *);
extern ULONG WINAPI RtlRemoveVectoredContinueHandler(void *);
extern LONG WINAPI RtlRaiseStatus(LONG);
extern LONG WINAPI NtAddBootEntry(void *, void *); /* will not be implemented */

/* What happened, in order: a line of letters. */
static char history[64];
static unsigned n_history;

static void note(char c)
{
    if (n_history < sizeof(history) - 1)
        history[n_history++] = c;
    history[n_history] = 0;
}

static void history_clear(void)
{
    n_history = 0;
    history[0] = 0;
}

static int is_history(const char *want)
{
    unsigned i;

    for (i = 0; want[i] && want[i] == history[i]; i++)
        ;
    return !want[i] && !history[i];
}

static EXCEPTION_RECORD last_record;
static ULONG last_flags;

static LONG filter_take(EXCEPTION_POINTERS *pointers)
{
    last_record = *pointers->ExceptionRecord;
    note('t');
    return EXCEPTION_EXECUTE_HANDLER;
}

static LONG filter_refuse(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    note('r');
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG filter_continue(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    note('c');
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void raise_code(ULONG code, ULONG flags)
{
    EXCEPTION_RECORD record = {0};

    record.ExceptionCode = code;
    record.ExceptionFlags = flags;
    record.NumberParameters = 2;
    record.ExceptionInformation[0] = 11;
    record.ExceptionInformation[1] = 22;
    RtlRaiseException(&record);
}

static void do_raise(void *argument)
{
    raise_code((ULONG)(ULONG_PTR)argument, 0);
    note('a'); /* after */
}

static void do_read_null(void *argument)
{
    *(volatile int *)((char *)argument + 0x10);
}

static void do_write_null(void *argument)
{
    *(volatile int *)((char *)argument + 0x20) = 1;
}

static void do_execute_null(void *argument)
{
    ((void (*)(void))((char *)argument + 0x30))();
}

static void do_divide(void *argument)
{
    int zero = (int)(ULONG_PTR)argument, result = 1;

    __asm__ volatile("cltd; idivl %1" : "+a"(result) : "r"(zero) : "edx");
}

static void do_illegal(void *argument)
{
    (void)argument;
    __asm__ volatile("ud2");
}

static void do_privileged(void *argument)
{
    (void)argument;
    __asm__ volatile("hlt");
}

static void do_breakpoint(void *argument)
{
    (void)argument;
    __asm__ volatile("int3; nop");
}

static void do_stub(void *argument)
{
    NtAddBootEntry(argument, argument);
}

static void test_hardware(void)
{
    static const struct {
        frame_function function;
        ULONG code;
        const char *name;
    } cases[] = {
        {do_read_null, 0xc0000005, "a read near NULL"},
        {do_write_null, 0xc0000005, "a write near NULL"},
        {do_execute_null, 0xc0000005, "a call near NULL"},
        {do_divide, 0xc0000094, "a division by zero"},
        {do_illegal, 0xc000001d, "an illegal instruction"},
        {do_privileged, 0xc0000096, "a privileged instruction"},
        {do_breakpoint, 0x80000003, "a breakpoint"},
        {do_stub, 0xc0000002, "a call of an unimplemented function"},
    };
    unsigned i;

    current_filter = filter_take;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        is_number(try_except(cases[i].function, NULL), cases[i].code, "%s", cases[i].name);
    try_except(do_read_null, NULL);
    is_number(last_record.ExceptionInformation[0], 0, "an access violation tells a read");
    is_number(last_record.ExceptionInformation[1], 0x10, "and the address");
    try_except(do_write_null, NULL);
    is_number(last_record.ExceptionInformation[0], 1, "a write");
    is_number(last_record.ExceptionInformation[1], 0x20, "and its address");
    try_except(do_execute_null, NULL);
    is_number(last_record.ExceptionInformation[0], 8, "an execution");
    is_number((LONG64)last_record.ExceptionAddress, 0x30, "at the address that was called");
    is_number(check_nonvolatile(destroy_and_fault, NULL), 0,
              "the handler finds all non-volatile registers of its frame");
}

static void test_raised(void)
{
    ULONG code;

    current_filter = filter_take;
    history_clear();
    code = try_except(do_raise, (void *)0xe0001234);
    is_number(code, 0xe0001234, "a raised exception is caught");
    ok(is_history("t"), "what follows the raise does not run");
    is_number(last_record.NumberParameters, 2, "its parameters arrive");
    is_number(last_record.ExceptionInformation[1], 22, "with their values");
    current_filter = filter_continue;
    history_clear();
    is_number(try_except(do_raise, (void *)0xe0001234), 0, "a filter continues execution");
    ok(is_history("ca"), "after the raise");
    current_filter = filter_refuse;
    outer_filter = filter_take;
    history_clear();
    is_number(try_except_twice(do_raise, (void *)0xe0001230), 0xe0001231,
              "a filter that refuses leaves it to the outer scope");
    ok(is_history("rt"), "inner first");
}

static LONG filter_by_code(EXCEPTION_POINTERS *pointers)
{
    last_record = *pointers->ExceptionRecord;
    if (pointers->ExceptionRecord->ExceptionCode == 0xe0000001)
        return EXCEPTION_CONTINUE_EXECUTION;
    return EXCEPTION_EXECUTE_HANDLER;
}

static void do_raise_noncontinuable(void *argument)
{
    (void)argument;
    raise_code(0xe0000001, EXCEPTION_NONCONTINUABLE);
}

static void test_noncontinuable(void)
{
    current_filter = filter_by_code;
    is_number(try_except(do_raise_noncontinuable, NULL), 0xc0000025,
              "to continue a noncontinuable exception is an exception");
    ok(last_record.ExceptionRecord && last_record.ExceptionRecord->ExceptionCode == 0xe0000001,
       "whose record has the first one as its cause");
}

static LONG WINAPI vectored_continue_all(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode == 0xe0000001)
        return EXCEPTION_CONTINUE_EXECUTION;
    return EXCEPTION_CONTINUE_SEARCH;
}

static void test_noncontinuable_vectored(void)
{
    void *handler = RtlAddVectoredExceptionHandler(1, vectored_continue_all);

    current_filter = filter_take;
    is_number(try_except(do_raise_noncontinuable, NULL), 0xc0000025,
              "a vectored handler may not continue one either");
    RtlRemoveVectoredExceptionHandler(handler);
}

static void finally_note(int is_abnormal)
{
    note(is_abnormal ? 'F' : 'f');
}

static void do_finally_then_raise(void *argument)
{
    try_finally(do_raise, argument);
    note('a');
}

static void do_nothing(void *argument)
{
    (void)argument;
}

static void do_two_finallys(void *argument)
{
    try_finally(do_finally_then_raise, argument);
}

static void test_finally(void)
{
    current_finally = finally_note;
    history_clear();
    try_finally(do_nothing, NULL);
    ok(is_history("f"), "__finally runs on the normal way");
    current_filter = filter_take;
    history_clear();
    try_except(do_two_finallys, (void *)0xe0000007);
    ok(is_history("tFF"), "filters first, then each __finally of the frames left: %s", history);
    current_filter = filter_continue;
    history_clear();
    try_except(do_finally_then_raise, (void *)0xe0000007);
    ok(is_history("cafa"), "an exception that is continued leaves no frame: %s", history);
}

/* A filter that itself faults: the second exception is nested in the first. */
static LONG filter_faulting(EXCEPTION_POINTERS *pointers)
{
    note('n');
    if (pointers->ExceptionRecord->ExceptionCode == 0xe0000010)
        raise_code(0xe0000011, 0);
    last_flags = pointers->ExceptionRecord->ExceptionFlags;
    return EXCEPTION_CONTINUE_SEARCH;
}

static void do_nested(void *argument)
{
    current_filter = filter_faulting;
    outer_filter = filter_take;
    is_number(try_except_twice(do_raise, argument), 0xe0000011,
              "an exception in a filter is caught by the outer scope");
}

static void test_nested(void)
{
    history_clear();
    do_nested((void *)0xe0000010);
    ok(is_history("nnt"), "the filter is asked for the nested one too: %s", history);
    ok(last_flags & 0x10, "which says that it is nested");
}

/* A __finally that raises while frames are left: the unwinds collide. */
static void finally_raise(int is_abnormal)
{
    note(is_abnormal ? 'F' : 'f');
    if (is_abnormal) {
        current_finally = finally_note;
        raise_code(0xe0000021, 0);
    }
}

static void do_collide_inner(void *argument)
{
    try_finally(do_raise, argument);
}

static void do_collide(void *argument)
{
    try_finally(do_collide_inner, argument);
}

static void test_collided(void)
{
    current_filter = filter_take;
    current_finally = finally_raise;
    history_clear();
    is_number(try_except(do_collide, (void *)0xe0000020), 0xe0000021,
              "an exception in a __finally replaces the one that is unwound");
    ok(is_history("tFtF"), "the __finally that raised does not run again: %s", history);
}

static LONG WINAPI vectored_fix(EXCEPTION_POINTERS *pointers)
{
    note('v');
    if (pointers->ExceptionRecord->ExceptionCode != 0xc0000005)
        return EXCEPTION_CONTINUE_SEARCH;
    pointers->ContextRecord->Rax = (ULONG64)&last_flags;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static LONG WINAPI vectored_pass(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    note('p');
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG WINAPI vectored_continue(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    note('k');
    return EXCEPTION_CONTINUE_SEARCH;
}

static ULONG read_through_rax(ULONG64 address)
{
    ULONG value;

    __asm__ volatile("movl (%%rax), %0" : "=r"(value), "+a"(address));
    return value;
}

static void test_vectored(void)
{
    void *fix = RtlAddVectoredExceptionHandler(0, vectored_fix);
    void *pass = RtlAddVectoredExceptionHandler(1, vectored_pass);
    void *go_on = RtlAddVectoredContinueHandler(0, vectored_continue);

    history_clear();
    last_flags = 0x1357;
    is_number(read_through_rax(8), 0x1357, "a vectored handler repairs a register and continues");
    ok(is_history("pvk"), "first, then last registered, then the continue handler: %s", history);
    current_filter = filter_take;
    history_clear();
    try_except(do_raise, (void *)0xe0000030);
    ok(is_history("pvt"), "then the frames: %s", history);
    ok(RtlRemoveVectoredExceptionHandler(fix) != 0, "a handler is removed");
    ok(RtlRemoveVectoredExceptionHandler(fix) == 0, "once");
    RtlRemoveVectoredExceptionHandler(pass);
    RtlRemoveVectoredContinueHandler(go_on);
    history_clear();
    try_except(do_raise, (void *)0xe0000030);
    ok(is_history("t"), "and not called any more: %s", history);
}

static void test_main(void)
{
    test_hardware();
    test_raised();
    test_noncontinuable();
    test_noncontinuable_vectored();
    test_finally();
    test_nested();
    test_collided();
    test_vectored();
}
