/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Messages for a debugger, of which there is none: they are lines on standard error when the trace
 * channel `dbgprint` is on (PORTICO_DEBUG). And the frames that a thread pushes for its own use.
 */
#include "rtl.h"

NTSTATUS WINAPI vDbgPrintExWithPrefix(const char *prefix, ULONG component, ULONG level,
                                      const char *format, __ms_va_list args)
{
    char line[512];
    SIZE_T n = strlen(prefix);

    (void)component;
    (void)level;
    if (n > sizeof(line) / 2)
        n = sizeof(line) / 2;
    memcpy(line, prefix, n);
    int written = format_narrow(line + n, sizeof(line) - n, format, args);
    n = written < 0 ? sizeof(line) : n + (SIZE_T)written;
    while (n > 0 && line[n - 1] == '\n')
        n--;
    unix_trace(UNIX_TRACE_DBGPRINT, line, n);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI vDbgPrintEx(ULONG component, ULONG level, const char *format, __ms_va_list args)
{
    return vDbgPrintExWithPrefix("", component, level, format, args);
}

NTSTATUS WINAPIV DbgPrintEx(ULONG component, ULONG level, const char *format, ...)
{
    __ms_va_list args;

    __builtin_ms_va_start(args, format);
    NTSTATUS status = vDbgPrintExWithPrefix("", component, level, format, args);
    __builtin_ms_va_end(args);
    return status;
}

NTSTATUS WINAPIV DbgPrint(const char *format, ...)
{
    __ms_va_list args;

    __builtin_ms_va_start(args, format);
    NTSTATUS status = vDbgPrintExWithPrefix("", 0, 0, format, args);
    __builtin_ms_va_end(args);
    return status;
}

TEB_ACTIVE_FRAME *WINAPI RtlGetFrame(void)
{
    return teb()->ActiveFrame;
}

void WINAPI RtlPushFrame(TEB_ACTIVE_FRAME *frame)
{
    frame->Previous = teb()->ActiveFrame;
    teb()->ActiveFrame = frame;
}

void WINAPI RtlPopFrame(TEB_ACTIVE_FRAME *frame)
{
    teb()->ActiveFrame = frame->Previous;
}
