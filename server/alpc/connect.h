/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A connection: client port, connection port, and after acceptance a server communication port.
 *
 *     PENDING --accept--> OPEN --close--> CLOSED
 *        \--refuse--> REFUSED
 *        \--client gone, time-out, connection port gone--> CLOSED
 *
 * It points to its three ports without holding them: each lets go when it is destroyed. It is freed
 * when its client and server ports have gone and its place in the connection port's table can be
 * used again (the receiver has taken the close), or the connection port has gone.
 */
#pragma once

#include "client.h"
#include "lpc.h"
#include "port.h"
#include "sender_set.h"

struct sender;

enum connection_state {
    CONNECTION_PENDING = CONNECTION_WIRE_PENDING,
    CONNECTION_OPEN = CONNECTION_WIRE_OPEN,
    CONNECTION_REFUSED = CONNECTION_WIRE_REFUSED,
    CONNECTION_CLOSED = CONNECTION_WIRE_CLOSED,
};

struct connection {
    struct list link; /* of listener->connections, closed_connections once it has ended, closing
                         once its other ports have gone too */
    enum connection_state state;
    struct port *listener;                    /* the connection port; NULL: gone */
    struct port *client;                      /* NULL: gone */
    struct port *server;                      /* NULL: not accepted, or gone */
    uint32_t index, generation;               /* in the connection port's table */
    uint32_t client_index, client_generation; /* in the client port's: 0 */
    bool placed;                              /* index is ours until swept */
    uint32_t message_id, callback_id;         /* of the connection request */
    uint32_t client_process_id, client_thread_id;
    uint32_t server_process_id, server_thread_id; /* who accepted */
    struct sender_set to_server, to_client;
    struct list transfers;                       /* struct handle_transfer, oldest first */
    uint32_t n_transferred[2];                   /* handles in them: to the client, to the server */
    struct token *client_token, *client_primary; /* references: who connected, whose process */
    struct port *view_port;    /* reference: whose sections the request may name; until the close */
    struct port *context_port; /* the same, of its security context; until the answer */
    bool sync;
    uint32_t handle_attributes; /* of the client's handle, when it is made: OBJ_INHERIT */
    bool no_flush;              /* ended by a disconnect that cancels no message */
    struct parked parked;       /* the client's alpc_connect; parked.client NULL: not waiting */
    struct lpc_link lpc;        /* views, and an acceptance that is not complete */
};

struct connect_params {
    struct client *client; /* of the caller */
    struct port *listener;
    struct port_attributes attributes;
    uint32_t handle_attributes;
    bool sync;
    int64_t timeout_ns;
    const uint8_t *message; /* attributes, then payload */
    uint32_t attr_size;
    uint32_t message_size;
    struct port *view_port; /* or NULL */
    const struct handle_offer *offers;
    uint32_t n_offers;
    struct port *context_port; /* or NULL: if there is a context, it is made */
    struct connect_security security;
    uint64_t memory_id; /* a spare memory for the client port; 0 */
    bool is_legacy;
    struct object *view_section; /* legacy: or NULL; borrowed */
    struct lpc_view view;
};

/* Makes the client port and queues the connection request. Asynchronous: STATUS_SUCCESS with a
 * connection whose client port has no handle yet. Synchronous: STATUS_PENDING, parked (timeout 0:
 * STATUS_TIMEOUT, nothing left). */
status_t connection_connect(const struct connect_params *params,
                            struct port **ret_client_port) _must_check_;

/* The pending connection of a request that the connection port has received. NULL: no such. */
struct connection *connection_find_request(struct port *listener, uint32_t message_id,
                                           uint32_t callback_id);
/* By index in the connection port's table; NULL: none that is pending or open. */
struct connection *connection_find(struct port *listener, uint32_t index);

/* Parks the client's alpc_connect, again when it was answered in between (lpc.c). */
status_t connection_park(struct connection *connection, struct client *client,
                         int64_t timeout_ns) _must_check_;
/* Tells the client of the acceptance. */
void connection_tell(struct connection *connection, const uint8_t *data, uint32_t attr_size,
                     uint32_t size);

/* Accepts: the connection gets this server port; its client is told, with `data`: attributes, then
 * payload, size bytes together. */
status_t connection_accept(struct connection *connection, struct port *server_port,
                           struct client *acceptor, const uint8_t *data, uint32_t attr_size,
                           uint32_t size) _must_check_;
void connection_refuse(struct connection *connection);

/* Ends it. by_client: the server is told (LPC_PORT_CLOSED). status: what the other calls of the
 * client's side get. */
void connection_close(struct connection *connection, bool by_client, status_t status);

/* What the end of a port as such means for its connections; once. status: what its receivers get.
 */
void port_end(struct port *port, status_t status);
/* The port is being destroyed: no connection points to it after this. */
void connections_detach(struct port *port);
/* Takes back places and lanes that have drained. */
void port_sweep(struct port *port);

/* May this process send on the connection towards the receiver, and through which sender? */
status_t connection_sender(struct connection *connection, bool to_server, struct process *process,
                           struct sender **ret_sender) _must_check_;

/* The other end's port status for a caller: 0 when open. */
status_t connection_status(const struct connection *connection);

/* The sender broke the lane's protocol: every connection that it serves at this receiver ends, as
 * if its process had died. */
void connections_of_sender_close(struct receiver *receiver, struct sender *sender);
