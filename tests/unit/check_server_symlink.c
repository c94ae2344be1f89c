/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "symlink.h"

#include "server_fixture.h"

START_TEST(a_link_is_made_read_and_followed)
{
    struct server *server = fixture_start();
    static struct peer a;
    struct symlink_create_reply made;
    struct symlink_query_reply asked;
    struct object_open_reply opened;
    uint16_t target[64];
    struct name name = name_from_ascii("\\RPC Control", target);
    uint8_t data[256];
    uint32_t size = objattr_data(data, "\\link", 0, 0, target, name.length * 2);

    peer_start(&a, server, 0, 1);
    ck_assert_uint_eq(CALL_DATA(&a, symlink_create, &made, data, size, .access = 0xf0001),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, symlink_query, &asked, .handle = made.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(a.data_size, name.length * 2);
    ck_assert_mem_eq(a.data, target, a.data_size);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, "\\link", 0, .access = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(opened.type, OBJECT_KIND_DIRECTORY);
    ck_assert_uint_eq(
        CALL_NAMED(&a, object_open, &opened, "\\link", 0, .access = 1, .type = OBJECT_KIND_SYMLINK),
        STATUS_SUCCESS);
    ck_assert_uint_eq(opened.type, OBJECT_KIND_SYMLINK);
    size = objattr_data(data, "\\link2", 0, 0, target, 3);
    ck_assert_uint_eq(CALL_DATA(&a, symlink_create, &made, data, size), STATUS_INVALID_PARAMETER);
    size = objattr_data(data, "\\link2", 0, 0, NULL, 0);
    ck_assert_uint_eq(CALL_DATA(&a, symlink_create, &made, data, size), STATUS_INVALID_PARAMETER);
    peer_end(&a);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("symlink");
    UNIT_TEST(a_link_is_made_read_and_followed);
    return UNIT_END();
}
