/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A DLL with the C run time, for crt_modules.c. PART chooses which: the one that the program
 * imports, one that refuses when told to, one that is imported with delay, one that imports what is
 * not there. */

#include <windows.h>

#include "crt_module.h"

enum part { PART_MAIN, PART_PICKY, PART_LATE, PART_NEEDS_EXTRA, PART_EXTRA, PART_EXTRA_WITHOUT };

#if PART == 0 /* MAIN */
int module_number = 4711;
static int counts[4], how;

int module_read_number(void)
{
    return module_number;
}

int *module_read_pointer(void)
{
    return &module_number;
}

int module_static_reason(void)
{
    return how;
}

int module_count(unsigned reason)
{
    return counts[reason & 3];
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *reserved)
{
    (void)instance;
    counts[reason & 3]++;
    if (reason == DLL_PROCESS_ATTACH)
        how = reserved ? 1 : 2;
    return TRUE;
}
#elif PART == 1 /* PICKY */
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, void *reserved)
{
    char value[4];

    (void)instance, (void)reserved;
    return reason != DLL_PROCESS_ATTACH ||
           !GetEnvironmentVariableA("CRT_MODULE_REFUSE", value, sizeof(value));
}
#elif PART == 2 /* LATE */
__declspec(dllexport) int late_value(int n)
{
    return 40 + n;
}
#elif PART == 3 /* what needs an extra function of another DLL */
__declspec(dllimport) int extra(void);
__declspec(dllexport) int needs_extra(void)
{
    return extra();
}
#elif PART == 4 /* the DLL as it was linked with */
__declspec(dllexport) int extra(void)
{
    return 1;
}
#else           /* and as it is found */
__declspec(dllexport) int something_else(void)
{
    return 2;
}
#endif
