/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See grants.h. The first lane has a ring for two maximum messages (LANE_RING_FIRST_BYTES) and
 * LANE_SLOTS_MAX slots, sparse; growth doubles the ring up to LANE_RING_MAX_BYTES; a sender whose
 * burst is over asks for one of the first size again (libs/portico/outbound_retire.c). Each is
 * charged as sized, and two descriptors, to the sender's user.
 *
 * MaxPoolUsage of the receiving port bounds the rings of all its lanes together: growth beyond it
 * is STATUS_QUOTA_EXCEEDED, which the sender gets when its lane is full of messages that nobody has
 * received. 0 and -1 are no limit (reference 4.4, 4.11). UNKNOWN(MaxPoolUsage): which status
 * Windows gives. DIFFERS(MaxPoolUsage): it binds the receiving port only, lanes are the unit, not
 * messages, and a first lane is always granted: a sender has 256 KiB whatever the limit. */

#include "grants.h"

#include <assert.h>
#include <stdlib.h>

#include "client.h"
#include "common/fd.h"
#include "process.h"
#include "rest.h"
#include "server.h"

#define LEASE_FIRST_IDS 4096u
#define LEASE_MAX_IDS   (1u << 20)
#define LANE_FDS        2u

uint32_t process_number(const struct process *process)
{
    return (uint32_t)process->object.id;
}

/* A client port has one or two senders, a client process few receivers: the shorter list is
 * searched. */
struct sender *sender_find(struct receiver *receiver, struct process *process)
{
    struct sender *sender;

    if (receiver->is_client) {
        list_for_each(sender, &receiver->senders, receiver_link) {
            if (sender->process == process)
                return sender;
        }
    } else {
        list_for_each(sender, &process->lanes, process_link) {
            if (sender->receiver == receiver)
                return sender;
        }
    }
    return NULL;
}

status_t sender_get(struct receiver *receiver, struct process *process, struct sender **ret_sender)
{
    struct sender *sender = sender_find(receiver, process);

    if (sender) {
        sender_rise(sender);
        sender->n_connections++;
        *ret_sender = sender;
        return STATUS_SUCCESS;
    }
    sender = calloc(1, sizeof(*sender));
    if (!sender)
        return STATUS_NO_MEMORY;
    *sender = (struct sender){.process = process,
                              .receiver = receiver,
                              .process_id = (uint32_t)process->pid,
                              .number = process_number(process),
                              .id = ++receiver->server->last_sender_id,
                              .n_connections = 1};
    list_init(&sender->lanes);
    list_init(&sender->rest.link);
    list_append(&process->lanes, &sender->process_link);
    list_append(&receiver->senders, &sender->receiver_link);
    *ret_sender = sender;
    return STATUS_SUCCESS;
}

static void sender_free(struct sender *sender)
{
    assert(list_is_empty(&sender->lanes));
    list_remove(&sender->process_link);
    list_remove(&sender->receiver_link);
    free(sender);
}

/* EPOLL_CTL_DEL before close: the sender holds the same eventfd, closing alone would leave it a
 * member. */
static void lane_free(struct lane *lane)
{
    struct receiver *receiver = lane->sender->receiver;

    if (lane->has_bell && receiver->has_bells)
        (void)!doorbell_remove(&receiver->bells, lane->bell_fd);
    fd_close(lane->bell_fd);
    fd_close(lane->fd);
    charge_release(&lane->memory_charge);
    charge_release(&lane->fds_charge);
    receiver->server->lane_bytes -= lane->size;
    receiver->ring_bytes -= lane->geometry.ring_size;
    receiver->server->n_lanes--;
    if (lane->leaving)
        receiver->n_leaving--;
    list_remove(&lane->link);
    free(lane);
}

static void lane_leave(struct lane *lane)
{
    if (!lane->leaving)
        lane->sender->receiver->n_leaving++;
    lane->leaving = true;
}

static void lane_end(struct lane *lane)
{
    lane_leave(lane);
    if (lane->ended)
        return;
    lane->ended = true;
    if (lane_was_used(lane->fd))
        port_keeper_lane_died(&lane->sender->receiver->keeper, lane->index);
    else
        port_keeper_lane_was_unused(&lane->sender->receiver->keeper, lane->index);
}

/* A sender without connections and lanes has nothing left to be for. */
static void sender_sweep(struct sender *sender)
{
    struct port_keeper *keeper = &sender->receiver->keeper;
    struct lane *lane, *next;

    list_for_each_safe(lane, next, &sender->lanes, link) {
        if (lane->leaving && port_keeper_lane_is_drained(keeper, lane->index)) {
            port_keeper_free_lane(keeper, lane->index);
            lane_free(lane);
        }
    }
    if (!sender->n_connections && list_is_empty(&sender->lanes))
        sender_free(sender);
}

/* Its process has no business here any more: no longer found by it, a new connection gets a new
 * sender with new lanes. */
static void sender_detach(struct sender *sender)
{
    struct lane *lane;

    sender_rise(sender);
    list_for_each(lane, &sender->lanes, link)
        lane_end(lane);
    list_remove(&sender->process_link);
    sender->process = NULL;
}

void sender_release(struct sender *sender)
{
    assert(sender->n_connections);
    if (--sender->n_connections == 0 && !sender_rest(sender))
        sender_end(sender);
}

void sender_end(struct sender *sender)
{
    if (sender->process)
        sender_detach(sender);
    sender_sweep(sender);
}

void sender_process_ended(struct sender *sender)
{
    /* The connections that it serves still point to it: each lets go when it closes. */
    sender_detach(sender);
    receiver_ring(sender->receiver);
}

void senders_sweep(struct receiver *receiver)
{
    struct sender *sender, *next;

    if (!receiver->n_leaving)
        return;
    list_for_each_safe(sender, next, &receiver->senders, receiver_link)
        sender_sweep(sender);
}

void senders_free(struct receiver *receiver)
{
    struct sender *sender, *next;
    struct lane *lane, *next_lane;

    list_for_each_safe(sender, next, &receiver->senders, receiver_link) {
        sender_rise(sender);
        list_for_each_safe(lane, next_lane, &sender->lanes, link)
            lane_free(lane);
        sender_free(sender);
    }
}

static status_t lane_memory(struct lane *lane, struct user *user)
{
    status_t status;

    lane->size = geometry_size(&lane->geometry);
    status = user_charge(&lane->memory_charge, user, USER_MEMORY, lane->size);
    if (!status)
        status = user_charge(&lane->fds_charge, user, USER_FDS, LANE_FDS);
    if (status)
        return status;
    lane->fd = lane_create(&lane->geometry, "portico-lane");
    if (lane->fd >= 0)
        lane->bell_fd = doorbell_new();
    return lane->fd < 0 || lane->bell_fd < 0 ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

static status_t lane_enter(struct lane *lane, const struct lane *previous, struct port_keeper *ids)
{
    struct receiver *receiver = lane->sender->receiver;
    struct port_lane_grant grant = {.process_id = lane->sender->process_id,
                                    .sender = lane->sender->number,
                                    .geometry = lane->geometry,
                                    .previous = previous ? previous->index + 1 : 0};
    status_t status;

    if (!previous) {
        grant.lease.first_id = port_keeper_lease(ids, LEASE_FIRST_IDS);
        if (!grant.lease.first_id)
            return STATUS_INSUFFICIENT_RESOURCES;
        grant.lease.n_ids = LEASE_FIRST_IDS;
    }
    status = port_keeper_grant_lane(&receiver->keeper, &grant, &lane->index, &lane->generation);
    if (status)
        return status;
    if (receiver->has_bells && doorbell_add(&receiver->bells, lane->bell_fd, lane->index) < 0) {
        port_keeper_lane_died(&receiver->keeper, lane->index);
        port_keeper_free_lane(&receiver->keeper, lane->index);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    lane->has_bell = receiver->has_bells;
    lane->first_id = previous ? previous->first_id : grant.lease.first_id;
    lane->n_ids = previous ? previous->n_ids : grant.lease.n_ids;
    return STATUS_SUCCESS;
}

static status_t lane_new(struct sender *sender, uint32_t ring_size, const struct lane *previous,
                         struct port_keeper *ids, struct lane **ret_lane)
{
    struct lane *lane = calloc(1, sizeof(*lane));
    status_t status;

    if (!lane)
        return STATUS_NO_MEMORY;
    *lane = (struct lane){.sender = sender,
                          .geometry = {.ring_size = ring_size, .n_slots = LANE_SLOTS_MAX},
                          .fd = -1,
                          .bell_fd = -1};
    status = lane_memory(lane, sender->process->user);
    if (!status)
        status = lane_enter(lane, previous, ids);
    if (status) {
        fd_close(lane->bell_fd);
        fd_close(lane->fd);
        charge_release(&lane->memory_charge);
        charge_release(&lane->fds_charge);
        free(lane);
        return status;
    }
    list_append(&sender->lanes, &lane->link);
    sender->receiver->server->lane_bytes += lane->size;
    sender->receiver->ring_bytes += ring_size;
    sender->receiver->server->n_lanes++;
    *ret_lane = lane;
    return STATUS_SUCCESS;
}

status_t sender_lane(struct sender *sender, struct port_keeper *ids, struct lane **ret_lane)
{
    struct lane *newest = list_last(&sender->lanes, struct lane, link);

    if (newest) {
        *ret_lane = newest;
        return STATUS_SUCCESS;
    }
    return lane_new(sender, LANE_RING_FIRST_BYTES, NULL, ids, ret_lane);
}

static bool is_within_pool(const struct receiver *receiver, uint32_t ring_size)
{
    return receiver->max_pool == 0 || receiver->max_pool == UINT64_MAX ||
           receiver->ring_bytes + ring_size <= receiver->max_pool;
}

/* 0: there may be none. */
static uint32_t next_ring(const struct sender *sender, const struct lane *newest)
{
    uint32_t ring_size = geometry_next_ring(newest->geometry.ring_size);
    bool may_be = ring_size > newest->geometry.ring_size && ring_size <= LANE_RING_MAX_BYTES &&
                  is_within_pool(sender->receiver, ring_size);

    return may_be ? ring_size : 0;
}

status_t sender_resize(struct sender *sender, uint32_t index, bool shrink, struct lane **ret_lane)
{
    struct lane *newest = list_last(&sender->lanes, struct lane, link);
    uint32_t ring_size = LANE_RING_FIRST_BYTES;
    status_t status;

    if (!newest || !sender_find_lane(sender, index))
        return STATUS_INVALID_PARAMETER;
    /* Granted already, to a caller that could not use it or that has not told this one yet. */
    if (newest->index != index) {
        *ret_lane = newest;
        return STATUS_SUCCESS;
    }
    if (shrink && newest->geometry.ring_size <= ring_size)
        return STATUS_INVALID_PARAMETER;
    if (!shrink)
        ring_size = next_ring(sender, newest);
    if (!ring_size)
        return STATUS_QUOTA_EXCEEDED;
    /* Port memory still orders the two: the old one drains first. */
    status = lane_new(sender, ring_size, newest, NULL, ret_lane);
    if (!status)
        lane_leave(newest);
    return status;
}

status_t lane_lease(struct lane *lane, struct port_keeper *ids)
{
    struct port_lease lease = {.n_ids = lane->n_ids >= LEASE_MAX_IDS / 4 ? LEASE_MAX_IDS
                                                                         : 4 * lane->n_ids};
    status_t status;

    lease.first_id = port_keeper_lease(ids, lease.n_ids);
    if (!lease.first_id)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = port_keeper_extend_lease(&lane->sender->receiver->keeper, lane->index, &lease);
    if (status)
        return status;
    lane->first_id = lease.first_id;
    lane->n_ids = lease.n_ids;
    return STATUS_SUCCESS;
}

struct lane *sender_find_lane(struct sender *sender, uint32_t index)
{
    struct lane *lane;

    list_for_each(lane, &sender->lanes, link) {
        if (lane->index == index)
            return lane;
    }
    return NULL;
}

struct lane *receiver_find_lane(struct receiver *receiver, uint32_t index)
{
    struct sender *sender;

    list_for_each(sender, &receiver->senders, receiver_link) {
        struct lane *lane = sender_find_lane(sender, index);
        if (lane)
            return lane;
    }
    return NULL;
}

void lane_describe(const struct lane *lane, struct lane_grant *ret_grant)
{
    *ret_grant = (struct lane_grant){
        .size = lane->size,
        .lane = lane->index,
        .generation = lane->generation,
        .ring_size = lane->geometry.ring_size,
        .n_slots = lane->geometry.n_slots,
        .first_id = lane->first_id,
        .n_ids = lane->n_ids,
        .sender_id = lane->sender->id,
    };
}

void lane_put(const struct lane *lane, struct reply_extra *extra)
{
    extra->fds[extra->n_fds++] = lane->fd;
    extra->fds[extra->n_fds++] = lane->bell_fd;
    lane->sender->is_told = true;
}

bool lanes_rearm(struct receiver *receiver, bool add)
{
    struct sender *sender;
    struct lane *lane;

    if (!receiver->has_bells)
        return true;
    list_for_each(sender, &receiver->senders, receiver_link) {
        list_for_each(lane, &sender->lanes, link) {
            int r = add ? doorbell_add(&receiver->bells, lane->bell_fd, lane->index)
                        : doorbell_rearm(&receiver->bells, lane->bell_fd, lane->index);
            if (add && r < 0)
                return false;
            lane->has_bell = true;
        }
    }
    return true;
}
