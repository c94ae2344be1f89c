/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "waitable_timer.h"

#include "server_one_peer.h"

static const struct thread_id nobody;

static void timer_start(struct object **ret_object, bool manual_reset)
{
    start();
    ck_assert_uint_eq(waitable_timer_new(server, NULL, manual_reset, false, ret_object),
                      STATUS_SUCCESS);
}

static void timer_end(struct object *object)
{
    object_unref(object);
    end();
}

static struct process *process_of(struct peer *peer)
{
    return peer->client->process;
}

/* Until it has fired: the loop sleeps for as long as the timer says. */
static void let_fire(struct waitable_timer *timer)
{
    while (!timer->signaled)
        ck_assert_int_eq(loop_step(&server->loop, true), 0);
}

START_TEST(a_timer_fires_when_it_is_due)
{
    struct waitable_timer_setting setting = {.due_ns = clock_ns() + 1000000};
    struct waitable_timer *timer;
    struct object *object;
    uint64_t old = 7;

    timer_start(&object, false);
    timer = waitable_timer_from_object(object);
    ck_assert(!waitable_timer_ops.signaled(object, nobody));
    ck_assert_uint_eq(waitable_timer_set(timer, process_of(&a), &setting, &old), STATUS_SUCCESS);
    ck_assert_uint_eq(old, 0);
    let_fire(timer);
    ck_assert_uint_ge(clock_ns(), setting.due_ns);
    ck_assert_ptr_null(timer->timer.loop);
    waitable_timer_ops.acquire(object, nobody);
    ck_assert(!waitable_timer_ops.signaled(object, nobody));
    timer_end(object);
}
END_TEST

START_TEST(a_periodic_timer_stays_armed_until_it_is_cancelled)
{
    struct waitable_timer_setting setting = {.due_ns = 1, .period_ns = 1000000};
    struct waitable_timer *timer;
    struct object *object;
    uint64_t old;

    timer_start(&object, true);
    timer = waitable_timer_from_object(object);
    ck_assert_uint_eq(waitable_timer_set(timer, process_of(&a), &setting, &old), STATUS_SUCCESS);
    for (int i = 0; i < 3; i++) {
        timer->signaled = false;
        let_fire(timer);
        ck_assert_ptr_nonnull(timer->timer.loop);
    }
    waitable_timer_ops.acquire(object, nobody);
    ck_assert(waitable_timer_ops.signaled(object, nobody)); /* a notification timer stays */
    ck_assert_uint_eq(waitable_timer_cancel(timer, process_of(&a)), 0);
    ck_assert_ptr_null(timer->timer.loop);
    ck_assert(waitable_timer_ops.signaled(object, nobody));
    timer_end(object);
}
END_TEST

START_TEST(who_has_set_it_is_known_until_it_is_set_anew)
{
    struct waitable_timer_setting setting = {.due_ns = UINT64_MAX, .apc_id = 5};
    struct waitable_timer *timer;
    struct object *object;
    uint64_t old;

    timer_start(&object, false);
    timer = waitable_timer_from_object(object);
    timer->signaled = true;
    ck_assert_uint_eq(waitable_timer_set(timer, process_of(&a), &setting, &old), STATUS_SUCCESS);
    ck_assert(!timer->signaled);
    ck_assert_ptr_eq(timer->setter, process_of(&a));
    ck_assert_uint_eq(waitable_timer_set(timer, process_of(&a), &setting, &old), STATUS_SUCCESS);
    ck_assert_uint_eq(old, 5);
    ck_assert_uint_eq(waitable_timer_cancel(timer, process_of(&a)), 5);
    ck_assert_ptr_null(timer->setter);
    timer_end(object);
}
END_TEST

START_TEST(a_timer_that_moves_here_keeps_its_state)
{
    struct waitable_timer_setting setting = {.due_ns = UINT64_MAX, .apc_id = 5};
    struct waitable_timer *timer;
    struct object *object;

    timer_start(&object, false);
    timer = waitable_timer_from_object(object);
    timer->signaled = true;
    ck_assert_uint_eq(waitable_timer_arm(timer, process_of(&a), &setting), STATUS_SUCCESS);
    ck_assert(timer->signaled);
    ck_assert_ptr_nonnull(timer->timer.loop);
    ck_assert_ptr_eq(timer->setter, process_of(&a));
    timer_end(object); /* its end disarms it */
}
END_TEST

static void fire(struct waitable_timer *timer);

START_TEST(a_setter_that_has_ended_is_forgotten_and_the_timer_goes_on)
{
    struct waitable_timer_setting setting = {.due_ns = 1, .period_ns = 1000000, .apc_id = 5};
    struct waitable_timer *timer;
    struct process *setter;
    struct object *object;
    uint32_t refs;
    uint64_t old;

    timer_start(&object, true);
    timer = waitable_timer_from_object(object);
    setter = process_from_object(object_ref(&process_of(&a)->object));
    refs = setter->object.refs;
    ck_assert_uint_eq(waitable_timer_set(timer, setter, &setting, &old), STATUS_SUCCESS);
    ck_assert_uint_eq(setter->object.refs, refs); /* a timer keeps nobody */
    peer_end(&a);
    ck_assert_int_eq(setter->state, PROCESS_ENDED);
    ck_assert_ptr_null(timer->setter);
    ck_assert_ptr_nonnull(timer->timer.loop);
    fire(timer);
    ck_assert(timer->signaled);
    ck_assert_ptr_nonnull(timer->timer.loop); /* its next period */
    process_unref(setter);
    object_unref(object);
    fixture_steps();
    fixture_end();
}
END_TEST

static void fire(struct waitable_timer *timer)
{
    timer_disarm(&timer->timer);
    timer->timer.expired(&timer->timer);
}

/* As one that was stopped. */
START_TEST(a_process_that_hears_nothing_is_not_told_without_end)
{
    struct waitable_timer_setting setting = {.due_ns = 1, .period_ns = 1000000, .apc_id = 5};
    static struct peer notices;
    struct waitable_timer *timer;
    struct object *object;
    uint64_t old;

    timer_start(&object, false);
    peer_open(&notices, server, 0);
    ck_assert_uint_eq(peer_hello(&notices, HELLO_NOTICE, 0), STATUS_SUCCESS);
    timer = waitable_timer_from_object(object);
    ck_assert_uint_eq(waitable_timer_set(timer, process_of(&a), &setting, &old), STATUS_SUCCESS);
    for (int i = 0; i < 50000; i++)
        fire(timer);
    ck_assert_uint_eq(notices.client->n_output, 1);
    /* What fires once is told once. */
    setting.period_ns = 0;
    ck_assert_uint_eq(waitable_timer_set(timer, process_of(&a), &setting, &old), STATUS_SUCCESS);
    fire(timer);
    ck_assert_uint_eq(notices.client->n_output, 2);
    peer_end(&notices);
    timer_end(object);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("waitable_timer");
    UNIT_TEST(a_timer_fires_when_it_is_due);
    UNIT_TEST(a_periodic_timer_stays_armed_until_it_is_cancelled);
    UNIT_TEST(who_has_set_it_is_known_until_it_is_set_anew);
    UNIT_TEST(a_timer_that_moves_here_keeps_its_state);
    UNIT_TEST(a_setter_that_has_ended_is_forgotten_and_the_timer_goes_on);
    UNIT_TEST(a_process_that_hears_nothing_is_not_told_without_end);
    return UNIT_END();
}
