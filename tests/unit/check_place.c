/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <string.h>

#include "common/place.h"
#include "unit.h"

static const char *moved(const char *folder, const char *own, const char *wanted)
{
    static char path[100];

    return place_moved(folder, own, wanted, path, sizeof(path)) ? path : "none";
}

START_TEST(a_moved_prefix_takes_its_folders_along)
{
    ck_assert_str_eq(moved("/opt/x/bin", "/usr/bin", "/usr/lib/portico"), "/opt/x/lib/portico");
    ck_assert_str_eq(moved("/opt/lib/a", "/usr/lib/a", "/usr/bin"), "/opt/bin");
    ck_assert_str_eq(moved("/bin", "/usr/bin", "/usr/lib"), "/lib");
    ck_assert_str_eq(moved("/opt", "/usr", "/usr/lib"), "/opt/lib");
}
END_TEST

START_TEST(a_destdir_is_put_before_the_folders)
{
    ck_assert_str_eq(moved("/d/usr/bin", "/usr/bin", "/usr/lib/portico"), "/d/usr/lib/portico");
    ck_assert_str_eq(moved("/d/usr/bin", "/usr/bin", "/opt/lib"), "/d/opt/lib");
}
END_TEST

START_TEST(a_prefix_is_made_of_whole_components)
{
    ck_assert_str_eq(moved("/d/usr/lib32", "/usr/lib32", "/usr/lib64"), "/d/usr/lib64");
    ck_assert_str_eq(moved("/d/lib32", "/usr/lib32", "/usr/lib64"), "/d/lib64");
    ck_assert_str_eq(moved("/d/32", "/usr/lib32", "/usr/lib64"), "none");
}
END_TEST

START_TEST(another_layout_has_no_answer)
{
    char path[8];

    ck_assert_str_eq(moved("/build/programs", "/usr/bin", "/usr/lib/portico"), "none");
    ck_assert_str_eq(moved("", "/usr/bin", "/usr/lib/portico"), "none");
    ck_assert(!place_moved("/opt/x/bin", "/usr/bin", "/usr/lib", path, sizeof(path)));
}
END_TEST

START_TEST(the_program_lies_in_a_folder)
{
    char path[4096], small[4];

    ck_assert(place_of_program(path, sizeof(path)));
    ck_assert_int_eq(path[0], '/');
    ck_assert_int_ne(path[strlen(path) - 1], '/');
    ck_assert(!place_of_program(small, sizeof(small)));
}
END_TEST

int main(void)
{
    UNIT_BEGIN("place");
    UNIT_TEST(a_moved_prefix_takes_its_folders_along);
    UNIT_TEST(a_destdir_is_put_before_the_folders);
    UNIT_TEST(a_prefix_is_made_of_whole_components);
    UNIT_TEST(another_layout_has_no_answer);
    UNIT_TEST(the_program_lies_in_a_folder);
    return UNIT_END();
}
