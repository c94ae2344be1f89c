/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Functions that stand for exports of Wine's DLLs (ldr_replace.c); as on Windows, errors by
 * GetLastError. */
#ifndef PORTICO_REPLACE_H
#define PORTICO_REPLACE_H

BOOL WINAPI replaced_CopyFileExW(const WCHAR *from, const WCHAR *to, LPPROGRESS_ROUTINE progress,
                                 void *argument, BOOL *cancel, DWORD flags);
BOOLEAN WINAPI replaced_CreateSymbolicLinkW(const WCHAR *link, const WCHAR *target, DWORD flags);
BOOLEAN WINAPI replaced_CreateSymbolicLinkA(const char *link, const char *target, DWORD flags);

#endif
