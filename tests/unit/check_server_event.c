/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "event.h"

#include "server_fixture.h"

START_TEST(changes_report_the_state_before)
{
    struct server *server = fixture_start();
    struct object *object;
    struct event *event;
    uint32_t previous;

    ck_assert_uint_eq(event_new(server, NULL, true, false, &object), STATUS_SUCCESS);
    event = event_from_object(object);
    ck_assert_uint_eq(event_change(event, EVENT_CHANGE_SET, &previous), STATUS_SUCCESS);
    ck_assert_uint_eq(previous, 0);
    ck_assert_uint_eq(event_change(event, EVENT_CHANGE_RESET, &previous), STATUS_SUCCESS);
    ck_assert_uint_eq(previous, 1);
    ck_assert_uint_eq(event_change(event, EVENT_CHANGE_PULSE, &previous), STATUS_SUCCESS);
    ck_assert(!event->signaled);
    ck_assert_uint_eq(event_change(event, 9, &previous), STATUS_INVALID_PARAMETER);
    object_unref(object);
    fixture_end();
}
END_TEST

START_TEST(only_an_automatic_event_is_used_up)
{
    struct server *server = fixture_start();
    struct object *object;

    for (int manual = 0; manual < 2; manual++) {
        ck_assert_uint_eq(event_new(server, NULL, manual, true, &object), STATUS_SUCCESS);
        ck_assert(event_ops.signaled(object, (struct thread_id){0}));
        ck_assert(!event_ops.acquire(object, (struct thread_id){0}));
        ck_assert_int_eq(event_ops.signaled(object, (struct thread_id){0}), manual);
        object_unref(object);
    }
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("event");
    UNIT_TEST(changes_report_the_state_before);
    UNIT_TEST(only_an_automatic_event_is_used_up);
    return UNIT_END();
}
