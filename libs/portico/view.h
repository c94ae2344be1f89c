/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Views that this process has received. */
#pragma once

#include "attributes.h"
#include "portico/portico.h"

struct port;
struct receiver;

/* What came with a message becomes a view here: the section is mapped at its first sight, found
 * again later. `wire`: a private copy. */
status_t view_receive(const struct port *port, const struct attributes_source *source,
                      const struct wire_view *wire, struct portico_view *ret_view);
/* Nobody here takes the view that came. */
void view_decline(struct port *port, const struct attributes_source *source,
                  const struct wire_view *wire);

/* The view that came with the message goes back; base NULL: whichever that is. */
bool view_is_of_message(const struct port *port, const void *base, uint32_t message_id);
void view_give_back(struct port *port, const void *base, uint32_t message_id);

/* The connection has ended: sections of it without views in use are unmapped. */
void views_connection_ended(const struct receiver *receiver, uint32_t connection,
                            uint32_t generation);
/* What was received through it goes. */
void views_receiver_gone(const struct receiver *receiver);
