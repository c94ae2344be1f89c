/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "descriptor.h"

#include "server_security.h"

static struct users users;
static struct user *user;

static void start(void)
{
    users_init(&users, 1000);
    user = users_get(&users, 1000);
}

static void end(void)
{
    user_unref(user);
    users_deinit(&users);
}

static void example(struct sd *sd)
{
    sd_begin(sd);
    sd_owner(sd, sid_from_uid(1000));
    sd_group(sd, sid_from_gid(100));
    sd_dacl(sd);
    sd_ace(sd, ACE_DENIED, 0, 1, sid_anonymous());
    sd_ace(sd, ACE_ALLOWED, ACE_FLAG_INHERIT_ONLY, 3, sid_everyone());
}

START_TEST(the_normal_form_says_what_was_given)
{
    struct descriptor *descriptor;
    struct descriptor_parts parts, again;
    struct sid owner = sid_from_uid(1000), group = sid_from_gid(100), everyone = sid_everyone();
    struct ace_walk walk = {0};
    struct ace ace;
    struct sd sd;

    start();
    example(&sd);
    ck_assert_uint_eq(descriptor_parse(sd.bytes, sd.size, &parts), STATUS_SUCCESS);
    ck_assert_uint_eq(descriptor_new(&parts, user, &descriptor), STATUS_SUCCESS);
    ck_assert_uint_gt(user->held[USER_MEMORY], descriptor->size);
    ck_assert_uint_eq(descriptor_parse(descriptor->bytes, descriptor->size, &again),
                      STATUS_SUCCESS);
    ck_assert(sid_is(again.owner, again.owner_size, &owner));
    ck_assert(sid_is(again.group, again.group_size, &group));
    ck_assert(ace_next(&again, &walk, &ace));
    ck_assert_uint_eq(ace.type, ACE_DENIED);
    ck_assert_uint_eq(ace.mask, 1);
    ck_assert(ace_next(&again, &walk, &ace));
    ck_assert_uint_eq(ace.flags, ACE_FLAG_INHERIT_ONLY);
    ck_assert(sid_is(ace.sid, ace.sid_size, &everyone));
    ck_assert(!ace_next(&again, &walk, &ace));
    descriptor_free(descriptor);
    ck_assert_uint_eq(user->held[USER_MEMORY], 0);
    end();
}
END_TEST

START_TEST(a_null_dacl_is_not_a_missing_one)
{
    struct descriptor_parts parts;
    struct sd sd;

    sd_begin(&sd);
    ck_assert_uint_eq(descriptor_parse(sd.bytes, sd.size, &parts), STATUS_SUCCESS);
    ck_assert(!parts.has_dacl);
    sd_put16(&sd, 2, 0x8004);
    ck_assert_uint_eq(descriptor_parse(sd.bytes, sd.size, &parts), STATUS_SUCCESS);
    ck_assert(parts.has_dacl);
    ck_assert_ptr_null(parts.dacl);
}
END_TEST

START_TEST(every_wrong_shape_is_refused)
{
    struct descriptor_parts parts;
    struct sd sd, bad;

    example(&sd);
    ck_assert_uint_eq(descriptor_parse(sd.bytes, 19, &parts), STATUS_INVALID_SECURITY_DESCR);
    bad = sd, bad.bytes[0] = 2;
    ck_assert_uint_eq(descriptor_parse(bad.bytes, bad.size, &parts), STATUS_UNKNOWN_REVISION);
    bad = sd, sd_put16(&bad, 2, 0x0004); /* absolute */
    ck_assert_uint_eq(descriptor_parse(bad.bytes, bad.size, &parts), STATUS_INVALID_SECURITY_DESCR);
    bad = sd, sd_put32(&bad, 4, 0xfffffff0);
    ck_assert_uint_eq(descriptor_parse(bad.bytes, bad.size, &parts), STATUS_INVALID_SECURITY_DESCR);
    bad = sd, sd_put32(&bad, 8, bad.size - 4);
    ck_assert_uint_eq(descriptor_parse(bad.bytes, bad.size, &parts), STATUS_INVALID_SID);
    bad = sd, sd_put32(&bad, 16, 0xfffffff0);
    ck_assert_uint_eq(descriptor_parse(bad.bytes, bad.size, &parts), STATUS_INVALID_SECURITY_DESCR);
    bad = sd, sd_put16(&bad, sd.dacl + 2, 0xffff); /* larger than what is there */
    ck_assert_uint_eq(descriptor_parse(bad.bytes, bad.size, &parts), STATUS_INVALID_ACL);
    bad = sd, sd_put16(&bad, sd.dacl + 4, 3); /* an ACE too many */
    ck_assert_uint_eq(descriptor_parse(bad.bytes, bad.size, &parts), STATUS_INVALID_ACL);
    bad = sd, sd_put16(&bad, sd.dacl + 8 + 2, 4); /* an ACE that does not end */
    ck_assert_uint_eq(descriptor_parse(bad.bytes, bad.size, &parts), STATUS_INVALID_ACL);
    bad = sd, bad.bytes[sd.dacl + 8 + 8 + 1] = 15; /* a SID beyond its ACE */
    ck_assert_uint_eq(descriptor_parse(bad.bytes, bad.size, &parts), STATUS_INVALID_ACL);
    bad = sd, bad.bytes[sd.dacl + 8] = ACE_ALLOWED_OBJECT; /* no room for its SID */
    sd_put32(&bad, sd.dacl + 8 + 8, 3);
    ck_assert_uint_eq(descriptor_parse(bad.bytes, bad.size, &parts), STATUS_INVALID_ACL);
}
END_TEST

START_TEST(random_bytes_are_survived)
{
    struct descriptor_parts parts;
    unsigned seed = 11;
    uint32_t n_good = 0;

    for (int i = 0; i < 200000; i++) {
        struct sd sd;
        uint8_t *copy;
        struct ace_walk walk = {0};
        struct ace ace;

        example(&sd);
        for (int j = rand_r(&seed) % 4; j >= 0; j--)
            sd.bytes[(uint32_t)rand_r(&seed) % sd.size] = (uint8_t)rand_r(&seed);
        copy = malloc(sd.size); /* exactly: a read beyond it is seen by the sanitizer */
        memcpy(copy, sd.bytes, sd.size);
        if (!descriptor_parse(copy, sd.size, &parts)) {
            n_good++;
            while (ace_next(&parts, &walk, &ace))
                if (ace.sid)
                    ck_assert_uint_ge(ace.sid_size, SID_MIN_BYTES);
        }
        free(copy);
    }
    ck_assert_uint_gt(n_good, 1000);
}
END_TEST

START_TEST(what_cannot_be_paid_for_is_not_kept)
{
    struct descriptor *descriptor;
    struct descriptor_parts parts;
    struct sd sd;

    start();
    example(&sd);
    ck_assert_uint_eq(descriptor_parse(sd.bytes, sd.size, &parts), STATUS_SUCCESS);
    users.limit[USER_MEMORY] = 64;
    ck_assert_uint_eq(descriptor_new(&parts, user, &descriptor), STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_eq(user->held[USER_MEMORY], 0);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("descriptor");
    UNIT_TEST(the_normal_form_says_what_was_given);
    UNIT_TEST(a_null_dacl_is_not_a_missing_one);
    UNIT_TEST(every_wrong_shape_is_refused);
    UNIT_TEST(random_bytes_are_survived);
    UNIT_TEST(what_cannot_be_paid_for_is_not_kept);
    return UNIT_END();
}
