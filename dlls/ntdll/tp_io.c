/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Sources: files and ALPC ports whose packets come to the pool's completion port from the ELF half.
 * The packet's key is the source's id, which is found only while the source lives, so a packet that
 * arrives late is dropped.
 *
 * For a file n_pending counts the operations begun (TpStartAsyncIoOperation). ALPC ports:
 * tp_alpc.c.
 */
#include "threadpool.h"

/* Enter the list of sources; packets may come from now on, so somebody must listen. */
void source_start(struct tp_object *object)
{
    struct tp_pool *pool = object->pool;

    RtlEnterCriticalSection(&pool->lock);
    object->id = ++pool->last_id * 2 + 1;
    list_append(&pool->sources, &object->source_entry);
    if (!pool->n_idle)
        pool_grow_locked(pool);
    RtlLeaveCriticalSection(&pool->lock);
}

void source_stop(struct tp_object *object)
{
    RtlEnterCriticalSection(&object->pool->lock);
    list_unlink(&object->source_entry);
    RtlLeaveCriticalSection(&object->pool->lock);
}

/* With a reference, which object_run drops. */
struct tp_object *source_find(struct tp_pool *pool, ULONGLONG id)
{
    struct tp_object *found = NULL;

    RtlEnterCriticalSection(&pool->lock);
    for (LIST_ENTRY *e = pool->sources.Flink; e != &pool->sources && !found; e = e->Flink)
        if (CONTAINING_RECORD(e, struct tp_object, source_entry)->id == id)
            found = CONTAINING_RECORD(e, struct tp_object, source_entry);
    if (found)
        __atomic_add_fetch(&found->refs, 1, __ATOMIC_SEQ_CST);
    RtlLeaveCriticalSection(&pool->lock);
    return found;
}

void source_release(struct tp_object *object)
{
    source_stop(object);
    object_release(object);
}

NTSTATUS WINAPI TpAllocIoCompletion(TP_IO **ret_io, HANDLE file, PTP_IO_CALLBACK callback,
                                    void *context, TP_CALLBACK_ENVIRON *env)
{
    struct tp_object *object;
    IO_STATUS_BLOCK io;
    NTSTATUS status = object_new(TP_IO_KIND, (void *)callback, context, env, &object);

    if (status)
        return status;
    source_start(object);
    FILE_COMPLETION_INFORMATION info = {object->pool->port, object->id};
    status = NtSetInformationFile(file, &io, &info, sizeof(info), FileCompletionInformation);
    if (status)
        source_release(object);
    else
        *ret_io = (TP_IO *)object;
    return status;
}

void WINAPI TpStartAsyncIoOperation(TP_IO *io)
{
    struct tp_object *object = (struct tp_object *)io;

    RtlEnterCriticalSection(&object->pool->lock);
    object->n_pending++;
    RtlLeaveCriticalSection(&object->pool->lock);
}

/* The operation failed at once: no packet will come for it. */
void WINAPI TpCancelAsyncIoOperation(TP_IO *io)
{
    struct tp_object *object = (struct tp_object *)io;

    RtlEnterCriticalSection(&object->pool->lock);
    if (object->n_pending)
        object->n_pending--;
    if (!object->n_pending && !object->n_running)
        RtlWakeAllConditionVariable(&object->done);
    RtlLeaveCriticalSection(&object->pool->lock);
}

void WINAPI TpWaitForIoCompletion(TP_IO *io, BOOL cancel)
{
    object_wait((struct tp_object *)io, cancel);
}

void WINAPI TpReleaseIoCompletion(TP_IO *io)
{
    source_release((struct tp_object *)io);
}
