/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "registry.h"

#include "server_fixture.h"
#include "server_key.h"

START_TEST(it_is_filled_from_the_list)
{
    struct server *server = fixture_start();
    struct key *version =
        key_of(server, "Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion");
    uint16_t name[32];
    const struct key_value *value;

    ck_assert_ptr_nonnull(version);
    value = key_value_find(version, name_from_ascii("CurrentMajorVersionNumber", name));
    ck_assert_ptr_nonnull(value);
    ck_assert_uint_eq(value->type, 4);
    ck_assert_int_eq(memcmp(value->data, "\x0a\0\0\0", 4), 0);
    value = key_value_find(version, name_from_ascii("CurrentBuild", name));
    ck_assert_ptr_nonnull(value);
    ck_assert_uint_eq(value->size, 12); /* with its end */
    ck_assert_ptr_null(key_of(server, "User\\*"));
    ck_assert_ptr_nonnull(key_of(server, getuid() ? "User" : "User\\S-1-5-18\\Control Panel"));
    fixture_end();
}
END_TEST

START_TEST(the_first_fill_is_no_change_and_the_first_change_is_one)
{
    struct server *server = fixture_start();
    struct key *key;
    uint16_t name[8];

    ck_assert(!server->registry.is_changed);
    ck_assert_uint_eq(
        key_add(key_of(server, "Machine\\Software"), NULL, name_from_ascii("new", name), &key),
        STATUS_SUCCESS);
    ck_assert(server->registry.is_changed);
    fixture_end();
}
END_TEST

START_TEST(its_size_is_known)
{
    struct server *server = fixture_start();
    uint64_t bytes = server->registry.bytes;

    ck_assert_uint_gt(bytes, 1000);
    ck_assert(registry_has_room(server, REGISTRY_MAX_BYTES - bytes));
    ck_assert(!registry_has_room(server, REGISTRY_MAX_BYTES - bytes + 1));
    registry_charge(server, 100);
    ck_assert(!registry_has_room(server, REGISTRY_MAX_BYTES - bytes));
    registry_charge(server, -100);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("registry");
    UNIT_TEST(it_is_filled_from_the_list);
    UNIT_TEST(the_first_fill_is_no_change_and_the_first_change_is_one);
    UNIT_TEST(its_size_is_known);
    return UNIT_END();
}
