/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the interleaving tests of lanes share: a small lane with both ends, doorbells, and a
 * receiver that does what libs/alpc does for one lane. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "../model/model.h"
#include "lane/atomics.h"
#include "lane/consumer.h"
#include "lane/doorbell.h"
#include "lane/producer.h"
#include "lane/slot.h"
#include "unit.h"

#define WAKE_DEATH 1u
#define WAKE_OTHER 2u

struct world {
    struct lane_view view;
    struct lane_producer producer;
    struct lane_cursor cursor;
    struct slot_pool pool;
    struct doorbell_set bells;
    struct lane_wake wakes[2]; /* of process 0 (sender) and 1 (receiver) */
    int bell;
    uint32_t n_sent, n_taken, n_replies, n_seen, last_claimed, is_over;
    _Alignas(64) uint8_t memory[LANE_HEADER_BYTES + 1024 + 4096 + LANE_EXTENT_BYTES + 4096];
};

static const struct lane_geometry world_geometry = {1024, 1};

static inline void world_setup(void *state)
{
    struct world *w = state;
    struct lane_view *view = &w->view;

    memset(w, 0, offsetof(struct world, memory));
    lane_view_init(view, w->memory, &world_geometry);
    memset(w->memory, 0, sizeof(struct lane_header));
    memset(lane_ring(view, 0), 0, world_geometry.ring_size);
    memset(lane_slot(view, 0), 0, LANE_SLOT_BYTES);
    lane_format(view);
    spin_configure(0, 64);
    slot_pool_init(&w->pool, 1);
    if (doorbell_set_open(&w->bells) < 0)
        abort();
    w->bell = doorbell_new();
    if (doorbell_add(&w->bells, w->bell, 0) < 0)
        abort();
    producer_init(&w->producer, view, w->bell);
    cursor_init(&w->cursor, 0);
    for (int i = 0; i < 2; i++)
        wake_init(&w->wakes[i], doorbell_new());
}

/* The daemon after a death: the other side's threads are told. */
static inline void world_tell(void *state, unsigned process)
{
    struct world *w = state;

    wake_raise(&w->wakes[process == 0], WAKE_DEATH);
    doorbell_ring(w->bells.daemon_bell);
}

/* The next record, blocking as a receiver does. False: told that the sender is gone, and nothing
 * left. */
static inline bool world_receive(struct world *w, struct lane_record *ret_record)
{
    uint32_t lanes[4];

    for (;;) {
        bool is_dead = wake_peek(&w->wakes[1]) & WAKE_DEATH;
        enum lane_result result = cursor_peek(&w->view, &w->cursor, ret_record);
        MODEL_ASSERT(result != LANE_BROKEN);
        if (result == LANE_OK)
            return true;
        if (is_dead)
            return false;
        cursor_publish(&w->view, &w->cursor);
        cursor_raise(&w->view, &w->cursor);
        if (cursor_recheck(&w->view, &w->cursor))
            continue;
        result = doorbell_sleep(w->bells.outer, &w->wakes[1], SYS_FOREVER);
        MODEL_ASSERT(result != LANE_TIMEOUT);
        doorbell_clear(w->bells.outer);
        if (doorbell_read(w->bells.inner, lanes, 4))
            MODEL_ASSERT(cursor_note_ring(&w->cursor));
    }
}

/* Sends datagram `id` with data_size bytes that follow from it. */
static inline enum lane_result world_send(struct world *w, uint32_t id, uint32_t data_size)
{
    struct lane_message message = {.kind = LANE_DATAGRAM, .message_id = id, .data_size = data_size};
    uint64_t data[64];

    for (uint32_t i = 0; i < data_size / 8; i++)
        data[i] = id * 0x0101010101010101ull;
    return producer_send(&w->producer, &message, NULL, data);
}

/* The record is datagram n_taken + 1, whole. */
static inline void world_take(struct world *w, const struct lane_record *record)
{
    uint32_t id = record->message.message_id;

    MODEL_ASSERT(id == w->n_taken + 1);
    for (uint32_t i = 0; i < record->message.data_size / 8; i++) {
        uint64_t word;
        memcpy(&word, record_data(&w->view, record) + i * 8, 8);
        MODEL_ASSERT(word == id * 0x0101010101010101ull);
    }
    cursor_pop(&w->view, &w->cursor, record);
    w->n_taken++;
}

/* Explores and fails the test unless all passed. Prints the size of the exploration. */
static inline void world_explore(const struct model_scenario *scenario,
                                 struct model_options options)
{
    static struct world w;
    struct model_result result;

    model_explore(scenario, &options, &w, &result);
    ck_assert(model_has_passed(&result));
    if (options.n_kills)
        ck_assert_uint_gt(result.n_kills_done, 0);
    if (options.n_stops)
        ck_assert_uint_gt(result.n_stops_done, 0);
    if (options.n_timeouts)
        ck_assert_uint_gt(result.n_timeouts_done, 0);
    fprintf(stderr, "model: %llu runs, %llu steps\n", (unsigned long long)result.n_runs,
            (unsigned long long)result.n_steps);
}

/* With the guard of a race removed, the scheduler must find this outcome. */
static inline void world_finds(const struct model_scenario *scenario, struct model_options options,
                               enum hook_mutant mutant, enum model_outcome outcome)
{
    static struct world w;
    struct model_result result;

    options.mutant = mutant;
    model_explore(scenario, &options, &w, &result);
    if (result.outcome != outcome)
        model_has_passed(&result);
    ck_assert_int_eq(result.outcome, outcome);
    fprintf(stderr, "model: mutant found after %llu runs: %s\n", (unsigned long long)result.n_runs,
            result.what);
}
