/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The C functions between numbers and narrow text, and sorting. long is 32 bits. */
#include "rtl.h"

static unsigned digit_value(char ch)
{
    if (ch >= '0' && ch <= '9')
        return (unsigned)(ch - '0');
    ch = (char)tolower((UCHAR)ch);
    return ch >= 'a' && ch <= 'z' ? (unsigned)(ch - 'a' + 10) : 99;
}

/* The magnitude, saturated at `limit` + 1. */
static ULONGLONG parse(const char *text, char **end, int base, ULONGLONG limit, BOOL *ret_negative)
{
    const char *p = text;
    ULONGLONG value = 0;
    BOOL any = FALSE, over = FALSE;

    while (isspace((UCHAR)*p))
        p++;
    *ret_negative = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    if ((base == 0 || base == 16) && p[0] == '0' && tolower((UCHAR)p[1]) == 'x' &&
        digit_value(p[2]) < 16) {
        p += 2;
        base = 16;
    }
    if (base == 0)
        base = *p == '0' ? 8 : 10;
    for (; digit_value(*p) < (unsigned)base; p++, any = TRUE) {
        over = over || value > (limit - digit_value(*p)) / (unsigned)base;
        value = value * (unsigned)base + digit_value(*p);
    }
    if (end)
        *end = (char *)(any ? p : text);
    return over ? limit + 1 : value;
}

LONG __cdecl strtol(const char *text, char **end, int base)
{
    BOOL negative;
    ULONGLONG value = parse(text, end, base, 1ull << 32, &negative);

    if (value > 0x7fffffffull + (negative ? 1 : 0))
        return negative ? (LONG)0x80000000 : 0x7fffffff;
    return (LONG)(negative ? 0 - (ULONG)value : (ULONG)value);
}

ULONG __cdecl strtoul(const char *text, char **end, int base)
{
    BOOL negative;
    ULONGLONG value = parse(text, end, base, 1ull << 32, &negative);

    if (value > 0xffffffffull)
        return 0xffffffff;
    return negative ? 0 - (ULONG)value : (ULONG)value;
}

LONGLONG __cdecl _atoi64(const char *text)
{
    BOOL negative;
    ULONGLONG value = parse(text, NULL, 10, ~0ull - 1, &negative);

    return (LONGLONG)(negative ? 0 - value : value);
}

int __cdecl atoi(const char *text)
{
    return (int)_atoi64(text);
}

LONG __cdecl atol(const char *text)
{
    return (LONG)_atoi64(text);
}

static void swap_bytes(char *a, char *b, size_t size)
{
    while (size--) {
        char t = *a;
        *a++ = *b;
        *b++ = t;
    }
}

/* Heap sort: no recursion, no memory, n log n always. */
void __cdecl qsort(void *base, size_t n, size_t size,
                   int(__cdecl *compare)(const void *, const void *))
{
    char *b = base;

    for (size_t start = n / 2, end = n; end > 1;) {
        if (start)
            start--;
        else
            swap_bytes(b, b + --end * size, size);
        for (size_t root = start, child; (child = 2 * root + 1) < end; root = child) {
            if (child + 1 < end && compare(b + child * size, b + (child + 1) * size) < 0)
                child++;
            if (compare(b + root * size, b + child * size) >= 0)
                break;
            swap_bytes(b + root * size, b + child * size, size);
        }
    }
}

void *__cdecl bsearch(const void *key, const void *base, size_t n, size_t size,
                      int(__cdecl *compare)(const void *, const void *))
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *entry = (const char *)base + middle * size;
        int order = compare(key, entry);

        if (!order)
            return (void *)entry;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
