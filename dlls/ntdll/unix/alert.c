/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtAlertThreadByThreadId and NtWaitForAlertByThreadId: one pending bit a thread, what locks of the
 * PE half (SRW, condition variables, wait on address) are made of.
 *
 * The bit is a futex word in a table indexed by a hash of the thread id, so that alerting a thread
 * needs no lock and no look-up of its object. Two threads whose ids meet in one slot would wake
 * each other for nothing, which callers must tolerate anyway; but the bit must not be *eaten* by
 * the wrong thread, so a slot belongs to one id: the table is open-addressed, slots are claimed by
 * compare-and-swap and given back at thread exit.
 *
 * An id that is no thread of this process: STATUS_INVALID_CID, asked of Linux (tgkill with signal
 * 0) only when the id has no slot yet.
 */
#include "common/seldom.h"
#include "nttime.h"
#include "ntwait.h"
#include "usermem.h"
#include "waitblock.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLOTS                                                                                \
    0x10000u /* 8 bytes each, touched lazily; more threads than Linux lets a process have by \
                default */

struct alert_slot {
    _Atomic uint32_t tid;     /* 0: free, ~0: given back (the probe goes on past it) */
    _Atomic uint32_t pending; /* the futex */
};

static struct alert_slot slots[SLOTS] SELDOM;
#define GIVEN_BACK UINT32_MAX

static struct alert_slot *slot_find(uint32_t tid)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        struct alert_slot *slot = &slots[(tid * 0x9e3779b1u + i) % SLOTS];
        uint32_t owner = atomic_load(&slot->tid);

        if (owner == tid)
            return slot;
        if (!owner)
            break;
    }
    return NULL;
}

/* Claims run under a lock so that one id never gets two slots; looking up needs none. */
static struct alert_slot *slot_claim(uint32_t tid)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct alert_slot *slot;

    pthread_mutex_lock(&lock);
    slot = slot_find(tid);
    for (uint32_t i = 0; !slot && i < SLOTS; i++) {
        struct alert_slot *candidate = &slots[(tid * 0x9e3779b1u + i) % SLOTS];
        uint32_t owner = atomic_load(&candidate->tid);

        if (owner && owner != GIVEN_BACK)
            continue;
        atomic_store(&candidate->pending, 0);
        atomic_store(&candidate->tid, tid);
        slot = candidate;
    }
    pthread_mutex_unlock(&lock);
    return slot;
}

static __thread struct alert_slot *own_slot;

static struct alert_slot *slot_own(struct wait_thread *thread)
{
    if (!own_slot)
        own_slot = slot_claim(thread->tid);
    return own_slot;
}

static void slot_alert(struct alert_slot *slot)
{
    /* Release, and acquire in the waiter's exchange: what the alerter wrote before is seen after
     * the wait. */
    if (!atomic_exchange_explicit(&slot->pending, 1, memory_order_acq_rel))
        futex_wake_one(&slot->pending);
}

void alert_interrupt(struct wait_thread *thread)
{
    struct alert_slot *slot = slot_find(thread->tid);

    if (slot)
        slot_alert(slot);
}

void alert_thread_exit(void)
{
    if (own_slot)
        atomic_store(&own_slot->tid, GIVEN_BACK);
    own_slot = NULL;
}

NTSTATUS WINAPI NtAlertThreadByThreadId(HANDLE id)
{
    uint32_t tid = (uint32_t)(uintptr_t)id;
    struct alert_slot *slot;

    if (!tid || tid == GIVEN_BACK || (uintptr_t)id >> 32)
        return STATUS_INVALID_CID;
    slot = slot_find(tid);
    if (!slot) { /* a thread that has never waited yet: its alert is kept for it */
        if (syscall(SYS_tgkill, getpid(), tid, 0))
            return STATUS_INVALID_CID;
        slot = slot_claim(tid);
        if (!slot)
            return STATUS_NO_MEMORY;
    }
    slot_alert(slot);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtWaitForAlertByThreadId(const void *address, const LARGE_INTEGER *timeout)
{
    struct wait_thread *thread = wait_thread_current();
    struct alert_slot *slot = slot_own(thread);
    struct deadline deadline;
    LARGE_INTEGER copy;
    int error = 0;

    (void)address; /* a hint for debuggers on Windows */
    if (!slot)
        return STATUS_NO_MEMORY;
    if (timeout)
        TRY(USER_GET(copy, timeout));
    deadline = deadline_from_timeout(timeout ? &copy : NULL);
    while (!atomic_exchange_explicit(&slot->pending, 0, memory_order_acq_rel)) {
        if (atomic_load(&thread->terminating))
            return STATUS_THREAD_IS_TERMINATING;
        if (error == ETIMEDOUT || deadline.is_zero)
            return STATUS_TIMEOUT;
        error = futex_sleep(&slot->pending, 0, &deadline);
    }
    return atomic_load(&thread->terminating) ? STATUS_THREAD_IS_TERMINATING : STATUS_ALERTED;
}
