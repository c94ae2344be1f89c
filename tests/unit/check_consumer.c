/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The receiving end, and a producer that lies. The memory has a guard page behind it, so reading
 * out of bounds is a fault. */

#include "lane_fixture.h"

START_TEST(a_record_comes_with_all_its_fields)
{
    struct fixture f;
    struct lane_message sent = {
        .message_id = 0x11,
        .callback_id = 0x22,
        .connection = 3,
        .connection_generation = 4,
        .slot = 2,
        .slot_word = 9,
        .kind = LANE_REQUEST,
        .flags = LANE_SYNC,
        .sender_tid = 55,
        .data_size = 5,
        .attr_size = 16,
        .aux = 66,
    };
    struct lane_record record;

    fixture_init(&f, 4096, 2);
    ck_assert_int_eq(producer_send(&f.producer, &sent, "attributes......", "hello"), LANE_OK);
    ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &record), LANE_OK);
    ck_assert_mem_eq(&record.message, &sent, sizeof(sent));
    ck_assert_mem_eq(record_attributes(&f.view, &record), "attributes......", 16);
    ck_assert_mem_eq(record_data(&f.view, &record), "hello", 5);
    ck_assert_uint_ne(record.stamp_ns, 0);
    ck_assert_uint_ne(record.cpu, 0);
    fixture_deinit(&f);
}
END_TEST

START_TEST(peeking_takes_nothing_and_taking_pins_until_freed)
{
    struct fixture f;
    struct lane_record a, b;

    fixture_init(&f, 1024, 0);
    ck_assert_int_eq(fixture_send(&f, 1, 128), LANE_OK);
    ck_assert_int_eq(fixture_send(&f, 2, 128), LANE_OK);
    ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &a), LANE_OK);
    ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &b), LANE_OK);
    ck_assert_uint_eq(a.position, b.position);
    cursor_take(&f.cursor, &a);
    ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &b), LANE_OK);
    ck_assert_uint_eq(b.message.message_id, 2);
    cursor_take(&f.cursor, &b);
    cursor_publish(&f.view, &f.cursor);
    ck_assert_uint_eq(lane_header(&f.view)->consumer.consumed, 0);
    cursor_free(&f.view, &f.cursor, b.position);
    cursor_free(&f.view, &f.cursor, a.position);
    cursor_free(&f.view, &f.cursor, b.end + 64);
    cursor_publish(&f.view, &f.cursor);
    ck_assert_uint_eq(lane_header(&f.view)->consumer.consumed, b.position);
    fixture_deinit(&f);
}
END_TEST

START_TEST(progress_is_told_by_the_quarter_and_at_once_to_a_waiting_producer)
{
    struct fixture f;

    fixture_init(&f, 1024, 0);
    for (uint32_t i = 1; i <= 8; i++)
        ck_assert_int_eq(fixture_send(&f, i, 0), LANE_OK);
    for (uint32_t i = 1; i <= 3; i++)
        fixture_expect(&f, i, 0);
    ck_assert_uint_eq(lane_header(&f.view)->consumer.consumed, 0);
    fixture_expect(&f, 4, 0);
    ck_assert_uint_eq(lane_header(&f.view)->consumer.consumed, 256);
    lane_header(&f.view)->producer.space_wanted = 1;
    fixture_expect(&f, 5, 0);
    ck_assert_uint_eq(lane_header(&f.view)->consumer.consumed, 320);
    fixture_deinit(&f);
}
END_TEST

START_TEST(an_empty_large_lane_tells_what_was_taken_from_it)
{
    struct fixture f;

    fixture_init(&f, 4 * LANE_RING_FIRST_BYTES, 0);
    for (uint32_t i = 1; i <= LANE_RING_FIRST_BYTES / 8 / 64; i++) {
        ck_assert_uint_eq(lane_header(&f.view)->consumer.consumed, 0);
        ck_assert_int_eq(fixture_send(&f, i, 0), LANE_OK);
        fixture_expect(&f, i, 0);
        cursor_seen_empty(&f.view, &f.cursor, i);
    }
    ck_assert_uint_eq(lane_header(&f.view)->consumer.consumed, LANE_RING_FIRST_BYTES / 8);
    fixture_deinit(&f);
}
END_TEST

START_TEST(a_stamp_is_raised_to_the_floor_of_its_lane)
{
    struct fixture f;
    struct lane_record record;

    fixture_init(&f, 4096, 0);
    ck_assert_int_eq(fixture_send(&f, 1, 0), LANE_OK);
    ck_assert_int_eq(fixture_send(&f, 2, 0), LANE_OK);
    fixture_header(&f, 0)->stamp_ns = 1000;
    fixture_header(&f, 64)->stamp_ns = 10;
    cursor_seen_empty(&f.view, &f.cursor, 500);
    ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &record), LANE_OK);
    ck_assert_uint_eq(record.stamp_ns, 1000);
    cursor_pop(&f.view, &f.cursor, &record);
    ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &record), LANE_OK);
    ck_assert_uint_eq(record.stamp_ns, 1000);
    cursor_pop(&f.view, &f.cursor, &record);
    cursor_seen_empty(&f.view, &f.cursor, 5000);
    ck_assert_int_eq(fixture_send(&f, 3, 0), LANE_OK);
    fixture_header(&f, 128)->stamp_ns = 0;
    ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &record), LANE_OK);
    ck_assert_uint_eq(record.stamp_ns, 5000);
    fixture_deinit(&f);
}
END_TEST

START_TEST(each_raise_is_a_new_odd_value)
{
    struct fixture f;
    uint32_t *need_wake;

    fixture_init(&f, 1024, 0);
    need_wake = &lane_header(&f.view)->consumer.need_wake;
    ck_assert_uint_eq(*need_wake, 1);
    cursor_raise(&f.view, &f.cursor);
    ck_assert_uint_eq(*need_wake, 3);
    cursor_raise(&f.view, &f.cursor);
    ck_assert_uint_eq(*need_wake, 5);
    /* Rung: it stays odd, since the producer does not ring for it again. */
    ck_assert(cursor_note_ring(&f.cursor));
    ck_assert_uint_eq(*need_wake, 5);
    f.cursor.need_wake = UINT32_MAX;
    cursor_raise(&f.view, &f.cursor);
    ck_assert_uint_eq(*need_wake, 1);
    fixture_deinit(&f);
}
END_TEST

START_TEST(the_recheck_after_a_raise_sees_a_published_record)
{
    struct fixture f;

    fixture_init(&f, 1024, 0);
    cursor_raise(&f.view, &f.cursor);
    ck_assert(!cursor_recheck(&f.view, &f.cursor));
    ck_assert(!cursor_glance(&f.view, &f.cursor));
    ck_assert_int_eq(fixture_send(&f, 1, 0), LANE_OK);
    ck_assert(cursor_recheck(&f.view, &f.cursor));
    ck_assert(cursor_glance(&f.view, &f.cursor));
    fixture_deinit(&f);
}
END_TEST

/* LYING PRODUCER */

START_TEST(a_commit_word_that_is_not_due_breaks_the_lane)
{
    static const uint64_t lies[] = {UINT64_MAX, 2, 1025, 65, 1ull << 63};

    for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
        struct fixture f;
        fixture_init(&f, 1024, 0);
        fixture_header(&f, 0)->commit = lies[i];
        ck_assert(cursor_recheck(&f.view, &f.cursor));
        fixture_expect_broken(&f, LANE_BREAK_COMMIT);
        ck_assert(cursor_recheck(&f.view, &f.cursor));
        fixture_deinit(&f);
    }
}
END_TEST

START_TEST(lengths_beyond_the_maxima_or_the_ring_break_the_lane)
{
    static const struct {
        uint32_t attr_size, data_size;
    } lies[] = {
        {0, UINT32_MAX},
        {UINT32_MAX, 0},
        {UINT32_MAX, UINT32_MAX},
        {0, LANE_DATA_MAX_BYTES + 1},
        {LANE_ATTR_MAX_BYTES + 1, 0},
        {0, 961},
        {64, 897},
        {0, 4096},
        {0, 897},
    };

    for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
        struct fixture f;
        fixture_init(&f, 1024, 0);
        ck_assert_int_eq(fixture_send(&f, 1, 0), LANE_OK);
        fixture_header(&f, 0)->attr_size = lies[i].attr_size;
        fixture_header(&f, 0)->data_size = lies[i].data_size;
        fixture_expect_broken(&f, LANE_BREAK_LENGTH);
        fixture_deinit(&f);
    }
}
END_TEST

START_TEST(a_record_over_the_end_of_the_ring_or_over_pinned_records_breaks_the_lane)
{
    struct fixture f;
    struct lane_record record;

    fixture_init(&f, 1024, 0);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_int_eq(fixture_send(&f, i, 192), LANE_OK);
        fixture_expect(&f, i, 192);
    }
    ck_assert_int_eq(fixture_send(&f, 3, 64), LANE_OK);
    fixture_header(&f, 768)->data_size = 193;
    fixture_expect_broken(&f, LANE_BREAK_LENGTH);
    fixture_deinit(&f);

    fixture_init(&f, 1024, 0);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_int_eq(fixture_send(&f, i, 192), LANE_OK);
        ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &record), LANE_OK);
        cursor_take(&f.cursor, &record);
    }
    ck_assert_int_eq(fixture_send(&f, 3, 64), LANE_OK);
    fixture_header(&f, 768)->data_size = 192;
    fixture_expect_broken(&f, LANE_BREAK_LENGTH);
    fixture_deinit(&f);
}
END_TEST

START_TEST(an_unknown_kind_flag_or_slot_breaks_the_lane)
{
    static const uint16_t kinds[] = {0, LANE_KIND_LAST + 1, 0xFFFF};
    struct fixture f;

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        fixture_init(&f, 1024, 2);
        ck_assert_int_eq(fixture_send(&f, 1, 0), LANE_OK);
        fixture_header(&f, 0)->kind = kinds[i];
        fixture_expect_broken(&f, LANE_BREAK_KIND);
        fixture_deinit(&f);
    }
    fixture_init(&f, 1024, 2);
    ck_assert_int_eq(fixture_send(&f, 1, 0), LANE_OK);
    fixture_header(&f, 0)->flags = 0x8000;
    fixture_expect_broken(&f, LANE_BREAK_KIND);
    fixture_deinit(&f);
    fixture_init(&f, 1024, 2);
    ck_assert_int_eq(fixture_send(&f, 1, 0), LANE_OK);
    fixture_header(&f, 0)->slot = 3;
    fixture_expect_broken(&f, LANE_BREAK_SLOT);
    fixture_deinit(&f);
}
END_TEST

START_TEST(skip_records_without_end_break_the_lane)
{
    struct fixture f;

    /* A skip of the whole ring. */
    fixture_init(&f, 1024, 0);
    fixture_header(&f, 0)->kind = LANE_SKIP;
    fixture_header(&f, 0)->commit = 1;
    fixture_expect_broken(&f, LANE_BREAK_LENGTH);
    fixture_deinit(&f);
    /* A skip after a skip. */
    fixture_init(&f, 1024, 0);
    ck_assert_int_eq(fixture_send(&f, 1, 0), LANE_OK);
    fixture_expect(&f, 1, 0);
    fixture_header(&f, 64)->kind = LANE_SKIP;
    fixture_header(&f, 64)->commit = 65;
    fixture_header(&f, 1024)->kind = LANE_SKIP;
    fixture_header(&f, 1024)->commit = 1025;
    fixture_expect_broken(&f, LANE_BREAK_KIND);
    fixture_deinit(&f);
}
END_TEST

START_TEST(a_skip_into_pinned_memory_breaks_the_lane)
{
    struct fixture f;
    struct lane_record record;

    fixture_init(&f, 1024, 0);
    ck_assert_int_eq(fixture_send(&f, 1, 0), LANE_OK);
    ck_assert_int_eq(cursor_peek(&f.view, &f.cursor, &record), LANE_OK);
    cursor_take(&f.cursor, &record);
    fixture_header(&f, 64)->kind = LANE_SKIP;
    fixture_header(&f, 64)->commit = 65;
    fixture_expect_broken(&f, LANE_BREAK_LENGTH);
    fixture_deinit(&f);
}
END_TEST

START_TEST(random_bytes_in_the_whole_lane_never_hang_nor_fault)
{
    struct fixture f;
    struct lane_record record;
    uint64_t random = 88172645463325252ull;
    unsigned n_taken = 0;

    fixture_init(&f, 1024, 2);
    for (int round = 0; round < 200000; round++) {
        uint64_t *word = (void *)f.view.base;
        for (int i = 0; i < 4; i++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            struct lane_record_header *h = fixture_header(&f, f.cursor.next);
            word[random % (f.view.size / 8)] = random;
            h->commit = f.cursor.next + 1;
            h->kind = (uint16_t)(random >> 20) % 13;
            h->data_size = (uint32_t)(random >> 24) % 1200;
            h->attr_size = (uint32_t)(random >> 40) % 64;
            h->slot = (uint32_t)(random >> 50) % 4;
            h->flags = 0;
        }
        if (cursor_peek(&f.view, &f.cursor, &record) == LANE_OK) {
            volatile uint8_t sink;
            if (record.message.data_size)
                sink = record_data(&f.view, &record)[record.message.data_size - 1];
            (void)sink;
            cursor_pop(&f.view, &f.cursor, &record);
            n_taken++;
        } else {
            cursor_init(&f.cursor, (random >> 8) % 1024 & ~63ull);
        }
    }
    ck_assert_uint_gt(n_taken, 1000);
    fixture_deinit(&f);
}
END_TEST

START_TEST(ringing_more_often_than_asked_breaks_the_lane)
{
    struct fixture f;

    fixture_init(&f, 1024, 0);
    for (int i = 0; i < 1000; i++) {
        cursor_raise(&f.view, &f.cursor);
        ck_assert(cursor_note_ring(&f.cursor));
    }
    int n = 0;
    while (cursor_note_ring(&f.cursor))
        ck_assert_int_lt(n++, 100);
    fixture_expect_broken(&f, LANE_BREAK_RINGING);
    fixture_deinit(&f);
}
END_TEST

START_TEST(only_the_first_reason_counts)
{
    struct lane_cursor cursor;

    cursor_init(&cursor, 0);
    ck_assert(cursor_break(&cursor, LANE_BREAK_PROTOCOL));
    ck_assert(!cursor_break(&cursor, LANE_BREAK_DEAD));
    ck_assert_int_eq(cursor_broken(&cursor), LANE_BREAK_PROTOCOL);
    ck_assert_str_eq(lane_break_name(LANE_BREAK_DEAD), "peer is gone");
    ck_assert_str_eq(lane_break_name((enum lane_break)99), "?");
}
END_TEST

int main(void)
{
    UNIT_BEGIN("consumer");
    UNIT_TEST(a_record_comes_with_all_its_fields);
    UNIT_TEST(peeking_takes_nothing_and_taking_pins_until_freed);
    UNIT_TEST(progress_is_told_by_the_quarter_and_at_once_to_a_waiting_producer);
    UNIT_TEST(an_empty_large_lane_tells_what_was_taken_from_it);
    UNIT_TEST(a_stamp_is_raised_to_the_floor_of_its_lane);
    UNIT_TEST(each_raise_is_a_new_odd_value);
    UNIT_TEST(the_recheck_after_a_raise_sees_a_published_record);
    UNIT_TEST(a_commit_word_that_is_not_due_breaks_the_lane);
    UNIT_TEST(lengths_beyond_the_maxima_or_the_ring_break_the_lane);
    UNIT_TEST(a_record_over_the_end_of_the_ring_or_over_pinned_records_breaks_the_lane);
    UNIT_TEST(an_unknown_kind_flag_or_slot_breaks_the_lane);
    UNIT_TEST(skip_records_without_end_break_the_lane);
    UNIT_TEST(a_skip_into_pinned_memory_breaks_the_lane);
    UNIT_TEST(random_bytes_in_the_whole_lane_never_hang_nor_fault);
    UNIT_TEST(ringing_more_often_than_asked_breaks_the_lane);
    UNIT_TEST(only_the_first_reason_counts);
    return UNIT_END();
}
