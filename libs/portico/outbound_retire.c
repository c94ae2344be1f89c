/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Lanes that were replaced by larger ones go back when they are empty: everything sent has been
 * taken, no slot is in use or quarantined, and no thread may still hold the lane.
 *
 * A lane that has grown in a burst is left for one of the first size when for a second it has not
 * held more than a quarter of that (looked at now and then while records are sent: a process that
 * sends nothing more keeps it until it closes its ports), so that the memory and the user's quota
 * go back.
 *
 * Race 1. A SYNC sender reads `current` without the lock, then takes a slot of it. It has written
 * using_outbound before that read, with a full barrier between. The retirer has replaced `current`
 * long before it reads every thread's using_outbound, with a full barrier between: so it sees the
 * sender, or the sender sees the new lane. */

#include "lane/atomics.h"
#include "lane/sys.h"
#include "local_port.h"
#include "outbound.h"
#include "thread.h"

uint64_t outbound_idle_ns = 1000000000;

static bool is_empty(struct outlane *lane)
{
    return slots_taken(&lane->slots) == 0 && producer_is_drained(&lane->producer);
}

static void tell_server(const struct destination *to, uint32_t lane)
{
    struct alpc_retire_lane_request request = {
        .port = to->port->handle, .connection = to->here, .lane = lane};
    struct alpc_retire_lane_reply reply;
    struct control *control = portico_control();

    if (!control || call_alpc_retire_lane(control, &request, &reply, NULL) != STATUS_SUCCESS)
        return; /* the daemon looks by itself at the port's next request */
}

static void retire_oldest_locked(const struct destination *to)
{
    struct outbound *outbound = to->outbound;
    struct outlane *newer = outbound->current, *oldest;

    while (newer->older && newer->older->older)
        newer = newer->older;
    oldest = newer->older;
    if (!oldest || !is_empty(oldest) || threads_use_outbound(outbound))
        return;
    newer->older = NULL;
    tell_server(to, oldest->lane);
    outlane_free(oldest);
}

static void shrink_if_idle_locked(const struct destination *to)
{
    struct outbound *outbound = to->outbound;
    struct lane_producer *producer = &outbound->current->producer;
    uint64_t now_ns = sys_now_ns(), ring_size = producer->view.geometry.ring_size;

    if (ring_size <= LANE_RING_FIRST_BYTES)
        return;
    if (ring_size - producer_room(producer) > LANE_RING_FIRST_BYTES / 4 ||
        outbound->kept > LANE_RING_FIRST_BYTES / 2)
        outbound->busy_ns = now_ns;
    else if (now_ns - outbound->busy_ns >= outbound_idle_ns &&
             outbound_shrink_locked(to) != STATUS_SUCCESS)
        outbound->busy_ns = now_ns; /* refused: not again at every look */
}

void outbound_tidy_locked(const struct destination *to)
{
    to->outbound->n_since_retire = 0;
    retire_oldest_locked(to);
    shrink_if_idle_locked(to);
}
