/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "alpc_rig.h"

/* Scans without the clock. known_ns tells which scan the last one was. */

static uint64_t known(const struct rig *rig)
{
    return rig->views[0].at.memory->known_ns;
}

START_TEST(what_is_queued_comes_in_the_order_of_its_sending_by_one_scan)
{
    struct rig rig;
    struct port_message message;
    uint32_t ids[12];

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *b = rig_add_sender(&rig);
    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++)
        ids[i] = rig_datagram(i % 3 ? a : b, 4);
    ck_assert_uint_eq(known(&rig), 0);
    rig_expect(&rig, &message, ids[0], LPC_DATAGRAM);
    uint64_t then = known(&rig);
    ck_assert_uint_ne(then, 0);
    for (unsigned i = 1; i < ARRAY_SIZE(ids); i++) {
        rig_expect(&rig, &message, ids[i], LPC_DATAGRAM);
        ck_assert_uint_eq(known(&rig), then);
    }
    rig_expect_none(&rig);
    ck_assert_uint_eq(known(&rig), 0);
    rig_close(&rig);
}
END_TEST

START_TEST(what_was_sent_after_the_scan_waits_for_the_next_one)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *a = rig_add_sender(&rig), *cold = rig_add_sender(&rig);
    uint32_t first = rig_datagram(a, 4), second = rig_datagram(a, 4);
    struct rig_sender *b = rig_add_sender(&rig);
    uint32_t third = rig_datagram(b, 4);
    rig_expect(&rig, &message, first, LPC_DATAGRAM);
    ck_assert_uint_ne(known(&rig), 0);
    uint32_t cause = rig_datagram(cold, 4), effect = rig_datagram(a, 4);
    rig_expect(&rig, &message, second, LPC_DATAGRAM);
    rig_expect(&rig, &message, third, LPC_DATAGRAM);
    rig_expect(&rig, &message, cause, LPC_DATAGRAM);
    rig_expect(&rig, &message, effect, LPC_DATAGRAM);
    rig_expect_none(&rig);
    rig_close(&rig);
}
END_TEST

START_TEST(a_lane_that_breaks_while_messages_queue_is_dead_and_the_others_live)
{
    struct rig rig;
    struct port_message message;

    rig_open(&rig, &rig_small, 0);
    struct rig_sender *liar = rig_add_sender(&rig), *honest = rig_add_sender(&rig);
    uint32_t first = rig_datagram(honest, 4);
    rig_datagram(liar, 4);
    uint32_t second = rig_datagram(honest, 4);
    rig_expect(&rig, &message, first, LPC_DATAGRAM);
    ck_assert_uint_ne(known(&rig), 0);
    struct lane_record_header *head = (void *)lane_ring(&liar->producer.view, 0);
    head->data_size = LANE_DATA_MAX_BYTES + 1;
    rig_expect(&rig, &message, second, LPC_DATAGRAM);
    rig_expect_none(&rig);
    ck_assert_int_eq(rig.broken_reason, LANE_BREAK_LENGTH);
    ck_assert_uint_eq(rig.n_broken, 1);
    rig_close(&rig);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("head");
    UNIT_TEST(what_is_queued_comes_in_the_order_of_its_sending_by_one_scan);
    UNIT_TEST(what_was_sent_after_the_scan_waits_for_the_next_one);
    UNIT_TEST(a_lane_that_breaks_while_messages_queue_is_dead_and_the_others_live);
    return UNIT_END();
}
