/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What tests above kernel32 share: errors, and the end of a child. */
#pragma once

#include <windows.h>

#include "test.h"

/* Takes the call itself, so that nothing comes between it and its error. */
static inline void fails(BOOL succeeded, DWORD want, const char *what)
{
    DWORD error = GetLastError();

    ok(!succeeded, "%s fails", what);
    is_number(error, want, "its error");
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
