/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Runs of blocks in port memory. */

#include "alpc/heap.h"
#include "alpc_rig.h"

START_TEST(runs_do_not_overlap_and_come_back)
{
    struct rig rig;
    bool taken[128] = {0};
    uint32_t runs[128], n = 0;

    rig_open(&rig, &rig_small, 0);
    for (uint32_t size = 1;; size = size % 9 + 1) {
        uint32_t block = heap_take_locked(&rig.views[0], size);
        if (!block)
            break;
        for (uint32_t i = block - 1; i < block - 1 + size; i++) {
            ck_assert_uint_lt(i, 128);
            ck_assert(!taken[i]);
            taken[i] = true;
        }
        runs[n++] = block << 8 | size;
    }
    ck_assert_uint_gt(n, 20);
    for (uint32_t i = 0; i < n; i++)
        heap_give_locked(&rig.views[0], runs[i] >> 8, runs[i] & 0xFF);
    ck_assert_uint_eq(heap_take_locked(&rig.views[0], 128), 1);
    ck_assert_uint_eq(heap_take_locked(&rig.views[0], 1), 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_run_that_cannot_be_is_refused)
{
    struct rig rig;

    rig_open(&rig, &rig_small, 0);
    ck_assert_uint_eq(heap_take_locked(&rig.views[0], 0), 0);
    ck_assert_uint_eq(heap_take_locked(&rig.views[0], 129), 0);
    heap_mark_locked(&rig.views[0], 64, 1);
    ck_assert_uint_eq(heap_take_locked(&rig.views[0], 64), 65);
    ck_assert_uint_eq(heap_take_locked(&rig.views[0], 63), 1);
    ck_assert_uint_eq(heap_blocks(0), 0);
    ck_assert_uint_eq(heap_blocks(1), 1);
    ck_assert_uint_eq(heap_blocks(1025), 2);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("alpc_heap");
    UNIT_TEST(runs_do_not_overlap_and_come_back);
    UNIT_TEST(a_run_that_cannot_be_is_refused);
    return UNIT_END();
}
