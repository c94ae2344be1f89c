/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Handles in messages, as this process sends and receives them. */
#pragma once

#include <stdatomic.h>

#include "attributes.h"
#include "common/list.h"
#include "portico/portico.h"

struct port;
struct receiver;

/* The server takes the handles; what goes with the message is the number it gives. message_id: of
 * the message that is continued, or 0. No handles, in a continuation: those that came with the
 * message go back, nothing is sent. STATUS_INVALID_HANDLE, and those of alpc_offer_handles. */
status_t handles_send(struct port *port, const struct portico_attributes *attributes,
                      uint32_t message_id, struct wire_attributes *ret_wire);
/* As attributes_sent. */
void handles_sent(struct port *port, const struct wire_handles *wire, bool is_sent,
                  uint32_t message_id);
/* A SYNC request with handles has been given up. */
void handles_withdraw(const struct port *port, const struct wire_handles *wire);

/* A message with handles has come; is_final: it needs no continuation. */
void handles_receive(const struct port *port, uint32_t connection, uint32_t message_id,
                     bool is_final, const struct wire_handles *wire,
                     struct portico_attributes *attributes);

/* What came with a message goes back when the message is continued or cancelled:
 *     handles_detach(port, id, &detached); ... send ...; handles_drop or handles_attach.
 * (A connection request: handles_forget instead of handles_drop.) */
void handles_detach(const struct port *port, uint32_t message_id, struct list *ret_detached);
void handles_attach(struct list *detached);
void handles_drop(const struct port *port, struct list *detached);
void handles_forget(struct list *detached); /* the server has dropped them */
/* Does this process hold anything of that kind? One load. */
bool handles_are_held(void);

/* The message has ended by cancellation, on whichever side. */
void handles_message_cancelled(const struct port *port, uint32_t message_id);
void handles_connection_ended(const struct receiver *receiver, uint32_t connection);
void handles_receiver_gone(const struct receiver *receiver);
