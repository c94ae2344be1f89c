/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* All interleavings of a producer and a receiver of one lane, up to a bound: order, wholeness, no
 * lost wake-up, kill and stop at every hook of either side. For each guard, a run without it finds
 * the bug. */

#include "model_lane.h"

#define N_MESSAGES 2

static void produce(void *state)
{
    struct world *w = state;

    for (uint32_t id = 1; id <= N_MESSAGES; id++) {
        MODEL_ASSERT(world_send(w, id, 8 * (id % 2)) == LANE_OK);
        w->n_sent = id;
    }
}

static void consume(void *state)
{
    struct world *w = state;
    struct lane_record record;

    while (w->n_taken < N_MESSAGES && world_receive(w, &record))
        world_take(w, &record);
}

static void all_arrived(void *state)
{
    struct world *w = state;

    /* A record that was published before its sender died is received. */
    MODEL_ASSERT(w->n_taken == N_MESSAGES || model_killed());
    MODEL_ASSERT(w->n_taken >= w->n_sent || model_killed() & 2);
}

static const struct model_scenario datagrams = {
    .setup = world_setup,
    .threads = {{"consumer", 1, consume, false}, {"producer", 0, produce, false}},
    .on_death = world_tell,
    .check = all_arrived,
};

START_TEST(every_record_arrives_once_in_order_and_nobody_sleeps_for_ever)
{
    world_explore(&datagrams, (struct model_options){.n_preemptions = 5});
    world_explore(&datagrams, (struct model_options){.n_preemptions = 3, .n_delays = 2});
}
END_TEST

START_TEST(a_producer_killed_at_any_hook_leaves_whole_records_and_a_consumer_that_ends)
{
    world_explore(&datagrams,
                  (struct model_options){.n_preemptions = 3, .n_kills = 1, .killable = 1});
}
END_TEST

START_TEST(a_consumer_killed_at_any_hook_leaves_a_producer_that_ends)
{
    world_explore(&datagrams,
                  (struct model_options){.n_preemptions = 3, .n_kills = 1, .killable = 2});
}
END_TEST

START_TEST(an_end_stopped_at_any_hook_makes_the_other_wait_but_not_spin_or_fail)
{
    world_explore(&datagrams,
                  (struct model_options){.n_preemptions = 3, .n_stops = 1, .stoppable = 1});
    world_explore(&datagrams,
                  (struct model_options){.n_preemptions = 3, .n_stops = 1, .stoppable = 2});
}
END_TEST

START_TEST(without_the_recheck_a_wake_up_is_lost)
{
    world_finds(&datagrams, (struct model_options){.n_preemptions = 3}, MUTANT_no_recheck,
                MODEL_DEADLOCK);
}
END_TEST

START_TEST(without_the_barrier_between_commit_and_need_wake_a_wake_up_is_lost)
{
    world_finds(&datagrams, (struct model_options){.n_preemptions = 3, .n_delays = 1},
                MUTANT_no_publish_fence, MODEL_DEADLOCK);
}
END_TEST

START_TEST(without_the_barrier_between_raise_and_recheck_a_wake_up_is_lost)
{
    world_finds(&datagrams, (struct model_options){.n_preemptions = 3, .n_delays = 1},
                MUTANT_no_raise_fence, MODEL_DEADLOCK);
}
END_TEST

START_TEST(with_the_commit_word_written_first_a_torn_record_is_seen)
{
    world_finds(&datagrams, (struct model_options){.n_preemptions = 2}, MUTANT_early_commit,
                MODEL_FAILED);
}
END_TEST

/* --- a ring that is full and wraps, with payload that looks like commit words --- */

#define N_LAPS 9

static void produce_laps(void *state)
{
    struct world *w = state;
    struct lane_message message = {.kind = LANE_DATAGRAM, .data_size = 256};
    uint64_t data[32];

    for (uint32_t id = 1; id <= N_LAPS; id++) {
        enum lane_result result;
        message.message_id = id;
        message.data_size = id % 2 ? 256 : 128;
        while ((result = producer_wait(&w->producer, 0, message.data_size, &w->wakes[0],
                                       SYS_FOREVER)) == LANE_OK) {
            for (uint64_t i = 0; i < 32; i++)
                data[i] = w->producer.head + LANE_RECORD_BYTES + i * 8 + 1024 + 1;
            result = producer_send(&w->producer, &message, NULL, data);
            if (result != LANE_FULL)
                break;
        }
        if (result == LANE_WOKEN)
            return;
        MODEL_ASSERT(result == LANE_OK);
        w->n_sent = id;
    }
}

static void consume_laps(void *state)
{
    struct world *w = state;
    struct lane_record record;

    while (w->n_taken < N_LAPS && world_receive(w, &record)) {
        MODEL_ASSERT(record.message.message_id == w->n_taken + 1);
        MODEL_ASSERT(record.message.data_size == (record.message.message_id % 2 ? 256 : 128));
        cursor_pop(&w->view, &w->cursor, &record);
        w->n_taken++;
    }
}

static void laps_arrived(void *state)
{
    struct world *w = state;

    MODEL_ASSERT(w->n_taken == N_LAPS || model_killed());
}

static const struct model_scenario laps = {
    .setup = world_setup,
    .threads = {{"producer", 0, produce_laps, false}, {"consumer", 1, consume_laps, false}},
    .on_death = world_tell,
    .check = laps_arrived,
};

START_TEST(a_full_ring_is_waited_for_and_wraps)
{
    world_explore(&laps, (struct model_options){.n_preemptions = 2});
    world_explore(&laps, (struct model_options){.n_preemptions = 1, .n_delays = 1});
}
END_TEST

START_TEST(an_end_of_a_full_ring_may_be_killed_or_stopped_anywhere)
{
    world_explore(&laps, (struct model_options){.n_preemptions = 1, .n_kills = 1, .killable = 3});
    world_explore(&laps, (struct model_options){.n_preemptions = 1, .n_stops = 1, .stoppable = 3});
}
END_TEST

START_TEST(without_zeroing_old_payload_is_taken_for_a_record)
{
    world_finds(&laps, (struct model_options){.n_preemptions = 1}, MUTANT_no_zeroing, MODEL_FAILED);
}
END_TEST

START_TEST(without_the_second_look_for_space_a_wake_up_is_lost)
{
    world_finds(&laps, (struct model_options){.n_preemptions = 2}, MUTANT_no_space_recheck,
                MODEL_DEADLOCK);
}
END_TEST

/* --- the rig itself --- */

static uint32_t n_kept;

/* Differs from run to run, since nothing resets n_kept. */
static void keep(void *state)
{
    struct world *w = state;

    for (uint32_t i = 0; i < n_kept; i++)
        (void)atom_load(&w->n_sent);
    n_kept++;
}

START_TEST(a_scenario_that_keeps_state_is_refused)
{
    struct model_scenario leaky = datagrams;
    struct model_options options = {.n_preemptions = 1};
    struct model_result result;
    static struct world w;

    leaky.threads[2] = (struct model_thread){"keep", 2, keep, false};
    model_explore(&leaky, &options, &w, &result);
    ck_assert_int_eq(result.outcome, MODEL_UNSOUND);
}
END_TEST

START_TEST(an_exploration_that_was_cut_short_does_not_count_as_passed)
{
    struct model_options options = {.n_preemptions = 2, .max_runs = 3};
    struct model_result result;
    static struct world w;

    model_explore(&datagrams, &options, &w, &result);
    ck_assert_int_eq(result.outcome, MODEL_PASSED);
    ck_assert(!result.is_complete);
    ck_assert(!model_has_passed(&result));
}
END_TEST

static void spin_for_ever(void *state)
{
    struct world *w = state;

    while (!atom_load(&w->is_over))
        ;
}

START_TEST(a_loop_without_end_is_found)
{
    struct model_scenario endless = {.setup = world_setup,
                                     .threads = {{"spinner", 0, spin_for_ever, false}}};
    struct model_options options = {0};
    struct model_result result;
    static struct world w;

    model_explore(&endless, &options, &w, &result);
    ck_assert_int_eq(result.outcome, MODEL_LIVELOCK);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("model_lane");
    UNIT_TEST(every_record_arrives_once_in_order_and_nobody_sleeps_for_ever);
    UNIT_TEST(a_producer_killed_at_any_hook_leaves_whole_records_and_a_consumer_that_ends);
    UNIT_TEST(a_consumer_killed_at_any_hook_leaves_a_producer_that_ends);
    UNIT_TEST(an_end_stopped_at_any_hook_makes_the_other_wait_but_not_spin_or_fail);
    UNIT_TEST(without_the_recheck_a_wake_up_is_lost);
    UNIT_TEST(without_the_barrier_between_commit_and_need_wake_a_wake_up_is_lost);
    UNIT_TEST(without_the_barrier_between_raise_and_recheck_a_wake_up_is_lost);
    UNIT_TEST(with_the_commit_word_written_first_a_torn_record_is_seen);
    UNIT_TEST(a_full_ring_is_waited_for_and_wraps);
    UNIT_TEST(an_end_of_a_full_ring_may_be_killed_or_stopped_anywhere);
    UNIT_TEST(without_zeroing_old_payload_is_taken_for_a_record);
    UNIT_TEST(without_the_second_look_for_space_a_wake_up_is_lost);
    UNIT_TEST(a_scenario_that_keeps_state_is_refused);
    UNIT_TEST(an_exploration_that_was_cut_short_does_not_count_as_passed);
    UNIT_TEST(a_loop_without_end_is_found);
    return UNIT_END();
}
