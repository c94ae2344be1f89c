/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* SYNC requests: send and block for the answer in a slot. */
#pragma once

#include "portico/portico.h"

struct outgoing;
struct port;

status_t sync_exchange(struct port *port, struct portico_exchange *exchange,
                       const struct portico_message *header, const struct outgoing *outgoing);
