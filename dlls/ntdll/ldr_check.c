/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What the loader does not believe of a mapped image.
 *
 * The ELF half has bounded the headers and the directories (unix/pe_headers.c). What the tables in
 * them point to is read under image_guard (entry.S): an address between two sections, or beyond the
 * image, faults, and that is STATUS_INVALID_IMAGE_FORMAT for whoever loads it, as on Windows. What
 * is written (the import address table, the TLS index) must lie in the image: another module's
 * memory would not fault. */

#include "ntdll.h"

#include "entry.h"
#include "ldr.h"

bool module_holds(const struct module *module, ULONG_PTR address, SIZE_T size)
{
    const ULONG_PTR offset = address - (ULONG_PTR)module->entry.DllBase;

    return offset <= module->entry.SizeOfImage && size <= module->entry.SizeOfImage - offset;
}

/* The array ends with NULL; until then it has functions of the image's. */
static bool callbacks_are_inside(const struct module *module, ULONG_PTR callbacks)
{
    for (; callbacks; callbacks += sizeof(ULONG_PTR)) {
        if (!module_holds(module, callbacks, sizeof(ULONG_PTR)))
            return false;
        if (!*(const ULONG_PTR *)callbacks)
            break;
        if (!module_holds(module, *(const ULONG_PTR *)callbacks, 1))
            return false;
    }
    return true;
}

bool tls_is_whole(const struct module *module)
{
    const IMAGE_TLS_DIRECTORY *tls = module->tls;
    const ULONG_PTR start = tls->StartAddressOfRawData, end = tls->EndAddressOfRawData;

    if (start > end || (start < end && !module_holds(module, start, end - start)))
        return false;
    if (tls->AddressOfIndex && !module_holds(module, tls->AddressOfIndex, sizeof(ULONG)))
        return false;
    return callbacks_are_inside(module, tls->AddressOfCallBacks);
}

/* A fault of ntdll's own code. A callback of the program's that faults meanwhile (LdrRegister-
 * DllNotification) faults in its own name. */
LONG WINAPI image_guard_filter(EXCEPTION_POINTERS *pointers, void *frame)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;
    const struct module *ntdll = module_from_base(&__ImageBase);

    (void)frame;
    if (record->ExceptionCode != (DWORD)STATUS_ACCESS_VIOLATION &&
        record->ExceptionCode != (DWORD)STATUS_IN_PAGE_ERROR)
        return EXCEPTION_CONTINUE_SEARCH;
    return module_holds(ntdll, (ULONG_PTR)record->ExceptionAddress, 1) ? EXCEPTION_EXECUTE_HANDLER
                                                                       : EXCEPTION_CONTINUE_SEARCH;
}
