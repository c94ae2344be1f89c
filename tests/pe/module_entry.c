/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The DLLs of module_entries.c. PART 0's DllMain and TLS callback do what the environment variable
 * MODULE_ENTRY says, PART 1 forwards to a DLL that cannot be bound, which is PART 2. */

#include <windows.h>

#include <string.h>

#if PART == 0
static char orders[64];

static int is_told(const char *what)
{
    return !strcmp(orders, what);
}

static void fault(void)
{
    *(volatile int *)8 = 1;
}

static void WINAPI callback(void *base, DWORD reason, void *reserved)
{
    (void)base, (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        GetEnvironmentVariableA("MODULE_ENTRY", orders, sizeof(orders));
    if (reason == DLL_PROCESS_ATTACH && is_told("fault in the callback"))
        fault();
}

/* mingw-w64's run time lists what stands in this section. */
__attribute__((section(".CRT$XLB"), used)) static const PIMAGE_TLS_CALLBACK entry = callback;

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *reserved)
{
    HMODULE other;

    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH && is_told("fault"))
        fault();
    if (reason == DLL_PROCESS_ATTACH && is_told("raise"))
        RaiseException(0xe0123456, 0, 0, NULL);
    if (reason == DLL_PROCESS_ATTACH && is_told("free itself"))
        FreeLibrary(instance);
    if (reason == DLL_PROCESS_ATTACH && is_told("load and free itself"))
        FreeLibrary(LoadLibraryA("module_entry.dll"));
    if (reason == DLL_PROCESS_DETACH && is_told("fault at the end"))
        fault();
    if (reason == DLL_PROCESS_DETACH && is_told("load at the end"))
        LoadLibraryA("version.dll");
    if (reason == DLL_PROCESS_DETACH && is_told("hold the other at the end"))
        GetModuleHandleExA(0, "module_entry_forward.dll", &other);
    if (reason == DLL_THREAD_ATTACH && is_told("free itself in a thread"))
        FreeLibrary(instance);
    return TRUE;
}

__declspec(dllexport) int entry_value(void)
{
    return 14;
}
#elif PART == 2
__declspec(dllimport) int module_entry_lost(void);
__declspec(dllexport) int entry_lost(void)
{
    return module_entry_lost();
}
#elif PART == 3 /* what PART 2 was linked with: it is gone when the test runs */
__declspec(dllexport) int module_entry_lost(void)
{
    return 1;
}
#endif
