/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Impersonation of the other end of a connection (reference 3.12, 4.10), and who that is. */
#pragma once

#include "connect.h"

struct client;
struct token;

/* Reference 2.5. */
#define IMPERSONATE_ANONYMOUS   1u /* instead of failing, be nobody */
#define IMPERSONATE_REQUIRE     2u /* the level in bits 2 and 3 at least */
#define IMPERSONATE_LEVEL_SHIFT 2u
#define IMPERSONATE_FLAGS       0xfu

/* The connection that a port handle, an index and a generation of its receiver's table name,
 * pending ones included. NULL: none. */
struct connection *connection_of_peer(struct port *port, uint32_t index, uint32_t generation);

/* Who is at the other end, as the port sees it. Borrowed; NULL: gone. */
const struct token *peer_token(const struct port *port, const struct connection *connection);

/* The calling thread gets a token of the other end. context: the handle that came with the message,
 * 0: none. STATUS_ACCESS_DENIED: not allowed, or no such context between the two;
 * STATUS_REVISION_MISMATCH: revoked; STATUS_BAD_IMPERSONATION_LEVEL. */
status_t peer_impersonate(struct client *client, const struct port *port,
                          const struct connection *connection, uint64_t context,
                          uint32_t flags) _must_check_;
