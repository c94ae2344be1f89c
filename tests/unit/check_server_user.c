/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "unit.h"
#include "user.h"

/* A user who may have 100 bytes. */
static struct user *user_of_little(struct users *users)
{
    users_init(users, 1000);
    users->limit[USER_MEMORY] = 100;
    return users_get(users, 5);
}

START_TEST(a_charge_beyond_the_limit_is_refused_and_changes_nothing)
{
    struct users users;
    struct charge first = {0}, second = {0};
    struct user *user = user_of_little(&users);

    ck_assert_uint_eq(user_charge(&first, user, USER_MEMORY, 60), STATUS_SUCCESS);
    ck_assert_uint_eq(user_charge(&second, user, USER_MEMORY, 41), STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_eq(user->held[USER_MEMORY], 60);
    ck_assert_uint_eq(user_charge(&second, user, USER_MEMORY, 40), STATUS_SUCCESS);
    charge_release(&first);
    charge_release(&second);
    charge_release(&second);
    ck_assert_uint_eq(user->held[USER_MEMORY], 0);
    user_unref(user);
    users_deinit(&users);
}
END_TEST

START_TEST(half_of_a_limit_is_near_it)
{
    struct users users;
    struct charge charge = {0}, more = {0};
    struct user *user = user_of_little(&users);

    ck_assert_uint_eq(user_charge(&charge, user, USER_MEMORY, 50), STATUS_SUCCESS);
    ck_assert(!user_is_near_limit(user, USER_MEMORY));
    ck_assert_uint_eq(user_charge(&more, user, USER_MEMORY, 1), STATUS_SUCCESS);
    ck_assert(user_is_near_limit(user, USER_MEMORY));
    ck_assert(!user_is_near_limit(user, USER_FDS));
    charge_release(&more);
    charge_release(&charge);
    user_unref(user);
    users_deinit(&users);
}
END_TEST

START_TEST(huge_amounts_do_not_wrap)
{
    struct users users;
    struct charge charge = {0}, other = {0};
    struct user *user;

    users_init(&users, 1000);
    user = users_get(&users, 5);
    ck_assert_uint_eq(user_charge(&charge, user, USER_MEMORY, 4096), STATUS_SUCCESS);
    ck_assert_uint_eq(user_charge(&other, user, USER_MEMORY, UINT64_MAX - 100),
                      STATUS_QUOTA_EXCEEDED);
    charge_release(&charge);
    user_unref(user);
    users_deinit(&users);
}
END_TEST

START_TEST(users_are_told_apart_and_live_as_long_as_their_charges)
{
    struct users users;
    struct charge charge = {0};
    struct user *a, *b, *again;

    users_init(&users, 1000);
    a = users_get(&users, 1);
    b = users_get(&users, 2);
    again = users_get(&users, 1);
    ck_assert_ptr_eq(a, again);
    ck_assert_ptr_ne(a, b);
    ck_assert_uint_eq(user_charge(&charge, a, USER_OBJECTS, 1), STATUS_SUCCESS);
    user_unref(a);
    user_unref(again);
    user_unref(b);
    ck_assert(!list_is_empty(&users.list));
    charge_release(&charge);
    users_deinit(&users);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("user");
    UNIT_TEST(a_charge_beyond_the_limit_is_refused_and_changes_nothing);
    UNIT_TEST(half_of_a_limit_is_near_it);
    UNIT_TEST(huge_amounts_do_not_wrap);
    UNIT_TEST(users_are_told_apart_and_live_as_long_as_their_charges);
    return UNIT_END();
}
