/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Semaphore objects shared between processes. */
#pragma once

#include "object.h"

struct semaphore {
    struct object object;
    uint32_t count;
    uint32_t maximum;
};

extern const struct object_ops semaphore_ops;

struct semaphore *semaphore_from_object(struct object *object);
/* STATUS_INVALID_PARAMETER: maximum not positive, count above it. */
status_t semaphore_new(struct server *server, struct user *user, uint32_t count, uint32_t maximum,
                       struct object **ret_object) _must_check_;
/* STATUS_INVALID_PARAMETER: count not positive; STATUS_SEMAPHORE_LIMIT_EXCEEDED, nothing changed.
 */
status_t semaphore_release(struct semaphore *semaphore, uint32_t count,
                           uint32_t *ret_previous) _must_check_;
