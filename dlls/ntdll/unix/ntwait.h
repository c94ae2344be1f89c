/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Waiting for objects of this process (design section 6).
 *
 * One dispatcher lock guards the state of every local object and every waiter list. Who signals an
 * object satisfies its waiters, oldest first, on their behalf (so ownership and auto-reset are
 * decided at that moment, as NT does), and wakes each by its own wake word.
 *
 * A thread's part of it is struct wait_thread, embedded in boot's thread object; a thread that has
 * none (native tests, helper threads) gets one on first use.
 *
 * For the dispatcher at a system call's exit: a wait that ends with STATUS_USER_APC left at least
 * one entry in the APC queue: take them with wait_apc_take and enter KiUserApcDispatcher with the
 * saved context. wait_terminate makes the thread's current and every later wait return
 * STATUS_THREAD_IS_TERMINATING at once.
 */
#pragma once

#include "ntobject.h"
#include <stdint.h>

struct apc {
    struct ntlist link;
    void *function; /* PE code: void WINAPI (ULONG_PTR, ULONG_PTR, ULONG_PTR) */
    ULONG_PTR arguments[3];
    struct nt_object
        *owner; /* the APC is part of it, and the queue holds a reference; NULL: malloc'ed */
};

/* A thread's place among those that sleep under a key (key_wait.c). */
struct key_waiter {
    struct ntlist link;     /* bucket's lock */
    const void *key;        /* of the thread itself; NULL: not queued */
    bool is_queued;         /* bucket's lock */
    _Atomic uint32_t state; /* the futex */
};

struct wait_thread {
    _Atomic uint32_t wake;    /* the futex: 0 asleep or about to, 1 woken */
    atomic_bool terminating;  /* set by another thread, never cleared */
    bool alerted;             /* NtAlertThread; dispatcher lock */
    const void *io;           /* the status block of the synchronous operation in which it sleeps;
                                 dispatcher lock */
    bool io_is_cancelled;     /* that one; dispatcher lock */
    bool looked_up;           /* a looking block ended (waitblock.h); dispatcher lock */
    bool alertable;           /* sleeping alertably now; dispatcher lock */
    struct wait_block *block; /* the wait in progress; dispatcher lock */
    struct ntlist apcs;       /* struct apc; dispatcher lock */
    struct ntlist mutants;    /* owned mutants, for abandonment; dispatcher lock */
    bool owns_shared;         /* has owned one that was shared; dispatcher lock */
    int wake_fd; /* eventfd for sleeps that also watch descriptors; -1 until first used */
    uint32_t tid;
    struct key_waiter key_waiter;
    struct portico_thread
        *client; /* set by client.c when the thread first talks to the server; or NULL */
};

void wait_thread_init(struct wait_thread *thread,
                      uint32_t tid);                 /* embedded one, before the thread runs */
void wait_thread_attach(struct wait_thread *thread); /* on the thread itself, first thing */
struct wait_thread *wait_thread_current(void);
/* On the exiting thread: abandons its mutants, drops its APCs, detaches. */
void wait_thread_exit(struct wait_thread *thread);
void wait_thread_deinit(struct wait_thread *thread); /* with the thread object */
void wait_terminate(struct wait_thread *thread);

/* For a sleep elsewhere (libportico) of the calling thread: what ends it now: STATUS_SUCCESS:
 * nothing, STATUS_THREAD_IS_TERMINATING, STATUS_ALERTED, STATUS_USER_APC (its delivery is
 * arranged). */
NTSTATUS wait_interrupted(bool alertable);

/* Around the sleeps of a synchronous operation: NtCancelSynchronousIoFile ends them with
 * STATUS_CANCELLED. */
void wait_io_begin(const void *user_iosb);
void wait_io_end(void);

/* APCs. Queue: STATUS_UNSUCCESSFUL once the thread is terminating. Take: false when the queue is
 * empty. */
NTSTATUS wait_apc_queue(struct wait_thread *thread, void *function, const ULONG_PTR arguments[3]);
/* The same for an APC that is part of an object (a timer); false: the thread ends. Takes a
 * reference to the owner. */
bool wait_apc_enqueue_locked(struct wait_thread *thread, struct apc *apc);
bool wait_apc_take(struct wait_thread *thread, struct apc *ret_apc);

/* A dispatcher-wide lock; leaf of all locks but the page lock. */
void dispatcher_lock(void);
void dispatcher_unlock(void);
/* The object's state has become better: satisfy whoever can be (lock held). */
void dispatcher_wake_locked(struct nt_object *object);

/* A ready-made notification state: threads and processes signalled once, for ever. */
struct notification {
    struct nt_object header;
    bool signaled; /* dispatcher lock */
};
bool notification_is_signaled(struct nt_object *object, struct wait_thread *waiter);
void notification_signal(struct notification *notification);

/* Waits without a handle: any or all of n objects; timeout as NT's (NULL: for ever). */
NTSTATUS wait_objects(unsigned n_objects, struct nt_object *const *objects, bool all,
                      bool alertable, const LARGE_INTEGER *timeout);
/* The same; STATUS_RETRY: one of them has moved to the server (shared.h), whose part in it is
 * wait_mixed's. */
struct deadline;
NTSTATUS wait_objects_until(unsigned n_objects, struct nt_object *const *objects, bool all,
                            bool alertable, const struct deadline *deadline);
/* Sleeps until `fd` is ready for poll's `events`, the thread is terminated, or (alertable) an APC
 * comes: STATUS_SUCCESS, STATUS_TIMEOUT, STATUS_USER_APC, STATUS_ALERTED,
 * STATUS_THREAD_IS_TERMINATING. */
NTSTATUS wait_fd(int fd, short events, bool alertable, const LARGE_INTEGER *timeout);
