/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The top-level filter: what a thread's first frame asks about an exception that no other frame
 * wants. kernelbase registers one, which calls the program's.
 *
 * A program whose own filter answers EXCEPTION_EXECUTE_HANDLER has dealt with its end: it ends with
 * the exception's code and nothing is reported. kernelbase's filter gives the same answer when the
 * program has none, and there the report is what the user needs. So kernelbase has
 * program_filter_ask for the program's filter, which SetUnhandledExceptionFilter, ours, keeps here:
 * it notes the program's own answer. Who asks UnhandledExceptionFilter himself, as the first frame
 * of a fibre does, gets the report from there. */

#include "ntdll.h"

#include "entry.h"
#include "exception.h"
#include "function_table.h"
#include "replace.h"

static PRTL_EXCEPTION_FILTER top_filter;

/* kernelbase's; known when the first DLL that imports it, kernel32, is there. */
PRTL_EXCEPTION_FILTER(WINAPI *original_SetUnhandledExceptionFilter)(PRTL_EXCEPTION_FILTER filter);
static bool top_asks_program; /* top_filter is that DLL's, or kernel32's way to it */

static PRTL_EXCEPTION_FILTER program_filter;

/* The exception that a filter of some thread is asked about: a second one in the same thread is the
 * filter's own. */
static struct {
    HANDLE thread;
    EXCEPTION_POINTERS *pointers;
    LONG answer; /* the program's */
} asked;

/* Without the loader: any lock may be held when it is needed. */
static void *export_of_image_at(ULONG64 address, const char *name)
{
    struct image_range range;
    ULONG size, i;

    if (!image_table_find(address, &range))
        return NULL;
    const IMAGE_EXPORT_DIRECTORY *exports = RtlImageDirectoryEntryToData(
        (HMODULE)range.base, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT, &size);
    if (!exports)
        return NULL;
    const ULONG *functions = (const void *)(range.base + exports->AddressOfFunctions);
    const ULONG *names = (const void *)(range.base + exports->AddressOfNames);
    const USHORT *ordinals = (const void *)(range.base + exports->AddressOfNameOrdinals);
    for (i = 0; i < exports->NumberOfNames; i++)
        if (!strcmp((const char *)range.base + names[i], name))
            return (void *)(range.base + functions[ordinals[i]]);
    return NULL;
}

PRTL_EXCEPTION_FILTER WINAPI replaced_SetUnhandledExceptionFilter(PRTL_EXCEPTION_FILTER filter)
{
    return __atomic_exchange_n(&program_filter, filter, __ATOMIC_ACQ_REL);
}

static LONG WINAPI program_filter_ask(EXCEPTION_POINTERS *pointers)
{
    PRTL_EXCEPTION_FILTER filter = __atomic_load_n(&program_filter, __ATOMIC_ACQUIRE);
    LONG answer = filter ? filter(pointers) : EXCEPTION_CONTINUE_SEARCH;

    if (pointers == asked.pointers &&
        __atomic_load_n(&asked.thread, __ATOMIC_ACQUIRE) == teb()->ClientId.UniqueThread) {
        asked.answer = answer;
    } else if (answer == EXCEPTION_CONTINUE_SEARCH) {
        unhandled_report(pointers->ExceptionRecord, pointers->ContextRecord);
        answer = EXCEPTION_EXECUTE_HANDLER;
    }
    return answer;
}

void WINAPI RtlSetUnhandledExceptionFilter(PRTL_EXCEPTION_FILTER filter)
{
    top_asks_program = original_SetUnhandledExceptionFilter &&
                       export_of_image_at((ULONG64)filter, "SetUnhandledExceptionFilter");
    if (top_asks_program)
        original_SetUnhandledExceptionFilter(program_filter_ask);
    __atomic_store_n(&top_filter, filter, __ATOMIC_RELEASE);
}

static LONG filter_ask(PRTL_EXCEPTION_FILTER filter, EXCEPTION_POINTERS *pointers)
{
    LONG answer;

    asked.pointers = pointers;
    asked.answer = EXCEPTION_CONTINUE_SEARCH;
    __atomic_store_n(&asked.thread, teb()->ClientId.UniqueThread, __ATOMIC_RELEASE);
    answer = filter(pointers);
    if (answer == EXCEPTION_CONTINUE_EXECUTION)
        __atomic_store_n(&asked.thread, NULL, __ATOMIC_RELEASE);
    else if (top_asks_program)
        answer = asked.pointers == pointers ? asked.answer : EXCEPTION_CONTINUE_SEARCH;
    return answer;
}

static void filter_failed(EXCEPTION_RECORD *record, CONTEXT *context)
{
    log_line("exception %x in the filter of unhandled exceptions", (unsigned)record->ExceptionCode);
    if (__atomic_load_n(&asked.thread, __ATOMIC_ACQUIRE) == teb()->ClientId.UniqueThread)
        unhandled_end(asked.pointers->ExceptionRecord, asked.pointers->ContextRecord);
    unhandled_end(record, context);
}

EXCEPTION_DISPOSITION WINAPI thread_start_handler(EXCEPTION_RECORD *record, void *frame,
                                                  CONTEXT *context, DISPATCHER_CONTEXT *dispatch)
{
    EXCEPTION_POINTERS pointers = {record, context};
    PRTL_EXCEPTION_FILTER filter = __atomic_load_n(&top_filter, __ATOMIC_ACQUIRE);
    LONG answer = EXCEPTION_CONTINUE_SEARCH;

    (void)frame, (void)dispatch;
    if (record->ExceptionFlags & EXCEPTION_ANY_UNWIND)
        return ExceptionContinueSearch;
    if (record->ExceptionFlags & EXCEPTION_NESTED_CALL)
        filter_failed(record, context);
    if (filter)
        answer = filter_ask(filter, &pointers);
    if (answer == EXCEPTION_CONTINUE_EXECUTION)
        return ExceptionContinueExecution;
    while (answer == EXCEPTION_EXECUTE_HANDLER)
        NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)record->ExceptionCode);
    unhandled_end(record, context);
}
