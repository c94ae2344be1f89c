/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The wide C string functions that ntdll exports. Comparison without case folds ASCII letters only,
 * as Windows' do; towupper and towlower use the case table (casing.c).
 */
#include "rtl.h"

static WCHAR fold_ascii(WCHAR ch)
{
    return ch >= 'A' && ch <= 'Z' ? (WCHAR)(ch + ('a' - 'A')) : ch;
}

WCHAR __cdecl towupper(WCHAR ch)
{
    return wide_upcase(ch);
}

WCHAR __cdecl towlower(WCHAR ch)
{
    return wide_downcase(ch);
}

size_t __cdecl wcslen(const WCHAR *text)
{
    return wide_length(text);
}

size_t __cdecl wcsnlen(const WCHAR *text, size_t n_max)
{
    size_t n = 0;

    while (n < n_max && text[n])
        n++;
    return n;
}

WCHAR *__cdecl wcscpy(WCHAR *dst, const WCHAR *src)
{
    WCHAR *d = dst;

    while ((*d++ = *src++))
        ;
    return dst;
}

WCHAR *__cdecl wcsncpy(WCHAR *dst, const WCHAR *src, size_t n)
{
    size_t i = 0;

    for (; i < n && src[i]; i++)
        dst[i] = src[i];
    for (; i < n; i++)
        dst[i] = 0;
    return dst;
}

WCHAR *__cdecl wcscat(WCHAR *dst, const WCHAR *src)
{
    wcscpy(dst + wide_length(dst), src);
    return dst;
}

WCHAR *__cdecl wcsncat(WCHAR *dst, const WCHAR *src, size_t n)
{
    WCHAR *d = dst + wide_length(dst);

    while (n-- && *src)
        *d++ = *src++;
    *d = 0;
    return dst;
}

WCHAR *__cdecl wcschr(const WCHAR *text, WCHAR ch)
{
    for (;; text++) {
        if (*text == ch)
            return (WCHAR *)text;
        if (!*text)
            return NULL;
    }
}

WCHAR *__cdecl wcsrchr(const WCHAR *text, WCHAR ch)
{
    const WCHAR *found = NULL;

    do {
        if (*text == ch)
            found = text;
    } while (*text++);
    return (WCHAR *)found;
}

int __cdecl wcsncmp(const WCHAR *a, const WCHAR *b, size_t n)
{
    for (; n; n--, a++, b++) {
        if (*a != *b)
            return *a < *b ? -1 : 1;
        if (!*a)
            return 0;
    }
    return 0;
}

int __cdecl wcscmp(const WCHAR *a, const WCHAR *b)
{
    return wcsncmp(a, b, (size_t)-1);
}

int __cdecl _wcsnicmp(const WCHAR *a, const WCHAR *b, size_t n)
{
    for (; n; n--, a++, b++) {
        int diff = fold_ascii(*a) - fold_ascii(*b);

        if (diff || !*a)
            return diff;
    }
    return 0;
}

int __cdecl _wcsicmp(const WCHAR *a, const WCHAR *b)
{
    return _wcsnicmp(a, b, (size_t)-1);
}

size_t __cdecl wcscspn(const WCHAR *text, const WCHAR *reject)
{
    size_t n = 0;

    while (text[n] && !wcschr(reject, text[n]))
        n++;
    return n;
}

size_t __cdecl wcsspn(const WCHAR *text, const WCHAR *accept)
{
    size_t n = 0;

    while (text[n] && wcschr(accept, text[n]))
        n++;
    return n;
}

WCHAR *__cdecl wcspbrk(const WCHAR *text, const WCHAR *accept)
{
    text += wcscspn(text, accept);
    return *text ? (WCHAR *)text : NULL;
}

WCHAR *__cdecl wcsstr(const WCHAR *text, const WCHAR *part)
{
    size_t n = wide_length(part);

    for (;; text++) {
        if (!wcsncmp(text, part, n))
            return (WCHAR *)text;
        if (!*text)
            return NULL;
    }
}

WCHAR *__cdecl _wcslwr(WCHAR *text)
{
    for (WCHAR *p = text; *p; p++)
        *p = wide_downcase(*p);
    return text;
}

WCHAR *__cdecl _wcsupr(WCHAR *text)
{
    for (WCHAR *p = text; *p; p++)
        *p = wide_upcase(*p);
    return text;
}

static BOOL is_wide_space(WCHAR ch)
{
    return ch == ' ' || (ch >= '\t' && ch <= '\r') || ch == 0xa0 || ch == 0x3000;
}

static unsigned wide_digit(WCHAR ch)
{
    if (ch >= '0' && ch <= '9')
        return (unsigned)(ch - '0');
    ch = fold_ascii(ch);
    return ch >= 'a' && ch <= 'z' ? (unsigned)(ch - 'a' + 10) : 99;
}

/* The magnitude of a number in text, saturated at 2^32 (one above every 32-bit result). */
static ULONGLONG wide_parse(const WCHAR *text, WCHAR **end, int base, BOOL *ret_negative)
{
    const WCHAR *p = text;
    ULONGLONG value = 0;
    BOOL any = FALSE;

    while (is_wide_space(*p))
        p++;
    *ret_negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    if ((base == 0 || base == 16) && p[0] == '0' && fold_ascii(p[1]) == 'x' &&
        wide_digit(p[2]) < 16) {
        p += 2;
        base = 16;
    }
    if (base == 0)
        base = *p == '0' ? 8 : 10;
    for (; wide_digit(*p) < (unsigned)base; p++, any = TRUE) {
        value = value * (unsigned)base + wide_digit(*p);
        if (value >> 32)
            value = 1ull << 32;
    }
    if (end)
        *end = (WCHAR *)(any ? p : text);
    return value;
}

LONG __cdecl wcstol(const WCHAR *text, WCHAR **end, int base)
{
    BOOL negative;
    ULONGLONG value = wide_parse(text, end, base, &negative);

    if (value > 0x7fffffffull + (negative ? 1 : 0))
        return negative ? (LONG)0x80000000 : 0x7fffffff;
    return negative ? (LONG)(0 - (ULONG)value) : (LONG)value;
}

ULONG __cdecl wcstoul(const WCHAR *text, WCHAR **end, int base)
{
    BOOL negative;
    ULONGLONG value = wide_parse(text, end, base, &negative);

    if (value > 0xffffffffull)
        return 0xffffffff;
    return negative ? 0 - (ULONG)value : (ULONG)value;
}

int __cdecl _wtoi(const WCHAR *text)
{
    BOOL negative;
    ULONGLONG value = wide_parse(text, NULL, 10, &negative);

    return (int)(negative ? 0 - (ULONG)value : (ULONG)value);
}

LONG __cdecl _wtol(const WCHAR *text)
{
    return _wtoi(text);
}
