/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtLockFile, NtUnlockFile: byte ranges, exclusive or shared, mandatory for reads and writes
 * through other file objects of the same inode.
 *
 * The ranges of this process stand in its file objects' lists, for what Linux does not know: a
 * range that is locked twice is unlocked twice, an object's own locks count against its next one.
 * Other processes see them as Linux' locks (file_claim.c).
 *
 * Who waits for a range waits for a timer of his file object that fires now and then, since Linux
 * tells of no unlock; an unlock in this process fires it at once. DIFFERS: unlocks in other
 * processes are seen up to RETRY_NS late.
 */
#include "file_claim.h"
#include "file_lock.h"
#include "io_operation.h"
#include "usermem.h"
#include <poll.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define RETRY_NS 8000000

struct range_lock {
    struct ntlist link; /* file->locks; files_lock */
    uint64_t offset, length;
    ULONG key;
    bool is_exclusive;
};

static struct ntlist waiting_files = {&waiting_files, &waiting_files}; /* files_lock */

static bool overlaps(const struct range_lock *lock, uint64_t offset, uint64_t length)
{
    return length && lock->length && offset <= lock->offset + (lock->length - 1) &&
           lock->offset <= offset + (length - 1);
}

/* Does a lock on the node stand in the way? own: the same file object's locks count too (for
 * locking). */
static bool conflicts_locked(struct file *file, uint64_t offset, uint64_t length, bool exclusive,
                             bool own)
{
    struct ntlist *opens = &file->node->opens;

    for (struct ntlist *link = opens->next; link != opens; link = link->next) {
        struct file *other = ntlist_entry(link, struct file, node_link);

        for (struct ntlist *at = other->locks.next; at != &other->locks; at = at->next) {
            struct range_lock *lock = ntlist_entry(at, struct range_lock, link);

            if ((other != file || own) && overlaps(lock, offset, length) &&
                (exclusive || lock->is_exclusive))
                return true;
        }
    }
    return false;
}

NTSTATUS file_locks_check(struct file *file, LONGLONG offset, ULONG length, bool write_it)
{
    bool conflict = false;

    files_lock();
    if (file->node)
        conflict = conflicts_locked(file, (uint64_t)offset, length, write_it, false);
    files_unlock();
    if (!conflict)
        conflict = file_range_is_locked(file, (uint64_t)offset, length, write_it);
    return conflict ? STATUS_FILE_LOCK_CONFLICT : STATUS_SUCCESS;
}

static void timer_set(const struct file *file, long first_ns, long interval_ns)
{
    struct itimerspec times = {{.tv_nsec = interval_ns}, {.tv_nsec = first_ns}};

    (void)timerfd_settime(file->lock_timer, 0, &times, NULL);
}

/* A range has become free: who waits tries again. */
static void announce(void)
{
    files_lock();
    for (struct ntlist *link = waiting_files.next; link != &waiting_files; link = link->next)
        timer_set(ntlist_entry(link, struct file, lock_waiting_link), 1, RETRY_NS);
    files_unlock();
}

static bool waiting_begin(struct file *file)
{
    bool ok;

    files_lock();
    if (file->lock_timer < 0)
        file->lock_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    ok = file->lock_timer >= 0;
    if (ok && !file->n_lock_waiters++) {
        ntlist_append(&waiting_files, &file->lock_waiting_link);
        timer_set(file, 1000000, RETRY_NS);
    }
    files_unlock();
    return ok;
}

static void waiting_end(struct file *file)
{
    files_lock();
    if (!--file->n_lock_waiters) {
        ntlist_unlink(&file->lock_waiting_link);
        timer_set(file, 0, 0);
    }
    files_unlock();
}

void file_locks_drop(struct file *file)
{
    bool any = false;

    files_lock();
    while (!ntlist_is_empty(&file->locks)) {
        struct range_lock *lock = ntlist_entry(file->locks.next, struct range_lock, link);

        ntlist_unlink(&lock->link);
        file_range_unlock(file, lock->offset, lock->length);
        free(lock);
        any = true;
    }
    files_unlock();
    if (any)
        announce();
}

/* STATUS_LOCK_NOT_GRANTED when the range is taken. */
static NTSTATUS lock_try(struct file *file, const struct range_lock *wanted)
{
    struct range_lock *lock = malloc(sizeof(*lock));
    NTSTATUS status = STATUS_SUCCESS;

    if (!lock)
        return STATUS_NO_MEMORY;
    *lock = *wanted;
    files_lock();
    if (!file->node)
        status = STATUS_INVALID_DEVICE_REQUEST;
    else if (conflicts_locked(file, lock->offset, lock->length, lock->is_exclusive, true))
        status = STATUS_LOCK_NOT_GRANTED;
    else
        status = file_range_lock(file, lock->offset, lock->length, lock->is_exclusive);
    if (!status)
        ntlist_append(&file->locks, &lock->link);
    files_unlock();
    if (status)
        free(lock);
    return status;
}

#define PHASE_EXCLUSIVE 1u
#define PHASE_WAITING   2u

static void lock_abandon(struct io_operation *operation)
{
    if (operation->phase & PHASE_WAITING)
        waiting_end(operation->file);
    operation->phase &= ~PHASE_WAITING;
}

static NTSTATUS lock_step(struct io_operation *operation)
{
    struct file *file = operation->file;
    struct range_lock wanted = {.offset = operation->offset,
                                .length = operation->length,
                                .key = operation->key,
                                .is_exclusive = operation->phase & PHASE_EXCLUSIVE};
    NTSTATUS status;
    uint64_t n_fired;

    if (operation->phase & PHASE_WAITING)
        (void)!read(operation->fd, &n_fired, sizeof(n_fired));
    else if (!waiting_begin(file)) /* before it looks: an unlock after that fires the timer */
        return STATUS_INSUFFICIENT_RESOURCES;
    operation->phase |= PHASE_WAITING;
    operation->fd = file->lock_timer;
    status = lock_try(file, &wanted);
    if (status == STATUS_LOCK_NOT_GRANTED)
        return STATUS_PENDING;
    lock_abandon(operation);
    return status;
}

NTSTATUS WINAPI NtLockFile(HANDLE handle, HANDLE event, PIO_APC_ROUTINE apc, void *apc_context,
                           PIO_STATUS_BLOCK iosb, PLARGE_INTEGER user_offset,
                           PLARGE_INTEGER user_length, ULONG *user_key, BOOLEAN at_once,
                           BOOLEAN exclusive)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    struct range_lock wanted = {.is_exclusive = exclusive};
    LARGE_INTEGER offset, length;
    struct io_operation operation = {.step = lock_step, .abandon = lock_abandon, .events = POLLIN};
    struct io_request request;
    ACCESS_MASK granted;
    IO_STATUS_BLOCK unseen; /* DIFFERS: NULL is no error, for Wine's kernelbase gives it */
    NTSTATUS status;

    TRY(file_lookup_granted(handle, &file, &granted));
    if (!(granted & (FILE_READ_DATA | FILE_WRITE_DATA)))
        return STATUS_ACCESS_DENIED;
    TRY(USER_GET(offset, user_offset));
    TRY(USER_GET(length, user_length));
    if (user_key)
        TRY(USER_GET(wanted.key, user_key));
    wanted.offset = (uint64_t)offset.QuadPart;
    wanted.length = (uint64_t)length.QuadPart;
    if (wanted.length && wanted.offset + (wanted.length - 1) < wanted.offset)
        return STATUS_INVALID_LOCK_RANGE;
    operation.file = file;
    TRY(io_begin(&request, file, event, (void *)apc, apc_context, iosb ? iosb : &unseen));
    status = lock_try(file, &wanted);
    if (at_once || status != STATUS_LOCK_NOT_GRANTED)
        return io_end(&request, status, 0);
    operation.offset = wanted.offset;
    operation.length = wanted.length;
    operation.key = wanted.key;
    operation.phase = exclusive ? PHASE_EXCLUSIVE : 0;
    if (iosb)
        return io_do(&request, &operation);
    /* Nobody could be told of the end of a pending lock. DIFFERS: it waits here, overlapped or
     * not. */
    status = io_run(&operation);
    return io_end(&request, status, 0);
}

/* Linux knows the union of the ranges: what other locks of this object cover stays locked. */
static void unlock_locked(struct file *file, const struct range_lock *gone)
{
    file_range_unlock(file, gone->offset, gone->length);
    for (struct ntlist *at = file->locks.next; at != &file->locks; at = at->next) {
        struct range_lock *lock = ntlist_entry(at, struct range_lock, link);

        if (overlaps(lock, gone->offset, gone->length))
            (void)file_range_lock(file, lock->offset, lock->length, lock->is_exclusive);
    }
}

NTSTATUS WINAPI NtUnlockFile(HANDLE handle, PIO_STATUS_BLOCK user_iosb, PLARGE_INTEGER user_offset,
                             PLARGE_INTEGER user_length, ULONG *user_key)
{
    _cleanup_nt_(file_unrefp) struct file *file = NULL;
    struct range_lock *found = NULL;
    LARGE_INTEGER offset, length;
    IO_STATUS_BLOCK iosb = {.Information = 0};
    ULONG key = 0;

    TRY(file_lookup(handle, 0, &file));
    TRY(USER_GET(offset, user_offset));
    TRY(USER_GET(length, user_length));
    if (user_key)
        TRY(USER_GET(key, user_key));
    files_lock();
    for (struct ntlist *at = file->locks.next; at != &file->locks && !found; at = at->next) {
        struct range_lock *lock = ntlist_entry(at, struct range_lock, link);

        if (lock->offset == (uint64_t)offset.QuadPart &&
            lock->length == (uint64_t)length.QuadPart && lock->key == key)
            found = lock;
    }
    if (found) {
        ntlist_unlink(&found->link);
        unlock_locked(file, found);
    }
    files_unlock();
    free(found);
    if (!found)
        return STATUS_RANGE_NOT_LOCKED;
    announce();
    iosb.Status = STATUS_SUCCESS;
    return user_iosb ? USER_PUT(user_iosb, iosb) : STATUS_SUCCESS; /* DIFFERS: as above */
}
