/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* All interleavings of a requester and a replier of one slot, up to a bound: each exchange gets its
 * own reply, giving up and replying decide once, nobody sleeps for ever, kill and stop at every
 * hook. */

#include "model_lane.h"

#define N_EXCHANGES 2
#define WORDS       3 /* of a reply: so that a torn or foreign one shows */

static enum lane_result send_request(struct world *w, uint32_t id, uint32_t index, uint32_t word)
{
    const struct lane_message message = {.kind = LANE_REQUEST,
                                         .flags = LANE_SYNC,
                                         .message_id = id,
                                         .slot = index + 1,
                                         .slot_word = word};

    return producer_send(&w->producer, &message, NULL, NULL);
}

static void check_reply(struct world *w, uint32_t index, uint32_t id)
{
    struct slot_reply reply;

    MODEL_ASSERT(slot_read(&w->view, index, &reply) == LANE_OK);
    MODEL_ASSERT(reply.message_id == id && reply.data_size == 8 * WORDS);
    const uint64_t *words = (const void *)slot_areas(&w->view, index, reply.in_extent);
    for (int i = 0; i < WORDS; i++)
        MODEL_ASSERT(words[i] == id * 3ull + 1);
    w->n_replies++;
}

static void give_up(struct world *w, uint32_t id, uint32_t index, uint32_t word)
{
    const struct lane_message cancel = {
        .kind = LANE_CANCEL, .message_id = id, .slot = index + 1, .slot_word = word};
    enum lane_result result = slot_abandon(&w->view, index, word);

    MODEL_ASSERT(result != LANE_BROKEN);
    if (result == LANE_GONE)
        MODEL_ASSERT(producer_send(&w->producer, &cancel, NULL, NULL) == LANE_OK);
    slot_quarantine(&w->pool, index);
}

/* One exchange: true unless this thread was told that the replier is dead. */
static bool exchange(struct world *w, uint32_t id, uint64_t deadline_ns)
{
    int index;

    /* The only slot may be in quarantine: its return is awaited by asking again after the next
     * reply. */
    if ((index = slot_acquire(&w->pool, &w->view)) < 0)
        return true;
    uint32_t slot = (uint32_t)index, word = slot_arm(&w->pool, &w->view, slot);
    MODEL_ASSERT(send_request(w, id, slot, word) == LANE_OK);
    w->n_sent++;
    enum lane_result result = slot_wait(&w->pool, &w->view, slot, word, &w->wakes[0], deadline_ns);
    if (result == LANE_OK) {
        check_reply(w, slot, id);
        slot_release(&w->pool, slot);
        return true;
    }
    MODEL_ASSERT(result == LANE_WOKEN || (result == LANE_TIMEOUT && deadline_ns != SYS_FOREVER));
    give_up(w, id, slot, word);
    return result == LANE_TIMEOUT;
}

static void request(void *state)
{
    struct world *w = state;

    for (uint32_t id = 1; id <= N_EXCHANGES; id++)
        if (!exchange(w, id, SYS_FOREVER))
            break;
    w->is_over = 1;
}

static void request_impatiently(void *state)
{
    struct world *w = state;

    for (uint32_t id = 1; id <= N_EXCHANGES; id++)
        if (!exchange(w, id, 1))
            break;
}

static void answer_one(struct world *w, const struct lane_record *record)
{
    const struct lane_message *message = &record->message;
    struct slot_reply reply = {.kind = LANE_CONTINUATION,
                               .flags = LANE_RELEASE,
                               .message_id = message->message_id,
                               .data_size = 8 * WORDS};
    enum lane_result result = slot_claim(&w->view, message->slot - 1, message->slot_word);

    MODEL_ASSERT(result == LANE_OK || result == LANE_GONE);
    if (result == LANE_GONE)
        return;
    w->last_claimed = message->message_id == N_EXCHANGES;
    uint64_t *words = (void *)slot_areas(&w->view, message->slot - 1, false);
    for (int i = 0; i < WORDS; i++) {
        words[i] = message->message_id * 3ull + 1;
        HOOK(writing_a_reply);
    }
    MODEL_ASSERT(slot_finish(&w->view, message->slot - 1, message->slot_word, &reply) == LANE_OK);
}

static void answer(void *state)
{
    struct world *w = state;
    struct lane_record record;

    while (world_receive(w, &record)) {
        cursor_pop(&w->view, &w->cursor, &record);
        w->n_taken++;
        if (record.message.kind == LANE_REQUEST)
            answer_one(w, &record);
        else
            MODEL_ASSERT(slot_return(&w->view, record.message.slot - 1, record.message.slot_word) !=
                         LANE_BROKEN);
    }
}

static void all_answered(void *state)
{
    struct world *w = state;

    MODEL_ASSERT(w->n_replies == N_EXCHANGES || model_killed());
}

static const struct model_scenario exchanges = {
    .setup = world_setup,
    .threads = {{"replier", 1, answer, true}, {"requester", 0, request, false}},
    .on_death = world_tell,
    .check = all_answered,
};

START_TEST(every_exchange_gets_its_own_whole_reply)
{
    world_explore(&exchanges, (struct model_options){.n_preemptions = 3});
    world_explore(&exchanges, (struct model_options){.n_preemptions = 1, .n_delays = 2});
    world_explore(&exchanges, (struct model_options){.n_preemptions = 2, .n_delays = 1});
}
END_TEST

START_TEST(a_requester_killed_at_any_hook_leaves_a_replier_that_ends)
{
    world_explore(&exchanges,
                  (struct model_options){.n_preemptions = 2, .n_kills = 1, .killable = 1});
}
END_TEST

START_TEST(a_replier_killed_at_any_hook_leaves_a_requester_that_is_told)
{
    world_explore(&exchanges,
                  (struct model_options){.n_preemptions = 2, .n_kills = 1, .killable = 2});
}
END_TEST

START_TEST(an_end_stopped_at_any_hook_is_waited_for)
{
    world_explore(&exchanges,
                  (struct model_options){.n_preemptions = 2, .n_stops = 1, .stoppable = 1});
    world_explore(&exchanges,
                  (struct model_options){.n_preemptions = 2, .n_stops = 1, .stoppable = 2});
}
END_TEST

START_TEST(without_the_barrier_between_reply_and_sleeping_a_requester_sleeps_for_ever)
{
    world_finds(&exchanges, (struct model_options){.n_preemptions = 2, .n_delays = 1},
                MUTANT_no_finish_fence, MODEL_DEADLOCK);
}
END_TEST

/* --- giving up --- */

static const struct model_scenario impatient = {
    .setup = world_setup,
    .threads = {{"replier", 1, answer, true}, {"requester", 0, request_impatiently, false}},
    .on_death = world_tell,
};

START_TEST(giving_up_and_replying_decide_once_and_no_reply_reaches_another_exchange)
{
    world_explore(&impatient, (struct model_options){.n_preemptions = 1, .n_timeouts = 2});
    world_explore(&impatient, (struct model_options){.n_preemptions = 2, .n_timeouts = 1});
}
END_TEST

START_TEST(an_end_killed_while_the_other_gives_up_harms_nobody)
{
    world_explore(
        &impatient,
        (struct model_options){.n_preemptions = 1, .n_timeouts = 1, .n_kills = 1, .killable = 3});
}
END_TEST

/* --- no slot --- */

/* As outbound_ids.c waits when the lane may not grow. */
static uint32_t slot_get(struct world *w)
{
    for (;;) {
        uint32_t seen = slot_expect(&w->pool, &w->view);
        int index = slot_acquire(&w->pool, &w->view);

        if (index >= 0)
            return (uint32_t)index;
        MODEL_ASSERT(slot_wait_any(&w->view, seen, &w->wakes[0], SYS_FOREVER) == LANE_OK);
    }
}

/* Gives the only slot's first exchange up at once, in quarantine it is waited for. */
static void request_twice(void *state)
{
    struct world *w = state;

    for (uint32_t id = 1; id <= N_EXCHANGES; id++) {
        uint32_t slot = slot_get(w), word = slot_arm(&w->pool, &w->view, slot);

        MODEL_ASSERT(send_request(w, id, slot, word) == LANE_OK);
        if (id < N_EXCHANGES) {
            give_up(w, id, slot, word);
            continue;
        }
        MODEL_ASSERT(slot_wait(&w->pool, &w->view, slot, word, &w->wakes[0], SYS_FOREVER) ==
                     LANE_OK);
        check_reply(w, slot, id);
    }
}

static const struct model_scenario without_slots = {
    .setup = world_setup,
    .threads = {{"replier", 1, answer, true}, {"requester", 0, request_twice, false}},
};

START_TEST(a_requester_without_a_slot_is_woken_by_the_return_of_one_in_quarantine)
{
    world_explore(&without_slots, (struct model_options){.n_preemptions = 3});
    world_explore(&without_slots, (struct model_options){.n_preemptions = 1, .n_delays = 2});
}
END_TEST

START_TEST(without_the_mark_on_slots_in_quarantine_it_sleeps_for_ever)
{
    world_finds(&without_slots, (struct model_options){.n_preemptions = 2}, MUTANT_no_slot_mark,
                MODEL_DEADLOCK);
}
END_TEST

/* --- two requesters, one slot --- */

/* As outbound_ids.c gives a slot back while others may wait for one. */
static void slot_put(struct world *w, uint32_t slot)
{
    slot_release(&w->pool, slot);
    slot_tell(&w->view);
}

/* Gives the slot up, then wants one again and uses it for nothing. */
static void give_up_and_want(void *state)
{
    struct world *w = state;
    uint32_t slot = slot_get(w), word = slot_arm(&w->pool, &w->view, slot);

    MODEL_ASSERT(send_request(w, 1, slot, word) == LANE_OK);
    give_up(w, 1, slot, word);
    atom_store(&w->n_seen, 1);
    slot = slot_get(w);
    slot_withdraw(&w->view, slot, slot_arm(&w->pool, &w->view, slot));
    slot_put(w, slot);
}

/* Takes it from quarantine for an exchange of its own. */
static void use_what_was_given_up(void *state)
{
    struct world *w = state;

    model_wait_for(&w->n_seen);
    uint32_t slot = slot_get(w), word = slot_arm(&w->pool, &w->view, slot);
    MODEL_ASSERT(send_request(w, N_EXCHANGES, slot, word) == LANE_OK);
    MODEL_ASSERT(slot_wait(&w->pool, &w->view, slot, word, &w->wakes[0], SYS_FOREVER) == LANE_OK);
    check_reply(w, slot, N_EXCHANGES);
    slot_put(w, slot);
}

/* Gives that up too, while it is answered. */
static void give_up_again(void *state)
{
    struct world *w = state;

    model_wait_for(&w->n_seen);
    uint32_t slot = slot_get(w), word = slot_arm(&w->pool, &w->view, slot);
    MODEL_ASSERT(send_request(w, N_EXCHANGES, slot, word) == LANE_OK);
    model_wait_for(&w->last_claimed);
    give_up(w, N_EXCHANGES, slot, word);
    slot_tell(&w->view);
}

static const struct model_scenario wanted = {
    .setup = world_setup,
    .threads = {{"replier", 1, answer, true},
                {"first", 0, give_up_and_want, false},
                {"second", 0, use_what_was_given_up, false}},
};

static const struct model_scenario given_up_twice = {
    .setup = world_setup,
    .threads = {{"replier", 1, answer, true},
                {"first", 0, give_up_and_want, false},
                {"second", 0, give_up_again, false}},
};

START_TEST(who_wants_a_slot_takes_nobodys_wake_from_one_that_is_in_use_again)
{
    world_explore(&wanted, (struct model_options){.n_preemptions = 2});
}
END_TEST

START_TEST(a_late_look_at_a_quarantine_does_not_end_the_next_one)
{
    world_explore(&given_up_twice, (struct model_options){.n_preemptions = 2});
}
END_TEST

/* --- two repliers --- */

/* The first replier takes the first request and is slow; the second one takes what follows. */
static void answer_first(void *state)
{
    struct world *w = state;
    struct lane_record record;

    MODEL_ASSERT(world_receive(w, &record));
    cursor_pop(&w->view, &w->cursor, &record);
    atom_store(&w->n_seen, 1);
    answer_one(w, &record);
}

static void answer_rest(void *state)
{
    struct world *w = state;

    model_wait_for(&w->n_seen);
    answer(state);
}

static const struct model_scenario two_repliers = {
    .setup = world_setup,
    .threads = {{"replier", 1, answer_first, false},
                {"second", 1, answer_rest, true},
                {"requester", 0, request_impatiently, false}},
};

START_TEST(a_slow_replier_and_the_return_of_its_slot_by_another_do_not_mix)
{
    world_explore(&two_repliers, (struct model_options){.n_preemptions = 2, .n_timeouts = 1});
}
END_TEST

START_TEST(a_reply_without_a_claim_reaches_another_exchange)
{
    world_finds(&two_repliers, (struct model_options){.n_preemptions = 2, .n_timeouts = 1},
                MUTANT_no_claim, MODEL_FAILED);
}
END_TEST

START_TEST(an_abandoned_slot_used_again_at_once_gets_a_foreign_reply_or_breaks)
{
    world_finds(&two_repliers, (struct model_options){.n_preemptions = 2, .n_timeouts = 1},
                MUTANT_reuse_abandoned, MODEL_FAILED);
    world_finds(&impatient, (struct model_options){.n_preemptions = 2, .n_timeouts = 2},
                MUTANT_reuse_abandoned, MODEL_FAILED);
}
END_TEST

/* --- the own wake word --- */

static void disturb(void *state)
{
    struct world *w = state;

    wake_raise(&w->wakes[0], WAKE_OTHER);
}

static void ignore(void *state)
{
    struct world *w = state;
    struct lane_record record;

    while (world_receive(w, &record))
        cursor_pop(&w->view, &w->cursor, &record);
}

static const struct model_scenario disturbed = {
    .setup = world_setup,
    .threads = {{"replier", 1, ignore, true},
                {"requester", 0, request, false},
                {"disturber", 0, disturb, false}},
};

START_TEST(a_wake_word_set_at_any_time_ends_a_wait_for_a_reply_that_never_comes)
{
    world_explore(&disturbed, (struct model_options){.n_preemptions = 3});
    world_explore(&disturbed, (struct model_options){.n_preemptions = 2, .n_delays = 1});
}
END_TEST

START_TEST(asleep_on_the_peers_word_alone_the_requester_never_wakes)
{
    world_finds(&disturbed, (struct model_options){.n_preemptions = 2}, MUTANT_no_wake_word,
                MODEL_DEADLOCK);
}
END_TEST

/* --- spinning --- */

static void spinning_setup(void *state)
{
    world_setup(state);
    spin_configure(1, 64);
}

static const struct model_scenario spinning = {
    .setup = spinning_setup,
    .threads = {{"replier", 1, answer, true}, {"requester", 0, request, false}},
    .on_death = world_tell,
    .check = all_answered,
};

START_TEST(a_requester_that_spins_first_loses_nothing_either)
{
    world_explore(&spinning, (struct model_options){.n_preemptions = 2});
    world_explore(&spinning,
                  (struct model_options){.n_preemptions = 1, .n_kills = 1, .killable = 2});
}
END_TEST

int main(void)
{
    UNIT_BEGIN("model_slot");
    UNIT_TEST(every_exchange_gets_its_own_whole_reply);
    UNIT_TEST(a_requester_killed_at_any_hook_leaves_a_replier_that_ends);
    UNIT_TEST(a_replier_killed_at_any_hook_leaves_a_requester_that_is_told);
    UNIT_TEST(an_end_stopped_at_any_hook_is_waited_for);
    UNIT_TEST(without_the_barrier_between_reply_and_sleeping_a_requester_sleeps_for_ever);
    UNIT_TEST(giving_up_and_replying_decide_once_and_no_reply_reaches_another_exchange);
    UNIT_TEST(an_end_killed_while_the_other_gives_up_harms_nobody);
    UNIT_TEST(a_requester_without_a_slot_is_woken_by_the_return_of_one_in_quarantine);
    UNIT_TEST(without_the_mark_on_slots_in_quarantine_it_sleeps_for_ever);
    UNIT_TEST(who_wants_a_slot_takes_nobodys_wake_from_one_that_is_in_use_again);
    UNIT_TEST(a_late_look_at_a_quarantine_does_not_end_the_next_one);
    UNIT_TEST(a_slow_replier_and_the_return_of_its_slot_by_another_do_not_mix);
    UNIT_TEST(a_reply_without_a_claim_reaches_another_exchange);
    UNIT_TEST(an_abandoned_slot_used_again_at_once_gets_a_foreign_reply_or_breaks);
    UNIT_TEST(a_wake_word_set_at_any_time_ends_a_wait_for_a_reply_that_never_comes);
    UNIT_TEST(asleep_on_the_peers_word_alone_the_requester_never_wakes);
    UNIT_TEST(a_requester_that_spins_first_loses_nothing_either);
    return UNIT_END();
}
