/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A DLL whose DllMain says "ready" and does not return: STUCK is the reason for which ("attach",
 * "free", "exit"), STUCK_HOW whether it spins or sleeps. */
#include <windows.h>

#include <string.h>

__declspec(dllexport) int stuck_number = 6;

static const char *name_of(DWORD reason, void *reserved)
{
    if (reason == DLL_PROCESS_ATTACH)
        return "attach";
    return reason == DLL_PROCESS_DETACH ? reserved ? "exit" : "free" : "";
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *reserved)
{
    static volatile unsigned n;
    char text[16];
    DWORD size;

    (void)instance;
    if (!GetEnvironmentVariableA("STUCK", text, sizeof(text)) ||
        strcmp(text, name_of(reason, reserved)))
        return TRUE;
    GetEnvironmentVariableA("STUCK_HOW", text, sizeof(text));
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), "ready\n", 6, &size, NULL);
    for (;;)
        if (!strcmp(text, "sleep"))
            Sleep(INFINITE);
        else
            n++;
}
