/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* LdrRegisterDllNotification: callbacks when a DLL has been mapped and bound, and before one is
 * unmapped. They run under the loader lock, as on Windows. */

#include "ntdll.h"

#include "ldr.h"

struct notification {
    struct notification *next;
    PLDR_DLL_NOTIFICATION_FUNCTION callback;
    void *context;
};

/* Guard: loader lock. */
static struct notification *notifications;

void notify_module(struct module *module, ULONG reason)
{
    LDR_DLL_NOTIFICATION_DATA data = {0};
    struct notification *notification, *next;

    /* Both halves of the union have the same layout. */
    data.Loaded.FullDllName = &module->entry.FullDllName;
    data.Loaded.BaseDllName = &module->entry.BaseDllName;
    data.Loaded.DllBase = module->entry.DllBase;
    data.Loaded.SizeOfImage = module->entry.SizeOfImage;
    for (notification = notifications; notification; notification = next) {
        next = notification->next;
        notification->callback(reason, &data, notification->context);
    }
}

NTSTATUS WINAPI LdrRegisterDllNotification(ULONG flags, PLDR_DLL_NOTIFICATION_FUNCTION callback,
                                           void *context, void **ret_cookie)
{
    struct notification *added, **last;

    if (flags || !callback || !ret_cookie)
        return STATUS_INVALID_PARAMETER;
    added = RtlAllocateHeap(process_heap(), HEAP_ZERO_MEMORY, sizeof(*added));
    if (!added)
        return STATUS_NO_MEMORY;
    added->callback = callback;
    added->context = context;
    RtlEnterCriticalSection(&loader_lock);
    for (last = &notifications; *last; last = &(*last)->next)
        ;
    *last = added;
    RtlLeaveCriticalSection(&loader_lock);
    *ret_cookie = added;
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI LdrUnregisterDllNotification(void *cookie)
{
    struct notification **at, *found = NULL;

    RtlEnterCriticalSection(&loader_lock);
    for (at = &notifications; *at && *at != cookie; at = &(*at)->next)
        ;
    found = *at;
    if (found)
        *at = found->next;
    RtlLeaveCriticalSection(&loader_lock);
    RtlFreeHeap(process_heap(), 0, found);
    return found ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}
