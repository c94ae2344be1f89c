/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Named pipes through kernel32: byte and message mode, waiting and overlapped, several instances,
 * completion ports, APCs. Between processes: pipe_processes.c. */
#include "pipes.h"

#include <stdio.h>

#define NAME "\\\\.\\pipe\\portico\\named_pipes"

static void test_bytes(void)
{
    HANDLE server, client;
    DWORD n, left, flags, out, in, most, state, instances;
    union {
        FILE_NAME_INFO info;
        char bytes[200];
    } name;
    char text[16];

    SetLastError(0);
    fails(client_make(NAME, 0) != INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND,
          "open: no such pipe,");
    fails(WaitNamedPipeA(NAME, 1), ERROR_FILE_NOT_FOUND, "waiting for what is not there");
    server = server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_WAIT, 1);
    ok(server != INVALID_HANDLE_VALUE, "a server's end");
    fails(server_make(NAME, PIPE_ACCESS_DUPLEX, 0, 1) != INVALID_HANDLE_VALUE, ERROR_PIPE_BUSY,
          "a second instance of one");
    fails(ReadFile(server, text, 4, &n, NULL), ERROR_PIPE_LISTENING, "reading without a client");
    ok(WaitNamedPipeA(NAME, NMPWAIT_WAIT_FOREVER), "an instance is free");
    client = client_make(NAME, 0);
    ok(client != INVALID_HANDLE_VALUE, "a client");
    fails(ConnectNamedPipe(server, NULL), ERROR_PIPE_CONNECTED, "connecting: it is there already,");
    fails(client_make(NAME, 0) != INVALID_HANDLE_VALUE, ERROR_PIPE_BUSY, "a second client");
    fails(WaitNamedPipeA(NAME, 1), ERROR_SEM_TIMEOUT, "waiting while all are busy");
    put(client, "one");
    put(client, "two");
    get(server, "onetwo");
    put(server, "three");
    ok(PeekNamedPipe(client, text, sizeof text, &n, &out, &left) && n == 5 && out == 5 &&
           !memcmp(text, "three", 5),
       "peek takes nothing");
    get(client, "three");
    ok(PeekNamedPipe(client, NULL, 0, NULL, &out, NULL) && !out, "peek: nothing there");
    ok(GetNamedPipeInfo(server, &flags, &out, &in, &most) && flags == PIPE_SERVER_END &&
           out == 4096 && in == 4096 && most == 1,
       "information of the server's end");
    ok(GetNamedPipeInfo(client, &flags, NULL, NULL, &most) && !flags && most == 1,
       "and of the client's");
    ok(GetNamedPipeHandleStateA(client, &state, &instances, NULL, NULL, NULL, 0) && !state &&
           instances == 1,
       "the client's state");
    ok(GetNamedPipeClientProcessId(server, &n) && n == GetCurrentProcessId(), "who the client is");
    ok(GetFileType(client) == FILE_TYPE_PIPE, "its type");
    ok(GetFileInformationByHandleEx(client, FileNameInfo, &name, sizeof name) &&
           name.info.FileNameLength == 2 * (sizeof NAME - 9) &&
           !memcmp(name.info.FileName, L"\\portico\\named_pipes", name.info.FileNameLength),
       "its name");
    ok(FlushFileBuffers(client), "flush: all was read");
    put(client, "last");
    CloseHandle(client);
    get(server, "last");
    fails(ReadFile(server, text, 4, &n, NULL), ERROR_BROKEN_PIPE,
          "reading behind the client's end");
    fails(WriteFile(server, "x", 1, &n, NULL), ERROR_NO_DATA, "writing to nobody");
    fails(ConnectNamedPipe(server, NULL), ERROR_NO_DATA, "connecting before a disconnect");
    fails(client_make(NAME, 0) != INVALID_HANDLE_VALUE, ERROR_PIPE_BUSY, "a client before that");
    ok(DisconnectNamedPipe(server), "disconnect");
    fails(ReadFile(server, text, 4, &n, NULL), ERROR_PIPE_NOT_CONNECTED, "reading after it");
    CloseHandle(server);
    fails(client_make(NAME, 0) != INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND,
          "the name is gone with its server: open");
}

static void test_messages(void)
{
    DWORD mode = PIPE_READMODE_MESSAGE, n, available, left;
    static char large[300000], back[300000];
    HANDLE server, client;
    char text[16];

    server = server_make(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                         PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 2);
    client = client_make(NAME, 0);
    put(client, "first");
    put(client, "second one");
    ok(PeekNamedPipe(server, text, 2, &n, &available, &left) && n == 2 && available == 15 &&
           left == 3,
       "peek tells of the first message and of all bytes");
    ok(!ReadFile(server, text, 2, &n, &(OVERLAPPED){0}) && GetLastError() == ERROR_MORE_DATA,
       "a short buffer: more data");
    {
        OVERLAPPED over = {0};

        ok(ReadFile(server, text, 16, NULL, &over) && over.InternalHigh == 3 &&
               !memcmp(text, "rst", 3),
           "the rest of that message");
    }
    {
        OVERLAPPED over = {0};

        ok(ReadFile(server, text, 16, NULL, &over) && over.InternalHigh == 10 &&
               !memcmp(text, "second one", 10),
           "the next message");
    }
    ok(WriteFile(client, "", 0, &n, NULL), "an empty message");
    ok(PeekNamedPipe(server, NULL, 0, NULL, &available, &left) && !available && !left, "is none");
    {
        OVERLAPPED over = {.InternalHigh = 77};

        ok(ReadFile(server, text, 16, NULL, &over) && !over.InternalHigh, "but is read");
    }
    {
        OVERLAPPED over = {0};

        WriteFile(server, "one", 3, NULL, &over);
        WriteFile(server, "two", 3, NULL, &over);
        get(client, "onetwo"); /* a client reads bytes until it says otherwise */
        ok(SetNamedPipeHandleState(client, &mode, NULL, NULL), "the client reads messages");
        WriteFile(server, "one", 3, NULL, &over);
        WriteFile(server, "two", 3, NULL, &over);
        get(client, "one");
        get(client, "two");
    }
    for (unsigned i = 0; i < sizeof large; i++)
        large[i] = (char)(i * 31 >> 3);
    {
        OVERLAPPED over = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};

        ok(WriteFile(server, large, sizeof large, NULL, &over) ||
               GetLastError() == ERROR_IO_PENDING,
           "a message larger than any buffer");
        ok(!ReadFile(client, back, 1000, &n, NULL) && GetLastError() == ERROR_MORE_DATA &&
               n == 1000,
           "its beginning");
        ok(ReadFile(client, back + 1000, sizeof back - 1000, &n, NULL) && n == sizeof back - 1000,
           "its rest in one piece");
        ok(!memcmp(large, back, sizeof back), "as it was written");
        ok(GetOverlappedResult(server, &over, &n, TRUE) && n == sizeof large, "all was written");
        CloseHandle(over.hEvent);
    }
    mode = PIPE_READMODE_BYTE;
    ok(SetNamedPipeHandleState(client, &mode, NULL, NULL), "back to bytes");
    CloseHandle(client);
    CloseHandle(server);
    server = server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    client = client_make(NAME, 0);
    mode = PIPE_READMODE_MESSAGE;
    fails(SetNamedPipeHandleState(client, &mode, NULL, NULL), ERROR_INVALID_PARAMETER,
          "messages on a pipe of bytes:");
    CloseHandle(client);
    CloseHandle(server);
}

/* A pending operation's end is written to memory that has gone. */
static void test_bad_overlapped(void)
{
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, 0, 1);
    HANDLE client = client_make(NAME, 0), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED *over = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    char text[16] = "";

    over->hEvent = event;
    fails(ReadFile(server, text, sizeof text, NULL, over), ERROR_IO_PENDING, "a read");
    VirtualFree(over, 0, MEM_RELEASE);
    put(client, "here");
    ok(WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0 && !memcmp(text, "here", 5),
       "ends although nobody can be told how");
    CloseHandle(event);
    CloseHandle(client);
    CloseHandle(server);
}

static HANDLE flushed_client;

static DWORD WINAPI flush(void *server)
{
    DWORD available = 99;

    FlushFileBuffers(server);
    PeekNamedPipe(flushed_client, NULL, 0, NULL, &available, NULL);
    return available;
}

static void test_flush(void)
{
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1), thread;
    DWORD code = 99;

    flushed_client = client_make(NAME, 0);
    put(server, "unread");
    thread = CreateThread(NULL, 0, flush, server, 0, NULL);
    get(flushed_client, "unread");
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &code);
    is_number(code, 0, "a flush ends when all has been read");
    put(server, "unread");
    CloseHandle(thread);
    thread = CreateThread(NULL, 0, flush, server, 0, NULL);
    CloseHandle(flushed_client);
    ok(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0, "or the reader has gone");
    CloseHandle(thread);
    CloseHandle(server);
}

static void test_no_wait(void)
{
    DWORD mode = PIPE_NOWAIT, n;
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_NOWAIT, 1), client;
    char text[16];

    fails(ConnectNamedPipe(server, NULL), ERROR_PIPE_LISTENING, "connecting without waiting");
    client = client_make(NAME, 0);
    fails(ReadFile(server, text, 4, &n, NULL), ERROR_NO_DATA, "reading without waiting");
    ok(SetNamedPipeHandleState(client, &mode, NULL, NULL), "the client neither");
    fails(ReadFile(client, text, 4, &n, NULL), ERROR_NO_DATA, "reading");
    put(client, "here");
    get(server, "here");
    CloseHandle(client);
    CloseHandle(server);
}

/* A name that kernel32 makes up: a pipe of this process alone. */
static void test_flush_of_own(void)
{
    HANDLE server, client;
    char name[64];

    snprintf(name, sizeof name, "\\\\.\\pipe\\Win32.Pipes.%08u.0", (unsigned)GetCurrentProcessId());
    server = server_make(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    client = client_make(name, 0);
    put(client, "unread");
    put(server, "read");
    get(client, "read");
    ok(FlushFileBuffers(server), "a flush does not wait for what this end has not read");
    CloseHandle(client);
    CloseHandle(server);
}

/* An instance waits, overlapped; the client comes; requests go to and fro. */
static void test_overlapped(void)
{
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                                PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), client;
    HANDLE second = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED over = {.hEvent = event}, other = {.hEvent = second};
    char text[64] = "", more[64] = "";
    DWORD n;

    fails(ConnectNamedPipe(server, &over), ERROR_IO_PENDING, "connecting overlapped");
    ok(!HasOverlappedIoCompleted(&over), "it is pending");
    ok(WaitForSingleObject(event, 0) == WAIT_TIMEOUT, "its event is not set");
    client = client_make(NAME, FILE_FLAG_OVERLAPPED);
    ok(client != INVALID_HANDLE_VALUE, "the client opens");
    ok(GetOverlappedResult(server, &over, &n, TRUE), "it is connected");
    fails(ReadFile(server, text, sizeof text, NULL, &over), ERROR_IO_PENDING, "a read");
    fails(ReadFile(server, more, sizeof more, NULL, &other), ERROR_IO_PENDING, "another");
    WriteFile(client, "a", 1, NULL, &(OVERLAPPED){0});
    WriteFile(client, "bc", 2, NULL, &(OVERLAPPED){0});
    ok(GetOverlappedResult(server, &over, &n, TRUE) && n == 1 && text[0] == 'a',
       "the first read has the first message");
    ok(GetOverlappedResult(server, &other, &n, TRUE) && n == 2 && !memcmp(more, "bc", 2),
       "the second has the second");
    fails(ReadFile(server, text, sizeof text, NULL, &over), ERROR_IO_PENDING, "a read");
    fails(GetOverlappedResult(server, &over, &n, FALSE), ERROR_IO_INCOMPLETE,
          "its result is not there:");
    ok(CancelIoEx(server, &over), "cancel it");
    fails(GetOverlappedResult(server, &over, &n, TRUE), ERROR_OPERATION_ABORTED, "it");
    fails(CancelIoEx(server, &over), ERROR_NOT_FOUND, "cancel again");
    fails(ReadFile(server, text, sizeof text, NULL, &over), ERROR_IO_PENDING, "a read");
    ok(CancelIo(server), "cancel what this thread began");
    fails(GetOverlappedResult(server, &over, &n, TRUE), ERROR_OPERATION_ABORTED, "it");
    fails(ReadFile(server, text, sizeof text, NULL, &over), ERROR_IO_PENDING, "a read");
    CloseHandle(client);
    fails(GetOverlappedResult(server, &over, &n, TRUE), ERROR_BROKEN_PIPE, "the client went: it");
    ok(DisconnectNamedPipe(server), "disconnect");
    fails(ConnectNamedPipe(server, &over), ERROR_IO_PENDING, "listening again");
    client = client_make(NAME, 0);
    ok(GetOverlappedResult(server, &over, &n, TRUE), "another client");
    put(client, "unread");
    ok(DisconnectNamedPipe(server), "it is thrown out");
    fails(WriteFile(client, "x", 1, &n, NULL), ERROR_PIPE_NOT_CONNECTED, "its write");
    CloseHandle(client);
    CloseHandle(server);
    CloseHandle(event);
    CloseHandle(second);
}

/* How libuv, and with it Node.js, waits for something to read. */
static void test_read_of_nothing(void)
{
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1);
    HANDLE client = client_make(NAME, 0), event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED over = {.hEvent = event};
    char text[8];
    DWORD n;

    fails(ReadFile(server, NULL, 0, NULL, &over), ERROR_IO_PENDING, "a read of nothing");
    put(client, "some");
    ok(GetOverlappedResult(server, &over, &n, TRUE) && !n, "ends when there is something");
    ok(ReadFile(server, NULL, 0, &n, &over) && !n, "at once when it is there already");
    ok(ReadFile(server, text, sizeof(text), NULL, &over) &&
           GetOverlappedResult(server, &over, &n, TRUE) && n == 4 && !memcmp(text, "some", 4),
       "and has taken nothing");
    fails(ReadFile(server, NULL, 0, NULL, &over), ERROR_IO_PENDING, "another");
    CloseHandle(client);
    fails(GetOverlappedResult(server, &over, &n, TRUE), ERROR_BROKEN_PIPE, "the client went: it");
    CloseHandle(server);
    CloseHandle(event);
}

static DWORD WINAPI answer(void *pipe)
{
    char text[64];
    DWORD n;

    ConnectNamedPipe(pipe, NULL);
    while (ReadFile(pipe, text, sizeof text, &n, NULL)) {
        for (DWORD i = 0; i < n; i++)
            text[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 32 : text[i]);
        WriteFile(pipe, text, n, &n, NULL);
    }
    return GetLastError();
}

static void test_transact(void)
{
    HANDLE server = server_make(NAME, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
                                PIPE_UNLIMITED_INSTANCES);
    HANDLE thread = CreateThread(NULL, 0, answer, server, 0, NULL), client;
    DWORD mode = PIPE_READMODE_MESSAGE, n, code;
    char text[64];

    WaitNamedPipeA(NAME, NMPWAIT_WAIT_FOREVER);
    client = client_make(NAME, 0);
    fails(TransactNamedPipe(client, (void *)"hello", 5, text, sizeof text, &n, NULL),
          ERROR_BAD_PIPE, "a transaction in byte mode");
    SetNamedPipeHandleState(client, &mode, NULL, NULL);
    ok(TransactNamedPipe(client, (void *)"hello", 5, text, sizeof text, &n, NULL) && n == 5 &&
           !memcmp(text, "HELLO", 5),
       "a transaction");
    fails(TransactNamedPipe(client, (void *)"hello", 5, text, 2, &n, NULL), ERROR_MORE_DATA,
          "one with a short buffer");
    fails(TransactNamedPipe(client, (void *)"hello", 5, text, sizeof text, &n, NULL),
          ERROR_PIPE_BUSY, "one before the rest was read");
    get(client, "LLO");
    CloseHandle(client);
    WaitForSingleObject(thread, INFINITE);
    ok(GetExitCodeThread(thread, &code) && code == ERROR_BROKEN_PIPE, "the server saw the end");
    CloseHandle(thread);
    DisconnectNamedPipe(server);
    thread = CreateThread(NULL, 0, answer, server, 0, NULL);
    ok(CallNamedPipeA(NAME, (void *)"call", 4, text, sizeof text, &n, NMPWAIT_WAIT_FOREVER) &&
           n == 4 && !memcmp(text, "CALL", 4),
       "CallNamedPipe");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CloseHandle(server);
}

static void test_completion_port(void)
{
    HANDLE server[3], client[3], port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    OVERLAPPED over[3] = {{0}}, *done;
    char text[3][16] = {""};
    ULONG_PTR key;
    DWORD n;

    for (int i = 0; i < 3; i++) {
        server[i] = server_make(NAME, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 3);
        CreateIoCompletionPort(server[i], port, (ULONG_PTR)i + 10, 0);
        fails(ConnectNamedPipe(server[i], &over[i]), ERROR_IO_PENDING, "listen");
    }
    for (int i = 0; i < 3; i++) {
        client[i] = client_make(NAME, 0);
        ok(GetQueuedCompletionStatus(port, &n, &key, &done, INFINITE) && key == (ULONG_PTR)i + 10 &&
               done == &over[i],
           "instance %d has its client", i);
        fails(ReadFile(server[i], text[i], 16, NULL, &over[i]), ERROR_IO_PENDING, "read");
    }
    for (int i = 2; i >= 0; i--) {
        put(client[i], i == 2 ? "second" : i ? "first" : "zeroth");
        ok(GetQueuedCompletionStatus(port, &n, &key, &done, INFINITE) && done == &over[i] &&
               n == strlen(text[i]),
           "what it wrote has come");
    }
    ok(WriteFile(server[0], "x", 1, NULL, &over[0]), "a write that ends at once");
    ok(GetQueuedCompletionStatus(port, &n, &key, &done, INFINITE) && n == 1 && key == 10,
       "posts a packet too");
    fails(ReadFile(server[1], text[1], 16, NULL, &over[1]), ERROR_IO_PENDING, "read");
    CloseHandle(client[1]);
    fails(GetQueuedCompletionStatus(port, &n, &key, &done, INFINITE), ERROR_BROKEN_PIPE,
          "the client went: the packet");
    ok(done == &over[1] && key == 11, "is that read's");
    for (int i = 0; i < 3; i++) {
        CloseHandle(server[i]);
        if (i != 1)
            CloseHandle(client[i]);
    }
    CloseHandle(port);
}

static DWORD apc_error, apc_bytes;

static void CALLBACK read_done(DWORD error, DWORD bytes, OVERLAPPED *over)
{
    apc_error = error;
    apc_bytes = bytes + (over->hEvent ? 100 : 0); /* the program's own, here */
}

static void test_apc(void)
{
    HANDLE server = server_make(NAME, PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED, 0, 1);
    HANDLE client = CreateFileA(NAME, GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    OVERLAPPED over = {.hEvent = (HANDLE)1};
    char text[16];

    ok(client != INVALID_HANDLE_VALUE, "a client that may only write");
    fails(CreateFileA(NAME, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) != INVALID_HANDLE_VALUE,
          ERROR_PIPE_BUSY, "another");
    ok(ReadFileEx(server, text, sizeof text, &over, read_done), "ReadFileEx");
    ok(!SleepEx(0, TRUE), "nothing has come");
    put(client, "apc");
    ok(SleepEx(INFINITE, TRUE) == WAIT_IO_COMPLETION, "it comes as an APC");
    ok(!apc_error && apc_bytes == 103 && !memcmp(text, "apc", 3), "with its result");
    CloseHandle(client);
    CloseHandle(server);
}

static void test_main(void)
{
    test_bytes();
    test_messages();
    test_bad_overlapped();
    test_flush();
    test_flush_of_own();
    test_no_wait();
    test_overlapped();
    test_read_of_nothing();
    test_transact();
    test_completion_port();
    test_apc();
}
