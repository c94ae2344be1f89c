/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Views of own sections on their way into a message. */
#pragma once

#include "attributes.h"
#include "portico/portico.h"

struct own_view;
struct port;
struct port_route;

/* A view of an own section becomes part of a message's attributes. With PORTICO_VIEW_RELEASE a
 * received view goes back (attributes_give_back, when the message has been sent), alone when the
 * section is 0: then ret_wire is not changed. message_id: of the message that is continued, or 0.
 * STATUS_INVALID_HANDLE: no such section; STATUS_INVALID_ADDRESS: no such view;
 * STATUS_INVALID_VIEW_SIZE; STATUS_INVALID_PARAMETER: flags that do not go together or with the
 * message or section; STATUS_ACCESS_DENIED: a secured view that something here can still write. */
status_t view_send(struct port *port, const struct portico_view *view, uint32_t message_id,
                   struct wire_attributes *ret_wire);
void view_lend(struct port *port, const struct port_route *route, struct wire_view *wire);
/* AUTO_RELEASE takes the sender's mapping away now. */
void view_published(struct port *port, const struct wire_view *wire);
void view_sent(struct port *port, const struct wire_view *wire, const struct attributes_fate *fate);

/* Memory for the next use of a view of a SECURE section: a descriptor, writable. */
status_t view_memory_new(const struct port *port, uint32_t section, const struct own_view *view,
                         int *ret_fd, uint32_t *ret_id);
