/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* bcryptprimitives, which Wine 8.0 does not have. Every program of Rust (1.78 and later) and of Go
 * (1.22 and later) takes its random numbers from it and does not start without. The tables of
 * functions that Windows' bcrypt gets from it are documented nowhere. */
#pragma once

#include "absent.h"

#define DLL_NAME   "bcryptprimitives"
#define DLL_REASON "its interface is not documented"

static inline DWORD dll_absent_error(void)
{
    return ERROR_CALL_NOT_IMPLEMENTED;
}

/* ntdll's own (dlls/ntdll/random.c): random bytes of the kernel's. Memory that cannot be written is
 * an exception. */
void WINAPI __portico_random(void *bytes, SIZE_T n);

/* Fills bytes with random ones; always TRUE (learn.microsoft.com, ProcessPrng). */
BOOL WINAPI ProcessPrng(BYTE *bytes, SIZE_T n);
