/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Waiting for objects: one or many, any or all, acquired in one step.
 *
 * A waiter is a parked request with an entry in the waiter list of each of its objects. Whoever
 * makes an object signaled calls object_wake(), which offers it to the waiters in the order in
 * which they came, as NT does. Ends of a wait: (A) satisfied, (B) cancelled, (C) time-out, (D) the
 * thread's socket has gone; see client.h.
 */
#pragma once

#include "client.h"
#include "object.h"

/* The caller has checked that each object can be waited for. STATUS_PENDING: parked, the reply
 * comes by itself. */
status_t objects_wait(struct client *client, struct object **objects, uint32_t n_objects,
                      enum wait_mode mode, int64_t timeout_ns, uint32_t *ret_index) _must_check_;

/* The object may have become signaled. */
void object_wake(struct object *object);
