/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Messages for a debugger, of which there is none: they are dropped, unless PORTICO_DEBUG in the
 * program's environment lists `+dbgprint`; then they are lines on standard error. And the frames
 * that a thread pushes for its own use.
 */
#include "rtl.h"

static BOOL is_wanted(void)
{
    static LONG known; /* 1 no, 2 yes */
    static WCHAR name_text[] = L"PORTICO_DEBUG";
    WCHAR value_text[256];
    UNICODE_STRING name, value = {0, sizeof(value_text) - sizeof(WCHAR), value_text};

    if (known)
        return known == 2;
    RtlInitUnicodeString(&name, name_text);
    BOOL wanted = FALSE;
    if (NT_SUCCESS(RtlQueryEnvironmentVariable_U(NULL, &name, &value)))
        for (int i = 0; i + 9 <= value.Length / (int)sizeof(WCHAR); i++)
            wanted |= !wide_compare(value_text + i, 9, L"+dbgprint", 9, TRUE);
    known = wanted ? 2 : 1;
    return wanted;
}

NTSTATUS WINAPI vDbgPrintExWithPrefix(const char *prefix, ULONG component, ULONG level,
                                      const char *format, __ms_va_list args)
{
    char line[512];

    (void)component;
    (void)level;
    if (!is_wanted())
        return STATUS_SUCCESS;
    int n = format_narrow(line, sizeof(line) - 1, format, args);
    line[n < 0 ? sizeof(line) - 1 : (size_t)n] = 0;
    while (n > 0 && line[n - 1] == '\n')
        line[--n] = 0;
    log_line("debug: %s%s", prefix, line);
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
