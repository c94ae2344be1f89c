/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "common/sid.h"

#include <string.h>

#include "unit.h"

static const uint8_t root[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
static const uint8_t user[] = {1, 2, 0, 0, 0, 0, 0, 22, 1, 0, 0, 0, 0xe8, 3, 0, 0};

START_TEST(users_and_root_have_their_sids)
{
    struct sid sid = sid_from_uid(0);

    ck_assert_uint_eq(sid_size(&sid), sizeof(root));
    ck_assert_mem_eq(&sid, root, sizeof(root));
    sid = sid_from_uid(1000);
    ck_assert_uint_eq(sid_size(&sid), sizeof(user));
    ck_assert_mem_eq(&sid, user, sizeof(user));
}
END_TEST

START_TEST(comparison_minds_the_length)
{
    struct sid sid = sid_from_uid(1000), other = sid_from_uid(1001);

    ck_assert(sid_is(user, sizeof(user), &sid));
    ck_assert(!sid_is(user, sizeof(user) - 1, &sid));
    ck_assert(!sid_is(user, sizeof(user), &other));
    ck_assert(!sid_is(user, 0, &sid));
}
END_TEST

START_TEST(bytes_that_are_no_sid_have_no_size)
{
    uint8_t bytes[SID_MAX_BYTES + 4] = {1, 15};

    ck_assert_uint_eq(sid_bytes_size(bytes, SID_MAX_BYTES), SID_MAX_BYTES);
    ck_assert_uint_eq(sid_bytes_size(bytes, SID_MAX_BYTES - 1), 0);
    bytes[1] = 16; /* one sub-authority too many */
    ck_assert_uint_eq(sid_bytes_size(bytes, sizeof(bytes)), 0);
    bytes[1] = 0;
    ck_assert_uint_eq(sid_bytes_size(bytes, 8), 8);
    ck_assert_uint_eq(sid_bytes_size(bytes, 7), 0);
    bytes[0] = 2;
    ck_assert_uint_eq(sid_bytes_size(bytes, 8), 0);
}
END_TEST

static bool has(const struct identity *identity, struct sid sid)
{
    return identity_has(identity, (const uint8_t *)&sid, sid_size(&sid));
}

START_TEST(an_identity_is_its_user_and_its_groups)
{
    static const gid_t groups[] = {7, 100, 7};
    struct identity identity;

    identity_from_unix(1000, 100, groups, ARRAY_SIZE(groups), &identity);
    ck_assert_uint_eq(identity.n_groups, 4); /* each once */
    ck_assert(has(&identity, sid_from_uid(1000)));
    ck_assert(has(&identity, sid_from_gid(100)));
    ck_assert(has(&identity, sid_from_gid(7)));
    ck_assert(has(&identity, sid_everyone()));
    ck_assert(has(&identity, sid_authenticated()));
    ck_assert(!has(&identity, sid_from_uid(7)));
    ck_assert(!has(&identity, sid_administrators()));
    ck_assert(!has(&identity, sid_system()));
    identity_from_unix(0, 0, NULL, 0, &identity);
    ck_assert(identity_is_system(&identity));
    ck_assert(has(&identity, sid_administrators()));
}
END_TEST

START_TEST(the_anonymous_identity_is_not_even_everyone)
{
    struct identity identity;

    identity_anonymous(&identity);
    ck_assert(identity_is_anonymous(&identity));
    ck_assert(has(&identity, sid_anonymous()));
    ck_assert(!has(&identity, sid_everyone()));
    ck_assert(!has(&identity, sid_authenticated()));
}
END_TEST

START_TEST(more_groups_than_there_is_room_for_are_left_out)
{
    gid_t groups[IDENTITY_GROUPS_MAX + 10];
    struct identity identity;

    for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
        groups[i] = (gid_t)(i + 1000);
    identity_from_unix(5, 5, groups, ARRAY_SIZE(groups), &identity);
    ck_assert_uint_eq(identity.n_groups, IDENTITY_GROUPS_MAX);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("sid");
    UNIT_TEST(users_and_root_have_their_sids);
    UNIT_TEST(comparison_minds_the_length);
    UNIT_TEST(bytes_that_are_no_sid_have_no_size);
    UNIT_TEST(an_identity_is_its_user_and_its_groups);
    UNIT_TEST(the_anonymous_identity_is_not_even_everyone);
    UNIT_TEST(more_groups_than_there_is_room_for_are_left_out);
    return UNIT_END();
}
