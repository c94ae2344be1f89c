/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What every Check program of tests/unit shares: one suite, TAP on standard output, an exit status.
 *
 *     START_TEST(fact_in_words) { ck_assert_int_eq(...); } END_TEST
 *     int main(void) { UNIT_BEGIN("source"); UNIT_TEST(fact_in_words); return UNIT_END(); }
 */
#pragma once

#include <check.h>
#include <stdlib.h>

#define UNIT_BEGIN(name)                                                                           \
    Suite *unit_suite = suite_create(name);                                                        \
    TCase *unit_case

#define UNIT_TEST(test)                                                                            \
    (unit_case = tcase_create(#test), tcase_set_timeout(unit_case, 600),                           \
     tcase_add_test(unit_case, test), suite_add_tcase(unit_suite, unit_case))

#define UNIT_END() unit_run(unit_suite)

static inline int unit_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);

    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    int n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
