/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "common/possible_processors.h"
#include "unit.h"

START_TEST(a_thread_that_may_use_one_processor_is_told_of_all_and_keeps_its_one)
{
    cpu_set_t all, one, after, again;
    int first = 0;

    ck_assert(possible_processors(&all));
    ck_assert_int_ge(CPU_COUNT(&all), 1);
    while (!CPU_ISSET(first, &all))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
    ck_assert(possible_processors(&again));
    ck_assert(CPU_EQUAL(&all, &again));
    ck_assert_int_eq(sched_getaffinity(0, sizeof(after), &after), 0);
    ck_assert(CPU_EQUAL(&one, &after));
}
END_TEST

int main(void)
{
    UNIT_BEGIN("possible_processors");
    UNIT_TEST(a_thread_that_may_use_one_processor_is_told_of_all_and_keeps_its_one);
    return UNIT_END();
}
