/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Harvesting for completion ports and waits on the handle: everything that lanes hold is moved to
 * the main list by reference, in causal order, and every lane is asked to ring for what comes
 * later.
 *
 * The completion packet rule (reference 4.6): one packet for each queued message that meets no
 * blocked receiver. Each node is announced once; since a harvest announces all, those not announced
 * are the newest of the main list. A message that a thread receives straight from a lane without
 * having been blocked for it has its packet too: port_receive says PORT_MESSAGE_PACKET. A close is
 * not a node: its connection is marked.
 *
 * Waitable ports (reference 4.6, D-20): a counting semaphore. What would be a packet is one signal;
 * a satisfied wait takes one, receiving takes none. UNKNOWN: Windows' rule; sources differ between
 * this and "signalled while the queue is not empty", and the kernel's port has a semaphore. */

#include "alpc/close.h"
#include "alpc/deliver.h"
#include "alpc/harvest.h"
#include "alpc/node.h"

#define HARVEST_MAX 4096u       /* things moved in one critical section */
#define SIGNALS_MAX 0x7fffffffu /* the limit of an NT semaphore */

static void signals_add(struct port_view *view, uint32_t n)
{
    uint32_t *signals = &view->at.memory->signals;
    uint32_t old;

    do
        old = atom_load(signals);
    while (n && !atom_cas(signals, old, n > SIGNALS_MAX - old ? SIGNALS_MAX : old + n));
}

uint32_t packets_locked(struct port_view *view, uint32_t n)
{
    if (view->at.memory->is_waitable)
        signals_add(view, n);
    return n;
}

void packet_settle_locked(struct port_view *view, bool was_waiting, struct port_message *message)
{
    struct port_memory *memory = view->at.memory;

    if (was_waiting)
        message->flags &= ~(uint32_t)PORT_MESSAGE_PACKET;
    if ((message->flags & PORT_MESSAGE_PACKET) && memory->is_waitable) {
        signals_add(view, 1);
        if (memory->n_watchers && !memory->bell_rung)
            bell_ring_locked(view);
    }
    if (!memory->has_completion)
        message->flags &= ~(uint32_t)PORT_MESSAGE_PACKET;
}

uint32_t port_signals(const struct port_view *view)
{
    return atom_load(&view->at.memory->signals);
}

bool port_signal_take(struct port_view *view)
{
    uint32_t *signals = &view->at.memory->signals;
    uint32_t old;

    do {
        old = atom_load(signals);
        if (!old)
            return false;
    } while (!atom_cas(signals, old, old - 1));
    return true;
}

void port_signal_give(struct port_view *view)
{
    if (!port_lock(view))
        return;
    signals_add(view, 1);
    if (view->at.memory->n_watchers && !view->at.memory->bell_rung)
        bell_ring_locked(view);
    port_unlock(view);
}

bool harvest_record_locked(struct port_view *view, const struct candidate *candidate)
{
    struct taking taking = take_resolve_locked(view, candidate);

    switch (taking.action) {
    case TAKE_MESSAGE:
        return queue_record_locked(view, candidate, &taking, false);
    case TAKE_CANCELED:
        return queue_record_locked(view, candidate, &taking, true);
    case TAKE_DROP:
        take_drop_locked(view, candidate);
        return true;
    case TAKE_BREAK:
    default:
        lane_break_locked(view, candidate->index, LANE_BREAK_PROTOCOL);
        return true;
    }
}

/* 1 if the close will be a message. */
static uint32_t harvest_close_locked(struct port_view *view, uint32_t place)
{
    struct port_connection *connection = connection_at_locked(view, place);

    close_flush_locked(view);
    if (!connection || atom_load(&connection->close_flags) & PORT_CLOSE_SILENT)
        return 0;
    connection->marks |= PORT_CONNECTION_ANNOUNCED;
    return 1;
}

static uint32_t announce_locked(struct port_view *view)
{
    struct port_node *node = node_at(view, view->at.memory->main.tail);
    uint32_t n = 0;

    for (; node && !(node->flags & PORT_NODE_ANNOUNCED); node = node_at(view, node->prev)) {
        node->flags |= PORT_NODE_ANNOUNCED;
        n++;
    }
    return n;
}

struct harvest {
    uint32_t n_closes;
    uint32_t unmapped;
    bool again; /* the section has become long */
};

static void harvest_lanes_locked(struct port_view *view, struct harvest *harvest)
{
    struct candidate candidate;

    for (unsigned i = 0; i < HARVEST_MAX; i++) {
        switch (scan_locked(view, true, &candidate)) {
        case SCAN_FOUND:
            break;
        case SCAN_MAP_LANE:
            harvest->unmapped = candidate.index;
            return;
        case SCAN_NONE:
        default:
            return;
        }
        if (candidate.kind == CANDIDATE_CLOSE)
            harvest->n_closes += harvest_close_locked(view, candidate.index);
        else if (!harvest_record_locked(view, &candidate))
            return;
    }
    harvest->again = true;
}

static enum port_result harvest_locked(struct port_view *view, struct harvest *harvest,
                                       uint32_t *n_packets)
{
    struct port_memory *memory = view->at.memory;

    memory->bell_rung = 0;
    view->ops->clear_outer(view->context); /* (E3) */
    harvest_lanes_locked(view, harvest);
    uint32_t n = announce_locked(view) + harvest->n_closes;
    harvest->n_closes = 0;
    n = n > memory->n_waiters ? n - memory->n_waiters : 0; /* blocked receivers take the first */
    *n_packets += packets_locked(view, n);
    if (!harvest->unmapped && !raise_and_recheck_locked(view, true, true)) /* (E1) */
        harvest->again = true;
    /* (E5) The edges taken above were the blocked receivers' too, and one of them may not sleep
     * yet. */
    if (memory->n_waiters && is_anything_left_locked(view) && !MUTANT(no_harvest_bell))
        bell_ring_locked(view);
    if (harvest->unmapped)
        return PORT_MAP_LANE;
    if (is_anything_left_but_end_locked(view))
        return PORT_RECEIVED;
    return atom_load(&memory->ended_status) ? PORT_ENDED : PORT_EMPTY;
}

enum port_result port_harvest(struct port_view *view, uint32_t *ret_n_packets, uint32_t *ret_lane,
                              uint32_t *ret_generation)
{
    enum port_result result;
    struct harvest harvest = {0};

    *ret_n_packets = 0;
    do {
        harvest.again = false;
        if (!port_lock(view))
            return PORT_UNUSABLE;
        result = harvest_locked(view, &harvest, ret_n_packets);
        if (result == PORT_MAP_LANE) {
            *ret_lane = harvest.unmapped;
            *ret_generation = view->at.lanes[harvest.unmapped].marked_generation;
        }
        port_unlock(view);
    } while (harvest.again && result != PORT_MAP_LANE);
    return result;
}

void port_set_completion(struct port_view *view, bool associated)
{
    if (!port_lock(view))
        return;
    struct port_memory *memory = view->at.memory;
    struct port_holder *holder = &memory->holders[view->holder];
    if (((holder->watching & PORT_HOLDER_COMPLETION) != 0) != associated) {
        holder->watching ^= PORT_HOLDER_COMPLETION;
        memory->has_completion += associated ? 1 : -1u;
        memory->n_watchers += associated ? 1 : -1u;
    }
    port_unlock(view);
}

void port_watch(struct port_view *view, bool begin)
{
    if (!port_lock(view))
        return;
    view->at.memory->holders[view->holder].watching += begin ? 1 : -1u;
    view->at.memory->n_watchers += begin ? 1 : -1u;
    port_unlock(view);
}
