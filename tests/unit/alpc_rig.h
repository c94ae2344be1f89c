/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Both ends of a port in one process, for the tests of libs/alpc: the daemon's keeper, one or two
 * holders' views of the same port memory, real lanes and doorbells, and senders. Ids: sender s
 * leases RIG_IDS ids from its first_id. */
#pragma once

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "alpc/alpc.h"
#include "alpc/keeper.h"
#include "alpc/take.h"
#include "alpc/view.h"
#include "lane/doorbell.h"
#include "lane/slot.h"
#include "unit.h"

#define RIG_SENDERS 8
#define RIG_IDS     20000u
#define RIG_PID     4000u /* process id of holder 0; holder 1 is RIG_PID + 1 */

static const struct port_geometry rig_small = {16, 8, 64, 16, 128, 262144};

struct rig_sender {
    struct lane_producer producer;
    struct slot_pool pool;
    struct lane_geometry geometry;
    int fd, bell;
    uint32_t lane, generation, connection, connection_generation, first_id, next_id, sender;
};

struct rig {
    struct port_keeper keeper;
    struct port_view views[2];
    struct doorbell_set bells;
    void *memory;
    uint64_t size;
    struct rig_sender senders[RIG_SENDERS];
    unsigned n_senders;
    unsigned n_inner_reads, n_bells, n_broken;
    enum lane_break broken_reason;
};

static unsigned rig_read_inner(void *context, uint32_t *ret_lanes, unsigned max)
{
    struct rig *rig = context;

    rig->n_inner_reads++;
    return doorbell_read(rig->bells.inner, ret_lanes, max);
}

static void rig_clear_outer(void *context)
{
    doorbell_clear(((struct rig *)context)->bells.outer);
}

static void rig_ring_bell(void *context)
{
    ((struct rig *)context)->n_bells++;
    doorbell_ring(((struct rig *)context)->bells.port_bell);
}

static void rig_lane_broken(void *context, uint32_t lane, uint32_t process_id,
                            enum lane_break reason)
{
    (void)lane;
    (void)process_id;
    ((struct rig *)context)->n_broken++;
    ((struct rig *)context)->broken_reason = reason;
}

static const struct port_ops rig_ops = {rig_read_inner, rig_clear_outer, rig_ring_bell,
                                        rig_lane_broken};

static inline void rig_open(struct rig *rig, const struct port_geometry *geometry, uint32_t flags)
{
    memset(rig, 0, sizeof(*rig));
    rig->size = port_memory_size(geometry);
    ck_assert(rig->size != 0);
    rig->memory = mmap(NULL, rig->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(rig->memory, MAP_FAILED);
    ck_assert_uint_eq(port_keeper_init(&rig->keeper, rig->memory, geometry, 7, flags),
                      STATUS_SUCCESS);
    ck_assert_int_eq(doorbell_set_open(&rig->bells), 0);
    ck_assert_uint_eq(
        port_view_init(&rig->views[0], rig->memory, rig->size, RIG_PID, &rig_ops, rig),
        STATUS_SUCCESS);
}

static inline void rig_second_holder(struct rig *rig)
{
    ck_assert_uint_eq(
        port_view_init(&rig->views[1], rig->memory, rig->size, RIG_PID + 1, &rig_ops, rig),
        STATUS_SUCCESS);
}

/* A lane for a sending process; previous: its older lane's index among the senders, -1 none. */
static inline struct rig_sender *rig_add_lane(struct rig *rig, uint32_t ring_size, uint32_t sender,
                                              int previous)
{
    struct rig_sender *s = &rig->senders[rig->n_senders++];
    struct lane_view mapped;
    struct port_lane_grant grant = {.process_id = 5000 + sender, .sender = sender};

    ck_assert_uint_le(rig->n_senders, RIG_SENDERS);
    s->geometry = (struct lane_geometry){ring_size, 4};
    s->sender = sender;
    grant.geometry = s->geometry;
    if (previous >= 0) {
        grant.previous = rig->senders[previous].lane + 1;
    } else {
        grant.lease.first_id = port_keeper_lease(&rig->keeper, RIG_IDS);
        grant.lease.n_ids = RIG_IDS;
        s->first_id = s->next_id = grant.lease.first_id;
    }
    s->fd = lane_create(&s->geometry, "rig");
    ck_assert_int_ge(s->fd, 0);
    ck_assert_int_eq(lane_map(s->fd, &s->geometry, &mapped), 0);
    s->bell = doorbell_new();
    ck_assert_int_ge(s->bell, 0);
    producer_init(&s->producer, &mapped, s->bell);
    slot_pool_init(&s->pool, s->geometry.n_slots);
    ck_assert_uint_eq(port_keeper_grant_lane(&rig->keeper, &grant, &s->lane, &s->generation),
                      STATUS_SUCCESS);
    ck_assert_int_eq(doorbell_add(&rig->bells, s->bell, s->lane), 0);
    return s;
}

/* A connection of the sending process of `s`, open. */
static inline void rig_connect(struct rig *rig, struct rig_sender *s)
{
    struct port_connect connect = {
        .process_id = 5000 + s->sender,
        .thread_id = 6000 + s->sender,
        .sender = s->sender,
        .token_ids = {11, 12, 13},
        .create_time = 0x1122334455667788,
    };

    ck_assert_uint_eq(
        port_keeper_connect(&rig->keeper, &connect, &s->connection, &s->connection_generation),
        STATUS_SUCCESS);
    port_keeper_open(&rig->keeper, s->connection);
}

/* A process with one lane and one connection. */
static inline struct rig_sender *rig_add_sender(struct rig *rig)
{
    struct rig_sender *s = rig_add_lane(rig, LANE_RING_FIRST_BYTES, rig->n_senders + 1, -1);

    rig_connect(rig, s);
    return s;
}

static inline void rig_close_lane(struct rig_sender *s)
{
    lane_unmap(&s->producer.view);
    close(s->fd);
    close(s->bell);
}

static inline void rig_close(struct rig *rig)
{
    port_view_deinit(&rig->views[0]);
    port_view_deinit(&rig->views[1]);
    port_keeper_deinit(&rig->keeper);
    for (unsigned i = 0; i < rig->n_senders; i++)
        rig_close_lane(&rig->senders[i]);
    doorbell_set_close(&rig->bells);
    munmap(rig->memory, rig->size);
}

/* The message fields for a record of this sender. */
static inline struct lane_message rig_message(const struct rig_sender *s, uint16_t kind,
                                              uint16_t flags, uint32_t id, uint32_t size)
{
    return (struct lane_message){
        .message_id = id,
        .callback_id = id + 1000000,
        .connection = s->connection,
        .connection_generation = s->connection_generation,
        .kind = kind,
        .flags = flags,
        .sender_tid = 77,
        .data_size = size,
    };
}

/* Payload byte i of message id. */
static inline uint8_t rig_byte(uint32_t id, uint32_t i)
{
    return (uint8_t)(id * 31 + i * 7 + (i >> 8));
}

static inline const uint8_t *rig_payload(uint32_t id, uint32_t size)
{
    static uint8_t buffers[2][LANE_DATA_MAX_BYTES];
    static unsigned turn;
    uint8_t *bytes = buffers[turn++ & 1]; /* two may be in use at a time */

    for (uint32_t i = 0; i < size; i++)
        bytes[i] = rig_byte(id, i);
    return bytes;
}

static inline enum lane_result rig_try_send(struct rig_sender *s,
                                            const struct lane_message *message)
{
    return producer_send(&s->producer, message, rig_payload(9, message->attr_size),
                         rig_payload(message->message_id, message->data_size));
}

/* Sends a record with the next id (kinds that begin a message) and returns it. */
static inline uint32_t rig_send(struct rig_sender *s, uint16_t kind, uint16_t flags, uint32_t size)
{
    struct lane_message message = rig_message(s, kind, flags, s->next_id++, size);

    ck_assert_int_eq(rig_try_send(s, &message), LANE_OK);
    return message.message_id;
}

/* Sends a record about a message that exists. */
static inline void rig_send_about(struct rig_sender *s, uint16_t kind, uint16_t flags, uint32_t id,
                                  uint32_t size)
{
    struct lane_message message = rig_message(s, kind, flags, id, size);

    ck_assert_int_eq(rig_try_send(s, &message), LANE_OK);
}

static inline uint32_t rig_datagram(struct rig_sender *s, uint32_t size)
{
    return rig_send(s, LANE_DATAGRAM, LANE_RELEASE, size);
}

/* A SYNC request: takes and arms a slot. */
static inline uint32_t rig_request_sync(struct rig_sender *s, uint32_t size, uint32_t *ret_slot,
                                        uint32_t *ret_word)
{
    struct lane_message message = rig_message(s, LANE_REQUEST, LANE_SYNC, s->next_id++, size);
    int slot = slot_acquire(&s->pool, &s->producer.view);

    ck_assert_int_ge(slot, 0);
    *ret_slot = (uint32_t)slot;
    *ret_word = slot_arm(&s->pool, &s->producer.view, *ret_slot);
    message.slot = *ret_slot + 1;
    message.slot_word = *ret_word;
    ck_assert_int_eq(rig_try_send(s, &message), LANE_OK);
    return message.message_id;
}

/* Maps what a view asks for. */
static inline void rig_map(struct rig *rig, struct port_view *view, uint32_t lane,
                           uint32_t generation)
{
    for (unsigned i = 0; i < rig->n_senders; i++) {
        struct rig_sender *s = &rig->senders[i];
        struct lane_view mapped;
        if (s->lane != lane || s->generation != generation)
            continue;
        ck_assert_int_eq(lane_map(s->fd, &s->geometry, &mapped), 0);
        ck_assert(port_view_set_lane(view, lane, generation, &mapped));
        return;
    }
    ck_abort_msg("no lane %u generation %u", lane, generation);
}

/* port_receive with lanes mapped as needed. */
static inline enum port_result rig_receive_args(struct rig *rig, struct port_view *view,
                                                struct port_receive_args *args,
                                                struct port_message *message)
{
    enum port_result result;

    while ((result = port_receive(view, args, message)) == PORT_MAP_LANE)
        rig_map(rig, view, message->lane, message->lane_generation);
    return result;
}

static inline enum port_result rig_receive(struct rig *rig, struct port_message *message)
{
    struct port_receive_args args = {.capacity = PORT_DATA_MAX_BYTES};

    return rig_receive_args(rig, &rig->views[0], &args, message);
}

/* Receives one message that must be there, checks its payload, and ends the copy. */
static inline void rig_expect(struct rig *rig, struct port_message *message, uint32_t id,
                              uint32_t type)
{
    ck_assert_int_eq(rig_receive(rig, message), PORT_RECEIVED);
    ck_assert_uint_eq(message->message_id, id);
    ck_assert_uint_eq(message->type, type);
    uint32_t n_wrong = 0;
    for (uint32_t i = 0; i < message->data_length && (type & 0xFF) != LPC_PORT_CLOSED; i++)
        n_wrong += message->data[i] != rig_byte(id, i);
    ck_assert_uint_eq(n_wrong, 0); /* each assertion of Check is a system call */
    port_receive_end(&rig->views[0], message, true);
}

static inline void rig_expect_none(struct rig *rig)
{
    struct port_message message;

    ck_assert_int_eq(rig_receive(rig, &message), PORT_EMPTY);
}

/* Answers a message and ends the route; the record for a LANE route is the caller's. */
static inline void rig_reply(struct rig *rig, uint32_t id, uint32_t flags, struct port_route *route)
{
    struct port_view *view = &rig->views[0];

    ck_assert_uint_eq(port_continue_begin(view, id, 0, flags, false, 0, route), STATUS_SUCCESS);
    if (route->kind == PORT_ROUTE_SLOT) {
        struct slot_reply reply = {.kind = LANE_CONTINUATION,
                                   .flags = route->record_flags,
                                   .message_id = id,
                                   .callback_id = route->callback_id};
        ck_assert_int_eq(slot_claim(route->lane_view, route->slot, route->slot_word), LANE_OK);
        ck_assert_int_eq(slot_finish(route->lane_view, route->slot, route->slot_word, &reply),
                         LANE_OK);
    }
    struct port_route copy = *route;
    port_route_end(view, &copy);
}
