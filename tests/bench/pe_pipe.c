/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A named pipe in message mode between two Windows programs: what Wine's users have instead.
 *
 *     pe_pipe serve NAME                        answers until the client has gone
 *     pe_pipe ask NAME REQUESTS SIZE PLACEMENT */

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ticks.h"

enum { N_WARM = 100, BUFFER_BYTES = 65536 };

static char buffer[BUFFER_BYTES];

static void fail(const char *what)
{
    fprintf(stderr, "pe_pipe: %s: error %lu\n", what, GetLastError());
    exit(1);
}

static uint64_t now_ns(void)
{
    LARGE_INTEGER now, frequency;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (uint64_t)((double)now.QuadPart * 1e9 / (double)frequency.QuadPart);
}

static void serve(const char *path)
{
    HANDLE pipe = CreateNamedPipeA(path, PIPE_ACCESS_DUPLEX,
                                   PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, 1,
                                   BUFFER_BYTES, BUFFER_BYTES, 0, NULL);
    DWORD n;

    if (pipe == INVALID_HANDLE_VALUE)
        fail("create");
    if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
        fail("connect");
    while (ReadFile(pipe, buffer, sizeof buffer, &n, NULL))
        if (!WriteFile(pipe, buffer, n, &n, NULL))
            fail("write");
}

static HANDLE pipe_open(const char *path)
{
    DWORD mode = PIPE_READMODE_MESSAGE;
    HANDLE pipe;

    while ((pipe = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0,
                               NULL)) == INVALID_HANDLE_VALUE) {
        if (GetLastError() != ERROR_FILE_NOT_FOUND && GetLastError() != ERROR_PIPE_BUSY)
            fail("open");
        Sleep(10); /* the server is not there yet */
    }
    if (!SetNamedPipeHandleState(pipe, &mode, NULL, NULL))
        fail("message mode");
    return pipe;
}

static void ask(const char *path, unsigned n, const char *size, const char *placement)
{
    HANDLE pipe = pipe_open(path);
    DWORD bytes = (DWORD)atoi(size), done;
    struct samples samples;

    if (!samples_begin(&samples, n, now_ns()))
        fail("no memory");
    for (unsigned i = 0; i < n + N_WARM; i++) {
        uint64_t start = ticks_now();
        if (!WriteFile(pipe, buffer, bytes, &done, NULL) ||
            !ReadFile(pipe, buffer, sizeof buffer, &done, NULL) || done != bytes)
            fail("round trip");
        if (i >= N_WARM)
            samples_add(&samples, ticks_now() - start);
    }
    samples_put(&samples, now_ns(), "round trip", "wine pipe", size, placement);
}

int main(int argc, char **argv)
{
    char path[128];

    if (argc < 3)
        return 2;
    snprintf(path, sizeof path, "\\\\.\\pipe\\%s", argv[2]);
    if (strcmp(argv[1], "serve") == 0)
        serve(path);
    else if (argc > 5)
        ask(path, (unsigned)atoi(argv[3]), argv[4], argv[5]);
    return 0;
}
