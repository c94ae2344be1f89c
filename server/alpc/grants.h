/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Lanes: who may send to whom through what memory.
 *
 * A sender is one process towards one receiver; it has one lane that it uses (the newest) and
 * perhaps older ones that drain. It counts the connections that it serves: with the last one that
 * closes it rests (rest.h) or its lanes end, as with the process' death. A lane that has ended
 * stays until the receiver has taken what was published; then its place, memory and descriptors go
 * (swept at every request that touches the receiver).
 */
#pragma once

#include "receiver.h"
#include "rest.h"

struct reply_extra;

struct lane {
    struct list link; /* of sender->lanes, oldest first */
    struct sender *sender;
    uint32_t index, generation;
    struct lane_geometry geometry;
    uint64_t size;
    uint32_t first_id, n_ids; /* its last lease */
    int fd, bell_fd;
    bool leaving;  /* ended, or left for a larger one: goes when drained */
    bool ended;    /* port memory knows that nothing more will come */
    bool has_bell; /* member of the inner epoll */
    struct charge memory_charge, fds_charge;
};

struct sender {
    struct list process_link;  /* of process->lanes */
    struct list receiver_link; /* of receiver->senders */
    struct process *process;   /* borrowed; NULL: it has ended */
    struct receiver *receiver;
    uint32_t process_id;
    uint64_t id;     /* see struct lane_grant */
    uint32_t number; /* unique, as port memory knows the process */
    uint32_t n_connections;
    struct list lanes;
    struct rest rest; /* without connections */
    bool is_told;   /* its process was given the newest lane's descriptors: it has them, or asks */
    bool is_broken; /* it broke the lane's protocol: no rest */
};

/* The number by which port memory knows a process. */
uint32_t process_number(const struct process *process);

/* NULL: it does not send there. */
struct sender *sender_find(struct receiver *receiver, struct process *process);
/* The sender of this process to this receiver, made when there is none; counts one connection more.
 */
status_t sender_get(struct receiver *receiver, struct process *process,
                    struct sender **ret_sender) _must_check_;
/* Counts one connection less. */
void sender_release(struct sender *sender);
/* One without connections: its lanes end. Perhaps frees it. */
void sender_end(struct sender *sender);

/* The lane to use now, made at the first call. ids: whose id space (the connection port's). */
status_t sender_lane(struct sender *sender, struct port_keeper *ids,
                     struct lane **ret_lane) _must_check_;
/* A larger one than `index`, which the caller has as the newest, or one of the first size again:
 * the one that was granted already, or a new one. STATUS_INVALID_PARAMETER: no lane of the sender,
 * or it is of the first size; STATUS_QUOTA_EXCEEDED. */
status_t sender_resize(struct sender *sender, uint32_t index, bool shrink,
                       struct lane **ret_lane) _must_check_;
/* More ids for a lane. */
status_t lane_lease(struct lane *lane, struct port_keeper *ids) _must_check_;
struct lane *sender_find_lane(struct sender *sender, uint32_t index);
/* By a receiver's index, whoever's. NULL. */
struct lane *receiver_find_lane(struct receiver *receiver, uint32_t index);

void lane_describe(const struct lane *lane, struct lane_grant *ret_grant);
/* Its descriptors, both, into an answer to its sender. */
void lane_put(const struct lane *lane, struct reply_extra *extra);

/* The sending process has ended. */
void sender_process_ended(struct sender *sender);
/* Gives back what has drained. */
void senders_sweep(struct receiver *receiver);
/* The receiver goes: everything, drained or not. */
void senders_free(struct receiver *receiver);
/* Every lane's bell into the inner epoll: `add` for new doorbells, else again after a holder died.
 */
bool lanes_rearm(struct receiver *receiver, bool add);
