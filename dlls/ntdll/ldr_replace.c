/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Exports of Wine's DLLs in whose place stands a function of ours: Wine's would do work that goes
 * past us, and end otherwise than on Windows. The list is short, and meant to stay so.
 *
 * StartServiceCtrlDispatcher: Wine's asks its service manager by a pipe and reports that it cannot
 * be reached. Windows says ERROR_FAILED_SERVICE_CONTROLLER_CONNECT to a program that no service
 * manager has started, and programs that are both service and console program take that as the word
 * to be the latter. OpenSCManager: Wine's looks for that manager too, and fails without a word.
 *
 * SymInitialize, MiniDumpWriteDump: replace_symbols.c. VerifyConsoleIoHandle: replace_console.c.
 * CreatePipe: Wine's never gives up (create_pipe.c). CreateNamedPipe: replace_pipe.c. LockFileEx:
 * replace_lock.c. CopyFileEx, CreateSymbolicLink: Wine's do not what they say (replace_copy.c,
 * replace_link.c). MoveFileEx and its kin: Wine's, but for what cannot be done (replace_move.c); so
 * SetFileInformationByHandle; DefineDosDevice (replace_file_info.c). DeleteFile, SetFileAttributes:
 * replace_by_name.c. CreateFile, FindFirstFile and their kin: Wine's, but for symbolic links
 * (replace_reparse.c). FatalAppExit, RaiseFailFastException: Wine's end the program without a word
 * (replace_end.c). GetFinalPathNameByHandle: Wine's knows short paths only (replace_final_name.c).
 * VirtualFree: Wine's releases parts (replace_free.c).
 * SetUnhandledExceptionFilter: unhandled_filter.c. What run times ask of the machine when they
 * start: replace_machine.c. GetUserNameEx, LookupAccountSid, LookupAccountName: Wine's, and Linux'
 * users and groups (replace_account.c). */

#include "ntdll.h"

#include "ldr.h"
#include "replace.h"

static BOOL WINAPI service_dispatcher_refuse(const void *table)
{
    (void)table;
    RtlSetLastWin32Error(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
    return FALSE;
}

/* A and W. */
static void *WINAPI service_manager_refuse(const void *machine, const void *database, DWORD access)
{
    static LONG is_said;

    (void)machine, (void)database, (void)access;
    if (!__atomic_exchange_n(&is_said, 1, __ATOMIC_RELAXED))
        log_line("OpenSCManager: there is no service manager");
    RtlSetLastWin32Error(RPC_S_SERVER_UNAVAILABLE);
    return NULL;
}

static BOOL WINAPI descriptor_is_valid(const void *descriptor)
{
    const BOOLEAN is_valid = (BOOLEAN)RtlValidSecurityDescriptor((void *)descriptor);

    if (!is_valid)
        RtlSetLastWin32Error(ERROR_INVALID_SECURITY_DESCR);
    return is_valid;
}

/* Ours is replaced_<name>. */
#define OURS(dll, name, original)                                \
    {                                                            \
        L##dll, #name, (void (*)(void))replaced_##name, original \
    }

static const struct {
    const WCHAR *dll;
    const char *name;
    void (*function)(void);
    void *original; /* where Wine's own is stored, or NULL */
} replacements[] = {
    OURS("advapi32.dll", LookupAccountNameA, &account_originals.name_narrow),
    OURS("advapi32.dll", LookupAccountNameW, &account_originals.name),
    OURS("advapi32.dll", LookupAccountSidA, &account_originals.sid_narrow),
    OURS("advapi32.dll", LookupAccountSidW, &account_originals.sid),
    OURS("dbghelp.dll", MiniDumpWriteDump, NULL),
    OURS("dbghelp.dll", SymInitialize, &symbols_originals.narrow),
    OURS("dbghelp.dll", SymInitializeW, &symbols_originals.wide),
    OURS("kernel32.dll", CreateSymbolicLinkA, NULL),
    OURS("kernelbase.dll", CreateFileA, &reparse_originals.create_narrow),
    OURS("kernelbase.dll", CreateFileW, &reparse_originals.create),
    OURS("kernelbase.dll", CreateFile2, &reparse_originals.create2),
    OURS("kernelbase.dll", DefineDosDeviceW, NULL),
    OURS("kernelbase.dll", DeleteFileA, NULL),
    OURS("kernelbase.dll", DeleteFileW, NULL),
    OURS("kernelbase.dll", FindFirstFileA, &reparse_originals.first_narrow),
    OURS("kernelbase.dll", FindFirstFileW, &reparse_originals.first),
    OURS("kernelbase.dll", FindFirstFileExA, &reparse_originals.first_ex_narrow),
    OURS("kernelbase.dll", FindFirstFileExW, &reparse_originals.first_ex),
    OURS("kernelbase.dll", FindNextFileA, &reparse_originals.next_narrow),
    OURS("kernelbase.dll", FindNextFileW, &reparse_originals.next),
    OURS("kernelbase.dll", CopyFileExW, NULL),
    OURS("kernelbase.dll", CreateSymbolicLinkW, NULL),
    OURS("kernelbase.dll", CreateNamedPipeW, &original_CreateNamedPipeW),
    {L"kernelbase.dll", "CreatePipe", (void (*)(void))create_pipe, NULL},
    {L"kernelbase.dll", "IsValidSecurityDescriptor", (void (*)(void))descriptor_is_valid, NULL},
    OURS("kernelbase.dll", FatalAppExitA, NULL),
    OURS("kernelbase.dll", FatalAppExitW, NULL),
    OURS("kernelbase.dll", GetFinalPathNameByHandleA, NULL),
    OURS("kernelbase.dll", GetFinalPathNameByHandleW, NULL),
    OURS("kernelbase.dll", GetNumaHighestNodeNumber, NULL),
    OURS("kernelbase.dll", GetProcessPriorityBoost, &original_GetProcessPriorityBoost),
    OURS("kernelbase.dll", LockFileEx, NULL),
    OURS("kernelbase.dll", MoveFileExA, &move_originals.plain_narrow),
    OURS("kernelbase.dll", MoveFileExW, &move_originals.plain),
    OURS("kernelbase.dll", MoveFileWithProgressA, &move_originals.progress_narrow),
    OURS("kernelbase.dll", MoveFileWithProgressW, &move_originals.progress),
    OURS("kernelbase.dll", RaiseFailFastException, NULL),
    OURS("kernelbase.dll", SetFileAttributesA, NULL),
    OURS("kernelbase.dll", SetFileAttributesW, NULL),
    OURS("kernelbase.dll", SetProcessPriorityBoost, &original_SetProcessPriorityBoost),
    OURS("kernelbase.dll", WerGetFlags, NULL),
    OURS("kernelbase.dll", WerSetFlags, NULL),
    OURS("kernelbase.dll", SetFileInformationByHandle, &original_SetFileInformationByHandle),
    OURS("kernelbase.dll", SetUnhandledExceptionFilter, &original_SetUnhandledExceptionFilter),
    OURS("kernelbase.dll", VirtualFree, NULL),
    OURS("kernelbase.dll", VirtualFreeEx, NULL),
    OURS("kernel32.dll", SetVolumeLabelA, NULL),
    OURS("kernel32.dll", SetVolumeLabelW, NULL),
    OURS("kernel32.dll", VerifyConsoleIoHandle, &original_VerifyConsoleIoHandle),
    OURS("secur32.dll", GetUserNameExA, &user_name_originals.narrow),
    OURS("secur32.dll", GetUserNameExW, &user_name_originals.wide),
    {L"sechost.dll", "OpenSCManagerA", (void (*)(void))service_manager_refuse, NULL},
    {L"sechost.dll", "OpenSCManagerW", (void (*)(void))service_manager_refuse, NULL},
    {L"sechost.dll", "StartServiceCtrlDispatcherA", (void (*)(void))service_dispatcher_refuse,
     NULL},
    {L"sechost.dll", "StartServiceCtrlDispatcherW", (void (*)(void))service_dispatcher_refuse,
     NULL},
};

bool has_replacements(const WCHAR *base_name)
{
    unsigned i;

    for (i = 0; i < ARRAY_COUNT(replacements); i++)
        if (names_equal(replacements[i].dll, base_name))
            return true;
    return false;
}

/* kernel32 exports many names of kernelbase's, which only lead there: the DLL must be the right
 * one.
 */
void *replacement_find(const WCHAR *base_name, const char *name, void *original)
{
    unsigned i;

    for (i = 0; i < ARRAY_COUNT(replacements); i++)
        if (*name == *replacements[i].name && !strcmp(replacements[i].name, name) &&
            names_equal(replacements[i].dll, base_name)) {
            if (replacements[i].original)
                memcpy(replacements[i].original, &original, sizeof(original));
            return (void *)replacements[i].function;
        }
    return NULL;
}
