/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Requests that wait until the server has let go of everything: nothing that was handed to the
 * closer is left to close. Then what it counts is what it holds. */
#pragma once

#include "common/list.h"
#include "loop.h"
#include "portico/status.h"

struct client;
struct parked;
struct server;

struct settle {
    struct source source; /* the closer's bell */
    struct list waiting;  /* struct settling */
};

status_t settle_init(struct server *server) _must_check_;
void settle_deinit(struct server *server);

/* Parks the request being handled: `finish` replies when all is closed, or after timeout_ns
 * whatever is left. STATUS_SUCCESS: all is closed now, nothing is parked; STATUS_PENDING;
 * STATUS_NO_MEMORY. */
status_t settle_wait(struct client *client, int64_t timeout_ns,
                     void (*finish)(struct parked *parked, status_t status)) _must_check_;
