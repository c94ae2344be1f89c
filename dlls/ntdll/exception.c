/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Raising and dispatching exceptions. */

#include "ntdll.h"

#include "exception.h"

void raise_status(NTSTATUS status, ULONG flags)
{
    EXCEPTION_RECORD record = {.ExceptionCode = status, .ExceptionFlags = flags};

    record.ExceptionAddress = __builtin_return_address(0);
    log_line("exception %x at %p", record.ExceptionCode, record.ExceptionAddress);
    unix_fail(1, "unhandled exception", 19);
}
