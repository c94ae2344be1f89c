/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Slim reader/writer locks: one 64-bit word, all zero when free. Bits 0..30 count the readers, bit
 * 31 is the writer, bits 32..47 count waiting writers, bits 48..63 waiting readers. A waiter counts
 * itself and sleeps while the whole word is unchanged; writers and readers sleep under different
 * keys (the address and the address + 1). A waiting writer keeps new readers out.
 *
 * Race: (1) a waiter puts its count into the word; (2) it sleeps only if the word is still what it
 * last saw, else it looks again; (3) a release sees the counts in its own exchange and wakes after
 * it.
 */
#include "rtl.h"

#define READERS        0x7fffffffull
#define WRITER         0x80000000ull
#define HELD           0xffffffffull
#define WAITING_WRITER (1ull << 32)
#define WAITING_READER (1ull << 48)
#define WRITERS_WAIT   0x0000ffff00000000ull
#define READERS_WAIT   0xffff000000000000ull

enum { SRW_SPIN = 100 };

static ULONGLONG *word_of(RTL_SRWLOCK *lock)
{
    return (ULONGLONG *)&lock->Ptr;
}

static ULONGLONG word_load(RTL_SRWLOCK *lock)
{
    return __atomic_load_n(word_of(lock), __ATOMIC_RELAXED);
}

static BOOL word_swap(RTL_SRWLOCK *lock, ULONGLONG *value, ULONGLONG next)
{
    return __atomic_compare_exchange_n(word_of(lock), value, next, FALSE, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

void WINAPI RtlInitializeSRWLock(RTL_SRWLOCK *lock)
{
    lock->Ptr = NULL;
}

/* Take the lock when `blocked` bits are clear by adding `take`; else wait, counted by `waiting`. */
static void srw_acquire(RTL_SRWLOCK *lock, ULONGLONG blocked, ULONGLONG take, ULONGLONG waiting,
                        const void *key)
{
    ULONGLONG counted = 0, value = word_load(lock);

    for (unsigned n = 0;;) {
        if (!(value & blocked)) {
            if (word_swap(lock, &value, value + take - counted))
                return;
        } else if (n < SRW_SPIN) {
            n++;
            cpu_relax();
            value = word_load(lock);
        } else if (!counted) { /* (1) */
            if (word_swap(lock, &value, value + waiting)) {
                counted = waiting;
                value += waiting;
            }
        } else { /* (2) */
            key_wait(key, word_of(lock), &value, sizeof(value), NULL);
            value = word_load(lock);
        }
    }
}

void WINAPI RtlAcquireSRWLockExclusive(RTL_SRWLOCK *lock)
{
    srw_acquire(lock, HELD, WRITER, WAITING_WRITER, lock);
}

/* A reader that waits is not held back by its own kind, only by writers. */
void WINAPI RtlAcquireSRWLockShared(RTL_SRWLOCK *lock)
{
    srw_acquire(lock, WRITER | WRITERS_WAIT, 1, WAITING_READER, (char *)lock + 1);
}

BOOLEAN WINAPI RtlTryAcquireSRWLockExclusive(RTL_SRWLOCK *lock)
{
    ULONGLONG value = word_load(lock);

    while (!(value & HELD))
        if (word_swap(lock, &value, value + WRITER))
            return TRUE;
    return FALSE;
}

BOOLEAN WINAPI RtlTryAcquireSRWLockShared(RTL_SRWLOCK *lock)
{
    ULONGLONG value = word_load(lock);

    while (!(value & (WRITER | WRITERS_WAIT)))
        if (word_swap(lock, &value, value + 1))
            return TRUE;
    return FALSE;
}

/* (3) */
static void srw_wake(RTL_SRWLOCK *lock, ULONGLONG value)
{
    if (value & HELD)
        return;
    if (value & WRITERS_WAIT)
        key_wake(lock, FALSE);
    else if (value & READERS_WAIT)
        key_wake((char *)lock + 1, TRUE);
}

void WINAPI RtlReleaseSRWLockExclusive(RTL_SRWLOCK *lock)
{
    if (!(word_load(lock) & WRITER))
        RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
    srw_wake(lock, __atomic_sub_fetch(word_of(lock), WRITER, __ATOMIC_SEQ_CST));
}

void WINAPI RtlReleaseSRWLockShared(RTL_SRWLOCK *lock)
{
    if (!(word_load(lock) & READERS))
        RtlRaiseStatus(STATUS_RESOURCE_NOT_OWNED);
    srw_wake(lock, __atomic_sub_fetch(word_of(lock), 1, __ATOMIC_SEQ_CST));
}

void WINAPI RtlAcquireReleaseSRWLockExclusive(RTL_SRWLOCK *lock)
{
    RtlAcquireSRWLockExclusive(lock);
    RtlReleaseSRWLockExclusive(lock);
}

/* --- condition variables: a counter of wake-ups; a sleeper waits while it is unchanged --- */

void WINAPI RtlInitializeConditionVariable(RTL_CONDITION_VARIABLE *variable)
{
    variable->Ptr = NULL;
}

static void condition_wake(RTL_CONDITION_VARIABLE *variable, BOOL all)
{
    __atomic_add_fetch((ULONG *)&variable->Ptr, 1, __ATOMIC_SEQ_CST);
    key_wake(variable, all);
}

void WINAPI RtlWakeConditionVariable(RTL_CONDITION_VARIABLE *variable)
{
    condition_wake(variable, FALSE);
}

void WINAPI RtlWakeAllConditionVariable(RTL_CONDITION_VARIABLE *variable)
{
    condition_wake(variable, TRUE);
}

/* The counter is read while the caller still holds its lock, so a wake-up after the release is
 * seen. */
NTSTATUS WINAPI RtlSleepConditionVariableCS(RTL_CONDITION_VARIABLE *variable,
                                            RTL_CRITICAL_SECTION *cs, const LARGE_INTEGER *timeout)
{
    ULONG seen = __atomic_load_n((ULONG *)&variable->Ptr, __ATOMIC_SEQ_CST);

    RtlLeaveCriticalSection(cs);
    NTSTATUS status = key_wait(variable, &variable->Ptr, &seen, sizeof(seen), timeout);
    RtlEnterCriticalSection(cs);
    return status;
}

NTSTATUS WINAPI RtlSleepConditionVariableSRW(RTL_CONDITION_VARIABLE *variable, RTL_SRWLOCK *lock,
                                             const LARGE_INTEGER *timeout, ULONG flags)
{
    BOOL shared = flags & RTL_CONDITION_VARIABLE_LOCKMODE_SHARED;
    ULONG seen = __atomic_load_n((ULONG *)&variable->Ptr, __ATOMIC_SEQ_CST);

    if (shared)
        RtlReleaseSRWLockShared(lock);
    else
        RtlReleaseSRWLockExclusive(lock);
    NTSTATUS status = key_wait(variable, &variable->Ptr, &seen, sizeof(seen), timeout);
    if (shared)
        RtlAcquireSRWLockShared(lock);
    else
        RtlAcquireSRWLockExclusive(lock);
    return status;
}
