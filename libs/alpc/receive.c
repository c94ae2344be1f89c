/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Receiving, and sleeping without losing a wake-up.
 *
 * A thread that finds nothing and may wait counts itself as a waiter, makes every hot lane's
 * need_wake odd, looks at all of them again and only then leaves; empty lanes are cold from then on
 * (E1; the sender publishes, then reads need_wake: one of the two sees the other). What does not
 * come by a lane (lane 0, closes, the end, dead holders) is followed by a daemon bell, an edge of
 * the outer doorbell that stays until a waiter takes it under the mutex and scans (E2). A waiter
 * that has been woken, or a thread whose process has received something of the daemon's since then,
 * and that finds nothing takes the outer edges and scans once more (E3: edges taken before the
 * scan, so what rings later wakes somebody again). Without the second, the bell of what was
 * received is there yet and ends the next sleep at once.
 *
 * A thread that returns with a message while others wait and no bell is on its way raises and looks
 * the same way, keeps the lanes hot, and rings the port bell if anything is left (E4): the edges it
 * took were the others' wake-ups too. With nobody else waiting the lanes stay even: whoever comes
 * next scans before sleeping. The same when a waiter leaves without a message. A lane that is a
 * barrier for want of a node does not count as something left; whoever gives a node back rings
 * (node.c). */

#include "alpc/aside.h"
#include "alpc/close.h"
#include "alpc/continue.h"
#include "alpc/deliver.h"
#include "alpc/harvest.h"
#include "alpc/node.h"

/* Records that mean no message (crossing cancels, given back ids) that one critical section deals
 * with. */
#define AGAIN_MAX 256u

static void waiter_count_locked(struct port_view *view, uint32_t by)
{
    view->at.memory->n_waiters += by;
    view->at.memory->holders[view->holder].n_waiters += by;
}

/* (E4) */
void hand_on_locked(struct port_view *view)
{
    struct port_memory *memory = view->at.memory;

    if (LIKELY(!memory->n_waiters && !memory->n_watchers) || MUTANT(no_hand_on))
        return;
    if (memory->bell_rung)
        return;
    bool is_left = is_anything_left_locked(view);
    if (!raise_and_recheck_locked(view, false, false) || is_left)
        bell_ring_locked(view);
}

static enum port_result result_of(enum delivery delivery)
{
    switch (delivery) {
    case DELIVERY_DONE:
        return PORT_RECEIVED;
    case DELIVERY_TOO_SMALL:
        return PORT_TOO_SMALL;
    case DELIVERY_MAP_LANE:
        return PORT_MAP_LANE;
    case DELIVERY_AGAIN:
    case DELIVERY_STALLED:
    default:
        return PORT_EMPTY;
    }
}

static enum port_result map_lane(struct port_view *view, uint32_t lane,
                                 struct port_message *message)
{
    message->lane = lane;
    message->lane_generation = view->at.lanes[lane].marked_generation;
    return PORT_MAP_LANE;
}

static enum delivery deliver_locked(struct port_view *view, const struct candidate *candidate,
                                    const struct port_receive_args *args,
                                    struct port_message *message)
{
    switch (candidate->kind) {
    case CANDIDATE_NODE:
        return deliver_node_locked(view, candidate->index, args, message);
    case CANDIDATE_RECORD:
        view->has_edge |= candidate->index == 0;
        return deliver_record_locked(view, candidate, args, message);
    case CANDIDATE_CLOSE:
        view->has_edge = true;
        return deliver_close_locked(view, candidate, args, message);
    case CANDIDATE_NONE:
    default:
        return DELIVERY_AGAIN;
    }
}

/* What goes before everything else. */
static uint32_t first_locked(struct port_view *view, const struct port_receive_args *args)
{
    return LIKELY(!view->at.memory->large.head) ? 0 : aside_first_locked(view, args->only);
}

/* The next message, or why there is none. *ret_again: the section has become long, come again. */
static enum port_result next_locked(struct port_view *view, struct port_receive_args *args,
                                    struct port_message *message, bool *ret_again)
{
    struct candidate candidate;

    for (unsigned i = 0; i < AGAIN_MAX; i++) {
        uint32_t large = first_locked(view, args);
        if (UNLIKELY(large))
            return result_of(deliver_node_locked(view, large, args, message));
        switch (scan_locked(view, false, &candidate)) {
        case SCAN_FOUND:
            break;
        case SCAN_MAP_LANE:
            return map_lane(view, candidate.index, message);
        case SCAN_NONE:
        default:
            if (UNLIKELY(first_locked(view, args))) /* the scan has reaped a dead holder */
                continue;
            return PORT_EMPTY;
        }
        enum aside aside =
            LIKELY(!args->only) ? ASIDE_TAKEN : aside_put_locked(view, args, &candidate);
        if (aside == ASIDE_NOTHING)
            return PORT_EMPTY;
        if (aside == ASIDE_PUT)
            continue;
        enum delivery delivery = deliver_locked(view, &candidate, args, message);
        if (delivery != DELIVERY_AGAIN)
            return result_of(delivery);
    }
    *ret_again = true;
    return PORT_EMPTY;
}

/* Nothing was found: ended, or wait, or not. */
static enum port_result sleep_locked(struct port_view *view, const struct port_receive_args *args,
                                     struct port_message *message, bool *ret_again)
{
    struct port_memory *memory = view->at.memory;
    uint32_t ended = atom_load(&memory->ended_status);

    if (ended && !is_anything_left_but_end_locked(view)) {
        message->status = ended;
        return PORT_ENDED;
    }
    if (!args->may_wait)
        return PORT_EMPTY;
    waiter_count_locked(view, 1);
    HOOK(waiting);
    if (MUTANT(no_raise) || raise_and_recheck_locked(view, true, true)) /* (E1) */
        return PORT_WAIT;
    waiter_count_locked(view, -1u);
    *ret_again = true;
    return PORT_EMPTY;
}

static enum port_result receive_locked(struct port_view *view, struct port_receive_args *args,
                                       struct port_message *message, bool *ret_again)
{
    bool may_have_edge = args->was_waiting;

    if (args->finished) {
        route_end_locked(view, args->finished);
        args->finished = NULL;
    }
    if (args->was_waiting && !args->counted_out) {
        waiter_count_locked(view, -1u);
        view->at.memory->bell_rung = 0;
        args->counted_out = true;
    }
    enum port_result result = next_locked(view, args, message, ret_again);
    if (result == PORT_EMPTY && !*ret_again && (may_have_edge || view->has_edge)) {
        view->has_edge = false;
        view->at.memory->bell_rung = 0;
        view->ops->clear_outer(view->context); /* (E3) */
        if (!MUTANT(no_bell_scan))
            result = next_locked(view, args, message, ret_again);
    }
    if (result == PORT_EMPTY && !*ret_again)
        result = sleep_locked(view, args, message, ret_again);
    /* Also with nothing: the edges that this scan took have left their lanes hot and not raised
     * (E4). */
    if (result != PORT_WAIT)
        hand_on_locked(view);
    return result;
}

enum port_result port_receive(struct port_view *view, struct port_receive_args *args,
                              struct port_message *message)
{
    enum port_result result;
    bool again;

    do {
        again = false;
        if (!port_lock(view))
            return PORT_UNUSABLE;
        result = receive_locked(view, args, message, &again);
        if (result == PORT_RECEIVED) {
            if (LIKELY(!view->at.memory->has_completion && !view->at.memory->is_waitable))
                message->flags &= ~(uint32_t)PORT_MESSAGE_PACKET;
            else
                packet_settle_locked(view, args->was_waiting || args->has_waited, message);
        }
        port_unlock(view);
    } while (again);
    args->was_waiting = args->counted_out = false;
    return result;
}

void port_receive_end(struct port_view *view, struct port_message *message, bool delivered)
{
    if (!message->pin || !port_lock(view))
        return;
    if (LIKELY(delivered) || MUTANT(no_undo))
        deliver_end_locked(view, message->pin);
    else
        deliver_undo_locked(view, message);
    hand_on_locked(view);
    port_unlock(view);
    message->pin = 0;
}

void port_wait_cancel(struct port_view *view)
{
    if (!port_lock(view))
        return;
    waiter_count_locked(view, -1u);
    /* The edge that woke this thread, if one did, was meant for somebody. */
    view->at.memory->bell_rung = 0;
    view->ops->clear_outer(view->context);
    hand_on_locked(view);
    port_unlock(view);
}

bool port_lane0_has_room(struct port_view *view, uint32_t *told)
{
    const struct lane_view *lane_view = &view->lanes[0].view;
    struct lane_header *header = lane_header(lane_view);
    uint32_t progress;

    if (LIKELY(!atom_load(&header->producer.space_wanted)))
        return false;
    /* What was freed just before the wish came has perhaps not been published. */
    if (!port_lock(view))
        return false;
    cursor_publish(lane_view, &view->at.lanes[0].cursor);
    progress = view->at.lanes[0].cursor.space_seq;
    port_unlock(view);
    return atom_swap(told, progress) != progress;
}

void port_glance_begin(struct port_view *view)
{
    /* (A3) Partner: the swap in mapping_retire_locked. */
    atom_add(&view->n_glancers, 1u);
}

void port_glance_end(struct port_view *view)
{
    atom_add(&view->n_glancers, -1u);
}

bool port_glance(const struct port_view *view)
{
    const struct port_memory *memory = view->at.memory;
    uint32_t n_hot = atom_peek(&memory->n_hot);

    if (atom_peek(&memory->main.head) || atom_peek(&memory->large.head) ||
        atom_peek(&memory->close_tail) != atom_peek(&memory->close_head) ||
        atom_peek(&memory->attention) != atom_peek(&memory->attention_seen) ||
        atom_peek(&memory->ended_status) ||
        cursor_glance(&view->lanes[0].view, &view->at.lanes[0].cursor))
        return true;
    if (atom_peek(&memory->stalled))
        return false; /* a barrier: as good as empty */
    for (uint32_t i = 0; i < n_hot && i < view->at.geometry.n_lanes; i++) {
        uint32_t index = atom_peek(&view->at.hot[i]);
        if (index == 0 || index >= view->at.geometry.n_lanes)
            continue;
        struct lane_view lane_view;
        uint32_t generation = atom_load(&view->at.lanes[index].marked_generation);
        if (!lane_mapped_glance(view, index, generation, &lane_view) ||
            cursor_glance(&lane_view, &view->at.lanes[index].cursor))
            return true;
    }
    return false;
}
