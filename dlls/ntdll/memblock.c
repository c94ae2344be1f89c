/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Memory blocks: copy, fill, compare; the C names and the Rtl names of the same things.
 *
 * Copies use `rep movsb/stosb` from a threshold on (fast on every processor with ERMS, and short
 * code); below it, overlapping 8- or 16-byte moves. The functions are written so that the compiler
 * cannot turn their loops back into calls of themselves (the no-tree-loop-distribute attribute).
 */
#include "rtl.h"

#define NO_IDIOM __attribute__((optimize("no-tree-loop-distribute-patterns")))

typedef ULONGLONG unaligned_u64 __attribute__((aligned(1), may_alias));
typedef ULONG unaligned_u32 __attribute__((aligned(1), may_alias));
typedef USHORT unaligned_u16 __attribute__((aligned(1), may_alias));

enum { REP_MIN_BYTES = 256 };

/* At most 16 bytes, which may overlap: everything is loaded before anything is stored. */
static inline void copy_small(UCHAR *d, const UCHAR *s, size_t n)
{
    if (n >= 8) {
        ULONGLONG first = *(const unaligned_u64 *)s, last = *(const unaligned_u64 *)(s + n - 8);
        *(unaligned_u64 *)d = first;
        *(unaligned_u64 *)(d + n - 8) = last;
    } else if (n >= 4) {
        ULONG first = *(const unaligned_u32 *)s, last = *(const unaligned_u32 *)(s + n - 4);
        *(unaligned_u32 *)d = first;
        *(unaligned_u32 *)(d + n - 4) = last;
    } else if (n >= 2) {
        USHORT first = *(const unaligned_u16 *)s, last = *(const unaligned_u16 *)(s + n - 2);
        *(unaligned_u16 *)d = first;
        *(unaligned_u16 *)(d + n - 2) = last;
    } else if (n) {
        *d = *s;
    }
}

static inline void copy_forward(UCHAR *d, const UCHAR *s, size_t n)
{
    if (n >= REP_MIN_BYTES) {
        __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n) : : "memory");
        return;
    }
    for (; n > 16; n -= 16, d += 16, s += 16) {
        ULONGLONG a = *(const unaligned_u64 *)s, b = *(const unaligned_u64 *)(s + 8);
        *(unaligned_u64 *)d = a;
        *(unaligned_u64 *)(d + 8) = b;
    }
    copy_small(d, s, n);
}

NO_IDIOM void *__cdecl memcpy(void *dst, const void *src, size_t n)
{
    return memmove(dst, src, n);
}

NO_IDIOM void *__cdecl memmove(void *dst, const void *src, size_t n)
{
    UCHAR *d = dst;
    const UCHAR *s = src;

    if (n <= 16) {
        copy_small(d, s, n);
    } else if ((size_t)(d - s) >= n) {
        copy_forward(d, s, n);
    } else {
        for (; n > 16; n -= 16) {
            ULONGLONG a = *(const unaligned_u64 *)(s + n - 16);
            ULONGLONG b = *(const unaligned_u64 *)(s + n - 8);
            *(unaligned_u64 *)(d + n - 16) = a;
            *(unaligned_u64 *)(d + n - 8) = b;
        }
        copy_small(d, s, n);
    }
    return dst;
}

NO_IDIOM void *__cdecl memset(void *dst, int value, size_t n)
{
    UCHAR *d = dst;
    ULONGLONG pattern = 0x0101010101010101ull * (UCHAR)value;

    if (n >= REP_MIN_BYTES) {
        __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(value) : "memory");
        return dst;
    }
    for (; n >= 8; n -= 8, d += 8)
        *(unaligned_u64 *)d = pattern;
    while (n--)
        *d++ = (UCHAR)value;
    return dst;
}

NO_IDIOM int __cdecl memcmp(const void *a, const void *b, size_t n)
{
    const UCHAR *p = a, *q = b;

    for (; n >= 8 && *(const unaligned_u64 *)p == *(const unaligned_u64 *)q; n -= 8, p += 8, q += 8)
        ;
    for (; n; n--, p++, q++)
        if (*p != *q)
            return *p < *q ? -1 : 1;
    return 0;
}

void *__cdecl memchr(const void *block, int value, size_t n)
{
    for (const UCHAR *p = block; n; n--, p++)
        if (*p == (UCHAR)value)
            return (void *)p;
    return NULL;
}

#undef RtlMoveMemory
#undef RtlFillMemory
#undef RtlZeroMemory
#undef RtlCopyMemory

void WINAPI RtlMoveMemory(void *dst, const void *src, SIZE_T n)
{
    memmove(dst, src, n);
}

void WINAPI RtlCopyMemory(void *dst, const void *src, SIZE_T n)
{
    memmove(dst, src, n);
}

void WINAPI RtlCopyMemoryNonTemporal(void *dst, const void *src, SIZE_T n)
{
    memmove(dst, src, n);
}

void WINAPI RtlFillMemory(void *dst, SIZE_T n, BYTE value)
{
    memset(dst, value, n);
}

void WINAPI RtlFillMemoryNonTemporal(void *dst, SIZE_T n, BYTE value)
{
    memset(dst, value, n);
}

void WINAPI RtlZeroMemory(void *dst, SIZE_T n)
{
    memset(dst, 0, n);
}

/* How many bytes are equal from the start on. */
SIZE_T WINAPI RtlCompareMemory(const void *a, const void *b, SIZE_T n)
{
    const UCHAR *p = a, *q = b;
    SIZE_T i = 0;

    while (i < n && p[i] == q[i])
        i++;
    return i;
}

SIZE_T WINAPI RtlCompareMemoryUlong(void *block, SIZE_T n, ULONG pattern)
{
    const ULONG *p = block;
    SIZE_T i = 0;

    while (i < n / 4 && p[i] == pattern)
        i++;
    return i * 4;
}

void WINAPI RtlFillMemoryUlong(void *block, SIZE_T n, ULONG pattern)
{
    volatile ULONG *p = block;

    for (SIZE_T i = 0; i < n / 4; i++)
        p[i] = pattern;
}

void WINAPI RtlFillMemoryUlonglong(void *block, SIZE_T n, ULONGLONG pattern)
{
    volatile ULONGLONG *p = block;

    for (SIZE_T i = 0; i < n / 8; i++)
        p[i] = pattern;
}

BOOLEAN WINAPI RtlIsZeroMemory(const void *block, SIZE_T n)
{
    for (const UCHAR *p = block; n; n--, p++)
        if (*p)
            return FALSE;
    return TRUE;
}
