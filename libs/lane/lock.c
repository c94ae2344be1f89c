/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The robust mutex of port memory, in the product (tests/model has its own). A holder that is
 * killed inside leaves the mutex to the next taker with LOCK_REPAIR. */

#include <errno.h>

#include "lane/lock.h"

void lock_init(struct robust_lock *lock)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&lock->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

enum lock_result lock_take(struct robust_lock *lock)
{
    switch (pthread_mutex_lock(&lock->mutex)) {
    case 0:
        return LOCK_TAKEN;
    case EOWNERDEAD:
        return LOCK_REPAIR;
    default:
        return LOCK_UNUSABLE;
    }
}

void lock_repaired(struct robust_lock *lock)
{
    pthread_mutex_consistent(&lock->mutex);
}

void lock_drop(struct robust_lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
}
