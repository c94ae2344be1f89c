/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Calls of Wine's DLLs into their Unix side, which is not here.
 *
 * Such a DLL looks the variable __wine_unix_call_dispatcher up when it is loaded and asks
 * NtQueryVirtualMemory for a handle. Most live without, and call with none. Some get one
 * (dlls/ntdll/unix/virtual_query.c): crypt32, which would not start, and with it rsaenh, from which
 * programs take random numbers; and bcrypt, dnsapi, netapi32 and secur32, which would not say what
 * they lack. The handle is the DLL's base; without one the DLL is known by where it calls from. The
 * dispatcher is this function, which says the DLL's name and the number of the call, once, and
 * fails. While a DLL starts or ends it only tells its Unix side to do so too, which is nothing to
 * do. */

#include "ntdll.h"

#include "ldr.h"

enum { CALLS_SAID_MAX = 64 };

/* loader_lock is held. */
static bool is_said(const void *base, unsigned code)
{
    static struct {
        const void *base;
        unsigned code;
    } said[CALLS_SAID_MAX];
    unsigned i;

    for (i = 0; i < CALLS_SAID_MAX && said[i].base; i++)
        if (said[i].base == base && said[i].code == code)
            return true;
    if (i < CALLS_SAID_MAX) {
        said[i].code = code;
        said[i].base = base;
    }
    return false;
}

static NTSTATUS WINAPI unix_call_refuse(UINT64 handle, unsigned code, void *arguments)
{
    const void *caller = __builtin_return_address(0);
    NTSTATUS status = STATUS_SUCCESS;
    struct module *module;

    (void)arguments;
    RtlEnterCriticalSection(&loader_lock);
    module =
        handle ? module_from_base((const void *)(ULONG_PTR)handle) : module_from_address(caller);
    if (module && (module->entry.Flags & LDR_PROCESS_ATTACHED) && !ldr_data.ShutdownInProgress) {
        status = STATUS_NOT_SUPPORTED;
        if (!is_said(module->entry.DllBase, code))
            log_line("%S: call %u of its Unix side, which is not here, fails",
                     module->entry.BaseDllName.Buffer, code);
    }
    RtlLeaveCriticalSection(&loader_lock);
    return status;
}

void *__wine_unix_call_dispatcher = unix_call_refuse;
