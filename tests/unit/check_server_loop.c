/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "loop.h"
#include "unit.h"

static struct loop loop;
static int n_ready, n_expired, order[8];
static struct source sources[2];

static void count_ready(struct source *source, uint32_t events _unused_)
{
    n_ready++;
    source_remove(source);
}

static void remove_both(struct source *source _unused_, uint32_t events _unused_)
{
    n_ready++;
    source_remove(&sources[0]);
    source_remove(&sources[1]);
}

struct numbered {
    struct timer timer;
    int number;
};

static void note_order(struct timer *timer)
{
    order[n_expired++] = CONTAINER_OF(timer, struct numbered, timer)->number;
}

START_TEST(a_ready_descriptor_calls_its_source)
{
    int fd = eventfd(1, EFD_CLOEXEC);
    struct source source = {0};

    ck_assert_int_eq(loop_init(&loop), 0);
    ck_assert_int_eq(source_add(&source, &loop, fd, EPOLLIN, count_ready), 0);
    ck_assert_int_eq(loop_step(&loop, true), 0);
    ck_assert_int_eq(n_ready, 1);
    ck_assert_int_eq(loop_step(&loop, false), 0);
    ck_assert_int_eq(n_ready, 1);
    close(fd);
    loop_deinit(&loop);
}
END_TEST

START_TEST(a_source_removed_in_a_callback_of_the_same_batch_is_not_called)
{
    int fds[2] = {eventfd(1, EFD_CLOEXEC), eventfd(1, EFD_CLOEXEC)};

    ck_assert_int_eq(loop_init(&loop), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(source_add(&sources[i], &loop, fds[i], EPOLLIN, remove_both), 0);
    ck_assert_int_eq(loop_step(&loop, true), 0);
    ck_assert_int_eq(n_ready, 1);
    close(fds[0]);
    close(fds[1]);
    loop_deinit(&loop);
}
END_TEST

START_TEST(timers_expire_in_the_order_of_their_deadlines)
{
    static const int places[] = {5, 2, 7, 0, 3, 6, 1, 4};
    struct numbered timers[8] = {0};

    ck_assert_int_eq(loop_init(&loop), 0);
    for (int i = 0; i < 8; i++) {
        timers[i].number = places[i];
        ck_assert_int_eq(timer_arm(&timers[i].timer, &loop, 1 + (uint64_t)places[i], note_order),
                         0);
    }
    timer_disarm(&timers[2].timer); /* number 7 */
    timer_disarm(&timers[3].timer); /* number 0 */
    ck_assert_int_eq(loop_step(&loop, true), 0);
    ck_assert_int_eq(n_expired, 6);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(order[i], i + 1);
    loop_deinit(&loop);
}
END_TEST

START_TEST(arming_again_moves_the_deadline)
{
    struct numbered timer = {.number = 1};

    ck_assert_int_eq(loop_init(&loop), 0);
    ck_assert_int_eq(timer_arm(&timer.timer, &loop, 1, note_order), 0);
    ck_assert_int_eq(timer_arm(&timer.timer, &loop, UINT64_MAX, note_order), 0);
    ck_assert_int_eq(loop_step(&loop, false), 0);
    ck_assert_int_eq(n_expired, 0);
    timer_disarm(&timer.timer);
    timer_disarm(&timer.timer);
    loop_deinit(&loop);
}
END_TEST

static unsigned n_fired, n_fired_before_event;

static void fire(struct timer *timer _unused_)
{
    n_fired++;
}

static void look_at_fired(struct source *source, uint32_t events _unused_)
{
    n_fired_before_event = n_fired;
    source_remove(source);
}

START_TEST(many_timers_hold_no_event_up)
{
    static struct timer timers[10 * LOOP_BATCH];
    struct source source;
    int fds[2];

    n_fired = 0;
    ck_assert_int_eq(loop_init(&loop), 0);
    ck_assert_int_eq(pipe(fds), 0);
    for (size_t i = 0; i < ARRAY_SIZE(timers); i++)
        ck_assert_int_eq(timer_arm(&timers[i], &loop, 1, fire), 0);
    ck_assert_int_eq(loop_step(&loop, true), 0);
    ck_assert_int_eq(source_add(&source, &loop, fds[0], EPOLLIN, look_at_fired), 0);
    ck_assert_int_eq(write(fds[1], "", 1), 1);
    while (loop.n_timers)
        ck_assert_int_eq(loop_step(&loop, true), 0);
    ck_assert_uint_eq(n_fired, ARRAY_SIZE(timers));
    ck_assert_uint_eq(n_fired_before_event, LOOP_BATCH);
    close(fds[0]);
    close(fds[1]);
    loop_deinit(&loop);
}
END_TEST

static void stop_now(struct timer *timer)
{
    loop_stop(timer->loop ? timer->loop : &loop);
}

START_TEST(run_ends_with_stop)
{
    struct timer timer = {0};

    ck_assert_int_eq(loop_init(&loop), 0);
    ck_assert_int_eq(timer_arm(&timer, &loop, clock_ns(), stop_now), 0);
    ck_assert_int_eq(loop_run(&loop), 0);
    loop_deinit(&loop);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("loop");
    UNIT_TEST(a_ready_descriptor_calls_its_source);
    UNIT_TEST(a_source_removed_in_a_callback_of_the_same_batch_is_not_called);
    UNIT_TEST(timers_expire_in_the_order_of_their_deadlines);
    UNIT_TEST(many_timers_hold_no_event_up);
    UNIT_TEST(arming_again_moves_the_deadline);
    UNIT_TEST(run_ends_with_stop);
    return UNIT_END();
}
