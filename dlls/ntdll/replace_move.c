/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Moving a file at the next start of the system, before Wine's MoveFileEx and its kin
 * (ldr_replace.c): nothing here starts a system. Wine's fail without an error. */

#include "ntdll.h"

#include <stdbool.h>

#include "replace.h"

struct move_originals move_originals;

static bool is_refused(DWORD flags)
{
    static LONG is_said;

    if (!(flags & MOVEFILE_DELAY_UNTIL_REBOOT))
        return false;
    if (!__atomic_exchange_n(&is_said, 1, __ATOMIC_RELAXED))
        log_line("MoveFileEx: MOVEFILE_DELAY_UNTIL_REBOOT is not implemented");
    RtlSetLastWin32Error(ERROR_NOT_SUPPORTED);
    return true;
}

BOOL WINAPI replaced_MoveFileExA(const char *from, const char *to, DWORD flags)
{
    return !is_refused(flags) && move_originals.plain_narrow(from, to, flags);
}

BOOL WINAPI replaced_MoveFileExW(const WCHAR *from, const WCHAR *to, DWORD flags)
{
    return !is_refused(flags) && move_originals.plain(from, to, flags);
}

BOOL WINAPI replaced_MoveFileWithProgressA(const char *from, const char *to,
                                           LPPROGRESS_ROUTINE progress, void *argument, DWORD flags)
{
    return !is_refused(flags) &&
           move_originals.progress_narrow(from, to, progress, argument, flags);
}

BOOL WINAPI replaced_MoveFileWithProgressW(const WCHAR *from, const WCHAR *to,
                                           LPPROGRESS_ROUTINE progress, void *argument, DWORD flags)
{
    return !is_refused(flags) && move_originals.progress(from, to, progress, argument, flags);
}
