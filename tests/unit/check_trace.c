/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The channel list of PORTICO_DEBUG. */

#include "common/trace.h"
#include "unit.h"

#define BIT(name) ((uint64_t)1 << TRACE_##name)

START_TEST(a_name_with_or_without_plus_turns_a_channel_on)
{
    ck_assert_uint_eq(trace_parse(0, "+alpc,heap"), BIT(alpc) | BIT(heap));
}
END_TEST

START_TEST(entries_apply_from_left_to_right)
{
    ck_assert_uint_eq(trace_parse(0, "all,-heap"), ~BIT(heap));
    ck_assert_uint_eq(trace_parse(BIT(lane), "-all +file"), BIT(file));
}
END_TEST

START_TEST(an_unknown_or_cut_name_changes_nothing)
{
    ck_assert_uint_eq(trace_parse(5, "+alp,+alpcx,,+,-"), 5);
    ck_assert_uint_eq(trace_parse(5, NULL), 5);
    ck_assert_uint_eq(trace_parse(5, ""), 5);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("trace");
    UNIT_TEST(a_name_with_or_without_plus_turns_a_channel_on);
    UNIT_TEST(entries_apply_from_left_to_right);
    UNIT_TEST(an_unknown_or_cut_name_changes_nothing);
    return UNIT_END();
}
