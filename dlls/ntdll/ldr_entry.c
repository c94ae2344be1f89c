/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Calling what a module brings: DllMain and TLS callbacks. Guard: loader lock.
 *
 * An exception in one of them ends it and no more, as on Windows: the loader's lock is not left to
 * a frame outside of the loader that would never give it back. The one about DLL_PROCESS_ATTACH is
 * what LoadLibrary fails with (ERROR_NOACCESS for an access violation); for any other reason, and
 * in a TLS callback, the result does not matter. Each is told by a line. */

#include "ntdll.h"

#include "entry.h"
#include "ldr.h"

struct entry_call {
    struct module *module;
    ULONG reason;
    void *reserved;
    BOOL result;
};

LONG WINAPI entry_guard_filter(EXCEPTION_POINTERS *pointers, void *frame)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    const struct module *at = module_from_address(record->ExceptionAddress);
    const char *base = at ? at->entry.DllBase : NULL;

    (void)frame;
    log_line("exception %x at %S+0x%x in a DllMain or TLS callback",
             (unsigned)record->ExceptionCode, at ? at->entry.BaseDllName.Buffer : L"",
             at ? (unsigned)((const char *)record->ExceptionAddress - base) : 0);
    return EXCEPTION_EXECUTE_HANDLER;
}

/* How deep the loader lock was entered when the program's code that runs now was called; 0: none.
 */
static LONG depth_at_call;

bool loader_is_outside(void)
{
    return depth_at_call && depth_at_call == loader_lock.RecursionCount;
}

static NTSTATUS call_guarded(NTSTATUS (*function)(void *argument), struct entry_call *call)
{
    LONG depth_before = depth_at_call;
    NTSTATUS status;

    __atomic_store_n(&depth_at_call, loader_lock.RecursionCount, __ATOMIC_RELEASE);
    status = entry_guard(function, call);
    __atomic_store_n(&depth_at_call, depth_before, __ATOMIC_RELEASE);
    return status;
}

static NTSTATUS tls_callbacks_run(void *argument)
{
    const struct entry_call *call = argument;
    PIMAGE_TLS_CALLBACK *callback = (PIMAGE_TLS_CALLBACK *)call->module->tls->AddressOfCallBacks;

    for (; callback && *callback; callback++)
        (*callback)(call->module->entry.DllBase, call->reason, NULL);
    return STATUS_SUCCESS;
}

void module_call_tls_callbacks(struct module *module, ULONG reason)
{
    struct entry_call call = {module, reason, NULL, TRUE};

    if (module->tls && !(module->entry.Flags & LDR_DONT_RESOLVE_REFS))
        (void)call_guarded(tls_callbacks_run, &call);
}

static NTSTATUS entry_run(void *argument)
{
    struct entry_call *call = argument;
    BOOL(WINAPI * entry)(void *, ULONG, void *) = call->module->entry.EntryPoint;

    call->result = entry(call->module->entry.DllBase, call->reason, call->reserved);
    return STATUS_SUCCESS;
}

static NTSTATUS entry_call(struct module *module, ULONG reason, void *reserved)
{
    struct entry_call call = {module, reason, reserved, TRUE};
    NTSTATUS status = STATUS_SUCCESS;

    if ((module->entry.Flags & LDR_IMAGE_IS_DLL) && module->entry.EntryPoint)
        status = call_guarded(entry_run, &call);
    return status ? status : call.result ? STATUS_SUCCESS : STATUS_DLL_INIT_FAILED;
}

NTSTATUS module_call_attach(struct module *module, void *reserved)
{
    NTSTATUS status;

    module_call_tls_callbacks(module, DLL_PROCESS_ATTACH);
    status = entry_call(module, DLL_PROCESS_ATTACH, reserved);
    /* Windows tells a DLL that refused to attach that it is detached. */
    if (status == STATUS_DLL_INIT_FAILED)
        (void)entry_call(module, DLL_PROCESS_DETACH, reserved);
    return status;
}

void module_call_entry(struct module *module, ULONG reason, void *reserved)
{
    if (module->entry.Flags & LDR_DONT_RESOLVE_REFS)
        return;
    if (reason == DLL_PROCESS_DETACH || reason == DLL_THREAD_DETACH) {
        (void)entry_call(module, reason, reserved);
        module_call_tls_callbacks(module, reason);
        return;
    }
    module_call_tls_callbacks(module, reason);
    (void)entry_call(module, reason, reserved);
}
