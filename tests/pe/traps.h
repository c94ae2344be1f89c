/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Instructions that trap: a vectored handler notes the exception and goes on behind them. */
#pragma once

#include <windows.h>

#include "test.h"

static EXCEPTION_RECORD seen;
static int n_seen, skip_bytes; /* skip_bytes: the instruction's length, set before it */

static LONG CALLBACK handler_skip(EXCEPTION_POINTERS *pointers)
{
    seen = *pointers->ExceptionRecord;
    n_seen++;
    pointers->ContextRecord->Rip += (DWORD64)skip_bytes;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* One exception since the last look, of this code. */
static void expect(ULONG code, const char *name)
{
    if (!ok(n_seen == 1 && seen.ExceptionCode == code, "%s", name))
        diag("%d exceptions, code %x, want %x", n_seen, (unsigned)seen.ExceptionCode,
             (unsigned)code);
    n_seen = 0;
}
