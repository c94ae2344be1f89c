/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* UTF-8 and UTF-16. An ill-formed piece becomes U+FFFD and the status STATUS_SOME_NOT_MAPPED; the
 * pieces are cut as Unicode recommends (maximal subparts). A destination that is too small is
 * filled with whole characters as far as they fit.
 */
#include "rtl.h"

enum { REPLACEMENT = 0xfffd };

/* The length that a lead byte announces and the range of the byte after it; 0 for no lead byte. */
static unsigned lead_length(UCHAR lead, UCHAR *ret_low, UCHAR *ret_high)
{
    *ret_low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *ret_high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* Take one character from *src; FALSE and the replacement character when it is ill-formed. */
static BOOL utf8_next(const char **src, const char *end, ULONG *ret_ch)
{
    UCHAR lead = (UCHAR) * (*src)++, low, high;
    unsigned n = lead_length(lead, &low, &high);

    *ret_ch = lead;
    if (lead < 0x80)
        return TRUE;
    *ret_ch = REPLACEMENT;
    if (!n)
        return FALSE;
    ULONG ch = lead & (0x7fu >> n);
    for (unsigned i = 1; i < n; i++, low = 0x80, high = 0xbf) {
        if (*src == end || (UCHAR) * *src < low || (UCHAR) * *src > high)
            return FALSE;
        ch = ch << 6 | ((UCHAR) * (*src)++ & 0x3f);
    }
    *ret_ch = ch;
    return TRUE;
}

NTSTATUS utf8_to_wide(WCHAR *dst, ULONG dst_bytes, ULONG *ret_bytes, const char *src,
                      ULONG src_bytes)
{
    const char *end = src + src_bytes;
    ULONG n = 0, n_max = dst_bytes / sizeof(WCHAR);
    NTSTATUS status = STATUS_SUCCESS;

    while (src < end) {
        ULONG ch, n_units;

        if (!utf8_next(&src, end, &ch))
            status = STATUS_SOME_NOT_MAPPED;
        n_units = ch > 0xffff ? 2 : 1;
        if (dst && n + n_units > n_max) {
            status = STATUS_BUFFER_TOO_SMALL;
            break;
        }
        if (dst && n_units == 2) {
            dst[n] = (WCHAR)(0xd7c0 + (ch >> 10));
            dst[n + 1] = (WCHAR)(0xdc00 + (ch & 0x3ff));
        } else if (dst) {
            dst[n] = (WCHAR)ch;
        }
        n += n_units;
    }
    if (ret_bytes)
        *ret_bytes = n * sizeof(WCHAR);
    return status;
}

static BOOL utf16_next(const WCHAR **src, const WCHAR *end, ULONG *ret_ch)
{
    WCHAR unit = *(*src)++;

    *ret_ch = unit;
    if (unit < 0xd800 || unit > 0xdfff)
        return TRUE;
    if (unit < 0xdc00 && *src < end && **src >= 0xdc00 && **src <= 0xdfff) {
        *ret_ch = 0x10000 + ((unit - 0xd800u) << 10) + (*(*src)++ - 0xdc00u);
        return TRUE;
    }
    *ret_ch = REPLACEMENT;
    return FALSE;
}

static unsigned utf8_put(ULONG ch, char *dst)
{
    unsigned n = ch < 0x80 ? 1 : ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4;
    static const UCHAR marks[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (unsigned i = n - 1; i; i--, ch >>= 6)
        dst[i] = (char)(0x80 | (ch & 0x3f));
    dst[0] = (char)(marks[n] | ch);
    return n;
}

/* How many units from src on are ASCII, which nearly all are; at most n_max, copied to dst. */
static ULONG ascii_run(char *dst, ULONG n_max, const WCHAR *src, const WCHAR *end)
{
    ULONG n = 0;

    if ((SIZE_T)(end - src) < n_max)
        n_max = (ULONG)(end - src);
    if (!dst) {
        while (n < n_max && src[n] < 0x80)
            n++;
        return n;
    }
    for (; n < n_max && src[n] < 0x80; n++)
        dst[n] = (char)src[n];
    return n;
}

NTSTATUS utf8_from_wide(char *dst, ULONG dst_bytes, ULONG *ret_bytes, const WCHAR *src,
                        ULONG src_bytes)
{
    const WCHAR *end = src + src_bytes / sizeof(WCHAR);
    ULONG n = 0;
    NTSTATUS status = STATUS_SUCCESS;

    while (src < end) {
        ULONG n_ascii = ascii_run(dst ? dst + n : NULL, dst ? dst_bytes - n : ~0u, src, end);
        ULONG ch;
        char bytes[4];

        n += n_ascii;
        src += n_ascii;
        if (src == end)
            break;
        if (!utf16_next(&src, end, &ch))
            status = STATUS_SOME_NOT_MAPPED;
        unsigned n_bytes = utf8_put(ch, bytes);
        if (dst && n + n_bytes > dst_bytes) {
            status = STATUS_BUFFER_TOO_SMALL;
            break;
        }
        for (unsigned i = 0; dst && i < n_bytes; i++)
            dst[n + i] = bytes[i];
        n += n_bytes;
    }
    if (ret_bytes)
        *ret_bytes = n;
    return status;
}

NTSTATUS WINAPI RtlUTF8ToUnicodeN(WCHAR *dst, DWORD dst_bytes, DWORD *ret_bytes, const char *src,
                                  DWORD src_bytes)
{
    if (!src)
        return STATUS_INVALID_PARAMETER_4;
    if (!dst && !ret_bytes)
        return STATUS_INVALID_PARAMETER;
    return utf8_to_wide(dst, dst_bytes, (ULONG *)ret_bytes, src, src_bytes);
}

NTSTATUS WINAPI RtlUnicodeToUTF8N(char *dst, DWORD dst_bytes, DWORD *ret_bytes, const WCHAR *src,
                                  DWORD src_bytes)
{
    if (!src)
        return STATUS_INVALID_PARAMETER_4;
    if (!dst && !ret_bytes)
        return STATUS_INVALID_PARAMETER;
    if (dst && src_bytes % sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER_5;
    return utf8_from_wide(dst, dst_bytes, (ULONG *)ret_bytes, src, src_bytes);
}
