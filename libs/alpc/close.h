/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The receiver's side of a connection's end. Under the port mutex. */
#pragma once

#include "alpc/view.h"

/* The close at close_flushed has its turn: each live message of the connection becomes an
 * LPC_CANCELED in the main list, before the close itself. Returns how many. */
uint32_t close_flush_locked(struct port_view *view);

/* The close at close_head has been received: its place may be used again. */
void close_done_locked(struct port_view *view);

/* Is the close at close_head flushed? */
bool close_is_flushed_locked(const struct port_view *view);

/* Was its connection closed without flushing (NtAlpcDisconnectPort flag 1)? */
bool close_spares_locked(struct port_view *view, const struct port_node *node);
