/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The sending end: room, wrap, publication, ringing, and a consumer that lies about its progress.
 */

#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lane_fixture.h"

START_TEST(records_arrive_in_order_through_many_wraps)
{
    struct fixture f;
    uint32_t sent = 0, taken = 0;

    fixture_init(&f, 4096, 0);
    for (int round = 0; round < 5000; round++) {
        while (fixture_send(&f, sent + 1, sent * 37 % 1500) == LANE_OK)
            sent++;
        ck_assert_uint_gt(sent, taken);
        do {
            fixture_expect(&f, taken + 1, taken * 37 % 1500);
            taken++;
        } while (taken % 3 && taken < sent);
        cursor_publish(&f.view, &f.cursor);
    }
    ck_assert_uint_gt(sent, 5000);
    fixture_deinit(&f);
}
END_TEST

START_TEST(a_first_lane_always_takes_a_maximum_record_when_empty)
{
    struct fixture f;

    fixture_init(&f, LANE_RING_FIRST_BYTES, 0);
    for (uint32_t i = 1; i < 300; i++) {
        ck_assert_int_eq(fixture_send(&f, i, i * 64 * 61 % 65000), LANE_OK);
        fixture_expect(&f, i, i * 64 * 61 % 65000);
        cursor_publish(&f.view, &f.cursor);
        ck_assert_int_eq(fixture_send(&f, i, LANE_DATA_MAX_BYTES), LANE_OK);
        fixture_expect(&f, i, LANE_DATA_MAX_BYTES);
        cursor_publish(&f.view, &f.cursor);
    }
    fixture_deinit(&f);
}
END_TEST

START_TEST(what_can_never_fit_is_too_large_and_a_full_lane_is_full)
{
    struct fixture f;
    uint8_t *a, *d;

    fixture_init(&f, 1024, 0);
    ck_assert_int_eq(producer_reserve(&f.producer, 0, 1024, &a, &d), LANE_TOO_LARGE);
    ck_assert_int_eq(producer_reserve(&f.producer, LANE_ATTR_MAX_BYTES + 1, 0, &a, &d),
                     LANE_TOO_LARGE);
    ck_assert_int_eq(producer_reserve(&f.producer, UINT32_MAX, UINT32_MAX, &a, &d), LANE_TOO_LARGE);
    for (uint32_t i = 1; i <= 14; i++)
        ck_assert_int_eq(fixture_send(&f, i, 0), LANE_OK);
    ck_assert_int_eq(fixture_send(&f, 15, 0), LANE_FULL);
    for (uint32_t i = 1; i <= 14; i++)
        fixture_expect(&f, i, 0);
    ck_assert_int_eq(fixture_send(&f, 15, 0), LANE_OK);
    fixture_deinit(&f);
}
END_TEST

START_TEST(what_is_kept_is_left_free_for_who_asks_for_it)
{
    struct fixture f;

    fixture_init(&f, 1024, 0);
    ck_assert_uint_eq(producer_room(&f.producer), 14 * 64);
    f.producer.kept = 4 * 64;
    for (uint32_t i = 1; i <= 10; i++)
        ck_assert_int_eq(fixture_send(&f, i, 0), LANE_OK);
    ck_assert_int_eq(fixture_send(&f, 11, 0), LANE_FULL);
    ck_assert_uint_eq(producer_room(&f.producer), 4 * 64);
    f.producer.kept = 0;
    for (uint32_t i = 11; i <= 14; i++)
        ck_assert_int_eq(fixture_send(&f, i, 0), LANE_OK);
    ck_assert_int_eq(fixture_send(&f, 15, 0), LANE_FULL);
    ck_assert_uint_eq(producer_room(&f.producer), 0);
    fixture_deinit(&f);
}
END_TEST

START_TEST(a_full_lane_can_still_name_its_successor)
{
    struct fixture f;
    struct lane_record record;
    uint32_t n = 0;

    for (uint32_t size = 0; size < 448; size += 64) {
        fixture_init(&f, 1024, 0);
        for (n = 0; fixture_send(&f, n + 1, size) == LANE_OK; n++)
            ;
        ck_assert_int_eq(producer_move(&f.producer, 77), LANE_OK);
        for (uint32_t i = 0; i < n; i++)
            fixture_expect(&f, i + 1, size);
        ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &record), LANE_OK);
        ck_assert_uint_eq(record.message.kind, LANE_MOVED);
        ck_assert_uint_eq(record.message.aux, 77);
        fixture_deinit(&f);
    }
}
END_TEST

START_TEST(a_reservation_without_publication_is_invisible)
{
    struct fixture f;
    struct lane_record record;
    uint8_t *a, *d;

    fixture_init(&f, 4096, 0);
    ck_assert_int_eq(producer_reserve(&f.producer, 8, 100, &a, &d), LANE_OK);
    memset(a, 0xFF, 108);
    ck_assert_ptr_eq(d, a + 8);
    ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &record), LANE_EMPTY);
    producer_cancel(&f.producer);
    ck_assert_int_eq(fixture_send(&f, 1, 10), LANE_OK);
    fixture_expect(&f, 1, 10);
    fixture_deinit(&f);
}
END_TEST

START_TEST(payload_that_looks_like_a_commit_word_is_not_taken_for_one)
{
    struct fixture f;
    struct lane_message message = {.kind = LANE_DATAGRAM, .message_id = 1, .data_size = 192};
    struct lane_record record;
    uint64_t data[24];

    fixture_init(&f, 1024, 0);
    for (uint64_t lap = 0; lap < 40; lap++) {
        /* Every word of the payload is the commit word that is due at its place one lap later. */
        for (uint64_t i = 0; i < 24; i++)
            data[i] = f.producer.head + LANE_RECORD_BYTES + i * 8 + 1024 + 1;
        ck_assert_int_eq(producer_send(&f.producer, &message, NULL, data), LANE_OK);
        ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &record), LANE_OK);
        cursor_pop(&f.view, &f.cursor, &record);
        ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &record), LANE_EMPTY);
        message.data_size = message.data_size == 192 ? 0 : 192;
    }
    fixture_deinit(&f);
}
END_TEST

START_TEST(the_bell_rings_once_for_each_odd_value)
{
    struct fixture f;
    uint64_t count = 0;
    int bell = eventfd(0, EFD_NONBLOCK);

    fixture_init(&f, 4096, 0);
    f.producer.bell_fd = bell;
    for (uint32_t i = 1; i < 4; i++)
        ck_assert_int_eq(fixture_send(&f, i, 8), LANE_OK);
    ck_assert_int_eq(read(bell, &count, sizeof(count)), sizeof(count));
    ck_assert_uint_eq(count, 1);
    ck_assert(!producer_ring(&f.producer));
    cursor_raise(&f.view, &f.cursor);
    ck_assert(producer_ring(&f.producer));
    ck_assert(!producer_ring(&f.producer));
    ck_assert_int_eq(read(bell, &count, sizeof(count)), sizeof(count));
    ck_assert_uint_eq(count, 1);
    close(bell);
    fixture_deinit(&f);
}
END_TEST

/* LYING CONSUMER: progress beyond what was sent, back, or between records breaks the lane. */
START_TEST(impossible_progress_breaks_the_lane_for_good)
{
    static const uint64_t lies[] = {UINT64_MAX, 1024 + 64, 1, 63, 1ull << 63};
    uint8_t *a, *d;

    for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
        struct fixture f;
        fixture_init(&f, 1024, 0);
        while (fixture_send(&f, 1, 0) == LANE_OK)
            ;
        lane_header(&f.view)->consumer.consumed = lies[i];
        ck_assert_int_eq(fixture_send(&f, 1, 0), LANE_BROKEN);
        ck_assert_uint_eq(f.producer.broken, LANE_BREAK_CONSUMED);
        lane_header(&f.view)->consumer.consumed = 896;
        ck_assert_int_eq(producer_reserve(&f.producer, 0, 0, &a, &d), LANE_BROKEN);
        ck_assert_int_eq(producer_move(&f.producer, 1), LANE_BROKEN);
        ck_assert(!producer_is_drained(&f.producer));
        fixture_deinit(&f);
    }
}
END_TEST

START_TEST(progress_that_goes_back_breaks_the_lane)
{
    struct fixture f;

    fixture_init(&f, 1024, 0);
    for (uint32_t i = 0; i < 14; i++)
        ck_assert_int_eq(fixture_send(&f, i, 0), LANE_OK);
    lane_header(&f.view)->consumer.consumed = 256;
    ck_assert_int_eq(fixture_send(&f, 1, 0), LANE_OK);
    lane_header(&f.view)->consumer.consumed = 192;
    ck_assert_int_eq(fixture_send(&f, 1, 320), LANE_BROKEN);
    fixture_deinit(&f);
}
END_TEST

START_TEST(a_full_lane_that_has_been_left_has_no_room)
{
    struct fixture f;

    fixture_init(&f, 1024, 0);
    while (fixture_send(&f, 1, 0) == LANE_OK)
        ;
    ck_assert_int_eq(producer_move(&f.producer, 7), LANE_OK);
    ck_assert_uint_eq(producer_room(&f.producer), 0);
    fixture_deinit(&f);
}
END_TEST

START_TEST(a_producer_is_drained_when_the_consumer_has_told_so)
{
    struct fixture f;

    fixture_init(&f, 4096, 0);
    ck_assert(producer_is_drained(&f.producer));
    ck_assert_int_eq(fixture_send(&f, 1, 0), LANE_OK);
    ck_assert(!producer_is_drained(&f.producer));
    fixture_expect(&f, 1, 0);
    cursor_publish(&f.view, &f.cursor);
    ck_assert(producer_is_drained(&f.producer));
    fixture_deinit(&f);
}
END_TEST

static void *drain(void *arg)
{
    struct fixture *f = arg;
    uint32_t taken = 0;
    struct lane_record record;

    while (taken < 20000) {
        if (cursor_peek(&f->view, &f->cursor, &record) != LANE_OK) {
            cursor_publish(&f->view, &f->cursor);
            sched_yield(); /* on one processor the producer is who has something to do */
            continue;
        }
        ck_assert_uint_eq(record.message.message_id, ++taken);
        cursor_pop(&f->view, &f->cursor, &record);
    }
    return NULL;
}

START_TEST(a_producer_that_waits_for_space_gets_it)
{
    struct fixture f;
    struct lane_wake wake;
    pthread_t thread;

    fixture_init(&f, 1024, 0);
    wake_init(&wake, -1);
    pthread_create(&thread, NULL, drain, &f);
    for (uint32_t i = 1; i <= 20000; i++) {
        ck_assert_int_eq(producer_wait(&f.producer, 0, 100, &wake, SYS_FOREVER), LANE_OK);
        ck_assert_int_eq(fixture_send(&f, i, 100), LANE_OK);
    }
    pthread_join(thread, NULL);
    fixture_deinit(&f);
}
END_TEST

START_TEST(waiting_for_space_ends_by_the_wake_word_and_by_the_deadline)
{
    struct fixture f;
    struct lane_wake wake;

    fixture_init(&f, 1024, 0);
    wake_init(&wake, -1);
    while (fixture_send(&f, 1, 0) == LANE_OK)
        ;
    ck_assert_int_eq(producer_wait(&f.producer, 0, 0, &wake, 1), LANE_TIMEOUT);
    ck_assert_uint_eq(lane_header(&f.view)->producer.space_wanted, 0);
    wake_raise(&wake, 1);
    ck_assert_int_eq(producer_wait(&f.producer, 0, 0, &wake, SYS_FOREVER), LANE_WOKEN);
    ck_assert_int_eq(producer_wait(&f.producer, 0, 2000, &wake, SYS_FOREVER), LANE_TOO_LARGE);
    lane_header(&f.view)->consumer.consumed = 1;
    ck_assert_int_eq(producer_wait(&f.producer, 0, 0, &wake, SYS_FOREVER), LANE_BROKEN);
    fixture_deinit(&f);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("producer");
    UNIT_TEST(records_arrive_in_order_through_many_wraps);
    UNIT_TEST(a_first_lane_always_takes_a_maximum_record_when_empty);
    UNIT_TEST(what_can_never_fit_is_too_large_and_a_full_lane_is_full);
    UNIT_TEST(what_is_kept_is_left_free_for_who_asks_for_it);
    UNIT_TEST(a_full_lane_can_still_name_its_successor);
    UNIT_TEST(a_reservation_without_publication_is_invisible);
    UNIT_TEST(payload_that_looks_like_a_commit_word_is_not_taken_for_one);
    UNIT_TEST(the_bell_rings_once_for_each_odd_value);
    UNIT_TEST(impossible_progress_breaks_the_lane_for_good);
    UNIT_TEST(progress_that_goes_back_breaks_the_lane);
    UNIT_TEST(a_full_lane_that_has_been_left_has_no_room);
    UNIT_TEST(a_producer_is_drained_when_the_consumer_has_told_so);
    UNIT_TEST(a_producer_that_waits_for_space_gets_it);
    UNIT_TEST(waiting_for_space_ends_by_the_wake_word_and_by_the_deadline);
    return UNIT_END();
}
