/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The world of fuzz_port.c: a port with two holders, the daemon's keeper, a lying sender and an
 * honest one, each with a lane that the holders map anew for each input, between guard pages. */
#pragma once

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/alpc_sound.h"
#include "alpc/keeper.h"
#include "alpc/take.h"
#include "fuzz.h"
#include "kernel.h"
#include "lane/slot.h"

#define RING_BYTES 8192u
#define N_SLOTS    4u
#define LIAR       0u
#define HONEST     1u
#define IDS        100u
#define N_MAPS     16u
#define N_PINS     4u
#define PAGE       4096u
#define HONEST_MAX 64u

static const struct port_geometry geometry = {4, 8, 16, 4, 64, 1024};
static const struct lane_geometry lane_geometry_used = {RING_BYTES, N_SLOTS};

struct sender {
    struct lane_view view; /* the sender's own mapping, kept */
    int fd;
    struct lane_producer producer;
    struct slot_pool pool;
    uint32_t lane, generation, connection, connection_generation, first_id;
    uint32_t words[N_SLOTS]; /* of armed slots */
};

static struct {
    struct port_keeper keeper;
    struct port_view views[2];
    struct sender senders[2];
    uint8_t *memory;
    uint64_t size;
    uint8_t *guards[N_MAPS]; /* of this input's mappings */
    unsigned n_maps;
    bool has_second; /* the second holder lives */
    bool is_rung;    /* the liar rings */
    struct port_message pins[N_PINS];
    unsigned n_pins;
    uint32_t last_id; /* received last */
    uint32_t n_honest_sent, n_honest_received, honest_id;
    bool waits[2];                /* that holder is registered as one that sleeps */
    struct port_route open_route; /* an answer that is out and not ended; node 0: none */
    uint32_t connect_id;          /* a connection request that is being answered */
    uint8_t meanwhile;            /* what the liar does inside calls, and how often yet */
    uint32_t n_meanwhile;
    uint8_t edge, n_edges; /* that the inner doorbell has beside: places of all sorts */
    bool is_unusable;      /* the mutex is beyond repair */
} w;

/* ---- memory with guard pages ---- */

static uint8_t *guarded(uint64_t size, int fd)
{
    uint8_t *guard = mmap(NULL, size + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    FUZZ_ASSERT(guard != MAP_FAILED);
    void *inner = mmap(guard + PAGE, size, PROT_READ | PROT_WRITE,
                       MAP_FIXED | MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
    FUZZ_ASSERT(inner != MAP_FAILED);
    return guard;
}

/* A holder's mapping of a sender's lane: the view unmaps what lies between the guards. */
static bool map_lane(struct port_view *view, uint32_t lane, uint32_t generation)
{
    const struct sender *s = lane == w.senders[HONEST].lane ? &w.senders[HONEST] : &w.senders[LIAR];
    struct lane_view mapped;

    if (w.n_maps == N_MAPS)
        return false;
    uint8_t *guard = guarded(s->view.size, s->fd);
    lane_view_init(&mapped, guard + PAGE, &lane_geometry_used);
    w.guards[w.n_maps++] = guard;
    if (!port_view_set_lane(view, lane, generation, &mapped))
        lane_unmap(&mapped);
    return true;
}

/* ---- the holder's hooks ---- */

static unsigned read_inner(void *context, uint32_t *ret_lanes, unsigned max)
{
    unsigned n = 0;

    (void)context;
    if (kernel_take_rings())
        ret_lanes[n++] = w.senders[HONEST].lane; /* first: all edges are read before lanes (B1) */
    if (w.is_rung)
        ret_lanes[n++] = w.senders[LIAR].lane;
    w.is_rung = false;
    for (; w.n_edges && n < max; w.n_edges--, w.edge++)
        if (w.edge % 16u != w.senders[HONEST].lane)
            ret_lanes[n++] = w.edge % 16u; /* also what has gone, and what never was */
    return n;
}

static void nothing(void *context)
{
    (void)context;
}

static void lane_broken(void *context, uint32_t lane, uint32_t process_id, enum lane_break reason)
{
    (void)context, (void)process_id;
    FUZZ_ASSERT(lane != w.senders[HONEST].lane);
    FUZZ_ASSERT(reason != LANE_BREAK_NONE && *lane_break_name(reason) != '?');
}

static const struct port_ops ops = {read_inner, nothing, nothing, lane_broken};

/* ---- the world ---- */

static void sender_format(unsigned i)
{
    struct sender *s = &w.senders[i];

    memset(s->view.base, 0, LANE_HEADER_BYTES + RING_BYTES + N_SLOTS * LANE_SLOT_BYTES);
    lane_format(&s->view);
    producer_init(&s->producer, &s->view, i == HONEST ? 1 : -1);
    slot_pool_init(&s->pool, N_SLOTS);
    memset(s->words, 0, sizeof(s->words));
}

static void sender_begin(unsigned i)
{
    struct sender *s = &w.senders[i];
    const struct port_lane_grant grant = {
        .process_id = 100 + i,
        .sender = 1 + i,
        .geometry = lane_geometry_used,
        .lease = {.first_id = port_keeper_lease(&w.keeper, IDS), .n_ids = IDS}};
    const struct port_connect connect = {.process_id = 100 + i, .sender = 1 + i};

    sender_format(i);
    s->first_id = grant.lease.first_id;
    FUZZ_ASSERT(port_keeper_grant_lane(&w.keeper, &grant, &s->lane, &s->generation) ==
                STATUS_SUCCESS);
    FUZZ_ASSERT(port_keeper_connect(&w.keeper, &connect, &s->connection,
                                    &s->connection_generation) == STATUS_SUCCESS);
    port_keeper_open(&w.keeper, s->connection);
}

static void once(void)
{
    w.size = port_memory_size(&geometry);
    FUZZ_ASSERT(w.size);
    w.memory = guarded(w.size, -1) + PAGE;
    for (unsigned i = 0; i < 2; i++) {
        w.senders[i].fd = lane_create(&lane_geometry_used, "fuzz");
        FUZZ_ASSERT(w.senders[i].fd >= 0);
        FUZZ_ASSERT(lane_map(w.senders[i].fd, &lane_geometry_used, &w.senders[i].view) == 0);
    }
    spin_configure(0, 1);
}

static void begin(uint32_t flags)
{
    if (!w.memory)
        once();
    kernel_reset(NULL);
    memset(w.memory, 0, w.size - geometry.n_blocks * PORT_BLOCK_BYTES);
    FUZZ_ASSERT(port_keeper_init(&w.keeper, w.memory, &geometry, 1, flags) == STATUS_SUCCESS);
    for (unsigned i = 0; i < 2; i++)
        FUZZ_ASSERT(port_view_init(&w.views[i], w.memory, w.size, 200 + i, &ops, NULL) ==
                    STATUS_SUCCESS);
    w.has_second = true;
    w.is_rung = false;
    w.waits[0] = w.waits[1] = false;
    memset(&w.open_route, 0, sizeof(w.open_route));
    w.connect_id = 0;
    w.n_meanwhile = w.n_edges = 0;
    w.is_unusable = false;
    w.n_maps = w.n_pins = 0;
    w.n_honest_sent = w.n_honest_received = w.last_id = 0;
    sender_begin(LIAR);
    sender_begin(HONEST);
    w.honest_id = w.senders[HONEST].first_id;
}

static void end(void)
{
    for (unsigned i = 0; i < 2; i++)
        port_view_deinit(&w.views[i]);
    port_keeper_deinit(&w.keeper);
    for (unsigned i = 0; i < w.n_maps; i++) {
        munmap(w.guards[i], PAGE);
        munmap(w.guards[i] + PAGE + w.senders[0].view.size, PAGE);
    }
}

/* ---- what the liar does inside calls ---- */

/* Inside a call: records that mean nothing, messages, records from the future, rings. */
static void liar_meanwhile(bool is_wake)
{
    struct sender *s = &w.senders[LIAR];
    struct lane_message message = {.kind = w.meanwhile & 1 ? LANE_DATAGRAM : LANE_ACK,
                                   .flags = LANE_RELEASE,
                                   .message_id = s->first_id,
                                   .connection = s->connection,
                                   .connection_generation = s->connection_generation};

    if (!w.n_meanwhile || (w.meanwhile & 0x10 && !is_wake))
        return;
    w.n_meanwhile--;
    lane_header(&s->view)->producer.space_wanted = 1;
    if (w.meanwhile & 2)
        w.is_rung = true;
    if (w.meanwhile & 4) /* nothing else */
        return;
    s->producer.broken = LANE_BREAK_NONE;
    struct lane_record_header *header =
        (struct lane_record_header *)(void *)lane_ring(&s->view, s->producer.head);
    if (producer_send(&s->producer, &message, NULL, NULL) == LANE_OK && w.meanwhile & 8)
        header->stamp_ns = UINT64_MAX / 2;
}

static void liar_will_act(struct input *in)
{
    w.meanwhile = input_u8(in);
    w.n_meanwhile = input_u8(in) * (w.meanwhile & 0x80 ? 20u : 1u);
    lane_header(&w.senders[LIAR].view)->producer.space_wanted = 1;
    kernel_meanwhile(liar_meanwhile);
}

static void bells_will_tell(struct input *in)
{
    w.edge = input_u8(in);
    w.n_edges = input_u8(in);
}

/* ---- what a holder leaves that dies in the mutex and is followed by another ---- */

static void *die_inside(void *argument)
{
    pthread_mutex_lock(argument);
    return NULL;
}

static void mutex_lost(void)
{
    pthread_mutex_t *mutex = &((struct robust_lock *)(void *)w.views[0].at.memory->mutex)->mutex;
    pthread_t thread;

    FUZZ_ASSERT(pthread_create(&thread, NULL, die_inside, mutex) == 0);
    pthread_join(thread, NULL);
    (void)pthread_mutex_lock(mutex);
    pthread_mutex_unlock(mutex);
    w.is_unusable = true;
}

static void mutex_ends(struct input *in)
{
    if (input_u8(in) == 0xFF && !w.is_unusable)
        mutex_lost();
}

/* ---- what the honest sender does ---- */

static void honest_sends(struct input *in)
{
    struct sender *s = &w.senders[HONEST];
    uint32_t id = w.honest_id;
    struct lane_message message = {.kind = LANE_DATAGRAM,
                                   .flags = LANE_RELEASE,
                                   .message_id = id,
                                   .connection = s->connection,
                                   .connection_generation = s->connection_generation,
                                   .data_size = input_u8(in)};
    uint64_t data[128];

    message.attr_size = message.data_size & 0x80 ? 24 : 0;
    message.data_size = message.data_size % 128 * 8;

    if (w.n_honest_sent == HONEST_MAX)
        return;
    for (unsigned i = 0; i < 128; i++)
        data[i] = id * UINT64_C(0x9E3779B97F4A7C15);
    if (producer_send(&s->producer, &message, data, data) != LANE_OK)
        return;
    w.n_honest_sent++;
    w.honest_id++;
}

static void honest_arrives(const struct port_message *message)
{
    const struct sender *s = &w.senders[HONEST];
    uint64_t word;

    FUZZ_ASSERT(message->connection == s->connection);
    FUZZ_ASSERT(message->message_id == s->first_id + w.n_honest_received);
    FUZZ_ASSERT(message->sender_process_id == 100 + HONEST);
    for (uint32_t i = 0; i + 8 <= message->data_length; i += 8) {
        memcpy(&word, message->data + i, 8);
        FUZZ_ASSERT(word == message->message_id * UINT64_C(0x9E3779B97F4A7C15));
    }
    w.n_honest_received++;
}
