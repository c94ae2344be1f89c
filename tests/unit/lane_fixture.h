/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Both ends of a lane in one process, over memory of the test, with a guard page behind it. */
#pragma once

#include <string.h>
#include <sys/mman.h>

#include "lane/consumer.h"
#include "lane/producer.h"
#include "unit.h"

struct fixture {
    struct lane_view view;
    struct lane_producer producer;
    struct lane_cursor cursor;
};

static inline void fixture_init(struct fixture *f, uint32_t ring_size, uint32_t n_slots)
{
    struct lane_geometry geometry = {ring_size, n_slots};
    uint64_t size = geometry_size(&geometry);
    uint8_t *base =
        mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(base, MAP_FAILED);
    ck_assert_int_eq(mprotect(base + size, 4096, PROT_NONE), 0);
    lane_view_init(&f->view, base, &geometry);
    lane_format(&f->view);
    producer_init(&f->producer, &f->view, -1);
    cursor_init(&f->cursor, 0);
}

static inline void fixture_deinit(struct fixture *f)
{
    munmap(f->view.base, f->view.size + 4096);
}

/* A datagram with this id, filled with bytes that follow from it. */
static inline enum lane_result fixture_send(struct fixture *f, uint32_t id, uint32_t data_size)
{
    struct lane_message message = {.kind = LANE_DATAGRAM, .message_id = id, .data_size = data_size};
    static uint8_t data[LANE_DATA_MAX_BYTES];

    memset(data, (int)(id * 7 + 1), data_size);
    return producer_send(&f->producer, &message, NULL, data);
}

/* Takes the next record, which must be intact and this one. */
static inline void fixture_expect(struct fixture *f, uint32_t id, uint32_t data_size)
{
    struct lane_record record;
    uint32_t n_wrong = 0;

    ck_assert_int_eq(cursor_peek(&f->view, &f->cursor, &record), LANE_OK);
    ck_assert_uint_eq(record.message.message_id, id);
    ck_assert_uint_eq(record.message.data_size, data_size);
    for (uint32_t i = 0; i < data_size; i++)
        n_wrong += record_data(&f->view, &record)[i] != (uint8_t)(id * 7 + 1);
    ck_assert_uint_eq(n_wrong, 0); /* each assertion of Check is a system call */
    cursor_pop(&f->view, &f->cursor, &record);
}

static inline void fixture_expect_broken(struct fixture *f, enum lane_break reason)
{
    struct lane_record record;

    ck_assert_int_eq(cursor_peek(&f->view, &f->cursor, &record), LANE_BROKEN);
    ck_assert_int_eq(cursor_broken(&f->cursor), reason);
    ck_assert_int_eq(cursor_peek(&f->view, &f->cursor, &record), LANE_BROKEN);
}

static inline struct lane_record_header *fixture_header(struct fixture *f, uint64_t position)
{
    return (struct lane_record_header *)(void *)lane_ring(&f->view, position);
}
