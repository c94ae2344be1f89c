/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* For tests of server/alpc: two peers, a connection port, and the receiving side of a port as a
 * holder has it (libs/alpc). */
#pragma once

#include "alpc/alpc.h"
#include "alpc/connect.h"
#include "lane/doorbell.h"
#include "lane/producer.h"
#include "server_fixture.h"

#define PORT_NAME "\\RPC Control\\test"

static const struct port_attributes wide_attributes = {.max_message_length = 0xffff};
/* With which b asks for a connection. */
static struct port_attributes pair_attributes = {.max_message_length = 0xffff};

/* A process' mapping of one port's memory. */
struct holder {
    struct port_view view;
    void *memory;
    uint64_t size;
    int inner, outer, port_bell;
};

static inline unsigned holder_read_inner(void *context, uint32_t *ret_lanes, unsigned max)
{
    struct holder *holder = context;

    return holder->inner < 0 ? 0 : doorbell_read(holder->inner, ret_lanes, max);
}

static inline void holder_clear_outer(void *context)
{
    struct holder *holder = context;

    if (holder->outer >= 0)
        doorbell_clear(holder->outer);
}

static inline void holder_ring_bell(void *context)
{
    struct holder *holder = context;

    if (holder->port_bell >= 0)
        doorbell_ring(holder->port_bell);
}

static inline void holder_lane_broken(void *context _unused_, uint32_t lane _unused_,
                                      uint32_t process_id _unused_, enum lane_break reason)
{
    ck_abort_msg("a lane is broken: %d", (int)reason);
}

static const struct port_ops holder_ops = {
    .read_inner = holder_read_inner,
    .clear_outer = holder_clear_outer,
    .ring_bell = holder_ring_bell,
    .lane_broken = holder_lane_broken,
};

/* memory_fd is the first descriptor of the peer's last reply. */
static inline void holder_open(struct holder *holder, int memory_fd, uint64_t size, pid_t pid)
{
    *holder = (struct holder){.size = size, .inner = -1, .outer = -1, .port_bell = -1};
    holder->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
    ck_assert_ptr_ne(holder->memory, MAP_FAILED);
    ck_assert_uint_eq(
        port_view_init(&holder->view, holder->memory, size, (uint32_t)pid, &holder_ops, holder),
        STATUS_SUCCESS);
}

static inline void holder_bells(struct holder *holder, struct peer *peer, handle_t port)
{
    struct alpc_doorbells_reply reply;

    ck_assert_uint_eq(CALL(peer, alpc_doorbells, &reply, .port = port), STATUS_SUCCESS);
    holder->inner = dup(peer->fds[0]);
    holder->outer = dup(peer->fds[1]);
    holder->port_bell = dup(peer->fds[2]);
}

static inline void holder_close(struct holder *holder)
{
    port_view_deinit(&holder->view);
    munmap(holder->memory, holder->size);
    if (holder->inner >= 0) {
        close(holder->inner);
        close(holder->outer);
        close(holder->port_bell);
    }
}

/* Receives; maps what has to be mapped. */
static inline enum port_result holder_receive(struct holder *holder, struct peer *peer,
                                              handle_t port, struct port_message *ret_message)
{
    struct port_receive_args args = {.capacity = 0xffff};
    enum port_result result = port_receive(&holder->view, &args, ret_message);

    while (result == PORT_MAP_LANE) {
        struct alpc_map_lane_reply reply;
        struct lane_view mapped;

        ck_assert_uint_eq(
            CALL(peer, alpc_map_lane, &reply, .port = port, .lane = ret_message->lane),
            STATUS_SUCCESS);
        struct lane_geometry geometry = {reply.lane.ring_size, reply.lane.n_slots};
        ck_assert_int_eq(lane_map(peer->fds[0], &geometry, &mapped), 0);
        if (!port_view_set_lane(&holder->view, reply.lane.lane, reply.lane.generation, &mapped))
            lane_unmap(&mapped);
        result = port_receive(&holder->view, &args, ret_message);
    }
    if (result == PORT_RECEIVED && ret_message->pin)
        port_receive_end(&holder->view, ret_message, true);
    return result;
}

struct pair {
    struct server *server;
    struct peer a, b; /* server program, client program */
    pid_t pid_a, pid_b;
    handle_t listener, a_port, b_port;
    uint64_t listener_size;
    struct holder holder; /* a's of the listener */
    struct alpc_connect_reply connect;
    uint32_t message_id;
};

static struct pair pair;

/* a's port; data: its name, and a descriptor perhaps. */
static inline void pair_listen(const void *data, uint32_t size)
{
    struct alpc_create_port_reply reply;

    ck_assert_uint_eq(CALL_DATA(&pair.a, alpc_create_port, &reply, data, size,
                                .attributes = wide_attributes, .has_attributes = 1),
                      STATUS_SUCCESS);
    pair.listener = reply.port;
    holder_open(&pair.holder, pair.a.fds[0], reply.memory_size, pair.pid_a);
}

static inline void pair_start(void)
{
    uint8_t data[200];

    pair.server = fixture_start();
    pair.pid_a = fixture_child();
    pair.pid_b = fixture_child();
    peer_start(&pair.a, pair.server, pair.pid_a, 11);
    peer_start(&pair.b, pair.server, pair.pid_b, 22);
    pair_listen(data, objattr_data(data, PORT_NAME, 0, 0, NULL, 0));
}

/* Asks for a connection; the request is not received yet. */
static inline status_t pair_ask(uint32_t flags, const void *message, uint32_t size)
{
    static uint8_t data[0x11000];
    uint32_t data_size = objattr_data(data, PORT_NAME, 0, 0, NULL, 0);

    if (size)
        memcpy(data + data_size, message, size);
    return CALL_DATA(&pair.b, alpc_connect, &pair.connect, data, data_size + size,
                     .attributes = pair_attributes, .has_attributes = 1, .flags = flags,
                     .message_size = size, .timeout_ns = TIMEOUT_NEVER);
}

/* a receives the request and accepts it; b's reply is read. */
static inline void pair_accept(void)
{
    struct alpc_accept_reply accepted;
    struct port_message message;
    uint32_t connection, generation;

    ck_assert_int_eq(holder_receive(&pair.holder, &pair.a, pair.listener, &message), PORT_RECEIVED);
    ck_assert_uint_eq(message.type & 0xff, 10);
    pair.message_id = message.message_id;
    ck_assert_uint_eq(
        port_accept_begin(&pair.holder.view, message.message_id, 0x77, &connection, &generation),
        STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_DATA(&pair.a, alpc_accept, &accepted, "welcome", 7,
                                .port = pair.listener, .message_id = message.message_id,
                                .callback_id = message.callback_id, .accept = 1,
                                .port_context = 0x77),
                      STATUS_SUCCESS);
    port_accept_end(&pair.holder.view, message.message_id, true);
    ck_assert_uint_eq(accepted.connection, connection);
    ck_assert_uint_eq(accepted.connection_generation, generation);
    pair.a_port = accepted.port;
}

static inline void pair_connect(void)
{
    ck_assert_uint_eq(pair_ask(ALPC_SYNC_CONNECTION, "hello", 5), STATUS_PENDING);
    pair_accept();
    ck_assert_uint_ne(peer_receive(&pair.b, &pair.connect, sizeof(pair.connect)), 0);
    ck_assert_uint_eq(pair.connect.header.status, STATUS_SUCCESS);
    pair.b_port = pair.connect.port;
}

static inline void pair_end(void)
{
    holder_close(&pair.holder);
    peer_end(&pair.a);
    peer_end(&pair.b);
    child_die(pair.pid_a);
    child_die(pair.pid_b);
    ck_assert_uint_eq(pair.server->n_ports, 0);
    ck_assert_uint_eq(pair.server->n_connections, 0);
    ck_assert_uint_eq(pair.server->n_lanes, 0);
    ck_assert_uint_eq(pair.server->lane_bytes, 0);
    fixture_end();
}

/* b's lane as b has it. */
static inline void pair_producer(struct lane_producer *producer)
{
    struct alpc_lane_reply reply;
    struct lane_view mapped;

    ck_assert_uint_eq(CALL(&pair.b, alpc_lane, &reply, .port = pair.b_port), STATUS_SUCCESS);
    struct lane_geometry geometry = {reply.lane.ring_size, reply.lane.n_slots};
    ck_assert_int_eq(lane_map(pair.b.fds[0], &geometry, &mapped), 0);
    producer_init(producer, &mapped, dup(pair.b.fds[1]));
}

static inline void pair_datagram(struct lane_producer *producer, uint32_t number)
{
    struct lane_message message = {.message_id = pair.connect.lane.first_id + number,
                                   .connection = pair.connect.connection,
                                   .connection_generation = pair.connect.connection_generation,
                                   .kind = LANE_DATAGRAM,
                                   .flags = LANE_RELEASE,
                                   .sender_tid = 22,
                                   .data_size = 4};

    ck_assert_int_eq(producer_send(producer, &message, NULL, &number), LANE_OK);
    (void)producer_ring(producer);
}

static inline void pair_producer_end(struct lane_producer *producer)
{
    close(producer->bell_fd);
    lane_unmap(&producer->view);
}
