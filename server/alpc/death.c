/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See death.h. The order matters: lanes die before the connections close (the handles, after this),
 * so that a receiver that sees the close knows that nothing more will come. */

#include "death.h"

#include "grants.h"
#include "process.h"
#include "spare.h"

static void holder_ended(struct holding *holding, uint32_t process_id)
{
    struct receiver *receiver = holding->receiver;

    holding_free(holding);
    port_keeper_holder_died(&receiver->keeper, process_id);
    /* A thread of it may have taken edges with it: they come again for the others. */
    if (!list_is_empty(&receiver->holdings)) {
        (void)lanes_rearm(receiver, false);
        receiver_ring(receiver);
    }
}

void alpc_process_ended(struct process *process)
{
    struct sender *sender, *next;
    struct holding *holding, *next_holding;

    list_for_each_safe(sender, next, &process->lanes, process_link)
        sender_process_ended(sender);
    list_for_each_safe(holding, next_holding, &process->held, process_link)
        holder_ended(holding, (uint32_t)process->pid);
    spares_free(process);
}
