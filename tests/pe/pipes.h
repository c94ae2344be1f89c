/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What the tests of named pipes share. */
#pragma once

#include <string.h>

#include "win32.h"

static inline HANDLE server_make(const char *name, DWORD open, DWORD mode, DWORD instances)
{
    return CreateNamedPipeA(name, open, mode, instances, 4096, 4096, 0, NULL);
}

static inline HANDLE client_make(const char *name, DWORD flags)
{
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
}

static inline void put(HANDLE pipe, const char *text)
{
    DWORD n = 0;

    ok(WriteFile(pipe, text, (DWORD)strlen(text), &n, NULL) && n == strlen(text), "write \"%s\"",
       text);
}

static inline void get(HANDLE pipe, const char *want)
{
    char text[256] = "";
    DWORD n = 0;

    ok(ReadFile(pipe, text, sizeof(text) - 1, &n, NULL) && n == strlen(want) &&
           !memcmp(text, want, n),
       "read \"%s\"", want);
}
