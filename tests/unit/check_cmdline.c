/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The command line is checked by a reader written from the documented rule, over a table and over
 * all short strings of the characters that matter. */

#include "cmdline.h"
#include "unit.h"
#include <string.h>

/* Reads one argument as Windows' C run time does; returns what follows it. */
static const char *argument_read(const char *line, char *ret)
{
    bool quoted = false;
    size_t n, i;

    while (*line == ' ' || *line == '\t')
        line++;
    while (*line && (quoted || (*line != ' ' && *line != '\t'))) {
        for (n = 0; line[n] == '\\'; n++)
            ;
        line += n;
        if (*line != '"') {
            for (i = 0; i < n; i++)
                *ret++ = '\\';
            if (*line && (quoted || (*line != ' ' && *line != '\t')))
                *ret++ = *line++;
            continue;
        }
        for (i = 0; i < n / 2; i++)
            *ret++ = '\\';
        if (n % 2)
            *ret++ = '"';
        else
            quoted = !quoted;
        line++;
    }
    *ret = 0;
    return line;
}

static void check_round_trip(const char *argument)
{
    struct text text = {0};
    char read[256];
    const char *rest;

    cmdline_append(&text, argument);
    cmdline_append(&text, "next");
    ck_assert(!text.failed);
    rest = argument_read(text.bytes, read);
    ck_assert_str_eq(read, argument);
    argument_read(rest, read);
    ck_assert_str_eq(read, "next");
    text_deinit(&text);
}

START_TEST(arguments_are_read_back_unchanged)
{
    static const char *const table[] = {
        "plain", "",      "two words", "tab\there",         "quo\"te",        "\"",    "\\",
        "a\\",   "a b\\", "a\\\"b",    "\\\\server\\share", "c:\\dir with\\", "\\\\\""};
    unsigned i;

    for (i = 0; i < sizeof(table) / sizeof(*table); i++)
        check_round_trip(table[i]);
}
END_TEST

START_TEST(every_short_string_of_difficult_characters_is_read_back)
{
    static const char characters[] = {'a', ' ', '"', '\\'};
    char argument[7];
    unsigned length, n, i, code;

    for (length = 0; length <= 6; length++)
        for (n = 0; n < 1u << 2 * length; n++) {
            for (i = 0, code = n; i < length; i++, code >>= 2)
                argument[i] = characters[code & 3];
            argument[length] = 0;
            check_round_trip(argument);
        }
}
END_TEST

START_TEST(an_argument_without_blanks_is_not_quoted)
{
    struct text text = {0};

    cmdline_append_program(&text, "Z:\\bin\\a.exe");
    cmdline_append(&text, "/x");
    cmdline_append(&text, "a\\b");
    ck_assert_str_eq(text.bytes, "Z:\\bin\\a.exe /x a\\b");
    text_deinit(&text);
}
END_TEST

START_TEST(a_program_path_with_blanks_is_quoted)
{
    struct text text = {0};

    cmdline_append_program(&text, "Z:\\my dir\\a.exe");
    cmdline_append(&text, "b");
    ck_assert_str_eq(text.bytes, "\"Z:\\my dir\\a.exe\" b");
    text_deinit(&text);
}
END_TEST

START_TEST(a_unix_path_is_one_on_drive_z)
{
    struct text text = {0};

    dos_path_append(&text, "/tmp/x y");
    ck_assert_str_eq(text.bytes, "Z:\\tmp\\x y");
    text_deinit(&text);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("cmdline");
    UNIT_TEST(arguments_are_read_back_unchanged);
    UNIT_TEST(every_short_string_of_difficult_characters_is_read_back);
    UNIT_TEST(an_argument_without_blanks_is_not_quoted);
    UNIT_TEST(a_program_path_with_blanks_is_quoted);
    UNIT_TEST(a_unix_path_is_one_on_drive_z);
    return UNIT_END();
}
