/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* LdrResolveDelayLoadedAPI: the first call through a delay-load import lands here. The DLL is
 * loaded and stays; the entry of the import address table is overwritten, so the next call goes
 * straight to the function. On failure the module's own hook is asked, then the system routine,
 * which raises unless told otherwise. */

#include "ntdll.h"

#include <delayloadhandler.h>

#include "exception.h"
#include "ldr.h"

struct delayed_import {
    HMODULE base;
    const IMAGE_DELAYLOAD_DESCRIPTOR *descriptor;
    const char *dll;
    const IMAGE_THUNK_DATA *name; /* what is imported */
    IMAGE_THUNK_DATA *address;    /* where its address goes */
};

static void *delay_rva(const struct delayed_import *import, ULONG rva)
{
    return (char *)import->base + rva;
}

static const char *delayed_name(const struct delayed_import *import)
{
    const IMAGE_IMPORT_BY_NAME *by_name;

    if (import->name->u1.Ordinal & IMAGE_ORDINAL_FLAG64)
        return NULL;
    by_name = delay_rva(import, (ULONG)import->name->u1.AddressOfData);
    return (const char *)by_name->Name;
}

static NTSTATUS delayed_module(const struct delayed_import *import, HMODULE *ret_base)
{
    HMODULE *cached = delay_rva(import, import->descriptor->ModuleHandleRVA);
    UNICODE_STRING name;
    ANSI_STRING ansi;
    NTSTATUS status;

    if (*cached) {
        *ret_base = *cached;
        return STATUS_SUCCESS;
    }
    RtlInitAnsiString(&ansi, import->dll);
    status = RtlAnsiStringToUnicodeString(&name, &ansi, TRUE);
    if (status)
        return status;
    status = LdrLoadDll(NULL, 0, &name, ret_base);
    RtlFreeUnicodeString(&name);
    if (!status)
        *cached = *ret_base;
    return status;
}

static NTSTATUS delayed_resolve(const struct delayed_import *import, void **ret_address)
{
    const char *name = delayed_name(import);
    HMODULE base;
    ANSI_STRING ansi;
    NTSTATUS status = delayed_module(import, &base);

    if (status)
        return status;
    RtlInitAnsiString(&ansi, name);
    return LdrGetProcedureAddress(base, name ? &ansi : NULL,
                                  (ULONG)(import->name->u1.Ordinal & 0xffff), ret_address);
}

static void *delayed_failure(const struct delayed_import *import, NTSTATUS status,
                             PDELAYLOAD_FAILURE_DLL_CALLBACK dll_hook,
                             PDELAYLOAD_FAILURE_SYSTEM_ROUTINE system_hook)
{
    const char *name = delayed_name(import);
    const char *shown = name ? name : (const char *)(import->name->u1.Ordinal & 0xffff);
    DELAYLOAD_INFO info = {.Size = sizeof(info), .DelayloadDescriptor = import->descriptor};
    void *address = NULL;

    info.ThunkAddress = import->address;
    info.TargetDllName = import->dll;
    info.TargetApiDescriptor.ImportDescribedByName = name != NULL;
    if (name)
        info.TargetApiDescriptor.Description.Name = name;
    else
        info.TargetApiDescriptor.Description.Ordinal = (ULONG)(import->name->u1.Ordinal & 0xffff);
    info.LastError = (ULONG)status;
    if (dll_hook)
        address = dll_hook(DELAYLOAD_GPA_FAILURE, &info);
    if (!address && system_hook)
        address = system_hook(import->dll, shown);
    return address;
}

void *WINAPI LdrResolveDelayLoadedAPI(void *base, const IMAGE_DELAYLOAD_DESCRIPTOR *descriptor,
                                      PDELAYLOAD_FAILURE_DLL_CALLBACK dll_hook,
                                      PDELAYLOAD_FAILURE_SYSTEM_ROUTINE system_hook,
                                      IMAGE_THUNK_DATA *address, ULONG flags)
{
    struct delayed_import import = {.base = base, .descriptor = descriptor, .address = address};
    IMAGE_THUNK_DATA *first = delay_rva(&import, descriptor->ImportAddressTableRVA);
    const IMAGE_THUNK_DATA *names = delay_rva(&import, descriptor->ImportNameTableRVA);
    void *found = NULL;
    NTSTATUS status;

    (void)flags;
    import.dll = delay_rva(&import, descriptor->DllNameRVA);
    import.name = names + (address - first);
    status = delayed_resolve(&import, &found);
    if (status)
        found = delayed_failure(&import, status, dll_hook, system_hook);
    else
        address->u1.Function = (ULONG_PTR)found;
    return found;
}
