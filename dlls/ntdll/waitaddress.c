/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Waiting on an address. A waiter queues an entry on its own stack in one of 256 buckets, checks
 * the value under the bucket's lock and sleeps with NtWaitForAlertByThreadId; a waker unlinks one
 * entry or all of that key and alerts their threads. Locks, condition variables and run-once stand
 * on this.
 *
 * The race: (1) the waiter queues itself and compares, under the bucket lock; (2) the changer
 * changes the value, then (3) wakes, taking the bucket lock. If (2) comes before (1), the
 * comparison fails; if after, (3) finds the entry. An entry that has been unlinked owns one alert
 * that is sent or will be: its thread must take that alert before the entry's stack goes away, also
 * when its time-out came first (4).
 */
#include "rtl.h"

struct waiter {
    struct waiter *next, **link;
    const void *key;
    HANDLE tid;
    LONG queued; /* guarded by the bucket's lock, and read by its own thread */
};

struct bucket {
    LONG lock;
    struct waiter *head, **tail;
};

static struct bucket buckets[256];

static struct bucket *bucket_lock(const void *key)
{
    struct bucket *bucket =
        &buckets[(((ULONG_PTR)key >> 4) ^ ((ULONG_PTR)key >> 12)) % ARRAY_COUNT(buckets)];

    for (unsigned n = 0; __atomic_exchange_n(&bucket->lock, 1, __ATOMIC_ACQUIRE); n++) {
        if (n < 100)
            cpu_relax();
        else
            NtYieldExecution();
    }
    if (!bucket->tail)
        bucket->tail = &bucket->head;
    return bucket;
}

static void bucket_unlock(struct bucket *bucket)
{
    __atomic_store_n(&bucket->lock, 0, __ATOMIC_RELEASE);
}

static void waiter_link(struct bucket *bucket, struct waiter *waiter)
{
    waiter->next = NULL;
    waiter->link = bucket->tail;
    *bucket->tail = waiter;
    bucket->tail = &waiter->next;
    waiter->queued = TRUE;
}

static void waiter_unlink(struct bucket *bucket, struct waiter *waiter)
{
    *waiter->link = waiter->next;
    if (waiter->next)
        waiter->next->link = waiter->link;
    else
        bucket->tail = waiter->link;
    /* Pairs with the acquire in key_wait: after this the entry may be read by its thread alone. */
    __atomic_store_n(&waiter->queued, FALSE, __ATOMIC_RELEASE);
}

static BOOL is_equal(const void *address, const void *compare, SIZE_T size)
{
    switch (size) {
    case 1:
        return __atomic_load_n((const UCHAR *)address, __ATOMIC_SEQ_CST) == *(const UCHAR *)compare;
    case 2:
        return __atomic_load_n((const USHORT *)address, __ATOMIC_SEQ_CST) ==
               *(const USHORT *)compare;
    case 4:
        return __atomic_load_n((const ULONG *)address, __ATOMIC_SEQ_CST) == *(const ULONG *)compare;
    default:
        return __atomic_load_n((const ULONGLONG *)address, __ATOMIC_SEQ_CST) ==
               *(const ULONGLONG *)compare;
    }
}

/* Set by RtlExitUserProcess once it is the only thread: entries of threads that were ended lie on
 * stacks that are gone, and a bucket may be locked for ever. Nobody is there to wake or to be
 * woken. */
static BOOL is_process_ending;
static ULONG ending_status;

void process_ending_set(ULONG status)
{
    ending_status = status;
    is_process_ending = TRUE;
}

BOOL process_ending(void)
{
    return is_process_ending;
}

/* A wait that nothing can end ends the process, as on Windows; one with a time-out lasts that long.
 */
static NTSTATUS wait_alone(const LARGE_INTEGER *timeout)
{
    while (!timeout)
        NtTerminateProcess(NtCurrentProcess(), (NTSTATUS)ending_status);
    NtDelayExecution(FALSE, timeout);
    return STATUS_TIMEOUT;
}

NTSTATUS key_wait(const void *key, const void *address, const void *compare, SIZE_T size,
                  const LARGE_INTEGER *timeout)
{
    struct waiter waiter = {.key = key, .tid = NtCurrentTeb()->ClientId.UniqueThread};
    NTSTATUS status = STATUS_ALERTED;

    /* An unreadable address must fault before the bucket is locked. */
    if (!is_equal(address, compare, size))
        return STATUS_SUCCESS;
    if (is_process_ending)
        return wait_alone(timeout);
    struct bucket *bucket = bucket_lock(key);
    waiter_link(bucket, &waiter); /* (1) */
    if (!is_equal(address, compare, size)) {
        waiter_unlink(bucket, &waiter);
        bucket_unlock(bucket);
        return STATUS_SUCCESS;
    }
    bucket_unlock(bucket);
    while (__atomic_load_n(&waiter.queued, __ATOMIC_ACQUIRE) && status != STATUS_TIMEOUT)
        status = NtWaitForAlertByThreadId(key, timeout);
    if (status != STATUS_TIMEOUT)
        return STATUS_SUCCESS;
    bucket = bucket_lock(key); /* (4) */
    BOOL queued = waiter.queued;
    if (queued)
        waiter_unlink(bucket, &waiter);
    bucket_unlock(bucket);
    if (queued)
        return STATUS_TIMEOUT;
    NtWaitForAlertByThreadId(key, NULL);
    return STATUS_SUCCESS;
}

enum { WAKE_BATCH = 32 };

/* (3). Threads are alerted outside the lock, in batches; more than one batch only when waking all.
 */
void key_wake(const void *key, BOOL all)
{
    HANDLE tids[WAKE_BATCH];
    unsigned n;

    if (is_process_ending)
        return;
    do {
        n = 0;
        struct bucket *bucket = bucket_lock(key);
        for (struct waiter *waiter = bucket->head, *next; waiter; waiter = next) {
            next = waiter->next;
            if (waiter->key != key)
                continue;
            tids[n++] = waiter->tid;
            waiter_unlink(bucket, waiter);
            if (!all || n == WAKE_BATCH)
                break;
        }
        bucket_unlock(bucket);
        for (unsigned i = 0; i < n; i++)
            NtAlertThreadByThreadId(tids[i]);
    } while (all && n == WAKE_BATCH);
}

NTSTATUS WINAPI RtlWaitOnAddress(const void *address, const void *compare, SIZE_T size,
                                 const LARGE_INTEGER *timeout)
{
    if (size != 1 && size != 2 && size != 4 && size != 8)
        return STATUS_INVALID_PARAMETER;
    return key_wait(address, address, compare, size, timeout);
}

void WINAPI RtlWakeAddressSingle(const void *address)
{
    if (address)
        key_wake(address, FALSE);
}

void WINAPI RtlWakeAddressAll(const void *address)
{
    if (address)
        key_wake(address, TRUE);
}

void WINAPI RtlWakeAddressSingleNoFence(const void *address)
{
    RtlWakeAddressSingle(address);
}

void WINAPI RtlWakeAddressAllNoFence(const void *address)
{
    RtlWakeAddressAll(address);
}
