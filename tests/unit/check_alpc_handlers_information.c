/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Who is at the other end; which flags change. */
#include "config.h"

#include "server_ports.h"

static struct alpc_other_end_reply other;
static struct alpc_set_flags_reply flags;

START_TEST(both_ends_learn_of_each_other)
{
    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.b, alpc_other_end, &other, .port = pair.b_port), STATUS_SUCCESS);
    ck_assert_uint_eq(other.process_id, pair.connect.server_process_id);
    ck_assert_uint_gt(pair.b.data_size, 0);
    ck_assert_uint_eq(*(uint16_t *)pair.b.data, '\\');
    ck_assert_uint_eq(CALL(&pair.a, alpc_other_end, &other, .port = pair.a_port), STATUS_SUCCESS);
    ck_assert_uint_ne(other.process_id, 0);
    ck_assert_uint_eq(CALL(&pair.a, alpc_other_end, &other, .port = pair.listener),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL(&pair.a, alpc_other_end, &other, .port = 0x7ffffc),
                      STATUS_INVALID_HANDLE);
    pair_end();
}
END_TEST

START_TEST(only_allow_lpc_requests_changes_and_not_on_a_connection_port)
{
    pair_start();
    pair_connect();
    ck_assert_uint_eq(CALL(&pair.b, alpc_set_flags, &flags, .port = pair.b_port, .flags = 0x30000),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(flags.flags & 0x30000, 0x20000);
    ck_assert_uint_eq(CALL(&pair.b, alpc_set_flags, &flags, .port = pair.b_port, .flags = 0),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(flags.flags & 0x20000, 0);
    ck_assert_uint_eq(CALL(&pair.a, alpc_set_flags, &flags, .port = pair.listener, .flags = 0),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(flags.flags & 0x20000, 0x20000);
    pair_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("alpc handlers_information");
    UNIT_TEST(both_ends_learn_of_each_other);
    UNIT_TEST(only_allow_lpc_requests_changes_and_not_on_a_connection_port);
    return UNIT_END();
}
