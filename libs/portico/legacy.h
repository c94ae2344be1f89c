/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the legacy LPC calls demand of a message, and how they see one. */
#pragma once

#include "portico/portico.h"

struct outgoing;
struct port;

/* The program's header of a legacy send, checked by the call's rules and brought into the form that
 * ALPC knows: message_id 0 for a new message. STATUS_INVALID_PARAMETER,
 * STATUS_PORT_MESSAGE_TOO_LONG, STATUS_PORT_DISCONNECTED (a connection port has no peer),
 * STATUS_LPC_REQUESTS_NOT_ALLOWED, STATUS_REPLY_MESSAGE_MISMATCH, STATUS_INVALID_CID. */
status_t legacy_header_check(struct port *port, enum portico_legacy call,
                             struct portico_message *header);

/* What goes with the message because it is a legacy one. */
void legacy_outgoing(const struct portico_message *header, struct outgoing *outgoing);

/* A received message's header as a legacy call shows it. */
void legacy_header_fill(struct portico_message *header, const void *attributes, uint32_t size);

/* The status of a legacy request that was sent and got no answer. */
status_t legacy_lost(status_t status);
