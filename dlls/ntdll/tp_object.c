/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* What the pool's objects have in common. An object posts packets, each counted in n_pending and
 * holding a reference; a worker that takes one runs the callback if the count is not zero any more
 * by a cancel (1), so cancelling is only setting the count to zero. Waiting is for both counts to
 * be zero.
 */
#include "threadpool.h"

struct _TP_CLEANUP_GROUP {
    LONG refs; /* the owner's and one for each object that was ever a member; atomic */
    RTL_CRITICAL_SECTION lock;
    LIST_ENTRY members;
};

static void group_add(TP_CLEANUP_GROUP *group, struct tp_object *object)
{
    RtlEnterCriticalSection(&group->lock);
    list_append(&group->members, &object->group_entry);
    __atomic_add_fetch(&group->refs, 1, __ATOMIC_SEQ_CST);
    RtlLeaveCriticalSection(&group->lock);
}

static void group_unref(TP_CLEANUP_GROUP *group)
{
    if (__atomic_sub_fetch(&group->refs, 1, __ATOMIC_SEQ_CST))
        return;
    RtlDeleteCriticalSection(&group->lock);
    rtl_free(group);
}

/* Out of its group, unless somebody else has taken it out. */
static BOOL group_remove(struct tp_object *object)
{
    TP_CLEANUP_GROUP *group = object->group;

    RtlEnterCriticalSection(&group->lock);
    BOOL was_member = object->group_entry.Flink != &object->group_entry;
    list_unlink(&object->group_entry);
    RtlLeaveCriticalSection(&group->lock);
    return was_member;
}

NTSTATUS object_new(enum tp_kind kind, void *callback, void *context,
                    const TP_CALLBACK_ENVIRON *env, struct tp_object **ret_object)
{
    struct tp_pool *pool = env ? (struct tp_pool *)env->Pool : NULL;
    NTSTATUS status = pool ? STATUS_SUCCESS : pool_default(&pool);

    *ret_object = NULL;
    if (status)
        return status;
    if (env && env->Version != 1 && env->Version != 3)
        return STATUS_INVALID_PARAMETER;
    struct tp_object *object = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(*object));
    if (!object)
        return STATUS_NO_MEMORY;
    object->kind = kind;
    object->refs = 1;
    object->pool = pool;
    object->callback = callback;
    object->context = context;
    list_init(&object->group_entry);
    list_init(&object->source_entry);
    pool_ref(pool);
    if (env) {
        object->group_cancel = env->CleanupGroupCancelCallback;
        object->finalization = env->FinalizationCallback;
        object->race_dll = env->RaceDll;
        object->long_function = env->u.s.LongFunction;
        if (object->race_dll)
            LdrAddRefDll(0, object->race_dll);
        if ((object->group = env->CleanupGroup))
            group_add(object->group, object);
    }
    *ret_object = object;
    return STATUS_SUCCESS;
}

void object_unref(struct tp_object *object)
{
    if (__atomic_sub_fetch(&object->refs, 1, __ATOMIC_SEQ_CST))
        return;
    struct tp_pool *pool = object->pool;
    void *dll = object->race_dll;
    if (object->group)
        group_unref(object->group);
    rtl_free(object);
    pool_unref(pool);
    if (dll)
        LdrUnloadDll(dll);
}

void object_release(struct tp_object *object)
{
    if (object->group)
        group_remove(object);
    object_unref(object);
}

void object_post(struct tp_object *object, ULONG_PTR value)
{
    struct tp_pool *pool = object->pool;

    __atomic_add_fetch(&object->refs, 1, __ATOMIC_SEQ_CST);
    RtlEnterCriticalSection(&pool->lock);
    object->n_pending++;
    pool->n_queued++;
    if (!pool->n_idle)
        pool_grow_locked(pool);
    NTSTATUS status = NtSetIoCompletion(pool->port, (ULONG_PTR)object, value, STATUS_SUCCESS, 0);
    if (status) {
        object->n_pending--;
        pool->n_queued--;
    }
    RtlLeaveCriticalSection(&pool->lock);
    if (status) {
        log_line("thread pool: a packet could not be posted: status %x", status);
        object_unref(object);
    }
}

BOOL object_cancel(struct tp_object *object)
{
    RtlEnterCriticalSection(&object->pool->lock);
    BOOL any = object->n_pending != 0;
    object->n_pending = 0; /* (1) */
    if (any && !object->n_running)
        RtlWakeAllConditionVariable(&object->done);
    RtlLeaveCriticalSection(&object->pool->lock);
    return any;
}

void object_wait(struct tp_object *object, BOOL cancel)
{
    if (cancel)
        object_cancel(object);
    RtlEnterCriticalSection(&object->pool->lock);
    while (object->n_pending || object->n_running)
        RtlSleepConditionVariableCS(&object->done, &object->pool->lock, NULL);
    RtlLeaveCriticalSection(&object->pool->lock);
}

static void call(struct tp_object *object, TP_CALLBACK_INSTANCE *instance, ULONG_PTR value,
                 IO_STATUS_BLOCK *io)
{
    typedef void(WINAPI * alpc_ex)(TP_CALLBACK_INSTANCE *, void *, void *, void *);

    switch (object->kind) {
    case TP_WORK_KIND:
        ((PTP_WORK_CALLBACK)object->callback)(instance, object->context, (TP_WORK *)object);
        break;
    case TP_SIMPLE_KIND:
        ((PTP_SIMPLE_CALLBACK)object->callback)(instance, object->context);
        break;
    case TP_TIMER_KIND:
        ((PTP_TIMER_CALLBACK)object->callback)(instance, object->context, (TP_TIMER *)object);
        break;
    case TP_WAIT_KIND:
        ((PTP_WAIT_CALLBACK)object->callback)(instance, object->context, (TP_WAIT *)object,
                                              (TP_WAIT_RESULT)value);
        break;
    case TP_IO_KIND:
        ((PTP_IO_CALLBACK)object->callback)(instance, object->context, (void *)value, io,
                                            (TP_IO *)object);
        break;
    case TP_ALPC_KIND: /* the plain callback ignores the fourth argument */
        ((alpc_ex)object->callback)(instance, object->context, object, (void *)value);
        break;
    }
}

/* What the callback asked to be done when it ends. */
static void finish(TP_CALLBACK_INSTANCE *instance)
{
    if (instance->leave)
        RtlLeaveCriticalSection(instance->leave);
    if (instance->mutex)
        NtReleaseMutant(instance->mutex, NULL);
    if (instance->semaphore)
        NtReleaseSemaphore(instance->semaphore, instance->semaphore_count, NULL);
    if (instance->event)
        NtSetEvent(instance->event, NULL);
    instance_send_pending(instance);
    if (instance->dll)
        LdrUnloadDll(instance->dll);
}

void object_run(struct tp_object *object, ULONG_PTR value, IO_STATUS_BLOCK *io)
{
    TP_CALLBACK_INSTANCE instance = {.object = object};
    struct tp_pool *pool = object->pool;
    BOOL is_source = object->id != 0;

    RtlEnterCriticalSection(&pool->lock);
    BOOL run = is_source || object->n_pending;
    if (object->n_pending) /* of a file: operations begun; of others: packets */
        object->n_pending--;
    object->n_running += run;
    RtlLeaveCriticalSection(&pool->lock);
    if (run) {
        call(object, &instance, value, io);
        if (object->finalization)
            object->finalization(&instance, object->context);
        finish(&instance);
        RtlEnterCriticalSection(&pool->lock);
        object->n_running -= !instance.disassociated;
        if (!object->n_running && !object->n_pending)
            RtlWakeAllConditionVariable(&object->done);
        RtlLeaveCriticalSection(&pool->lock);
    }
    /* A simple post has no owner but its group: whoever takes it out drops that reference. */
    if (object->kind == TP_SIMPLE_KIND && object->group && group_remove(object))
        object_unref(object);
    object_unref(object);
}

void WINAPI TpDisassociateCallback(TP_CALLBACK_INSTANCE *instance)
{
    struct tp_object *object = instance->object;

    if (instance->disassociated)
        return;
    instance->disassociated = TRUE;
    RtlEnterCriticalSection(&object->pool->lock);
    object->n_running--;
    if (!object->n_running && !object->n_pending)
        RtlWakeAllConditionVariable(&object->done);
    RtlLeaveCriticalSection(&object->pool->lock);
}

/* --- cleanup groups --- */

NTSTATUS WINAPI TpAllocCleanupGroup(TP_CLEANUP_GROUP **ret_group)
{
    TP_CLEANUP_GROUP *group = rtl_alloc(sizeof(*group));

    if (!group)
        return STATUS_NO_MEMORY;
    group->refs = 1;
    RtlInitializeCriticalSectionEx(&group->lock, 0, RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO);
    list_init(&group->members);
    *ret_group = group;
    return STATUS_SUCCESS;
}

void WINAPI TpReleaseCleanupGroup(TP_CLEANUP_GROUP *group)
{
    group_unref(group);
}

static void stop(struct tp_object *object)
{
    if (object->kind == TP_TIMER_KIND)
        timer_stop(object);
    if (object->kind == TP_WAIT_KIND)
        wait_stop(object);
    if (object->id)
        source_stop(object);
}

/* Release every member (the group takes over each owner's reference): what is pending runs first,
 * or is cancelled and told so. Members that are being made meanwhile are taken too, until the group
 * is empty.
 */
void WINAPI TpReleaseCleanupGroupMembers(TP_CLEANUP_GROUP *group, BOOL cancel,
                                         void *cleanup_context)
{
    for (;;) {
        RtlEnterCriticalSection(&group->lock);
        LIST_ENTRY *entry = group->members.Flink;
        BOOL empty = entry == &group->members;
        struct tp_object *object = NULL;
        if (!empty) {
            object = CONTAINING_RECORD(entry, struct tp_object, group_entry);
            list_unlink(entry);
        }
        RtlLeaveCriticalSection(&group->lock);
        if (empty)
            return;
        stop(object);
        if (cancel && object_cancel(object) && object->group_cancel)
            object->group_cancel(object->context, cleanup_context);
        object_wait(object, FALSE);
        object_unref(object);
    }
}
