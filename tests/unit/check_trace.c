/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The channel list of PORTICO_DEBUG and the line that TRACE prints. */

#include <string.h>
#include <unistd.h>

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

START_TEST(a_line_names_its_channel_and_ends_with_a_newline)
{
    int pipe_fds[2], saved = dup(STDERR_FILENO);
    char text[2000] = "", payload[1500];

    memset(payload, 'x', sizeof(payload) - 1);
    payload[sizeof(payload) - 1] = 0;
    ck_assert_int_eq(pipe(pipe_fds), 0);
    dup2(pipe_fds[1], STDERR_FILENO);
    trace_mask = BIT(lane);
    TRACE(lane, "position %d", 42);
    TRACE(heap, "not printed");
    TRACE(lane, "%s", payload);
    dup2(saved, STDERR_FILENO);
    ssize_t n = read(pipe_fds[0], text, sizeof(text) - 1);
    ck_assert_int_gt(n, 1000);
    ck_assert_ptr_nonnull(strstr(text, "lane a_line_names_its_channel_and_ends_with_a_newline"));
    ck_assert_ptr_nonnull(strstr(text, ": position 42\n"));
    ck_assert_ptr_null(strstr(text, "not printed"));
    ck_assert_int_eq(text[n - 1], '\n');
}
END_TEST

int main(void)
{
    UNIT_BEGIN("trace");
    UNIT_TEST(a_name_with_or_without_plus_turns_a_channel_on);
    UNIT_TEST(entries_apply_from_left_to_right);
    UNIT_TEST(an_unknown_or_cut_name_changes_nothing);
    UNIT_TEST(a_line_names_its_channel_and_ends_with_a_newline);
    return UNIT_END();
}
