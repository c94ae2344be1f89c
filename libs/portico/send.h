/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Between send.c and exchange.c: a message on its way out. */
#pragma once

#include "alpc/alpc.h"
#include "attributes.h"
#include "lane/record.h"
#include "outbound.h"
#include "portico/portico.h"

struct destination;
struct outbound;
struct outlane;
struct port;
struct reserved;

/* What became of a message on its way out. */
struct sent {
    bool is_sent;
    uint32_t message_id;
    struct slot_place place; /* SYNC: where its end is seen when its sender has given it up */
};

struct outgoing {
    const void *data; /* the caller's memory: hooks.copy_in */
    uint32_t data_size;
    uint32_t attr_size; /* of wire: 0 or all of it */
    struct wire_attributes wire;
    bool has_context;
    bool gives_back; /* something of the message that it continues */
    uint64_t message_context;
    uint16_t lane_flags;               /* LANE_LEGACY or 0: into each record */
    struct request_data *request_data; /* memory that it describes; or NULL */
    struct sent *sent;                 /* or NULL */
    struct reserved *reserved; /* sent with a reserve: where to note what became of it; or NULL */
};

/* Where the sender of an answer waits in its turn: slot 0 nowhere. */
struct answer_wait {
    uint32_t lane; /* at the receiver */
    uint32_t slot; /* slot + 1 */
    uint32_t word;
};

/* data_size is the caller's to set. */
status_t outgoing_prepare(struct port *port, const struct portico_exchange *exchange,
                          uint32_t message_id, struct outgoing *ret_outgoing);

/* Where new messages of the port go; where a route goes. Both fill in a record's connection too. */
status_t destination_of_port(struct port *port, struct destination *ret_to,
                             struct lane_message *message);
status_t destination_of_route(struct port *port, const struct port_route *route,
                              struct destination *ret_to, struct lane_message *message);
void destination_put(struct destination *to);

/* The producers' lock, with suspension and termination of this thread deferred. */
void outbound_enter(struct outbound *outbound);
void outbound_exit(struct outbound *outbound);
/* lane: the one that the record must go into (it names a slot of it): STATUS_RETRY when it has been
 * replaced; or NULL. */
status_t record_send_locked(const struct destination *to, const struct outlane *lane,
                            const struct outgoing *outgoing, struct lane_message *message);

/* A datagram or asynchronous request. */
status_t send_new(struct port *port, struct portico_exchange *exchange,
                  const struct outgoing *outgoing);

/* A reply or continuation. On success, and when route->node is not 0, the caller ends the route
 * (port_route_end, or in its next port_receive). */
status_t send_continuation(struct port *port, const struct portico_exchange *exchange,
                           const struct portico_message *header, struct outgoing *outgoing,
                           struct port_route *ret_route);
status_t continuation_begin(struct port *port, const struct portico_message *header, uint32_t flags,
                            const struct outgoing *outgoing, struct port_route *ret_route);
/* Carries out a PORT_ROUTE_SLOT; sets route->outcome. The message ends there with PORTICO_RELEASE;
 * `wait` NULL: the caller does not wait for what comes back. */
status_t route_slot_write(struct port_route *route, const struct outgoing *outgoing, uint32_t flags,
                          const struct answer_wait *wait);
/* Carries out a PORT_ROUTE_LANE; sets route->outcome. */
status_t route_record_send(struct port *port, struct port_route *route,
                           const struct outgoing *outgoing);
/* A cancelled message was delivered here: its id goes back to its owner. */
void receive_acknowledge(struct port *port, const struct port_message *message);
