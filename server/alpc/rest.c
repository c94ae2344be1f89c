/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See rest.h. For the receiver a lane at rest is one in which nothing comes, as between two
 * messages.
 *
 * Who comes once must not cost more than without this: a receiver has to map a lane that rests, to
 * see that nothing stands in it, but not one that ends and was never used
 * (port_keeper_lane_was_unused). So a lane in which nothing was sent rests only when its process
 * has come back to that port before. And a port with cold lanes asks the kernel at each scan: few
 * rest, and not for long. */

#include "rest.h"

#include "grants.h"
#include "process.h"
#include "server.h"

#define RESTS_MAX 16u

static void rests_expired(struct timer *timer);

static void timer_set(struct server *server)
{
    struct rest *oldest = list_first(&server->rests, struct rest, link);

    if (!oldest)
        timer_disarm(&server->rest_timer);
    else if (!server->rest_timer.loop &&
             timer_arm(&server->rest_timer, &server->loop, oldest->since_ns + server->rest_ns,
                       rests_expired) < 0)
        oldest->since_ns = 0; /* without memory for the timer: until others come */
}

static void rest_expire(struct rest *rest, struct server *server)
{
    if (rest_stop(rest, server))
        rest->end(rest);
}

bool rest_begin(struct rest *rest, struct server *server, const struct user *user,
                void (*end)(struct rest *rest))
{
    if (server->stopping || user_is_near_limit(user, USER_FDS) ||
        user_is_near_limit(user, USER_MEMORY))
        return false;
    if (server->n_rests >= RESTS_MAX)
        rest_expire(list_first(&server->rests, struct rest, link), server);
    rest->since_ns = clock_ns();
    rest->end = end;
    list_append(&server->rests, &rest->link);
    server->n_rests++;
    timer_set(server);
    return true;
}

bool rest_stop(struct rest *rest, struct server *server)
{
    if (!list_is_linked(&rest->link))
        return false;
    list_remove(&rest->link);
    if (--server->n_rests == 0)
        timer_disarm(&server->rest_timer);
    return true;
}

static void rests_expired(struct timer *timer)
{
    struct server *server = CONTAINER_OF(timer, struct server, rest_timer);
    uint64_t now = clock_ns();
    struct rest *rest;

    while ((rest = list_first(&server->rests, struct rest, link)) &&
           rest->since_ns + server->rest_ns <= now)
        rest_expire(rest, server);
    timer_set(server);
}

static struct lane *only_lane(struct sender *sender)
{
    return list_first(&sender->lanes, struct lane, link);
}

static bool sender_may_rest(struct sender *sender)
{
    const struct receiver *receiver = sender->receiver;
    struct process *process = sender->process;
    const struct lane *lane = only_lane(sender);

    if (!process || process->state != PROCESS_RUNNING || sender->is_broken || receiver->is_client ||
        receiver->ended)
        return false;
    if (!lane || lane->link.next != &sender->lanes || lane->leaving ||
        lane->geometry.ring_size != LANE_RING_FIRST_BYTES)
        return false;
    bool comes_again = process->last_receiver_id == receiver->port_id;
    process->last_receiver_id = receiver->port_id;
    return comes_again || lane_was_used(lane->fd);
}

static void sender_count(struct sender *sender)
{
    sender->receiver->server->n_lanes++;
    sender->receiver->server->lane_bytes += only_lane(sender)->size;
}

static void sender_expire(struct rest *rest)
{
    struct sender *sender = CONTAINER_OF(rest, struct sender, rest);
    struct receiver *receiver = sender->receiver;

    sender_count(sender);
    sender_end(sender);
    receiver_ring(receiver);
}

bool sender_rest(struct sender *sender)
{
    struct server *server = sender->receiver->server;

    if (!sender_may_rest(sender) ||
        !rest_begin(&sender->rest, server, sender->process->user, sender_expire))
        return false;
    server->n_lanes--;
    server->lane_bytes -= only_lane(sender)->size;
    return true;
}

void sender_rise(struct sender *sender)
{
    if (rest_stop(&sender->rest, sender->receiver->server))
        sender_count(sender);
}
