/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Attributes on their way with a connection request, and back with what answers it. */
#pragma once

#include "attributes.h"
#include "portico/portico.h"

struct port;

struct connect_attributes {
    struct wire_attributes wire;
    uint32_t size;             /* of `wire`; 0: nothing goes */
    struct port *view_port;    /* a reference: whose sections the view is of; or NULL */
    struct port *context_port; /* the same, of a security context that there is already */
    struct connect_security security;
    const struct handle_offer *offers; /* the caller's */
    uint32_t n_offers;
};

/* What is valid in `attributes` (NULL: nothing), ready to go. Each success is followed by
 * connect_attributes_end. STATUS_INVALID_HANDLE (no such section, security context; no handle),
 * STATUS_LPC_HANDLE_COUNT_EXCEEDED, what view_send and security_send_connect say. */
status_t connect_attributes_begin(const struct portico_attributes *attributes,
                                  struct connect_attributes *ret_sending);
/* Into a request, at `data` (room for CONNECT_ATTRIBUTES_MAX_BYTES); the bytes written. */
uint32_t connect_attributes_put(const struct connect_attributes *sending,
                                struct alpc_connect_request *request, uint8_t *data);
#define CONNECT_ATTRIBUTES_MAX_BYTES \
    (PORT_ATTRIBUTES_MAX_BYTES + HANDLES_IN_MESSAGE_MAX * (uint32_t)sizeof(struct handle_offer))
/* The connect ended so. message_id: of a request that is still to be answered; 0: it is over. */
void connect_attributes_end(struct connect_attributes *sending, status_t status,
                            uint32_t message_id);

/* What came with a synchronous connect's acceptance: `area`, size bytes, and who accepted. wanted
 * NULL: nothing is. */
void connect_attributes_receive(const struct portico_connect *connect,
                                const struct alpc_connect_reply *reply, const uint8_t *area);
