/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "cmdline.h"
#include "unit.h"
#include <string.h>
#include <strings.h>

static struct text block;

/* The value in the block, or NULL. Names in a block are unique without case. */
static const char *value_get(const char *name)
{
    const char *entry, *found = NULL;
    size_t length = strlen(name);

    for (entry = block.bytes; *entry; entry += strlen(entry) + 1)
        if (!strncasecmp(entry, name, length) && entry[length] == '=') {
            ck_assert_msg(!found, "%s is there twice", name);
            found = entry + length + 1;
        }
    return found;
}

static void block_make(const char *const *environment)
{
    block = (struct text){0};
    environment_append(&block, (char *const *)environment, "me");
    ck_assert(!block.failed);
}

START_TEST(ordinary_variables_pass)
{
    block_make((const char *[]){"FOO=bar=baz", "EMPTY=", "LANG=de_DE.UTF-8", NULL});
    ck_assert_str_eq(value_get("FOO"), "bar=baz");
    ck_assert_str_eq(value_get("EMPTY"), "");
    ck_assert_str_eq(value_get("LANG"), "de_DE.UTF-8");
    text_deinit(&block);
}
END_TEST

START_TEST(the_path_is_converted_behind_the_system_folders)
{
    block_make((const char *[]){"PATH=/usr/bin::relative:/opt/x y:/bad;one", NULL});
    ck_assert_str_eq(value_get("PATH"),
                     "C:\\windows\\system32;C:\\windows;Z:\\usr\\bin;Z:\\opt\\x y");
    text_deinit(&block);
}
END_TEST

START_TEST(unix_variables_that_mean_something_else_do_not_pass)
{
    block_make((const char *[]){"HOME=/home/me", "USERNAME=you", "TMPDIR=/var/tmp", "SystemRoot=/x",
                                "SHELL=/bin/sh", "LD_PRELOAD=x.so", "_=/bin/env", "no equals sign",
                                "=odd", NULL});
    ck_assert_str_eq(value_get("USERNAME"), "me");
    ck_assert_str_eq(value_get("USERPROFILE"), "C:\\users\\me");
    ck_assert_str_eq(value_get("HOMEDRIVE"), "C:");
    ck_assert_str_eq(value_get("HOMEPATH"), "\\users\\me");
    ck_assert_str_eq(value_get("APPDATA"), "C:\\users\\me\\AppData\\Roaming");
    ck_assert_str_eq(value_get("LOCALAPPDATA"), "C:\\users\\me\\AppData\\Local");
    ck_assert_str_eq(value_get("TEMP"), "Z:\\var\\tmp");
    ck_assert_str_eq(value_get("TMP"), "Z:\\var\\tmp");
    ck_assert_str_eq(value_get("SystemRoot"), "C:\\windows");
    ck_assert_ptr_null(value_get("HOME"));
    ck_assert_ptr_null(value_get("SHELL"));
    ck_assert_ptr_null(value_get("LD_PRELOAD"));
    ck_assert_ptr_null(value_get("_"));
    text_deinit(&block);
}
END_TEST

START_TEST(an_empty_environment_has_what_windows_promises)
{
    static const char *const promised[] = {"SystemRoot",
                                           "windir",
                                           "ComSpec",
                                           "PATH",
                                           "PATHEXT",
                                           "TEMP",
                                           "TMP",
                                           "USERPROFILE",
                                           "USERNAME",
                                           "COMPUTERNAME",
                                           "OS",
                                           "CommonProgramFiles",
                                           "CommonProgramFiles(x86)",
                                           "CommonProgramW6432",
                                           "ProgramFiles",
                                           "ProgramFiles(x86)",
                                           "ProgramW6432",
                                           "PROCESSOR_ARCHITECTURE",
                                           "NUMBER_OF_PROCESSORS"};
    unsigned i;

    block_make((const char *[]){NULL});
    for (i = 0; i < sizeof(promised) / sizeof(*promised); i++)
        ck_assert_msg(value_get(promised[i]) != NULL, "%s", promised[i]);
    text_deinit(&block);
}
END_TEST

START_TEST(a_user_s_name_that_can_be_no_folder_s_is_user)
{
    static const char *const unfit[] = {
        "", ".", "..", "a/b", "a\\b", "a:b", "a name of more than 32 characters"};

    ck_assert_str_eq(environment_user(NULL), "user");
    ck_assert_str_eq(environment_user("me"), "me");
    for (size_t i = 0; i < sizeof(unfit) / sizeof(*unfit); i++)
        ck_assert_str_eq(environment_user(unfit[i]), "user");
}
END_TEST

START_TEST(the_block_is_sorted_and_ends_with_an_empty_string)
{
    const char *entry, *next;

    block_make((const char *[]){"zeta=1", "Alpha=2", "alphabet=3", "BETA=4", NULL});
    for (entry = block.bytes; *(next = entry + strlen(entry) + 1); entry = next) {
        size_t a = strcspn(entry, "="), b = strcspn(next, "=");
        int order = strncasecmp(entry, next, a < b ? a : b);

        ck_assert_msg(order < 0 || (order == 0 && a < b), "%s before %s", entry, next);
    }
    ck_assert_uint_eq(next + 1 - block.bytes, block.size);
    text_deinit(&block);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("environment");
    UNIT_TEST(ordinary_variables_pass);
    UNIT_TEST(the_path_is_converted_behind_the_system_folders);
    UNIT_TEST(unix_variables_that_mean_something_else_do_not_pass);
    UNIT_TEST(an_empty_environment_has_what_windows_promises);
    UNIT_TEST(a_user_s_name_that_can_be_no_folder_s_is_user);
    UNIT_TEST(the_block_is_sorted_and_ends_with_an_empty_string);
    return UNIT_END();
}
