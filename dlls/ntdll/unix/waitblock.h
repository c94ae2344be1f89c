/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The inside of a wait, for the files that end or begin one in a way of their own. */
#pragma once

#include "nttime.h"
#include "ntwait.h"
#include "portico/protocol.h"

struct wait_block;

struct wait_entry {
    struct ntlist link; /* in object->waiters */
    struct nt_object *object;
    struct wait_block *block;
};

struct wait_block {
    struct wait_thread *thread;
    unsigned n_entries;
    bool all, alertable;
    bool looks_only; /* ends when an object is signalled, without acquiring it */
    /* Instead of waking a thread (dispatcher lock held): a wait without one. */
    void (*on_done)(struct wait_block *block, NTSTATUS status);
    /* The same wait's object is about to move to the server (shared.c), where the wait is to stand
     * too; on_done with STATUS_RETRY follows when all of its waits do. 0: it does not move after
     * all. */
    NTSTATUS (*on_move)(struct wait_block *block, handle_t server);
    bool done; /* dispatcher lock, as all below */
    NTSTATUS status;
    struct wait_entry entries[MAXIMUM_WAIT_OBJECTS];
};

/* Entered and left with the dispatcher lock held, released while asleep. Entries' objects and links
 * are set. */
NTSTATUS wait_block_run_locked(struct wait_block *block, const struct deadline *deadline);
void wait_finish_locked(struct wait_block *block, NTSTATUS status);

/* Sleeps until the descriptor is ready or the object is signalled (which is not acquired:
 * STATUS_SUCCESS either way). */
NTSTATUS wait_fd_or_object(int fd, short events, struct nt_object *object, bool alertable,
                           const struct deadline *deadline);

/* The same for a block with any objects; its entries are set. */
NTSTATUS wait_fd_or_objects(int fd, short events, struct wait_block *block, bool alertable,
                            const struct deadline *deadline);

/* For a sleep in libportico: until `end` an object of the block that becomes signalled makes
 * wait_interrupted return STATUS_RETRY. Nothing is acquired. */
void wait_look_begin_locked(struct wait_block *block);
void wait_look_end_locked(struct wait_block *block);
/* Sleeps until an object of the block becomes signalled: STATUS_SUCCESS; or as a wait ends. Nothing
 * is acquired. Entered and left with the lock held. */
NTSTATUS wait_look_run_locked(struct wait_block *block, const struct deadline *deadline);
void wait_block_link_locked(struct wait_block *block);
bool wait_block_try_locked(struct wait_block *block, NTSTATUS *ret_status);
/* The parts of a wait-all's try, for one that has objects elsewhere: its objects are signalled;
 * take (all or none), then acquire or untake. */
bool wait_block_take_locked(struct wait_block *block);
void wait_block_untake_locked(struct wait_block *block);
NTSTATUS wait_block_acquire_locked(struct wait_block *block);

int futex_sleep(_Atomic uint32_t *word, uint32_t value, const struct deadline *deadline);
void futex_wake_one(_Atomic uint32_t *word);

/* wait_calls.c: a reference to what a local handle waits for. */
NTSTATUS wait_object_from_handle(HANDLE handle, struct nt_object **ret_object);

/* wait_packet.c: the server has acquired its object for a standing wait. On the watcher thread. */
void wait_packet_met(uint64_t wait_id);

/* alert.c: a termination reaches a thread that waits for an alert by thread id. */
void alert_interrupt(struct wait_thread *thread);
/* key_wait.c: a termination reaches a thread that sleeps under a key. */
void key_waiter_interrupt(struct key_waiter *waiter);
/* key_wait.c: on the thread itself: it is queued under no key from here on. */
void key_waiter_leave(struct key_waiter *waiter);
/* alert.c: the exiting thread gives its slot back. */
void alert_thread_exit(void);
