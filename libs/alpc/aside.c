/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Receivers that take some messages only (port_receive_args.only): a completion list takes
 * everything but connection requests, its port's receiving threads take connection requests.
 *
 * What such a receiver comes to and does not take is set aside: moved to the large list, which
 * every other receiver looks through first, so it keeps its place before what was sent later. It is
 * no longer announced by a harvest then, so its completion packet is due now. A close is not a
 * message that can be set aside: who takes connection requests only finds nothing behind one. */

#include "alpc/aside.h"

#include "alpc/deliver.h"
#include "alpc/harvest.h"
#include "alpc/node.h"

static bool is_taken(enum port_only only, uint16_t kind)
{
    return only == PORT_ONLY_ALL || (kind == LANE_CONNECT_REQUEST) == (only == PORT_ONLY_CONNECTS);
}

uint32_t aside_first_locked(const struct port_view *view, enum port_only only)
{
    const struct port_list *large = &view->at.memory->large;
    uint32_t ref = large->head;

    for (uint32_t n = large->n; ref && n && !is_taken(only, node_at(view, ref)->kind); n--)
        ref = node_at(view, ref)->next;
    return ref && is_taken(only, node_at(view, ref)->kind) ? ref : 0;
}

static void node_put_aside_locked(struct port_view *view, struct port_receive_args *args,
                                  uint32_t ref)
{
    struct port_node *node = node_at(view, ref);
    const struct lane_view *lane_view = lane_mapped(view, node->lane, node->lane_generation);

    if (!(node->flags & PORT_NODE_ANNOUNCED)) {
        node->flags |= PORT_NODE_ANNOUNCED;
        args->n_packets += packets_locked(view, 1);
    }
    node_move_locked(view, ref, PORT_NODE_LARGE);
    if (lane_view)
        node_to_heap_locked(view, ref, lane_view);
}

enum aside aside_put_locked(struct port_view *view, struct port_receive_args *args,
                            const struct candidate *candidate)
{
    switch (candidate->kind) {
    case CANDIDATE_NODE:
        if (is_taken(args->only, node_at(view, candidate->index)->kind))
            return ASIDE_TAKEN;
        node_put_aside_locked(view, args, candidate->index);
        return ASIDE_PUT;
    case CANDIDATE_RECORD:
        if (is_taken(args->only, candidate->record.message.kind))
            return ASIDE_TAKEN;
        /* The next scan finds it as a node. */
        return harvest_record_locked(view, candidate) ? ASIDE_PUT : ASIDE_NOTHING;
    case CANDIDATE_CLOSE:
        return args->only == PORT_ONLY_CONNECTS ? ASIDE_NOTHING : ASIDE_TAKEN;
    case CANDIDATE_NONE:
    default:
        return ASIDE_TAKEN;
    }
}
