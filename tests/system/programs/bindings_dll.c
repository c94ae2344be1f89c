/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Two DLLs, the upper of which imports from the lower: which is built twice, of the same size and
 * with its function in another place. */

#include <windows.h>

#ifdef UPPER

__declspec(dllimport) int low(void);

__declspec(dllexport) int answer(void)
{
    return low();
}

#elif LOWER == 1

__declspec(dllexport) int low(void)
{
    return 1;
}
__declspec(dllexport) int other(void)
{
    return 7;
}

#else

__declspec(dllexport) int other(void)
{
    return 7;
}
__declspec(dllexport) int low(void)
{
    return 2;
}

#endif

BOOL WINAPI DllMainCRTStartup(HINSTANCE instance, DWORD reason, void *reserved)
{
    (void)instance, (void)reason, (void)reserved;
    return TRUE;
}
