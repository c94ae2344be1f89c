/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* NtLockFile, NtUnlockFile: byte ranges, exclusive or shared, mandatory for reads and writes
 * through other file objects of the same inode, within this process.
 *
 * DIFFERS: other processes neither see nor respect them. TODO(locks): add OFD locks for what Linux
 * programs see.
 */
#include "file_lock.h"
#include "nttime.h"
#include "usermem.h"
#include <stdlib.h>

struct range_lock {
    struct ntlist link; /* file->locks; files_lock */
    uint64_t offset, length;
    ULONG key;
    bool is_exclusive;
};

/* Who sleeps for a range: every range that goes, of any file, wakes all of them to try again. */
struct lock_waiter {
    struct notification woken;
    struct ntlist link; /* files_lock */
};

static struct ntlist lock_waiters = {&lock_waiters, &lock_waiters};
static const struct nt_type waiter_type = {.name = u"Lock",
                                           .is_signaled = notification_is_signaled};

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
    return conflict ? STATUS_FILE_LOCK_CONFLICT : STATUS_SUCCESS;
}

static void announce(void)
{
    files_lock();
    for (struct ntlist *link = lock_waiters.next; link != &lock_waiters; link = link->next)
        notification_signal(&ntlist_entry(link, struct lock_waiter, link)->woken);
    files_unlock();
}

void file_locks_drop(struct file *file)
{
    bool any = false;

    files_lock();
    while (!ntlist_is_empty(&file->locks)) {
        struct range_lock *lock = ntlist_entry(file->locks.next, struct range_lock, link);

        ntlist_unlink(&lock->link);
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
        ntlist_append(&file->locks, &lock->link);
    files_unlock();
    if (status)
        free(lock);
    return status;
}

static NTSTATUS lock_wait(struct file *file, const struct range_lock *wanted)
{
    struct lock_waiter waiter = {.woken.signaled = false};
    struct nt_object *object = &waiter.woken.header;
    NTSTATUS status;

    nt_object_init(object, &waiter_type);
    files_lock();
    ntlist_append(&lock_waiters, &waiter.link);
    files_unlock();
    for (;;) {
        dispatcher_lock();
        waiter.woken.signaled = false;
        dispatcher_unlock();
        status =
            lock_try(file, wanted); /* after the flag was cleared: a later unlock sets it again */
        if (status != STATUS_LOCK_NOT_GRANTED)
            break;
        status = wait_objects(1, &object, false, false, NULL);
        if (status)
            break;
    }
    files_lock();
    ntlist_unlink(&waiter.link);
    files_unlock();
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
    struct io_request request;
    IO_STATUS_BLOCK unseen; /* DIFFERS: NULL is no error, for Wine's kernelbase gives it */
    NTSTATUS status;

    TRY(file_lookup(handle, 0, &file));
    if (!(file->access & (FILE_READ_DATA | FILE_WRITE_DATA)))
        return STATUS_ACCESS_DENIED;
    TRY(USER_GET(offset, user_offset));
    TRY(USER_GET(length, user_length));
    if (user_key)
        TRY(USER_GET(wanted.key, user_key));
    wanted.offset = (uint64_t)offset.QuadPart;
    wanted.length = (uint64_t)length.QuadPart;
    if (wanted.length && wanted.offset + (wanted.length - 1) < wanted.offset)
        return STATUS_INVALID_LOCK_RANGE;
    TRY(io_begin(&request, file, event, (void *)apc, apc_context, iosb ? iosb : &unseen));
    status = at_once ? lock_try(file, &wanted) : lock_wait(file, &wanted);
    return io_end(&request, status, 0);
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
    if (found)
        ntlist_unlink(&found->link);
    files_unlock();
    free(found);
    if (!found)
        return STATUS_RANGE_NOT_LOCKED;
    announce();
    iosb.Status = STATUS_SUCCESS;
    return user_iosb ? USER_PUT(user_iosb, iosb) : STATUS_SUCCESS; /* DIFFERS: as above */
}
