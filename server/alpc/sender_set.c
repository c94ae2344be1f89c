/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* See sender_set.h. The first place is the process that made the connection (or accepted it),
 * entered with the connection; others come when they first send. */

#include "sender_set.h"

#include "grants.h"

/* Processes that have died leave their places when what they sent has been received. */
static void set_drop_ended(struct sender_set *set, struct receiver *receiver, uint32_t index)
{
    senders_sweep(receiver);
    for (uint32_t i = 0; i < set->n;) {
        struct sender *sender = set->senders[i];
        if (sender->process || !list_is_empty(&sender->lanes)) {
            i++;
            continue;
        }
        port_keeper_remove_sender(&receiver->keeper, index, sender->number);
        set->senders[i] = set->senders[--set->n];
        sender_release(sender);
    }
}

static status_t set_add(struct sender_set *set, struct receiver *receiver, uint32_t index,
                        struct process *process, struct sender **ret_sender)
{
    status_t status = STATUS_QUOTA_EXCEEDED;

    /* Port memory may lie about its places: set->n is our own. */
    for (int i = 0; i < 2 && status == STATUS_QUOTA_EXCEEDED; i++) {
        if (i)
            set_drop_ended(set, receiver, index);
        if (set->n < PORT_SENDERS_MAX)
            status = port_keeper_add_sender(&receiver->keeper, index, process_number(process));
    }
    if (!status)
        status = sender_get(receiver, process, ret_sender);
    if (!status)
        set->senders[set->n++] = *ret_sender;
    return status;
}

status_t sender_set_get(struct sender_set *set, struct receiver *receiver, uint32_t index,
                        struct process *process, struct sender **ret_sender)
{
    for (uint32_t i = 0; i < set->n; i++) {
        if (set->senders[i]->process == process) {
            *ret_sender = set->senders[i];
            return STATUS_SUCCESS;
        }
    }
    return set_add(set, receiver, index, process, ret_sender);
}

bool sender_set_has(const struct sender_set *set, const struct sender *sender)
{
    for (uint32_t i = 0; i < set->n; i++) {
        if (set->senders[i] == sender)
            return true;
    }
    return false;
}

void sender_set_release(struct sender_set *set)
{
    for (uint32_t i = 0; i < set->n; i++)
        sender_release(set->senders[i]);
    set->n = 0;
}
