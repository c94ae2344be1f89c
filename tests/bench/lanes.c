/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* libs/lane as libs/alpc drives it, and nothing above: a lane one way, a slot the other, a robust
 * mutex, stamps, doorbells. What stands between this and `hinted` is what distrust costs; what
 * stands between this and `portico` is what the API costs. */

#include <string.h>

#include "bench.h"
#include "lane/atomics.h"
#include "lane/consumer.h"
#include "lane/doorbell.h"
#include "lane/lock.h"
#include "lane/producer.h"
#include "lane/slot.h"
#include "transport.h"

/* Either end's own lines: they share none, as in the product. */
struct lane_bench {
    struct lane_view view; /* read by both */
    struct doorbell_set bells;
    _Alignas(128) struct robust_lock lock; /* receiver */
    struct lane_cursor cursor;
    struct spin_site site;
    _Alignas(128) struct lane_producer producer; /* sender */
    struct slot_pool pool;
    struct lane_wake wake;
};

static void *lane_make(void)
{
    static const struct lane_geometry geometry = {LANE_RING_FIRST_BYTES, 4};
    struct lane_bench *b = bench_shared(sizeof(*b));
    int fd = lane_create(&geometry, "roundtrip"), bell = doorbell_new();

    if (fd < 0 || lane_map(fd, &geometry, &b->view) < 0 || doorbell_set_open(&b->bells) < 0 ||
        doorbell_add(&b->bells, bell, 0) < 0)
        bench_fail("no lane");
    lock_init(&b->lock);
    cursor_init(&b->cursor, 0);
    producer_init(&b->producer, &b->view, bell);
    slot_pool_init(&b->pool, geometry.n_slots);
    wake_init(&b->wake, doorbell_new());
    spin_site_init(&b->site);
    return b;
}

/* Takes the next record and copies its payload; LANE_EMPTY: none. */
static enum lane_result take_record(struct lane_bench *b, struct lane_record *record,
                                    bool will_sleep)
{
    uint32_t lanes[4];

    if (lock_take(&b->lock) != LOCK_TAKEN)
        bench_fail("lock");
    enum lane_result result = cursor_peek(&b->view, &b->cursor, record);
    if (result == LANE_OK) {
        memcpy(payload_in, record_data(&b->view, record), record->message.data_size);
        cursor_pop(&b->view, &b->cursor, record);
    } else if (will_sleep) {
        if (doorbell_read(b->bells.inner, lanes, 4))
            cursor_note_ring(&b->cursor);
        cursor_publish(&b->view, &b->cursor);
        cursor_raise(&b->view, &b->cursor);
        if (cursor_recheck(&b->view, &b->cursor))
            result = LANE_WOKEN; /* look again */
    }
    lock_drop(&b->lock);
    return result;
}

/* Blocks until a record was taken. */
static void receive(struct lane_bench *b, struct lane_record *record)
{
    enum lane_result result = take_record(b, record, false);

    while (result != LANE_OK) {
        struct spin spin;
        bool slept = false;
        spin_begin(&spin, &b->site, b->cursor.peer_cpu);
        while (!cursor_glance(&b->view, &b->cursor) && spin_step(&spin))
            ;
        result = take_record(b, record, !cursor_glance(&b->view, &b->cursor));
        if (result == LANE_EMPTY) {
            slept = true;
            if (doorbell_sleep(b->bells.outer, &b->wake, SYS_FOREVER) != LANE_OK)
                bench_fail("sleep");
            result = take_record(b, record, false);
        }
        spin_end(&spin, slept, result == LANE_OK ? record->stamp_ns : 0);
    }
}

static void lane_serve(void *state)
{
    struct lane_bench *b = state;
    struct lane_record record;

    for (;;) {
        struct slot_reply reply = {
            .kind = LANE_CONTINUATION, .flags = LANE_RELEASE, .data_size = payload_size};
        uint32_t slot;
        receive(b, &record);
        slot = record.message.slot - 1;
        if (slot_claim(&b->view, slot, record.message.slot_word) != LANE_OK)
            bench_fail("claim");
        reply.message_id = record.message.message_id;
        reply.in_extent = !slot_fits_inline(0, payload_size);
        memcpy(slot_areas(&b->view, slot, reply.in_extent), payload_in, payload_size);
        if (slot_finish(&b->view, slot, record.message.slot_word, &reply) != LANE_OK)
            bench_fail("finish");
    }
}

static void lane_ask(void *state, uint32_t i)
{
    struct lane_bench *b = state;
    struct slot_reply reply;
    int slot = slot_acquire(&b->pool, &b->view);
    uint32_t index = (uint32_t)slot, word = slot_arm(&b->pool, &b->view, index);
    const struct lane_message message = {.kind = LANE_REQUEST,
                                         .flags = LANE_SYNC,
                                         .message_id = i + 1,
                                         .slot = index + 1,
                                         .slot_word = word,
                                         .data_size = payload_size};

    if (producer_send(&b->producer, &message, NULL, payload_out) != LANE_OK ||
        slot_wait(&b->pool, &b->view, index, word, &b->wake, SYS_FOREVER) != LANE_OK ||
        slot_read(&b->view, index, &reply) != LANE_OK || reply.message_id != i + 1)
        bench_fail("exchange");
    memcpy(payload_in, slot_areas(&b->view, index, reply.in_extent), reply.data_size);
    slot_release(&b->pool, index);
}

const struct transport transport_lane = {
    .name = "lane", .make = lane_make, .serve = lane_serve, .ask = lane_ask};
