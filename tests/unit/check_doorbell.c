/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The nested doorbells on the real kernel. */

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/fd.h"
#include "lane/doorbell.h"
#include "unit.h"

struct bells {
    struct doorbell_set set;
    struct lane_wake wake;
    int a, b;
};

static void bells_init(struct bells *s)
{
    ck_assert_int_eq(doorbell_set_open(&s->set), 0);
    s->a = doorbell_new();
    s->b = doorbell_new();
    ck_assert_int_eq(doorbell_add(&s->set, s->a, 11), 0);
    ck_assert_int_eq(doorbell_add(&s->set, s->b, 22), 0);
    wake_init(&s->wake, eventfd(0, EFD_NONBLOCK));
}

static void bells_deinit(struct bells *s)
{
    ck_assert_int_eq(doorbell_remove(&s->set, s->b), 0);
    close(s->a);
    close(s->b);
    close(s->wake.event_fd);
    doorbell_set_close(&s->set);
    ck_assert_int_eq(s->set.inner, -1);
}

START_TEST(a_rung_lane_is_read_once_and_wakes_the_outer)
{
    struct bells s;
    uint32_t lanes[8];

    bells_init(&s);
    ck_assert_uint_eq(doorbell_read(s.set.inner, lanes, 8), 0);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, 1), LANE_TIMEOUT);
    sys_ring(s.b);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, SYS_FOREVER), LANE_OK);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, SYS_FOREVER), LANE_OK);
    ck_assert_uint_eq(doorbell_read(s.set.inner, lanes, 8), 1);
    ck_assert_uint_eq(lanes[0], 22);
    ck_assert_uint_eq(doorbell_read(s.set.inner, lanes, 8), 0);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, 1), LANE_TIMEOUT);
    sys_ring(s.b);
    ck_assert_uint_eq(doorbell_read(s.set.inner, lanes, 8), 1);
    bells_deinit(&s);
}
END_TEST

START_TEST(more_lanes_than_asked_for_stay_for_the_next_read)
{
    struct bells s;
    uint32_t lanes[8];

    bells_init(&s);
    sys_ring(s.a);
    sys_ring(s.b);
    ck_assert_uint_eq(doorbell_read(s.set.inner, lanes, 1), 1);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, SYS_FOREVER), LANE_OK);
    ck_assert_uint_eq(doorbell_read(s.set.inner, lanes + 1, 1), 1);
    ck_assert_uint_eq(lanes[0] + lanes[1], 33);
    bells_deinit(&s);
}
END_TEST

START_TEST(re_arming_brings_a_taken_edge_again)
{
    struct bells s;
    uint32_t lanes[8];

    bells_init(&s);
    sys_ring(s.a);
    ck_assert_uint_eq(doorbell_read(s.set.inner, lanes, 8), 1);
    ck_assert_int_eq(doorbell_rearm(&s.set, s.a, 11), 0);
    ck_assert_uint_eq(doorbell_read(s.set.inner, lanes, 8), 1);
    ck_assert_int_eq(doorbell_rearm(&s.set, s.b, 22), 0);
    ck_assert_uint_eq(doorbell_read(s.set.inner, lanes, 8), 0);
    bells_deinit(&s);
}
END_TEST

START_TEST(port_and_daemon_bell_wake_until_cleared)
{
    struct bells s;

    bells_init(&s);
    doorbell_ring(s.set.port_bell);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, SYS_FOREVER), LANE_OK);
    doorbell_clear(s.set.outer);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, 1), LANE_TIMEOUT);
    doorbell_ring(s.set.daemon_bell);
    doorbell_ring(s.set.port_bell);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, SYS_FOREVER), LANE_OK);
    doorbell_clear(s.set.outer);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, 1), LANE_TIMEOUT);
    bells_deinit(&s);
}
END_TEST

/* Clearing the outer instance must not hide an edge that is still in the inner one. */
START_TEST(clearing_the_outer_keeps_untaken_lane_edges_visible)
{
    struct bells s;
    uint32_t lanes[8];

    bells_init(&s);
    sys_ring(s.a);
    doorbell_clear(s.set.outer);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, SYS_FOREVER), LANE_OK);
    ck_assert_uint_eq(doorbell_read(s.set.inner, lanes, 8), 1);
    bells_deinit(&s);
}
END_TEST

START_TEST(the_end_wakes_who_sleeps)
{
    struct bells s;

    bells_init(&s);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, 1), LANE_TIMEOUT);
    doorbell_set_end(&s.set);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, SYS_FOREVER), LANE_OK);
    doorbell_clear(s.set.outer);
    doorbell_set_end(&s.set);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, SYS_FOREVER), LANE_OK);
    bells_deinit(&s);
}
END_TEST

/* A holder has the open file of the port bell: its flags and its counter. */
START_TEST(the_end_does_not_block_where_a_write_would)
{
    const uint64_t most = UINT64_MAX - 1;
    uint64_t count;
    struct bells s;

    bells_init(&s);
    ck_assert_int_eq(read(s.set.port_bell, &count, sizeof(count)), sizeof(count));
    ck_assert_int_eq(write(s.set.port_bell, &most, sizeof(most)), sizeof(most));
    ck_assert_int_eq(fcntl(s.set.port_bell, F_SETFL, 0), 0);
    doorbell_clear(s.set.outer);
    doorbell_set_end(&s.set);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, SYS_FOREVER), LANE_OK);
    bells_deinit(&s);
}
END_TEST

START_TEST(the_wake_word_ends_the_sleep)
{
    struct bells s;

    bells_init(&s);
    wake_raise(&s.wake, 1);
    ck_assert_int_eq(doorbell_sleep(s.set.outer, &s.wake, SYS_FOREVER), LANE_WOKEN);
    bells_deinit(&s);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("doorbell");
    UNIT_TEST(a_rung_lane_is_read_once_and_wakes_the_outer);
    UNIT_TEST(more_lanes_than_asked_for_stay_for_the_next_read);
    UNIT_TEST(re_arming_brings_a_taken_edge_again);
    UNIT_TEST(port_and_daemon_bell_wake_until_cleared);
    UNIT_TEST(clearing_the_outer_keeps_untaken_lane_edges_visible);
    UNIT_TEST(the_end_wakes_who_sleeps);
    UNIT_TEST(the_end_does_not_block_where_a_write_would);
    UNIT_TEST(the_wake_word_ends_the_sleep);
    return UNIT_END();
}
