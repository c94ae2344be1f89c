/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Takes descriptors until there are none, then tries everything that needs one more: a line for
 * each, with its error. */

#include <windows.h>

#include <stdio.h>

#define MORE_THAN_ANY 100000

static void tell(const char *what, int ok)
{
    printf("%s: %s\n", what, ok ? "yes" : GetLastError() ? "no" : "no, without an error");
}

static void pipes_take(void)
{
    HANDLE ends[2];
    int n = 0;

    SetLastError(0);
    while (n < MORE_THAN_ANY && CreatePipe(&ends[0], &ends[1], NULL, 0))
        n++;
    tell("a pipe", n == MORE_THAN_ANY);
}

static void files_take(const char *name)
{
    int n = 0;

    SetLastError(0);
    while (n < MORE_THAN_ANY &&
           CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL) != INVALID_HANDLE_VALUE)
        n++;
    tell("a file", n == MORE_THAN_ANY);
}

static DWORD WINAPI nothing(void *unused)
{
    (void)unused;
    return 3;
}

static void others_try(char *name)
{
    STARTUPINFOA start = {.cb = sizeof(start)};
    PROCESS_INFORMATION started;
    HANDLE thread;
    DWORD code = 0;

    SetLastError(0);
    tell("a section",
         CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL) != NULL);
    SetLastError(0);
    tell("a program",
         CreateProcessA(name, name, NULL, NULL, TRUE, 0, NULL, NULL, &start, &started));
    SetLastError(0);
    tell("a DLL", LoadLibraryA("version.dll") != NULL);
    thread = CreateThread(NULL, 0, nothing, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    tell("a thread", GetExitCodeThread(thread, &code) && code == 3);
}

int main(int argc, char **argv)
{
    (void)argc;
    pipes_take();
    files_take(argv[0]);
    others_try(argv[0]);
    return 0;
}
