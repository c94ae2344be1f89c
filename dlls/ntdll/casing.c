/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Upper and lower case of UTF-16 units, one to one, by the tables of l_intl.nls, and what is built
 * on it: comparison without case, the upcase and downcase of strings, the hash.
 *
 * A table is a trie of 16-bit words: word [ch >> 8] is the index of a row of 16 words, indexed by
 * bits 4..7; that word is the index of 16 differences, indexed by bits 0..3; the difference is
 * added to the character. The file has a two-word head: the second word is the size of the upper
 * table, after which comes the lower one. Until the file is loaded only ASCII has case.
 */
#include "rtl.h"

static const USHORT *upper_table, *lower_table;

void rtl_case_set_table(const USHORT *table)
{
    upper_table = table ? table + 2 : NULL;
    lower_table = table ? table + table[1] + 2 : NULL;
}

static inline WCHAR trie_map(const USHORT *t, WCHAR ch)
{
    return (WCHAR)(ch + t[t[t[ch >> 8] + ((ch >> 4) & 15)] + (ch & 15)]);
}

WCHAR wide_upcase(WCHAR ch)
{
    if (ch < 0x80 || !upper_table)
        return ch >= 'a' && ch <= 'z' ? (WCHAR)(ch - ('a' - 'A')) : ch;
    return trie_map(upper_table, ch);
}

WCHAR wide_downcase(WCHAR ch)
{
    if (ch < 0x80 || !lower_table)
        return ch >= 'A' && ch <= 'Z' ? (WCHAR)(ch + ('a' - 'A')) : ch;
    return trie_map(lower_table, ch);
}

int wide_compare(const WCHAR *a, size_t n_a, const WCHAR *b, size_t n_b, BOOLEAN ignore_case)
{
    size_t n = n_a < n_b ? n_a : n_b;

    for (size_t i = 0; i < n; i++) {
        int diff = a[i] - b[i];

        if (diff && ignore_case)
            diff = wide_upcase(a[i]) - wide_upcase(b[i]);
        if (diff)
            return diff;
    }
    return (int)(n_a - n_b);
}

WCHAR WINAPI RtlUpcaseUnicodeChar(WCHAR ch)
{
    return wide_upcase(ch);
}

WCHAR WINAPI RtlDowncaseUnicodeChar(WCHAR ch)
{
    return wide_downcase(ch);
}

static NTSTATUS string_map(UNICODE_STRING *dst, const UNICODE_STRING *src, BOOLEAN alloc,
                           WCHAR (*map)(WCHAR))
{
    if (alloc) {
        dst->MaximumLength = src->Length;
        if (!(dst->Buffer = rtl_alloc(dst->MaximumLength)))
            return STATUS_NO_MEMORY;
    } else if (src->Length > dst->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (ULONG i = 0; i < src->Length / sizeof(WCHAR); i++)
        dst->Buffer[i] = map(src->Buffer[i]);
    dst->Length = src->Length;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlUpcaseUnicodeString(UNICODE_STRING *dst, const UNICODE_STRING *src,
                                       BOOLEAN alloc)
{
    return string_map(dst, src, alloc, wide_upcase);
}

NTSTATUS WINAPI RtlDowncaseUnicodeString(UNICODE_STRING *dst, const UNICODE_STRING *src,
                                         BOOLEAN alloc)
{
    return string_map(dst, src, alloc, wide_downcase);
}

LONG WINAPI RtlCompareUnicodeStrings(const WCHAR *a, SIZE_T n_a, const WCHAR *b, SIZE_T n_b,
                                     BOOLEAN ignore_case)
{
    return wide_compare(a, n_a, b, n_b, ignore_case);
}

LONG WINAPI RtlCompareUnicodeString(const UNICODE_STRING *a, const UNICODE_STRING *b,
                                    BOOLEAN ignore_case)
{
    return wide_compare(a->Buffer, a->Length / sizeof(WCHAR), b->Buffer, b->Length / sizeof(WCHAR),
                        ignore_case);
}

BOOLEAN WINAPI RtlEqualUnicodeString(const UNICODE_STRING *a, const UNICODE_STRING *b,
                                     BOOLEAN ignore_case)
{
    return a->Length == b->Length && !RtlCompareUnicodeString(a, b, ignore_case);
}

BOOLEAN WINAPI RtlPrefixUnicodeString(const UNICODE_STRING *prefix, const UNICODE_STRING *text,
                                      BOOLEAN ignore_case)
{
    size_t n = prefix->Length / sizeof(WCHAR);

    return prefix->Length <= text->Length &&
           !wide_compare(prefix->Buffer, n, text->Buffer, n, ignore_case);
}

/* Algorithm 0 (default) and 1 are the same: the hash times 65599 plus the character. */
NTSTATUS WINAPI RtlHashUnicodeString(const UNICODE_STRING *text, BOOLEAN ignore_case,
                                     ULONG algorithm, ULONG *ret_hash)
{
    ULONG hash = 0;

    if (!text || !ret_hash || algorithm > 1)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < text->Length / sizeof(WCHAR); i++)
        hash = hash * 65599 + (ignore_case ? wide_upcase(text->Buffer[i]) : text->Buffer[i]);
    *ret_hash = hash;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlEqualDomainName(const UNICODE_STRING *a, const UNICODE_STRING *b)
{
    return RtlEqualUnicodeString(a, b, TRUE);
}

NTSTATUS WINAPI RtlEqualComputerName(const UNICODE_STRING *a, const UNICODE_STRING *b)
{
    return RtlEqualUnicodeString(a, b, TRUE);
}
