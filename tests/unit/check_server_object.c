/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "object.h"

#include "directory.h"
#include "event.h"
#include "server_fixture.h"

static struct name name(const char *ascii)
{
    static uint16_t chars[64];

    return name_from_ascii(ascii, chars);
}

START_TEST(the_last_handle_takes_the_name_and_the_last_reference_the_memory)
{
    struct server *server = fixture_start();
    uint32_t n_before = server->n_objects;
    struct object *event;

    ck_assert_uint_eq(event_new(server, NULL, false, false, &event), STATUS_SUCCESS);
    ck_assert_uint_eq(directory_insert(server->root, event, name("e")), STATUS_SUCCESS);
    object_handle_opened(event);
    object_handle_opened(event);
    object_handle_closed(event, NULL);
    ck_assert_ptr_eq(directory_find(server->root, name("e"), false), event);
    object_handle_closed(event, NULL);
    ck_assert_ptr_null(directory_find(server->root, name("e"), false));
    ck_assert_uint_eq(server->n_objects, n_before + 1);
    object_unref(event);
    ck_assert_uint_eq(server->n_objects, n_before);
    fixture_end();
}
END_TEST

START_TEST(generic_rights_become_the_types_rights)
{
    uint32_t access;

    ck_assert_uint_eq(object_access(&event_ops, GENERIC_ALL_BIT, &access), STATUS_SUCCESS);
    ck_assert_uint_eq(access, 0x1f0003);
    ck_assert_uint_eq(object_access(&event_ops, GENERIC_WRITE_BIT, &access), STATUS_SUCCESS);
    ck_assert_uint_eq(access, 0x20002);
    ck_assert_uint_eq(object_access(&event_ops, ACCESS_MAXIMUM, &access), STATUS_SUCCESS);
    ck_assert_uint_eq(access, 0x1f0003);
    ck_assert_uint_eq(object_access(&event_ops, 0x01000000, &access), STATUS_PRIVILEGE_NOT_HELD);
}
END_TEST

START_TEST(paths_lead_from_the_root)
{
    struct server *server = fixture_start();
    uint16_t chars[64];
    char text[64];
    uint32_t n;
    struct object *session = directory_find(server->root, name("Sessions"), false);
    struct object *one =
        directory_find(CONTAINER_OF(session, struct directory, object), name("1"), false);

    n = object_path(one, chars, 64);
    name_print((struct name){chars, n}, text, sizeof(text));
    ck_assert_str_eq(text, "\\Sessions\\1");
    ck_assert_uint_eq(object_path(one, chars, 3), 0);
    ck_assert_uint_eq(object_path(directory_object(server->root), chars, 64), 1);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("object");
    UNIT_TEST(the_last_handle_takes_the_name_and_the_last_reference_the_memory);
    UNIT_TEST(generic_rights_become_the_types_rights);
    UNIT_TEST(paths_lead_from_the_root);
    return UNIT_END();
}
