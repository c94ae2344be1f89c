/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Older kinds of synchronisation: resources (many readers or one writer, who may enter again) and
 * barriers. Both sleep on a counter that changes with every release.
 */
#include "rtl.h"

/* --- resources: iNumberActive > 0 readers, < 0 the owner's depth --- */

static ULONG *resource_changes(RTL_RWLOCK *lock)
{
    return (ULONG *)&lock->dwTimeoutBoost;
}

static HANDLE self_tid(void)
{
    return teb()->ClientId.UniqueThread;
}

void WINAPI RtlInitializeResource(RTL_RWLOCK *lock)
{
    memset(lock, 0, sizeof(*lock));
    RtlInitializeCriticalSectionEx(&lock->rtlCS, 0, RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO);
}

void WINAPI RtlDeleteResource(RTL_RWLOCK *lock)
{
    RtlDeleteCriticalSection(&lock->rtlCS);
}

/* TRUE when it was taken. A reader lets waiting writers go first. */
static BOOL resource_try_locked(RTL_RWLOCK *lock, BOOL exclusive)
{
    if (lock->iNumberActive < 0) {
        if (lock->hOwningThreadId != self_tid())
            return FALSE;
        lock->iNumberActive--;
        return TRUE;
    }
    if (exclusive ? lock->iNumberActive != 0 : lock->uExclusiveWaiters != 0)
        return FALSE;
    lock->iNumberActive += exclusive ? -1 : 1;
    if (exclusive)
        lock->hOwningThreadId = self_tid();
    return TRUE;
}

static BYTE resource_acquire(RTL_RWLOCK *lock, BOOL exclusive, BOOL wait)
{
    BOOL taken, counted = FALSE;

    RtlEnterCriticalSection(&lock->rtlCS);
    for (;;) {
        if (counted)
            lock->uExclusiveWaiters--; /* one's own wait does not hold one up */
        taken = resource_try_locked(lock, exclusive);
        if (taken || !wait)
            break;
        counted = exclusive;
        lock->uExclusiveWaiters += counted;
        ULONG seen = *resource_changes(lock);
        RtlLeaveCriticalSection(&lock->rtlCS);
        key_wait(lock, resource_changes(lock), &seen, sizeof(seen), NULL);
        RtlEnterCriticalSection(&lock->rtlCS);
    }
    RtlLeaveCriticalSection(&lock->rtlCS);
    return (BYTE)taken;
}

BYTE WINAPI RtlAcquireResourceExclusive(RTL_RWLOCK *lock, BYTE wait)
{
    return resource_acquire(lock, TRUE, wait);
}

BYTE WINAPI RtlAcquireResourceShared(RTL_RWLOCK *lock, BYTE wait)
{
    return resource_acquire(lock, FALSE, wait);
}

void WINAPI RtlReleaseResource(RTL_RWLOCK *lock)
{
    RtlEnterCriticalSection(&lock->rtlCS);
    if (!lock->iNumberActive || (lock->iNumberActive < 0 && lock->hOwningThreadId != self_tid())) {
        RtlLeaveCriticalSection(&lock->rtlCS);
        RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
        return;
    }
    lock->iNumberActive += lock->iNumberActive < 0 ? 1 : -1;
    BOOL free = !lock->iNumberActive;
    if (free) {
        lock->hOwningThreadId = NULL;
        ++*resource_changes(lock);
    }
    RtlLeaveCriticalSection(&lock->rtlCS);
    if (free)
        key_wake(lock, TRUE);
}

/* --- barriers: the words of a SYNCHRONIZATION_BARRIER --- */

struct barrier {
    ULONG n_left, n_total;
    ULONG_PTR phase; /* changes when the last has come */
    ULONG_PTR unused;
    ULONG spin, n_inside; /* threads that have not left yet */
};

NTSTATUS WINAPI RtlInitBarrier(struct barrier *barrier, ULONG n_threads, ULONG spin)
{
    if (!barrier || !n_threads)
        return STATUS_INVALID_PARAMETER;
    *barrier = (struct barrier){.n_left = n_threads, .n_total = n_threads, .spin = spin};
    return STATUS_SUCCESS;
}

/* TRUE for the thread that came last. */
BOOLEAN WINAPI RtlBarrier(struct barrier *barrier, ULONG flags)
{
    ULONG_PTR phase = __atomic_load_n(&barrier->phase, __ATOMIC_SEQ_CST);

    (void)flags;
    __atomic_add_fetch(&barrier->n_inside, 1, __ATOMIC_SEQ_CST);
    BOOL last = !__atomic_sub_fetch(&barrier->n_left, 1, __ATOMIC_SEQ_CST);
    if (last) {
        __atomic_store_n(&barrier->n_left, barrier->n_total, __ATOMIC_SEQ_CST);
        __atomic_add_fetch(&barrier->phase, 1, __ATOMIC_SEQ_CST);
        key_wake(barrier, TRUE);
    } else {
        while (__atomic_load_n(&barrier->phase, __ATOMIC_SEQ_CST) == phase)
            key_wait(barrier, &barrier->phase, &phase, sizeof(phase), NULL);
    }
    if (!__atomic_sub_fetch(&barrier->n_inside, 1, __ATOMIC_SEQ_CST))
        key_wake(&barrier->n_inside, TRUE);
    return (BOOLEAN)last;
}

/* Wait until nobody is inside. */
NTSTATUS WINAPI RtlDeleteBarrier(struct barrier *barrier)
{
    ULONG n;

    while ((n = __atomic_load_n(&barrier->n_inside, __ATOMIC_SEQ_CST)))
        key_wait(&barrier->n_inside, &barrier->n_inside, &n, sizeof(n), NULL);
    return STATUS_SUCCESS;
}
