/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* All interleavings, up to a bound, of a sender that goes on in a larger lane, and of a sender
 * whose stamps lie in the future: order holds, nothing is stuck, the lane left behind is drained.
 */

#include "model_queue.h"

struct growth_world {
    struct queue_world queue; /* first: the bodies of model_queue.h take it */
    struct lane_producer successor;
    uint32_t successor_lane;
    uint32_t last_of_first; /* id received last from sender 0 */
    _Alignas(64) uint8_t lane[QUEUE_LANE_BYTES];
};

/* Sender 0 has been granted a second lane that succeeds its first one. */
static void growth_setup(void *state)
{
    struct growth_world *w = state;
    struct queue_world *q = &w->queue;
    struct lane_view view;
    struct port_lane_grant grant = {
        .process_id = 100, .sender = 1, .geometry = queue_lane, .previous = 1 + 1};
    uint32_t generation;
    int bell;

    queue_setup(q);
    w->last_of_first = 0;
    memset(w->lane, 0, sizeof(w->lane));
    lane_view_init(&view, w->lane, &queue_lane);
    lane_format(&view);
    bell = doorbell_new();
    producer_init(&w->successor, &view, bell);
    if (port_keeper_grant_lane(&q->keeper, &grant, &w->successor_lane, &generation) !=
            STATUS_SUCCESS ||
        w->successor_lane != 3 || doorbell_add(&q->bells, bell, w->successor_lane) < 0)
        abort();
    for (unsigned i = 0; i < 2; i++) {
        q->views[i].lanes[3].view = view;
        q->views[i].lanes[3].generation = generation;
    }
}

static void send_and_move(void *state)
{
    struct growth_world *w = state;
    struct queue_world *q = &w->queue;
    struct lane_producer old;

    queue_send(q, 0, LANE_DATAGRAM, LANE_RELEASE);
    MODEL_ASSERT(producer_move(&q->senders[0], w->successor_lane) == LANE_OK);
    old = q->senders[0];
    q->senders[0] = w->successor;
    queue_send(q, 0, LANE_DATAGRAM, LANE_RELEASE);
    queue_send(q, 0, LANE_DATAGRAM, LANE_RELEASE);
    w->successor = q->senders[0];
    q->senders[0] = old;
}

static void receive_in_order(void *state)
{
    struct growth_world *w = state;
    struct port_message message;

    while (queue_receive(&w->queue, 0, &message)) {
        if ((message.type & 0xFF) == 3 && message.message_id < QUEUE_FIRST_ID(1)) {
            MODEL_ASSERT(message.message_id > w->last_of_first);
            w->last_of_first = message.message_id;
            w->queue.n_received[0]++;
        }
    }
}

static void moved_whole(void *state)
{
    struct growth_world *w = state;

    queue_check_sound(&w->queue);
    if (model_killed())
        return;
    MODEL_ASSERT(w->queue.n_received[0] == 3);
    MODEL_ASSERT(port_keeper_lane_is_drained(&w->queue.keeper, 1));
}

static void growth_sender_died(void *state, unsigned process)
{
    struct growth_world *w = state;

    port_keeper_lane_died(&w->queue.keeper, w->successor_lane);
    queue_sender_died(&w->queue, process);
}

static const struct model_scenario growth = {
    .setup = growth_setup,
    .threads = {{"receiver", 2, receive_in_order, true}, {"sender", 0, send_and_move, false}},
    .on_death = growth_sender_died,
    .check = moved_whole,
};

static void growth_explore(const struct model_scenario *scenario, struct model_options options)
{
    static struct growth_world w;
    struct model_result result;

    model_explore(scenario, &options, &w, &result);
    fprintf(stderr, "model: %llu runs, %llu steps\n", (unsigned long long)result.n_runs,
            (unsigned long long)result.n_steps);
    ck_assert(model_has_passed(&result));
    if (options.n_kills)
        ck_assert_uint_gt(result.n_kills_done, 0);
}

START_TEST(records_of_a_lane_come_before_those_of_its_successor)
{
    growth_explore(&growth, (struct model_options){.n_preemptions = 2});
    growth_explore(&growth, (struct model_options){.n_preemptions = 1, .n_delays = 1});
}
END_TEST

START_TEST(a_sender_killed_while_it_moves_leaves_a_sound_port)
{
    growth_explore(&growth,
                   (struct model_options){.n_preemptions = 1, .n_kills = 1, .killable = 1});
}
END_TEST

/* --- a sender that lies about its clock --- */

static void send_from_the_future(void *state)
{
    struct queue_world *q = state;
    struct lane_producer *producer = &q->senders[0];
    const struct lane_message message = {.kind = LANE_DATAGRAM,
                                         .flags = LANE_RELEASE,
                                         .message_id = q->next_id[0]++,
                                         .connection = q->connections[0],
                                         .connection_generation = q->generations[0],
                                         .data_size = 8};
    const uint64_t data = message.message_id * UINT64_C(0x100000001);
    uint8_t *attribute_area, *data_area;

    MODEL_ASSERT(producer_reserve(producer, 0, 8, &attribute_area, &data_area) == LANE_OK);
    memcpy(data_area, &data, sizeof(data));
    struct lane_record_header *header = (void *)lane_ring(&producer->view, producer->head);
    producer_publish(producer, &message);
    header->stamp_ns = UINT64_MAX; /* no hook since the commit: nobody has seen the true one */
    q->published[0] = producer->head;
    producer_ring(producer);
}

static void lie_twice(void *state)
{
    send_from_the_future(state);
    send_from_the_future(state);
    atom_store(&((struct queue_world *)state)->event, 1u);
}

static void lies_received(void *state)
{
    struct queue_world *q = state;

    queue_check_sound(q);
    MODEL_ASSERT(q->n_received[0] == 2 && q->n_received[1] == 1);
}

static void send_after(void *state)
{
    struct queue_world *q = state;

    model_wait_for(&q->event);
    queue_send(q, 1, LANE_DATAGRAM, LANE_RELEASE);
}

static const struct model_scenario liar = {
    .setup = queue_setup,
    .threads = {{"receiver", 2, queue_receive_all, true},
                {"liar", 0, lie_twice, false},
                {"honest", 1, send_after, false}},
    .check = lies_received,
};

START_TEST(stamps_from_the_future_hold_nothing_up)
{
    growth_explore(&liar, (struct model_options){.n_preemptions = 2});
}
END_TEST

START_TEST(without_lowering_a_stamp_from_the_future_is_never_received)
{
    static struct growth_world w;
    struct model_options options = {.n_preemptions = 1, .mutant = MUTANT_no_lowering};
    struct model_result result;

    model_explore(&liar, &options, &w, &result);
    ck_assert_int_ne(result.outcome, MODEL_PASSED);
    ck_assert_int_ne(result.outcome, MODEL_UNSOUND);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("model_growth");
    UNIT_TEST(records_of_a_lane_come_before_those_of_its_successor);
    UNIT_TEST(a_sender_killed_while_it_moves_leaves_a_sound_port);
    UNIT_TEST(stamps_from_the_future_hold_nothing_up);
    UNIT_TEST(without_lowering_a_stamp_from_the_future_is_never_received);
    return UNIT_END();
}
