/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Parts of a harvest that receivers need. Under the port mutex. */
#pragma once

#include "alpc/scan.h"

/* Moves one record to the main list, or what else is due to it. False: no node is left. */
bool harvest_record_locked(struct port_view *view, const struct candidate *candidate);
/* n messages were announced: counts their signals; returns the completion packets that are due. */
uint32_t packets_locked(struct port_view *view, uint32_t n);
/* Is a completion packet or a signal due for a received message? One that a blocked thread took has
 * none. */
void packet_settle_locked(struct port_view *view, bool was_waiting, struct port_message *message);
