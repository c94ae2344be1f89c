/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What rests: a process that has closed a connection often makes the next one soon. What that one
 * will need, and this process alone has had in hand, stays for a moment: its lane to the server's
 * port (rest.c) and the memory of its own port (spare.c).
 *
 *     in use --the connection closes--> at rest --a new one--> in use
 *                                          \--rest_ns, too many, an end--> gone
 *
 * What rests is charged as before, and nothing of a user who is near a limit does; it is not among
 * the lanes and bytes that server_status counts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/list.h"
#include "common/macro.h"

#define REST_NS UINT64_C(100000000)

struct sender;
struct server;
struct user;

/* Embedded in what rests. */
struct rest {
    struct list link; /* of server->rests, longest first */
    uint64_t since_ns;
    void (*end)(struct rest *rest); /* unlinked already: it goes */
};

/* False: it may not, and goes at once. */
bool rest_begin(struct rest *rest, struct server *server, const struct user *user,
                void (*end)(struct rest *rest)) _must_check_;
/* True: it rested. */
bool rest_stop(struct rest *rest, struct server *server);

/* The last connection of the sender has closed. True: it rests. */
bool sender_rest(struct sender *sender) _must_check_;
/* It serves a connection again, or is about to end. Harmless when it does not rest. */
void sender_rise(struct sender *sender);
