/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The processes that send on one connection in one direction: more than one when its port is held
 * by more than one. Port memory names them in the connection's entry (port_connection.senders),
 * which has PORT_SENDERS_MAX places.
 */
#pragma once

#include "receiver.h"

struct process;
struct sender;

/* Each counted once. */
struct sender_set {
    struct sender *senders[PORT_SENDERS_MAX];
    uint32_t n;
};

/* The process's sender to the receiver, entered for the connection at place `index` if it is not
 * yet. STATUS_QUOTA_EXCEEDED: all places are taken by processes that live, or whose last messages
 * have not been received. */
status_t sender_set_get(struct sender_set *set, struct receiver *receiver, uint32_t index,
                        struct process *process, struct sender **ret_sender) _must_check_;
bool sender_set_has(const struct sender_set *set, const struct sender *sender);
/* The connection has ended: it counts at none of them any more. */
void sender_set_release(struct sender_set *set);
