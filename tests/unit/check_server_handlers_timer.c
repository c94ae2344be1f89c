/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "server_one_peer.h"

START_TEST(operations_need_their_rights_and_types)
{
    struct timer_create_reply reader, writer;
    struct event_create_reply event;
    struct timer_set_reply set;
    struct timer_cancel_reply cancelled;
    struct timer_query_reply query;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, timer_create, &reader, "", 0, .access = 1), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, timer_create, &writer, "", 0, .access = 2), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, event_create, &event, "", 0, .access = 3), STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, timer_query, &query, .handle = reader.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(query.due_ns, 0);
    ck_assert_uint_eq(query.signaled, 0);
    ck_assert_uint_eq(CALL(&a, timer_query, &query, .handle = writer.handle), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, timer_set, &set, .handle = reader.handle, .due_ns = UINT64_MAX),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, timer_cancel, &cancelled, .handle = reader.handle),
                      STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(CALL(&a, timer_set, &set, .handle = event.handle, .due_ns = UINT64_MAX),
                      STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(CALL(&a, timer_set, &set, .handle = writer.handle, .due_ns = UINT64_MAX,
                           .period_ns = UINT64_MAX),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL(&a, timer_set, &set, .handle = writer.handle, .due_ns = UINT64_MAX,
                           .period_ns = 999999),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(
        CALL(&a, timer_set, &set, .handle = writer.handle, .due_ns = UINT64_MAX, .apc_id = 9),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL(&a, timer_cancel, &cancelled, .handle = writer.handle), STATUS_SUCCESS);
    ck_assert_uint_eq(cancelled.old_apc_id, 9);
    end();
}
END_TEST

START_TEST(a_timer_is_found_by_its_name)
{
    struct timer_create_reply created;
    struct object_open_reply opened;

    start();
    ck_assert_uint_eq(CALL_NAMED(&a, timer_create, &created, "\\BaseNamedObjects\\timer", 0,
                                 .access = 0x1f0003, .manual_reset = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, "\\BaseNamedObjects\\timer", 0,
                                 .access = 2, .type = OBJECT_KIND_TIMER),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, timer_create, &created, "\\BaseNamedObjects\\armed", 0,
                                 .access = 0x1f0003, .due_ns = UINT64_MAX),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(CALL_NAMED(&a, timer_create, &created, "", 0, .access = 0x1f0003,
                                 .due_ns = UINT64_MAX, .period_ns = 5000000, .signaled = 1),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, "\\BaseNamedObjects\\timer", 0,
                                 .access = 2, .type = OBJECT_KIND_EVENT),
                      STATUS_OBJECT_TYPE_MISMATCH);
    end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("handlers_timer");
    UNIT_TEST(operations_need_their_rights_and_types);
    UNIT_TEST(a_timer_is_found_by_its_name);
    return UNIT_END();
}
