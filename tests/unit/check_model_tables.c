/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* All interleavings, up to a bound, around the tables of a port: what shows first of an entry that
 * the daemon fills, of a lane that a holder maps, of a connection that is accepted. */

#include "model_queue.h"

#include <sys/mman.h>

/* ---- a connection entry (K1) ---- */

#define NEW_PROCESS 555u

static void connect_one(void *state)
{
    struct queue_world *w = state;
    const struct port_connect connect = {.process_id = NEW_PROCESS, .sender = 9};
    uint32_t place, generation;

    MODEL_ASSERT(port_keeper_connect(&w->keeper, &connect, &place, &generation) == STATUS_SUCCESS);
    MODEL_ASSERT(place == 2);
}

static void read_facts(void *state)
{
    struct queue_world *w = state;
    struct port_connection_facts facts;

    for (unsigned i = 0; i < 3; i++) {
        if (!port_connection_read(&w->views[0], 2, &facts))
            continue;
        MODEL_ASSERT(facts.process_id == NEW_PROCESS && facts.state == PORT_CONNECTION_PENDING);
        w->n_answered++;
    }
}

static const struct model_scenario connecting = {
    .setup = queue_setup,
    .threads = {{"reader", 2, read_facts, false}, {"daemon", 1, connect_one, false}},
};

START_TEST(a_connection_entry_shows_whole_or_not_at_all)
{
    queue_explore(&connecting, (struct model_options){.n_preemptions = 3});
    queue_explore(&connecting, (struct model_options){.n_preemptions = 2, .n_delays = 1});
    queue_finds(&connecting, (struct model_options){.n_preemptions = 2}, MUTANT_early_state);
}
END_TEST

/* ---- a connection's place that is given away (K2) ---- */

static void full_setup(void *state)
{
    const struct port_connect connect = {.process_id = NEW_PROCESS, .sender = 9};
    struct queue_world *w = state;
    uint32_t place, generation;

    queue_setup(w);
    while (port_keeper_connect(&w->keeper, &connect, &place, &generation) == STATUS_SUCCESS)
        ;
}

static void give_place_away(void *state)
{
    const struct port_connect connect = {.process_id = NEW_PROCESS, .sender = 9};
    struct queue_world *w = state;
    uint32_t place, generation;

    port_keeper_close(&w->keeper, w->connections[0], 0, sys_now_ns());
    doorbell_ring(w->bells.daemon_bell);
    model_wait_for(&w->event);
    MODEL_ASSERT(port_keeper_close_is_done(&w->keeper, w->connections[0]));
    port_keeper_free_connection(&w->keeper, w->connections[0]);
    MODEL_ASSERT(port_keeper_connect(&w->keeper, &connect, &place, &generation) == STATUS_SUCCESS);
    MODEL_ASSERT(place == w->connections[0]);
}

/* It has not heard of the close. */
static void send_late(void *state)
{
    struct queue_world *w = state;

    model_wait_for(&w->event);
    queue_send(w, 0, LANE_DATAGRAM, LANE_RELEASE);
}

static void receive_the_close(void *state)
{
    struct queue_world *w = state;
    struct port_message message;

    while (queue_receive(w, 0, &message)) {
        if ((message.type & 0xFF) == LPC_CANCELED) /* sent at the very moment of the close */
            continue;
        MODEL_ASSERT((message.type & 0xFF) == LPC_PORT_CLOSED);
        w->n_closed++;
        atom_store(&w->event, 1u);
    }
}

static void late_one_dropped(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_closed == 1);
    MODEL_ASSERT(w->keeper.at.lanes[1].cursor.next >= w->published[0]);
}

static const struct model_scenario giving_away = {
    .setup = full_setup,
    .threads = {{"receiver", 2, receive_the_close, true},
                {"client", 0, send_late, false},
                {"daemon", 1, give_place_away, false}},
    .check = late_one_dropped,
};

/* Nor is it received: its connection's close was. A lane that broke would end the run
 * (model_queue.h). */
START_TEST(a_late_record_of_a_place_that_is_given_away_breaks_no_lane)
{
    queue_explore(&giving_away, (struct model_options){.n_preemptions = 2});
    queue_finds(&giving_away, (struct model_options){.n_preemptions = 2}, MUTANT_no_second_look);
}
END_TEST

/* ---- a connection's context (H1) ---- */

#define CONTEXT    UINT64_C(0x77)
#define CONNECT_ID 5u

static void accepting_setup(void *state)
{
    struct queue_world *w = state;
    const struct port_connect connect = {.process_id = 100, .sender = 1};
    struct lane_message request = {.kind = LANE_CONNECT_REQUEST, .message_id = CONNECT_ID};

    queue_setup(w);
    if (port_keeper_connect(&w->keeper, &connect, &w->connections[0], &w->generations[0]) !=
        STATUS_SUCCESS)
        abort();
    request.connection = w->connections[0];
    request.connection_generation = w->generations[0];
    if (port_keeper_post(&w->keeper, &request, NULL, NULL) != LANE_OK)
        abort();
}

/* The daemon opens the connection when it is told of the acceptance; the client may send then. */
static void accept_one(struct queue_world *w)
{
    uint32_t connection, generation;

    MODEL_ASSERT(port_accept_begin(&w->views[0], CONNECT_ID, CONTEXT, &connection, &generation) ==
                 STATUS_SUCCESS);
    port_keeper_open(&w->keeper, connection);
    atom_store(&w->event, 1u);
    HOOK(accepted);
    port_accept_end(&w->views[0], CONNECT_ID, true);
}

static void accept_and_receive(void *state)
{
    struct queue_world *w = state;
    struct port_message message;

    while (queue_receive(w, 0, &message)) {
        if ((message.type & 0xFF) == LPC_CONNECTION_REQUEST) {
            accept_one(w);
            continue;
        }
        MODEL_ASSERT(message.port_context == CONTEXT);
        w->n_received[0]++;
    }
}

static void send_when_accepted(void *state)
{
    struct queue_world *w = state;

    model_wait_for(&w->event);
    queue_send(w, 0, LANE_DATAGRAM, LANE_RELEASE);
}

static void one_received(void *state)
{
    struct queue_world *w = state;

    queue_check_sound(w);
    MODEL_ASSERT(w->n_received[0] == 1);
}

static const struct model_scenario accepting = {
    .setup = accepting_setup,
    .threads = {{"server 1", 2, accept_and_receive, true},
                {"server 2", 2, accept_and_receive, true},
                {"client", 0, send_when_accepted, false}},
    .check = one_received,
};

START_TEST(the_first_message_of_a_connection_has_its_context)
{
    queue_explore(&accepting, (struct model_options){.n_preemptions = 2});
    queue_finds(&accepting, (struct model_options){.n_preemptions = 1}, MUTANT_late_context);
}
END_TEST

/* ---- a lane's mapping (A1, A2, A3) ---- */

static void unmapped_setup(void *state)
{
    struct queue_world *w = state;

    queue_setup(w);
    memset(&w->views[0].lanes[1], 0, sizeof(w->views[0].lanes[1]));
}

static void map_and_receive(void *state)
{
    struct queue_world *w = state;
    struct port_receive_args args = {.capacity = 64, .may_wait = true};
    struct port_message message;
    struct lane_view mapped;

    while (w->n_received[0] < 2) {
        enum port_result result = port_receive(&w->views[0], &args, &message);
        if (result == PORT_MAP_LANE) {
            lane_view_init(&mapped, w->lanes[message.lane - 1], &queue_lane);
            MODEL_ASSERT(
                port_view_set_lane(&w->views[0], message.lane, message.lane_generation, &mapped));
        } else if (result == PORT_WAIT) {
            MODEL_ASSERT(doorbell_sleep(w->bells.outer, &w->wake, SYS_FOREVER) == LANE_OK);
            args.was_waiting = true;
        } else {
            queue_note(w, &message);
        }
    }
}

/* A spinning thread; without the guard it reads through a pointer that is not there. */
static void glance(void *state)
{
    struct queue_world *w = state;

    port_glance_begin(&w->views[0]);
    for (unsigned i = 0; i < 3; i++)
        (void)port_glance(&w->views[0]);
    port_glance_end(&w->views[0]);
}

static const struct model_scenario mapping = {
    .setup = unmapped_setup,
    .threads = {{"receiver", 2, map_and_receive, false},
                {"spinner", 2, glance, false},
                {"first", 0, queue_send_first, false}},
};

START_TEST(who_glances_at_a_lane_while_it_is_mapped_sees_all_of_it_or_nothing)
{
    queue_explore(&mapping, (struct model_options){.n_preemptions = 2});
    queue_explore(&mapping, (struct model_options){.n_preemptions = 1, .n_delays = 1});
}
END_TEST

/* The daemon has given the place away anew while a thread here still copies from the old lane. */
static void remap_while_copying(void *state)
{
    struct queue_world *w = state;
    struct port_receive_args args = {.capacity = 64, .unproven = PORT_INLINE_MAX_BYTES};
    struct port_message message;
    struct lane_view other;

    queue_send(w, 0, LANE_DATAGRAM, LANE_RELEASE);
    MODEL_ASSERT(port_receive(&w->views[0], &args, &message) == PORT_RECEIVED && message.pin);
    lane_view_init(&other, w->lanes[1], &queue_lane);
    MODEL_ASSERT(!port_view_set_lane(&w->views[0], 1, 3, &other));
    port_receive_end(&w->views[0], &message, true);
    MODEL_ASSERT(w->views[0].lanes[1].n_users == 0);
}

static const struct model_scenario remapping = {
    .setup = queue_setup,
    .threads = {{"holder", 2, remap_while_copying, false}},
};

START_TEST(a_mapping_in_use_is_not_replaced)
{
    queue_explore(&remapping, (struct model_options){0});
    queue_finds(&remapping, (struct model_options){0}, MUTANT_no_users);
}
END_TEST

/* The place is filled anew while a spinner glances at it. Mappings of their own, so that what is
 * unmapped too early faults. */
static void fresh_mapping(struct lane_view *ret)
{
    void *base = mmap(NULL, geometry_size(&queue_lane), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    MODEL_ASSERT(base != MAP_FAILED);
    lane_view_init(ret, base, &queue_lane);
}

static void replaced_setup(void *state)
{
    struct queue_world *w = state;

    queue_setup(w);
    fresh_mapping(&w->views[0].lanes[1].view);
    MODEL_ASSERT(port_lock(&w->views[0]));
    MODEL_ASSERT(lane_at_locked(&w->views[0], 1));
    lane_mark_hot_locked(&w->views[0], 1);
    port_unlock(&w->views[0]);
}

static void replace(void *state)
{
    struct queue_world *w = state;
    struct lane_view other;

    fresh_mapping(&other);
    MODEL_ASSERT(port_view_set_lane(&w->views[0], 1, 3, &other));
}

static void replaced_check(void *state)
{
    struct port_lane_map *map = &((struct queue_world *)state)->views[0].lanes[1];

    MODEL_ASSERT(map->generation == 3);
    lane_unmap(&map->view);
    lane_unmap(&map->retired);
}

static const struct model_scenario replacing = {
    .setup = replaced_setup,
    .threads = {{"spinner", 2, glance, false}, {"mapper", 2, replace, false}},
    .check = replaced_check,
};

START_TEST(who_glances_at_a_lane_while_its_place_is_filled_anew_reads_mapped_memory)
{
    queue_explore(&replacing, (struct model_options){.n_preemptions = 3});
}
END_TEST

int main(void)
{
    UNIT_BEGIN("model_tables");
    UNIT_TEST(a_connection_entry_shows_whole_or_not_at_all);
    UNIT_TEST(a_late_record_of_a_place_that_is_given_away_breaks_no_lane);
    UNIT_TEST(the_first_message_of_a_connection_has_its_context);
    UNIT_TEST(who_glances_at_a_lane_while_it_is_mapped_sees_all_of_it_or_nothing);
    UNIT_TEST(a_mapping_in_use_is_not_replaced);
    UNIT_TEST(who_glances_at_a_lane_while_its_place_is_filled_anew_reads_mapped_memory);
    return UNIT_END();
}
