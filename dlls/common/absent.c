/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* See absent.h. DLL_NAME, DLL_REASON and dll_absent_error() are the DLL's own. */

#include "dll.h" /* which includes absent.h, after headers that must come before windows.h */

INT_PTR absent_called(struct absent_record *record, INT_PTR result)
{
    static const char name[] = DLL_NAME ".", reason[] = " is not available: " DLL_REASON;
    char line[sizeof(name) + 128 + sizeof(reason)];
    size_t n = strlen(record->name);

    if (!__atomic_exchange_n(&record->has_said_it, 1, __ATOMIC_RELAXED) && n < 128) {
        memcpy(line, name, sizeof(name) - 1);
        memcpy(line + sizeof(name) - 1, record->name, n);
        memcpy(line + sizeof(name) - 1 + n, reason, sizeof(reason));
        __portico_log(line);
    }
    SetLastError(dll_absent_error());
    return result;
}
