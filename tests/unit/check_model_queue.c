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

/* ---- requests: the node table as a barrier, answers, cancels ---- */

static void send_requests(void *state)
{
    struct queue_world *w = state;

    for (unsigned i = 0; i < 3; i++)
        queue_send(w, 0, LANE_REQUEST, 0);
}

static void serve(void *state)
{
    struct queue_world *w = state;
    struct port_message message;
    struct port_route route;

    while (queue_receive(w, 0, &message)) {
        queue_note(w, &message);
        MODEL_ASSERT(port_continue_begin(&w->views[0], message.message_id, message.callback_id,
                                         PORT_CONTINUE_RELEASE, false, 0,
                                         &route) == STATUS_SUCCESS);
        MODEL_ASSERT(route.kind == PORT_ROUTE_LANE);
        port_route_end(&w->views[0], &route);
    }
}

static void requests_served(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_received[0] == 3);
    MODEL_ASSERT(w->keeper.at.memory->counters.n_pending == 0);
}

static const struct model_scenario scarce = {
    .setup = queue_setup_scarce,
    .threads = {{"server 1", 2, serve, true},
                {"server 2", 2, serve, true},
                {"client", 0, send_requests, false}},
    .check = requests_served,
};

/* Two servers may answer the same request: one of them does. */
static void answer_first(void *state)
{
    struct queue_world *w = state;
    struct port_route route;

    model_wait_for(&w->event);
    if (port_continue_begin(&w->views[0], QUEUE_FIRST_ID(0), 0, PORT_CONTINUE_RELEASE, false, 0,
                            &route) != STATUS_SUCCESS)
        return;
    HOOK(writing_the_answer);
    w->n_answered++;
    port_route_end(&w->views[0], &route);
}

static void send_and_receive(void *state)
{
    struct queue_world *w = state;
    struct port_message message;

    queue_send(w, 0, LANE_REQUEST, 0);
    MODEL_ASSERT(queue_receive(w, 0, &message));
    atom_store(&w->event, 1u);
}

static void one_answer(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_answered == 1);
}

static const struct model_scenario two_answers = {
    .setup = queue_setup,
    .threads = {{"both ends", 2, send_and_receive, false},
                {"answer 1", 2, answer_first, false},
                {"answer 2", 2, answer_first, false}},
    .check = one_answer,
};

START_TEST(a_request_has_one_answer)
{
    queue_explore(&two_answers, (struct model_options){.n_preemptions = 3});
    queue_finds(&two_answers, (struct model_options){.n_preemptions = 2}, MUTANT_no_node_claim);
}
END_TEST

START_TEST(with_one_node_two_servers_answer_three_requests)
{
    queue_explore(&scarce, (struct model_options){.n_preemptions = 1});
    queue_explore(&scarce, (struct model_options){.n_random = 30000, .seed = 4});
}
END_TEST

static void request_and_cancel(void *state)
{
    struct queue_world *w = state;
    uint32_t id = queue_send(w, 0, LANE_REQUEST, 0);

    queue_send_about(w, 0, LANE_CANCEL, 0, id);
}

static void serve_canceled(void *state)
{
    struct queue_world *w = state;
    struct port_message message;
    struct port_route route;

    while (queue_receive(w, 0, &message)) {
        if (message.type == LPC_CANCELED) {
            w->n_canceled++;
            continue;
        }
        queue_note(w, &message);
        if (port_continue_begin(&w->views[0], message.message_id, 0, PORT_CONTINUE_RELEASE, false,
                                0, &route) != STATUS_SUCCESS)
            continue;
        w->n_answered++;
        port_route_end(&w->views[0], &route);
    }
}

static void answered_or_canceled(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_received[0] == 1);
    MODEL_ASSERT(w->n_answered + w->n_canceled == 1);
    MODEL_ASSERT(w->keeper.at.memory->counters.n_pending == 0);
}

static const struct model_scenario canceling = {
    .setup = queue_setup,
    .threads = {{"server 1", 2, serve_canceled, true},
                {"server 2", 2, serve_canceled, true},
                {"client", 0, request_and_cancel, false}},
    .check = answered_or_canceled,
};

START_TEST(a_request_is_answered_or_canceled_never_both)
{
    queue_explore(&canceling, (struct model_options){.n_preemptions = 2, .max_runs = 3000000});
}
END_TEST

/* ---- a requester that goes on before its replier is back (F2) ---- */

/* The requester sees the answer, however it goes; the replier ends its route later. */
static void answer_and_return(struct queue_world *w, const struct port_message *message,
                              uint32_t flags)
{
    struct port_route route;

    MODEL_ASSERT(port_continue_begin(&w->views[0], message->message_id, message->callback_id, flags,
                                     false, 0, &route) == STATUS_SUCCESS);
    w->n_answered++;
    atom_store(&w->event, 1u);
    HOOK(answered);
    port_route_end(&w->views[0], &route);
}

static void serve_last(void *state)
{
    struct queue_world *w = state;
    struct port_message message;

    while (queue_receive(w, 0, &message))
        answer_and_return(w, &message, PORT_CONTINUE_RELEASE);
}

static void request_twice(void *state)
{
    struct queue_world *w = state;
    uint32_t id = queue_send(w, 0, LANE_REQUEST, 0);

    model_wait_for(&w->event);
    queue_send_about(w, 0, LANE_REQUEST, 0, id);
}

static void both_answered(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_answered == 2);
    MODEL_ASSERT(w->keeper.at.memory->counters.n_pending == 0);
    MODEL_ASSERT(w->keeper.at.memory->counters.n_sent == 0);
}

static const struct model_scenario same_id = {
    .setup = queue_setup,
    .threads = {{"server 1", 2, serve_last, true},
                {"server 2", 2, serve_last, true},
                {"client", 0, request_twice, false}},
    .check = both_answered,
};

START_TEST(an_id_may_be_used_again_as_soon_as_its_answer_is_out)
{
    queue_explore(&same_id, (struct model_options){.n_preemptions = 2});
    queue_finds(&same_id, (struct model_options){.n_preemptions = 2}, MUTANT_no_early_end);
}
END_TEST

static void serve_twice(void *state)
{
    struct queue_world *w = state;
    struct port_message message;

    while (queue_receive(w, 0, &message)) {
        if (message.type == LPC_REPLY)
            w->n_answered++;
        else
            answer_and_return(w, &message, 0);
    }
}

static void request_and_continue(void *state)
{
    struct queue_world *w = state;
    uint32_t id = queue_send(w, 0, LANE_REQUEST, 0);

    model_wait_for(&w->event);
    queue_send_about(w, 0, LANE_CONTINUATION, LANE_RELEASE, id);
}

static const struct model_scenario to_and_fro = {
    .setup = queue_setup,
    .threads = {{"server 1", 2, serve_twice, true},
                {"server 2", 2, serve_twice, true},
                {"client", 0, request_and_continue, false}},
    .check = both_answered,
};

START_TEST(a_continuation_may_come_as_soon_as_its_answer_is_out)
{
    queue_explore(&to_and_fro, (struct model_options){.n_preemptions = 2});
    queue_finds(&to_and_fro, (struct model_options){.n_preemptions = 2}, MUTANT_no_early_end);
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
    UNIT_TEST(who_takes_an_edge_and_leaves_hands_it_on);
    UNIT_TEST(what_a_bad_buffer_could_not_take_reaches_somebody_else);
    UNIT_TEST(a_close_is_received_whenever_the_bell_rings);
    UNIT_TEST(a_request_has_one_answer);
    UNIT_TEST(with_one_node_two_servers_answer_three_requests);
    UNIT_TEST(a_request_is_answered_or_canceled_never_both);
    UNIT_TEST(an_id_may_be_used_again_as_soon_as_its_answer_is_out);
    UNIT_TEST(a_continuation_may_come_as_soon_as_its_answer_is_out);
    UNIT_TEST(each_message_has_one_completion_packet);
    return UNIT_END();
}
