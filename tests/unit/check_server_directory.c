/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "directory.h"

#include <stdio.h>

#include "event.h"
#include "server_fixture.h"
#include "symlink.h"

static struct name name(const char *ascii)
{
    static uint16_t chars[512];

    return name_from_ascii(ascii, chars);
}

static status_t look(struct server *server, const char *path, uint32_t attributes,
                     struct lookup *ret)
{
    return namespace_lookup(server, NULL, name(path), attributes, false, ret);
}

START_TEST(missing_parts_have_their_statuses)
{
    struct server *server = fixture_start();
    struct lookup lookup = {0};

    ck_assert_uint_eq(look(server, "\\none\\x", 0, &lookup), STATUS_OBJECT_PATH_NOT_FOUND);
    ck_assert_uint_eq(look(server, "\\RPC Control\\x", 0, &lookup), STATUS_SUCCESS);
    ck_assert_ptr_null(lookup.object);
    ck_assert_ptr_nonnull(lookup.parent);
    lookup_deinit(&lookup);
    ck_assert_uint_eq(look(server, "x", 0, &lookup), STATUS_OBJECT_PATH_SYNTAX_BAD);
    ck_assert_uint_eq(look(server, "\\a\\\\b", 0, &lookup), STATUS_OBJECT_PATH_NOT_FOUND);
    ck_assert_uint_eq(look(server, "\\\\", 0, &lookup), STATUS_OBJECT_NAME_INVALID);
    ck_assert_uint_eq(look(server, "\\", 0, &lookup), STATUS_SUCCESS);
    ck_assert_ptr_eq(lookup.object, directory_object(server->root));
    lookup_deinit(&lookup);
    fixture_end();
}
END_TEST

START_TEST(case_matters_unless_it_is_ignored)
{
    struct server *server = fixture_start();
    struct lookup lookup = {0};

    ck_assert_uint_eq(look(server, "\\rpc control", OBJ_CASE_INSENSITIVE, &lookup), STATUS_SUCCESS);
    ck_assert_ptr_nonnull(lookup.object);
    lookup_deinit(&lookup);
    ck_assert_uint_eq(look(server, "\\rpc control", 0, &lookup), STATUS_SUCCESS);
    ck_assert_ptr_null(lookup.object);
    lookup_deinit(&lookup);
    fixture_end();
}
END_TEST

START_TEST(links_are_followed_and_circles_end)
{
    struct server *server = fixture_start();
    struct lookup lookup = {0};
    struct object *link;

    ck_assert_uint_eq(look(server, "\\Sessions\\1\\BaseNamedObjects\\Global\\x", 0, &lookup),
                      STATUS_SUCCESS);
    ck_assert_ptr_eq(directory_object(lookup.parent),
                     directory_find(server->root, name("BaseNamedObjects"), false));
    lookup_deinit(&lookup);
    ck_assert_uint_eq(symlink_new(server, NULL, name("\\circle\\x"), &link), STATUS_SUCCESS);
    ck_assert_uint_eq(directory_insert(server->root, link, name("circle")), STATUS_SUCCESS);
    ck_assert_uint_eq(look(server, "\\circle\\y", 0, &lookup), STATUS_OBJECT_NAME_INVALID);
    ck_assert_uint_eq(namespace_lookup(server, NULL, name("\\circle"), 0, true, &lookup),
                      STATUS_SUCCESS);
    ck_assert_ptr_eq(lookup.object, link);
    lookup_deinit(&lookup);
    object_unref(link);
    fixture_end();
}
END_TEST

START_TEST(many_names_are_found_again_and_listed_once)
{
    struct server *server = fixture_start();
    struct object *directory, *events[300];
    struct directory *d;
    char text[32];
    uint32_t n = 0;

    ck_assert_uint_eq(directory_new(server, NULL, &directory), STATUS_SUCCESS);
    d = CONTAINER_OF(directory, struct directory, object);
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof(text), "event%d", i);
        ck_assert_uint_eq(event_new(server, NULL, false, false, &events[i]), STATUS_SUCCESS);
        ck_assert_uint_eq(directory_insert(d, events[i], name(text)), STATUS_SUCCESS);
    }
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof(text), "EVENT%d", i);
        ck_assert_ptr_eq(directory_find(d, name(text), true), events[i]);
        ck_assert_ptr_null(directory_find(d, name(text), false));
    }
    while (directory_entry_at(d, n))
        n++;
    ck_assert_uint_eq(n, 300);
    for (int i = 0; i < 300; i++)
        object_unref(events[i]);
    ck_assert_uint_eq(d->n_entries, 0);
    object_unref(directory);
    fixture_end();
}
END_TEST

START_TEST(a_name_is_taken_once)
{
    struct server *server = fixture_start();
    struct object *a, *b;

    ck_assert_uint_eq(event_new(server, NULL, false, false, &a), STATUS_SUCCESS);
    ck_assert_uint_eq(event_new(server, NULL, false, false, &b), STATUS_SUCCESS);
    ck_assert_uint_eq(directory_insert(server->root, a, name("same")), STATUS_SUCCESS);
    ck_assert_uint_eq(directory_insert(server->root, b, name("same")),
                      STATUS_OBJECT_NAME_COLLISION);
    object_unref(a);
    object_unref(b);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("directory");
    UNIT_TEST(missing_parts_have_their_statuses);
    UNIT_TEST(case_matters_unless_it_is_ignored);
    UNIT_TEST(links_are_followed_and_circles_end);
    UNIT_TEST(many_names_are_found_again_and_listed_once);
    UNIT_TEST(a_name_is_taken_once);
    return UNIT_END();
}
