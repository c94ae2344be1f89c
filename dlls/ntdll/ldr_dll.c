/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The exported calls on DLLs: load, unload, handles, procedures, names. Each takes the loader lock
 * and works on the lists of ldr_module.c. A module's handle is its base address. */

#include "ntdll.h"

#include "entry.h"
#include "ldr.h"

enum { LDR_LOCK_FAIL = 1, LDR_LOCK_TRY = 2 };

/* UNKNOWN: what Windows does when DllMain frees what LoadLibrary is about to return. Here that
 * stays. */
static NTSTATUS attach_loaded(struct module *module)
{
    const NTSTATUS status = module_attach(module, NULL);

    if (!status && !module->n_loads)
        module->n_loads++;
    else if (status && module->n_loads > 0)
        module->n_loads--;
    return status;
}

NTSTATUS WINAPI LdrLoadDll(LPCWSTR path, DWORD flags, const UNICODE_STRING *name, HMODULE *ret_base)
{
    WCHAR full[LDR_PATH_MAX];
    struct module *module;
    NTSTATUS status;

    *ret_base = NULL;
    status = name_with_extension(name, full);
    if (status)
        return status;
    RtlEnterCriticalSection(&loader_lock);
    modules_hold();
    status = module_load(full, path, flags, &module);
    if (!status)
        module->n_loads++;
    modules_release();
    if (!status)
        status = attach_loaded(module);
    if (!status)
        *ret_base = module->entry.DllBase;
    else
        modules_sweep();
    if (status && !is_process_starting())
        failure_tell();
    else if (!is_process_starting())
        failure_clear();
    RtlLeaveCriticalSection(&loader_lock);
    return status;
}

NTSTATUS WINAPI LdrUnloadDll(HMODULE base)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct module *module;

    if (ldr_data.ShutdownInProgress)
        return STATUS_SUCCESS;
    RtlEnterCriticalSection(&loader_lock);
    module = module_from_base(base);
    if (!module)
        status = STATUS_DLL_NOT_FOUND;
    else if (module->n_loads > 0 && !--module->n_loads)
        modules_sweep();
    RtlLeaveCriticalSection(&loader_lock);
    return status;
}

static void module_keep(struct module *module, bool for_ever)
{
    modules_hold();
    if (for_ever)
        module->is_root = true;
    else
        module->n_loads++;
    modules_release();
}

NTSTATUS WINAPI LdrAddRefDll(ULONG flags, HMODULE base)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct module *module;

    if (flags & ~LDR_ADDREF_DLL_PIN)
        return STATUS_INVALID_PARAMETER;
    RtlEnterCriticalSection(&loader_lock);
    module = module_from_base(base);
    if (module)
        module_keep(module, flags & LDR_ADDREF_DLL_PIN);
    else
        status = STATUS_INVALID_PARAMETER;
    RtlLeaveCriticalSection(&loader_lock);
    return status;
}

static struct module *module_find(const WCHAR *name)
{
    WCHAR full[LDR_PATH_MAX];
    const WCHAR *target = api_set_target(name);
    struct module *module = NULL;
    ULONG size;

    if (target)
        name = target;
    if (base_name_of(name) == name)
        module = module_from_name(name);
    else if ((size = RtlGetFullPathName_U(name, sizeof(full), full, NULL)) && size < sizeof(full))
        module = module_from_path(full);
    return module && !module->failure ? module : NULL;
}

NTSTATUS WINAPI LdrGetDllHandleEx(ULONG flags, LPCWSTR path, ULONG *characteristics,
                                  const UNICODE_STRING *name, HMODULE *ret_base)
{
    const ULONG known =
        LDR_GET_DLL_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT | LDR_GET_DLL_HANDLE_EX_FLAG_PIN;
    WCHAR full[LDR_PATH_MAX];
    struct module *module;
    NTSTATUS status;

    (void)path;
    (void)characteristics;
    if ((flags & ~known) || flags == known)
        return STATUS_INVALID_PARAMETER;
    status = name_with_extension(name, full);
    if (status)
        return status;
    RtlEnterCriticalSection(&loader_lock);
    module = module_find(full);
    if (module && flags != LDR_GET_DLL_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT)
        module_keep(module, flags & LDR_GET_DLL_HANDLE_EX_FLAG_PIN);
    if (ret_base)
        *ret_base = module ? module->entry.DllBase : NULL;
    RtlLeaveCriticalSection(&loader_lock);
    return module ? STATUS_SUCCESS : STATUS_DLL_NOT_FOUND;
}

NTSTATUS WINAPI LdrGetDllHandle(LPCWSTR path, ULONG flags, const UNICODE_STRING *name,
                                HMODULE *ret_base)
{
    return LdrGetDllHandleEx(LDR_GET_DLL_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, path, &flags, name,
                             ret_base);
}

struct procedure_call {
    struct module *module;
    const char *name;
    ULONG ordinal;
    void **ret_address;
};

static NTSTATUS procedure_get(void *argument)
{
    const struct procedure_call *call = argument;

    return module_export(call->module, call->name, call->ordinal, NO_HINT, NULL, call->ret_address);
}

/* Most programs that look for a name can do without. One that cannot (a packed one ends without a
 * word) is understood by the trace. */
static void procedure_miss(const struct procedure_call *call)
{
    const WCHAR *dll = call->module->entry.BaseDllName.Buffer;

    if (call->name)
        loader_trace("a program looks for %s of %S, which does not export it", call->name, dll);
    else
        loader_trace("a program looks for ordinal %u of %S, which does not export it",
                     call->ordinal, dll);
}

/* A forwarder may load DLLs. */
NTSTATUS WINAPI LdrGetProcedureAddress(HMODULE base, const ANSI_STRING *name, ULONG ordinal,
                                       void **ret_address)
{
    struct procedure_call call = {NULL, name ? name->Buffer : NULL, ordinal, ret_address};
    NTSTATUS status = STATUS_DLL_NOT_FOUND;

    RtlEnterCriticalSection(&loader_lock);
    modules_hold();
    call.module = module_from_base(base);
    if (call.module)
        status = image_guard(procedure_get, &call);
    if (status == STATUS_PROCEDURE_NOT_FOUND)
        procedure_miss(&call);
    if (status)
        modules_sweep(); /* what a forwarder could not load */
    modules_release();
    if (!is_process_starting())
        failure_clear();
    RtlLeaveCriticalSection(&loader_lock);
    return status;
}

NTSTATUS WINAPI LdrGetProcedureAddressEx(HMODULE base, const ANSI_STRING *name, ULONG ordinal,
                                         void **ret_address, ULONG flags)
{
    (void)flags; /* 1: do not record the caller, which is not done here anyhow */
    return LdrGetProcedureAddress(base, name, ordinal, ret_address);
}

NTSTATUS WINAPI LdrGetProcedureAddressForCaller(HMODULE base, const ANSI_STRING *name,
                                                ULONG ordinal, void **ret_address, ULONG flags,
                                                void **caller)
{
    (void)caller;
    return LdrGetProcedureAddressEx(base, name, ordinal, ret_address, flags);
}

NTSTATUS WINAPI LdrGetDllFullName(HMODULE base, UNICODE_STRING *ret_name)
{
    NTSTATUS status = STATUS_DLL_NOT_FOUND;
    struct module *module;

    RtlEnterCriticalSection(&loader_lock);
    module = module_from_base(base ? base : peb()->ImageBaseAddress);
    if (module) {
        const UNICODE_STRING *full = &module->entry.FullDllName;

        status = STATUS_SUCCESS;
        RtlCopyUnicodeString(ret_name, full);
        if (ret_name->MaximumLength < full->Length + sizeof(WCHAR))
            status = STATUS_BUFFER_TOO_SMALL;
    }
    RtlLeaveCriticalSection(&loader_lock);
    return status;
}

NTSTATUS WINAPI LdrDisableThreadCalloutsForDll(HMODULE base)
{
    NTSTATUS status = STATUS_SUCCESS;
    struct module *module;

    RtlEnterCriticalSection(&loader_lock);
    module = module_from_base(base);
    if (!module)
        status = STATUS_DLL_NOT_FOUND;
    else if (!module->tls) /* a DLL with static TLS needs the calls: ignored, as on Windows */
        module->entry.Flags |= LDR_NO_DLL_CALLS;
    RtlLeaveCriticalSection(&loader_lock);
    return status;
}

NTSTATUS WINAPI LdrFindEntryForAddress(const void *address, PLDR_DATA_TABLE_ENTRY *ret_entry)
{
    struct module *module;

    RtlEnterCriticalSection(&loader_lock);
    module = module_from_address(address);
    if (module)
        *ret_entry = &module->entry;
    RtlLeaveCriticalSection(&loader_lock);
    return module ? STATUS_SUCCESS : STATUS_NO_MORE_ENTRIES;
}

NTSTATUS WINAPI LdrEnumerateLoadedModules(
    void *unused, void(WINAPI *callback)(LDR_DATA_TABLE_ENTRY *, void *, BOOLEAN *), void *context)
{
    BOOLEAN is_enough = FALSE;

    (void)unused;
    if (!callback)
        return STATUS_INVALID_PARAMETER;
    RtlEnterCriticalSection(&loader_lock);
    modules_hold();
    FOR_EACH_MODULE(link)
    {
        callback(&module_from_entry(link)->entry, context, &is_enough);
        if (is_enough)
            break;
    }
    modules_release();
    RtlLeaveCriticalSection(&loader_lock);
    return STATUS_SUCCESS;
}

/* The cookie names the thread; it must come back in LdrUnlockLoaderLock from the same one. */
NTSTATUS WINAPI LdrLockLoaderLock(ULONG flags, ULONG *ret_result, ULONG_PTR *ret_cookie)
{
    if (ret_result)
        *ret_result = 0;
    if (ret_cookie)
        *ret_cookie = 0;
    if (flags & ~(LDR_LOCK_FAIL | LDR_LOCK_TRY))
        return STATUS_INVALID_PARAMETER_1;
    if (!ret_cookie)
        return STATUS_INVALID_PARAMETER_3;
    if ((flags & LDR_LOCK_TRY) && !ret_result)
        return STATUS_INVALID_PARAMETER_2;
    if (!(flags & LDR_LOCK_TRY))
        RtlEnterCriticalSection(&loader_lock);
    else if (!RtlTryEnterCriticalSection(&loader_lock)) {
        *ret_result = 2; /* not acquired */
        return STATUS_SUCCESS;
    }
    if (ret_result)
        *ret_result = 1;
    *ret_cookie = HandleToULong(teb()->ClientId.UniqueThread);
    return STATUS_SUCCESS;
}

NTSTATUS WINAPI LdrUnlockLoaderLock(ULONG flags, ULONG_PTR cookie)
{
    if (flags & ~(ULONG)LDR_LOCK_FAIL)
        return STATUS_INVALID_PARAMETER_1;
    if (!cookie)
        return STATUS_SUCCESS;
    if (cookie != HandleToULong(teb()->ClientId.UniqueThread))
        return STATUS_INVALID_PARAMETER_2;
    RtlLeaveCriticalSection(&loader_lock);
    return STATUS_SUCCESS;
}
