/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The DIRECT attribute of a send: an event that is set when the message is over. */
#pragma once

#include "alpc.h"

struct direct;

/* Before the send. is_followed: the message is over when its answer comes, not when the call
 * returns. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED,
 * STATUS_NOT_IMPLEMENTED (a shared event), portico_watch_follow's. */
NTSTATUS direct_begin(handle_t port, HANDLE event, bool is_followed, struct direct **ret_direct);
/* After it; message_id 0: it was not sent. */
void direct_end(struct direct *direct, uint32_t message_id);
/* Gives back what is over. Cheap when nothing is. */
void direct_sweep(void);
