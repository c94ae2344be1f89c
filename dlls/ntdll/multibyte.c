/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The ANSI and OEM conversions: buffers (...N), sizes, and counted strings. Both code pages are
 * codepage.c's; a result that does not fit is cut after a whole character and the status is
 * STATUS_BUFFER_OVERFLOW.
 */
#include "rtl.h"

static ULONG wide_size(const CPTABLEINFO *page, const char *src, ULONG n)
{
    ULONG bytes = 0;

    if (page->CodePage == 65001) {
        utf8_to_wide(NULL, 0, &bytes, src, n);
        return bytes;
    }
    for (ULONG i = 0; i < n; bytes += sizeof(WCHAR)) {
        WCHAR text[2];
        int n_text;
        BOOL mapped;
        i += (ULONG)codepage_decode(page, src + i, n - i, text, &n_text, &mapped);
    }
    return bytes;
}

static ULONG narrow_size(CPTABLEINFO *page, const WCHAR *src, ULONG src_bytes)
{
    DWORD bytes = 0;

    RtlUnicodeToCustomCPN(page, NULL, 0, &bytes, src, src_bytes);
    return bytes;
}

NTSTATUS WINAPI RtlMultiByteToUnicodeN(WCHAR *dst, DWORD dst_bytes, DWORD *ret_bytes,
                                       const char *src, DWORD src_bytes)
{
    return RtlCustomCPToUnicodeN(&ansi_page, dst, dst_bytes, ret_bytes, src, src_bytes);
}

NTSTATUS WINAPI RtlOemToUnicodeN(WCHAR *dst, DWORD dst_bytes, DWORD *ret_bytes, const char *src,
                                 DWORD src_bytes)
{
    return RtlCustomCPToUnicodeN(&oem_page, dst, dst_bytes, ret_bytes, src, src_bytes);
}

NTSTATUS WINAPI RtlConsoleMultiByteToUnicodeN(WCHAR *dst, DWORD dst_bytes, DWORD *ret_bytes,
                                              const char *src, DWORD src_bytes, DWORD *ret_special)
{
    if (ret_special)
        *ret_special = 0;
    return RtlCustomCPToUnicodeN(&oem_page, dst, dst_bytes, ret_bytes, src, src_bytes);
}

NTSTATUS WINAPI RtlUnicodeToMultiByteN(char *dst, DWORD dst_bytes, DWORD *ret_bytes,
                                       const WCHAR *src, DWORD src_bytes)
{
    return RtlUnicodeToCustomCPN(&ansi_page, dst, dst_bytes, ret_bytes, src, src_bytes);
}

NTSTATUS WINAPI RtlUnicodeToOemN(char *dst, DWORD dst_bytes, DWORD *ret_bytes, const WCHAR *src,
                                 DWORD src_bytes)
{
    return RtlUnicodeToCustomCPN(&oem_page, dst, dst_bytes, ret_bytes, src, src_bytes);
}

NTSTATUS WINAPI RtlUpcaseUnicodeToMultiByteN(char *dst, DWORD dst_bytes, DWORD *ret_bytes,
                                             const WCHAR *src, DWORD src_bytes)
{
    return RtlUpcaseUnicodeToCustomCPN(&ansi_page, dst, dst_bytes, ret_bytes, src, src_bytes);
}

NTSTATUS WINAPI RtlUpcaseUnicodeToOemN(char *dst, DWORD dst_bytes, DWORD *ret_bytes,
                                       const WCHAR *src, DWORD src_bytes)
{
    return RtlUpcaseUnicodeToCustomCPN(&oem_page, dst, dst_bytes, ret_bytes, src, src_bytes);
}

NTSTATUS WINAPI RtlMultiByteToUnicodeSize(DWORD *ret_bytes, const char *src, ULONG src_bytes)
{
    *ret_bytes = wide_size(&ansi_page, src, src_bytes);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlUnicodeToMultiByteSize(ULONG *ret_bytes, const WCHAR *src, ULONG src_bytes)
{
    *ret_bytes = narrow_size(&ansi_page, src, src_bytes);
    return STATUS_SUCCESS;
}

/* The sizes of counted strings include the terminator. */
DWORD WINAPI RtlAnsiStringToUnicodeSize(const STRING *src)
{
    return wide_size(&ansi_page, src->Buffer, src->Length) + sizeof(WCHAR);
}

ULONG WINAPI RtlOemStringToUnicodeSize(const STRING *src)
{
    return wide_size(&oem_page, src->Buffer, src->Length) + sizeof(WCHAR);
}

DWORD WINAPI RtlUnicodeStringToAnsiSize(const UNICODE_STRING *src)
{
    return narrow_size(&ansi_page, src->Buffer, src->Length) + 1;
}

DWORD WINAPI RtlUnicodeStringToOemSize(const UNICODE_STRING *src)
{
    return narrow_size(&oem_page, src->Buffer, src->Length) + 1;
}

DWORD WINAPI RtlxAnsiStringToUnicodeSize(const STRING *src)
{
    return RtlAnsiStringToUnicodeSize(src);
}

DWORD WINAPI RtlxOemStringToUnicodeSize(const STRING *src)
{
    return RtlOemStringToUnicodeSize(src);
}

DWORD WINAPI RtlxUnicodeStringToAnsiSize(const UNICODE_STRING *src)
{
    return RtlUnicodeStringToAnsiSize(src);
}

DWORD WINAPI RtlxUnicodeStringToOemSize(const UNICODE_STRING *src)
{
    return RtlUnicodeStringToOemSize(src);
}

static NTSTATUS string_to_wide(CPTABLEINFO *page, UNICODE_STRING *dst, const STRING *src,
                               BOOLEAN alloc)
{
    ULONG size = wide_size(page, src->Buffer, src->Length) + sizeof(WCHAR);
    DWORD length;

    if (size > 0xffff)
        return STATUS_INVALID_PARAMETER_2;
    if (alloc) {
        if (!(dst->Buffer = rtl_alloc(size)))
            return STATUS_NO_MEMORY;
        dst->MaximumLength = (USHORT)size;
    } else if (size > dst->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    RtlCustomCPToUnicodeN(page, dst->Buffer, size, &length, src->Buffer, src->Length);
    dst->Length = (USHORT)length;
    dst->Buffer[length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS string_from_wide(CPTABLEINFO *page, STRING *dst, const UNICODE_STRING *src,
                                 BOOLEAN alloc, BOOL upcase)
{
    ULONG size = narrow_size(page, src->Buffer, src->Length) + 1;
    NTSTATUS status = STATUS_SUCCESS;
    DWORD length, room;

    if (size > 0xffff)
        return STATUS_INVALID_PARAMETER_2;
    if (alloc) {
        /* Upper case can be longer in UTF-8, by half at most. */
        size += upcase ? size / 2 : 0;
        if (!(dst->Buffer = rtl_alloc(size)))
            return STATUS_NO_MEMORY;
        dst->MaximumLength = (USHORT)(size > 0xffff ? 0xffff : size);
    } else if (!dst->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    room = dst->MaximumLength - 1u;
    if (upcase)
        status =
            RtlUpcaseUnicodeToCustomCPN(page, dst->Buffer, room, &length, src->Buffer, src->Length);
    else
        status = RtlUnicodeToCustomCPN(page, dst->Buffer, room, &length, src->Buffer, src->Length);
    dst->Length = (USHORT)length;
    dst->Buffer[length] = 0;
    return status;
}

NTSTATUS WINAPI RtlAnsiStringToUnicodeString(UNICODE_STRING *dst, const STRING *src, BOOLEAN alloc)
{
    return string_to_wide(&ansi_page, dst, src, alloc);
}

NTSTATUS WINAPI RtlOemStringToUnicodeString(UNICODE_STRING *dst, const STRING *src, BOOLEAN alloc)
{
    return string_to_wide(&oem_page, dst, src, alloc);
}

NTSTATUS WINAPI RtlUnicodeStringToAnsiString(STRING *dst, const UNICODE_STRING *src, BOOLEAN alloc)
{
    return string_from_wide(&ansi_page, dst, src, alloc, FALSE);
}

NTSTATUS WINAPI RtlUnicodeStringToOemString(STRING *dst, const UNICODE_STRING *src, BOOLEAN alloc)
{
    return string_from_wide(&oem_page, dst, src, alloc, FALSE);
}

NTSTATUS WINAPI RtlUpcaseUnicodeStringToAnsiString(STRING *dst, const UNICODE_STRING *src,
                                                   BOOLEAN alloc)
{
    return string_from_wide(&ansi_page, dst, src, alloc, TRUE);
}

NTSTATUS WINAPI RtlUpcaseUnicodeStringToOemString(STRING *dst, const UNICODE_STRING *src,
                                                  BOOLEAN alloc)
{
    return string_from_wide(&oem_page, dst, src, alloc, TRUE);
}

/* Counted: no terminator. */
static NTSTATUS counted_oem(STRING *dst, const UNICODE_STRING *src, BOOLEAN alloc, BOOL upcase)
{
    ULONG size = narrow_size(&oem_page, src->Buffer, src->Length) * (upcase ? 2 : 1);
    DWORD length;

    if (!size) {
        dst->Length = 0;
        return STATUS_SUCCESS;
    }
    if (size > 0xffff)
        return STATUS_INVALID_PARAMETER_2;
    if (alloc) {
        if (!(dst->Buffer = rtl_alloc(size)))
            return STATUS_NO_MEMORY;
        dst->MaximumLength = (USHORT)size;
    }
    NTSTATUS status = (upcase ? RtlUpcaseUnicodeToCustomCPN : RtlUnicodeToCustomCPN)(
        &oem_page, dst->Buffer, dst->MaximumLength, &length, src->Buffer, src->Length);
    dst->Length = (USHORT)length;
    return status;
}

NTSTATUS WINAPI RtlUnicodeStringToCountedOemString(STRING *dst, const UNICODE_STRING *src,
                                                   BOOLEAN alloc)
{
    return counted_oem(dst, src, alloc, FALSE);
}

NTSTATUS WINAPI RtlUpcaseUnicodeStringToCountedOemString(STRING *dst, const UNICODE_STRING *src,
                                                         BOOLEAN alloc)
{
    return counted_oem(dst, src, alloc, TRUE);
}

WCHAR WINAPI RtlAnsiCharToUnicodeChar(char **text)
{
    WCHAR wide[2] = {' ', 0};
    int n;
    BOOL mapped;

    *text +=
        codepage_decode(&ansi_page, *text, ansi_page.CodePage == 65001 ? 4 : 2, wide, &n, &mapped);
    return wide[0];
}
