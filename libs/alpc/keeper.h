/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The daemon's end of a port memory. It owns the tables of lanes and connections, lane 0 and the
 * close queue. What it decides on it keeps here, in private memory: port memory is written by the
 * holders and is never believed, its mutex never taken. Single-threaded, never blocks. After each
 * call that says so the caller rings the daemon bell (doorbell_ring) if the port has doorbells. */
#pragma once

#include "alpc/alpc.h"
#include "lane/producer.h"

struct port_keeper {
    struct port_layout at;
    struct lane_producer lane0;
    uint32_t *lane_generations;                /* by place; odd: in use */
    uint32_t *connection_generations;          /* by place; odd: in use */
    uint32_t n_lane_slots, n_connection_slots; /* allocated length of the two */
    uint32_t n_lanes;                          /* in use, lane 0 not counted */
    uint32_t n_connections;                    /* in use */
    uint32_t lane_hint, connection_hint;
    uint32_t close_tail;
    uint32_t n_granted;
    uint32_t next_id; /* lowest id never leased */
    bool wrapped;
};

/* Formats zeroed, mapped memory of port_memory_size(geometry) bytes and takes charge of it.
 * `memory` stays the caller's to unmap. STATUS_NO_MEMORY, STATUS_INVALID_PARAMETER. */
_must_check_ status_t port_keeper_init(struct port_keeper *keeper, void *memory,
                                       const struct port_geometry *geometry, uint64_t port_id,
                                       uint32_t flags);
void port_keeper_deinit(struct port_keeper *keeper);

/* Leases n message ids of this (connection) port. 31-bit space; 0: exhausted. Ids are never leased
 * twice: a lane's leases live as long as its sender and are reused by it. */
uint32_t port_keeper_lease(struct port_keeper *keeper, uint32_t n_ids);

struct port_lane_grant {
    uint32_t process_id;
    uint32_t sender; /* unique number of the sending process, as given to port_keeper_connect */
    struct lane_geometry geometry;
    uint32_t previous; /* place + 1 of the lane that it succeeds, 0 none; its leases are copied */
    struct port_lease lease; /* n_ids 0: none */
};

/* Enters a lane; its cursor starts fresh. Then add its bell to the inner doorbell with data =
 * *ret_lane. STATUS_QUOTA_EXCEEDED: the table is full. */
_must_check_ status_t port_keeper_grant_lane(struct port_keeper *keeper,
                                             const struct port_lane_grant *grant,
                                             uint32_t *ret_lane, uint32_t *ret_generation);

/* One more lease for a lane: STATUS_QUOTA_EXCEEDED beyond PORT_LEASES_MAX. */
_must_check_ status_t port_keeper_extend_lease(struct port_keeper *keeper, uint32_t lane,
                                               const struct port_lease *lease);

/* The sender has died: what is published is still received. Ring the daemon bell. */
void port_keeper_lane_died(struct port_keeper *keeper, uint32_t lane);
/* The same for one in which nothing has ever been published: a receiver that has not mapped it need
 * not. */
void port_keeper_lane_was_unused(struct port_keeper *keeper, uint32_t lane);

/* Has the receiver done with it (after lane_died, or MOVED)? Then port_keeper_free_lane takes the
 * place back. */
bool port_keeper_lane_is_drained(const struct port_keeper *keeper, uint32_t lane);
void port_keeper_free_lane(struct port_keeper *keeper, uint32_t lane);

struct port_connect {
    uint32_t process_id;
    uint32_t thread_id;
    uint32_t sender;
    uint64_t token_ids[3];
    uint64_t create_time; /* NT time */
};

/* Enters a connection: state PENDING. STATUS_QUOTA_EXCEEDED: the table is full. For a client port:
 * its one connection, place 0 (process_id, sender: the server's). */
_must_check_ status_t port_keeper_connect(struct port_keeper *keeper,
                                          const struct port_connect *connect,
                                          uint32_t *ret_connection, uint32_t *ret_generation);

/* It is accepted: messages may come. */
void port_keeper_open(struct port_keeper *keeper, uint32_t connection);

/* One more process may send on it. STATUS_QUOTA_EXCEEDED beyond PORT_SENDERS_MAX. */
_must_check_ status_t port_keeper_add_sender(struct port_keeper *keeper, uint32_t connection,
                                             uint32_t sender);

/* A sender whose lanes have drained does not send on it any more: its place is free. */
void port_keeper_remove_sender(struct port_keeper *keeper, uint32_t connection, uint32_t sender);

/* Queues its close; cannot fail. flags: enum port_close_flags. now_ns: CLOCK_MONOTONIC. Ring the
 * daemon bell. Lanes of a dead sender are marked dead first. */
void port_keeper_close(struct port_keeper *keeper, uint32_t connection, uint32_t flags,
                       uint64_t now_ns);

/* Has its close been received? Then port_keeper_free_connection takes the place back (also right
 * after a failed connect whose request was never posted). */
bool port_keeper_close_is_done(const struct port_keeper *keeper, uint32_t connection);
void port_keeper_free_connection(struct port_keeper *keeper, uint32_t connection);

/* Puts a message of the daemon's in lane 0: LANE_CONNECT_REQUEST, LANE_CONNECT_REPLY,
 * LANE_CLIENT_DIED. LANE_OK: ring the daemon bell; LANE_FULL: park it, port_keeper_want_space, try
 * again now and when a holder says that there is room; LANE_TOO_LARGE; LANE_BROKEN: the holders
 * broke their own port memory. */
_must_check_ enum lane_result port_keeper_post(struct port_keeper *keeper,
                                               const struct lane_message *message,
                                               const void *attributes, const void *data);

/* Are messages parked for want of space in lane 0? While they are, each holder that frees some says
 * so (port_lane0_has_room). true: not known to the holders before; ring the daemon bell after the
 * next try. */
bool port_keeper_want_space(struct port_keeper *keeper, bool wanted);

/* Bytes of lane 0's ring that have been written. */
uint64_t port_keeper_posted(const struct port_keeper *keeper);
/* Memory of a port that has gone becomes as new for port_keeper_init, but for the heap's bytes.
 * False: too much of it was used to be worth while. posted: port_keeper_posted of its last port. */
_must_check_ bool port_memory_wipe(void *memory, const struct port_geometry *geometry,
                                   uint64_t posted);

/* The port has ended: receivers get `status` once nothing is left. Ring the daemon bell. */
void port_keeper_end(struct port_keeper *keeper, status_t status);

/* A process that held the port has died (its threads may have died inside a wait, a copy or a
 * reply, and taken doorbell edges with them). Ring the daemon bell. */
void port_keeper_holder_died(struct port_keeper *keeper, uint32_t process_id);

struct port_lengths {
    uint32_t n_queued; /* harvested, not received (main, large) */
    uint32_t n_pending;
    uint32_t n_sent;
    uint64_t n_received;
};

/* As port memory says: bounded by the table sizes, not believed. */
void port_keeper_read(const struct port_keeper *keeper, struct port_lengths *ret_lengths);

/* Messages that stand in a lane behind the receiver's cursor, for portctl. `lane_view`: mapped for
 * this. Bounded. */
uint32_t port_keeper_count_lane(const struct port_keeper *keeper, uint32_t lane,
                                const struct lane_view *lane_view);
