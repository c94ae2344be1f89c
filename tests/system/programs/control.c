/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Gets a control event. Without an argument the default happens, with a line still in the stream's
 * buffer. "handler": takes it, says which, returns 6. The others do the same from the handler while
 * the only thread is busy: "compute" in its own code, "call" with system calls, "read" with a pipe
 * that stays empty. */
#include <windows.h>

#include <stdio.h>
#include <string.h>

static HANDLE taken;

static BOOL WINAPI take(DWORD event)
{
    printf("event %lu\n", event);
    SetEvent(taken);
    return TRUE;
}

static BOOL WINAPI take_and_end(DWORD event)
{
    printf("event %lu\n", event);
    fflush(stdout);
    TerminateProcess(GetCurrentProcess(), 6);
    return TRUE;
}

static int busy(const char *with)
{
    volatile unsigned n = 0;
    char byte;
    DWORD size;

    if (!strcmp(with, "read"))
        return ReadFile(GetStdHandle(STD_INPUT_HANDLE), &byte, 1, &size, NULL) ? 7 : 8;
    for (;;)
        if (!strcmp(with, "call"))
            GetFileType(GetStdHandle(STD_OUTPUT_HANDLE));
        else
            n++;
}

int main(int argc, char **argv)
{
    const char *with = argc > 1 ? argv[1] : "";

    taken = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (*with)
        SetConsoleCtrlHandler(strcmp(with, "handler") ? take_and_end : take, TRUE);
    puts("ready");
    fflush(stdout);
    if (*with && strcmp(with, "handler"))
        return busy(with);
    printf("in the buffer\n");
    WaitForSingleObject(taken, INFINITE);
    return 6;
}
