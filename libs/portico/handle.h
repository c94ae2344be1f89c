/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the server's port handles of this process mean, in local memory: the hot path asks nobody.
 *
 * A slot is a pointer to a struct port. Readers take a reference without a lock: load the pointer,
 * count, look again (race 1: between the load and the count the port may be closed and its struct
 * reused for another one; the second look sees that, the count is dropped again). So structs of
 * ports are recycled, never freed.
 *
 * (race 2: a thread that does not find a handle asks the server, and meanwhile another one closes
 * it. The answer would make known, for good, a handle that is none: sends into nothing, and when
 * the value is used again, the wrong port. So removals are counted, a look-up whose handle was
 * removed meanwhile asks again, and it does not ask while a close is under way.) */
#pragma once

#include "portico/portico.h"

struct port;

/* A reference to the port behind a handle. A port handle that the cache does not know (inherited,
 * duplicated into this process) is asked for once. STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH. */
status_t handle_get_port(handle_t handle, struct port **ret_port);
/* Enters a port whose handle is new (port_enter); takes the caller's reference over. */
status_t handle_enter_port(handle_t handle, struct port *port);
/* Before the server is asked what a handle is. Waits for a close of it that is under way (another
 * thread's one call to the server). *ret_removals is for handle_enter_found. */
void handle_ask_begin(handle_t handle, uint32_t *ret_removals);
/* Enters what the server said; takes the caller's reference over in any case. STATUS_RETRY: the
 * handle may have been closed meanwhile, ask again. */
status_t handle_enter_found(handle_t handle, struct port *port, uint32_t removals);
/* Takes the port out before the server is asked to close the handle: the table's reference goes to
 * the caller, or NULL. Nobody asks what the handle is until handle_close_end. */
struct port *handle_close_begin(handle_t handle);
void handle_close_end(handle_t handle);
/* Another process has closed the handle, which was of this object. The notice may be late: when the
 * value means another port by now, that one stays. */
void handle_closed_elsewhere(handle_t handle, uint64_t object_id);
/* Calls each(port, argument) for every port in the table (notice.c); the table's lock is held. */
void handle_for_each_port(void (*each)(struct port *port, void *argument), void *argument);
