/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What is the request's own fault; the rest is in check_server_file.c. */
#include "config.h"

#include "server_fixture.h"

START_TEST(a_file_is_made_of_one_descriptor_and_fetched_by_its_handle)
{
    struct server *server = fixture_start();
    static struct peer a;
    struct file_create_reply created;
    struct event_create_reply event;
    struct file_get_reply got;

    peer_start(&a, server, 0, 1);
    ck_assert_uint_eq(CALL(&a, file_create, &created, .access = 1), STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL(&a, file_get, &got, .handle = 4), STATUS_INVALID_HANDLE);
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &event, "", 0, .access = 1), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, file_get, &got, .handle = event.handle),
                      STATUS_OBJECT_TYPE_MISMATCH);
    peer_end(&a);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_file");
    UNIT_TEST(a_file_is_made_of_one_descriptor_and_fetched_by_its_handle);
    return UNIT_END();
}
