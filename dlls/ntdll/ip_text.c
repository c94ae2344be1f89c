/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* See ip_text.h. */

#include "ntdll.h"

#include "ip_text.h"

WCHAR *ip_number_print(WCHAR *at, ULONG value, unsigned base)
{
    WCHAR digits[12];
    unsigned n = 0;

    do
        digits[n++] = (WCHAR) "0123456789abcdef"[value % base];
    while (value /= base);
    while (n)
        *at++ = digits[--n];
    return at;
}

bool ip_port_parse(const WCHAR **at, USHORT *ret_port)
{
    ULONG port;

    if (**at != ':')
        return false;
    ++*at;
    if (!ip_number_parse(at, false, &port) || !port || port > 0xffff)
        return false;
    *ret_port = RtlUshortByteSwap((USHORT)port);
    return true;
}

WCHAR *ip_port_print(WCHAR *at, USHORT port)
{
    *at++ = ':';
    at = ip_number_print(at, RtlUshortByteSwap(port), 10);
    *at = 0;
    return at;
}

bool ip_text_widen(const char *text, WCHAR ret_wide[IP_TEXT_MAX])
{
    unsigned n;

    for (n = 0; text[n] && n < IP_TEXT_MAX - 1; n++)
        ret_wide[n] = (unsigned char)text[n] < 0x80 ? (WCHAR)text[n] : 0xffff;
    ret_wide[n] = 0;
    return !text[n];
}

char *ip_text_narrow(const WCHAR *from, const WCHAR *end, char *to)
{
    while (from < end)
        *to++ = (char)*from++;
    *to = 0;
    return to;
}

NTSTATUS ip_text_deliver(const WCHAR *text, SIZE_T n, WCHAR *ret_wide, char *ret_narrow,
                         ULONG *size)
{
    const bool fits = *size >= n;

    *size = (ULONG)n;
    if (!fits)
        return STATUS_INVALID_PARAMETER;
    if (ret_wide)
        memcpy(ret_wide, text, n * sizeof(WCHAR));
    else
        ip_text_narrow(text, text + n - 1, ret_narrow);
    return STATUS_SUCCESS;
}
