/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What a sender gives out itself: message ids of its leases, callback ids, slots.
 *
 * Ids go round through the leases. As long as the first round lasts each is fresh. Afterwards an id
 * may still name a live message: one that waits in a slot of ours (slot_ids, a quarantined slot's
 * included), or one that the memory of a port of ours knows (asked for or answered and not ended).
 * Those are passed over.
 *
 * Race 1. A thread that waits for a slot sleeps on the lane that was current at its last look
 * (slot_wait_any), having counted itself in n_slot_waiters before that look. What may end its wait
 * tells that lane when the count is not zero: a release, a slot newly in quarantine (the waiter
 * must mark it too), a larger lane (outbound_replace_locked), each with a full barrier before it
 * reads the count. The return of a quarantined slot is told by the other end. */

#include "lane/atomics.h"
#include "local_port.h"
#include "outbound.h"
#include "process.h"
#include "receiver.h"
#include "thread.h"

#define MANY_PORTS 16u

/* Nearly always one slot or none is taken. */
static bool is_in_slot(const struct outbound *outbound, uint32_t id)
{
    for (const struct outlane *lane = outbound->current; lane; lane = lane->older) {
        uint64_t taken = slots_taken(&lane->slots);
        for (; taken; taken &= taken - 1)
            if (atom_load(&lane->slot_ids[__builtin_ctzll(taken)]) == id)
                return true;
    }
    return false;
}

static status_t lease_more_locked(const struct destination *to)
{
    struct outbound *outbound = to->outbound;
    struct alpc_lease_request request = {
        .port = to->port->handle, .connection = to->here, .lane = outbound->current->lane};
    struct alpc_lease_reply reply;
    struct control *control = portico_control();
    status_t status;

    if (!control || outbound->n_leases == OUTBOUND_LEASES_MAX)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = call_alpc_lease(control, &request, &reply, NULL);
    if (status != STATUS_SUCCESS)
        return status;
    outbound->leases[outbound->n_leases++] = (struct lane_lease){reply.first_id, reply.n_ids};
    return STATUS_SUCCESS;
}

static uint32_t ids_total(const struct outbound *outbound)
{
    uint32_t total = 0;

    for (uint32_t i = 0; i < outbound->n_leases; i++)
        total += outbound->leases[i].n;
    return total;
}

/* With many connections it is dear to find out whether an id is live: rather more ids than a second
 * round. */
static bool lease_for_many_locked(const struct destination *to)
{
    return to->outbound->n_ports > MANY_PORTS && lease_more_locked(to) == STATUS_SUCCESS;
}

void outbound_note_async(struct outbound *outbound)
{
    if (!atom_load(&outbound->has_async))
        atom_store(&outbound->has_async, true);
}

/* The next id of the round, live or not. */
static uint32_t id_step_locked(const struct destination *to)
{
    struct outbound *outbound = to->outbound;

    if (outbound->next_id == outbound->leases[outbound->lease].n) {
        outbound->next_id = 0;
        if (++outbound->lease == outbound->n_leases && !lease_for_many_locked(to)) {
            outbound->lease = 0;
            outbound->has_wrapped = true;
        }
    }
    return outbound->leases[outbound->lease].first + outbound->next_id++;
}

/* Half of the ids are live: more of them. The round goes on in the new lease. */
static void grow_if_crowded_locked(const struct destination *to, uint32_t n_passed)
{
    struct outbound *outbound = to->outbound;

    if (n_passed != ids_total(outbound) / 2 || lease_more_locked(to) != STATUS_SUCCESS)
        return;
    outbound->lease = outbound->n_leases - 1;
    outbound->next_id = 0;
}

status_t outbound_ids_locked(const struct destination *to, uint32_t *ret_message_id,
                             uint32_t *ret_callback_id)
{
    struct outbound *outbound = to->outbound;
    uint32_t n_passed = 0, id = id_step_locked(to);

    while (outbound->has_wrapped && (is_in_slot(outbound, id) ||
                                     (atom_load(&outbound->has_async) && receivers_know_id(id)))) {
        grow_if_crowded_locked(to, ++n_passed);
        if (n_passed > ids_total(outbound))
            return STATUS_INSUFFICIENT_RESOURCES;
        id = id_step_locked(to);
    }
    if (++outbound->exchange == 0)
        outbound->exchange = 1;
    *ret_message_id = id;
    *ret_callback_id = outbound->exchange;
    return STATUS_SUCCESS;
}

static status_t slot_sleep(const struct outlane *lane, uint32_t seen, int64_t deadline_ns,
                           bool alertable)
{
    struct portico_thread *thread = client_thread();

    counter_add(&the_counters.futex_waits);
    switch (slot_wait_any(&lane->producer.view, seen, &thread->wake, lane_deadline(deadline_ns))) {
    case LANE_TIMEOUT:
        return STATUS_TIMEOUT;
    case LANE_WOKEN:
        return thread_consume_wake(thread, alertable);
    default:
        return STATUS_SUCCESS;
    }
}

static bool slot_try(struct outbound *outbound, struct outlane **ret_lane, uint32_t *ret_slot)
{
    struct outlane *lane = atom_load(&outbound->current);
    int slot = slot_acquire(&lane->slots, &lane->producer.view);

    *ret_lane = lane;
    *ret_slot = (uint32_t)slot;
    return slot >= 0;
}

/* All slots are taken and there may be no more (race 1). */
static status_t slot_wait_for_release(const struct destination *to, int64_t deadline_ns,
                                      bool alertable, struct outlane **ret_lane, uint32_t *ret_slot)
{
    struct outbound *outbound = to->outbound;
    status_t status = STATUS_SUCCESS;

    atom_add(&outbound->n_slot_waiters, 1);
    while (status == STATUS_SUCCESS) {
        struct outlane *lane = atom_load(&outbound->current);
        uint32_t seen = slot_expect(&lane->slots, &lane->producer.view);

        if (slot_try(outbound, ret_lane, ret_slot))
            break;
        status = port_check_open(to->port);
        if (status == STATUS_SUCCESS && *ret_lane == lane)
            status = slot_sleep(lane, seen, deadline_ns, alertable);
    }
    atom_add(&outbound->n_slot_waiters, UINT32_MAX);
    return status;
}

status_t outbound_slot_acquire(const struct destination *to, int64_t deadline_ns, bool alertable,
                               struct outlane **ret_lane, uint32_t *ret_slot)
{
    while (!slot_try(to->outbound, ret_lane, ret_slot))
        if (outbound_grow(to, *ret_lane) != STATUS_SUCCESS)
            return slot_wait_for_release(to, deadline_ns, alertable, ret_lane, ret_slot);
    return STATUS_SUCCESS;
}

void outbound_slot_release(struct outbound *outbound, struct outlane *lane, uint32_t slot)
{
    atom_store(&lane->slot_ids[slot], 0);
    slot_release(&lane->slots, slot); /* a full barrier, as slot_quarantine is: race 1 */
    outbound_tell_waiters(outbound, lane);
}

void outbound_slot_withdraw(struct outbound *outbound, struct outlane *lane, uint32_t slot,
                            uint32_t word)
{
    slot_withdraw(&lane->producer.view, slot, word);
    outbound_slot_release(outbound, lane, slot);
}

void outbound_tell_waiters(struct outbound *outbound, const struct outlane *lane)
{
    if (atom_load(&outbound->n_slot_waiters))
        slot_tell(&lane->producer.view);
}

bool outbound_slot_is_out(struct outbound *outbound, uint32_t index, uint32_t generation,
                          uint32_t slot, uint32_t word)
{
    bool is_out = false;

    pthread_mutex_lock(&outbound->lock);
    for (struct outlane *lane = outbound->current; lane; lane = lane->older)
        if (lane->lane == index && lane->generation == generation)
            is_out = !slot_is_over(&lane->producer.view, slot, word);
    pthread_mutex_unlock(&outbound->lock);
    return is_out;
}

void outbound_slot_quarantine(struct outbound *outbound, struct outlane *lane, uint32_t slot)
{
    slot_quarantine(&lane->slots, slot);
    outbound_tell_waiters(outbound, lane);
}
