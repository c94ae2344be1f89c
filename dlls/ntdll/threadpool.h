/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The thread pool's files share this.
 *
 *   tp_pool.c    pools: workers on a completion port
 *   tp_object.c  what all objects have in common: life, posting, running, waiting, cleanup groups
 *   tp_work.c    work, simple posts, RtlQueueWorkItem, what a callback may ask of its instance
 *   tp_timer.c   timers and the timer thread; tp_wait.c waits and their threads
 *   tp_io.c      sources, files associated with the pool's completion port; tp_alpc.c ALPC ports
 *   timerqueue.c, tp_legacy.c  RtlCreateTimer..., RtlRegisterWait...: older interfaces on top
 *
 * A packet in the port is {key, value}. Key 0 tells workers to look at the pool; an even key is an
 * object whose packet holds a reference and was counted in n_pending; an odd key is the id of a
 * source (a file or an ALPC port), looked up among the living ones, because the ELF half makes such
 * packets and knows no references.
 *
 * Locks: pool->lock guards the pool's and its objects' fields; timer and wait threads have a lock
 * of their own, taken before a pool's. No callback runs with a lock held.
 */
#pragma once

#include "rtl.h"

#include "nt/ntalpc.h"

enum tp_kind {
    TP_WORK_KIND,
    TP_SIMPLE_KIND,
    TP_TIMER_KIND,
    TP_WAIT_KIND,
    TP_IO_KIND,
    TP_ALPC_KIND
};

struct tp_pool {
    RTL_CRITICAL_SECTION lock;
    HANDLE port;
    LONG refs;       /* the owner's and one for each object; atomic */
    BOOL closing;    /* refs have come to 0 */
    BOOL starting;   /* a worker has been made and has not yet run */
    ULONG n_workers; /* running or starting */
    ULONG n_idle;    /* in NtRemoveIoCompletion */
    ULONG n_queued;  /* packets of ours that no worker has taken */
    ULONG n_min, n_max;
    ULONGLONG last_id; /* of sources */
    LIST_ENTRY sources;
    TP_POOL_STACK_INFORMATION stack;
};

struct tp_object {
    void *callers; /* kernelbase's CreateThreadpoolIo keeps the program's callback here */
    enum tp_kind kind;
    LONG refs; /* the owner's, one for each packet and one for each callback; atomic */
    struct tp_pool *pool;
    TP_CLEANUP_GROUP *group;
    LIST_ENTRY group_entry; /* guarded by the group's lock */
    PTP_CLEANUP_GROUP_CANCEL_CALLBACK group_cancel;
    PTP_SIMPLE_CALLBACK finalization;
    void *race_dll;
    void *callback, *context;
    ULONG n_pending, n_running; /* packets that shall run; callbacks that are associated */
    BOOL long_function;
    RTL_CONDITION_VARIABLE done; /* n_pending or n_running has come to 0 */
    ULONGLONG id;                /* odd, of a source */
    LIST_ENTRY source_entry;
    union {
        struct {
            LIST_ENTRY entry; /* guarded by the timer lock, like the rest */
            ULONGLONG due;
            ULONG period_ms;
            BOOL is_set;
        } timer;
        struct {
            HANDLE handle;
            ULONGLONG due; /* ~0: none */
            ULONG generation;
            BOOL is_set;
            struct wait_bucket *bucket;
            LIST_ENTRY entry;
        } wait;
        struct {
            BOOL has_list; /* TpAlpcRegisterCompletionList; the pool's lock */
        } alpc;
    } u;
};

/* What a callback gets. Its thread alone touches it. */
struct _TP_CALLBACK_INSTANCE {
    struct tp_object *object;
    BOOL disassociated;
    RTL_CRITICAL_SECTION *leave;
    HANDLE mutex, semaphore, event;
    ULONG semaphore_count;
    HMODULE dll;
    struct {
        HANDLE port;
        ULONG flags;
        PORT_MESSAGE *message; /* ours; NULL: none */
    } send;
};

static inline void list_init(LIST_ENTRY *list)
{
    list->Flink = list->Blink = list;
}

static inline void list_append(LIST_ENTRY *list, LIST_ENTRY *entry)
{
    entry->Flink = list;
    entry->Blink = list->Blink;
    list->Blink->Flink = entry;
    list->Blink = entry;
}

static inline void list_unlink(LIST_ENTRY *entry)
{
    entry->Blink->Flink = entry->Flink;
    entry->Flink->Blink = entry->Blink;
    list_init(entry);
}

/* Now, in 100 ns units that never go back. */
static inline ULONGLONG tp_now(void)
{
    ULONGLONG now;

    RtlQueryUnbiasedInterruptTime(&now);
    return now;
}

/* tp_pool.c */
NTSTATUS pool_default(struct tp_pool **ret_pool);
void pool_ref(struct tp_pool *pool);
void pool_unref(struct tp_pool *pool);
void pool_grow_locked(struct tp_pool *pool);
BOOL pool_can_grow_locked(struct tp_pool *pool);

/* tp_object.c */
NTSTATUS object_new(enum tp_kind kind, void *callback, void *context,
                    const TP_CALLBACK_ENVIRON *env, struct tp_object **ret_object);
void object_unref(struct tp_object *object);
/* The owner lets go: out of its group, its reference dropped. */
void object_release(struct tp_object *object);
void object_post(struct tp_object *object, ULONG_PTR value);
/* Cancel what has not begun; TRUE if there was any. */
BOOL object_cancel(struct tp_object *object);
void object_wait(struct tp_object *object, BOOL cancel);
/* On a worker: run the callback for a packet. */
void object_run(struct tp_object *object, ULONG_PTR value, IO_STATUS_BLOCK *io);

/* tp_timer.c, tp_wait.c: stop, before the owner's reference goes. */
void timer_stop(struct tp_object *object);
void wait_stop(struct tp_object *object);
/* tp_io.c */
void source_start(struct tp_object *object);
void source_release(struct tp_object *object);
void source_stop(struct tp_object *object);
struct tp_object *source_find(struct tp_pool *pool, ULONGLONG id);
/* tp_alpc.c: what TpCallbackSendAlpcMessageOnCompletion left, if anything, is sent. */
void instance_send_pending(TP_CALLBACK_INSTANCE *instance);
/* The due time of an NT time-out (NULL: never, ~0), in tp_now's units. */
ULONGLONG due_from_timeout(const LARGE_INTEGER *timeout);
