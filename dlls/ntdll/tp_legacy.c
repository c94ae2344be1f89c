/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

/* Older interfaces on the pool: work items, registered waits, completion callbacks. */
#include "threadpool.h"

/* --- work items --- */

struct work_item {
    PRTL_WORK_ITEM_ROUTINE function;
    void *context;
};

static void WINAPI work_item_run(TP_CALLBACK_INSTANCE *instance, void *arg)
{
    struct work_item item = *(struct work_item *)arg;

    (void)instance;
    rtl_free(arg);
    item.function(item.context);
}

NTSTATUS WINAPI RtlQueueWorkItem(PRTL_WORK_ITEM_ROUTINE function, void *context, ULONG flags)
{
    TP_CALLBACK_ENVIRON env = {.Version = 1};
    struct work_item *item = rtl_alloc(sizeof(*item));

    if (!item)
        return STATUS_NO_MEMORY;
    *item = (struct work_item){function, context};
    env.u.s.LongFunction = (flags & WT_EXECUTELONGFUNCTION) != 0;
    env.u.s.Persistent = (flags & WT_EXECUTEINPERSISTENTTHREAD) != 0;
    NTSTATUS status = TpSimpleTryPost(work_item_run, item, &env);
    if (status)
        rtl_free(item);
    return status;
}

/* --- registered waits: set again after each callback, unless asked for once --- */

struct registered_wait {
    TP_WAIT *wait;
    HANDLE object;
    RTL_WAITORTIMERCALLBACKFUNC callback;
    void *context;
    ULONG ms, flags;
    RTL_CRITICAL_SECTION lock;
    BOOL deleted; /* guarded by lock, like the rest */
    ULONG n_running;
    HANDLE thread, done;
};

static void wait_arm(struct registered_wait *wait)
{
    LARGE_INTEGER timeout = {.QuadPart = wait->ms * -10000ll};

    TpSetWait(wait->wait, wait->object, wait->ms == INFINITE ? NULL : &timeout);
}

static void wait_free(struct registered_wait *wait)
{
    HANDLE done = wait->done;

    TpReleaseWait(wait->wait);
    RtlDeleteCriticalSection(&wait->lock);
    rtl_free(wait);
    if (done)
        NtSetEvent(done, NULL);
}

static void WINAPI wait_fired(TP_CALLBACK_INSTANCE *instance, void *context, TP_WAIT *handle,
                              TP_WAIT_RESULT result)
{
    struct registered_wait *wait = context;

    (void)instance;
    (void)handle;
    RtlEnterCriticalSection(&wait->lock);
    wait->n_running++;
    wait->thread = teb()->ClientId.UniqueThread;
    RtlLeaveCriticalSection(&wait->lock);
    wait->callback(wait->context, result == WAIT_TIMEOUT);
    RtlEnterCriticalSection(&wait->lock);
    wait->n_running--;
    wait->thread = NULL;
    if (!wait->deleted && !(wait->flags & WT_EXECUTEONLYONCE))
        wait_arm(wait);
    BOOL last = wait->deleted && !wait->n_running;
    RtlLeaveCriticalSection(&wait->lock);
    if (last)
        wait_free(wait);
}

NTSTATUS WINAPI RtlRegisterWait(HANDLE *ret_wait, HANDLE object,
                                RTL_WAITORTIMERCALLBACKFUNC callback, void *context, ULONG ms,
                                ULONG flags)
{
    TP_CALLBACK_ENVIRON env = {.Version = 1};
    struct registered_wait *wait = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(*wait));

    if (!wait)
        return STATUS_NO_MEMORY;
    env.u.s.LongFunction = (flags & WT_EXECUTELONGFUNCTION) != 0;
    wait->object = object;
    wait->callback = callback;
    wait->context = context;
    wait->ms = ms;
    wait->flags = flags;
    RtlInitializeCriticalSectionEx(&wait->lock, 0, RTL_CRITICAL_SECTION_FLAG_NO_DEBUG_INFO);
    NTSTATUS status = TpAllocWait(&wait->wait, wait_fired, wait, &env);
    if (status) {
        rtl_free(wait);
        return status;
    }
    *ret_wait = wait;
    wait_arm(wait);
    return STATUS_SUCCESS;
}

/* Nothing is called after this; a callback that runs is waited for (INVALID_HANDLE_VALUE), signals
 * the event when it ends, or is left alone (NULL: STATUS_PENDING).
 */
NTSTATUS WINAPI RtlDeregisterWaitEx(HANDLE handle, HANDLE event)
{
    struct registered_wait *wait = handle;

    if (!wait)
        return STATUS_INVALID_HANDLE;
    /* A callback that is under way in the pool but has not begun here is waited for below, so that
     * the structure outlives it; one that runs frees it. */
    RtlEnterCriticalSection(&wait->lock);
    wait->flags |= WT_EXECUTEONLYONCE; /* not to be set again */
    RtlLeaveCriticalSection(&wait->lock);
    TpSetWait(wait->wait, NULL, NULL);
    object_cancel((struct tp_object *)wait->wait);
    RtlEnterCriticalSection(&wait->lock);
    BOOL inside = wait->thread == teb()->ClientId.UniqueThread;
    if (!inside && event == INVALID_HANDLE_VALUE) {
        RtlLeaveCriticalSection(&wait->lock);
        TpWaitForWait(wait->wait, TRUE);
        wait_free(wait);
        return STATUS_SUCCESS;
    }
    while (!wait->n_running && ((struct tp_object *)wait->wait)->n_running) {
        RtlLeaveCriticalSection(&wait->lock);
        NtYieldExecution();
        RtlEnterCriticalSection(&wait->lock);
    }
    wait->deleted = TRUE;
    wait->done = event == INVALID_HANDLE_VALUE ? NULL : event;
    BOOL busy = wait->n_running != 0;
    RtlLeaveCriticalSection(&wait->lock);
    if (!busy)
        wait_free(wait);
    return busy ? STATUS_PENDING : STATUS_SUCCESS;
}

NTSTATUS WINAPI RtlDeregisterWait(HANDLE handle)
{
    return RtlDeregisterWaitEx(handle, NULL);
}

/* --- completion callbacks of files --- */

static void WINAPI io_completed(TP_CALLBACK_INSTANCE *instance, void *context, void *value,
                                IO_STATUS_BLOCK *io, TP_IO *handle)
{
    PRTL_OVERLAPPED_COMPLETION_ROUTINE callback = (PRTL_OVERLAPPED_COMPLETION_ROUTINE)context;

    (void)instance;
    (void)handle;
    callback(RtlNtStatusToDosError(io->Status), (DWORD)io->Information, value);
}

/* The association lives as long as the file; nobody can end it, as on Windows. */
NTSTATUS WINAPI RtlSetIoCompletionCallback(HANDLE file, PRTL_OVERLAPPED_COMPLETION_ROUTINE callback,
                                           ULONG flags)
{
    TP_IO *io;

    (void)flags;
    return TpAllocIoCompletion(&io, file, io_completed, (void *)callback, NULL);
}
