/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the server's port handles of this process mean, in local memory: the hot path asks nobody.
 *
 * A slot is a pointer to a struct port. Readers take a reference without a lock: load the pointer,
 * count, look again (race 1: between the load and the count the port may be closed and its struct
 * reused for another one; the second look sees that, the count is dropped again). So structs of
 * ports are recycled, never freed. */
#pragma once

#include "portico/portico.h"

struct port;

/* A reference to the port behind a handle. A port handle that the cache does not know (inherited,
 * duplicated into this process) is asked for once. STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH. */
status_t handle_get_port(handle_t handle, struct port **ret_port);
/* Enters a port whose handle is new; takes the caller's reference over. */
status_t handle_enter_port(handle_t handle, struct port *port);
/* Takes the port out: the table's reference goes to the caller, or NULL. */
struct port *handle_remove_port(handle_t handle);
/* Calls each(port, argument) for every port in the table (notice.c); the table's lock is held. */
void handle_for_each_port(void (*each)(struct port *port, void *argument), void *argument);
