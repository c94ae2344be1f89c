/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Gets a control event. Without an argument the default happens, with a line still in the stream's
 * buffer. "handler": takes it, says which, returns 6. The others do the same from the handler while
 * the only thread is busy: "compute" in its own code, "call" with system calls, "read" with a pipe
 * that stays empty, "load" with a DLL whose DllMain does not return (stuck.c). "stuck" is "load"
 * without a handler; "end" starts that and ends it by TerminateProcess. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
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

/* stuck.dll: loaded, and freed when that is where it shall stay. */
static int stuck(void)
{
    const char *reason = getenv("STUCK");
    HMODULE module;

    printf("in the buffer\n");
    module = LoadLibraryA("stuck.dll");
    if (!module || !reason)
        return 9;
    if (!strcmp(reason, "free"))
        FreeLibrary(module);
    return 0;
}

static int end_another(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof(inherit), NULL, TRUE};
    STARTUPINFOA start = {.cb = sizeof(start), .dwFlags = STARTF_USESTDHANDLES};
    char line[] = "control.exe stuck", path[MAX_PATH], byte;
    PROCESS_INFORMATION child;
    HANDLE output;
    DWORD size;

    GetModuleFileNameA(NULL, path, sizeof(path));
    if (!CreatePipe(&output, &start.hStdOutput, &inherit, 0) ||
        !CreateProcessA(path, line, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child))
        return 9;
    if (!ReadFile(output, &byte, 1, &size, NULL) || !TerminateProcess(child.hProcess, 123))
        return 8;
    WaitForSingleObject(child.hProcess, INFINITE);
    if (!GetExitCodeProcess(child.hProcess, &size))
        return 7;
    return (int)size;
}

static int busy(const char *with)
{
    volatile unsigned n = 0;
    char byte;
    DWORD size;

    if (!strcmp(with, "load"))
        return stuck();
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

    if (!strcmp(with, "stuck"))
        return stuck();
    if (!strcmp(with, "end"))
        return end_another();
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
