/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Names both ways without loss: any bytes by way of UTF-16, over all short strings of the bytes
 * that matter; UTF-16 by way of bytes, over every surrogate that stands alone. */

#include "ntpath.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_bytes(const char *bytes, size_t n)
{
    size_t units;
    WCHAR *wide = utf16_from_utf8(bytes, n, &units);
    char *back = utf8_from_utf16(wide, units);

    if (units <= n && strlen(back) == n && !memcmp(back, bytes, n)) { /* asserting is dear */
        free(wide);
        free(back);
        return;
    }
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, "%02x%s", (unsigned char)bytes[i], i + 1 < n ? " " : "\n");
    ck_abort_msg("these bytes do not come back");
}

START_TEST(all_bytes_come_back)
{
    /* ed a0 80: U+D800; ed b0 80: U+DC00; ed b3 80: U+DCC0; c3 a0: text */
    static const unsigned char alphabet[] = {'A', 0x80, 0xa0, 0xb0, 0xb3, 0xc3, 0xed, 0xff};
    enum { N = sizeof(alphabet), LENGTH = 6 };
    char bytes[LENGTH];

    for (size_t length = 1, count = N; length <= LENGTH; length++, count *= N)
        for (size_t number = 0; number < count; number++) {
            for (size_t i = 0, rest = number; i < length; i++, rest /= N)
                bytes[i] = (char)alphabet[rest % N];
            check_bytes(bytes, length);
        }
}
END_TEST

/* Forms of surrogates one behind the other, and what may stand between them. */
START_TEST(all_rows_of_surrogates_come_back)
{
    static const char *const parts[] = {
        "\xed\xa0\x80", "\xed\xaf\xbf", "\xed\xb0\x80",     "\xed\xb2\x80",
        "\xed\xbf\xbf", "\xff",         "\xf0\x9f\x98\x80", "x"};
    enum { N = sizeof(parts) / sizeof(*parts), LENGTH = 5 };
    char bytes[4 * LENGTH + 1];

    for (size_t number = 0; number < N * N * N * N * N; number++) {
        bytes[0] = 0;
        for (size_t i = 0, rest = number; i < LENGTH; i++, rest /= N)
            strcat(bytes, parts[rest % N]);
        check_bytes(bytes, strlen(bytes));
    }
}
END_TEST

static void check_units(const WCHAR *text, size_t n)
{
    char *bytes = utf8_from_utf16(text, n);
    size_t units;
    WCHAR *back = utf16_from_utf8(bytes, strlen(bytes), &units);

    ck_assert_uint_eq(units, n);
    ck_assert_mem_eq(back, text, n * sizeof(*text));
    free(bytes);
    free(back);
}

START_TEST(every_lone_surrogate_comes_back)
{
    for (WCHAR unit = 0xd800; unit < 0xe000; unit++) {
        check_units((const WCHAR[]){unit}, 1);
        check_units((const WCHAR[]){'a', unit, 'b'}, 3);
        check_units((const WCHAR[]){0xd83d, 0xde00, unit}, 3);
        if (unit < 0xdc00) {
            check_units((const WCHAR[]){unit, unit, 'x'}, 3);
            check_units((const WCHAR[]){unit, 0xd83d, 0xde00}, 3);
        }
    }
}
END_TEST

int main(void)
{
    UNIT_BEGIN("utf");
    UNIT_TEST(all_bytes_come_back);
    UNIT_TEST(all_rows_of_surrogates_come_back);
    UNIT_TEST(every_lone_surrogate_comes_back);
    return UNIT_END();
}
