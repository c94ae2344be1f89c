/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* The dispatcher: waiting for local objects, any or all, with time-out, alerts and APCs.
 *
 * A wait is a wait_block on the waiter's stack with one entry in the list of each object. Under the
 * dispatcher lock the waiter looks whether the wait can end at once; if not it links its entries
 * and sleeps on its own wake word. Whoever changes an object walks the object's entries, oldest
 * first, and ends every wait that now can end: it acquires on the waiter's behalf, writes the
 * status into the block, unlinks all entries and wakes the sleeper. So no signal is lost or stolen,
 * a wait-all takes all objects or none, and PulseEvent releases exactly those who waited.
 *
 * What can end a sleep: (1) a signaller, (2) an APC or alert, when alertable, (3) termination, (4)
 * the deadline. (1)-(3) are decided under the lock by who comes first and set block->done; (4) is
 * decided by the waiter itself under the lock after its sleep: if done is not yet set it unlinks
 * and reports STATUS_TIMEOUT.
 *
 * The sleep is FUTEX_WAIT on thread->wake, which is 0 while the block is pending; the waker stores
 * 1 before FUTEX_WAKE, so a wake between unlock and sleep makes the futex call return at once.
 */
#include "control.h"
#include "ntprocess.h"
#include "nttime.h"
#include "ntwait.h"
#include "waitblock.h"
#include <assert.h>
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <portico/portico.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t dispatcher = PTHREAD_MUTEX_INITIALIZER;

void dispatcher_lock(void)
{
    pthread_mutex_lock(&dispatcher);
}

void dispatcher_unlock(void)
{
    pthread_mutex_unlock(&dispatcher);
}

int futex_sleep(_Atomic uint32_t *word, uint32_t value, const struct deadline *deadline)
{
    int operation = FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG;

    control_watch();
    if (deadline->is_wall_clock)
        operation |= FUTEX_CLOCK_REALTIME;
    if (syscall(SYS_futex, word, operation, value, deadline->is_set ? &deadline->at : NULL, NULL,
                FUTEX_BITSET_MATCH_ANY) < 0)
        return errno;
    return 0;
}

void futex_wake_one(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

/* Ends the sleeper's wait with this status; dispatcher lock held. */
void wait_finish_locked(struct wait_block *block, NTSTATUS status)
{
    struct wait_thread *thread = block->thread;

    assert(!block->done);
    for (unsigned i = 0; i < block->n_entries; i++)
        ntlist_unlink(&block->entries[i].link);
    block->done = true;
    block->status = status;
    if (block->on_done) {
        block->on_done(block, status);
        return;
    }
    thread->block = NULL;
    thread->looked_up = block->looks_only;
    /* Release: pairs with the acquire load in wait_sleep; the block is read under the lock anyway,
     * but a sleeper that sees 1 must not be able to see an older block when it skips the futex
     * call. */
    atomic_store_explicit(&thread->wake, 1, memory_order_release);
    futex_wake_one(&thread->wake);
    if (block->looks_only && thread->client)
        portico_thread_interrupt(thread->client);
    if (block->looks_only && thread->wake_fd >= 0)
        (void)!write(thread->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
}

static bool object_is_signaled(struct nt_object *object, struct wait_thread *thread)
{
    return object->type->is_signaled(object, thread);
}

static NTSTATUS object_acquire(struct nt_object *object, struct wait_thread *thread)
{
    return object->type->acquire ? object->type->acquire(object, thread) : STATUS_WAIT_0;
}

static bool object_take(struct nt_object *object)
{
    return !object->type->take || object->type->take(object);
}

static void object_untake(struct nt_object *object)
{
    if (object->type->untake)
        object->type->untake(object);
}

/* All objects of a wait-all that can fail, or none. */
bool wait_block_take_locked(struct wait_block *block)
{
    for (unsigned i = 0; i < block->n_entries; i++) {
        if (object_take(block->entries[i].object))
            continue;
        while (i-- > 0)
            object_untake(block->entries[i].object);
        return false;
    }
    return true;
}

void wait_block_untake_locked(struct wait_block *block)
{
    for (unsigned i = 0; i < block->n_entries; i++)
        object_untake(block->entries[i].object);
}

NTSTATUS wait_block_acquire_locked(struct wait_block *block)
{
    NTSTATUS result = STATUS_WAIT_0;

    for (unsigned i = 0; i < block->n_entries; i++) {
        NTSTATUS status = object_acquire(block->entries[i].object, block->thread);

        if (status < 0 || (status == STATUS_ABANDONED_WAIT_0 && result >= 0))
            result = status;
    }
    return result;
}

static bool block_try_all_locked(struct wait_block *block, NTSTATUS *ret_status)
{
    for (unsigned i = 0; i < block->n_entries; i++)
        if (!object_is_signaled(block->entries[i].object, block->thread))
            return false;
    if (!wait_block_take_locked(block))
        return false;
    *ret_status = wait_block_acquire_locked(block);
    return true;
}

/* Can this wait end now? If so the objects are acquired and the status is the wait's. */
static bool block_try_locked(struct wait_block *block, NTSTATUS *ret_status)
{
    if (block->all)
        return block_try_all_locked(block, ret_status);
    for (unsigned i = 0; i < block->n_entries; i++)
        if (object_is_signaled(block->entries[i].object, block->thread) &&
            object_take(block->entries[i].object)) {
            NTSTATUS status = object_acquire(block->entries[i].object, block->thread);

            *ret_status = status < 0 ? status : status + (NTSTATUS)i;
            return true;
        }
    return false;
}

void dispatcher_wake_locked(struct nt_object *object)
{
    struct ntlist *link = object->waiters.next, *next;

    for (; link != &object->waiters; link = next) {
        struct wait_entry *entry = ntlist_entry(link, struct wait_entry, link);
        struct wait_block *block = entry->block;
        NTSTATUS status;

        next = link->next;
        if (block->looks_only)
            status = STATUS_SUCCESS;
        else if (!block_try_locked(block, &status))
            continue;
        /* An object may stand twice in one wait: skip what finish unlinks. */
        while (next != &object->waiters &&
               ntlist_entry(next, struct wait_entry, link)->block == block)
            next = next->next;
        wait_finish_locked(block, status);
    }
}

/* An alert or an APC that is there before the wait begins, or one that ends it. */
static bool interruption_locked(struct wait_thread *thread, bool alertable, NTSTATUS *ret_status)
{
    if (atomic_load_explicit(&thread->terminating, memory_order_relaxed))
        *ret_status = STATUS_THREAD_IS_TERMINATING;
    else if (thread->io && thread->io_is_cancelled)
        *ret_status = STATUS_CANCELLED;
    else if (alertable && thread->alerted)
        *ret_status = STATUS_ALERTED;
    else if (alertable && !ntlist_is_empty(&thread->apcs))
        *ret_status = STATUS_USER_APC;
    else
        return false;
    if (*ret_status == STATUS_ALERTED)
        thread->alerted = false;
    return true;
}

static void block_link_locked(struct wait_block *block)
{
    struct wait_thread *thread = block->thread;

    for (unsigned i = 0; i < block->n_entries; i++) {
        struct wait_entry *entry = &block->entries[i];

        entry->block = block;
        ntlist_append(&entry->object->waiters, &entry->link);
    }
    block->done = false;
    thread->block = block;
    thread->alertable = block->alertable;
    atomic_store_explicit(&thread->wake, 0, memory_order_relaxed);
}

/* The sleeper is awake: nothing points to its block any more. */
static void block_unlink_locked(struct wait_block *block)
{
    if (!block->done)
        for (unsigned i = 0; i < block->n_entries; i++)
            ntlist_unlink(&block->entries[i].link);
    block->thread->block = NULL;
    block->thread->alertable = false;
}

/* An APC that ended a wait is delivered at the system call's exit. */
static NTSTATUS interruption_result(NTSTATUS status)
{
    if (status == STATUS_USER_APC && thread_deliver_apcs)
        thread_deliver_apcs();
    return status;
}

/* Sleeps until the block is done or the deadline has passed; entered and left with the lock held.
 */
static NTSTATUS block_sleep_locked(struct wait_block *block, const struct deadline *deadline)
{
    struct wait_thread *thread = block->thread;
    int error = 0;

    dispatcher_unlock();
    while (!atomic_load_explicit(&thread->wake, memory_order_acquire) && error != ETIMEDOUT)
        error = futex_sleep(&thread->wake, 0, deadline);
    dispatcher_lock();
    if (!block->done)
        block->status = STATUS_TIMEOUT;
    block_unlink_locked(block);
    return block->status;
}

/* An object of it is the server's by now: the caller waits there. */
static bool block_has_moved(const struct wait_block *block)
{
    for (unsigned i = 0; i < block->n_entries; i++)
        if (nt_object_has_moved(block->entries[i].object))
            return true;
    return false;
}

NTSTATUS wait_block_run_locked(struct wait_block *block, const struct deadline *deadline)
{
    NTSTATUS status;

    if (block_has_moved(block))
        return STATUS_RETRY;
    if (interruption_locked(block->thread, block->alertable, &status))
        return interruption_result(status);
    /* A wait without objects (a delay, a remover of packets) ends only by others or the deadline.
     */
    if (block->n_entries && block_try_locked(block, &status))
        return status;
    if (deadline->is_zero)
        return STATUS_TIMEOUT;
    block_link_locked(block);
    return interruption_result(block_sleep_locked(block, deadline));
}

NTSTATUS wait_objects(unsigned n_objects, struct nt_object *const *objects, bool all,
                      bool alertable, const LARGE_INTEGER *timeout)
{
    struct deadline deadline = deadline_from_timeout(timeout);

    return wait_objects_until(n_objects, objects, all, alertable, &deadline);
}

NTSTATUS wait_objects_until(unsigned n_objects, struct nt_object *const *objects, bool all,
                            bool alertable, const struct deadline *deadline)
{
    struct wait_block block = {.thread = wait_thread_current(),
                               .n_entries = n_objects,
                               .all = all,
                               .alertable = alertable};
    NTSTATUS status;

    assert(n_objects <= MAXIMUM_WAIT_OBJECTS);
    for (unsigned i = 0; i < n_objects; i++) {
        block.entries[i].object = objects[i];
        ntlist_init(&block.entries[i].link);
    }
    dispatcher_lock();
    status = wait_block_run_locked(&block, deadline);
    dispatcher_unlock();
    return status;
}

/* The thread's eventfd, drained; -1 when Linux gives none. */
static int wake_fd_prepare(struct wait_thread *thread)
{
    if (thread->wake_fd < 0)
        thread->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    else
        (void)!read(thread->wake_fd, &(uint64_t){0}, sizeof(uint64_t));
    return thread->wake_fd;
}

/* The entries only: nobody sleeps. */
void wait_block_link_locked(struct wait_block *block)
{
    for (unsigned i = 0; i < block->n_entries; i++) {
        block->entries[i].block = block;
        ntlist_append(&block->entries[i].object->waiters, &block->entries[i].link);
    }
    block->done = false;
}

void wait_look_begin_locked(struct wait_block *block)
{
    block->looks_only = true;
    block_link_locked(block);
}

void wait_look_end_locked(struct wait_block *block)
{
    block_unlink_locked(block);
    block->thread->looked_up = false;
}

NTSTATUS wait_look_run_locked(struct wait_block *block, const struct deadline *deadline)
{
    NTSTATUS status;

    if (interruption_locked(block->thread, block->alertable, &status))
        return interruption_result(status);
    if (deadline->is_zero)
        return STATUS_TIMEOUT;
    wait_look_begin_locked(block);
    status = block_sleep_locked(block, deadline);
    block->thread->looked_up = false;
    return interruption_result(status);
}

bool wait_block_try_locked(struct wait_block *block, NTSTATUS *ret_status)
{
    return block_try_locked(block, ret_status);
}

/* A sleep on a descriptor is a looking block; who ends it writes to the thread's eventfd too. */
NTSTATUS wait_fd_or_objects(int fd, short events, struct wait_block *block, bool alertable,
                            const struct deadline *deadline)
{
    struct wait_thread *thread = block->thread;
    struct pollfd polls[2] = {{.fd = fd, .events = events},
                              {.fd = wake_fd_prepare(thread), .events = POLLIN}};
    NTSTATUS status;
    int n;

    if (polls[1].fd < 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    control_watch();
    block->alertable = alertable;
    dispatcher_lock();
    if (interruption_locked(thread, alertable, &status)) {
        dispatcher_unlock();
        return interruption_result(status);
    }
    for (unsigned i = 0; i < block->n_entries; i++)
        if (object_is_signaled(block->entries[i].object, thread)) {
            dispatcher_unlock();
            return STATUS_SUCCESS;
        }
    wait_look_begin_locked(block);
    dispatcher_unlock();
    do {
        struct timespec left;

        n = ppoll(polls, 2, deadline_left(deadline, &left) ? &left : NULL, NULL);
    } while (n < 0 && errno == EINTR);
    dispatcher_lock();
    if (block->done)
        status = block->status;
    else
        status = n == 0 ? STATUS_TIMEOUT : STATUS_SUCCESS;
    wait_look_end_locked(block);
    block->looks_only = false;
    dispatcher_unlock();
    return interruption_result(status);
}

NTSTATUS wait_fd_or_object(int fd, short events, struct nt_object *object, bool alertable,
                           const struct deadline *deadline)
{
    struct wait_block block = {.thread = wait_thread_current(), .n_entries = object ? 1 : 0};

    block.entries[0].object = object;
    ntlist_init(&block.entries[0].link);
    return wait_fd_or_objects(fd, events, &block, alertable, deadline);
}

NTSTATUS wait_fd(int fd, short events, bool alertable, const LARGE_INTEGER *timeout)
{
    struct deadline deadline = deadline_from_timeout(timeout);

    return wait_fd_or_object(fd, events, NULL, alertable, &deadline);
}

NTSTATUS wait_interrupted(bool alertable)
{
    struct wait_thread *thread = wait_thread_current();
    NTSTATUS status = STATUS_SUCCESS;

    dispatcher_lock();
    if (!interruption_locked(thread, alertable, &status) && thread->looked_up)
        status = STATUS_RETRY; /* wait_mixed: a local object is signalled */
    thread->looked_up = false;
    dispatcher_unlock();
    return interruption_result(status);
}

/* Notification objects that stay signalled. */
bool notification_is_signaled(struct nt_object *object, struct wait_thread *waiter)
{
    (void)waiter;
    return ((struct notification *)object)->signaled;
}

void notification_signal(struct notification *notification)
{
    dispatcher_lock();
    notification->signaled = true;
    dispatcher_wake_locked(&notification->header);
    dispatcher_unlock();
}
