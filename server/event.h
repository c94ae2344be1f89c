/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Event objects shared between processes. */
#pragma once

#include "object.h"

struct event {
    struct object object;
    bool manual_reset;
    bool signaled;
};

extern const struct object_ops event_ops;

struct event *event_from_object(struct object *object);
status_t event_new(struct server *server, struct user *user, bool manual_reset, bool signaled,
                   struct object **ret_object) _must_check_;
/* change: enum event_change. STATUS_INVALID_PARAMETER. */
status_t event_change(struct event *event, uint32_t change, uint32_t *ret_previous) _must_check_;
