/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Random conversations between a server port and three client ports, both directions, checked
 * against a simple model:
 *
 *     every message reaches the other end once, as a message or as an LPC_CANCELED, unless its
 * connection closed; messages of one lane arrive in the order of sending; no end ever takes the
 * other for a liar, whatever crosses (answers, cancels, acknowledgements, closes); when both ends
 * have let go of everything, no port holds anything.
 */

#include "alpc_rig.h"
#include "alpc_sound.h"

#define N_CLIENTS 3
#define N_IDS     200000u
#define HELD_MAX  64

/* One direction of a relation: who sends, over which lane, to which port. */
struct end {
    struct rig *own;         /* port that receives here */
    struct rig *peer;        /* port that receives there */
    struct rig_sender *lane; /* from here to there; its connection is that at the peer */
    uint32_t connection;     /* at the own port */
    uint32_t held[HELD_MAX], n_held;
    uint32_t sent[HELD_MAX], n_sent;
    uint32_t next_sequence, seen_sequence;
};

enum fate { UNKNOWN, IN_FLIGHT, ARRIVED, LOST };

struct world {
    struct rig server, clients[N_CLIENTS];
    struct end ends[N_CLIENTS][2]; /* 0: the client's, 1: the server's */
    uint64_t random;
    uint8_t *fate; /* of a new message by id: enum fate */
    unsigned n_arrived, n_canceled, n_closed, n_large, n_acks, n_refused, n_undone;
};

static uint32_t pick(struct world *w, uint32_t n)
{
    w->random = w->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(w->random >> 33) % n;
}

static void set_open(struct world *w, unsigned k)
{
    struct end *client = &w->ends[k][0], *server = &w->ends[k][1];

    rig_connect(&w->server, client->lane);
    rig_connect(&w->clients[k], server->lane);
    client->connection = server->lane->connection;
    server->connection = client->lane->connection;
    client->n_held = client->n_sent = server->n_held = server->n_sent = 0;
}

static void setup(struct world *w, uint64_t seed)
{
    static const struct port_geometry big = {64, 8, 512, 64, 512, 262144},
                                      small = {4, 8, 128, 16, 128, 262144};

    memset(w, 0, sizeof(*w));
    w->random = seed;
    w->fate = calloc(N_IDS, 1);
    rig_open(&w->server, &big, 0);
    for (unsigned k = 0; k < N_CLIENTS; k++) {
        rig_open(&w->clients[k], &small, PORT_IS_CLIENT);
        struct end *client = &w->ends[k][0], *server = &w->ends[k][1];
        client->own = server->peer = &w->clients[k];
        client->peer = server->own = &w->server;
        client->lane = rig_add_lane(&w->server, LANE_RING_FIRST_BYTES, k + 1, -1);
        server->lane = rig_add_lane(&w->clients[k], LANE_RING_FIRST_BYTES, 9, -1);
        /* All ids of a relation come from the connection port's space. */
        struct port_lease lease = {port_keeper_lease(&w->server.keeper, RIG_IDS), RIG_IDS};
        ck_assert_uint_eq(
            port_keeper_extend_lease(&w->clients[k].keeper, server->lane->lane, &lease),
            STATUS_SUCCESS);
        server->lane->next_id = lease.first_id;
        set_open(w, k);
    }
}

static void teardown(struct world *w)
{
    rig_close(&w->server);
    for (unsigned k = 0; k < N_CLIENTS; k++)
        rig_close(&w->clients[k]);
    free(w->fate);
}

static uint32_t callback_of(uint32_t id)
{
    return id + 1000000;
}

/* Publishes; false: the lane is full. */
static bool publish(struct end *end, uint16_t kind, uint16_t flags, uint32_t id, uint32_t size,
                    uint32_t attributes)
{
    static uint8_t data[LANE_DATA_MAX_BYTES];
    uint32_t words[2] = {id, ++end->next_sequence};
    struct lane_message message = rig_message(end->lane, kind, flags, id, size);

    memcpy(data, words, MIN(size, sizeof(words)));
    message.attr_size = attributes;
    if (producer_send(&end->lane->producer, &message, data, data) == LANE_OK)
        return true;
    end->next_sequence--;
    return false;
}

static uint32_t random_size(struct world *w)
{
    static const uint32_t limits[] = {16, 100, 700, 5000, LANE_DATA_MAX_BYTES - 8};

    return 8 + pick(w, limits[pick(w, ARRAY_SIZE(limits))]);
}

static void forget(uint32_t *list, uint32_t *n, uint32_t id)
{
    for (uint32_t i = 0; i < *n; i++)
        if (list[i] == id) {
            list[i] = list[--*n];
            return;
        }
}

/* Acknowledgements come silently: what is no longer live has been given back. */
static void prune(struct end *end)
{
    for (uint32_t i = end->n_sent; i-- > 0;)
        if (!port_id_is_live(&end->own->views[0], end->sent[i]))
            end->sent[i] = end->sent[--end->n_sent];
}

static void send_new(struct world *w, struct end *end)
{
    uint32_t id = end->lane->next_id++, what = pick(w, 3);
    struct port_view *view = &end->own->views[0];

    ck_assert_uint_lt(id, N_IDS);
    if (what == 0) {
        if (publish(end, LANE_DATAGRAM, LANE_RELEASE, id, random_size(w), 0))
            w->fate[id] = IN_FLIGHT;
        return;
    }
    prune(end);
    if (end->n_sent == HELD_MAX ||
        port_expect(view, end->connection, id, callback_of(id), id) != STATUS_SUCCESS)
        return;
    bool is_request = what == 1;
    if (!publish(end, is_request ? LANE_REQUEST : LANE_DATAGRAM, 0, id, random_size(w),
                 is_request ? 0 : 24)) {
        port_expect_abort(view, id);
        return;
    }
    w->fate[id] = IN_FLIGHT;
    end->sent[end->n_sent++] = id;
}

/* Carries a route out. */
static void carry_out(struct end *end, struct port_route *route, uint32_t size)
{
    ck_assert_int_eq(route->kind, PORT_ROUTE_LANE);
    bool has_data = route->record_kind == LANE_CONTINUATION;
    if (!publish(end, route->record_kind, route->record_flags, route->message_id,
                 has_data ? size : 0, 0))
        route->outcome = PORT_NOT_WRITTEN;
    port_route_end(&end->own->views[0], route);
}

static void answer(struct world *w, struct end *end, bool always_release)
{
    struct port_route route;

    if (!end->n_held)
        return;
    uint32_t id = end->held[pick(w, end->n_held)];
    uint32_t flags = always_release || pick(w, 2) ? PORT_CONTINUE_RELEASE : 0;
    status_t status =
        port_continue_begin(&end->own->views[0], id, callback_of(id), flags, true, id, &route);
    if (status == STATUS_SUCCESS)
        carry_out(end, &route, random_size(w));
    if (status != STATUS_SUCCESS || route.outcome == PORT_WRITTEN)
        forget(end->held, &end->n_held, id);
    if (status == STATUS_SUCCESS && route.outcome == PORT_WRITTEN && !flags &&
        end->n_sent < HELD_MAX)
        end->sent[end->n_sent++] = id;
}

static bool receive_at(struct world *w, const struct rig *rig);

/* Publishes what must follow a decision: with a full lane the sender waits until the other end has
 * received. */
static void publish_surely(struct world *w, struct end *end, uint16_t kind, uint16_t flags,
                           uint32_t id)
{
    while (!publish(end, kind, flags, id, 0, 0))
        ck_assert(receive_at(w, end->peer));
}

static void cancel(struct world *w, struct end *end)
{
    bool is_sent = pick(w, 2);
    uint32_t n = is_sent ? end->n_sent : end->n_held;
    struct port_route route;

    if (!n)
        return;
    uint32_t id = (is_sent ? end->sent : end->held)[pick(w, n)];
    status_t status =
        port_cancel_begin(&end->own->views[0], &(struct port_cancel){.message_id = id}, &route);
    if (status == STATUS_PENDING && route.kind == PORT_ROUTE_LANE) {
        publish_surely(w, end, route.record_kind, route.record_flags, route.message_id);
        port_route_end(&end->own->views[0], &route);
        w->n_refused++;
    }
    forget(end->sent, &end->n_sent, id);
    forget(end->held, &end->n_held, id);
}

static void acknowledge(struct world *w, struct end *end, const struct port_message *message)
{
    w->n_acks++;
    publish_surely(w, end, LANE_ACK, 0, message->message_id);
}

static void check_payload(struct world *w, struct end *end, struct end *from,
                          const struct port_message *message)
{
    uint32_t words[2];

    ck_assert_uint_ge(message->data_length, 8);
    memcpy(words, message->data, 8);
    ck_assert_uint_eq(words[0], message->message_id);
    ck_assert_uint_gt(words[1], from->seen_sequence);
    from->seen_sequence = words[1];
    ck_assert_uint_lt(words[0], N_IDS);
    bool is_new = message->type == LPC_DATAGRAM || w->fate[words[0]] == IN_FLIGHT;
    if (is_new) {
        ck_assert_uint_eq(w->fate[words[0]], IN_FLIGHT);
        w->fate[words[0]] = ARRIVED;
        ck_assert_uint_eq(message->message_context, 0);
    } else {
        ck_assert_uint_eq(message->message_context, message->message_id);
    }
    if (!is_new)
        forget(end->sent, &end->n_sent, message->message_id);
    w->n_arrived++;
}

/* Receives one message at a port; `ends`: its ends, by connection. False: nothing. */
static bool receive(struct world *w, struct rig *rig, struct end **ends, unsigned n_ends,
                    uint32_t capacity)
{
    struct port_receive_args args = {.capacity = capacity};
    struct port_message message;
    struct end *end = NULL;
    enum port_result result = rig_receive_args(rig, &rig->views[0], &args, &message);

    ck_assert_uint_eq(rig->n_broken, 0);
    if (result == PORT_TOO_SMALL) {
        w->n_large++;
        ck_assert_uint_gt(message.data_length, capacity);
        return false;
    }
    if (result == PORT_EMPTY)
        return false;
    ck_assert_int_eq(result, PORT_RECEIVED);
    if (message.pin && pick(w, 4) == 0) { /* a bad buffer: it is there again */
        port_receive_end(&rig->views[0], &message, false);
        w->n_undone++;
        return true;
    }
    for (unsigned i = 0; i < n_ends && !end; i++)
        if (ends[i]->connection == message.connection)
            end = ends[i];
    if (message.type == LPC_PORT_CLOSED) {
        w->n_closed++;
        port_keeper_free_connection(&rig->keeper, message.connection);
    } else if (message.type == LPC_CANCELED) {
        w->n_canceled++;
        ck_assert_uint_eq(message.data_length, 0);
        if (end) {
            forget(end->held, &end->n_held, message.message_id);
            forget(end->sent, &end->n_sent, message.message_id);
        }
        if (message.message_id < N_IDS && w->fate[message.message_id] == IN_FLIGHT)
            w->fate[message.message_id] = LOST;
        if (message.flags & PORT_MESSAGE_ACK && end)
            acknowledge(w, end, &message);
    } else {
        ck_assert_ptr_nonnull(end);
        struct end *from = NULL;
        for (unsigned k = 0; k < N_CLIENTS; k++)
            for (unsigned side = 0; side < 2; side++)
                if (&w->ends[k][side] == end)
                    from = &w->ends[k][!side];
        check_payload(w, end, from, &message);
        if (message.type & LPC_CONTINUATION) {
            ck_assert_uint_lt(end->n_held, HELD_MAX);
            end->held[end->n_held++] = message.message_id;
        }
    }
    port_receive_end(&rig->views[0], &message, true);
    return true;
}

static bool receive_server(struct world *w, uint32_t capacity)
{
    struct end *ends[N_CLIENTS] = {&w->ends[0][1], &w->ends[1][1], &w->ends[2][1]};

    return receive(w, &w->server, ends, N_CLIENTS, capacity);
}

static bool receive_client(struct world *w, unsigned k, uint32_t capacity)
{
    struct end *end = &w->ends[k][0];

    return receive(w, &w->clients[k], &end, 1, capacity);
}

static bool receive_at(struct world *w, const struct rig *rig)
{
    if (rig == &w->server)
        return receive_server(w, LANE_DATA_MAX_BYTES);
    for (unsigned k = 0; k < N_CLIENTS; k++)
        if (rig == &w->clients[k])
            return receive_client(w, k, LANE_DATA_MAX_BYTES);
    return false;
}

/* The connection ends and another one is made at once: what is under way belongs to nobody. */
static void reconnect(struct world *w, unsigned k)
{
    uint64_t now = sys_now_ns();

    if (w->server.keeper.n_connections > 50 || w->clients[k].keeper.n_connections > 3)
        return;
    port_keeper_close(&w->server.keeper, w->ends[k][0].lane->connection, 0, now);
    port_keeper_close(&w->clients[k].keeper, w->ends[k][1].lane->connection, 0, now);
    set_open(w, k);
}

static bool is_room(const struct world *w)
{
    for (unsigned k = 0; k < N_CLIENTS; k++)
        for (unsigned side = 0; side < 2; side++)
            if (w->ends[k][side].n_held > HELD_MAX / 2)
                return false;
    return true;
}

static void step(struct world *w, bool reconnects)
{
    unsigned k = pick(w, N_CLIENTS);
    struct end *end = &w->ends[k][pick(w, 2)];
    uint32_t what = pick(w, 100), capacity = pick(w, 10) ? LANE_DATA_MAX_BYTES : random_size(w);

    if (what < 30)
        send_new(w, end);
    else if (what < 55)
        answer(w, end, false);
    else if (what < 62)
        cancel(w, end);
    else if (what == 62 && reconnects && pick(w, 8) == 0)
        reconnect(w, k);
    else if (!is_room(w))
        answer(w, end, true);
    else if (what < 80)
        receive_server(w, capacity);
    else
        receive_client(w, k, capacity);
}

/* Everybody lets go of everything. */
static void settle(struct world *w)
{
    bool any = true;

    for (unsigned round = 0; any; round++) {
        ck_assert_uint_lt(round, 100000);
        any = false;
        for (unsigned k = 0; k < N_CLIENTS; k++) {
            for (unsigned side = 0; side < 2; side++)
                for (unsigned i = 0; i < 4 && w->ends[k][side].n_held; i++, any = true)
                    answer(w, &w->ends[k][side], true);
            any |= receive_client(w, k, LANE_DATA_MAX_BYTES);
        }
        any |= receive_server(w, LANE_DATA_MAX_BYTES);
    }
}

static void check_nothing_left(struct rig *rig)
{
    const struct port_memory *memory = rig->memory;
    const struct port_counters *counters = &memory->counters;

    ck_assert_uint_eq(counters->n_main + counters->n_large + counters->n_delivering, 0);
    ck_assert_uint_eq(counters->n_pending, 0);
    ck_assert_uint_eq(counters->n_sent, 0);
    ck_assert_uint_eq(counters->n_quarantined, 0);
    for (unsigned i = 0; i < rig->n_senders; i++) {
        const struct port_lane *lane = &rig->views[0].at.lanes[rig->senders[i].lane];
        ck_assert_uint_eq(lane->cursor.next, rig->senders[i].producer.head);
        ck_assert_uint_eq(lane->cursor.freed, lane->cursor.next);
        ck_assert_uint_eq(lane->n_nodes, 0);
    }
    for (uint32_t i = 0; i < rig->views[0].at.geometry.n_blocks / 64; i++)
        ck_assert_uint_eq(rig->views[0].at.blocks[i], 0);
}

static void check_sound(const struct world *w)
{
    for (unsigned k = 0; k <= N_CLIENTS; k++) {
        const char *what =
            sound_check(k < N_CLIENTS ? &w->clients[k].views[0] : &w->server.views[0]);
        ck_assert_msg(!what, "not sound: %s", what);
    }
}

static void converse(uint64_t seed, unsigned n_steps, bool reconnects)
{
    static struct world w;

    setup(&w, seed);
    for (unsigned i = 0; i < n_steps; i++) {
        step(&w, reconnects);
        if (i % 50 == 0)
            check_sound(&w);
    }
    settle(&w);
    check_nothing_left(&w.server);
    for (unsigned k = 0; k < N_CLIENTS; k++)
        check_nothing_left(&w.clients[k]);
    if (!reconnects)
        for (uint32_t id = 0; id < N_IDS; id++)
            ck_assert_uint_ne(w.fate[id], IN_FLIGHT);
    ck_assert_uint_gt(w.n_arrived, n_steps / 10);
    ck_assert_uint_gt(w.n_canceled, 0);
    ck_assert_uint_gt(w.n_large, 0);
    ck_assert_uint_gt(w.n_undone, 0);
    ck_assert_uint_gt(w.n_acks, 0);
    ck_assert(!reconnects || w.n_closed > 0);
    teardown(&w);
}

START_TEST(random_conversations_lose_nothing_and_leave_nothing)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        converse(seed, 20000, false);
}
END_TEST

START_TEST(random_conversations_with_closes_leave_nothing)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        converse(seed * 77, 20000, true);
}
END_TEST

int main(void)
{
    UNIT_BEGIN("random_queue");
    UNIT_TEST(random_conversations_lose_nothing_and_leave_nothing);
    UNIT_TEST(random_conversations_with_closes_leave_nothing);
    return UNIT_END();
}
