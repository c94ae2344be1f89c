/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Between the OEM code page and the ANSI code page or UTF-16. Without a size the texts end with a
 * NUL; with one exactly so many units are converted. Narrow source and destination may be the same
 * buffer. A character that the target lacks becomes its default character. DIFFERS: nothing; but
 * where a code page is UTF-8 and the result larger than its buffer must be, it is cut behind the
 * last character that fits. */

#include "absent.h"

#include <limits.h>

/* So many bytes were written: characters that do not fit any more are left out. */
static int narrow(UINT to, const WCHAR *source, int units, char *destination, int room)
{
    int n = units ? WideCharToMultiByte(to, 0, source, units, destination, room, NULL, NULL) : 0;

    if (n)
        return n;
    for (int i = 0, step, size; i < units && n < room; i += step, n += size) {
        step = i + 1 < units && IS_SURROGATE_PAIR(source[i], source[i + 1]) ? 2 : 1;
        size = WideCharToMultiByte(to, 0, source + i, step, destination + n, room - n, NULL, NULL);
        if (!size)
            break;
    }
    return n;
}

/* n bytes of one code page to as many at most of the other; how many, -1: no memory. */
static int convert(UINT from, UINT to, const char *source, char *destination, int n)
{
    WCHAR *wide;

    if (GetACP() == GetOEMCP()) {
        memmove(destination, source, (size_t)n);
        return n;
    }
    wide = HeapAlloc(GetProcessHeap(), 0, ((SIZE_T)n + 1) * sizeof(WCHAR));
    if (!wide)
        return -1;
    n = narrow(to, wide, MultiByteToWideChar(from, MB_PRECOMPOSED, source, n, wide, n), destination,
               n);
    HeapFree(GetProcessHeap(), 0, wide);
    return n;
}

static BOOL convert_some(UINT from, UINT to, const char *source, char *destination, DWORD n)
{
    return source && destination && n <= INT_MAX &&
           convert(from, to, source, destination, (int)n) >= 0;
}

static BOOL convert_text(UINT from, UINT to, const char *source, char *destination)
{
    int n;

    if (!source || !destination)
        return FALSE;
    n = convert(from, to, source, destination, (int)strlen(source));
    if (n >= 0)
        destination[n] = 0;
    return n >= 0;
}

BOOL WINAPI CharToOemA(LPCSTR source, LPSTR destination)
{
    return convert_text(CP_ACP, CP_OEMCP, source, destination);
}

BOOL WINAPI CharToOemBuffA(LPCSTR source, LPSTR destination, DWORD n)
{
    return convert_some(CP_ACP, CP_OEMCP, source, destination, n);
}

BOOL WINAPI OemToCharA(LPCSTR source, LPSTR destination)
{
    return convert_text(CP_OEMCP, CP_ACP, source, destination);
}

BOOL WINAPI OemToCharBuffA(LPCSTR source, LPSTR destination, DWORD n)
{
    return convert_some(CP_OEMCP, CP_ACP, source, destination, n);
}

/* The callers of these two give no size of their buffer: it has room for two bytes a character
 * (Microsoft's page on CharToOemBuffW), or as many units as the source has bytes. */
BOOL WINAPI CharToOemBuffW(LPCWSTR source, LPSTR destination, DWORD n)
{
    if (!source || !destination || n > INT_MAX / 2)
        return FALSE;
    narrow(CP_OEMCP, source, (int)n, destination, (int)n * 2);
    return TRUE;
}

BOOL WINAPI CharToOemW(LPCWSTR source, LPSTR destination)
{
    int n;

    if (!source || !destination)
        return FALSE;
    n = lstrlenW(source);
    destination[narrow(CP_OEMCP, source, n, destination, n * 2 + 1)] = 0;
    return TRUE;
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
