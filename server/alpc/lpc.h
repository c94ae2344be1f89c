/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What a legacy connection has beside an ALPC one: a view of the client's that both ends map, one
 * of the server's, and an acceptance that waits for NtCompleteConnectPort.
 *
 *     client  alpc_connect (parked) ------------------------------------------> answered
 *     server      lpc_request_view, alpc_accept (hold) .......... lpc_complete --^
 *
 * and with a view of the server's (`mapping`: the client has been answered and not come back):
 *
 *     client  alpc_connect (parked) -> mapping -> alpc_connect MAPPED (parked) -> answered
 *     server      lpc_offer_view (parked) ---------^  alpc_accept ... lpc_complete --^
 */
#pragma once

#include "client.h"
#include "object.h"

struct connection;
struct port;

struct lpc_link {
    struct object *section; /* of the client's view; reference; NULL: none */
    struct lpc_view view;   /* as the client has it */
    uint64_t server_base;   /* where the server has it */
    struct client *mapping; /* the client's thread, while it maps the server's view */
    struct parked offer;    /* lpc_offer_view, meanwhile; offer.client NULL: not waiting */
    bool takes_views;       /* a legacy client */
    bool hold;              /* accepted by NtAcceptConnectPort, the client is to be told later */
    uint8_t *data;          /* of that acceptance */
    uint32_t data_size;
};

/* section: borrowed; NULL: no view. view NULL: not a legacy client. */
void lpc_link_init(struct lpc_link *link, struct object *section, const struct lpc_view *view);
void lpc_link_deinit(struct lpc_link *link);

/* The section of a view that a request names, with the rights to map it writable; NULL for no view.
 * STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED,
 * STATUS_INVALID_VIEW_SIZE. */
status_t lpc_section_lookup(struct client *client, const struct lpc_view *view,
                            struct object **ret_section) _must_check_;
/* Connection information is cut to what the connection port takes (reference 5.3). */
uint32_t lpc_information_clamp(const struct port *listener, uint32_t size);

/* Keeps what the client will be told. STATUS_NO_MEMORY. */
status_t lpc_link_hold(struct lpc_link *link, const uint8_t *data, uint32_t size) _must_check_;
/* NtCompleteConnectPort. STATUS_INVALID_PARAMETER: no client waits for it. */
status_t lpc_complete(struct connection *connection) _must_check_;

/* The server's view goes to the client, who waits in alpc_connect; the server's thread parks.
 * STATUS_SUCCESS: the client takes no views. STATUS_REPLY_MESSAGE_MISMATCH. */
status_t lpc_offer(struct connection *connection, struct client *server, struct object *section,
                   const struct lpc_view *view) _must_check_;
/* The client has mapped it (base) and parks again. STATUS_PORT_CONNECTION_REFUSED: nobody wants it
 * any more. */
status_t lpc_mapped(struct client *client, uint64_t base) _must_check_;

/* The connection ends. True: its client was mapping; what its parked request held is the caller's
 * to release. */
bool lpc_link_end(struct lpc_link *link, status_t status);

/* A thread's socket ends: its connect, if it was mapping, and its ports of
 * NtRegisterThreadTerminatePort. */
void lpc_client_ended(struct client *client);
/* STATUS_INVALID_PORT_HANDLE, STATUS_QUOTA_EXCEEDED, STATUS_NO_MEMORY. */
status_t lpc_terminate_port_add(struct client *client, struct port *port,
                                uint64_t create_time) _must_check_;
