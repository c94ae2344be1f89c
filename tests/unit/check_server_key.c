/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "key.h"

#include <stdio.h>

#include "server.h"
#include "server_fixture.h"

static struct name wide(const char *ascii)
{
    static uint16_t storage[4][512];
    static unsigned turn;

    return name_from_ascii(ascii, storage[turn++ % 4]);
}

static struct key *key_of(struct server *server, const char *path)
{
    struct key *parent, *key = NULL;
    struct name leaf;

    if (key_walk(server->registry.root, wide(path), &parent, &leaf, &key))
        return NULL;
    return key;
}

static struct key *key_made(struct key *parent, const char *name)
{
    struct key *key;

    ck_assert_uint_eq(key_add(parent, NULL, wide(name), &key), STATUS_SUCCESS);
    return key;
}

START_TEST(children_are_found_without_case_and_listed_in_the_order_of_their_names)
{
    struct server *server = fixture_start();
    struct key *software = key_of(server, "Machine\\SOFTWARE"), *key;

    ck_assert_ptr_nonnull(software);
    key = key_made(software, "zeta");
    (void)key_made(key, "b");
    (void)key_made(key, "C");
    (void)key_made(key, "A");
    ck_assert_ptr_eq(key_of(server, "machine\\software\\ZETA\\\\c"), key_child_at(key, 2));
    ck_assert_int_eq(key_child_at(key, 0)->name[0], 'A');
    ck_assert_int_eq(key_child_at(key, 1)->name[0], 'b');
    ck_assert_ptr_null(key_child_at(key, 3));
    fixture_end();
}
END_TEST

START_TEST(a_key_with_children_stays_and_a_deleted_one_is_known_as_such)
{
    struct server *server = fixture_start();
    struct key *parent = key_made(key_of(server, "Machine\\Software"), "parent");
    struct key *child = key_made(parent, "child");
    uint16_t path[64];

    ck_assert_uint_eq(key_path(child, path, 64), 39);
    ck_assert_uint_eq(key_path(child, path, 38), 0);
    ck_assert_uint_eq(key_delete(parent), STATUS_CANNOT_DELETE);
    ck_assert_uint_eq(key_delete(key_of(server, "Machine")), STATUS_ACCESS_DENIED);
    object_ref(&child->object);
    ck_assert_uint_eq(key_delete(child), STATUS_SUCCESS);
    ck_assert(key_is_deleted(child));
    ck_assert_uint_eq(key_path(child, path, 64), 0);
    key_unref(child);
    ck_assert_uint_eq(key_delete(parent), STATUS_SUCCESS);
    ck_assert_ptr_null(key_of(server, "Machine\\Software\\parent"));
    fixture_end();
}
END_TEST

START_TEST(a_renamed_key_takes_its_new_place)
{
    struct server *server = fixture_start();
    struct key *parent = key_made(key_of(server, "Machine\\Software"), "parent");
    struct key *b = key_made(parent, "b");

    (void)key_made(parent, "c");
    ck_assert_uint_eq(key_rename(b, wide("C")), STATUS_ACCESS_DENIED); /* taken */
    ck_assert_uint_eq(key_rename(b, wide("d\\e")), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(key_rename(b, wide("d")), STATUS_SUCCESS);
    ck_assert_ptr_eq(key_child_at(parent, 1), b);
    ck_assert_uint_eq(key_rename(b, wide("D")), STATUS_SUCCESS); /* its own name in another case */
    fixture_end();
}
END_TEST

START_TEST(values_are_replaced_found_and_deleted)
{
    struct server *server = fixture_start();
    struct key *key = key_made(key_of(server, "Machine\\Software"), "values");
    uint64_t before = server->registry.bytes;
    struct name none = {NULL, 0};

    ck_assert_uint_eq(key_value_set(key, wide("Name"), 1, "abcd", 4), STATUS_SUCCESS);
    ck_assert_uint_eq(key_value_set(key, wide("NAME"), 4, "abcdefgh", 8), STATUS_SUCCESS);
    ck_assert_uint_eq(key_value_set(key, none, 3, "x", 1), STATUS_SUCCESS);
    ck_assert_uint_eq(key->n_values, 2);
    ck_assert_uint_eq(server->registry.bytes, before + 8 + 8 + 1 + 2 * KEY_VALUE_COST_BYTES);
    ck_assert_uint_eq(key_value_find(key, wide("name"))->type, 4);
    ck_assert_uint_eq(key_value_find(key, none)->size, 1);
    ck_assert_ptr_null(key_value_at(key, 2));
    ck_assert_uint_eq(key_value_delete(key, wide("name")), STATUS_SUCCESS);
    ck_assert_uint_eq(key_value_delete(key, wide("name")), STATUS_OBJECT_NAME_NOT_FOUND);
    ck_assert_uint_eq(key_value_delete(key, none), STATUS_SUCCESS);
    ck_assert_uint_eq(server->registry.bytes, before);
    fixture_end();
}
END_TEST

START_TEST(the_registry_has_an_end)
{
    static uint8_t data[KEY_VALUE_MAX_BYTES + 1];
    struct server *server = fixture_start();
    struct key *key = key_made(key_of(server, "Machine\\Software"), "large");
    static uint16_t long_name[KEY_NAME_MAX_CHARS + 1];
    status_t status = STATUS_SUCCESS;
    char name[16];
    unsigned n = 0;
    struct key *made;

    ck_assert_uint_eq(key_value_set(key, wide("x"), 3, data, KEY_VALUE_MAX_BYTES + 1),
                      STATUS_INSUFFICIENT_RESOURCES);
    for (unsigned i = 0; i <= KEY_NAME_MAX_CHARS; i++)
        long_name[i] = 'n';
    ck_assert_uint_eq(key_add(key, NULL, (struct name){long_name, KEY_NAME_MAX_CHARS + 1}, &made),
                      STATUS_OBJECT_NAME_INVALID);
    while (!status && n < 2000) {
        snprintf(name, sizeof(name), "%u", n++);
        status = key_value_set(key, wide(name), 3, data, KEY_VALUE_MAX_BYTES);
    }
    ck_assert_uint_eq(status, STATUS_REGISTRY_QUOTA_LIMIT);
    ck_assert_uint_gt(n, REGISTRY_MAX_BYTES / (KEY_VALUE_MAX_BYTES + KEY_VALUE_COST_BYTES) - 2);
    fixture_end();
}
END_TEST

/* Keys are few enough to be looked through, and leave room for the user's other objects. */
START_TEST(keys_without_values_come_to_the_end_too)
{
    struct server *server = fixture_start();
    struct key *parent = key_of(server, "Machine\\Software"), *made;
    uint64_t before = server->registry.bytes;
    status_t status = STATUS_SUCCESS;
    char name[16];
    unsigned n = 0;

    made = key_made(parent, "one");
    ck_assert_uint_eq(server->registry.bytes, before + KEY_COST_BYTES + 6);
    ck_assert_uint_eq(key_delete(made), STATUS_SUCCESS);
    ck_assert_uint_eq(server->registry.bytes, before);
    server->registry.bytes = REGISTRY_MAX_BYTES - 10 * (KEY_COST_BYTES + 2);
    while (!status && n < 20) {
        snprintf(name, sizeof(name), "%c", 'a' + n++);
        status = key_add(parent, NULL, wide(name), &made);
    }
    ck_assert_uint_eq(status, STATUS_REGISTRY_QUOTA_LIMIT);
    ck_assert_uint_eq(n, 11);
    fixture_end();
}
END_TEST

START_TEST(keys_nest_so_deep_and_no_deeper)
{
    struct server *server = fixture_start();
    struct key *key = key_of(server, "Machine\\Software"), *made;

    while (key->depth < KEY_DEPTH_MAX)
        key = key_made(key, "k");
    ck_assert_uint_eq(key_add(key, NULL, wide("k"), &made), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(key->n_children, 0);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("key");
    UNIT_TEST(children_are_found_without_case_and_listed_in_the_order_of_their_names);
    UNIT_TEST(a_key_with_children_stays_and_a_deleted_one_is_known_as_such);
    UNIT_TEST(a_renamed_key_takes_its_new_place);
    UNIT_TEST(values_are_replaced_found_and_deleted);
    UNIT_TEST(the_registry_has_an_end);
    UNIT_TEST(keys_without_values_come_to_the_end_too);
    UNIT_TEST(keys_nest_so_deep_and_no_deeper);
    return UNIT_END();
}
