/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What tests above kernel32 share: errors, folders, a child and its end. */
#pragma once

#include <windows.h>

#include <stdio.h>

#include "test.h"

/* Takes the call itself, so that nothing comes between it and its error. */
static inline void fails(BOOL succeeded, DWORD want, const char *what)
{
    DWORD error = GetLastError();

    ok(!succeeded, "%s fails", what);
    is_number(error, want, "its error");
}

static inline BOOL is_folder(const WCHAR *path)
{
    const DWORD attributes = GetFileAttributesW(path);

    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
}

/* Starts this program again with these arguments. */
static inline BOOL child_start_with(const char *arguments, BOOL inherit, DWORD flags,
                                    PROCESS_INFORMATION *ret_child)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    char self[MAX_PATH], line[MAX_PATH + 256];

    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" %s", self, arguments);
    return CreateProcessA(NULL, line, NULL, NULL, inherit, flags, NULL, NULL, &startup, ret_child);
}

/* The same; nothing is inherited. */
static inline BOOL child_start(const char *arguments, DWORD flags, PROCESS_INFORMATION *ret_child)
{
    return child_start_with(arguments, FALSE, flags, ret_child);
}

/* Waits for it; returns its exit code. */
static inline DWORD child_end(PROCESS_INFORMATION *child)
{
    DWORD code = 0xdead;

    WaitForSingleObject(child->hProcess, INFINITE);
    GetExitCodeProcess(child->hProcess, &code);
    CloseHandle(child->hProcess);
    CloseHandle(child->hThread);
    return code;
}
