/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The channel list of PORTICO_DEBUG. */

#include <string.h>

#include "common/trace.h"
#include "unit.h"

#define BIT(name) ((uint64_t)1 << TRACE_##name)

START_TEST(a_name_with_or_without_plus_turns_a_channel_on)
{
    ck_assert_uint_eq(trace_parse(0, "+alpc,file"), BIT(alpc) | BIT(file));
}
END_TEST

START_TEST(entries_apply_from_left_to_right)
{
    ck_assert_uint_eq(trace_parse(0, "all,-client"), ~BIT(client));
    ck_assert_uint_eq(trace_parse(BIT(loader), "-all +file"), BIT(file));
}
END_TEST

START_TEST(an_unknown_or_cut_name_changes_nothing)
{
    ck_assert_uint_eq(trace_parse(5, "+alp,+alpcx,,+,-"), 5);
    ck_assert_uint_eq(trace_parse(5, NULL), 5);
    ck_assert_uint_eq(trace_parse(5, ""), 5);
}
END_TEST

START_TEST(the_first_unknown_name_is_told)
{
    static const char list[] = "+alpc,-file all,,+,-nonsense,+more";
    size_t length;

    ck_assert_ptr_eq(trace_unknown(list, &length), strstr(list, "nonsense"));
    ck_assert_uint_eq(length, strlen("nonsense"));
    ck_assert_ptr_null(trace_unknown("+alpc,-file all,,+", &length));
    ck_assert_ptr_null(trace_unknown(NULL, &length));
}
END_TEST

int main(void)
{
    UNIT_BEGIN("trace");
    UNIT_TEST(a_name_with_or_without_plus_turns_a_channel_on);
    UNIT_TEST(entries_apply_from_left_to_right);
    UNIT_TEST(an_unknown_or_cut_name_changes_nothing);
    UNIT_TEST(the_first_unknown_name_is_told);
    return UNIT_END();
}
