/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Exports of Wine's DLLs in whose place stands a function of ours: Wine's would do work that goes
 * past us, and end otherwise than on Windows. The list is short, and meant to stay so.
 *
 * StartServiceCtrlDispatcher: Wine's asks its service manager by a pipe and reports that it cannot
 * be reached. Windows says ERROR_FAILED_SERVICE_CONTROLLER_CONNECT to a program that no service
 * manager has started, and programs that are both service and console program take that as the word
 * to be the latter.
 *
 * SymInitialize, MiniDumpWriteDump: replace_symbols.c. VerifyConsoleIoHandle: replace_console.c.
 * CreatePipe: Wine's never gives up (create_pipe.c). CreateNamedPipe: replace_pipe.c. LockFileEx:
 * replace_lock.c. CopyFileEx, CreateSymbolicLink: Wine's do not what they say (replace_copy.c,
 * replace_link.c). MoveFileEx and its kin: Wine's, but for what cannot be done (replace_move.c); so
 * SetFileInformationByHandle (replace_file_info.c). CreateFile, FindFirstFile and their kin:
 * Wine's, but for symbolic links (replace_reparse.c). FatalAppExit, RaiseFailFastException: Wine's
 * end the program without a word (replace_end.c). */

#include "ntdll.h"

#include "ldr.h"
#include "replace.h"

static BOOL WINAPI service_dispatcher_refuse(const void *table)
{
    (void)table;
    RtlSetLastWin32Error(ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
    return FALSE;
}

static BOOL WINAPI descriptor_is_valid(const void *descriptor)
{
    const BOOLEAN is_valid = (BOOLEAN)RtlValidSecurityDescriptor((void *)descriptor);

    if (!is_valid)
        RtlSetLastWin32Error(ERROR_INVALID_SECURITY_DESCR);
    return is_valid;
}

static const struct {
    const WCHAR *dll;
    const char *name;
    void (*function)(void);
    void *original; /* where Wine's own is stored, or NULL */
} replacements[] = {
    {L"dbghelp.dll", "MiniDumpWriteDump", (void (*)(void))replaced_MiniDumpWriteDump, NULL},
    {L"dbghelp.dll", "SymInitialize", (void (*)(void))replaced_SymInitialize,
     &symbols_originals.narrow},
    {L"dbghelp.dll", "SymInitializeW", (void (*)(void))replaced_SymInitializeW,
     &symbols_originals.wide},
    {L"kernel32.dll", "CreateSymbolicLinkA", (void (*)(void))replaced_CreateSymbolicLinkA, NULL},
    {L"kernelbase.dll", "CreateFileA", (void (*)(void))replaced_CreateFileA,
     &reparse_originals.create_narrow},
    {L"kernelbase.dll", "CreateFileW", (void (*)(void))replaced_CreateFileW,
     &reparse_originals.create},
    {L"kernelbase.dll", "CreateFile2", (void (*)(void))replaced_CreateFile2,
     &reparse_originals.create2},
    {L"kernelbase.dll", "FindFirstFileA", (void (*)(void))replaced_FindFirstFileA,
     &reparse_originals.first_narrow},
    {L"kernelbase.dll", "FindFirstFileW", (void (*)(void))replaced_FindFirstFileW,
     &reparse_originals.first},
    {L"kernelbase.dll", "FindFirstFileExA", (void (*)(void))replaced_FindFirstFileExA,
     &reparse_originals.first_ex_narrow},
    {L"kernelbase.dll", "FindFirstFileExW", (void (*)(void))replaced_FindFirstFileExW,
     &reparse_originals.first_ex},
    {L"kernelbase.dll", "FindNextFileA", (void (*)(void))replaced_FindNextFileA,
     &reparse_originals.next_narrow},
    {L"kernelbase.dll", "FindNextFileW", (void (*)(void))replaced_FindNextFileW,
     &reparse_originals.next},
    {L"kernelbase.dll", "CopyFileExW", (void (*)(void))replaced_CopyFileExW, NULL},
    {L"kernelbase.dll", "CreateSymbolicLinkW", (void (*)(void))replaced_CreateSymbolicLinkW, NULL},
    {L"kernelbase.dll", "CreateNamedPipeW", (void (*)(void))replaced_CreateNamedPipeW,
     &original_CreateNamedPipeW},
    {L"kernelbase.dll", "CreatePipe", (void (*)(void))create_pipe, NULL},
    {L"kernelbase.dll", "IsValidSecurityDescriptor", (void (*)(void))descriptor_is_valid, NULL},
    {L"kernelbase.dll", "FatalAppExitA", (void (*)(void))replaced_FatalAppExitA, NULL},
    {L"kernelbase.dll", "FatalAppExitW", (void (*)(void))replaced_FatalAppExitW, NULL},
    {L"kernelbase.dll", "LockFileEx", (void (*)(void))replaced_LockFileEx, NULL},
    {L"kernelbase.dll", "MoveFileExA", (void (*)(void))replaced_MoveFileExA,
     &move_originals.plain_narrow},
    {L"kernelbase.dll", "MoveFileExW", (void (*)(void))replaced_MoveFileExW, &move_originals.plain},
    {L"kernelbase.dll", "MoveFileWithProgressA", (void (*)(void))replaced_MoveFileWithProgressA,
     &move_originals.progress_narrow},
    {L"kernelbase.dll", "MoveFileWithProgressW", (void (*)(void))replaced_MoveFileWithProgressW,
     &move_originals.progress},
    {L"kernelbase.dll", "RaiseFailFastException", (void (*)(void))replaced_RaiseFailFastException,
     NULL},
    {L"kernelbase.dll", "SetFileInformationByHandle",
     (void (*)(void))replaced_SetFileInformationByHandle, &original_SetFileInformationByHandle},
    {L"kernel32.dll", "SetVolumeLabelA", (void (*)(void))replaced_SetVolumeLabelA, NULL},
    {L"kernel32.dll", "SetVolumeLabelW", (void (*)(void))replaced_SetVolumeLabelW, NULL},
    {L"kernel32.dll", "VerifyConsoleIoHandle", (void (*)(void))replaced_VerifyConsoleIoHandle,
     &original_VerifyConsoleIoHandle},
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
