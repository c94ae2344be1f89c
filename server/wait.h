/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Waiting for objects: one or many, any or all, acquired in one step.
 *
 * A waiter is a parked request with an entry in the waiter list of each of its objects. Whoever
 * makes an object signaled calls object_wake(), which offers it to the waiters in the order in
 * which they came, as NT does. Ends of a wait: (A) satisfied, (B) cancelled, (C) time-out, (D) the
 * thread's socket has gone; see client.h.
 *
 * A standing wait is a waiter for one object without a thread: its end (A) is a notice to the
 * process; it ends silently by standing_wait_end or with the process.
 */
#pragma once

#include "client.h"
#include "object.h"

/* The caller has checked that each object can be waited for. STATUS_PENDING: parked, the reply
 * comes by itself. */
status_t objects_wait(struct client *client, struct object **objects, uint32_t n_objects,
                      enum wait_mode mode, int64_t timeout_ns, uint32_t *ret_index) _must_check_;

/* Begins a standing wait for an object that can be waited for and needs no owner, unless the object
 * is signaled and so acquired at once: *ret_signaled, and no wait. STATUS_QUOTA_EXCEEDED. */
status_t standing_wait_begin(struct process *process, struct object *object, uint64_t *ret_id,
                             bool *ret_signaled) _must_check_;
/* STATUS_NOT_FOUND: met already, or never begun. */
status_t standing_wait_end(struct process *process, uint64_t id) _must_check_;
/* The process has ended. */
void standing_waits_drop(struct process *process);

/* The object may have become signaled. */
void object_wake(struct object *object);
