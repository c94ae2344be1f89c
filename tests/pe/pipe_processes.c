/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Pipes between processes, named and not, inherited and opened, and the death of either end. The
 * program starts itself as the other side. */
#include "pipes.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME "\\\\.\\pipe\\portico\\pipe_processes"

static char self[MAX_PATH];

static PROCESS_INFORMATION start(const char *what, BOOL inherit, HANDLE std_in, HANDLE std_out)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process = {0};
    char line[MAX_PATH + 64];

    if (std_in) {
        startup.dwFlags = STARTF_USESTDHANDLES;
        startup.hStdInput = std_in;
        startup.hStdOutput = std_out;
        startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    }
    snprintf(line, sizeof line, "\"%s\" %s", self, what);
    ok(CreateProcessA(self, line, NULL, NULL, inherit, 0, NULL, NULL, &startup, &process),
       "start %s", what);
    return process;
}

/* The client: 0 is right. */
static int child_client(void)
{
    DWORD mode = PIPE_READMODE_MESSAGE, n;
    HANDLE pipe;
    char text[16];

    if (!WaitNamedPipeA(NAME, NMPWAIT_WAIT_FOREVER))
        return 1;
    pipe = client_make(NAME, 0);
    if (pipe == INVALID_HANDLE_VALUE || !SetNamedPipeHandleState(pipe, &mode, NULL, NULL))
        return 2;
    if (!TransactNamedPipe(pipe, (void *)"question", 8, text, sizeof text, &n, NULL) || n != 6 ||
        memcmp(text, "answer", 6))
        return 3;
    if (ReadFile(pipe, text, sizeof text, &n, NULL)) /* the server dies or closes */
        return 4;
    return GetLastError() == ERROR_BROKEN_PIPE ? 0 : 5;
}

/* The server, killed by its parent or by itself. */
static int child_server(void)
{
    HANDLE pipe =
        server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1);
    char text[16];
    DWORD n;

    if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
        return 1;
    if (!ReadFile(pipe, text, sizeof text, &n, NULL) || n != 8)
        return 2;
    WriteFile(pipe, "answer", 6, &n, NULL);
    FlushFileBuffers(pipe);
    ReadFile(pipe, text, sizeof text, &n, NULL); /* which has no end but its own */
    return 3;
}

/* Reads a handle's value, which its parent has put into this process, and asks through it. */
static int child_given(void)
{
    HANDLE pipe;
    char text[16];
    DWORD n;

    if (!ReadFile(GetStdHandle(STD_INPUT_HANDLE), &pipe, sizeof pipe, &n, NULL) || n != sizeof pipe)
        return 1;
    if (!TransactNamedPipe(pipe, (void *)"question", 8, text, sizeof text, &n, NULL) || n != 6 ||
        memcmp(text, "answer", 6))
        return 2;
    return CloseHandle(pipe) ? 0 : 3;
}

static int child_cat(void)
{
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE), out = GetStdHandle(STD_OUTPUT_HANDLE);
    char text[64];
    DWORD n;

    while (ReadFile(in, text, sizeof text, &n, NULL) && n)
        WriteFile(out, text, n, &n, NULL);
    return 0;
}

static void test_processes(void)
{
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
                                PIPE_UNLIMITED_INSTANCES);
    PROCESS_INFORMATION child = start("client", FALSE, NULL, NULL);
    HANDLE client;
    DWORD mode = PIPE_READMODE_MESSAGE, n, id;
    char text[16];

    ok(ConnectNamedPipe(server, NULL) || GetLastError() == ERROR_PIPE_CONNECTED, "another process");
    ok(GetNamedPipeClientProcessId(server, &id) && id == child.dwProcessId, "it is the child");
    get(server, "question");
    put(server, "answer");
    ok(FlushFileBuffers(server), "it has read that");
    CloseHandle(server);
    is_number(child_end(&child), 0, "the child saw the server's end");

    child = start("server", FALSE, NULL, NULL);
    while (!WaitNamedPipeA(NAME, NMPWAIT_WAIT_FOREVER))
        SwitchToThread(); /* it has not made it yet */
    client = client_make(NAME, 0);
    ok(client != INVALID_HANDLE_VALUE, "a server in another process");
    ok(GetNamedPipeServerProcessId(client, &id) && id == child.dwProcessId, "it is the child");
    SetNamedPipeHandleState(client, &mode, NULL, NULL);
    ok(TransactNamedPipe(client, (void *)"question", 8, text, sizeof text, &n, NULL) && n == 6,
       "it answers");
    TerminateProcess(child.hProcess, 7);
    fails(ReadFile(client, text, sizeof text, &n, NULL), ERROR_BROKEN_PIPE,
          "the server was killed: a read");
    is_number(child_end(&child), 7, "it was");
    fails(WriteFile(client, "x", 1, &n, NULL), ERROR_NO_DATA, "and a write");
    CloseHandle(client);
    fails(client_make(NAME, 0) != INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND, "its pipe is gone:");
}

/* A child's standard handles are a named pipe's end, as runners of programs do it. */
static void test_inherited(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    HANDLE client =
        CreateFileA(NAME, GENERIC_READ | GENERIC_WRITE, 0, &inherit, OPEN_EXISTING, 0, NULL);
    PROCESS_INFORMATION child = start("cat", TRUE, client, client);
    char text[16];
    DWORD n;

    CloseHandle(client);
    put(server, "through a child");
    get(server, "through a child");
    ok(DisconnectNamedPipe(server), "throw the child out");
    is_number(child_end(&child), 0, "it ends");
    CloseHandle(server);

    server = server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    client = CreateFileA(NAME, GENERIC_READ | GENERIC_WRITE, 0, &inherit, OPEN_EXISTING, 0, NULL);
    child = start("cat", TRUE, client, client);
    CloseHandle(client);
    put(server, "x");
    get(server, "x");
    TerminateProcess(child.hProcess, 0);
    fails(ReadFile(server, text, sizeof text, &n, NULL), ERROR_BROKEN_PIPE,
          "the child is dead: read");
    child_end(&child);
    CloseHandle(server);
}

static void test_duplicated(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE server =
        server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1);
    HANDLE client = client_make(NAME, 0), theirs = NULL, from, to;
    DWORD mode = PIPE_READMODE_MESSAGE, n;
    PROCESS_INFORMATION child;
    char text[16];

    SetNamedPipeHandleState(client, &mode, NULL, NULL);
    CreatePipe(&from, &to, &inherit, 0);
    SetHandleInformation(to, HANDLE_FLAG_INHERIT, 0);
    child = start("given", TRUE, from, GetStdHandle(STD_OUTPUT_HANDLE));
    CloseHandle(from);
    ok(DuplicateHandle(GetCurrentProcess(), client, child.hProcess, &theirs, 0, FALSE,
                       DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
       "a client's end goes to another process");
    WriteFile(to, &theirs, sizeof theirs, &n, NULL);
    get(server, "question");
    put(server, "answer");
    is_number(child_end(&child), 0, "which reads messages through it");
    fails(ReadFile(server, text, sizeof text, &n, NULL), ERROR_BROKEN_PIPE, "nobody has it: read");
    CloseHandle(to);
    CloseHandle(server);
}

/* The same with the server's end, to which the client has written already. */
static void test_inherited_server(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE server =
        CreateNamedPipeA(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 4096, 4096, 0, &inherit);
    HANDLE client = client_make(NAME, 0);
    PROCESS_INFORMATION child;
    char text[16];
    DWORD n;

    put(client, "before, ");
    child = start("cat", TRUE, server, server);
    CloseHandle(server);
    get(client, "before, ");
    put(client, "and after");
    get(client, "and after");
    TerminateProcess(child.hProcess, 0);
    fails(ReadFile(client, text, sizeof text, &n, NULL), ERROR_BROKEN_PIPE,
          "the child is dead: read");
    child_end(&child);
    CloseHandle(client); /* the instance is there until then */
}

/* An operation may set an event with a name, which is not of this process alone. */
static void test_named_event(void)
{
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1);
    HANDLE event = CreateEventA(NULL, TRUE, TRUE, "portico_pipe_processes"), client;
    OVERLAPPED over = {.hEvent = event};
    DWORD n;

    fails(ConnectNamedPipe(server, &over), ERROR_IO_PENDING, "connecting, with a named event,");
    ok(WaitForSingleObject(event, 0) == WAIT_TIMEOUT, "resets it");
    client = client_make(NAME, 0);
    ok(WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0, "and sets it at its end");
    ok(GetOverlappedResult(server, &over, &n, FALSE), "which went well");
    CloseHandle(client);
    CloseHandle(server);
    CloseHandle(event);
}

/* A thread that ends takes back what it has begun. */
static OVERLAPPED abandoned;
static char abandoned_text[16];

static DWORD WINAPI begin_and_end(void *pipe)
{
    ReadFile(pipe, abandoned_text, sizeof abandoned_text, NULL, &abandoned);
    return GetLastError();
}

static void test_thread_end(void)
{
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1);
    HANDLE client = client_make(NAME, 0), thread;
    DWORD n = 0;

    abandoned.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    thread = CreateThread(NULL, 0, begin_and_end, server, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    ok(GetExitCodeThread(thread, &n) && n == ERROR_IO_PENDING, "a read is pending");
    fails(GetOverlappedResult(server, &abandoned, &n, TRUE), ERROR_OPERATION_ABORTED,
          "its thread has ended: it");
    CloseHandle(thread);
    CloseHandle(client);
    CloseHandle(server);
}

static DWORD WINAPI read_here(void *pipe)
{
    char text[16];
    DWORD n;

    return ReadFile(pipe, text, sizeof text, &n, NULL) ? 0 : GetLastError();
}

/* CancelSynchronousIo finds nothing until the thread is in its call. */
static void test_cancel_synchronous(void)
{
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    HANDLE client = client_make(NAME, 0),
           thread = CreateThread(NULL, 0, read_here, server, 0, NULL);
    DWORD n = 0;

    fails(CancelSynchronousIo(GetCurrentThread()), ERROR_NOT_FOUND, "cancelling one's own calls");
    while (!CancelSynchronousIo(thread) && GetLastError() == ERROR_NOT_FOUND)
        SwitchToThread();
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &n);
    is_number(n, ERROR_OPERATION_ABORTED, "another thread's read is cancelled");
    put(client, "still");
    get(server, "still");
    CloseHandle(thread);
    CloseHandle(client);
    CloseHandle(server);
}

/* Blocks in one process and in the other, more than any buffer holds. */
static void test_anonymous(void)
{
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    HANDLE to_child[2], from_child[2];
    static char sent[500], got[500];
    PROCESS_INFORMATION child;
    DWORD n, total = 0;

    CreatePipe(&to_child[0], &to_child[1], &inherit, 0);
    CreatePipe(&from_child[0], &from_child[1], &inherit, 0);
    SetHandleInformation(to_child[1], HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(from_child[0], HANDLE_FLAG_INHERIT, 0);
    child = start("cat", TRUE, to_child[0], from_child[1]);
    CloseHandle(to_child[0]);
    CloseHandle(from_child[1]);
    memset(sent, 'x', sizeof sent);
    for (int i = 0; i < 1000; i++) {
        WriteFile(to_child[1], sent, sizeof sent, &n, NULL);
        total = 0;
        while (total < sizeof got &&
               ReadFile(from_child[0], got + total, sizeof got - total, &n, NULL))
            total += n;
        if (total != sizeof got || memcmp(sent, got, sizeof got))
            break;
    }
    is_number(total, sizeof got, "1000 times through a child and back");
    CloseHandle(to_child[1]);
    fails(ReadFile(from_child[0], got, 1, &n, NULL), ERROR_BROKEN_PIPE, "the child's end:");
    CloseHandle(from_child[0]);
    is_number(child_end(&child), 0, "it ended");
}

static void test_main(void)
{
    GetModuleFileNameA(NULL, self, sizeof self);
    if (__argc > 1) {
        const char *what = __argv[1];

        ExitProcess((UINT)(!strcmp(what, "client")   ? child_client()
                           : !strcmp(what, "server") ? child_server()
                           : !strcmp(what, "given")  ? child_given()
                                                     : child_cat()));
    }
    test_processes();
    test_inherited();
    test_duplicated();
    test_inherited_server();
    test_named_event();
    test_thread_end();
    test_cancel_synchronous();
    test_anonymous();
}
