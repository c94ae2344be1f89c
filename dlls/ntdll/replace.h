/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Functions that stand for exports of Wine's DLLs (ldr_replace.c); as on Windows, errors by
 * GetLastError. */
#ifndef PORTICO_REPLACE_H
#define PORTICO_REPLACE_H

extern BOOL(WINAPI *original_VerifyConsoleIoHandle)(HANDLE handle);
BOOL WINAPI replaced_VerifyConsoleIoHandle(HANDLE handle);
extern HANDLE(WINAPI *original_CreateNamedPipeW)(const WCHAR *name, DWORD open, DWORD mode,
                                                 DWORD instances, DWORD size_out, DWORD size_in,
                                                 DWORD timeout, SECURITY_ATTRIBUTES *security);
HANDLE WINAPI replaced_CreateNamedPipeW(const WCHAR *name, DWORD open, DWORD mode, DWORD instances,
                                        DWORD size_out, DWORD size_in, DWORD timeout,
                                        SECURITY_ATTRIBUTES *security);
BOOL WINAPI replaced_LockFileEx(HANDLE file, DWORD flags, DWORD reserved, DWORD length_low,
                                DWORD length_high, OVERLAPPED *overlapped);
BOOL WINAPI replaced_CopyFileExW(const WCHAR *from, const WCHAR *to, LPPROGRESS_ROUTINE progress,
                                 void *argument, BOOL *cancel, DWORD flags);
extern BOOL(WINAPI *original_SetFileInformationByHandle)(HANDLE file,
                                                         FILE_INFO_BY_HANDLE_CLASS class,
                                                         void *info, DWORD size);
BOOL WINAPI replaced_SetFileInformationByHandle(HANDLE file, FILE_INFO_BY_HANDLE_CLASS class,
                                                void *info, DWORD size);
DWORD WINAPI replaced_GetFinalPathNameByHandleA(HANDLE file, char *buffer, DWORD size, DWORD flags);
DWORD WINAPI replaced_GetFinalPathNameByHandleW(HANDLE file, WCHAR *buffer, DWORD size,
                                                DWORD flags);
BOOL WINAPI replaced_DeleteFileA(const char *name);
BOOL WINAPI replaced_DeleteFileW(const WCHAR *name);
BOOL WINAPI replaced_SetFileAttributesA(const char *name, DWORD attributes);
BOOL WINAPI replaced_SetFileAttributesW(const WCHAR *name, DWORD attributes);
BOOL WINAPI replaced_DefineDosDeviceW(DWORD flags, const WCHAR *name, const WCHAR *target);
BOOL WINAPI replaced_SetVolumeLabelA(const char *root, const char *label);
BOOL WINAPI replaced_SetVolumeLabelW(const WCHAR *root, const WCHAR *label);
BOOLEAN WINAPI replaced_CreateSymbolicLinkW(const WCHAR *link, const WCHAR *target, DWORD flags);
BOOLEAN WINAPI replaced_CreateSymbolicLinkA(const char *link, const char *target, DWORD flags);
/* CREATEFILE2_EXTENDED_PARAMETERS. */
struct create_parameters {
    DWORD size, attributes, flags, quality;
    SECURITY_ATTRIBUTES *security;
    HANDLE model;
};
/* Wine's, as above (replace_reparse.c). */
extern struct reparse_originals {
    HANDLE(WINAPI *create)
    (const WCHAR *name, DWORD access, DWORD sharing, SECURITY_ATTRIBUTES *security, DWORD creation,
     DWORD flags, HANDLE model);
    HANDLE(WINAPI *create_narrow)
    (const char *name, DWORD access, DWORD sharing, SECURITY_ATTRIBUTES *security, DWORD creation,
     DWORD flags, HANDLE model);
    HANDLE(WINAPI *create2)
    (const WCHAR *name, DWORD access, DWORD sharing, DWORD creation, struct create_parameters *how);
    HANDLE(WINAPI *first)(const WCHAR *name, WIN32_FIND_DATAW *data);
    HANDLE(WINAPI *first_narrow)(const char *name, WIN32_FIND_DATAA *data);
    HANDLE(WINAPI *first_ex)
    (const WCHAR *name, FINDEX_INFO_LEVELS level, void *data, FINDEX_SEARCH_OPS search,
     void *filter, DWORD flags);
    HANDLE(WINAPI *first_ex_narrow)
    (const char *name, FINDEX_INFO_LEVELS level, void *data, FINDEX_SEARCH_OPS search, void *filter,
     DWORD flags);
    BOOL(WINAPI *next)(HANDLE search, WIN32_FIND_DATAW *data);
    BOOL(WINAPI *next_narrow)(HANDLE search, WIN32_FIND_DATAA *data);
} reparse_originals;
HANDLE WINAPI replaced_CreateFileW(const WCHAR *name, DWORD access, DWORD sharing,
                                   SECURITY_ATTRIBUTES *security, DWORD creation, DWORD flags,
                                   HANDLE model);
HANDLE WINAPI replaced_CreateFileA(const char *name, DWORD access, DWORD sharing,
                                   SECURITY_ATTRIBUTES *security, DWORD creation, DWORD flags,
                                   HANDLE model);
HANDLE WINAPI replaced_CreateFile2(const WCHAR *name, DWORD access, DWORD sharing, DWORD creation,
                                   struct create_parameters *how);
HANDLE WINAPI replaced_FindFirstFileW(const WCHAR *name, WIN32_FIND_DATAW *data);
HANDLE WINAPI replaced_FindFirstFileA(const char *name, WIN32_FIND_DATAA *data);
HANDLE WINAPI replaced_FindFirstFileExW(const WCHAR *name, FINDEX_INFO_LEVELS level, void *data,
                                        FINDEX_SEARCH_OPS search, void *filter, DWORD flags);
HANDLE WINAPI replaced_FindFirstFileExA(const char *name, FINDEX_INFO_LEVELS level, void *data,
                                        FINDEX_SEARCH_OPS search, void *filter, DWORD flags);
BOOL WINAPI replaced_FindNextFileW(HANDLE search, WIN32_FIND_DATAW *data);
BOOL WINAPI replaced_FindNextFileA(HANDLE search, WIN32_FIND_DATAA *data);
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

/* Wine's, as above (replace_account.c). */
extern struct account_originals {
    BOOL(WINAPI *sid)
    (const WCHAR *system, PSID sid, WCHAR *name, DWORD *n_name, WCHAR *domain, DWORD *n_domain,
     SID_NAME_USE *use);
    BOOL(WINAPI *sid_narrow)
    (const char *system, PSID sid, char *name, DWORD *n_name, char *domain, DWORD *n_domain,
     SID_NAME_USE *use);
    BOOL(WINAPI *name)
    (const WCHAR *system, const WCHAR *name, PSID sid, DWORD *sid_size, WCHAR *domain,
     DWORD *n_domain, SID_NAME_USE *use);
    BOOL(WINAPI *name_narrow)
    (const char *system, const char *name, PSID sid, DWORD *sid_size, char *domain, DWORD *n_domain,
     SID_NAME_USE *use);
} account_originals;
BOOL WINAPI replaced_LookupAccountSidW(const WCHAR *system, PSID sid, WCHAR *name, DWORD *n_name,
                                       WCHAR *domain, DWORD *n_domain, SID_NAME_USE *use);
BOOL WINAPI replaced_LookupAccountSidA(const char *system, PSID sid, char *name, DWORD *n_name,
                                       char *domain, DWORD *n_domain, SID_NAME_USE *use);
BOOL WINAPI replaced_LookupAccountNameW(const WCHAR *system, const WCHAR *name, PSID sid,
                                        DWORD *sid_size, WCHAR *domain, DWORD *n_domain,
                                        SID_NAME_USE *use);
BOOL WINAPI replaced_LookupAccountNameA(const char *system, const char *name, PSID sid,
                                        DWORD *sid_size, char *domain, DWORD *n_domain,
                                        SID_NAME_USE *use);

extern struct user_name_originals {
    BOOLEAN(WINAPI *wide)(int format, WCHAR *name, ULONG *size);
    BOOLEAN(WINAPI *narrow)(int format, char *name, ULONG *size);
} user_name_originals;
BOOLEAN WINAPI replaced_GetUserNameExW(int format, WCHAR *name, ULONG *size);
BOOLEAN WINAPI replaced_GetUserNameExA(int format, char *name, ULONG *size);

extern struct symbols_originals {
    BOOL(WINAPI *narrow)(HANDLE process, const char *path, BOOL invade);
    BOOL(WINAPI *wide)(HANDLE process, const WCHAR *path, BOOL invade);
} symbols_originals;
BOOL WINAPI replaced_SymInitialize(HANDLE process, const char *path, BOOL invade);
BOOL WINAPI replaced_SymInitializeW(HANDLE process, const WCHAR *path, BOOL invade);
BOOL WINAPI replaced_MiniDumpWriteDump(HANDLE process, DWORD id, HANDLE file, DWORD type,
                                       const void *exception, const void *streams,
                                       const void *callback);

BOOL WINAPI replaced_VirtualFree(void *base, SIZE_T size, DWORD type);
BOOL WINAPI replaced_VirtualFreeEx(HANDLE process, void *base, SIZE_T size, DWORD type);

/* unhandled_filter.c. */
extern PRTL_EXCEPTION_FILTER(WINAPI *original_SetUnhandledExceptionFilter)(
    PRTL_EXCEPTION_FILTER filter);
PRTL_EXCEPTION_FILTER WINAPI replaced_SetUnhandledExceptionFilter(PRTL_EXCEPTION_FILTER filter);

/* replace_machine.c. */
HRESULT WINAPI replaced_WerSetFlags(DWORD flags);
HRESULT WINAPI replaced_WerGetFlags(HANDLE process, DWORD *ret_flags);
extern BOOL(WINAPI *original_SetProcessPriorityBoost)(HANDLE process, BOOL is_disabled);
extern BOOL(WINAPI *original_GetProcessPriorityBoost)(HANDLE process, BOOL *ret_is_disabled);
BOOL WINAPI replaced_SetProcessPriorityBoost(HANDLE process, BOOL is_disabled);
BOOL WINAPI replaced_GetProcessPriorityBoost(HANDLE process, BOOL *ret_is_disabled);
BOOL WINAPI replaced_GetNumaHighestNodeNumber(ULONG *ret_node);

#endif
