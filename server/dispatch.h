/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* From a packet to its handler: sizes, kinds and descriptors are checked against requests.def
 * before a handler sees anything. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "portico/protocol.h"

struct client;

/* Handles one packet and replies (unless it parked). Takes the descriptors. A malformed packet
 * dooms the client. */
void dispatch_packet(struct client *client, const void *packet, size_t size, const int *fds,
                     size_t n_fds);

/* Prints a reply about to be sent, field by field. */
void dispatch_trace_reply(struct client *client, const struct reply_header *reply);
