/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The spin policy's decisions. No test depends on how long anything takes. */

#include <sched.h>

#include "lane/spin.h"
#include "lane/sys.h"
#include "unit.h"

static unsigned steps(struct spin *spin)
{
    unsigned n = 0;

    while (spin_step(spin))
        n++;
    return n;
}

/* Binds this thread to one processor, so that two looks at it see the same. */
static void stay(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((unsigned)sched_getcpu(), &set);
    ck_assert_int_eq(sched_setaffinity(0, sizeof(set), &set), 0);
}

START_TEST(a_peer_on_the_same_processor_is_never_spun_for)
{
    struct spin_site site;
    struct spin spin;

    spin_site_init(&site);
    spin_configure(1000, 4);
    stay();
    spin_begin(&spin, &site, spin_cpu_hint());
    ck_assert(!spin.elsewhere);
    ck_assert_uint_eq(steps(&spin), 0);
    spin_end(&spin, true, 0);
    ck_assert_uint_eq(site.score, SPIN_SCORE_SPIN);
}
END_TEST

START_TEST(a_peer_elsewhere_is_spun_for_within_the_bound)
{
    struct spin_site site;
    struct spin spin;

    spin_site_init(&site);
    spin_configure(200, 4);
    spin_begin(&spin, &site, 100000);
    uint64_t before = sys_now_ns();
    ck_assert_uint_gt(steps(&spin), 16);
    ck_assert_uint_ge(sys_now_ns() - before, 100000);
    ck_assert_uint_eq(spin.bound_ns, 200000);
    spin_end(&spin, true, 0);
}
END_TEST

START_TEST(a_bound_of_nothing_never_spins)
{
    struct spin_site site;
    struct spin spin;

    spin_site_init(&site);
    spin_configure(0, 4);
    spin_begin(&spin, &site, 0);
    ck_assert_uint_eq(steps(&spin), 0);
    spin_end(&spin, true, 0);
}
END_TEST

START_TEST(long_waits_end_spinning_and_short_ones_bring_it_back)
{
    struct spin_site site;
    struct spin spin;

    spin_site_init(&site);
    spin_configure(5, 4);
    for (int i = 0; i < 10; i++) {
        spin_begin(&spin, &site, 100000);
        steps(&spin);
        spin.start_ns = 1; /* the wait began long ago */
        spin_end(&spin, true, 0);
    }
    ck_assert_uint_eq(site.score, 0);
    spin_begin(&spin, &site, 100000);
    ck_assert_uint_eq(steps(&spin), 0);
    for (int i = 0; i < 10; i++) {
        spin_begin(&spin, &site, 100000);
        steps(&spin);
        spin_end(&spin, true, spin.start_ns + 1); /* the waker came at once */
    }
    ck_assert_uint_ge(site.score, SPIN_SCORE_SPIN);
    spin_end(&spin, false, 0);
}
END_TEST

START_TEST(no_more_threads_spin_than_processors_allow)
{
    struct spin_site site;
    struct spin a, b, c;

    spin_site_init(&site);
    spin_configure(1000, 2);
    spin_begin(&a, &site, 100000);
    while (!a.counted)
        ck_assert(spin_step(&a));
    spin_begin(&b, &site, 100000);
    ck_assert_uint_lt(steps(&b), 100);
    ck_assert(!b.counted);
    spin_end(&b, true, 0);
    spin_end(&a, false, 0);
    spin_begin(&c, &site, 100000);
    for (int i = 0; i < 70; i++)
        ck_assert(spin_step(&c));
    ck_assert(c.counted);
    spin_end(&c, false, 0);
}
END_TEST

START_TEST(a_thread_that_goes_to_sleep_is_no_spinner)
{
    struct spin_site site;
    struct spin a, b;

    spin_site_init(&site);
    spin_configure(20, 2);
    spin_begin(&a, &site, 100000);
    ck_assert_uint_gt(steps(&a), 16);
    spin_begin(&b, &site, 100000);
    while (!b.counted)
        ck_assert(spin_step(&b));
    spin_end(&b, false, 0);
    spin_end(&a, true, 0);
}
END_TEST

START_TEST(the_measured_bound_follows_the_median_within_limits)
{
    struct spin_site site;
    struct spin spin;

    spin_site_init(&site);
    spin_configure(-1, 4);
    for (int i = 0; i < 1000; i++) {
        site.score = 0; /* the clock is read, nothing is spun */
        spin_begin(&spin, &site, 100000);
        steps(&spin);
        spin.start_ns = sys_now_ns() - 200000;
        spin_end(&spin, true, sys_now_ns() - 200000 + 1000);
    }
    ck_assert_uint_eq(spin_bound_ns(), SPIN_COST_MAX_NS);
    for (int i = 0; i < 1000; i++) {
        site.score = 0;
        spin_begin(&spin, &site, 100000);
        steps(&spin);
        spin_end(&spin, true, sys_now_ns());
    }
    ck_assert_uint_ge(spin_bound_ns(), SPIN_COST_MIN_NS);
    ck_assert_uint_lt(spin_bound_ns(), SPIN_COST_MAX_NS);
    uint64_t bound = spin_bound_ns();
    spin_begin(&spin, &site, 100000);
    site.score = 0;
    steps(&spin);
    spin_end(&spin, true, UINT64_MAX); /* a stamp from the future */
    spin_begin(&spin, &site, 100000);
    steps(&spin);
    spin_end(&spin, true, 1); /* and one from before the wait */
    ck_assert_uint_eq(spin_bound_ns(), bound);
}
END_TEST

START_TEST(a_wait_that_will_not_spin_is_known_beforehand)
{
    spin_configure(200, 4);
    ck_assert(!spin_is_idle(100000));
    ck_assert(!spin_is_idle(0)); /* unknown counts as elsewhere */
    stay();
    ck_assert(spin_is_idle(spin_cpu_hint()));
    spin_configure(0, 4);
    ck_assert(spin_is_idle(100000));
}
END_TEST

START_TEST(a_setting_that_is_no_number_is_told)
{
    static const char *const numbers[] = {"", "0", "20", "-1", "100000"};
    static const char *const others[] = {"abc", "20us", "us", " "};

    unsetenv("PORTICO_SPIN_US");
    ck_assert_ptr_null(spin_setting_wrong());
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        setenv("PORTICO_SPIN_US", numbers[i], 1);
        ck_assert_ptr_null(spin_setting_wrong());
    }
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        setenv("PORTICO_SPIN_US", others[i], 1);
        ck_assert_str_eq(spin_setting_wrong(), others[i]);
    }
    unsetenv("PORTICO_SPIN_US");
}
END_TEST

int main(void)
{
    UNIT_BEGIN("spin");
    UNIT_TEST(a_peer_on_the_same_processor_is_never_spun_for);
    UNIT_TEST(a_peer_elsewhere_is_spun_for_within_the_bound);
    UNIT_TEST(a_bound_of_nothing_never_spins);
    UNIT_TEST(long_waits_end_spinning_and_short_ones_bring_it_back);
    UNIT_TEST(no_more_threads_spin_than_processors_allow);
    UNIT_TEST(a_thread_that_goes_to_sleep_is_no_spinner);
    UNIT_TEST(a_wait_that_will_not_spin_is_known_beforehand);
    UNIT_TEST(the_measured_bound_follows_the_median_within_limits);
    UNIT_TEST(a_setting_that_is_no_number_is_told);
    return UNIT_END();
}
