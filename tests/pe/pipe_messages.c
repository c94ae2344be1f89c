/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Messages in pipes that end, that have a bad buffer, that meet on one handle. What they do
 * otherwise: named_pipes.c. */
#include "pipes.h"

#include <stdlib.h>

#define NAME "\\\\.\\pipe\\portico\\pipe_messages"

/* Who reads bytes of a pipe of messages gets the last ones before the end. */
static void test_messages_as_bytes(void)
{
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 1);
    HANDLE client = client_make(NAME, 0);
    char text[16];
    DWORD n;

    put(client, "la");
    put(client, "st");
    CloseHandle(client);
    get(server, "last");
    fails(ReadFile(server, text, sizeof text, &n, NULL), ERROR_BROKEN_PIPE, "reading behind that");
    CloseHandle(server);
}

/* A message whose end cannot be read does not begin. */
static void test_bad_message(void)
{
    const size_t size = 1024 * 1024;
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                                PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1);
    HANDLE client = client_make(NAME, 0);
    char *bytes = VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_NOACCESS), text[16] = "";
    OVERLAPPED over = {0};

    VirtualAlloc(bytes, size - 4096, MEM_COMMIT, PAGE_READWRITE);
    fails(WriteFile(server, bytes, (DWORD)size, NULL, &over), ERROR_NOACCESS,
          "writing what cannot be read");
    put(client, "in");
    ok(ReadFile(server, text, sizeof text, NULL, &over) && !memcmp(text, "in", 3),
       "the pipe works");
    ok(WriteFile(server, "out", 3, NULL, &over), "in both directions");
    get(client, "out");
    VirtualFree(bytes, 0, MEM_RELEASE);
    CloseHandle(client);
    CloseHandle(server);
}

#define LARGE_BYTES (1024 * 1024)

static DWORD WINAPI write_large(void *pipe)
{
    char *bytes = calloc(1, LARGE_BYTES);
    DWORD n = 0;

    WriteFile(pipe, bytes, LARGE_BYTES, &n, NULL);
    free(bytes);
    return n;
}

static DWORD WINAPI transact(void *pipe)
{
    char text[16] = "";
    DWORD n = 0;

    TransactNamedPipe(pipe, (void *)"ask", 3, text, sizeof text, &n, NULL);
    return n;
}

/* On one handle a thread's transaction does not begin within another's message. */
static void test_turns(void)
{
    HANDLE server =
        server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1);
    HANDLE client = client_make(NAME, 0), threads[2];
    DWORD mode = PIPE_READMODE_MESSAGE, n, total, wrong = 0, code;
    static char bytes[4096];
    BOOL is_over;

    SetNamedPipeHandleState(client, &mode, NULL, NULL);
    threads[0] = CreateThread(NULL, 0, write_large, client, 0, NULL);
    ok(!ReadFile(server, bytes, sizeof bytes, &n, NULL) && GetLastError() == ERROR_MORE_DATA,
       "a message that does not fit has begun");
    threads[1] = CreateThread(NULL, 0, transact, client, 0, NULL);
    total = n;
    do {
        is_over = ReadFile(server, bytes, sizeof bytes, &n, NULL);
        for (DWORD i = 0; i < n; i++)
            wrong += !!bytes[i];
        total += n;
    } while (!is_over && GetLastError() == ERROR_MORE_DATA);
    is_number(total, LARGE_BYTES, "it comes to its end");
    is_number(wrong, 0, "with nothing in between");
    get(server, "ask");
    put(server, "answer");
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
    ok(GetExitCodeThread(threads[1], &code) && code == 6, "the transaction had its answer");
    CloseHandle(threads[0]);
    CloseHandle(threads[1]);
    CloseHandle(client);
    CloseHandle(server);
}

static void test_main(void)
{
    test_messages_as_bytes();
    test_bad_message();
    test_turns();
}
