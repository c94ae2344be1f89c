/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* gdi32 looks each handle up in a table of the process that the kernel fills, and does not ask
 * whether it is there. Here it is empty: no handle is one of GDI's. */

#include "dll.h"

#include <winternl.h>

enum {
    GDI_HANDLES = 0x10000,
    GDI_ENTRY_SIZE = 0x18,
    PEB_GDI_TABLE = 0xf8, /* PEB.GdiSharedHandleTable */
};

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved)
{
    void **table = (void **)((char *)NtCurrentTeb()->ProcessEnvironmentBlock + PEB_GDI_TABLE);

    (void)self, (void)reserved;
    if (reason == DLL_PROCESS_ATTACH && !*table)
        *table = VirtualAlloc(NULL, (SIZE_T)GDI_HANDLES * GDI_ENTRY_SIZE, MEM_RESERVE | MEM_COMMIT,
                              PAGE_READWRITE);
    return *table != NULL;
}
