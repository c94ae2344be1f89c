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
static unsigned
    n_walkers; /* while there are some, one that is taken back stays, without callback */

static void notifications_tidy(void)
{
    struct notification **at = &notifications;

    while (*at && !n_walkers) {
        struct notification *notification = *at;

        if (notification->callback) {
            at = &notification->next;
            continue;
        }
        *at = notification->next;
        RtlFreeHeap(process_heap(), 0, notification);
    }
}

void notify_module(struct module *module, ULONG reason)
{
    LDR_DLL_NOTIFICATION_DATA data = {0};
    struct notification *notification;

    /* Both halves of the union have the same layout. */
    data.Loaded.FullDllName = &module->entry.FullDllName;
    data.Loaded.BaseDllName = &module->entry.BaseDllName;
    data.Loaded.DllBase = module->entry.DllBase;
    data.Loaded.SizeOfImage = module->entry.SizeOfImage;
    n_walkers++;
    for (notification = notifications; notification; notification = notification->next)
        if (notification->callback)
            notification->callback(reason, &data, notification->context);
    n_walkers--;
    notifications_tidy();
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
    struct notification *at;

    RtlEnterCriticalSection(&loader_lock);
    for (at = notifications; at && at != cookie; at = at->next)
        ;
    if (at)
        at->callback = NULL;
    notifications_tidy();
    RtlLeaveCriticalSection(&loader_lock);
    return at ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}
