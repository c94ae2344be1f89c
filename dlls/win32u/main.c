/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* gdi32 looks each handle up in a table of the process that the kernel fills, and does not ask
 * whether table or entry is there. Here it holds the stock objects, which need no display, and
 * nothing else: no other handle is one of GDI's. Layout and numbers are those that Wine's gdi32
 * expects (the first stock object has index 32: seen by the address that it reads). */

#include "dll.h"

#include <winternl.h>

enum {
    GDI_HANDLES = 0x10000,
    GDI_FIRST_STOCK = 32,
    GDI_STOCK_HANDLE = 0x0180, /* first generation, stock bit */
    PEB_GDI_TABLE = 0xf8,      /* PEB.GdiSharedHandleTable */
    GDI_TYPE_PALETTE = 0x08,
    GDI_TYPE_FONT = 0x0a,
    GDI_TYPE_BRUSH = 0x10,
    GDI_TYPE_PEN = 0x30,
};

struct gdi_entry {
    UINT64 object;
    ULONG owner;
    USHORT handle_high; /* the upper half of the handle */
    UCHAR type;         /* 0: free */
    UCHAR flags;
    UINT64 user_pointer;
};

_Static_assert(sizeof(struct gdi_entry) == 0x18, "layout");

/* By the number that GetStockObject takes; 9 is none. */
static const UCHAR stock_types[] = {
    [WHITE_BRUSH] = GDI_TYPE_BRUSH,
    [LTGRAY_BRUSH] = GDI_TYPE_BRUSH,
    [GRAY_BRUSH] = GDI_TYPE_BRUSH,
    [DKGRAY_BRUSH] = GDI_TYPE_BRUSH,
    [BLACK_BRUSH] = GDI_TYPE_BRUSH,
    [NULL_BRUSH] = GDI_TYPE_BRUSH,
    [WHITE_PEN] = GDI_TYPE_PEN,
    [BLACK_PEN] = GDI_TYPE_PEN,
    [NULL_PEN] = GDI_TYPE_PEN,
    [OEM_FIXED_FONT] = GDI_TYPE_FONT,
    [ANSI_FIXED_FONT] = GDI_TYPE_FONT,
    [ANSI_VAR_FONT] = GDI_TYPE_FONT,
    [SYSTEM_FONT] = GDI_TYPE_FONT,
    [DEVICE_DEFAULT_FONT] = GDI_TYPE_FONT,
    [DEFAULT_PALETTE] = GDI_TYPE_PALETTE,
    [SYSTEM_FIXED_FONT] = GDI_TYPE_FONT,
    [DEFAULT_GUI_FONT] = GDI_TYPE_FONT,
    [DC_BRUSH] = GDI_TYPE_BRUSH,
    [DC_PEN] = GDI_TYPE_PEN,
};

static struct gdi_entry *table_new(void)
{
    struct gdi_entry *table =
        VirtualAlloc(NULL, GDI_HANDLES * sizeof(*table), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    for (unsigned i = 0; table && i < ARRAYSIZE(stock_types); i++) {
        table[GDI_FIRST_STOCK + i].type = stock_types[i];
        table[GDI_FIRST_STOCK + i].handle_high = (USHORT)(GDI_STOCK_HANDLE | stock_types[i]);
    }
    return table;
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved)
{
    char *peb = (char *)NtCurrentTeb()->ProcessEnvironmentBlock;
    struct gdi_entry **table = (struct gdi_entry **)(peb + PEB_GDI_TABLE);

    (void)self, (void)reserved;
    if (reason == DLL_PROCESS_ATTACH && !*table)
        *table = table_new();
    return *table != NULL;
}
