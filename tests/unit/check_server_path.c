/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "path.h"

#include <stdlib.h>

#include "unit.h"

static uint16_t storage[64], other[64];

static void expect_join(const char *target, const char *rest, const char *expected)
{
    char text[64];
    struct name path;
    uint16_t *chars =
        path_join(name_from_ascii(target, storage), name_from_ascii(rest, other), &path);

    ck_assert_ptr_nonnull(chars);
    name_print(path, text, sizeof(text));
    ck_assert_str_eq(text, expected);
    free(chars);
}

START_TEST(components_come_off_the_front)
{
    struct name rest = name_from_ascii("a\\bc\\d", storage), component;
    bool last;

    ck_assert_uint_eq(path_next(&rest, &component, &last), STATUS_SUCCESS);
    ck_assert_uint_eq(component.length, 1);
    ck_assert(!last);
    ck_assert_uint_eq(path_next(&rest, &component, &last), STATUS_SUCCESS);
    ck_assert_uint_eq(component.length, 2);
    ck_assert_uint_eq(path_next(&rest, &component, &last), STATUS_SUCCESS);
    ck_assert(last);
}
END_TEST

START_TEST(empty_components_are_invalid)
{
    static const char *const bad[] = {"", "\\a", "a\\"};
    struct name component;
    bool last;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct name rest = name_from_ascii(bad[i], storage);
        ck_assert_uint_eq(path_next(&rest, &component, &last), STATUS_OBJECT_NAME_INVALID);
    }
}
END_TEST

START_TEST(absolute_and_relative_exclude_each_other)
{
    struct name rest;

    ck_assert_uint_eq(path_begin(name_from_ascii("\\a", storage), false, &rest), STATUS_SUCCESS);
    ck_assert_uint_eq(rest.length, 1);
    ck_assert_uint_eq(path_begin(name_from_ascii("\\", storage), false, &rest), STATUS_SUCCESS);
    ck_assert_uint_eq(rest.length, 0);
    ck_assert_uint_eq(path_begin(name_from_ascii("a", storage), false, &rest),
                      STATUS_OBJECT_PATH_SYNTAX_BAD);
    ck_assert_uint_eq(path_begin(name_from_ascii("\\a", storage), true, &rest),
                      STATUS_OBJECT_PATH_SYNTAX_BAD);
    ck_assert_uint_eq(path_begin(name_from_ascii("a", storage), true, &rest), STATUS_SUCCESS);
}
END_TEST

START_TEST(a_link_target_and_the_rest_join)
{
    expect_join("\\x", "a\\b", "\\x\\a\\b");
    expect_join("\\x\\", "a", "\\x\\a");
    expect_join("\\", "a", "\\a");
    expect_join("\\x", "", "\\x");
}
END_TEST

int main(void)
{
    UNIT_BEGIN("path");
    UNIT_TEST(components_come_off_the_front);
    UNIT_TEST(empty_components_are_invalid);
    UNIT_TEST(absolute_and_relative_exclude_each_other);
    UNIT_TEST(a_link_target_and_the_rest_join);
    return UNIT_END();
}
