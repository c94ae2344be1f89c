/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The line that TRACE prints. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/trace.h"
#include "unit.h"

#define BIT(name) ((uint64_t)1 << TRACE_##name)

START_TEST(a_line_names_its_channel_and_ends_with_a_newline)
{
    int pipe_fds[2], saved = dup(STDERR_FILENO);
    char text[2000] = "", payload[1500];

    memset(payload, 'x', sizeof(payload) - 1);
    payload[sizeof(payload) - 1] = 0;
    ck_assert_int_eq(pipe(pipe_fds), 0);
    dup2(pipe_fds[1], STDERR_FILENO);
    trace_mask = BIT(loader);
    TRACE(loader, "position %d", 42);
    TRACE(file, "not printed");
    TRACE(loader, "%s", payload);
    dup2(saved, STDERR_FILENO);
    ssize_t n = read(pipe_fds[0], text, sizeof(text) - 1);
    ck_assert_int_gt(n, 1000);
    ck_assert_ptr_nonnull(strstr(text, "loader a_line_names_its_channel_and_ends_with_a_newline"));
    ck_assert_ptr_nonnull(strstr(text, ": position 42\n"));
    ck_assert_ptr_null(strstr(text, "not printed"));
    ck_assert_int_eq(text[n - 1], '\n');
}
END_TEST

START_TEST(tracing_keeps_errno)
{
    int saved = dup(STDERR_FILENO);

    trace_mask = BIT(loader);
    close(STDERR_FILENO);
    errno = ENOTTY;
    TRACE(loader, "goes nowhere");
    ck_assert_int_eq(errno, ENOTTY);
    dup2(saved, STDERR_FILENO);
}
END_TEST

START_TEST(an_unknown_channel_is_one_line_with_those_that_exist)
{
    int pipe_fds[2], saved = dup(STDERR_FILENO);
    char text[2000] = "";

    ck_assert_int_eq(pipe(pipe_fds), 0);
    setenv("PORTICO_DEBUG", "+alpc", 1);
    dup2(pipe_fds[1], STDERR_FILENO);
    trace_complain();
    setenv("PORTICO_DEBUG", "+alpc,+xyz,+more", 1);
    trace_complain();
    dup2(saved, STDERR_FILENO);
    ssize_t n = read(pipe_fds[0], text, sizeof(text) - 1);
    ck_assert_int_gt(n, 0);
    ck_assert_ptr_eq(
        text, strstr(text, "portico: PORTICO_DEBUG: no channel 'xyz'; there are: alpc client "));
    ck_assert_ptr_eq(strchr(text, '\n'), text + n - 1);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("trace_print");
    UNIT_TEST(a_line_names_its_channel_and_ends_with_a_newline);
    UNIT_TEST(tracing_keeps_errno);
    UNIT_TEST(an_unknown_channel_is_one_line_with_those_that_exist);
    return UNIT_END();
}
