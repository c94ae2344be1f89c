/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The thin system calls of the message path. */

#include <errno.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lane/sys.h"
#include "unit.h"

START_TEST(the_clock_does_not_go_back)
{
    uint64_t a = sys_now_ns(), b = sys_now_ns();

    ck_assert_uint_gt(a, 0);
    ck_assert_uint_ge(b, a);
}
END_TEST

START_TEST(the_processor_is_the_one_this_thread_is_bound_to)
{
    cpu_set_t all, one;

    ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &all))
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
        ck_assert_uint_eq(sys_cpu(), cpu);
    }
}
END_TEST

START_TEST(a_futex_wait_on_two_words_ends_for_either_and_for_the_deadline)
{
    uint32_t peer = 1, own = 0;

    ck_assert_int_eq(sys_futex_wait_two(&peer, 2, &own, SYS_FOREVER), -EAGAIN);
    own = 1;
    ck_assert_int_eq(sys_futex_wait_two(&peer, 1, &own, SYS_FOREVER), -EAGAIN);
    own = 0;
    ck_assert_int_eq(sys_futex_wait_two(&peer, 1, &own, 1), -ETIMEDOUT);
    sys_futex_wake_shared(&peer, 1);
    sys_futex_wake_private(&own, 1);
}
END_TEST

START_TEST(polling_tells_which_descriptor_is_ready)
{
    int a = eventfd(0, EFD_NONBLOCK), b = eventfd(0, EFD_NONBLOCK);

    ck_assert_int_eq(sys_poll_two(a, b, 1), 0);
    sys_ring(b);
    ck_assert_int_eq(sys_poll_two(a, b, SYS_FOREVER), 2);
    sys_ring(a);
    ck_assert_int_eq(sys_poll_two(a, b, SYS_FOREVER), 3);
    ck_assert_int_eq(sys_poll_two(a, -1, SYS_FOREVER), 1);
    close(a);
    close(b);
}
END_TEST

START_TEST(ringing_a_full_bell_does_not_block)
{
    uint64_t full = UINT64_MAX - 1;
    int bell = eventfd(0, EFD_NONBLOCK);

    ck_assert_int_eq(write(bell, &full, sizeof(full)), sizeof(full));
    sys_ring(bell);
    ck_assert_int_eq(sys_poll_two(bell, -1, SYS_FOREVER), 1);
    close(bell);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("sys");
    UNIT_TEST(the_clock_does_not_go_back);
    UNIT_TEST(the_processor_is_the_one_this_thread_is_bound_to);
    UNIT_TEST(a_futex_wait_on_two_words_ends_for_either_and_for_the_deadline);
    UNIT_TEST(polling_tells_which_descriptor_is_ready);
    UNIT_TEST(ringing_a_full_bell_does_not_block);
    return UNIT_END();
}
