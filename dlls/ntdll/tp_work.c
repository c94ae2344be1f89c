/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Work, simple posts and what a callback may ask of its instance. */
#include "threadpool.h"

NTSTATUS WINAPI TpAllocWork(TP_WORK **ret_work, PTP_WORK_CALLBACK callback, void *context,
                            TP_CALLBACK_ENVIRON *env)
{
    struct tp_object *object;
    NTSTATUS status = object_new(TP_WORK_KIND, (void *)callback, context, env, &object);

    if (!status)
        *ret_work = (TP_WORK *)object;
    return status;
}

void WINAPI TpPostWork(TP_WORK *work)
{
    object_post((struct tp_object *)work, 0);
}

void WINAPI TpWaitForWork(TP_WORK *work, BOOL cancel)
{
    object_wait((struct tp_object *)work, cancel);
}

void WINAPI TpReleaseWork(TP_WORK *work)
{
    object_release((struct tp_object *)work);
}

/* One callback without an object of the caller's. In a group it stays a member until it has run. */
NTSTATUS WINAPI TpSimpleTryPost(PTP_SIMPLE_CALLBACK callback, void *context,
                                TP_CALLBACK_ENVIRON *env)
{
    struct tp_object *object;
    NTSTATUS status = object_new(TP_SIMPLE_KIND, (void *)callback, context, env, &object);

    if (status)
        return status;
    object_post(object, 0);
    if (!object->group) /* else the group keeps the first reference */
        object_release(object);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI TpCallbackMayRunLong(TP_CALLBACK_INSTANCE *instance)
{
    struct tp_pool *pool = instance->object->pool;

    RtlEnterCriticalSection(&pool->lock);
    BOOL room = pool_can_grow_locked(pool);
    if (room && !pool->n_idle)
        pool_grow_locked(pool);
    RtlLeaveCriticalSection(&pool->lock);
    return room ? STATUS_SUCCESS : STATUS_TOO_MANY_THREADS;
}

void WINAPI TpCallbackLeaveCriticalSectionOnCompletion(TP_CALLBACK_INSTANCE *instance,
                                                       RTL_CRITICAL_SECTION *cs)
{
    instance->leave = cs;
}

void WINAPI TpCallbackReleaseMutexOnCompletion(TP_CALLBACK_INSTANCE *instance, HANDLE mutex)
{
    instance->mutex = mutex;
}

void WINAPI TpCallbackReleaseSemaphoreOnCompletion(TP_CALLBACK_INSTANCE *instance, HANDLE semaphore,
                                                   DWORD count)
{
    instance->semaphore = semaphore;
    instance->semaphore_count = count;
}

void WINAPI TpCallbackSetEventOnCompletion(TP_CALLBACK_INSTANCE *instance, HANDLE event)
{
    instance->event = event;
}

void WINAPI TpCallbackUnloadDllOnCompletion(TP_CALLBACK_INSTANCE *instance, HMODULE module)
{
    instance->dll = module;
}
