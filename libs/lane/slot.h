/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Slots: where a thread that sends a SYNC request waits for its reply. Any thread of the
 * requester's process; no lock. The states are in portico/lane.h.
 *
 * Requester:
 *     index = slot_acquire(pool, view); word = slot_arm(pool, view, index);
 *     publish a record with slot = index + 1, slot_word = word;
 *     slot_wait(...) -> LANE_OK: slot_read, copy from slot_areas, slot_release(pool, index)
 *                    -> LANE_WOKEN / LANE_TIMEOUT: slot_abandon -> LANE_GONE: slot_quarantine, then
 * send a LANE_CANCEL record; LANE_LATE: wait once more without bound by the caller's policy, or
 * slot_quarantine as well. A reply with LANE_SYNC (a callback) names the slot of another lane, in
 * which its sender waits in turn. No record came to be: slot_withdraw, slot_release.
 *
 * Replier (any process that holds the port; index and word come from the record, already bounded):
 *     slot_claim -> LANE_OK: write slot_areas, slot_finish. LANE_GONE: nobody waits any more.
 *     slot_return after a LANE_CANCEL record or when the message dies without a reply.
 *
 * A slot that the requester abandoned is quarantined until the replier has returned or finished it:
 * otherwise a late reply would be written into the next exchange (R6). */
#pragma once

#include "lane/record.h"
#include "lane/spin.h"
#include "lane/wait.h"

/* The requester's private table of a lane's slots. */
struct slot_pool {
    uint64_t free;        /* bit n: slot n is free; atomic */
    uint64_t quarantined; /* bit n: abandoned, not returned yet; atomic */
    uint64_t marked;      /* bit n: `sleeping` is not NONE there, perhaps; atomic */
    uint32_t generation[LANE_SLOTS_MAX];
    struct spin_site site; /* how long replies take */
    uint32_t peer_cpu;     /* where the replier last ran; hint */
    uint32_t n_slots;
};

/* A reply as a checked copy. */
struct slot_reply {
    uint32_t status;
    uint16_t kind;
    uint16_t flags;
    uint32_t message_id;
    uint32_t callback_id;
    uint32_t sender_tid;
    uint32_t
        data_size; /* LANE_OK from slot_read: <= LANE_DATA_MAX_BYTES; 0-size areas if status != 0 */
    uint32_t attr_size;
    uint32_t aux, aux_word; /* where the replier waits in its turn: the sender's claims */
    bool in_extent;
};

void slot_pool_init(struct slot_pool *pool, uint32_t n_slots);

/* A free slot's index, or -1 (grow the lane, or wait). Takes returned ones out of quarantine first.
 */
int slot_acquire(struct slot_pool *pool, const struct lane_view *view);

/* Bit n: slot n is in use or in quarantine. */
uint64_t slots_taken(const struct slot_pool *pool);

/* Gives the slot of a finished exchange back. */
void slot_release(struct slot_pool *pool, uint32_t index);

/* Keeps the slot away until the replier has returned it. */
void slot_quarantine(struct slot_pool *pool, uint32_t index);

/* A thread that found no slot and may not grow the lane sleeps until one comes back:
 *
 *     seen = slot_expect(pool, view); slot_acquire(...) once more; slot_wait_any(view, seen, ...)
 *
 * Who gives a slot back or quarantines one while threads wait so calls slot_tell (they count
 * themselves before slot_expect). */
uint32_t slot_expect(struct slot_pool *pool, const struct lane_view *view);
void slot_tell(const struct lane_view *view);

/* LANE_OK: look again; LANE_WOKEN; LANE_TIMEOUT. */
_must_check_ enum lane_result slot_wait_any(const struct lane_view *view, uint32_t seen,
                                            const struct lane_wake *wake, uint64_t deadline_ns);

/* Begins an exchange in the slot and returns its word, to be put in the record. */
uint32_t slot_arm(struct slot_pool *pool, const struct lane_view *view, uint32_t index);

/* Ends an exchange of which no record tells. */
void slot_withdraw(const struct lane_view *view, uint32_t index, uint32_t word);

/* Waits for the reply: spins as the policy allows, then sleeps on the slot and the own wake word.
 * LANE_OK: the reply is there; LANE_WOKEN; LANE_TIMEOUT; LANE_BROKEN: the slot holds an impossible
 * word. */
_must_check_ enum lane_result slot_wait(struct slot_pool *pool, const struct lane_view *view,
                                        uint32_t index, uint32_t word, struct lane_wake *wake,
                                        uint64_t deadline_ns);

/* After LANE_OK: the reply's fields, bounded. LANE_OK or LANE_BROKEN. */
_must_check_ enum lane_result slot_read(const struct lane_view *view, uint32_t index,
                                        struct slot_reply *ret_reply);

/* Gives up. LANE_GONE: given up, no reply will be seen; LANE_LATE: the replier has claimed or
 * finished it; LANE_BROKEN. */
_must_check_ enum lane_result slot_abandon(const struct lane_view *view, uint32_t index,
                                           uint32_t word);

/* Claims the slot for a reply. LANE_OK; LANE_GONE: abandoned (the slot is returned by this call) or
 * over; LANE_BROKEN: no such slot or state. */
_must_check_ enum lane_result slot_claim(const struct lane_view *view, uint32_t index,
                                         uint32_t word);

/* Where a reply of these sizes is written (after slot_claim) or read (after slot_read): attributes,
 * payload right behind them. The sizes are bounded. in_extent is set by the replier from
 * slot_fits_inline(). */
uint8_t *slot_areas(const struct lane_view *view, uint32_t index, bool in_extent);

static inline bool slot_fits_inline(uint32_t attr_size, uint32_t data_size)
{
    return attr_size + data_size <= LANE_SLOT_INLINE_BYTES;
}

/* Finishes a claimed slot: the fields, then DONE, then a wake-up if the requester sleeps. LANE_OK,
 * or LANE_BROKEN when the requester scribbled on the state. */
_must_check_ enum lane_result slot_finish(const struct lane_view *view, uint32_t index,
                                          uint32_t word, const struct slot_reply *reply);

/* Ends the exchange without a message: the requester gets status, or, if it has abandoned the slot,
 * the slot is returned. LANE_OK, LANE_GONE (was abandoned or is over), LANE_BROKEN. Also ends a
 * slot that a dead co-holder had claimed and not finished. */
_must_check_ enum lane_result slot_end(const struct lane_view *view, uint32_t index, uint32_t word,
                                       uint32_t status);

/* Returns a slot that the requester has abandoned (its LANE_CANCEL was received). LANE_OK;
 * LANE_GONE: not abandoned (never was, or already answered); LANE_BROKEN. */
_must_check_ enum lane_result slot_return(const struct lane_view *view, uint32_t index,
                                          uint32_t word);

/* Has the exchange with this word ended for the requester: done, returned, or a later one in its
 * place? */
bool slot_is_over(const struct lane_view *view, uint32_t index, uint32_t word);
