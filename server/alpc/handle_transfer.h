/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Handles on their way in a message (reference 3.6, 4.7).
 *
 *     sender:   offer -> transfer number -> in the attribute area of the message
 *     receiver: take, by index, as often as it likes: each time a new handle
 *     either:   drop, when the message is over; the end of the connection drops them all
 *
 * A transfer belongs to one direction of one connection: nobody else finds it by its number, so a
 * sender that names another's gains nothing. It is made before the message is published and holds
 * the objects as a handle does (a name stays, a port would stay connected), at its sender's
 * charge: what is never received costs the sender until the connection ends. What the receiver is
 * told of type and access is the daemon's knowledge, never the message's.
 */
#pragma once

#include "connect.h"

struct transfer_item {
    struct object *object; /* counted as a handle */
    uint32_t access, attributes;
    uint32_t type; /* ALPC type code (reference 2.2) */
};

struct handle_transfer {
    struct list link; /* of connection->transfers */
    struct connection *connection;
    uint64_t id;
    bool to_server;
    uint32_t n_items;
    struct charge charge;
    struct transfer_item items[];
};

/* Handles under way in one direction of a connection: room for the 10,000 messages that may wait.
 */
#define TRANSFER_HANDLES_MAX 16384u

/* The ALPC type code of an object; 0: none, it cannot be sent. */
uint32_t transfer_type(const struct object_ops *ops);

/* What the receiving end allows: of a client its port's attributes, of a server those given when it
 * accepted, or its connection port's when none were (yet). */
uint32_t transfer_flags(const struct connection *connection, bool to_server);

/* All of `offers` from the process' table, or none. Statuses as alpc_offer_handles in
 * requests_alpc.def. */
status_t transfer_offer(struct connection *connection, bool to_server, struct process *process,
                        const struct handle_offer *offers, uint32_t n_offers,
                        uint64_t *ret_id) _must_check_;

/* Those of a connection request, TRANSFER_WITH_REQUEST: nobody but its connection port decides what
 * they may be. */
status_t transfer_offer_with_request(struct connection *connection, struct process *process,
                                     const struct handle_offer *offers,
                                     uint32_t n_offers) _must_check_;
/* The request has been answered. */
void transfer_end_request(struct connection *connection);

/* NULL: no such in this direction. */
struct handle_transfer *transfer_find(struct connection *connection, bool to_server, uint64_t id);

void transfer_free(struct handle_transfer *transfer);
/* The connection has ended. */
void transfers_free(struct connection *connection);
