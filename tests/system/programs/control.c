/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Waits for a control event. "handler" as argument: takes it, says which, returns 6. Else the
 * default happens, with a line still in the stream's buffer. */
#include <windows.h>

#include <stdio.h>

static HANDLE taken;

static BOOL WINAPI take(DWORD event)
{
    printf("event %lu\n", event);
    SetEvent(taken);
    return TRUE;
}

int main(int argc, char **argv)
{
    (void)argv;
    taken = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (argc > 1)
        SetConsoleCtrlHandler(take, TRUE);
    puts("ready");
    fflush(stdout);
    printf("in the buffer\n");
    WaitForSingleObject(taken, INFINITE);
    return 6;
}
