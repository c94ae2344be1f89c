/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The receiving end of a port against a peer that writes anything into its lane: records whose
 * every field is the input's, bytes anywhere in the lane, rings at any time, between any calls of
 * the holders.
 *
 * Beside it sits an honest sender with a lane of its own. What must hold: no access outside the
 * mappings (guard pages, sanitizers), each call ends, the honest lane is never broken, each of its
 * messages arrives once and whole and in order, port memory is sound after every operation
 * (tests/unit/alpc_sound.h). */

#include "alpc/node.h"
#include "port_world.h"

#define OPS_MAX 200u

/* ---- what the liar does ---- */

/* A word that is often right. */
static uint32_t word_near(struct input *in, uint32_t right, uint32_t range)
{
    uint8_t how = input_u8(in);

    if (how == 255)
        return input_u32(in);
    return how < 128 ? right : right + (how - 128u) % range;
}

static void liar_scribbles(struct input *in)
{
    static const uint32_t places[] = {64, 128, LANE_HEADER_BYTES, LANE_HEADER_BYTES + RING_BYTES};
    struct sender *s = &w.senders[LIAR];
    uint8_t where = input_u8(in), n = input_u8(in) % 65;
    uint32_t at = places[where % 4] + (input_u32(in) & 0x1FFF & ~7u);

    if (where & 0x80) /* around the record that is due */
        at = LANE_HEADER_BYTES +
             (uint32_t)((s->producer.head + (where & 0x3C) * 2) & (RING_BYTES - 1));
    if (at + n <= s->view.size)
        input_bytes(in, s->view.base + at, n);
}

/* A slot of the liar's own, as armed, and as scribbled over. */
static void liar_arms(struct input *in)
{
    struct sender *s = &w.senders[LIAR];
    uint32_t index = input_u8(in) % N_SLOTS;
    uint8_t then = input_u8(in);

    s->words[index] = slot_arm(&s->pool, &s->view, index);
    if (then & 1)
        lane_slot(&s->view, index)->state = (s->words[index] & ~7u) | (then >> 1 & 7);
    if (then & 0x80)
        lane_slot(&s->view, index)->sleeping = 1;
    if (then & 0x40)
        lane_slot_reply(&s->view, index)->finished = s->words[index];
}

static void liar_sends(struct input *in)
{
    struct sender *s = &w.senders[LIAR];
    struct lane_message message;
    uint8_t *attributes, *data;
    uint8_t small = input_u8(in), patches = input_u8(in);

    message.attr_size = small & 0x40 ? input_u32(in) % 1024 : small >> 4 & 3;
    message.data_size = small & 0x80 ? input_u32(in) % 3000 : small & 15;
    message.kind = input_u8(in) % (LANE_KIND_LAST + 2);
    message.flags = input_u8(in) % 12;
    message.message_id = word_near(in, s->first_id, 8);
    message.callback_id = word_near(in, message.message_id + 5, 4);
    message.connection = word_near(in, s->connection, 5);
    message.connection_generation = word_near(in, s->connection_generation, 3);
    message.slot = input_u8(in) % (N_SLOTS + 3);
    message.slot_word = word_near(in, message.slot ? s->words[(message.slot - 1) % N_SLOTS] : 0, 9);
    message.sender_tid = 7;
    message.aux = input_u8(in);
    s->producer.broken = LANE_BREAK_NONE; /* it knows what it has written itself */
    if (patches & 0x40)
        s->producer.consumed = s->producer.head; /* and cares for nobody who still reads */
    if (producer_reserve(&s->producer, message.attr_size, message.data_size, &attributes, &data) !=
        LANE_OK)
        return;
    memset(attributes, 0x5A, message.attr_size + message.data_size);
    uint8_t *header = lane_ring(&s->view, s->producer.head);
    producer_publish(&s->producer, &message);
    for (unsigned i = 0; i < (patches & 7); i++) {
        uint8_t at = input_u8(in) % LANE_RECORD_BYTES;
        header[at] = input_u8(in);
    }
    if (patches & 8)
        ((struct lane_record_header *)(void *)header)->stamp_ns = UINT64_MAX - (patches >> 4);
    producer_ring(&s->producer);
    w.is_rung |= (patches & 0x80) != 0;
}

/* ---- what the holders do ---- */

static void received(unsigned holder, struct port_message *message)
{
    volatile uint8_t sum = 0;

    FUZZ_ASSERT(message->data_length <= PORT_DATA_MAX_BYTES);
    FUZZ_ASSERT(message->attributes_length <= PORT_ATTRIBUTES_MAX_BYTES);
    FUZZ_ASSERT(message->pin || message->data_length <= PORT_INLINE_MAX_BYTES);
    for (uint32_t i = 0; i < message->data_length; i++)
        sum = (uint8_t)(sum + message->data[i]);
    if (message->lane == w.senders[HONEST].lane && message->type == LPC_DATAGRAM)
        honest_arrives(message);
    else if (message->type == LPC_DATAGRAM)
        FUZZ_ASSERT(message->sender_process_id != 100 + HONEST);
    w.last_id = message->message_id;
    if (!message->pin)
        port_receive_end(&w.views[holder], message, true); /* nothing */
    else if (holder || w.n_pins == N_PINS ||
             (message->lane == w.senders[HONEST].lane && message->type == LPC_DATAGRAM))
        port_receive_end(&w.views[holder], message, true);
    else
        w.pins[w.n_pins++] = *message;
}

static enum port_result receive(unsigned holder, struct port_receive_args *args)
{
    struct port_message message;
    enum port_result result;

    args->was_waiting = w.waits[holder];
    w.waits[holder] = false;
    while ((result = port_receive(&w.views[holder], args, &message)) == PORT_MAP_LANE)
        if (!map_lane(&w.views[holder], message.lane, message.lane_generation))
            return PORT_EMPTY;
    if (result == PORT_RECEIVED)
        received(holder, &message);
    else if (result == PORT_WAIT)
        w.waits[holder] = true;
    FUZZ_ASSERT((result == PORT_UNUSABLE) == w.is_unusable);
    return result;
}

static void holder_receives(struct input *in)
{
    uint8_t how = input_u8(in);
    struct port_receive_args args = {.capacity = how & 1 ? PORT_DATA_MAX_BYTES : input_u8(in) * 4u,
                                     .unproven = how & 2 ? PORT_INLINE_MAX_BYTES : 0,
                                     .only = how >> 2 & 3,
                                     .has_waited = how & 0x20};

    args.only = args.only == 3 ? PORT_ONLY_ALL : args.only;
    if (args.capacity == 255 * 4)
        args.capacity = -1; /* not even a header fits */
    args.may_wait = args.only == PORT_ONLY_ALL && how & 0x10;
    for (unsigned n = 1 + (how >> 5); n-- > 0;)
        if (receive(how & 0x80 && w.has_second, &args) != PORT_RECEIVED)
            break;
    (void)port_glance(&w.views[0]);
}

static void stop_waiting(unsigned holder)
{
    if (w.waits[holder])
        port_wait_cancel(&w.views[holder]);
    w.waits[holder] = false;
}

static void unpin(struct input *in)
{
    if (!w.n_pins) {
        stop_waiting(0);
        return;
    }
    port_receive_end(&w.views[0], &w.pins[--w.n_pins], input_u8(in) & 1);
}

static uint32_t some_id(struct input *in)
{
    uint8_t how = input_u8(in);

    if (how < 64)
        return w.last_id;
    return how == 255 ? input_u32(in) : w.senders[LIAR].first_id + how % 8;
}

/* An answer is written as libs/portico does. */
static void carry_out(struct input *in, struct port_route *route)
{
    uint8_t how = input_u8(in);
    struct slot_reply reply = {.kind = LANE_CONTINUATION,
                               .flags = route->record_flags,
                               .message_id = route->message_id,
                               .status = route->slot_status,
                               .data_size = how % 64};

    route->outcome = how & 0x80 ? PORT_NOT_WRITTEN : PORT_WRITTEN;
    if (route->kind != PORT_ROUTE_SLOT || how & 0x80)
        return;
    enum lane_result result = slot_claim(route->lane_view, route->slot, route->slot_word);
    if (result != LANE_OK) {
        route->outcome = PORT_GONE;
        return;
    }
    reply.in_extent = how & 0x40;
    memset(slot_areas(route->lane_view, route->slot, reply.in_extent), 1, reply.data_size);
    (void)!slot_finish(route->lane_view, route->slot, route->slot_word, &reply);
}

static void end_route(struct input *in, struct port_route *route)
{
    struct port_receive_args args = {.capacity = PORT_DATA_MAX_BYTES, .finished = route};

    if (route->kind == PORT_ROUTE_MAP_LANE) {
        (void)map_lane(&w.views[0], route->lane, route->lane_generation);
        return;
    }
    if (route->kind == PORT_ROUTE_NONE)
        return;
    if (route != &w.open_route)
        carry_out(in, route);
    if (input_u8(in) & 1)
        (void)receive(0, &args);
    if (args.finished)
        port_route_end(&w.views[0], route);
}

static void answer(struct input *in)
{
    struct port_route route;
    uint32_t id = some_id(in);
    uint8_t how = input_u8(in);

    if (how & 0x10 && w.open_route.node) {
        end_route(in, &w.open_route);
        w.open_route.node = 0;
        return;
    }
    unsigned holder = how & 0x40 && w.has_second;
    if (port_continue_begin(&w.views[holder], id, how & 4 ? id + 5 : 0, how & 3, how & 8, 1,
                            &route) != STATUS_SUCCESS)
        return;
    if (holder) { /* it dies before it ends it */
        w.has_second = w.waits[1] = false;
        port_keeper_holder_died(&w.keeper, 201);
    } else if (how & 0x20 && !w.open_route.node && route.kind != PORT_ROUTE_MAP_LANE) {
        carry_out(in, &route); /* the answer is out, its writer is slow */
        w.open_route = route;
    } else {
        end_route(in, &route);
    }
}

static void cancel(struct input *in)
{
    struct port_route route;
    struct port_cancel wish = {.message_id = some_id(in), .flags = input_u8(in) & 9};

    wish.callback_id = wish.flags & 8 ? 0 : wish.message_id + 5;
    if (port_cancel_begin(&w.views[0], &wish, &route) == STATUS_PENDING)
        end_route(in, &route);
}

static void harvest(struct input *in)
{
    uint32_t n, lane, generation;
    unsigned holder = input_u8(in) & 1 && w.has_second;
    enum port_result result;

    while ((result = port_harvest(&w.views[holder], &n, &lane, &generation)) == PORT_MAP_LANE)
        if (!map_lane(&w.views[holder], lane, generation))
            break;
    FUZZ_ASSERT((result == PORT_UNUSABLE) == w.is_unusable);
}

/* What this end has sent, or got through a slot: names of the liar's that it may answer. */
static void expect(struct input *in)
{
    const struct sender *s = &w.senders[LIAR];
    uint8_t how = input_u8(in);
    const uint32_t named = some_id(in), honest = w.senders[HONEST].first_id;
    const uint32_t id = named - honest < IDS ? s->first_id : named; /* no port has another's ids */
    const struct port_waiter waiter = {.lane = how >> 4 & 3,
                                       .slot = how >> 2 & 3,
                                       .slot_word = s->words[(how >> 2 & 3) % N_SLOTS]};
    const struct port_message large = {.message_id = id,
                                       .callback_id = id + 5,
                                       .type = LPC_REPLY | (how & 0x80 ? LPC_CONTINUATION : 0),
                                       .connection = s->connection,
                                       .data_length = how,
                                       .data = w.memory};

    if ((how & 3) == 0)
        (void)!port_expect(&w.views[0], s->connection, id, id + 5, 0);
    else if ((how & 3) == 1)
        (void)!port_adopt(&w.views[0], s->connection, id, id + 5, 0, &waiter);
    else if ((how & 3) == 2)
        (void)!port_lend(&w.views[0], s->connection, id, id + 5);
    else
        (void)!port_adopt_large(&w.views[0], &large, &waiter);
}

static void look(struct input *in)
{
    struct port_message message;
    struct port_connection_facts facts;
    uint32_t id = some_id(in);

    (void)!port_find_message(&w.views[0], id, &message);
    (void)port_id_is_live(&w.views[0], id);
    (void)port_is_outstanding(&w.views[0], id);
    (void)port_connection_read(&w.views[0], input_u8(in), &facts);
    port_note_security(&w.views[0], id, input_u8(in) & 1, 9);
    (void)port_security_is_used(&w.views[0], 9);
    port_watch(&w.views[0], true);
    port_set_completion(&w.views[0], input_u8(in) & 1);
    port_watch(&w.views[0], false);
    (void)port_keeper_count_lane(&w.keeper, w.senders[LIAR].lane, &w.senders[LIAR].view);
    if (port_signal_take(&w.views[0]))
        port_signal_give(&w.views[0]);
}

/* ---- what the daemon does ---- */

static void connect_again(void)
{
    struct sender *s = &w.senders[LIAR];
    const struct port_connect connect = {.process_id = 100, .sender = 1};
    const uint32_t id = w.connect_id ? w.connect_id : port_keeper_lease(&w.keeper, 1);
    struct lane_message message = {.kind = LANE_CONNECT_REQUEST, .message_id = id};
    struct port_receive_args args = {.capacity = PORT_DATA_MAX_BYTES};
    uint32_t connection, generation;

    if (w.connect_id) { /* its answer is under way since */
        port_accept_end(&w.views[0], id, (s->first_id + w.last_id) & 1);
        w.connect_id = 0;
        return;
    }
    if (port_keeper_close_is_done(&w.keeper, s->connection))
        port_keeper_free_connection(&w.keeper, s->connection);
    if (port_keeper_connect(&w.keeper, &connect, &connection, &generation) != STATUS_SUCCESS)
        return;
    message.connection = s->connection = connection;
    message.connection_generation = s->connection_generation = generation;
    (void)!port_keeper_post(&w.keeper, &message, NULL, NULL);
    (void)receive(0, &args);
    if (port_accept_begin(&w.views[0], id, 5, &connection, &generation) == STATUS_SUCCESS)
        w.connect_id = id;
    port_set_context(&w.views[0], s->connection, s->connection_generation, 6);
    port_keeper_open(&w.keeper, s->connection);
}

static void regrant(void)
{
    struct sender *s = &w.senders[LIAR];
    struct port_lane_grant grant = {
        .process_id = 100, .sender = 1, .geometry = lane_geometry_used, .previous = s->lane + 1};

    if (port_keeper_lane_is_drained(&w.keeper, s->lane)) {
        port_keeper_free_lane(&w.keeper, s->lane);
        grant.previous = 0;
        grant.lease = (struct port_lease){s->first_id, IDS};
    }
    if (port_keeper_grant_lane(&w.keeper, &grant, &s->lane, &s->generation) == STATUS_SUCCESS)
        sender_format(LIAR);
}

static void post(uint8_t what)
{
    const struct sender *s = &w.senders[LIAR];
    const struct lane_message message = {.kind =
                                             what & 0x40 ? LANE_CONNECT_REPLY : LANE_CLIENT_DIED,
                                         .message_id = 1,
                                         .connection = s->connection,
                                         .connection_generation = s->connection_generation,
                                         .data_size = what};
    uint32_t told = 0;

    (void)!port_keeper_post(&w.keeper, &message, NULL, w.memory);
    (void)port_keeper_want_space(&w.keeper, what & 0x80);
    (void)port_lane0_has_room(&w.views[0], &told);
    if (what == 0xFF)
        port_keeper_end(&w.keeper, STATUS_PORT_CLOSED);
    if (what == 0xF7 && port_keeper_lane_is_drained(&w.keeper, s->lane))
        port_keeper_free_lane(&w.keeper, s->lane);
}

static void daemon_acts(struct input *in)
{
    uint8_t what = input_u8(in);

    switch (what % 8) {
    case 0:
        port_keeper_close(&w.keeper, w.senders[LIAR].connection, what >> 3 & 3, 1000000 + what);
        break;
    case 1:
        port_keeper_lane_died(&w.keeper, w.senders[LIAR].lane);
        break;
    case 2:
        connect_again();
        break;
    case 3:
        regrant();
        break;
    case 4:
        if (!w.has_second)
            break;
        w.has_second = w.waits[1] = false;
        port_keeper_holder_died(&w.keeper, 201);
        break;
    case 5:
        w.is_rung = true;
        break;
    case 6:
        (void)!producer_move(&w.senders[LIAR].producer, what);
        break;
    default:
        post(what);
        break;
    }
}

static bool step(struct input *in)
{
    static void (*const operations[])(struct input *) = {
        liar_sends, holder_receives, liar_scribbles, answer,      liar_arms, cancel,
        unpin,      harvest,         honest_sends,   daemon_acts, expect,    look,
    };
    static void (*const rare[])(struct input *) = {liar_will_act, bells_will_tell, mutex_ends};

    if (!in->left)
        return false;
    uint8_t what_next = input_u8(in);
    if (what_next < 240)
        operations[what_next % (sizeof(operations) / sizeof(*operations))](in);
    else
        rare[what_next % (sizeof(rare) / sizeof(*rare))](in);
    const char *what = w.is_unusable ? NULL : sound_check(&w.views[0]);
    if (what)
        fprintf(stderr, "not sound: %s\n", what);
    FUZZ_ASSERT(!what);
    return true;
}

/* Whatever has happened: everything can be received, and what the honest one has sent is among it.
 */
static void drain(void)
{
    struct port_receive_args args = {.capacity = PORT_DATA_MAX_BYTES};

    w.n_meanwhile = w.n_edges = 0;
    stop_waiting(0);
    if (w.has_second)
        stop_waiting(1);
    if (w.open_route.node)
        port_route_end(&w.views[0], &w.open_route);
    while (w.n_pins)
        port_receive_end(&w.views[0], &w.pins[--w.n_pins], true);
    for (unsigned n = 0; receive(0, &args) == PORT_RECEIVED; n++) {
        FUZZ_ASSERT(n < 2000);
        while (w.n_pins)
            port_receive_end(&w.views[0], &w.pins[--w.n_pins], true);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};

    begin(input_u8(&in) & (PORT_IS_CLIENT | PORT_IS_WAITABLE));
    for (unsigned n = 0; n < OPS_MAX && step(&in); n++)
        ;
    drain();
    /* All places may be taken by messages that this end has not answered. */
    const bool is_full = !w.is_unusable && !node_is_left_locked(&w.views[0]);
    FUZZ_ASSERT(w.is_unusable || is_full || w.n_maps == N_MAPS ||
                w.n_honest_received == w.n_honest_sent);
    end();
    return 0;
}
