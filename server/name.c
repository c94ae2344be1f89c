/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See name.h. Case is folded by glibc's C.UTF-8 tables, which are the simple mappings of Unicode.
 * DIFFERS: Windows uses its own l_intl.nls, older than Unicode's present tables; they agree on all
 * letters in use. */

#include "name.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

static locale_t fold_locale(void)
{
    static locale_t locale;

    if (!locale)
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return locale;
}

uint16_t char_upcase(uint16_t c)
{
    locale_t locale;
    wint_t upper;

    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? (uint16_t)(c - 0x20) : c;
    if (c >= 0xd800 && c < 0xe000)
        return c;
    locale = fold_locale();
    upper = locale ? towupper_l(c, locale) : c;
    return upper <= 0xffff ? (uint16_t)upper : c;
}

bool name_equal(struct name a, struct name b, bool ignore_case)
{
    if (a.length != b.length)
        return false;
    for (uint32_t i = 0; i < a.length; i++) {
        if (a.chars[i] == b.chars[i])
            continue;
        if (!ignore_case || char_upcase(a.chars[i]) != char_upcase(b.chars[i]))
            return false;
    }
    return true;
}

uint32_t name_hash(struct name name)
{
    uint32_t hash = 0x811c9dc5u;

    for (uint32_t i = 0; i < name.length; i++)
        hash = (hash ^ char_upcase(name.chars[i])) * 0x01000193u;
    return hash;
}

uint16_t *name_copy(struct name name)
{
    uint16_t *chars;

    if (!name.length)
        return NULL;
    chars = calloc(name.length, sizeof(*chars));
    if (chars)
        memcpy(chars, name.chars, name.length * sizeof(*chars));
    return chars;
}

struct name name_from_ascii(const char *ascii, uint16_t *storage)
{
    uint32_t length = 0;

    for (; ascii[length]; length++)
        storage[length] = (uint8_t)ascii[length];
    return (struct name){storage, length};
}

static uint32_t code_point(struct name name, uint32_t *index)
{
    uint32_t c = name.chars[(*index)++];

    if (c < 0xd800 || c >= 0xe000)
        return c < 0x20 || c == 0x7f ? '?' : c;
    if (c < 0xdc00 && *index < name.length && name.chars[*index] >= 0xdc00 &&
        name.chars[*index] < 0xe000)
        return 0x10000 + ((c - 0xd800) << 10) + (name.chars[(*index)++] - 0xdc00u);
    return '?';
}

static size_t utf8_encode(uint32_t c, char text[4])
{
    if (c < 0x80) {
        text[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        text[0] = (char)(0xc0 | c >> 6);
        text[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        text[0] = (char)(0xe0 | c >> 12);
        text[1] = (char)(0x80 | (c >> 6 & 0x3f));
        text[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    text[0] = (char)(0xf0 | c >> 18);
    text[1] = (char)(0x80 | (c >> 12 & 0x3f));
    text[2] = (char)(0x80 | (c >> 6 & 0x3f));
    text[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

void name_print(struct name name, char *ret_text, size_t size)
{
    size_t used = 0;

    for (uint32_t i = 0; i < name.length;) {
        char text[4];
        size_t n = utf8_encode(code_point(name, &i), text);

        if (used + n >= size)
            break;
        memcpy(ret_text + used, text, n);
        used += n;
    }
    ret_text[used] = '\0';
}
