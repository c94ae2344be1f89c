/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Counted strings: making, copying, appending, comparing. Lengths are in bytes and never count a
 * terminator; MaximumLength does when there is room for one.
 */
#include "rtl.h"

enum { STRING_MAX_BYTES = 0xfffe };

void WINAPI RtlInitString(STRING *dst, const char *src)
{
    size_t n = src ? strlen(src) : 0;

    if (n > STRING_MAX_BYTES - 1)
        n = STRING_MAX_BYTES - 1;
    dst->Buffer = (char *)src;
    dst->Length = (USHORT)n;
    dst->MaximumLength = (USHORT)(src ? n + 1 : 0);
}

void WINAPI RtlInitAnsiString(STRING *dst, const char *src)
{
    RtlInitString(dst, src);
}

NTSTATUS WINAPI RtlInitAnsiStringEx(STRING *dst, const char *src)
{
    if (src && strlen(src) >= 0xffff)
        return STATUS_NAME_TOO_LONG;
    RtlInitString(dst, src);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlInitStringEx(STRING *dst, const char *src)
{
    return RtlInitAnsiStringEx(dst, src);
}

void WINAPI RtlInitUnicodeString(UNICODE_STRING *dst, const WCHAR *src)
{
    size_t n = src ? wide_length(src) * sizeof(WCHAR) : 0;

    if (n > STRING_MAX_BYTES - sizeof(WCHAR))
        n = STRING_MAX_BYTES - sizeof(WCHAR);
    dst->Buffer = (WCHAR *)src;
    dst->Length = (USHORT)n;
    dst->MaximumLength = (USHORT)(src ? n + sizeof(WCHAR) : 0);
}

NTSTATUS WINAPI RtlInitUnicodeStringEx(UNICODE_STRING *dst, const WCHAR *src)
{
    if (src && wide_length(src) * sizeof(WCHAR) > STRING_MAX_BYTES - sizeof(WCHAR))
        return STATUS_NAME_TOO_LONG;
    RtlInitUnicodeString(dst, src);
    return STATUS_SUCCESS;
}

void WINAPI RtlFreeAnsiString(STRING *text)
{
    if (text->Buffer) {
        rtl_free(text->Buffer);
        memset(text, 0, sizeof(*text));
    }
}

void WINAPI RtlFreeOemString(STRING *text)
{
    rtl_free(text->Buffer);
}

void WINAPI RtlFreeUnicodeString(UNICODE_STRING *text)
{
    if (text->Buffer) {
        rtl_free(text->Buffer);
        memset(text, 0, sizeof(*text));
    }
}

BOOLEAN WINAPI RtlCreateUnicodeString(UNICODE_STRING *dst, const WCHAR *src)
{
    size_t size = (wide_length(src) + 1) * sizeof(WCHAR);

    if (size > STRING_MAX_BYTES || !(dst->Buffer = rtl_alloc(size)))
        return FALSE;
    memcpy(dst->Buffer, src, size);
    dst->Length = (USHORT)(size - sizeof(WCHAR));
    dst->MaximumLength = (USHORT)size;
    return TRUE;
}

BOOLEAN WINAPI RtlCreateUnicodeStringFromAsciiz(UNICODE_STRING *dst, const char *src)
{
    STRING ansi;

    RtlInitString(&ansi, src);
    return NT_SUCCESS(RtlAnsiStringToUnicodeString(dst, &ansi, TRUE));
}

/* Flag 1: end it with a terminator; flag 2 (with 1): allocate one even for an empty string. */
NTSTATUS WINAPI RtlDuplicateUnicodeString(int flags, const UNICODE_STRING *src, UNICODE_STRING *dst)
{
    BOOL terminate = flags & 1;

    if (!src || !dst || (flags & ~3) || flags == 2 || src->Length > src->MaximumLength ||
        (!src->Length && src->MaximumLength && !src->Buffer))
        return STATUS_INVALID_PARAMETER;
    memset(dst, 0, sizeof(*dst));
    if (!src->Length && flags != 3)
        return STATUS_SUCCESS;
    ULONG size = src->Length + (terminate ? (ULONG)sizeof(WCHAR) : 0);
    if (size > STRING_MAX_BYTES)
        return STATUS_NAME_TOO_LONG;
    if (!(dst->Buffer = rtl_alloc(size)))
        return STATUS_NO_MEMORY;
    memcpy(dst->Buffer, src->Buffer, src->Length);
    if (terminate)
        dst->Buffer[src->Length / sizeof(WCHAR)] = 0;
    dst->Length = src->Length;
    dst->MaximumLength = (USHORT)size;
    return STATUS_SUCCESS;
}

void WINAPI RtlEraseUnicodeString(UNICODE_STRING *text)
{
    if (text->Buffer) {
        memset(text->Buffer, 0, text->MaximumLength);
        text->Length = 0;
    }
}

NTSTATUS WINAPI RtlValidateUnicodeString(ULONG flags, const UNICODE_STRING *text)
{
    if (flags || !text || text->Length % 2 || text->MaximumLength % 2 ||
        text->Length > text->MaximumLength || (!text->Buffer && text->MaximumLength))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

void WINAPI RtlCopyString(STRING *dst, const STRING *src)
{
    dst->Length = 0;
    if (src) {
        USHORT n = src->Length < dst->MaximumLength ? src->Length : dst->MaximumLength;
        memcpy(dst->Buffer, src->Buffer, n);
        dst->Length = n;
    }
}

void WINAPI RtlCopyUnicodeString(UNICODE_STRING *dst, const UNICODE_STRING *src)
{
    dst->Length = 0;
    if (src) {
        USHORT n = src->Length < dst->MaximumLength ? src->Length : dst->MaximumLength;
        memcpy(dst->Buffer, src->Buffer, n);
        dst->Length = n;
        if (n + sizeof(WCHAR) <= dst->MaximumLength)
            dst->Buffer[n / sizeof(WCHAR)] = 0;
    }
}

static NTSTATUS append_bytes(STRING *dst, const void *src, size_t n)
{
    if (n + dst->Length > dst->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(dst->Buffer + dst->Length, src, n);
    dst->Length = (USHORT)(dst->Length + n);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlAppendAsciizToString(STRING *dst, const char *src)
{
    return src ? append_bytes(dst, src, strlen(src)) : STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlAppendStringToString(STRING *dst, const STRING *src)
{
    return append_bytes(dst, src->Buffer, src->Length);
}

static NTSTATUS append_wide(UNICODE_STRING *dst, const WCHAR *src, size_t n_bytes)
{
    if (n_bytes + dst->Length > dst->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove((char *)dst->Buffer + dst->Length, src, n_bytes);
    dst->Length = (USHORT)(dst->Length + n_bytes);
    if (dst->Length + sizeof(WCHAR) <= dst->MaximumLength)
        dst->Buffer[dst->Length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlAppendUnicodeToString(UNICODE_STRING *dst, const WCHAR *src)
{
    return src ? append_wide(dst, src, wide_length(src) * sizeof(WCHAR)) : STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlAppendUnicodeStringToString(UNICODE_STRING *dst, const UNICODE_STRING *src)
{
    return src->Length ? append_wide(dst, src->Buffer, src->Length) : STATUS_SUCCESS;
}

CHAR WINAPI RtlUpperChar(CHAR ch)
{
    return (CHAR)toupper((UCHAR)ch);
}

void WINAPI RtlUpperString(STRING *dst, const STRING *src)
{
    USHORT n = src->Length < dst->MaximumLength ? src->Length : dst->MaximumLength;

    for (USHORT i = 0; i < n; i++)
        dst->Buffer[i] = RtlUpperChar(src->Buffer[i]);
    dst->Length = n;
}

LONG WINAPI RtlCompareString(const STRING *a, const STRING *b, BOOLEAN ignore_case)
{
    USHORT n = a->Length < b->Length ? a->Length : b->Length;

    for (USHORT i = 0; i < n; i++) {
        UCHAR p = (UCHAR)a->Buffer[i], q = (UCHAR)b->Buffer[i];
        int diff = ignore_case ? toupper(p) - toupper(q) : p - q;
        if (diff)
            return diff;
    }
    return a->Length - b->Length;
}

BOOLEAN WINAPI RtlEqualString(const STRING *a, const STRING *b, BOOLEAN ignore_case)
{
    return a->Length == b->Length && !RtlCompareString(a, b, ignore_case);
}

BOOLEAN WINAPI RtlPrefixString(const STRING *prefix, const STRING *text, BOOLEAN ignore_case)
{
    STRING head = *text;

    if (prefix->Length > text->Length)
        return FALSE;
    head.Length = prefix->Length;
    return RtlEqualString(prefix, &head, ignore_case);
}

/* Flag 1: search from the end; 2: the first that is not in the set; 4: without case. The position
 * is that behind the character found, or, from the end, the character's own, in bytes.
 */
NTSTATUS WINAPI RtlFindCharInUnicodeString(int flags, const UNICODE_STRING *text,
                                           const UNICODE_STRING *set, USHORT *ret_pos)
{
    int n = text->Length / (int)sizeof(WCHAR), n_set = set->Length / (int)sizeof(WCHAR);
    BOOL backward = flags & 1, complement = (flags & 2) != 0, fold = (flags & 4) != 0;

    if (flags & ~7)
        return STATUS_INVALID_PARAMETER;
    for (int k = 0; k < n; k++) {
        int i = backward ? n - 1 - k : k;
        BOOL in_set = FALSE;

        for (int j = 0; j < n_set && !in_set; j++)
            in_set = fold ? wide_upcase(text->Buffer[i]) == wide_upcase(set->Buffer[j])
                          : text->Buffer[i] == set->Buffer[j];
        if (in_set != complement) {
            *ret_pos = (USHORT)((backward ? i : i + 1) * (int)sizeof(WCHAR));
            return STATUS_SUCCESS;
        }
    }
    *ret_pos = 0;
    return STATUS_NOT_FOUND;
}
