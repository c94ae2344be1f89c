/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "name.h"

#include <stdlib.h>

#include "unit.h"

static struct name make(const char *ascii, uint16_t *storage)
{
    return name_from_ascii(ascii, storage);
}

START_TEST(case_is_ignored_only_when_asked)
{
    uint16_t a[16], b[16];

    ck_assert(name_equal(make("Event", a), make("eVENT", b), true));
    ck_assert(!name_equal(make("Event", a), make("eVENT", b), false));
    ck_assert(!name_equal(make("Event", a), make("Events", b), true));
    ck_assert_uint_eq(name_hash(make("Event", a)), name_hash(make("eVENT", b)));
}
END_TEST

START_TEST(letters_beyond_ascii_have_upper_case)
{
    ck_assert_uint_eq(char_upcase(0xe4), 0xc4);
    ck_assert_uint_eq(char_upcase(0x3b1), 0x391);
    ck_assert_uint_eq(char_upcase(0x436), 0x416);
    ck_assert_uint_eq(char_upcase(0xd800), 0xd800);
    ck_assert_uint_eq(char_upcase('z'), 'Z');
    ck_assert_uint_eq(char_upcase('{'), '{');
}
END_TEST

START_TEST(names_print_as_utf8_and_never_overflow)
{
    static const uint16_t chars[] = {'a', 0xe4, 0x20ac, 0xd83d, 0xde00, 0xd800, 7};
    char text[64], small[4];

    name_print((struct name){chars, 7}, text, sizeof(text));
    ck_assert_str_eq(text, "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80??");
    name_print((struct name){chars, 7}, small, sizeof(small));
    ck_assert_str_eq(small, "a\xc3\xa4");
}
END_TEST

START_TEST(a_copy_is_its_own)
{
    uint16_t a[16];
    struct name name = make("copy", a);
    uint16_t *copy = name_copy(name);

    a[0] = 'x';
    ck_assert_uint_eq(copy[0], 'c');
    free(copy);
    ck_assert_ptr_null(name_copy((struct name){NULL, 0}));
}
END_TEST

int main(void)
{
    UNIT_BEGIN("name");
    UNIT_TEST(case_is_ignored_only_when_asked);
    UNIT_TEST(letters_beyond_ascii_have_upper_case);
    UNIT_TEST(names_print_as_utf8_and_never_overflow);
    UNIT_TEST(a_copy_is_its_own);
    return UNIT_END();
}
