/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Death at any hook: of a holder of the port (inside the port mutex too) and of a sender. Port
 * memory is sound afterwards, and the others go on. */

#include "model_queue.h"

/* ---- death of a co-holder ---- */

/* What the dead holder had taken went with it; everything else is received. */
static void rest_received(void *state)
{
    struct queue_world *w = state;
    const struct port_memory *memory = w->keeper.at.memory;

    queue_check_sound(w);
    for (unsigned i = 0; i < 2; i++) {
        MODEL_ASSERT(w->keeper.at.lanes[i + 1].cursor.next == w->senders[i].head);
        MODEL_ASSERT(w->n_received[i] >= (i ? 1u : 2u) || model_killed());
    }
    MODEL_ASSERT(!memory->main.head && !memory->large.head && !memory->journal.armed);
}

static void send_first_request(void *state)
{
    struct queue_world *w = state;

    queue_send(w, 0, LANE_REQUEST, 0);
    queue_send(w, 0, LANE_DATAGRAM, LANE_RELEASE);
    atom_store(&w->event, 1u);
}

static const struct model_scenario two_holders = {
    .setup = queue_setup,
    .threads = {{"holder", 2, queue_receive_all, true},
                {"survivor", 3, queue_receive_all_second, true},
                {"first", 0, send_first_request, false},
                {"effect", 1, queue_send_effect, false}},
    .on_death = queue_holder_died,
    .check = rest_received,
};

START_TEST(a_holder_killed_at_any_hook_is_followed_by_the_other)
{
    queue_explore(&two_holders, (struct model_options){.n_kills = 1, .killable = 4});
    queue_explore(&two_holders, (struct model_options){.n_preemptions = 1,
                                                       .n_kills = 1,
                                                       .killable = 4,
                                                       .max_runs = 400000,
                                                       .n_random = 60000,
                                                       .seed = 2});
}
END_TEST

/* Each message is pinned; what its receiver has seen is noted before it lets go. */
static void receive_pinned(struct queue_world *w, unsigned holder)
{
    struct port_receive_args args = {.capacity = 64, .unproven = PORT_INLINE_MAX_BYTES};
    struct port_message message;
    enum port_result result;

    for (;;) {
        args.may_wait = true;
        while ((result = port_receive(&w->views[holder], &args, &message)) == PORT_WAIT) {
            MODEL_ASSERT(doorbell_sleep(w->bells.outer, &w->wake, SYS_FOREVER) == LANE_OK);
            args.was_waiting = true;
        }
        uint64_t data;
        MODEL_ASSERT(result == PORT_RECEIVED && message.pin);
        memcpy(&data, message.data, sizeof(data));
        MODEL_ASSERT(data == message.message_id * UINT64_C(0x100000001));
        unsigned i = message.message_id >= QUEUE_FIRST_ID(1);
        w->last_id[i] |= 1u << (message.message_id - QUEUE_FIRST_ID(i));
        HOOK(copied_out);
        port_receive_end(&w->views[holder], &message, true);
    }
}

static void receive_pinned_first(void *state)
{
    receive_pinned(state, 0);
}

static void receive_pinned_second(void *state)
{
    receive_pinned(state, 1);
}

static void all_seen(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->last_id[0] == 3 && w->last_id[1] == 1);
    MODEL_ASSERT(w->keeper.at.memory->counters.n_delivering == 0);
}

static const struct model_scenario pinning_holders = {
    .setup = queue_setup,
    .threads = {{"holder", 2, receive_pinned_first, true},
                {"survivor", 3, receive_pinned_second, true},
                {"first", 0, queue_send_first, false},
                {"effect", 1, queue_send_effect, false}},
    .on_death = queue_holder_died,
    .check = all_seen,
};

START_TEST(what_a_dead_holder_was_copying_reaches_the_other)
{
    queue_explore(&pinning_holders, (struct model_options){.n_kills = 1, .killable = 4});
    queue_explore(&pinning_holders, (struct model_options){.n_kills = 1, .killable = 8});
    queue_explore(&pinning_holders, (struct model_options){.n_preemptions = 1,
                                                           .n_kills = 1,
                                                           .killable = 4,
                                                           .max_runs = 400000,
                                                           .n_random = 60000,
                                                           .seed = 7});
}
END_TEST

static void harvest_once(void *state)
{
    struct queue_world *w = state;
    uint32_t n, lane, generation;

    for (unsigned i = 0; i < 2; i++)
        MODEL_ASSERT(port_harvest(&w->views[0], &n, &lane, &generation) != PORT_MAP_LANE);
}

static void nothing_lost(void *state)
{
    struct queue_world *w = state;

    rest_received(w);
    MODEL_ASSERT(w->n_received[0] == 2 && w->n_received[1] == 1);
}

static const struct model_scenario dying_harvester = {
    .setup = queue_setup,
    .threads = {{"harvester", 2, harvest_once, true},
                {"survivor", 3, queue_receive_all_second, true},
                {"first", 0, send_first_request, false},
                {"effect", 1, queue_send_effect, false}},
    .on_death = queue_holder_died,
    .check = nothing_lost,
};

START_TEST(a_harvester_killed_at_any_hook_loses_nothing)
{
    queue_explore(&dying_harvester, (struct model_options){.n_kills = 1, .killable = 4});
    queue_explore(
        &dying_harvester,
        (struct model_options){.n_kills = 1, .killable = 4, .n_random = 100000, .seed = 6});
    queue_explore(&dying_harvester, (struct model_options){.n_preemptions = 1});
    queue_finds(&dying_harvester,
                (struct model_options){.n_kills = 1, .killable = 4, .n_random = 500000, .seed = 6},
                MUTANT_no_journal);
    queue_finds(&dying_harvester, (struct model_options){.n_preemptions = 1},
                MUTANT_no_harvest_bell);
}
END_TEST

START_TEST(a_holder_stopped_outside_the_mutex_keeps_nothing_from_the_other)
{
    queue_explore(&two_holders, (struct model_options){
                                    .n_random = 30000, .n_stops = 1, .stoppable = 4, .seed = 3});
}
END_TEST

/* ---- a server that dies while it answers ---- */

static void serve_as(struct queue_world *w, unsigned holder)
{
    struct port_message message;
    struct port_route route;

    while (queue_receive(w, holder, &message)) {
        queue_note(w, &message);
        if (!(message.type & LPC_CONTINUATION))
            continue;
        MODEL_ASSERT(port_continue_begin(&w->views[holder], message.message_id, 0,
                                         holder ? PORT_CONTINUE_RELEASE : 0, false, 0,
                                         &route) == STATUS_SUCCESS);
        HOOK(answering);
        port_route_end(&w->views[holder], &route);
    }
}

static void serve_first(void *state)
{
    serve_as(state, 0);
}

static void serve_second(void *state)
{
    serve_as(state, 1);
}

static void send_requests(void *state)
{
    for (unsigned i = 0; i < 3; i++)
        queue_send(state, 0, LANE_REQUEST, 0);
}

/* Nothing stays with the dead: no answer under way, no waiting thread. */
static void nothing_stays(void *state)
{
    struct queue_world *w = state;
    uint32_t n_blocks = 0;

    queue_check_sound(w);
    MODEL_ASSERT(w->keeper.at.lanes[1].cursor.next == w->senders[0].head);
    MODEL_ASSERT(sound_count(&w->views[0], PORT_NODE_REPLYING, &n_blocks) == 0);
    MODEL_ASSERT(w->keeper.at.memory->n_waiters <= (model_killed() ? 1u : 2u));
}

static const struct model_scenario dying_server = {
    .setup = queue_setup,
    .threads = {{"server", 2, serve_first, true},
                {"survivor", 3, serve_second, true},
                {"client", 0, send_requests, false}},
    .on_death = queue_holder_died,
    .check = nothing_stays,
};

START_TEST(a_server_killed_at_any_hook_leaves_a_sound_port)
{
    queue_explore(&dying_server, (struct model_options){.n_kills = 1, .killable = 4});
    queue_explore(&dying_server, (struct model_options){
                                     .n_kills = 1, .killable = 4, .n_random = 100000, .seed = 8});
}
END_TEST

/* ---- a sender's death, and its close ---- */

static void receive_to_close(void *state)
{
    struct queue_world *w = state;
    struct port_message message;

    while (!w->n_closed && queue_receive(w, 0, &message)) {
        if (message.type == LPC_PORT_CLOSED)
            w->n_closed++;
        else if (message.type == LPC_CANCELED)
            w->n_canceled++;
        else
            queue_note(w, &message);
    }
}

static void closed_after_everything(void *state)
{
    struct queue_world *w = state;

    if (!model_killed())
        return;
    MODEL_ASSERT(w->n_closed == 1);
    MODEL_ASSERT(w->keeper.at.lanes[1].cursor.next >= w->published[0]);
    MODEL_ASSERT(port_keeper_close_is_done(&w->keeper, 0));
}

static const struct model_scenario dying_sender = {
    .setup = queue_setup,
    .threads = {{"receiver", 2, receive_to_close, true}, {"first", 0, queue_send_first, false}},
    .on_death = queue_sender_died,
    .check = closed_after_everything,
};

START_TEST(a_sender_killed_at_any_hook_ends_in_a_close)
{
    queue_explore(&dying_sender,
                  (struct model_options){.n_preemptions = 2, .n_kills = 1, .killable = 1});
}
END_TEST

/* ---- a close by one thread of the sender while another is about to ring ---- */

static void publish_then_ring(void *state)
{
    struct queue_world *w = state;
    const struct lane_message message = {.kind = LANE_DATAGRAM,
                                         .flags = LANE_RELEASE,
                                         .message_id = w->next_id[0]++,
                                         .connection = w->connections[0],
                                         .connection_generation = w->generations[0],
                                         .data_size = 8};
    const uint64_t data = message.message_id * UINT64_C(0x100000001);
    uint8_t *attribute_area, *data_area;

    MODEL_ASSERT(producer_reserve(&w->senders[0], 0, 8, &attribute_area, &data_area) == LANE_OK);
    memcpy(data_area, &data, sizeof(data));
    producer_publish(&w->senders[0], &message);
    w->published[0] = w->senders[0].head;
    atom_store(&w->event, 1u);
    HOOK(published);
    producer_ring(&w->senders[0]);
}

static void close_when_published(void *state)
{
    struct queue_world *w = state;

    model_wait_for(&w->event);
    port_keeper_close(&w->keeper, w->connections[0], 0, sys_now_ns());
    doorbell_ring(w->bells.daemon_bell);
}

static void closed_after_what_was_published(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_closed == 1);
    MODEL_ASSERT(w->keeper.at.lanes[1].cursor.next >= w->published[0]);
}

static const struct model_scenario closing_sender = {
    .setup = queue_setup,
    .threads = {{"receiver", 2, receive_to_close, true},
                {"sender", 0, publish_then_ring, false},
                {"closer", 0, close_when_published, false}},
    .check = closed_after_what_was_published,
};

START_TEST(a_close_comes_after_what_was_published_and_not_yet_rung_for)
{
    queue_explore(&closing_sender, (struct model_options){.n_preemptions = 2});
    queue_finds(&closing_sender, (struct model_options){.n_preemptions = 2}, MUTANT_no_close_scan);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("model_death");
    UNIT_TEST(a_holder_killed_at_any_hook_is_followed_by_the_other);
    UNIT_TEST(what_a_dead_holder_was_copying_reaches_the_other);
    UNIT_TEST(a_harvester_killed_at_any_hook_loses_nothing);
    UNIT_TEST(a_holder_stopped_outside_the_mutex_keeps_nothing_from_the_other);
    UNIT_TEST(a_server_killed_at_any_hook_leaves_a_sound_port);
    UNIT_TEST(a_sender_killed_at_any_hook_ends_in_a_close);
    UNIT_TEST(a_close_comes_after_what_was_published_and_not_yet_rung_for);
    return UNIT_END();
}
