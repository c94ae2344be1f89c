/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Sleeping under a key: what the PE half's waits on an address, and so its locks, stand on
 * (waitaddress.c there; calls in unixcalls.h).
 *
 * The queues live here and not in PE code because of threads that are ended from outside, which
 * happens to all the others when a process exits. Here a termination ends the sleep, the entry is
 * unlinked and the thread leaves by returns: no entry of a dead thread, no bucket locked for ever.
 * The entry is part of the thread's wait state, so one that PE code never came back for (it was
 * ended, or an exception took it elsewhere, between queue and sleep) hurts nobody: the next queue
 * or the thread's end removes it.
 *
 * The race: (1) the waiter queues itself, then compares in PE code; (2) the changer changes the
 * value, then (3) wakes, which takes the bucket's lock. If (3) has the lock before (1), the
 * comparison sees the change; else (3) finds the entry.
 *
 * A wake-up is never lost with its thread: one that was chosen but does not sleep (its comparison
 * failed, or it is being ended) hands the wake-up on to the next under that key, for which it is at
 * worst one for nothing. */
#include "nttime.h"

#include "common/seldom.h"
#include "ntwait.h"
#include "unixcalls.h"
#include "usermem.h"
#include "waitblock.h"
#include <errno.h>
#include <pthread.h>

enum { N_BUCKETS = 256, WAKE_BATCH = 32 };

enum { ASLEEP = 0, WOKEN = 1, INTERRUPTED = 2 };

static struct bucket {
    pthread_mutex_t lock;
    struct ntlist waiters; /* struct key_waiter; zero until first used */
} buckets[N_BUCKETS] SELDOM = {[0 ... N_BUCKETS - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static struct bucket *bucket_lock(const void *key)
{
    uintptr_t value = (uintptr_t)key;
    struct bucket *bucket = &buckets[(value >> 4 ^ value >> 12) % N_BUCKETS];

    pthread_mutex_lock(&bucket->lock);
    if (!bucket->waiters.next)
        ntlist_init(&bucket->waiters);
    return bucket;
}

static void bucket_unlock(struct bucket *bucket)
{
    pthread_mutex_unlock(&bucket->lock);
}

/* Up to WAKE_BATCH waiters of the key (or one) leave the bucket. The words are written under the
 * lock: without it a waiter may be gone as soon as it is seen to be unlinked. */
static unsigned bucket_take_locked(struct bucket *bucket, const void *key, bool all,
                                   _Atomic uint32_t *ret_words[WAKE_BATCH])
{
    struct ntlist *link, *next;
    unsigned n = 0;

    for (link = bucket->waiters.next; link != &bucket->waiters && n < (all ? WAKE_BATCH : 1u);
         link = next) {
        struct key_waiter *waiter = ntlist_entry(link, struct key_waiter, link);

        next = link->next;
        if (waiter->key != key)
            continue;
        ntlist_unlink(link);
        waiter->is_queued = false;
        atomic_store(&waiter->state, WOKEN);
        ret_words[n++] = &waiter->state;
    }
    return n;
}

/* A word may be gone when it is woken: that wakes nobody, or somebody who looks again. */
NTSTATUS WINAPI unix_key_wake(const void *key, ULONG all)
{
    _Atomic uint32_t *words[WAKE_BATCH];
    unsigned n;

    do {
        struct bucket *bucket = bucket_lock(key);

        n = bucket_take_locked(bucket, key, all, words);
        bucket_unlock(bucket);
        for (unsigned i = 0; i < n; i++)
            futex_wake_one(words[i]);
    } while (all && n == WAKE_BATCH);
    return STATUS_SUCCESS;
}

/* False: it had been chosen by a waker. */
static bool waiter_unlink(struct key_waiter *waiter)
{
    struct bucket *bucket = bucket_lock(waiter->key);
    bool was_queued = waiter->is_queued;

    ntlist_unlink(&waiter->link);
    waiter->is_queued = false;
    bucket_unlock(bucket);
    return was_queued;
}

void key_waiter_leave(struct key_waiter *waiter)
{
    const void *key = waiter->key;

    if (!key)
        return;
    if (!waiter_unlink(waiter))
        unix_key_wake(key, false);
    waiter->key = NULL;
}

void key_waiter_interrupt(struct key_waiter *waiter)
{
    uint32_t asleep = ASLEEP;

    if (atomic_compare_exchange_strong(&waiter->state, &asleep, INTERRUPTED))
        futex_wake_one(&waiter->state);
}

NTSTATUS WINAPI unix_key_queue(const void *key)
{
    struct key_waiter *waiter = &wait_thread_current()->key_waiter;
    struct bucket *bucket;

    key_waiter_leave(waiter);
    waiter->key = key;
    atomic_store(&waiter->state, ASLEEP);
    bucket = bucket_lock(key); /* (1) */
    ntlist_append(&bucket->waiters, &waiter->link);
    waiter->is_queued = true;
    bucket_unlock(bucket);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI unix_key_leave(void)
{
    key_waiter_leave(&wait_thread_current()->key_waiter);
    return STATUS_SUCCESS;
}

/* STATUS_SUCCESS: chosen by a waker. A termination sets the flag, then the state; here the state
 * was set before the flag is read: one of the two is seen. */
static NTSTATUS waiter_sleep(struct wait_thread *thread, const struct deadline *deadline)
{
    struct key_waiter *waiter = &thread->key_waiter;
    int error = 0;

    while (!atomic_load(&thread->terminating)) {
        if (atomic_load(&waiter->state) == WOKEN)
            return STATUS_SUCCESS;
        if (error == ETIMEDOUT || deadline->is_zero)
            return waiter_unlink(waiter) ? STATUS_TIMEOUT : STATUS_SUCCESS;
        error = futex_sleep(&waiter->state, ASLEEP, deadline);
    }
    key_waiter_leave(waiter);
    return STATUS_THREAD_IS_TERMINATING;
}

NTSTATUS WINAPI unix_key_sleep(const void *key, const LARGE_INTEGER *timeout)
{
    struct wait_thread *thread = wait_thread_current();
    struct deadline deadline;
    LARGE_INTEGER copy;
    NTSTATUS status = STATUS_SUCCESS;

    if (thread->key_waiter.key != key)
        return STATUS_SUCCESS; /* an exception's handler has waited meanwhile: look again */
    if (timeout)
        status = USER_GET(copy, timeout);
    if (status) {
        key_waiter_leave(&thread->key_waiter);
        return status;
    }
    deadline = deadline_from_timeout(timeout ? &copy : NULL);
    status = waiter_sleep(thread, &deadline);
    thread->key_waiter.key = NULL;
    return status;
}
