/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The ends that a program chooses when it cannot go on, in place of Wine's (ldr_replace.c):
 * FatalAppExit, whose text Wine's shows to nobody while user32 is not loaded, and
 * RaiseFailFastException, which Wine's does without a report. No handler is asked, as on Windows.
 */

#include "ntdll.h"

#include "exception.h"
#include "replace.h"

#ifndef STATUS_FAIL_FAST_EXCEPTION
#define STATUS_FAIL_FAST_EXCEPTION ((NTSTATUS)0xc0000602)
#endif

enum { FATAL_EXIT_CODE = 1, GENERATE_ADDRESS = 1 /* FAIL_FAST_GENERATE_EXCEPTION_ADDRESS */ };

void WINAPI replaced_FatalAppExitA(UINT action, const char *text)
{
    (void)action;
    log_line("FatalAppExit: %s", text ? text : "");
    RtlExitUserProcess(FATAL_EXIT_CODE);
}

void WINAPI replaced_FatalAppExitW(UINT action, const WCHAR *text)
{
    (void)action;
    log_line("FatalAppExit: %S", text ? text : L"");
    RtlExitUserProcess(FATAL_EXIT_CODE);
}

void WINAPI replaced_RaiseFailFastException(EXCEPTION_RECORD *record, CONTEXT *context, DWORD flags)
{
    EXCEPTION_RECORD own_record = {.ExceptionCode = (DWORD)STATUS_FAIL_FAST_EXCEPTION,
                                   .ExceptionFlags = EXCEPTION_NONCONTINUABLE,
                                   .ExceptionAddress = __builtin_return_address(0)};
    CONTEXT own_context;

    if (!context)
        RtlCaptureContext(&own_context);
    if (record && (flags & GENERATE_ADDRESS))
        record->ExceptionAddress = own_record.ExceptionAddress;
    unhandled_end(record ? record : &own_record, context ? context : &own_context);
}
