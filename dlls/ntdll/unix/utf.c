/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* UTF-16 names of NT and UTF-8 (in truth: any bytes) names of Linux, both ways without loss.
 *
 * A byte of a Linux name that is not part of valid UTF-8 becomes the lone surrogate U+DC00 + byte,
 * and back; any other lone surrogate becomes its three-byte form (as in WTF-8), which is not valid
 * UTF-8 and so cannot meet a real name, and back. Where that form would come back as something
 * else, its bytes stay bytes: before a low surrogate (it would be half of a pair), and of those
 * that mean bytes. A program that spells valid UTF-8 in U+DC80 to U+DCFF names what it spells.
 */
#include "ntpath.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t utf8_put(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

char *utf8_from_utf16(const WCHAR *text, size_t units)
{
    char *out = malloc(units * 3 + 1);
    size_t n = 0;

    if (!out)
        return NULL;
    for (size_t i = 0; i < units; i++) {
        uint32_t c = text[i];

        if (c >= 0xd800 && c < 0xdc00 && i + 1 < units && text[i + 1] >= 0xdc00 &&
            text[i + 1] < 0xe000)
            c = 0x10000 + ((c - 0xd800) << 10) + (text[++i] - 0xdc00u);
        else if (c >= 0xdc80 && c <= 0xdcff) {
            out[n++] = (char)(c - 0xdc00);
            continue;
        }
        n += utf8_put(out + n, c);
    }
    out[n] = 0;
    return out;
}

/* The code point at text, and how many bytes it took; 0 bytes when it is no valid UTF-8. */
static size_t utf8_get(const unsigned char *text, size_t bytes, uint32_t *ret_c)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = text[0] < 0x80    ? 1
               : text[0] < 0xc2  ? 0
               : text[0] < 0xe0  ? 2
               : text[0] < 0xf0  ? 3
               : text[0] <= 0xf4 ? 4
                                 : 0;
    uint32_t c;

    if (!n || n > bytes)
        return 0;
    c = n == 1 ? text[0] : text[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (text[i] & 0x3f);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return 0;
    *ret_c = c;
    return n;
}

static bool is_high(WCHAR unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

/* Is there the three-byte form of a surrogate that does not mean a byte? */
static bool surrogate_get(const unsigned char *text, size_t bytes, WCHAR *ret_unit)
{
    if (bytes < 3 || text[0] != 0xed || text[1] < 0xa0 || text[1] > 0xbf || text[2] < 0x80 ||
        text[2] > 0xbf)
        return false;
    *ret_unit = (WCHAR)(0xd000 | (text[1] & 0x3f) << 6 | (text[2] & 0x3f));
    return *ret_unit < 0xdc80 || *ret_unit > 0xdcff;
}

/* A low surrogate; high ones just before it are lone, and must not become half of a pair. */
static size_t low_put(WCHAR *out, size_t n, WCHAR low)
{
    size_t from = n;
    char form[4];

    while (from && is_high(out[from - 1]))
        from--;
    for (size_t i = n - from; i--;) {
        (void)utf8_put(form, out[from + i]);
        for (size_t j = 0; j < 3; j++)
            out[from + 3 * i + j] = (WCHAR)(0xdc00 + (unsigned char)form[j]);
    }
    n = from + 3 * (n - from);
    out[n] = low;
    return n + 1;
}

/* What is no valid UTF-8: one unit for one byte, or for three. */
static size_t odd_put(WCHAR *out, size_t n, const unsigned char *text, size_t bytes, size_t *at)
{
    WCHAR unit;

    if (!surrogate_get(text + *at, bytes - *at, &unit))
        return low_put(out, n, (WCHAR)(0xdc00 + text[(*at)++]));
    *at += 3;
    if (!is_high(unit))
        return low_put(out, n, unit);
    out[n] = unit;
    return n + 1;
}

WCHAR *utf16_from_utf8(const char *text, size_t bytes, size_t *ret_units)
{
    WCHAR *out = malloc((bytes + 1) * sizeof(*out));
    size_t n = 0;

    if (!out)
        return NULL;
    for (size_t i = 0; i < bytes;) {
        uint32_t c;
        size_t used = utf8_get((const unsigned char *)text + i, bytes - i, &c);

        if (!used) {
            n = odd_put(out, n, (const unsigned char *)text, bytes, &i);
            continue;
        }
        i += used;
        if (c >= 0x10000) {
            out[n++] = (WCHAR)(0xd800 + ((c - 0x10000) >> 10));
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        out[n++] = (WCHAR)c;
    }
    out[n] = 0;
    *ret_units = n;
    return out;
}
