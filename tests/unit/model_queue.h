/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the interleaving tests of the queue share: a small port with two holders (processes 2 and
 * 3), the daemon's keeper and two senders (processes 0 and 1), in memory that is put back to the
 * same bytes before each run. Lanes are mapped. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "../model/model.h"
#include "alpc/keeper.h"
#include "alpc/take.h"
#include "alpc/view.h"
#include "alpc_sound.h"
#include "lane/atomics.h"
#include "lane/doorbell.h"
#include "unit.h"

#define QUEUE_LANE_BYTES  (LANE_HEADER_BYTES + 1024 + 4096)
#define QUEUE_MEMORY_MAX  (160u * 1024)
#define QUEUE_FIRST_ID(i) (1000u * ((i) + 1))

struct queue_world {
    struct port_keeper keeper;
    struct port_view views[2];
    struct doorbell_set bells;
    struct lane_wake wake;
    struct lane_producer senders[2];
    uint32_t connections[2], generations[2], next_id[2];
    uint64_t published[2]; /* position behind what is certainly published */
    uint32_t event;
    uint32_t effect_id; /* the message that is caused by all that sender 0 has sent before */
    uint32_t n_received[2], last_id[2];
    uint32_t n_canceled, n_answered, n_closed, n_packets, n_blocked;
    uint32_t lane_generations[4], connection_generations[4];
    struct port_lane_map maps[2][4];
    _Alignas(64) uint8_t lanes[2][QUEUE_LANE_BYTES];
    _Alignas(4096) uint8_t memory[QUEUE_MEMORY_MAX];
};

static const struct lane_geometry queue_lane = {1024, 0};

static unsigned queue_read_inner(void *context, uint32_t *ret_lanes, unsigned max)
{
    return doorbell_read(((struct queue_world *)context)->bells.inner, ret_lanes, max);
}

static void queue_clear_outer(void *context)
{
    doorbell_clear(((struct queue_world *)context)->bells.outer);
}

static void queue_ring_bell(void *context)
{
    doorbell_ring(((struct queue_world *)context)->bells.port_bell);
}

static void queue_lane_broken(void *context, uint32_t lane, uint32_t process_id,
                              enum lane_break reason)
{
    (void)context, (void)lane, (void)process_id, (void)reason;
    MODEL_ASSERT(!"a lane was broken");
}

static const struct port_ops queue_ops = {queue_read_inner, queue_clear_outer, queue_ring_bell,
                                          queue_lane_broken};

/* The parts that port_view_init would allocate. */
static inline void queue_setup_view(struct queue_world *w, unsigned i)
{
    struct port_view *view = &w->views[i];
    struct lane_view mapped;

    view->at = w->keeper.at;
    view->ops = &queue_ops;
    view->context = w;
    view->holder = i;
    view->lanes = w->maps[i];
    view->at.memory->holders[i].process_id = 102 + i;
    const struct lane_geometry ring = {.ring_size = w->keeper.at.geometry.ring_size, .n_slots = 0};
    lane_view_init(&view->lanes[0].view, view->at.ring, &ring);
    for (unsigned lane = 1; lane <= 2; lane++) {
        lane_view_init(&mapped, w->lanes[lane - 1], &queue_lane);
        view->lanes[lane].view = mapped;
        view->lanes[lane].generation = 1;
    }
}

static inline void queue_setup_sender(struct queue_world *w, unsigned i)
{
    struct lane_view view;
    struct port_lane_grant grant = {.process_id = 100 + i,
                                    .sender = 1 + i,
                                    .geometry = queue_lane,
                                    .lease = {.first_id = QUEUE_FIRST_ID(i), .n_ids = 100}};
    struct port_connect connect = {.process_id = 100 + i, .sender = 1 + i};
    uint32_t lane, generation;
    int bell = doorbell_new();

    memset(w->lanes[i], 0, sizeof(w->lanes[i]));
    lane_view_init(&view, w->lanes[i], &queue_lane);
    lane_format(&view);
    producer_init(&w->senders[i], &view, bell);
    if (port_keeper_grant_lane(&w->keeper, &grant, &lane, &generation) != STATUS_SUCCESS ||
        lane != i + 1 ||
        port_keeper_connect(&w->keeper, &connect, &w->connections[i], &w->generations[i]) !=
            STATUS_SUCCESS)
        abort();
    port_keeper_open(&w->keeper, w->connections[i]);
    if (doorbell_add(&w->bells, bell, lane) < 0)
        abort();
    w->next_id[i] = QUEUE_FIRST_ID(i);
}

static inline void queue_setup_nodes(struct queue_world *w, uint32_t n_nodes)
{
    const struct port_geometry geometry = {4, 4, n_nodes, 4, 64, 1024};
    uint64_t size = port_memory_size(&geometry);

    memset(w, 0, offsetof(struct queue_world, lanes));
    if (!size || size > sizeof(w->memory))
        abort();
    memset(w->memory, 0, size - geometry.n_blocks * PORT_BLOCK_BYTES);
    if (doorbell_set_open(&w->bells) < 0 ||
        port_keeper_init(&w->keeper, w->memory, &geometry, 1, 0) != STATUS_SUCCESS)
        abort();
    w->keeper.lane_generations = w->lane_generations;
    w->keeper.connection_generations = w->connection_generations;
    w->keeper.n_lane_slots = w->keeper.n_connection_slots = 4;
    wake_init(&w->wake, doorbell_new());
    queue_setup_sender(w, 0);
    queue_setup_sender(w, 1);
    queue_setup_view(w, 0);
    queue_setup_view(w, 1);
}

static inline void queue_setup(void *state)
{
    queue_setup_nodes(state, 8);
}

static inline void queue_setup_scarce(void *state)
{
    queue_setup_nodes(state, 1);
}

static inline void queue_setup_completion(void *state)
{
    struct queue_world *w = state;

    queue_setup_nodes(state, 8);
    w->keeper.at.memory->has_completion = w->keeper.at.memory->n_watchers = 1;
}

static inline void queue_send_about(struct queue_world *w, unsigned i, uint16_t kind,
                                    uint16_t flags, uint32_t id)
{
    const struct lane_message message = {.kind = kind,
                                         .flags = flags,
                                         .message_id = id,
                                         .callback_id = id + 5,
                                         .connection = w->connections[i],
                                         .connection_generation = w->generations[i],
                                         .data_size = kind == LANE_CANCEL ? 0 : 8};
    const uint64_t data = id * UINT64_C(0x100000001);

    MODEL_ASSERT(producer_send(&w->senders[i], &message, NULL, &data) == LANE_OK);
    w->published[i] = w->senders[i].head;
}

static inline uint32_t queue_send(struct queue_world *w, unsigned i, uint16_t kind, uint16_t flags)
{
    uint32_t id = w->next_id[i]++;

    queue_send_about(w, i, kind, flags, id);
    return id;
}

/* Receives as libs/portico does, sleeping for ever if need be. */
static inline bool queue_receive(struct queue_world *w, unsigned holder,
                                 struct port_message *message)
{
    struct port_receive_args args = {.capacity = 64, .may_wait = true};
    enum port_result result;

    while ((result = port_receive(&w->views[holder], &args, message)) == PORT_WAIT) {
        MODEL_ASSERT(doorbell_sleep(w->bells.outer, &w->wake, SYS_FOREVER) == LANE_OK);
        args.was_waiting = true;
    }
    MODEL_ASSERT(result == PORT_RECEIVED);
    return true;
}

/* Notes a received message: whole, the next of its sender (one receiver thread a lane sees them in
 * order; with several the set is checked), and, for an effect, after its causes were taken. */
static inline void queue_note(struct queue_world *w, const struct port_message *message)
{
    unsigned i = message->message_id >= QUEUE_FIRST_ID(1);
    uint64_t data;

    memcpy(&data, message->data, sizeof(data));
    MODEL_ASSERT(message->data_length == 8 && data == message->message_id * UINT64_C(0x100000001));
    uint32_t bit = 1u << (message->message_id - QUEUE_FIRST_ID(i));
    MODEL_ASSERT(!(w->last_id[i] & bit));
    w->last_id[i] |= bit;
    w->n_received[i]++;
    if (message->message_id == w->effect_id)
        MODEL_ASSERT(w->keeper.at.lanes[1].cursor.next >= w->published[0]);
}

static inline void queue_holder_died(void *state, unsigned process)
{
    struct queue_world *w = state;

    port_keeper_holder_died(&w->keeper, 100 + process);
    doorbell_ring(w->bells.daemon_bell);
}

static inline void queue_sender_died(void *state, unsigned process)
{
    struct queue_world *w = state;

    port_keeper_lane_died(&w->keeper, process + 1);
    port_keeper_close(&w->keeper, w->connections[process], 0, sys_now_ns());
    doorbell_ring(w->bells.daemon_bell);
}

/* For each scenario's check: port memory is sound. */
static inline void queue_check_sound(const struct queue_world *w)
{
    const char *what = sound_check(&w->views[0]);

    if (what)
        fprintf(stderr, "not sound: %s\n", what);
    MODEL_ASSERT(!what);
}

static inline void queue_explore(const struct model_scenario *scenario,
                                 struct model_options options)
{
    static struct queue_world w;
    struct model_result result;

    model_explore(scenario, &options, &w, &result);
    fprintf(stderr, "model: %llu runs, %llu steps\n", (unsigned long long)result.n_runs,
            (unsigned long long)result.n_steps);
    ck_assert(model_has_passed(&result));
    if (options.n_kills)
        ck_assert_uint_gt(result.n_kills_done, 0);
}

/* With the guard removed a message is never received: the receivers are services, so check finds
 * it. */
static inline void queue_finds(const struct model_scenario *scenario, struct model_options options,
                               enum hook_mutant mutant)
{
    static struct queue_world w;
    struct model_result result;

    options.mutant = mutant;
    model_explore(scenario, &options, &w, &result);
    ck_assert_int_eq(result.outcome, MODEL_FAILED);
    fprintf(stderr, "model: mutant found after %llu runs\n", (unsigned long long)result.n_runs);
}

/* ---- bodies of threads ---- */

static inline void queue_send_first(void *state)
{
    struct queue_world *w = state;

    queue_send(w, 0, LANE_DATAGRAM, LANE_RELEASE);
    queue_send(w, 0, LANE_DATAGRAM, LANE_RELEASE);
    atom_store(&w->event, 1u);
}

/* What it sends is caused by what the first has sent. */
static inline void queue_send_effect(void *state)
{
    struct queue_world *w = state;

    model_wait_for(&w->event);
    w->effect_id = w->next_id[1];
    queue_send(w, 1, LANE_DATAGRAM, LANE_RELEASE);
}

static inline void queue_receive_all(void *state)
{
    struct queue_world *w = state;
    struct port_message message;

    while (queue_receive(w, 0, &message))
        queue_note(w, &message);
}

static inline void queue_receive_all_second(void *state)
{
    struct queue_world *w = state;
    struct port_message message;

    while (queue_receive(w, 1, &message))
        queue_note(w, &message);
}
