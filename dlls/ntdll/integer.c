/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Integers and GUIDs as text, and back. */
#include "rtl.h"

static BOOL is_base(ULONG base)
{
    return base == 0 || base == 2 || base == 8 || base == 10 || base == 16;
}

/* The digits, last first; their number. Base 0 is 10. */
static int digits_of(ULONGLONG value, ULONG base, char *digits)
{
    int n = 0;

    if (!base)
        base = 10;
    do
        digits[n++] = "0123456789ABCDEF"[value % base];
    while (value /= base);
    return n;
}

static NTSTATUS to_char(ULONGLONG value, ULONG base, ULONG n_max, char *text)
{
    char digits[65];

    if (!is_base(base))
        return STATUS_INVALID_PARAMETER;
    int n = digits_of(value, base, digits);
    if ((ULONG)n > n_max)
        return STATUS_BUFFER_OVERFLOW;
    if (!text)
        return STATUS_ACCESS_VIOLATION;
    for (int i = 0; i < n; i++)
        text[i] = digits[n - 1 - i];
    if ((ULONG)n < n_max)
        text[n] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlIntegerToChar(ULONG value, ULONG base, ULONG n_max, char *text)
{
    return to_char(value, base, n_max, text);
}

NTSTATUS WINAPI RtlLargeIntegerToChar(const ULONGLONG *value, ULONG base, ULONG n_max, char *text)
{
    return to_char(*value, base, n_max, text);
}

NTSTATUS WINAPI RtlInt64ToUnicodeString(ULONGLONG value, ULONG base, UNICODE_STRING *text)
{
    char digits[65];

    if (!is_base(base))
        return STATUS_INVALID_PARAMETER;
    int n = digits_of(value, base, digits);
    text->Length = (USHORT)(n * (int)sizeof(WCHAR));
    if (text->Length > text->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    for (int i = 0; i < n; i++)
        text->Buffer[i] = (UCHAR)digits[n - 1 - i];
    if (text->Length + sizeof(WCHAR) <= text->MaximumLength)
        text->Buffer[n] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlIntegerToUnicodeString(ULONG value, ULONG base, UNICODE_STRING *text)
{
    return RtlInt64ToUnicodeString(value, base, text);
}

static ULONG digit_of(WCHAR ch)
{
    if (ch >= '0' && ch <= '9')
        return (ULONG)(ch - '0');
    if (ch >= 'A' && ch <= 'Z')
        return (ULONG)(ch - 'A' + 10);
    return ch >= 'a' && ch <= 'z' ? (ULONG)(ch - 'a' + 10) : 99;
}

/* Blanks, a sign, with base 0 a prefix 0b 0o 0x, digits up to the first that is none; overflow is
 * not seen. */
static NTSTATUS parse(const WCHAR *text, size_t n, ULONG base, ULONG *ret_value)
{
    size_t i = 0;
    ULONG value = 0;
    BOOL negative = FALSE;

    if (!is_base(base))
        return STATUS_INVALID_PARAMETER;
    if (!ret_value)
        return STATUS_ACCESS_VIOLATION;
    while (i < n && text[i] && text[i] <= ' ')
        i++;
    if (i < n && (text[i] == '+' || text[i] == '-'))
        negative = text[i++] == '-';
    if (!base) {
        WCHAR mark = i + 1 < n && text[i] == '0' ? text[i + 1] : 0;
        base = mark == 'b' ? 2 : mark == 'o' ? 8 : mark == 'x' ? 16 : 10;
        i += base == 10 ? 0 : 2;
    }
    for (; i < n && digit_of(text[i]) < base; i++)
        value = value * base + digit_of(text[i]);
    *ret_value = negative ? 0 - value : value;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlUnicodeStringToInteger(const UNICODE_STRING *text, ULONG base, ULONG *ret_value)
{
    return parse(text->Buffer, text->Length / sizeof(WCHAR), base, ret_value);
}

NTSTATUS WINAPI RtlCharToInteger(const char *text, ULONG base, ULONG *ret_value)
{
    WCHAR wide[80];
    size_t n = 0;

    while (*text && (UCHAR)*text <= ' ')
        text++;
    for (; text[n] && n < ARRAY_COUNT(wide); n++)
        wide[n] = (UCHAR)text[n];
    return parse(wide, n, base, ret_value);
}

NTSTATUS WINAPI RtlStringFromGUID(const GUID *guid, UNICODE_STRING *ret_text)
{
    enum { GUID_CHARS = 38 };

    ret_text->Length = GUID_CHARS * sizeof(WCHAR);
    ret_text->MaximumLength = ret_text->Length + sizeof(WCHAR);
    if (!(ret_text->Buffer = rtl_alloc(ret_text->MaximumLength)))
        return STATUS_NO_MEMORY;
    const BYTE *d = guid->Data4;
    _snwprintf(ret_text->Buffer, GUID_CHARS + 1,
               L"{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", guid->Data1, guid->Data2,
               guid->Data3, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlGUIDFromString(UNICODE_STRING *text, GUID *ret_guid)
{
    static const char form[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
    const WCHAR *p = text->Buffer;
    BYTE bytes[16];
    unsigned n = 0;

    for (unsigned i = 0; form[i]; i++) {
        if (i >= text->Length / sizeof(WCHAR))
            return STATUS_INVALID_PARAMETER;
        if (form[i] != 'x') {
            if (p[i] != (UCHAR)form[i])
                return STATUS_INVALID_PARAMETER;
            continue;
        }
        ULONG digit = digit_of(p[i]);
        if (digit > 15)
            return STATUS_INVALID_PARAMETER;
        bytes[n / 2] = (BYTE)(n % 2 ? bytes[n / 2] << 4 | digit : digit);
        n++;
    }
    ret_guid->Data1 =
        (ULONG)bytes[0] << 24 | (ULONG)bytes[1] << 16 | (ULONG)bytes[2] << 8 | bytes[3];
    ret_guid->Data2 = (USHORT)(bytes[4] << 8 | bytes[5]);
    ret_guid->Data3 = (USHORT)(bytes[6] << 8 | bytes[7]);
    memcpy(ret_guid->Data4, bytes + 8, 8);
    return STATUS_SUCCESS;
}
