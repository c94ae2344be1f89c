/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The printf family that ntdll exports: thin names over printf.c. */
#include "rtl.h"

#define FORMAT_BODY(call)                \
    __ms_va_list args;                   \
    __builtin_ms_va_start(args, format); \
    int n = call;                        \
    __builtin_ms_va_end(args);           \
    return n

int __cdecl _vsnprintf(char *dst, size_t n_max, const char *format, __ms_va_list args)
{
    return format_narrow(dst, n_max, format, args);
}

int __cdecl _vsnwprintf(WCHAR *dst, size_t n_max, const WCHAR *format, __ms_va_list args)
{
    return format_wide(dst, n_max, format, args);
}

int __cdecl _snprintf(char *dst, size_t n_max, const char *format, ...)
{
    FORMAT_BODY(format_narrow(dst, n_max, format, args));
}

int __cdecl _snwprintf(WCHAR *dst, size_t n_max, const WCHAR *format, ...)
{
    FORMAT_BODY(format_wide(dst, n_max, format, args));
}

int __cdecl sprintf(char *dst, const char *format, ...)
{
    FORMAT_BODY(format_narrow(dst, 0x7fffffff, format, args));
}

int __cdecl swprintf(WCHAR *dst, const WCHAR *format, ...)
{
    FORMAT_BODY(format_wide(dst, 0x7fffffff, format, args));
}

int __cdecl vsprintf(char *dst, const char *format, __ms_va_list args)
{
    return format_narrow(dst, 0x7fffffff, format, args);
}
