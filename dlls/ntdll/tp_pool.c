/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Pools and their workers. Workers wait on the pool's completion port; one that takes a packet
 * while nobody else waits and more is queued (or a source could bring more) first starts another,
 * so that blocked callbacks never hold up the rest. Only one worker is being started at a time,
 * which keeps a burst of short work from making a crowd. A worker that has had nothing to do for a
 * while ends, unless it is the last that listens to sources or one of the minimum.
 */
#include "threadpool.h"

enum { WORKERS_MAX = 500 };
#define IDLE_TICKS (-10ll * 10000000) /* 10 s */

static struct tp_pool *default_pool;
static RTL_SRWLOCK default_lock;

static void WINAPI worker_main(void *arg);

/* The lock is held. A failure leaves the work to those that run. */
void pool_grow_locked(struct tp_pool *pool)
{
    HANDLE thread;

    if (pool->starting || pool->closing || pool->n_workers >= pool->n_max)
        return;
    pool->starting = TRUE;
    pool->n_workers++;
    NTSTATUS status =
        RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, pool->stack.StackReserve,
                            pool->stack.StackCommit, worker_main, pool, &thread, NULL);
    if (!status) {
        NtClose(thread);
        return;
    }
    pool->starting = FALSE;
    pool->n_workers--;
    if (!pool->n_workers)
        log_line("thread pool: no worker could be started: status %x", status);
}

BOOL pool_can_grow_locked(struct tp_pool *pool)
{
    return pool->n_idle > 0 || pool->n_workers < pool->n_max;
}

static void pool_free(struct tp_pool *pool)
{
    NtClose(pool->port);
    RtlDeleteCriticalSection(&pool->lock);
    rtl_free(pool);
}

void pool_ref(struct tp_pool *pool)
{
    __atomic_add_fetch(&pool->refs, 1, __ATOMIC_SEQ_CST);
}

/* The last reference tells the workers to go; the last of those frees the pool. */
void pool_unref(struct tp_pool *pool)
{
    if (__atomic_sub_fetch(&pool->refs, 1, __ATOMIC_SEQ_CST))
        return;
    RtlEnterCriticalSection(&pool->lock);
    pool->closing = TRUE;
    ULONG n_workers = pool->n_workers;
    for (ULONG i = 0; i < n_workers; i++)
        NtSetIoCompletion(pool->port, 0, 0, STATUS_SUCCESS, 0);
    RtlLeaveCriticalSection(&pool->lock);
    if (!n_workers)
        pool_free(pool);
}

static BOOL worker_may_end(struct tp_pool *pool)
{
    if (pool->closing)
        return TRUE;
    if (pool->n_queued > pool->n_idle || pool->n_workers <= pool->n_min)
        return FALSE;
    return pool->sources.Flink == &pool->sources || pool->n_idle > 0;
}

/* Wait for a packet. FALSE: this worker shall end, and is no longer counted. */
static BOOL worker_next(struct tp_pool *pool, ULONG_PTR *key, ULONG_PTR *value, IO_STATUS_BLOCK *io)
{
    for (;;) {
        LARGE_INTEGER timeout = {.QuadPart = IDLE_TICKS};

        RtlEnterCriticalSection(&pool->lock);
        /* The minimum and the last listener sleep without waking up now and then. */
        BOOL for_ever = pool->n_workers <= pool->n_min ||
                        (pool->sources.Flink != &pool->sources && !pool->n_idle);
        BOOL end = pool->closing;
        pool->n_idle += !end;
        pool->n_workers -= end;
        BOOL last = end && !pool->n_workers;
        RtlLeaveCriticalSection(&pool->lock);
        if (end) {
            if (last)
                pool_free(pool);
            return FALSE;
        }
        NTSTATUS status =
            NtRemoveIoCompletion(pool->port, key, value, io, for_ever ? NULL : &timeout);
        RtlEnterCriticalSection(&pool->lock);
        pool->n_idle--;
        BOOL is_packet = status == STATUS_SUCCESS && *key;
        if (is_packet && !(*key & 1))
            pool->n_queued--;
        end = !is_packet && worker_may_end(pool);
        pool->n_workers -= end;
        last = end && pool->closing && !pool->n_workers;
        if (is_packet && !pool->n_idle && (pool->n_queued || pool->sources.Flink != &pool->sources))
            pool_grow_locked(pool);
        RtlLeaveCriticalSection(&pool->lock);
        if (last)
            pool_free(pool);
        if (is_packet || end)
            return is_packet;
    }
}

static void WINAPI worker_main(void *arg)
{
    struct tp_pool *pool = arg;
    ULONG_PTR key, value;
    IO_STATUS_BLOCK io;

    RtlEnterCriticalSection(&pool->lock);
    pool->starting = FALSE;
    RtlLeaveCriticalSection(&pool->lock);
    while (worker_next(pool, &key, &value, &io)) {
        struct tp_object *object = key & 1 ? source_find(pool, key) : (struct tp_object *)key;
        if (object)
            object_run(object, value, &io);
    }
    RtlExitUserThread(0);
}

NTSTATUS WINAPI TpAllocPool(TP_POOL **ret_pool, void *reserved)
{
    struct tp_pool *pool = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(*pool));

    if (reserved)
        return STATUS_INVALID_PARAMETER;
    if (!pool)
        return STATUS_NO_MEMORY;
    NTSTATUS status = NtCreateIoCompletion(&pool->port, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    if (status) {
        rtl_free(pool);
        return status;
    }
    RtlInitializeCriticalSectionEx(&pool->lock, 1000, RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO);
    pool->refs = 1;
    pool->n_max = WORKERS_MAX;
    list_init(&pool->sources);
    *ret_pool = (TP_POOL *)pool;
    return STATUS_SUCCESS;
}

void WINAPI TpReleasePool(TP_POOL *pool)
{
    pool_unref((struct tp_pool *)pool);
}

/* The process's own pool, which lives for ever. */
NTSTATUS pool_default(struct tp_pool **ret_pool)
{
    NTSTATUS status = STATUS_SUCCESS;

    *ret_pool = __atomic_load_n(&default_pool, __ATOMIC_ACQUIRE);
    if (*ret_pool)
        return STATUS_SUCCESS;
    RtlAcquireSRWLockExclusive(&default_lock);
    if (!default_pool) {
        TP_POOL *pool;
        status = TpAllocPool(&pool, NULL);
        if (!status)
            __atomic_store_n(&default_pool, (struct tp_pool *)pool, __ATOMIC_RELEASE);
    }
    *ret_pool = default_pool;
    RtlReleaseSRWLockExclusive(&default_lock);
    return status;
}

void WINAPI TpSetPoolMaxThreads(TP_POOL *handle, DWORD n_max)
{
    struct tp_pool *pool = (struct tp_pool *)handle;

    RtlEnterCriticalSection(&pool->lock);
    pool->n_max = n_max ? n_max : 1;
    if (pool->n_min > pool->n_max)
        pool->n_min = pool->n_max;
    RtlLeaveCriticalSection(&pool->lock);
}

BOOL WINAPI TpSetPoolMinThreads(TP_POOL *handle, DWORD n_min)
{
    struct tp_pool *pool = (struct tp_pool *)handle;

    RtlEnterCriticalSection(&pool->lock);
    pool->n_min = n_min;
    if (pool->n_max < n_min)
        pool->n_max = n_min;
    while (pool->n_workers < n_min) {
        ULONG n_before = pool->n_workers;

        pool->starting = FALSE; /* a minimum is started at once, not one after the other */
        pool_grow_locked(pool);
        if (pool->n_workers == n_before)
            break;
    }
    BOOL done = pool->n_workers >= n_min;
    RtlLeaveCriticalSection(&pool->lock);
    return done;
}

NTSTATUS WINAPI TpSetPoolStackInformation(TP_POOL *handle, TP_POOL_STACK_INFORMATION *info)
{
    struct tp_pool *pool = (struct tp_pool *)handle;

    RtlEnterCriticalSection(&pool->lock);
    pool->stack = *info;
    RtlLeaveCriticalSection(&pool->lock);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI TpQueryPoolStackInformation(TP_POOL *handle, TP_POOL_STACK_INFORMATION *info)
{
    struct tp_pool *pool = (struct tp_pool *)handle;

    RtlEnterCriticalSection(&pool->lock);
    *info = pool->stack;
    RtlLeaveCriticalSection(&pool->lock);
    return STATUS_SUCCESS;
}
