/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* All interleavings, up to a bound, of senders and receivers of one port: the real libs/alpc on the
 * real libs/lane, over the modelled kernel. Each message reaches exactly one receiver, in the order
 * of each lane and of cause and effect; nobody sleeps for ever; a holder or sender killed at any
 * hook, inside the port mutex too, leaves a port that the others go on with. */

#include "model_queue.h"

/* ---- two senders, two receivers of one process ---- */

/* Its lane is hot already when it sends the effect. */
static void send_and_effect(void *state)
{
    struct queue_world *w = state;

    queue_send(w, 1, LANE_DATAGRAM, LANE_RELEASE);
    queue_send_effect(w);
}

static void all_received(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    if (model_killed())
        return;
    MODEL_ASSERT(w->n_received[0] == 2 && w->n_received[1] == 1);
}

static const struct model_scenario two_by_two = {
    .setup = queue_setup,
    .threads = {{"receiver 1", 2, queue_receive_all, true},
                {"receiver 2", 2, queue_receive_all, true},
                {"first", 0, queue_send_first, false},
                {"effect", 1, queue_send_effect, false}},
    .check = all_received,
};

START_TEST(each_message_is_received_once_and_effects_after_causes)
{
    queue_explore(&two_by_two, (struct model_options){.n_preemptions = 1});
    queue_explore(&two_by_two, (struct model_options){.n_preemptions = 1, .n_delays = 1});
    queue_explore(&two_by_two, (struct model_options){.n_random = 30000, .seed = 1});
}
END_TEST

static const struct model_scenario one_by_one = {
    .setup = queue_setup,
    .threads = {{"receiver", 2, queue_receive_all, true},
                {"first", 0, queue_send_first, false},
                {"effect", 1, queue_send_effect, false}},
    .check = all_received,
};

START_TEST(one_receiver_misses_no_wake_up)
{
    queue_explore(&one_by_one, (struct model_options){.n_preemptions = 2});
}
END_TEST

START_TEST(without_the_recheck_a_receiver_sleeps_for_ever)
{
    queue_finds(&one_by_one, (struct model_options){.n_preemptions = 2}, MUTANT_no_recheck);
}
END_TEST

static void all_four_received(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_received[0] == 2 && w->n_received[1] == 2);
}

static const struct model_scenario hot_effect = {
    .setup = queue_setup,
    .threads = {{"receiver", 2, queue_receive_all, true},
                {"first", 0, queue_send_first, false},
                {"effect", 1, send_and_effect, false}},
    .check = all_four_received,
};

START_TEST(an_effect_in_a_hot_lane_does_not_overtake_its_cause_in_a_cold_one)
{
    queue_explore(&hot_effect, (struct model_options){.n_preemptions = 2});
    queue_finds(&hot_effect, (struct model_options){.n_preemptions = 2}, MUTANT_late_clock);
    queue_finds(&hot_effect, (struct model_options){.n_preemptions = 2}, MUTANT_late_known);
}
END_TEST

/* ---- one lane, and the daemon (B4) ---- */

static void setup_only_lane(void *state)
{
    struct queue_world *w = state;

    queue_setup(state);
    lane_end_locked(&w->views[0], 2);
}

static void daemon_posts(void *state)
{
    static const uint64_t data = 1;
    struct queue_world *w = state;
    const struct lane_message message = {.kind = LANE_CLIENT_DIED,
                                         .message_id = 1,
                                         .connection = w->connections[0],
                                         .connection_generation = w->generations[0],
                                         .data_size = sizeof(data)};

    MODEL_ASSERT(port_keeper_post(&w->keeper, &message, NULL, &data) == LANE_OK);
    doorbell_ring(w->bells.daemon_bell);
    atom_store(&w->event, 1u);
}

/* Its lane is hot already when it sends what the daemon's message has caused. */
static void send_and_follow(void *state)
{
    struct queue_world *w = state;

    queue_send(w, 0, LANE_DATAGRAM, LANE_RELEASE);
    model_wait_for(&w->event);
    queue_send(w, 0, LANE_DATAGRAM, LANE_RELEASE);
}

static void receive_in_order(void *state)
{
    struct queue_world *w = state;
    struct port_message message;

    while (queue_receive(w, 0, &message)) {
        if (message.type == LPC_CLIENT_DIED) {
            w->n_closed++;
            continue;
        }
        queue_note(w, &message);
        MODEL_ASSERT(message.message_id == QUEUE_FIRST_ID(0) || w->n_closed == 1);
    }
}

static void both_and_the_daemons(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_received[0] == 2 && w->n_closed == 1);
}

static const struct model_scenario only_lane = {
    .setup = setup_only_lane,
    .threads = {{"receiver", 2, receive_in_order, true},
                {"daemon", 1, daemon_posts, false},
                {"sender", 0, send_and_follow, false}},
    .check = both_and_the_daemons,
};

START_TEST(an_effect_in_the_only_lane_does_not_overtake_its_cause_from_the_daemon)
{
    queue_explore(&only_lane, (struct model_options){.n_preemptions = 2});
    queue_finds(&only_lane, (struct model_options){.n_preemptions = 2}, MUTANT_early_look);
}
END_TEST

/* ---- somebody who takes a wake-up and goes away ---- */

static void poll_once(void *state)
{
    struct queue_world *w = state;
    struct port_receive_args args = {.capacity = 64};
    struct port_message message;

    if (port_receive(&w->views[0], &args, &message) == PORT_RECEIVED)
        queue_note(w, &message);
}

static void both_received(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_received[0] == 2);
}

static const struct model_scenario passer_by = {
    .setup = queue_setup,
    .threads = {{"waiter", 2, queue_receive_all, true},
                {"passer-by", 2, poll_once, false},
                {"first", 0, queue_send_first, false}},
    .check = both_received,
};

START_TEST(who_takes_an_edge_and_leaves_hands_it_on)
{
    queue_explore(&passer_by, (struct model_options){.n_preemptions = 2});
    queue_finds(&passer_by, (struct model_options){.n_preemptions = 2}, MUTANT_no_hand_on);
}
END_TEST

/* ---- somebody whose buffer is bad ---- */

static void receive_in_vain(void *state)
{
    struct queue_world *w = state;
    struct port_receive_args args = {.capacity = 64, .unproven = PORT_INLINE_MAX_BYTES};
    struct port_message message;

    if (port_receive(&w->views[1], &args, &message) == PORT_RECEIVED)
        port_receive_end(&w->views[1], &message, false);
}

static const struct model_scenario bad_buffer = {
    .setup = queue_setup,
    .threads = {{"waiter", 2, queue_receive_all, true},
                {"bad buffer", 3, receive_in_vain, false},
                {"first", 0, queue_send_first, false}},
    .on_death = queue_holder_died,
    .check = both_received,
};

START_TEST(what_a_bad_buffer_could_not_take_reaches_somebody_else)
{
    queue_explore(&bad_buffer, (struct model_options){.n_preemptions = 2});
    queue_explore(&bad_buffer,
                  (struct model_options){.n_preemptions = 1, .n_kills = 1, .killable = 1u << 3});
    queue_finds(&bad_buffer, (struct model_options){.n_preemptions = 2}, MUTANT_no_hand_on);
}
END_TEST

/* ---- the daemon's bell ---- */

static void ring_and_close(void *state)
{
    struct queue_world *w = state;

    doorbell_ring(w->bells.daemon_bell); /* for something that is over by now */
    port_keeper_close(&w->keeper, w->connections[0], 0, sys_now_ns());
    doorbell_ring(w->bells.daemon_bell);
}

static void receive_a_close(void *state)
{
    struct queue_world *w = state;
    struct port_message message;

    while (queue_receive(w, 0, &message))
        w->n_closed += message.type == LPC_PORT_CLOSED;
}

static void one_close(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_closed == 1);
}

static const struct model_scenario daemon_rings = {
    .setup = queue_setup,
    .threads = {{"receiver 1", 2, receive_a_close, true},
                {"receiver 2", 2, receive_a_close, true},
                {"daemon", 1, ring_and_close, false}},
    .check = one_close,
};

START_TEST(a_close_is_received_whenever_the_bell_rings)
{
    queue_explore(&daemon_rings, (struct model_options){.n_preemptions = 2});
    queue_finds(&daemon_rings, (struct model_options){.n_preemptions = 2}, MUTANT_no_bell_scan);
}
END_TEST

/* ---- a completion port beside a receiver ---- */

static void harvest(void *state)
{
    struct queue_world *w = state;
    uint32_t n, lane, generation;

    while (w->n_packets + w->n_blocked < 3) {
        enum port_result result = port_harvest(&w->views[0], &n, &lane, &generation);
        MODEL_ASSERT(result == PORT_RECEIVED || result == PORT_EMPTY);
        w->n_packets += n;
        if (!n)
            MODEL_ASSERT(doorbell_sleep(w->bells.outer, &w->wake, SYS_FOREVER) == LANE_OK);
    }
}

static void take_packets(void *state)
{
    struct queue_world *w = state;
    struct port_message message;
    struct port_receive_args args = {.capacity = 64};

    for (unsigned i = 0; i < 2; i++) {
        args.may_wait = false;
        if (port_receive(&w->views[0], &args, &message) != PORT_RECEIVED)
            continue;
        queue_note(w, &message);
        w->n_blocked += (message.flags & PORT_MESSAGE_PACKET) != 0;
    }
}

static void each_has_a_packet(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_packets + w->n_blocked == 3);
}

static const struct model_scenario completion = {
    .setup = queue_setup_completion,
    .threads = {{"pool", 2, harvest, true},
                {"poller", 2, take_packets, false},
                {"first", 0, queue_send_first, false},
                {"effect", 1, queue_send_effect, false}},
    .check = each_has_a_packet,
};

START_TEST(each_message_has_one_completion_packet)
{
    queue_explore(&completion, (struct model_options){.n_preemptions = 1});
    queue_explore(&completion, (struct model_options){.n_random = 30000, .seed = 5});
}
END_TEST

int main(void)
{
    UNIT_BEGIN("model_queue");
    UNIT_TEST(each_message_is_received_once_and_effects_after_causes);
    UNIT_TEST(one_receiver_misses_no_wake_up);
    UNIT_TEST(without_the_recheck_a_receiver_sleeps_for_ever);
    UNIT_TEST(an_effect_in_a_hot_lane_does_not_overtake_its_cause_in_a_cold_one);
    UNIT_TEST(an_effect_in_the_only_lane_does_not_overtake_its_cause_from_the_daemon);
    UNIT_TEST(who_takes_an_edge_and_leaves_hands_it_on);
    UNIT_TEST(what_a_bad_buffer_could_not_take_reaches_somebody_else);
    UNIT_TEST(a_close_is_received_whenever_the_bell_rings);
    UNIT_TEST(each_message_has_one_completion_packet);
    return UNIT_END();
}
