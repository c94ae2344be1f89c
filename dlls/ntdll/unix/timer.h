/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Timers that the server has (timer_shared.c), as timer.c uses them. */
#pragma once

#include "ntwait.h"

/* Times of the monotonic clock, in 100 ns. */
struct timer_setting {
    int64_t due, period; /* period 0: once */
    void *function;      /* of its APC, for the calling thread; NULL: none */
    ULONG_PTR context;
};

NTSTATUS timer_shared_set(HANDLE handle, const struct timer_setting *setting,
                          BOOLEAN *ret_previous);
NTSTATUS timer_shared_cancel(HANDLE handle, BOOLEAN *ret_state);
NTSTATUS timer_shared_query(HANDLE handle, BOOLEAN *ret_state, int64_t *ret_due);

/* For the share op, dispatcher lock held. setter, setter_object: whom the APC goes to; the reference
 * goes with them when *ret_server is set. setting NULL: not armed. */
NTSTATUS timer_shared_new(bool is_notification, bool signaled, const struct timer_setting *setting,
                          struct wait_thread *setter, struct nt_object *setter_object,
                          uint32_t *ret_server);

/* The server's notice (client.c's hook). */
void timer_shared_fired(uint64_t apc_id, uint64_t time);
