/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Security contexts with messages, and whom a thread acts as, in this process. */
#pragma once

#include "attributes.h"
#include "portico/portico.h"

struct port;
struct portico_thread;

/* The SECURITY attribute of a send: an own context by its handle, an inline one (made now), or with
 * PORTICO_SECURITY_DELETE an own one that goes (nothing is attached). STATUS_INVALID_HANDLE,
 * STATUS_INVALID_PARAMETER, what making or deleting one says. */
status_t security_send(struct port *port, const struct portico_security *security,
                       struct wire_attributes *wire);
/* The same with a connection request: an own context may be of any port of this process (*ret_port,
 * a reference: security_sent goes there), an inline one will be of the new port (NULL): *ret_wish.
 */
status_t security_send_connect(const struct portico_security *security,
                               struct wire_attributes *wire, struct connect_security *ret_wish,
                               struct port **ret_port);
/* A thread that impersonates sends on a port that lends its identity dynamically: the message must
 * carry whom it acts as now, since the server knows the process' own token only. */
bool security_is_implicit(const struct port *port);
status_t security_send_implicit(struct port *port, struct wire_attributes *wire);
/* What was prepared has been sent, or not. */
void security_sent(struct port *port, const struct wire_security *wire, bool is_sent,
                   uint32_t message_id);

/* A received message carries it: what is wanted becomes valid in `attributes`. Unless the message
 * is over (is_final) the context is remembered in port memory, for whoever impersonates its sender.
 */
void security_receive(const struct port *port, uint32_t message_id, bool is_final,
                      const struct wire_security *wire, struct portico_attributes *attributes);

/* The port's contexts are forgotten. */
void security_port_gone(const struct port *port);
