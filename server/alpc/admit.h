/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Who may connect to a port, and whether the server is whom the client wants (reference 3.2, 3.3).
 */
#pragma once

#include "client.h"

struct port;

/* STATUS_ACCESS_DENIED: the port's descriptor does not give the caller PORT_CONNECT;
 * STATUS_SERVER_SID_MISMATCH; STATUS_PORT_CONNECTION_REFUSED: closed; STATUS_INVALID_PORT_HANDLE:
 * not a connection port; STATUS_PORT_MESSAGE_TOO_LONG. */
status_t connection_admit(const struct client *client, const struct alpc_connect_request *request,
                          const struct request_data *data,
                          const struct port *listener) _must_check_;
