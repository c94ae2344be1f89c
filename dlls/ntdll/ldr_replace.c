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
 * CreatePipe: Wine's never gives up (create_pipe.c). CopyFileEx, CreateSymbolicLink: Wine's do not
 * what they say (replace_copy.c, replace_link.c). */

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
} replacements[] = {
    {L"kernel32.dll", "CreateSymbolicLinkA", (void (*)(void))replaced_CreateSymbolicLinkA},
    {L"kernelbase.dll", "CopyFileExW", (void (*)(void))replaced_CopyFileExW},
    {L"kernelbase.dll", "CreateSymbolicLinkW", (void (*)(void))replaced_CreateSymbolicLinkW},
    {L"kernelbase.dll", "CreatePipe", (void (*)(void))create_pipe},
    {L"kernelbase.dll", "IsValidSecurityDescriptor", (void (*)(void))descriptor_is_valid},
    {L"sechost.dll", "StartServiceCtrlDispatcherA", (void (*)(void))service_dispatcher_refuse},
    {L"sechost.dll", "StartServiceCtrlDispatcherW", (void (*)(void))service_dispatcher_refuse},
};

bool has_replacements(const WCHAR *base_name)
{
    unsigned i;

    for (i = 0; i < ARRAY_COUNT(replacements); i++)
        if (names_equal(replacements[i].dll, base_name))
            return true;
    return false;
}

/* No name of one DLL is exported by another for anything else: the name alone will do. */
void *replacement_find(const char *name)
{
    unsigned i;

    for (i = 0; i < ARRAY_COUNT(replacements); i++)
        if (*name == *replacements[i].name && !strcmp(replacements[i].name, name))
            return (void *)replacements[i].function;
    return NULL;
}
