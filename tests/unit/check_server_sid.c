/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "sid.h"

#include <string.h>

#include "unit.h"

START_TEST(users_and_root_have_their_sids)
{
    static const uint8_t root[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
    static const uint8_t user[] = {1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, 0xe8, 3, 0, 0};
    uint8_t sid[SID_MAX_BYTES];

    ck_assert_uint_eq(sid_from_uid(0, sid), sizeof(root));
    ck_assert_mem_eq(sid, root, sizeof(root));
    ck_assert_uint_eq(sid_from_uid(1000, sid), sizeof(user));
    ck_assert_mem_eq(sid, user, sizeof(user));
}
END_TEST

START_TEST(comparison_minds_the_length)
{
    uint8_t sid[SID_MAX_BYTES];
    size_t size = sid_from_uid(1000, sid);

    ck_assert(sid_is_uid(sid, size, 1000));
    ck_assert(!sid_is_uid(sid, size - 1, 1000));
    ck_assert(!sid_is_uid(sid, size, 1001));
    ck_assert(!sid_is_uid(sid, 0, 1000));
}
END_TEST

int main(void)
{
    UNIT_BEGIN("sid");
    UNIT_TEST(users_and_root_have_their_sids);
    UNIT_TEST(comparison_minds_the_length);
    return UNIT_END();
}
