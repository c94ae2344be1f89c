/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* A thread's part in waiting: its wake word, its APC queue, alerts, termination.
 *
 * APCs run when the thread waits alertably or calls NtTestAlert; the wait returns STATUS_USER_APC
 * and the system call dispatcher takes them one by one into KiUserApcDispatcher. An APC that
 * arrives before the wait makes the wait return at once, and an alert comes before an APC, as on
 * NT.
 */
#include "mutant.h"
#include "ntprocess.h"
#include "ntwait.h"
#include "usermem.h"
#include "waitblock.h"
#include <portico/portico.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static __thread struct wait_thread *current;

void wait_thread_init(struct wait_thread *thread, uint32_t tid)
{
    *thread = (struct wait_thread){.wake_fd = -1, .tid = tid};
    ntlist_init(&thread->apcs);
    ntlist_init(&thread->mutants);
    ntlist_init(&thread->key_waiter.link);
}

void wait_thread_attach(struct wait_thread *thread)
{
    current = thread;
    if (!thread->tid)
        thread->tid = (uint32_t)syscall(SYS_gettid);
}

struct wait_thread *wait_thread_current(void)
{
    /* A thread that boot did not make (a native test's): its state lives as long as the process. */
    if (!current) {
        struct wait_thread *thread = malloc(sizeof(*thread));

        if (!thread)
            abort();
        wait_thread_init(thread, 0);
        wait_thread_attach(thread);
    }
    return current;
}

/* The thread may be asleep in libportico, which asks wait_interrupted then. */
static void client_interrupt_locked(struct wait_thread *thread)
{
    if (thread->client)
        portico_thread_interrupt(thread->client);
}

void wait_terminate(struct wait_thread *thread)
{
    atomic_store(&thread->terminating, true);
    dispatcher_lock();
    if (thread->block)
        wait_finish_locked(thread->block, STATUS_THREAD_IS_TERMINATING);
    client_interrupt_locked(thread);
    dispatcher_unlock();
    alert_interrupt(thread);
    key_waiter_interrupt(&thread->key_waiter);
}

bool wait_apc_enqueue_locked(struct wait_thread *thread, struct apc *apc)
{
    if (atomic_load(&thread->terminating))
        return false;
    if (apc->owner)
        nt_object_ref(apc->owner);
    ntlist_append(&thread->apcs, &apc->link);
    if (thread->block && thread->alertable)
        wait_finish_locked(thread->block, STATUS_USER_APC);
    client_interrupt_locked(thread);
    return true;
}

NTSTATUS wait_apc_queue(struct wait_thread *thread, void *function, const ULONG_PTR arguments[3])
{
    struct apc *apc = malloc(sizeof(*apc));
    NTSTATUS status = STATUS_SUCCESS;

    if (!apc)
        return STATUS_NO_MEMORY;
    *apc =
        (struct apc){.function = function, .arguments = {arguments[0], arguments[1], arguments[2]}};
    dispatcher_lock();
    if (wait_apc_enqueue_locked(thread, apc))
        apc = NULL;
    else
        status = STATUS_UNSUCCESSFUL;
    dispatcher_unlock();
    free(apc);
    return status;
}

bool wait_apc_take(struct wait_thread *thread, struct apc *ret_apc)
{
    struct apc *apc = NULL;

    dispatcher_lock();
    if (!ntlist_is_empty(&thread->apcs)) {
        apc = ntlist_entry(thread->apcs.next, struct apc, link);
        ntlist_unlink(&apc->link);
        *ret_apc = *apc; /* now: a timer may fill its own anew as soon as the lock is free */
    }
    dispatcher_unlock();
    if (!apc)
        return false;
    if (ret_apc->owner)
        nt_object_unref(ret_apc->owner);
    else
        free(apc);
    return true;
}

void wait_thread_exit(struct wait_thread *thread)
{
    struct apc apc;

    atomic_store(&thread->terminating, true);
    key_waiter_leave(&thread->key_waiter);
    mutants_abandon(thread);
    while (wait_apc_take(thread, &apc))
        ;
    if (thread->wake_fd >= 0)
        close(thread->wake_fd);
    thread->wake_fd = -1;
    dispatcher_lock();
    thread->client = NULL; /* nobody interrupts what libportico is about to free */
    dispatcher_unlock();
    alert_thread_exit();
    current = NULL;
}

void wait_thread_deinit(struct wait_thread *thread)
{
    struct apc apc;

    while (wait_apc_take(thread, &apc)) /* queued to a thread that never ran */
        ;
}

/* The wait state behind a thread handle, with a reference to its object. */
static NTSTATUS thread_lookup(HANDLE handle, ACCESS_MASK access, struct nt_object **ret_object,
                              struct wait_thread **ret_thread)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;

    TRY(handle_lookup(handle, access, NULL, &object));
    *ret_thread = thread_wait_state ? thread_wait_state(object) : NULL;
    if (!*ret_thread)
        return STATUS_OBJECT_TYPE_MISMATCH;
    *ret_object = object;
    object = NULL;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI NtQueueApcThread(HANDLE handle, PNTAPCFUNC function, ULONG_PTR argument1,
                                 ULONG_PTR argument2, ULONG_PTR argument3)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    struct wait_thread *thread;

    TRY(thread_lookup(handle, THREAD_SET_CONTEXT, &object, &thread));
    return wait_apc_queue(thread, (void *)function, (ULONG_PTR[]){argument1, argument2, argument3});
}

NTSTATUS WINAPI NtAlertThread(HANDLE handle)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    struct wait_thread *thread;

    TRY(thread_lookup(handle, THREAD_ALERT, &object, &thread));
    dispatcher_lock();
    if (thread->block && thread->alertable)
        wait_finish_locked(thread->block, STATUS_ALERTED);
    else
        thread->alerted = true;
    client_interrupt_locked(thread);
    dispatcher_unlock();
    return STATUS_SUCCESS;
}

void wait_io_begin(const void *user_iosb)
{
    struct wait_thread *thread = wait_thread_current();

    dispatcher_lock();
    thread->io = user_iosb;
    thread->io_is_cancelled = false;
    dispatcher_unlock();
}

void wait_io_end(void)
{
    struct wait_thread *thread = wait_thread_current();

    dispatcher_lock();
    thread->io = NULL;
    thread->io_is_cancelled = false;
    dispatcher_unlock();
}

/* An operation that does not sleep yet has ended or will see it before it sleeps. */
NTSTATUS WINAPI NtCancelSynchronousIoFile(HANDLE handle, PIO_STATUS_BLOCK which,
                                          PIO_STATUS_BLOCK user_iosb)
{
    _cleanup_nt_(nt_object_unrefp) struct nt_object *object = NULL;
    IO_STATUS_BLOCK iosb = {.Information = 0};
    struct wait_thread *thread;

    TRY(thread_lookup(handle, THREAD_TERMINATE, &object, &thread));
    dispatcher_lock();
    iosb.Status = thread->io && (!which || thread->io == which) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
    if (!iosb.Status) {
        thread->io_is_cancelled = true;
        if (thread->block)
            wait_finish_locked(thread->block, STATUS_CANCELLED);
    }
    dispatcher_unlock();
    TRY(USER_PUT(user_iosb, iosb));
    return iosb.Status;
}

NTSTATUS WINAPI NtTestAlert(void)
{
    struct wait_thread *thread = wait_thread_current();
    NTSTATUS status = STATUS_SUCCESS;

    dispatcher_lock();
    if (thread->alerted)
        status = STATUS_ALERTED;
    else if (!ntlist_is_empty(&thread->apcs))
        status = STATUS_USER_APC;
    thread->alerted = false;
    dispatcher_unlock();
    if (status == STATUS_USER_APC) {
        if (thread_deliver_apcs)
            thread_deliver_apcs();
        status = STATUS_SUCCESS;
    }
    return status;
}
