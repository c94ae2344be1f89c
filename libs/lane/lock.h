/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The robust, process-shared mutex of port memory. Only mutual trust protects it (co-holders of a
 * port); the daemon never takes it. In the model it is the scheduler's. */
#pragma once

#include <pthread.h>

#include "common/macro.h"

struct robust_lock {
    pthread_mutex_t mutex; /* 40 bytes on x86_64 */
};

enum lock_result {
    LOCK_TAKEN,   /* taken */
    LOCK_REPAIR,  /* taken; the last owner died inside: repair, then lock_repaired() before dropping
                   */
    LOCK_UNUSABLE /* not taken: an owner died and nobody repaired */
};

/* Formats the lock in fresh shared memory. */
void lock_init(struct robust_lock *lock);

_must_check_ enum lock_result lock_take(struct robust_lock *lock);
void lock_repaired(struct robust_lock *lock);
void lock_drop(struct robust_lock *lock);

_Static_assert(sizeof(struct robust_lock) == 40, "port memory layout counts on it");
