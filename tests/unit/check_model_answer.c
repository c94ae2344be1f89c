/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* All interleavings, up to a bound, of requests, their answers and their cancels: one answer, no
 * answer to what was canceled, and a requester that goes on before its replier is back. */

#include "model_queue.h"

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

/* An answer that cannot be written leaves the message where it was; a cancel that came meanwhile
 * ends it. */
static void fail_to_answer(void *state)
{
    struct queue_world *w = state;
    struct port_message message;
    struct port_route route;

    while (queue_receive(w, 0, &message)) {
        w->n_canceled += message.type == LPC_CANCELED;
        if (message.type == LPC_CANCELED ||
            port_continue_begin(&w->views[0], message.message_id, 0, 0, false, 0, &route) !=
                STATUS_SUCCESS)
            continue;
        HOOK(writing_the_answer);
        route.outcome = PORT_NOT_WRITTEN;
        port_route_end(&w->views[0], &route);
    }
}

static void one_canceled(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_canceled == 1);
    MODEL_ASSERT(w->keeper.at.memory->counters.n_pending == 0);
}

static const struct model_scenario failing = {
    .setup = queue_setup,
    .threads = {{"server 1", 2, fail_to_answer, true},
                {"server 2", 2, fail_to_answer, true},
                {"client", 0, request_and_cancel, false}},
    .check = one_canceled,
};

START_TEST(a_cancel_is_heard_of_after_an_answer_that_failed)
{
    queue_explore(&failing, (struct model_options){.n_preemptions = 2});
    queue_finds(&failing, (struct model_options){.n_preemptions = 2}, MUTANT_no_cancel_mark);
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

int main(void)
{
    UNIT_BEGIN("model_answer");
    UNIT_TEST(a_request_has_one_answer);
    UNIT_TEST(with_one_node_two_servers_answer_three_requests);
    UNIT_TEST(a_request_is_answered_or_canceled_never_both);
    UNIT_TEST(a_cancel_is_heard_of_after_an_answer_that_failed);
    UNIT_TEST(an_id_may_be_used_again_as_soon_as_its_answer_is_out);
    UNIT_TEST(a_continuation_may_come_as_soon_as_its_answer_is_out);
    return UNIT_END();
}
