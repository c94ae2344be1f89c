/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* SymInitialize with its wish to know the process' modules, before dbghelp's own (ldr_replace.c),
 * which looks for Wine's loader in the process and fails when it is not there. This process'
 * modules are told to it one by one; another's are not known, and that is said. MiniDumpWriteDump,
 * which begins in the same way, says that it is missing. */

#include "ntdll.h"

#include <stdbool.h>

#include "ldr.h"
#include "replace.h"

struct symbols_originals symbols_originals;

typedef DWORD64(WINAPI *load_module)(HANDLE process, HANDLE file, const WCHAR *image,
                                     const WCHAR *module, DWORD64 base, DWORD size, void *data,
                                     DWORD flags);

static load_module load_module_find(void)
{
    struct module *dbghelp = module_from_name(L"dbghelp.dll");
    void *address = NULL;

    if (dbghelp)
        (void)module_export(dbghelp, "SymLoadModuleExW", 0, NO_HINT, NULL, &address);
    return (load_module)address;
}

static void modules_tell(HANDLE process)
{
    load_module load;

    RtlEnterCriticalSection(&loader_lock);
    load = load_module_find();
    modules_hold();
    FOR_EACH_MODULE(link)
    {
        const LDR_DATA_TABLE_ENTRY *entry = &module_from_entry(link)->entry;

        if (load)
            load(process, NULL, entry->FullDllName.Buffer, entry->BaseDllName.Buffer,
                 (DWORD64)(ULONG_PTR)entry->DllBase, entry->SizeOfImage, NULL, 0);
    }
    modules_release();
    RtlLeaveCriticalSection(&loader_lock);
}

/* dbghelp takes a process' handle for a name: it may be the process' number too. */
static bool is_this_process(HANDLE process)
{
    PROCESS_BASIC_INFORMATION info;

    if (process == NtCurrentProcess() || process == teb()->ClientId.UniqueProcess)
        return true;
    return !NtQueryInformationProcess(process, ProcessBasicInformation, &info, sizeof(info),
                                      NULL) &&
           info.UniqueProcessId == (ULONG_PTR)teb()->ClientId.UniqueProcess;
}

static BOOL modules_tell_if(BOOL is_done, HANDLE process, BOOL invade)
{
    static LONG is_said;

    if (!is_done || !invade)
        return is_done;
    if (is_this_process(process))
        modules_tell(process);
    else if (!__atomic_exchange_n(&is_said, 1, __ATOMIC_RELAXED))
        log_line("SymInitialize: the modules of another process are not known to dbghelp");
    return TRUE;
}

BOOL WINAPI replaced_SymInitialize(HANDLE process, const char *path, BOOL invade)
{
    return modules_tell_if(symbols_originals.narrow(process, path, FALSE), process, invade);
}

BOOL WINAPI replaced_SymInitializeW(HANDLE process, const WCHAR *path, BOOL invade)
{
    return modules_tell_if(symbols_originals.wide(process, path, FALSE), process, invade);
}

BOOL WINAPI replaced_MiniDumpWriteDump(HANDLE process, DWORD id, HANDLE file, DWORD type,
                                       const void *exception, const void *streams,
                                       const void *callback)
{
    static LONG is_said;

    (void)process, (void)id, (void)file, (void)type, (void)exception, (void)streams, (void)callback;
    if (!__atomic_exchange_n(&is_said, 1, __ATOMIC_RELAXED))
        log_line("MiniDumpWriteDump is not implemented");
    RtlSetLastWin32Error(ERROR_CALL_NOT_IMPLEMENTED);
    return FALSE;
}
