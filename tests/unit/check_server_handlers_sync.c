/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "server_one_peer.h"

START_TEST(operations_need_their_rights_and_types)
{
    struct event_create_reply event;
    struct semaphore_create_reply semaphore;
    struct event_change_reply changed;
    struct event_query_reply event_state;
    struct semaphore_release_reply released;
    struct semaphore_query_reply counted;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &event, "", 0, .access = 1), STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL_NAMED(&a, semaphore_create, &semaphore, "", 0, .access = 2, .count = 1, .maximum = 2),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, event_query, &event_state, .handle = event.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(
        CALL(&a, event_change, &changed, .handle = event.handle, .change = EVENT_CHANGE_SET),
        STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(
        CALL(&a, semaphore_release, &released, .handle = semaphore.handle, .count = 1),
        STATUS_SUCCESS);
    ck_assert_uint_eq(released.previous, 1);
    ck_assert_uint_eq(CALL(&a, semaphore_query, &counted, .handle = semaphore.handle),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, semaphore_release, &released, .handle = event.handle, .count = 1),
                      STATUS_OBJECT_TYPE_MISMATCH);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_sync");
    UNIT_TEST(operations_need_their_rights_and_types);
    return UNIT_END();
}
