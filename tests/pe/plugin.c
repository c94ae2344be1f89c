/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The DLLs of plugin_host.c: PART 0 is the plugin, 1 the one that is loaded late. */

#include <windows.h>

#if PART == 0
__declspec(dllimport) int host_tell(const char *what);
__declspec(dllexport) HANDLE plugin_leave(void);

static HMODULE self;

/* Ends, and frees the code that it runs in, when the host says so. */
static DWORD WINAPI run(void *semaphore)
{
    WaitForSingleObject(semaphore, INFINITE);
    CloseHandle(semaphore);
    FreeLibraryAndExitThread(self, 33);
}

HANDLE plugin_leave(void)
{
    HANDLE semaphore = OpenSemaphoreA(SEMAPHORE_ALL_ACCESS, FALSE, "portico-plugin");

    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCSTR)(void *)run, &self);
    return CreateThread(NULL, 0, run, semaphore, 0, NULL);
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        DisableThreadLibraryCalls(instance);
        host_tell("attached ");
    }
    if (reason == DLL_PROCESS_DETACH)
        host_tell("gone ");
    return TRUE;
}
#else
__declspec(dllexport) int late_sum(int a, int b);

int late_sum(int a, int b)
{
    return a + b;
}
#endif
