/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Critical sections, with the words that Windows has used since Vista. LockCount is -1 when free;
 * bit 0 is clear while locked, bit 1 is clear while a waiter has been woken and has not yet run,
 * the bits above hold minus the number of waiters. Sections that were initialised statically
 * (LockCount -1, the rest 0, any DebugInfo) work without a call of Initialize. LockSemaphore is the
 * word that waiters sleep on: 1 when a wake-up is there to be taken.
 *
 * The lock is not handed over: whoever comes first takes it, and a woken waiter that finds it taken
 * sleeps again. Race: (1) a waiter counts itself, then looks at the lock in the same exchange; (2)
 * a leaver sees the count in the exchange that frees the lock, and wakes one (3) unless one is
 * under way. At most one wake-up is under way, so LockSemaphore needs no count.
 */
#include "rtl.h"

enum { CS_FREE = 1, CS_NO_WOKEN = 2, CS_WAITER = 4, CS_SPIN_MAX = 4000 };

static HANDLE self_tid(void)
{
    return NtCurrentTeb()->ClientId.UniqueThread;
}

static LONG *wake_word(RTL_CRITICAL_SECTION *cs)
{
    return (LONG *)&cs->LockSemaphore;
}

NTSTATUS WINAPI RtlInitializeCriticalSectionEx(RTL_CRITICAL_SECTION *cs, ULONG spin_count,
                                               ULONG flags)
{
    if (flags & RTL_CRITICAL_SECTION_FLAG_RESERVED)
        return STATUS_INVALID_PARAMETER_3;
    cs->DebugInfo = (RTL_CRITICAL_SECTION_DEBUG *)(LONG_PTR)-1;
    if (!(flags &
          (RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO | RTL_CRITICAL_SECTION_FLAG_STATIC_INIT)))
        if (process_heap()) {
            RTL_CRITICAL_SECTION_DEBUG *debug =
                RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(*debug) + 16);
            if (!debug)
                return STATUS_NO_MEMORY;
            debug->CriticalSection = cs;
            debug->ProcessLocksList.Flink = debug->ProcessLocksList.Blink =
                &debug->ProcessLocksList;
            cs->DebugInfo = debug;
        }
    cs->LockCount = -1;
    cs->RecursionCount = 0;
    cs->OwningThread = NULL;
    cs->LockSemaphore = NULL;
    cs->SpinCount = peb()->NumberOfProcessors > 1 ? spin_count & ~0x80000000 : 0;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlInitializeCriticalSection(RTL_CRITICAL_SECTION *cs)
{
    return RtlInitializeCriticalSectionEx(cs, 0, 0);
}

NTSTATUS WINAPI RtlInitializeCriticalSectionAndSpinCount(RTL_CRITICAL_SECTION *cs, ULONG spin_count)
{
    return RtlInitializeCriticalSectionEx(cs, spin_count, 0);
}

ULONG WINAPI RtlSetCriticalSectionSpinCount(RTL_CRITICAL_SECTION *cs, ULONG spin_count)
{
    ULONG old = (ULONG)cs->SpinCount;

    cs->SpinCount = peb()->NumberOfProcessors > 1 ? spin_count : 0;
    return old;
}

NTSTATUS WINAPI RtlDeleteCriticalSection(RTL_CRITICAL_SECTION *cs)
{
    RTL_CRITICAL_SECTION_DEBUG *debug = cs->DebugInfo;

    /* Only a block of our own goes back: one of a static section is not on the heap. */
    if (debug && debug != (RTL_CRITICAL_SECTION_DEBUG *)(LONG_PTR)-1 &&
        debug->ProcessLocksList.Flink == &debug->ProcessLocksList &&
        RtlValidateHeap(process_heap(), 0, debug))
        rtl_free(debug);
    cs->DebugInfo = NULL;
    cs->LockCount = -1;
    cs->RecursionCount = 0;
    cs->OwningThread = NULL;
    cs->LockSemaphore = NULL;
    return STATUS_SUCCESS;
}

static BOOL try_lock(RTL_CRITICAL_SECTION *cs)
{
    LONG value = __atomic_load_n(&cs->LockCount, __ATOMIC_RELAXED);

    while (value & CS_FREE)
        if (__atomic_compare_exchange_n(&cs->LockCount, &value, value & ~CS_FREE, TRUE,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return TRUE;
    return FALSE;
}

/* The owner is read by others, who can only see that it is not themselves. */
static BOOL is_owner(RTL_CRITICAL_SECTION *cs)
{
    return __atomic_load_n(&cs->OwningThread, __ATOMIC_RELAXED) == self_tid();
}

static void take_wakeup(RTL_CRITICAL_SECTION *cs)
{
    static const LONG zero;

    while (!__atomic_exchange_n(wake_word(cs), 0, __ATOMIC_ACQUIRE))
        key_wait(wake_word(cs), wake_word(cs), &zero, sizeof(zero), NULL);
}

static void lock_slow(RTL_CRITICAL_SECTION *cs)
{
    LONG value = __atomic_load_n(&cs->LockCount, __ATOMIC_RELAXED);

    /* Its owner was ended with the other threads: the last thread takes it over, as on Windows. */
    if (process_ending()) {
        cs->LockCount = -1 & ~CS_FREE;
        return;
    }
    for (;;) { /* (1) take it or count as a waiter, in one exchange */
        LONG next = value & CS_FREE ? value & ~CS_FREE : value - CS_WAITER;
        if (__atomic_compare_exchange_n(&cs->LockCount, &value, next, TRUE, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED)) {
            if (value & CS_FREE)
                return;
            break;
        }
    }
    for (;;) { /* woken: take it and stop counting, or let the next leaver wake again */
        take_wakeup(cs);
        value = __atomic_load_n(&cs->LockCount, __ATOMIC_RELAXED);
        for (;;) {
            LONG next = value & CS_FREE ? (value & ~CS_FREE) + CS_WAITER : value;
            if (__atomic_compare_exchange_n(&cs->LockCount, &value, next | CS_NO_WOKEN, TRUE,
                                            __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
                break;
        }
        if (value & CS_FREE)
            return;
    }
}

static void set_owner(RTL_CRITICAL_SECTION *cs)
{
    __atomic_store_n(&cs->OwningThread, self_tid(), __ATOMIC_RELAXED);
    cs->RecursionCount = 1;
}

NTSTATUS WINAPI RtlEnterCriticalSection(RTL_CRITICAL_SECTION *cs)
{
    if (try_lock(cs)) {
        set_owner(cs);
        return STATUS_SUCCESS;
    }
    if (is_owner(cs)) {
        cs->RecursionCount++;
        return STATUS_SUCCESS;
    }
    ULONG spin = (ULONG)cs->SpinCount & 0xffffff;
    for (ULONG i = spin < CS_SPIN_MAX ? spin : CS_SPIN_MAX; i; i--) {
        if (try_lock(cs)) {
            set_owner(cs);
            return STATUS_SUCCESS;
        }
        cpu_relax();
    }
    lock_slow(cs);
    set_owner(cs);
    return STATUS_SUCCESS;
}

BOOL WINAPI RtlTryEnterCriticalSection(RTL_CRITICAL_SECTION *cs)
{
    if (try_lock(cs)) {
        set_owner(cs);
        return TRUE;
    }
    if (!is_owner(cs))
        return FALSE;
    cs->RecursionCount++;
    return TRUE;
}

/* Somebody leaves a section that nobody has entered. */
void WINAPI RtlpNotOwnerCriticalSection(RTL_CRITICAL_SECTION *cs)
{
    log_line("critical section %p is left by thread %u, but not entered", cs,
             HandleToULong(self_tid()));
}

/* Leaving for another thread, a mistake that works on Windows, works here too. */
NTSTATUS WINAPI RtlLeaveCriticalSection(RTL_CRITICAL_SECTION *cs)
{
    if (cs->RecursionCount <= 0) {
        RtlpNotOwnerCriticalSection(cs);
        return STATUS_RESOURCE_NOT_OWNED;
    }
    if (--cs->RecursionCount)
        return STATUS_SUCCESS;
    __atomic_store_n(&cs->OwningThread, NULL, __ATOMIC_RELAXED);
    LONG value = __atomic_load_n(&cs->LockCount, __ATOMIC_RELAXED), next;
    BOOL wake;
    do { /* (2) */
        next = value | CS_FREE;
        wake = (next & CS_NO_WOKEN) && next < -CS_WAITER;
        if (wake)
            next &= ~CS_NO_WOKEN;
    } while (!__atomic_compare_exchange_n(&cs->LockCount, &value, next, TRUE, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
    if (wake) { /* (3) */
        __atomic_store_n(wake_word(cs), 1, __ATOMIC_SEQ_CST);
        key_wake(wake_word(cs), FALSE);
    }
    return STATUS_SUCCESS;
}

BOOL WINAPI RtlIsCriticalSectionLocked(RTL_CRITICAL_SECTION *cs)
{
    return cs->RecursionCount != 0;
}

BOOL WINAPI RtlIsCriticalSectionLockedByThread(RTL_CRITICAL_SECTION *cs)
{
    return cs->OwningThread == self_tid() && cs->RecursionCount;
}

ULONG WINAPI RtlGetCriticalSectionRecursionCount(RTL_CRITICAL_SECTION *cs)
{
    return cs->OwningThread == self_tid() ? (ULONG)cs->RecursionCount : 0;
}

HANDLE WINAPI RtlQueryCriticalSectionOwner(HANDLE semaphore)
{
    (void)semaphore;
    return NULL; /* no section has a semaphore handle here */
}

void WINAPI RtlAcquirePebLock(void)
{
    RtlEnterCriticalSection(peb()->FastPebLock);
}

void WINAPI RtlReleasePebLock(void)
{
    RtlLeaveCriticalSection(peb()->FastPebLock);
}

BOOLEAN WINAPI RtlTryAcquirePebLock(void)
{
    return (BOOLEAN)RtlTryEnterCriticalSection(peb()->FastPebLock);
}
