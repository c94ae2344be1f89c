/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Functions that stand for exports of Wine's DLLs (ldr_replace.c); as on Windows, errors by
 * GetLastError. */
#ifndef PORTICO_REPLACE_H
#define PORTICO_REPLACE_H

extern BOOL(WINAPI *original_VerifyConsoleIoHandle)(HANDLE handle);
BOOL WINAPI replaced_VerifyConsoleIoHandle(HANDLE handle);
BOOL WINAPI replaced_CopyFileExW(const WCHAR *from, const WCHAR *to, LPPROGRESS_ROUTINE progress,
                                 void *argument, BOOL *cancel, DWORD flags);
extern BOOL(WINAPI *original_SetFileInformationByHandle)
(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class, void *info, DWORD size);
BOOL WINAPI replaced_SetFileInformationByHandle(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class,
                                                void *info, DWORD size);
BOOLEAN WINAPI replaced_CreateSymbolicLinkW(const WCHAR *link, const WCHAR *target, DWORD flags);
BOOLEAN WINAPI replaced_CreateSymbolicLinkA(const char *link, const char *target, DWORD flags);
void WINAPI replaced_FatalAppExitA(UINT action, const char *text);
void WINAPI replaced_FatalAppExitW(UINT action, const WCHAR *text);
void WINAPI replaced_RaiseFailFastException(EXCEPTION_RECORD *record, CONTEXT *context,
                                            DWORD flags);

/* Wine's, set when ours is first looked up (replace_move.c). */
extern struct move_originals {
    BOOL(WINAPI *plain_narrow)(const char *from, const char *to, DWORD flags);
    BOOL(WINAPI *plain)(const WCHAR *from, const WCHAR *to, DWORD flags);
    BOOL(WINAPI *progress_narrow)
    (const char *from, const char *to, LPPROGRESS_ROUTINE progress, void *argument, DWORD flags);
    BOOL(WINAPI *progress)
    (const WCHAR *from, const WCHAR *to, LPPROGRESS_ROUTINE progress, void *argument, DWORD flags);
} move_originals;
BOOL WINAPI replaced_MoveFileExA(const char *from, const char *to, DWORD flags);
BOOL WINAPI replaced_MoveFileExW(const WCHAR *from, const WCHAR *to, DWORD flags);
BOOL WINAPI replaced_MoveFileWithProgressA(const char *from, const char *to,
                                           LPPROGRESS_ROUTINE progress, void *argument,
                                           DWORD flags);
BOOL WINAPI replaced_MoveFileWithProgressW(const WCHAR *from, const WCHAR *to,
                                           LPPROGRESS_ROUTINE progress, void *argument,
                                           DWORD flags);

extern struct symbols_originals {
    BOOL(WINAPI *narrow)(HANDLE process, const char *path, BOOL invade);
    BOOL(WINAPI *wide)(HANDLE process, const WCHAR *path, BOOL invade);
} symbols_originals;
BOOL WINAPI replaced_SymInitialize(HANDLE process, const char *path, BOOL invade);
BOOL WINAPI replaced_SymInitializeW(HANDLE process, const WCHAR *path, BOOL invade);
BOOL WINAPI replaced_MiniDumpWriteDump(HANDLE process, DWORD id, HANDLE file, DWORD type,
                                       const void *exception, const void *streams,
                                       const void *callback);

#endif
