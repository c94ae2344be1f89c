/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The end of the line for an exception that the top-level filter (unhandled_filter.c) left: a
 * report on stderr and the end of the process with the exception's code, as Windows gives it to the
 * parent. The report takes no lock: any may be held. */

#include "ntdll.h"

#include "exception.h"
#include "function_table.h"
#include "ldr.h"

enum { REPORT_FRAMES_MAX = 32 };

/* What the linkers' delay-load helpers raise, with a delayed_import as the only parameter. */
#define DELAYED_DLL_ABSENT      0xc06d007eu
#define DELAYED_FUNCTION_ABSENT 0xc06d007fu

struct delayed_import {
    ULONG size;
    const void *descriptor, *slot;
    const char *dll;
    BOOL has_name;
    union {
        const char *name;
        ULONG_PTR ordinal;
    };
};

static const char *code_name(ULONG code)
{
    static const struct {
        ULONG code;
        const char *name;
    } names[] = {
        {(ULONG)STATUS_ACCESS_VIOLATION, "access violation"},
        {(ULONG)STATUS_IN_PAGE_ERROR, "in-page error"},
        {(ULONG)STATUS_ILLEGAL_INSTRUCTION, "illegal instruction"},
        {(ULONG)STATUS_PRIVILEGED_INSTRUCTION, "privileged instruction"},
        {(ULONG)STATUS_INTEGER_DIVIDE_BY_ZERO, "integer divide by zero"},
        {(ULONG)STATUS_INTEGER_OVERFLOW, "integer overflow"},
        {(ULONG)STATUS_FLOAT_DIVIDE_BY_ZERO, "floating-point divide by zero"},
        {(ULONG)STATUS_STACK_OVERFLOW, "stack overflow"},
        {(ULONG)STATUS_BREAKPOINT, "breakpoint"},
        {(ULONG)STATUS_SINGLE_STEP, "single step"},
        {(ULONG)STATUS_DATATYPE_MISALIGNMENT, "misaligned access"},
        {(ULONG)STATUS_NOT_IMPLEMENTED, "a function that is not implemented was called"},
        {(ULONG)STATUS_NONCONTINUABLE_EXCEPTION, "a handler continued a noncontinuable exception"},
        {(ULONG)STATUS_INVALID_UNWIND_TARGET, "invalid unwind target"},
        {(ULONG)STATUS_BAD_STACK, "bad stack"},
        {(ULONG)STATUS_HEAP_CORRUPTION, "heap corruption"},
        {(ULONG)STATUS_STACK_BUFFER_OVERRUN, "fast fail"},
        {0xc0000602, "fail fast"},
        {DELAYED_DLL_ABSENT, "a DLL that is loaded when needed is not there"},
        {DELAYED_FUNCTION_ABSENT, "a DLL that is loaded when needed lacks a function"},
        {0x20474343, "C++ exception (gcc)"},
        {0xe06d7363, "C++ exception (msvc)"},
    };
    unsigned i;

    for (i = 0; i < ARRAY_COUNT(names); i++)
        if (names[i].code == code)
            return names[i].name;
    return "exception";
}

static SIZE_T format_into(char *buffer, SIZE_T size, const char *format, ...)
{
    va_list arguments;
    SIZE_T used;

    va_start(arguments, format);
    used = log_format(buffer, size - 1, format, arguments);
    va_end(arguments);
    buffer[used] = 0;
    return used;
}

/* Where the function of rva can begin at the earliest: what the table of functions says, or behind
 * the last one of the table that it is not in. */
static ULONG function_floor(const struct image_range *range, ULONG rva)
{
    ULONG floor = 0;

    for (ULONG i = 0; i < range->n_functions; i++) {
        const RUNTIME_FUNCTION *function = &range->functions[i];

        if (function->BeginAddress <= rva && function->BeginAddress >= floor)
            floor = rva < function->EndAddress ? function->BeginAddress : function->EndAddress;
    }
    return floor;
}

/* The export at or next below rva, by name; NULL without one, or when another function lies
 * between. */
static const char *nearest_export(const struct image_range *range,
                                  const IMAGE_EXPORT_DIRECTORY *exports, ULONG rva,
                                  ULONG *ret_offset)
{
    const ULONG64 base = range->base;
    const ULONG *functions = (const void *)(base + exports->AddressOfFunctions);
    const ULONG *names = (const void *)(base + exports->AddressOfNames);
    const USHORT *ordinals = (const void *)(base + exports->AddressOfNameOrdinals);
    const char *nearest = NULL;
    ULONG i;

    *ret_offset = rva;
    for (i = 0; i < exports->NumberOfNames; i++) {
        const ULONG at = functions[ordinals[i]];

        if (at <= rva && rva - at < *ret_offset) {
            *ret_offset = rva - at;
            nearest = (const char *)base + names[i];
        }
    }
    return rva - *ret_offset >= function_floor(range, rva) ? nearest : NULL;
}

/* The DLL's name is in its export directory; the program has none. */
static void describe_in_image(const struct image_range *range, ULONG64 address, char *buffer,
                              SIZE_T size)
{
    const ULONG64 base = range->base;
    const IMAGE_EXPORT_DIRECTORY *exports;
    const WCHAR *program = peb()->ProcessParameters->ImagePathName.Buffer;
    const char *name;
    ULONG directory_size, offset;

    if (base == (ULONG64)peb()->ImageBaseAddress && program) {
        format_into(buffer, size, "%S+0x%p", base_name_of(program), address - base);
        return;
    }
    exports = RtlImageDirectoryEntryToData((HMODULE)base, TRUE, IMAGE_DIRECTORY_ENTRY_EXPORT,
                                           &directory_size);
    if (!exports) {
        format_into(buffer, size, "image+0x%p", address - base);
        return;
    }
    name = nearest_export(range, exports, (ULONG)(address - base), &offset);
    if (name)
        format_into(buffer, size, "%s+0x%p (%s+0x%x)", (const char *)base + exports->Name,
                    address - base, name, offset);
    else
        format_into(buffer, size, "%s+0x%p", (const char *)base + exports->Name, address - base);
}

void address_describe(ULONG64 address, char *buffer, SIZE_T size)
{
    struct image_range range;

    if (image_table_find(address, &range))
        describe_in_image(&range, address, buffer, size);
    else
        format_into(buffer, size, "0x%p", address);
}

static void report_backtrace(const CONTEXT *from)
{
    UNWIND_HISTORY_TABLE history = {0};
    DISPATCHER_CONTEXT dispatch = {.HistoryTable = &history};
    CONTEXT context = *from;
    char place[160];
    unsigned i;

    for (i = 0; i < REPORT_FRAMES_MAX && context.Rip; i++) {
        address_describe(context.Rip, place, sizeof(place));
        log_line("  %s", place);
        if (unwind_frame(UNW_FLAG_NHANDLER, &dispatch, &context))
            return;
    }
}

static void report_delayed_import(const EXCEPTION_RECORD *record)
{
    const struct delayed_import *import = (const void *)record->ExceptionInformation[0];

    if ((record->ExceptionCode != DELAYED_DLL_ABSENT &&
         record->ExceptionCode != DELAYED_FUNCTION_ABSENT) ||
        record->NumberParameters != 1 || !import || import->size < sizeof(*import))
        return;
    if (import->has_name)
        log_line("  %s of %s was wanted", import->name, import->dll);
    else
        log_line("  number %u of %s was wanted", (ULONG)import->ordinal, import->dll);
}

static void report(const EXCEPTION_RECORD *record, const CONTEXT *context)
{
    static const char *const kinds[] = {"read", "write", "", "", "", "", "", "", "execute"};
    const ULONG code = record->ExceptionCode;
    const ULONG_PTR *information = record->ExceptionInformation;
    char place[160];

    address_describe((ULONG64)record->ExceptionAddress, place, sizeof(place));
    if ((code == (ULONG)STATUS_ACCESS_VIOLATION || code == (ULONG)STATUS_IN_PAGE_ERROR) &&
        record->NumberParameters >= 2 && information[0] < ARRAY_COUNT(kinds))
        log_line("unhandled exception %x (%s: %s of address 0x%p) at %s in thread %u", code,
                 code_name(code), kinds[information[0]], (ULONG64)information[1], place,
                 HandleToULong(teb()->ClientId.UniqueThread));
    else
        log_line("unhandled exception %x (%s) at %s in thread %u", code, code_name(code), place,
                 HandleToULong(teb()->ClientId.UniqueThread));
    report_delayed_import(record);
    report_backtrace(context);
}

static LONG is_reporting;

/* A fault in the report itself, or a second thread, goes without another one. */
void unhandled_report(const EXCEPTION_RECORD *record, const CONTEXT *context)
{
    if (__atomic_exchange_n(&is_reporting, 1, __ATOMIC_RELAXED))
        return;
    report(record, context);
    __atomic_store_n(&is_reporting, 0, __ATOMIC_RELAXED);
}

void unhandled_end(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (!__atomic_exchange_n(&is_reporting, 1, __ATOMIC_RELAXED))
        report(record, context);
    for (;;)
        NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)record->ExceptionCode);
}
