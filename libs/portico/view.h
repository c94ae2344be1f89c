/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Port sections and views in this process. */
#pragma once

#include "attributes.h"
#include "portico/portico.h"

struct port;
struct receiver;

/* A view of an own section becomes part of a message's attributes; flags with PORTICO_VIEW_RELEASE
 * give a received view back and send nothing (ret_wire is not changed). STATUS_INVALID_HANDLE: no
 * such section; STATUS_INVALID_ADDRESS: no such view. */
status_t view_send(struct port *port, const struct portico_view *view, uint32_t message_id,
                   struct wire_attributes *ret_wire);
/* What view_send prepared has been sent, or not. message_id: that of the message, whose end is seen
 * at the port; 0: nobody tells. AUTO_RELEASE takes the sender's mapping away now. */
void view_sent(struct port *port, const struct wire_view *wire, bool is_sent, uint32_t message_id);
/* What came with a message becomes a view here: the section is mapped at its first sight, found
 * again later. `wire`: a private copy. */
status_t view_receive(const struct port *port, uint32_t connection, uint32_t message_id,
                      const struct wire_view *wire, struct portico_view *ret_view);

/* The connection has ended: sections of it without views in use are unmapped. */
void views_connection_ended(const struct receiver *receiver, uint32_t connection);
/* The port's own sections, and those received through its receiver when it goes. */
void views_port_gone(const struct port *port);
void views_receiver_gone(const struct receiver *receiver);
