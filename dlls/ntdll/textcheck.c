/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Whether a buffer is UTF-16 text, by the signs that Windows documents for IsTextUnicode. */
#include "rtl.h"

enum { BOM = 0xfeff, REVERSED_BOM = 0xfffe };

struct counts {
    unsigned n_zero_bytes, n_controls, n_reversed_controls, n_nulls, n_illegal, low_changes,
        high_changes;
};

static BOOL is_control(WCHAR ch)
{
    return ch == '\r' || ch == '\n' || ch == '\t' || ch == ' ' || ch == 0x3000;
}

static struct counts count(const UCHAR *bytes, int n_bytes)
{
    struct counts c = {0, 0, 0, 0, 0, 0, 0};
    UCHAR last_low = 0, last_high = 0;

    for (int i = 0; i + 1 < n_bytes; i += 2) {
        WCHAR ch = (WCHAR)(bytes[i] | bytes[i + 1] << 8),
              swapped = (WCHAR)(bytes[i] << 8 | bytes[i + 1]);

        c.n_zero_bytes += !bytes[i + 1] && bytes[i];
        c.n_controls += is_control(ch);
        c.n_reversed_controls += is_control(swapped);
        c.n_nulls += !ch;
        c.n_illegal += ch == REVERSED_BOM || ch == 0xffff || ch == 0x0a0d;
        c.low_changes +=
            (unsigned)(bytes[i] > last_low ? bytes[i] - last_low : last_low - bytes[i]);
        c.high_changes += (unsigned)(bytes[i + 1] > last_high ? bytes[i + 1] - last_high
                                                              : last_high - bytes[i + 1]);
        last_low = bytes[i];
        last_high = bytes[i + 1];
    }
    return c;
}

BOOLEAN WINAPI RtlIsTextUnicode(const void *buffer, INT n_bytes, INT *tests)
{
    const UCHAR *bytes = buffer;
    int asked = tests ? *tests : ~0, found = 0, n = n_bytes / 2;

    if (n_bytes < 2) {
        if (tests)
            *tests = 0;
        return FALSE;
    }
    struct counts c = count(bytes, n_bytes < 512 ? n_bytes : 512);
    WCHAR first = (WCHAR)(bytes[0] | bytes[1] << 8);
    if (first == BOM)
        found |= IS_TEXT_UNICODE_SIGNATURE;
    if (first == REVERSED_BOM)
        found |= IS_TEXT_UNICODE_REVERSE_SIGNATURE;
    if (c.high_changes * 3 < c.low_changes)
        found |= IS_TEXT_UNICODE_STATISTICS;
    if (c.low_changes * 3 < c.high_changes)
        found |= IS_TEXT_UNICODE_REVERSE_STATISTICS;
    if (c.n_zero_bytes == (unsigned)(n < 256 ? n : 256) && first != BOM)
        found |= IS_TEXT_UNICODE_ASCII16;
    if (c.n_controls)
        found |= IS_TEXT_UNICODE_CONTROLS;
    if (c.n_reversed_controls)
        found |= IS_TEXT_UNICODE_REVERSE_CONTROLS;
    if (c.n_zero_bytes)
        found |= IS_TEXT_UNICODE_NULL_BYTES;
    if (n_bytes % 2)
        found |= IS_TEXT_UNICODE_ODD_LENGTH;
    if (c.n_illegal)
        found |= IS_TEXT_UNICODE_ILLEGAL_CHARS;
    found &= asked;
    if (tests)
        *tests = found;
    if (found & (IS_TEXT_UNICODE_ODD_LENGTH | IS_TEXT_UNICODE_ILLEGAL_CHARS |
                 IS_TEXT_UNICODE_REVERSE_SIGNATURE))
        return FALSE;
    return (found & (IS_TEXT_UNICODE_SIGNATURE | IS_TEXT_UNICODE_STATISTICS |
                     IS_TEXT_UNICODE_ASCII16 | IS_TEXT_UNICODE_NULL_BYTES)) != 0;
}
