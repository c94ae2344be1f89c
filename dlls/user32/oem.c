/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Between the OEM code page and the ANSI code page or UTF-16. Without a size the texts end with a
 * NUL; with one exactly so many units are converted. Narrow source and destination may be the same
 * buffer. A character that the target lacks becomes its default character. DIFFERS: nothing; but
 * where a code page is UTF-8 the result is cut to the source's size. */

#include "absent.h"

/* n bytes of one code page to n bytes of the other. */
static BOOL convert(UINT from, UINT to, const char *source, char *destination, int n)
{
    WCHAR *wide;
    int units;

    if (!source || !destination || n < 0)
        return FALSE;
    if (!n)
        return TRUE;
    wide = HeapAlloc(GetProcessHeap(), 0, (SIZE_T)n * sizeof(WCHAR));
    if (!wide)
        return FALSE;
    units = MultiByteToWideChar(from, MB_PRECOMPOSED, source, n, wide, n);
    WideCharToMultiByte(to, 0, wide, units, destination, n, NULL, NULL);
    HeapFree(GetProcessHeap(), 0, wide);
    return TRUE;
}

static int size_of(const char *text)
{
    return text ? (int)strlen(text) + 1 : -1;
}

BOOL WINAPI CharToOemA(LPCSTR source, LPSTR destination)
{
    return convert(CP_ACP, CP_OEMCP, source, destination, size_of(source));
}

BOOL WINAPI CharToOemBuffA(LPCSTR source, LPSTR destination, DWORD n)
{
    return convert(CP_ACP, CP_OEMCP, source, destination, (int)n);
}

BOOL WINAPI OemToCharA(LPCSTR source, LPSTR destination)
{
    return convert(CP_OEMCP, CP_ACP, source, destination, size_of(source));
}

BOOL WINAPI OemToCharBuffA(LPCSTR source, LPSTR destination, DWORD n)
{
    return convert(CP_OEMCP, CP_ACP, source, destination, (int)n);
}

/* The callers of these two give no size of their buffer: it has room for two bytes a character
 * (Microsoft's page on CharToOemBuffW), or as many units as the source has bytes. */
BOOL WINAPI CharToOemBuffW(LPCWSTR source, LPSTR destination, DWORD n)
{
    if (!source || !destination)
        return FALSE;
    if (n)
        WideCharToMultiByte(CP_OEMCP, 0, source, (int)n, destination, (int)n * 2, NULL, NULL);
    return TRUE;
}

BOOL WINAPI CharToOemW(LPCWSTR source, LPSTR destination)
{
    return source && CharToOemBuffW(source, destination, (DWORD)lstrlenW(source) + 1);
}

BOOL WINAPI OemToCharBuffW(LPCSTR source, LPWSTR destination, DWORD n)
{
    if (!source || !destination)
        return FALSE;
    if (n)
        MultiByteToWideChar(CP_OEMCP, MB_PRECOMPOSED, source, (int)n, destination, (int)n);
    return TRUE;
}

BOOL WINAPI OemToCharW(LPCSTR source, LPWSTR destination)
{
    return source && OemToCharBuffW(source, destination, (DWORD)strlen(source) + 1);
}
