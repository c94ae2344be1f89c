/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <string.h>
#include <sys/utsname.h>

#include "common/host.h"
#include "unit.h"

START_TEST(a_name_is_one_label_of_bounded_length)
{
    static const struct {
        const char *text, *computer, *label;
    } rows[] = {
        {"build-7", "build-7", "build-7"},
        {"build-7.example.org", "build-7", "build-7"},
        {"fifteen-letters", "fifteen-letters", "fifteen-letters"},
        {"sixteen-letters1", "sixteen-letters", "sixteen-letters1"},
        {"a-runner-of-some-farm.internal", "a-runner-of-som", "a-runner-of-some-farm"},
        {"", "localhost", "localhost"},
        {".example.org", "localhost", "localhost"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char computer[COMPUTER_NAME_MAX + 1], label[HOST_NAME_LABEL_MAX + 1];
        host_name_from(rows[i].text, COMPUTER_NAME_MAX, computer);
        host_name_from(rows[i].text, HOST_NAME_LABEL_MAX, label);
        ck_assert_str_eq(computer, rows[i].computer);
        ck_assert_str_eq(label, rows[i].label);
    }
}
END_TEST

START_TEST(this_machine_has_its_own)
{
    char label[HOST_NAME_LABEL_MAX + 1], expected[HOST_NAME_LABEL_MAX + 1];
    struct utsname host;

    ck_assert_int_eq(uname(&host), 0);
    host_name_from(host.nodename, HOST_NAME_LABEL_MAX, expected);
    host_name(HOST_NAME_LABEL_MAX, label);
    ck_assert_str_eq(label, expected);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("host");
    UNIT_TEST(a_name_is_one_label_of_bounded_length);
    UNIT_TEST(this_machine_has_its_own);
    return UNIT_END();
}
