/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A receiving port's memory, doorbells, holders and incoming lanes: everything through which a
 * connection port or a client communication port receives. Embedded in its port.
 *
 * The memory is made and formatted here and mapped by the daemon too, which believes nothing in it
 * (libs/alpc/keeper.h).
 */
#pragma once

#include "alpc/keeper.h"
#include "common/list.h"
#include "lane/doorbell.h"
#include "portico/protocol.h"
#include "user.h"

struct process;
struct reply_extra;
struct server;

/* A process that was given the memory. */
struct holding {
    struct list process_link;  /* of process->held */
    struct list receiver_link; /* of receiver->holdings */
    struct process *process;   /* borrowed: the holding goes when it ends */
    struct receiver *receiver;
};

struct receiver {
    struct server *server;
    struct user *user; /* reference; NULL: not made */
    uint64_t port_id;
    struct port_keeper keeper;
    uint64_t memory_id;
    void *memory;
    uint64_t size;
    int memory_fd;
    bool is_reused;   /* spare.h: the process has it mapped already */
    uint32_t n_given; /* processes that were ever given it */
    struct doorbell_set bells;
    bool is_client;
    bool has_bells;
    bool ended;
    struct list holdings;
    struct list senders;              /* struct sender */
    uint64_t max_pool;                /* MaxPoolUsage of its port: grants.c */
    uint64_t ring_bytes;              /* of all lanes that exist */
    uint32_t n_leaving;               /* lanes to sweep */
    struct list unposted;             /* struct unposted: for lane 0, which was full */
    uint32_t first_own_id, n_own_ids; /* message ids for what the daemon itself sends */
    struct charge memory_charge, fd_charge, bells_charge;
};

/* memory_id: a spare of the owner's that will do (spare.h); 0. */
status_t receiver_init(struct receiver *receiver, struct server *server, struct process *owner,
                       uint64_t memory_id, uint64_t port_id, bool is_client,
                       bool is_waitable) _must_check_;
/* No holder, sender or connection is left to care. Harmless on a zeroed one. */
void receiver_deinit(struct receiver *receiver);

/* A client port's memory into the answer to its connect, unless the process has it. */
void receiver_put(const struct receiver *receiver, struct alpc_connect_reply *reply,
                  struct reply_extra *extra);

/* Makes the doorbells on first call. */
status_t receiver_bells(struct receiver *receiver) _must_check_;
/* After the daemon has changed something that receivers must see. */
void receiver_ring(struct receiver *receiver);

/* The process gets the memory (again: nothing). */
status_t receiver_hold(struct receiver *receiver, struct process *process) _must_check_;
void holding_free(struct holding *holding);

/* To every process that holds it. */
void receiver_notify_closed(struct receiver *receiver, uint32_t connection, uint32_t generation,
                            status_t status, uint32_t peer_process_id);

/* Its receivers get `status` once nothing is left. */
void receiver_end(struct receiver *receiver, status_t status);

/* A message id for a message of the daemon's own; 0: exhausted. */
uint32_t receiver_own_id(struct receiver *receiver);

/* Puts a message in lane 0, or keeps it until there is room. Copies data. */
status_t receiver_post(struct receiver *receiver, const struct lane_message *message,
                       const void *data) _must_check_;
/* Room may have appeared. */
void receiver_flush(struct receiver *receiver);
/* What a connection has waiting there is not wanted any more. */
void receiver_unpost(struct receiver *receiver, uint32_t connection);
