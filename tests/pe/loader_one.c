/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Exports by name, by ordinal alone, and a forwarder (loader_one.def). */

#include <windows.h>

#include "loader_dlls.h"

static int is_static;

int one_add(int a, int b)
{
    return a + b;
}

int one_secret(void)
{
    return 77;
}

int one_was_static(void)
{
    return is_static;
}

BOOL WINAPI DllMain(HINSTANCE base, DWORD reason, void *reserved)
{
    (void)base;
    if (reason == DLL_PROCESS_ATTACH)
        is_static = reserved != NULL;
    two_note('1', reason);
    return TRUE;
}
