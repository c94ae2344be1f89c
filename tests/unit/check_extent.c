/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Making and mapping lanes. */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lane/consumer.h"
#include "lane/extent.h"
#include "lane/producer.h"
#include "unit.h"

static const struct lane_geometry first = {LANE_RING_FIRST_BYTES, LANE_SLOTS_MAX};

START_TEST(a_geometry_must_be_a_bounded_power_of_two)
{
    ck_assert(geometry_is_valid(&first));
    ck_assert(!geometry_is_valid(&(struct lane_geometry){LANE_RING_FIRST_BYTES + 64, 1}));
    ck_assert(!geometry_is_valid(&(struct lane_geometry){0, 1}));
    ck_assert(!geometry_is_valid(&(struct lane_geometry){512, 1}));
    ck_assert(!geometry_is_valid(&(struct lane_geometry){LANE_RING_MAX_BYTES * 2, 1}));
    ck_assert(!geometry_is_valid(&(struct lane_geometry){LANE_RING_FIRST_BYTES, 65}));
    ck_assert_uint_eq(geometry_next_ring(LANE_RING_FIRST_BYTES), 2 * LANE_RING_FIRST_BYTES);
    ck_assert_uint_eq(geometry_next_ring(LANE_RING_MAX_BYTES), LANE_RING_MAX_BYTES);
}
END_TEST

START_TEST(areas_do_not_overlap_and_end_inside_the_file)
{
    static uint8_t base[1];
    struct lane_view view;

    lane_view_init(&view, base, &first);
    uint8_t *slots = (uint8_t *)lane_slot(&view, 0);
    ck_assert_ptr_eq(slots, lane_ring(&view, LANE_RING_FIRST_BYTES - 1) + 1);
    ck_assert(lane_extent(&view, 0) >=
              (uint8_t *)lane_slot(&view, LANE_SLOTS_MAX - 1) + LANE_SLOT_BYTES);
    ck_assert_uint_le(lane_extent(&view, LANE_SLOTS_MAX - 1) + LANE_EXTENT_BYTES - base,
                      geometry_size(&first));
}
END_TEST

START_TEST(two_mappings_of_a_lane_share_memory_and_a_new_lane_is_cold)
{
    int fd = lane_create(&first, "lane");
    struct lane_view a = {0}, b = {0};

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_int_eq(lane_map(fd, &first, &a), 0);
    ck_assert_int_eq(lane_map(fd, &first, &b), 0);
    close(fd);
    ck_assert_uint_eq(lane_header(&a)->magic, LANE_MAGIC);
    ck_assert_uint_eq(lane_header(&a)->consumer.need_wake & 1, 1);
    *lane_ring(&a, 64) = 42;
    ck_assert_uint_eq(*lane_ring(&b, 64), 42);
    lane_unmap(&a);
    lane_unmap(&a);
    lane_unmap(&b);
}
END_TEST

START_TEST(a_lane_has_been_used_once_something_was_published)
{
    const struct lane_message message = {.kind = LANE_DATAGRAM, .message_id = 1};
    int fd = lane_create(&first, "lane");
    struct lane_view view = {0};
    struct lane_producer producer;
    struct lane_cursor cursor;
    struct lane_record record;

    ck_assert_int_eq(lane_map(fd, &first, &view), 0);
    producer_init(&producer, &view, -1);
    cursor_init(&cursor, 0);
    ck_assert(!lane_was_used(fd));
    ck_assert_int_eq(producer_send(&producer, &message, NULL, NULL), LANE_OK);
    ck_assert(lane_was_used(fd));
    /* Up to the place where the first record's commit word is zero again. */
    for (uint32_t i = 1; i < first.ring_size / LANE_RECORD_BYTES; i++) {
        ck_assert_int_eq(cursor_peek(&view, &cursor, &record), LANE_OK);
        cursor_pop(&view, &cursor, &record);
        ck_assert_int_eq(producer_send(&producer, &message, NULL, NULL), LANE_OK);
    }
    ck_assert_uint_eq(*(uint64_t *)(void *)lane_ring(&view, 0), 0);
    ck_assert(lane_was_used(fd));
    ck_assert(lane_was_used(-1));
    lane_unmap(&view);
    close(fd);
}
END_TEST

START_TEST(a_lane_cannot_be_resized_nor_resealed)
{
    int fd = lane_create(&first, "lane");

    ck_assert_int_lt(ftruncate(fd, 4096), 0);
    ck_assert_int_lt(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);
    close(fd);
}
END_TEST

START_TEST(mapping_refuses_what_could_fault_later)
{
    struct lane_view view = {0};
    int fd = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    ck_assert_int_eq(ftruncate(fd, (off_t)geometry_size(&first)), 0);
    ck_assert_int_eq(lane_map(fd, &first, &view), -EINVAL);
    ck_assert_int_eq(ftruncate(fd, 4096), 0);
    ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    ck_assert_int_eq(lane_map(fd, &first, &view), -EINVAL);
    ck_assert_int_eq(lane_map(-1, &first, &view), -EBADF);
    ck_assert_ptr_null(view.base);
    close(fd);
}
END_TEST

START_TEST(an_untouched_lane_takes_one_page)
{
    int fd = lane_create(&first, "lane");
    struct stat file;

    ck_assert_int_eq(fstat(fd, &file), 0);
    ck_assert_int_le(file.st_blocks * 512, 4096);
    close(fd);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("extent");
    UNIT_TEST(a_geometry_must_be_a_bounded_power_of_two);
    UNIT_TEST(areas_do_not_overlap_and_end_inside_the_file);
    UNIT_TEST(two_mappings_of_a_lane_share_memory_and_a_new_lane_is_cold);
    UNIT_TEST(a_lane_has_been_used_once_something_was_published);
    UNIT_TEST(a_lane_cannot_be_resized_nor_resealed);
    UNIT_TEST(mapping_refuses_what_could_fault_later);
    UNIT_TEST(an_untouched_lane_takes_one_page);
    return UNIT_END();
}
