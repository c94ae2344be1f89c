/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The lowest DLL of the loader test: keeps the history of what DllMains were called, tells at the
 * process's end whether the detach order was right. */

#include <windows.h>

#include "loader_dlls.h"

extern LONG WINAPI NtWriteFile(HANDLE, HANDLE, void *, void *, void *, void *, ULONG, void *,
                               void *);

static char history[256];
static unsigned n_history;
int two_refuse_three;
const char *two_last_line;

void two_note(char who, ULONG reason)
{
    static const char reasons[] =
        "daTD"; /* process detach, process attach, thread attach, thread detach */

    if (n_history + 3 > sizeof(history))
        return;
    history[n_history++] = who;
    history[n_history++] = reasons[reason];
    history[n_history] = 0;
}

const char *two_history(void)
{
    return history;
}

void two_forget(void)
{
    n_history = 0;
    history[0] = 0;
}

int two_value(void)
{
    return 22;
}

/* "ok N - name" if what happened at the end is what it must be: one detached before two, the
 * program after. */
static void tell(void)
{
    const char *params, *text = two_last_line;
    ULONG_PTR io[2];
    ULONG n = 0;

    if (!text)
        return;
    if (history[0] == '1' && history[1] == 'd' && history[2] == '2')
        text += 4; /* skips "not " */
    while (text[n])
        n++;
    __asm__("movq %%gs:0x60, %0" : "=r"(params));
    params = *(char *const *)(params + 0x20);
    NtWriteFile(*(HANDLE *)(params + 0x28), NULL, NULL, NULL, io, (void *)text, n, NULL, NULL);
}

BOOL WINAPI DllMain(HINSTANCE base, DWORD reason, void *reserved)
{
    (void)base;
    two_note('2', reason);
    if (reason == DLL_PROCESS_DETACH && reserved)
        tell();
    return TRUE;
}
