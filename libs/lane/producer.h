/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The sending end of a lane. One process; its threads serialise on a lock of the caller, held from
 * reservation to ring. Suspension and termination are deferred for that long.
 *
 *     lock; producer_reserve(p, attr, data, &attributes, &payload); copy; producer_publish(p,
 * &message); producer_ring(p); unlock;
 *
 * A process killed anywhere in between leaves a lane that ends there: the consumer sees no torn
 * record. */
#pragma once

#include "lane/record.h"
#include "lane/wait.h"

struct lane_producer {
    struct lane_view view;
    uint64_t head;     /* position of the next record */
    uint64_t consumed; /* consumer's progress as last seen and checked */
    uint64_t reserved; /* end of the reserved record, 0: none */
    uint32_t kept;     /* bytes that producer_reserve leaves free; the caller's to set */
    uint32_t rung;     /* last odd need_wake that was rung for */
    int bell_fd;       /* eventfd of the lane; -1: nothing to ring (lane 0, tests) */
    uint32_t broken;   /* enum lane_break */
};

/* Takes the view over (the caller still unmaps it through producer->view). A lane starts empty: a
 * producer is made once for each grant. */
void producer_init(struct lane_producer *producer, const struct lane_view *view, int bell_fd);

/* Makes room for one record and returns where to write its areas (attributes before payload).
 * LANE_OK, LANE_FULL (nothing changed), LANE_TOO_LARGE, LANE_BROKEN. A second reservation replaces
 * the first. */
_must_check_ enum lane_result producer_reserve(struct lane_producer *producer, uint32_t attr_size,
                                               uint32_t data_size, uint8_t **ret_attributes,
                                               uint8_t **ret_data);

/* Publishes the reserved record: stamp, header, next commit word zeroed, commit. The sizes in
 * message are those of the reservation, or smaller data. The record is visible from here on. */
void producer_publish(struct lane_producer *producer, const struct lane_message *message);

/* Drops the reservation: nothing was published. */
void producer_cancel(struct lane_producer *producer);

/* Rings the doorbell if the consumer asked for it and this odd value was not rung yet. True: rung.
 */
bool producer_ring(struct lane_producer *producer);

/* The three together for a message in memory: LANE_OK, LANE_FULL, LANE_TOO_LARGE, LANE_BROKEN. */
_must_check_ enum lane_result producer_send(struct lane_producer *producer,
                                            const struct lane_message *message,
                                            const void *attributes, const void *data);

/* Publishes the last record of this lane, LANE_MOVED with the index of the lane to go on in, and
 * rings. Room for it is always kept: LANE_OK or LANE_BROKEN. Drops a reservation. */
_must_check_ enum lane_result producer_move(struct lane_producer *producer, uint32_t lane_index);

/* Waits until a record of these sizes fits: LANE_OK (reserve again), LANE_WOKEN, LANE_TIMEOUT,
 * LANE_BROKEN. The consumer tells its progress at the latest when it next receives or sleeps. The
 * caller keeps other producers out (its lock stays held) or loops. */
_must_check_ enum lane_result producer_wait(struct lane_producer *producer, uint32_t attr_size,
                                            uint32_t data_size, struct lane_wake *wake,
                                            uint64_t deadline_ns);

/* Bytes of the ring that records can have now, `kept` included. */
uint64_t producer_room(struct lane_producer *producer);

/* True when everything sent was consumed, as far as the consumer has told. */
bool producer_is_drained(struct lane_producer *producer);
