/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "handle.h"

#include "event.h"
#include "semaphore.h"
#include "server_fixture.h"

static struct handle_table table;
static struct user *user;
static struct object *event;

static void table_start(void)
{
    struct server *server = fixture_start();

    user = users_get(&server->users, 1);
    handle_table_init(&table, server, NULL, user);
    ck_assert_uint_eq(event_new(server, user, true, false, &event), STATUS_SUCCESS);
}

static void table_end(void)
{
    handle_table_deinit(&table);
    object_unref(event);
    user_unref(user);
    fixture_end();
}

START_TEST(values_begin_at_four_and_the_lowest_free_one_is_used_again)
{
    handle_t a, b, c;

    table_start();
    ck_assert_uint_eq(handle_new(&table, event, 0, 0, &a), STATUS_SUCCESS);
    ck_assert_uint_eq(handle_new(&table, event, 0, 0, &b), STATUS_SUCCESS);
    ck_assert_uint_eq(a, 4);
    ck_assert_uint_eq(b, 8);
    ck_assert_uint_eq(handle_close(&table, a), STATUS_SUCCESS);
    ck_assert_uint_eq(handle_new(&table, event, 0, 0, &c), STATUS_SUCCESS);
    ck_assert_uint_eq(c, a);
    ck_assert_uint_eq(event->n_handles, 2);
    table_end();
}
END_TEST

START_TEST(lookup_checks_value_type_and_access)
{
    struct object *object;
    handle_t handle;

    table_start();
    ck_assert_uint_eq(handle_new(&table, event, 2, 0, &handle), STATUS_SUCCESS);
    ck_assert_uint_eq(handle_lookup(&table, handle, &event_ops, 2, &object), STATUS_SUCCESS);
    object_unref(object);
    ck_assert_uint_eq(handle_lookup(&table, handle, &event_ops, 3, &object), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(handle_lookup(&table, handle, &semaphore_ops, 0, &object),
                      STATUS_OBJECT_TYPE_MISMATCH);
    static const handle_t wrong[] = {0, 1, 3, 8, 0x7ffffffc, 0xfffffffc, 0xffffffff};
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        ck_assert_uint_eq(handle_lookup(&table, wrong[i], NULL, 0, &object), STATUS_INVALID_HANDLE);
    table_end();
}
END_TEST

START_TEST(a_protected_handle_is_not_closed)
{
    handle_t handle;

    table_start();
    ck_assert_uint_eq(handle_new(&table, event, 0, HANDLE_ATTRIBUTE_PROTECT_CLOSE, &handle),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(handle_close(&table, handle), STATUS_HANDLE_NOT_CLOSABLE);
    ck_assert_uint_eq(handle_close(&table, handle + 4), STATUS_INVALID_HANDLE);
    table_end();
}
END_TEST

START_TEST(inheritance_puts_a_handle_at_its_value)
{
    struct handle_entry entry;

    table_start();
    entry = (struct handle_entry){.object = event, .access = 1};
    ck_assert_uint_eq(handle_new_at(&table, 400, &entry), STATUS_SUCCESS);
    ck_assert_ptr_nonnull(handle_get(&table, 400));
    ck_assert_uint_eq(handle_new_at(&table, 400, &entry), STATUS_OBJECT_NAME_COLLISION);
    ck_assert_uint_eq(handle_new_at(&table, 0, &entry), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(handle_new_at(&table, 0xfffffffc, &entry), STATUS_INVALID_HANDLE);
    table_end();
}
END_TEST

START_TEST(the_users_limit_ends_handles)
{
    handle_t handle;

    table_start();
    user->users->limit[USER_HANDLES] = 3;
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(handle_new(&table, event, 0, 0, &handle), STATUS_SUCCESS);
    ck_assert_uint_eq(handle_new(&table, event, 0, 0, &handle), STATUS_QUOTA_EXCEEDED);
    table_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handle");
    UNIT_TEST(values_begin_at_four_and_the_lowest_free_one_is_used_again);
    UNIT_TEST(lookup_checks_value_type_and_access);
    UNIT_TEST(a_protected_handle_is_not_closed);
    UNIT_TEST(inheritance_puts_a_handle_at_its_value);
    UNIT_TEST(the_users_limit_ends_handles);
    return UNIT_END();
}
