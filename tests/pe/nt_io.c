/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Pipes, overlapped operations, I/O completion ports, /dev/null. */
#include "nt_api.h"

#define PIPE_NAME L"\\??\\pipe\\nt_io_test"
#define SYNC      0x20
#define PEEK      0x11400c
#define LISTEN    0x110008

static IO_STATUS_BLOCK io;
static struct nt_name name;
static LARGE_INTEGER zero;

static NTSTATUS pipe_create(HANDLE *server, ULONG access, ULONG share, ULONG options)
{
    *server = (HANDLE)1;
    return NtCreateNamedPipeFile(server, access | SYNCHRONIZE, nt_name(&name, PIPE_NAME), &io,
                                 share, 3, options, 0, 0, 0, 1, 4096, 4096, &zero);
}

static NTSTATUS pipe_open(HANDLE *client, ULONG access, ULONG options)
{
    *client = (HANDLE)1;
    return NtOpenFile(client, access | SYNCHRONIZE, nt_name(&name, PIPE_NAME), &io, 3, options);
}

static NTSTATUS put(HANDLE pipe, const char *text, ULONG n)
{
    return NtWriteFile(pipe, NULL, NULL, NULL, &io, (void *)text, n, NULL, NULL);
}

static NTSTATUS get(HANDLE pipe, char *text, ULONG n)
{
    return NtReadFile(pipe, NULL, NULL, NULL, &io, text, n, NULL, NULL);
}

static void test_pipe(void)
{
    struct {
        ULONG state, available, messages, length;
        char data[8];
    } peek;
    struct {
        ULONG type, characteristics;
    } device;
    HANDLE server, client, second;
    char text[16];

    is_status(pipe_open(&client, GENERIC_WRITE, SYNC), STATUS_OBJECT_NAME_NOT_FOUND,
              "no pipe of this name");
    is_status(pipe_create(&server, GENERIC_READ, FILE_SHARE_WRITE, SYNC), 0, "a pipe to read from");
    is_status(get(server, text, 4), STATUS_PIPE_LISTENING, "nobody has opened it");
    is_status(pipe_create(&second, GENERIC_READ, FILE_SHARE_WRITE, SYNC),
              STATUS_INSTANCE_NOT_AVAILABLE, "one instance was asked for");
    is_status(pipe_open(&client, GENERIC_READ, SYNC), STATUS_ACCESS_DENIED,
              "the client may only write");
    is_status(pipe_open(&client, GENERIC_WRITE, SYNC), 0, "the other end");
    is_status(pipe_open(&second, GENERIC_WRITE, SYNC), STATUS_PIPE_NOT_AVAILABLE,
              "all instances are busy");
    is_status(NtFsControlFile(server, NULL, NULL, NULL, &io, LISTEN, NULL, 0, NULL, 0),
              STATUS_PIPE_CONNECTED, "listen when connected");
    is_status(put(client, "portico", 7), 0, "write");
    is_status(NtFsControlFile(server, NULL, NULL, NULL, &io, PEEK, NULL, 0, &peek, sizeof(peek)), 0,
              "peek");
    ok(peek.available == 7 && nt_equal(peek.data, "portico", 7), "it is there");
    is_status(get(server, text, 4), 0, "read a part");
    is_number(io.Information, 4, "four bytes");
    is_status(get(server, text, 16), 0, "read the rest");
    is_number(io.Information, 3, "three bytes");
    is_status(put(server, "x", 1), STATUS_ACCESS_DENIED, "the reading end cannot be written");
    is_status(NtQueryVolumeInformationFile(server, &io, &device, sizeof(device), 4), 0,
              "its device");
    is_number(device.type, 0x11, "is a named pipe");
    NtClose(client);
    is_status(get(server, text, 4), STATUS_PIPE_BROKEN, "the writer is gone");
    is_status(NtFsControlFile(server, NULL, NULL, NULL, &io, PEEK, NULL, 0, &peek, sizeof(peek)),
              STATUS_PIPE_BROKEN, "peek says so too");
    NtClose(server);
    pipe_create(&server, GENERIC_WRITE, FILE_SHARE_READ, SYNC);
    pipe_open(&client, GENERIC_READ, SYNC);
    NtClose(client);
    is_status(put(server, "x", 1), STATUS_PIPE_CLOSING, "the reader is gone, and we live");
    NtClose(server);
    is_status(NtCreateNamedPipeFile(&server, GENERIC_READ, nt_name(&name, PIPE_NAME), &io, 0, 3,
                                    SYNC, 0, 0, 0, 1, 0, 0, &zero),
              STATUS_INVALID_PARAMETER, "a pipe shared with nobody");
    ok(!server, "the handle is zero");
}

static void test_overlapped(void)
{
    IO_STATUS_BLOCK later = {{0}, 0}, other;
    HANDLE server, client, event;
    char text[16] = "";

    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 0, FALSE);
    is_status(
        pipe_create(&server, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, 0),
        0, "an overlapped pipe, both ways");
    is_status(pipe_open(&client, GENERIC_READ | GENERIC_WRITE, SYNC), 0, "its client");
    is_status(NtReadFile(server, event, NULL, NULL, &later, text, 16, NULL, NULL), STATUS_PENDING,
              "a read before there is anything");
    is_status(NtWaitForSingleObject(event, FALSE, &zero), STATUS_TIMEOUT, "its event is not set");
    is_status(put(client, "late", 4), 0, "the client writes");
    is_status(NtWaitForSingleObject(event, FALSE, NULL), 0, "the event is set");
    is_status(later.Status, 0, "the status block has the result");
    ok(later.Information == 4 && nt_equal(text, "late", 4), "the bytes are there");
    is_status(put(server, "back", 4), 0, "a write that need not wait ends at once");
    is_status(get(client, text, 16), 0, "the client reads it");
    NtReadFile(server, event, NULL, NULL, &later, text, 16, NULL, NULL);
    is_status(NtCancelIoFileEx(server, &other, &io), STATUS_NOT_FOUND,
              "cancel what is not pending");
    is_status(NtCancelIoFileEx(server, &later, &io), 0, "cancel the read");
    NtWaitForSingleObject(event, FALSE, NULL);
    is_status(later.Status, STATUS_CANCELLED, "it was cancelled");
    NtReadFile(server, event, NULL, NULL, &later, text, 16, NULL, NULL);
    NtClose(client);
    NtWaitForSingleObject(event, FALSE, NULL);
    is_status(later.Status, STATUS_PIPE_BROKEN, "the client's end ends a pending read");
    NtClose(server);
    NtClose(event);
}

static HANDLE port;
static ULONG_PTR got_key, got_value;

static NTSTATUS take(LARGE_INTEGER *timeout)
{
    got_key = got_value = 0;
    return NtRemoveIoCompletion(port, &got_key, &got_value, &io, timeout);
}

static void WINAPI remover(void *ret_sum)
{
    ULONG_PTR key, value, sum = 0;
    IO_STATUS_BLOCK block;

    while (!NtRemoveIoCompletion(port, &key, &value, &block, NULL) && key)
        sum += key;
    *(ULONG_PTR *)ret_sum = sum;
    RtlExitUserThread(0);
}

static void test_completion(void)
{
    struct {
        ULONG_PTR key, value;
        IO_STATUS_BLOCK block;
    } many[4];
    ULONG_PTR sums[3] = {0, 0, 0};
    LARGE_INTEGER time;
    HANDLE threads[3];
    ULONG n;

    is_status(NtCreateIoCompletion(&port, 0x1f0003, NULL, 0), 0, "a completion port");
    is_status(take(&zero), STATUS_TIMEOUT, "empty");
    is_status(take(nt_ms(&time, 1)), STATUS_TIMEOUT, "empty after a wait");
    is_status(NtSetIoCompletion(port, 1, 2, STATUS_ALERTED, 3), 0, "post");
    is_status(NtQueryIoCompletion(port, 0, &n, 4, NULL), 0, "query");
    is_number(n, 1, "one packet");
    is_status(NtWaitForSingleObject(port, FALSE, &zero), 0, "the handle is signalled");
    is_status(take(NULL), 0, "take it");
    ok(got_key == 1 && got_value == 2 && io.Status == STATUS_ALERTED && io.Information == 3,
       "as it was posted");
    for (int i = 1; i <= 3; i++)
        NtSetIoCompletion(port, i, 0, 0, 0);
    is_status(NtRemoveIoCompletionEx(port, many, 4, &n, &zero, FALSE), 0, "take several");
    ok(n == 3 && many[0].key == 1 && many[2].key == 3, "in order");
    is_status(NtRemoveIoCompletionEx(port, many, 4, &n, &zero, FALSE), STATUS_TIMEOUT, "none left");
    is_status(NtRemoveIoCompletionEx(port, many, 0, &n, &zero, FALSE), STATUS_INVALID_PARAMETER,
              "take none");
    is_status(NtRemoveIoCompletion(port, BAD_POINTER, &got_value, &io, &zero),
              STATUS_ACCESS_VIOLATION, "a bad pointer");
    is_status(NtSetIoCompletion(NEVER_HANDLE, 1, 0, 0, 0), STATUS_INVALID_HANDLE, "no such port");
    for (int i = 0; i < 3; i++)
        RtlCreateUserThread(NT_SELF, NULL, FALSE, 0, 0, 0, remover, &sums[i], &threads[i], NULL);
    for (int i = 1; i <= 100; i++)
        NtSetIoCompletion(port, i, 0, 0, 0);
    for (int i = 0; i < 3; i++)
        NtSetIoCompletion(port, 0, 0, 0, 0);
    NtWaitForMultipleObjects(3, threads, 0, FALSE, NULL);
    is_number(sums[0] + sums[1] + sums[2], 5050, "three threads took every packet once");
    for (int i = 0; i < 3; i++)
        NtClose(threads[i]);
}

static void test_file_on_port(void)
{
    struct {
        HANDLE port;
        ULONG_PTR key;
    } association = {port, 77};
    HANDLE server, client;
    IO_STATUS_BLOCK later;
    char text[8];

    pipe_create(&server, GENERIC_READ, FILE_SHARE_WRITE, 0);
    pipe_open(&client, GENERIC_WRITE, SYNC);
    is_status(NtSetInformationFile(server, &io, &association, sizeof(association), 30), 0,
              "associate");
    is_status(NtSetInformationFile(server, &io, &association, sizeof(association), 30),
              STATUS_INVALID_PARAMETER, "only once");
    is_status(NtSetInformationFile(client, &io, &association, sizeof(association), 30),
              STATUS_INVALID_PARAMETER, "a synchronous handle cannot be");
    is_status(NtReadFile(server, NULL, NULL, (void *)5, &later, text, 8, NULL, NULL),
              STATUS_PENDING, "read");
    put(client, "ab", 2);
    is_status(take(NULL), 0, "its packet comes");
    ok(got_key == 77 && got_value == 5 && !io.Status && io.Information == 2,
       "with key, context and result");
    NtClose(client);
    NtClose(server);
    NtClose(port);
}

static void test_wait_packets(void)
{
    HANDLE packet, event, mutant;
    BOOLEAN signaled = 9;

    NtCreateIoCompletion(&port, 0x1f0003, NULL, 0);
    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, FALSE);
    is_status(NtCreateWaitCompletionPacket(&packet, 1, NULL), 0, "a wait completion packet");
    is_status(
        NtAssociateWaitCompletionPacket(packet, port, event, (void *)1, (void *)2, 3, 4, &signaled),
        0, "associate it with an event");
    is_number(signaled, 0, "which is not set");
    is_status(
        NtAssociateWaitCompletionPacket(packet, port, event, (void *)1, (void *)2, 3, 4, NULL),
        STATUS_INVALID_PARAMETER_1, "it serves one wait at a time");
    is_status(take(&zero), STATUS_TIMEOUT, "no packet yet");
    NtSetEvent(event, NULL);
    is_status(take(&zero), 0, "the event posts it");
    ok(got_key == 1 && got_value == 2 && io.Status == 3 && io.Information == 4, "as it was asked");
    is_status(NtWaitForSingleObject(event, FALSE, &zero), STATUS_TIMEOUT, "the event was taken");
    NtSetEvent(event, NULL);
    NtAssociateWaitCompletionPacket(packet, port, event, (void *)5, NULL, 0, 0, &signaled);
    is_number(signaled, 1, "an event that is set posts at once");
    is_status(NtCancelWaitCompletionPacket(packet, FALSE), STATUS_PENDING, "cancel: it is queued");
    is_status(NtCancelWaitCompletionPacket(packet, TRUE), 0, "take it back");
    is_status(take(&zero), STATUS_TIMEOUT, "it is gone");
    is_status(NtCancelWaitCompletionPacket(packet, TRUE), STATUS_CANCELLED, "nothing to cancel");
    NtAssociateWaitCompletionPacket(packet, port, event, (void *)6, NULL, 0, 0, NULL);
    is_status(NtCancelWaitCompletionPacket(packet, FALSE), 0, "cancel a wait");
    NtSetEvent(event, NULL);
    is_status(NtWaitForSingleObject(event, FALSE, &zero), 0, "the event is free for others");
    is_status(NtAssociateWaitCompletionPacket(packet, port, mutant, NULL, NULL, 0, 0, NULL),
              STATUS_NOT_SUPPORTED, "a mutant needs a thread");
    NtAssociateWaitCompletionPacket(packet, port, event, (void *)7, NULL, 0, 0, NULL);
    NtClose(packet);
    NtSetEvent(event, NULL);
    is_status(take(&zero), STATUS_TIMEOUT, "closing the packet ends its wait");
    NtClose(mutant);
    NtClose(event);
    NtClose(port);
}

static void test_null(void)
{
    struct {
        ULONG type, characteristics;
    } device;
    HANDLE null;
    char byte;

    is_status(NtOpenFile(&null, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
                         nt_name(&name, L"\\??\\NUL"), &io, 3, SYNC),
              0, "open NUL");
    is_status(put(null, "x", 1), 0, "write to it");
    is_number(io.Information, 1, "it swallows all");
    is_status(get(null, &byte, 1), STATUS_END_OF_FILE, "it has nothing");
    NtQueryVolumeInformationFile(null, &io, &device, sizeof(device), 4);
    is_number(device.type, 0x15, "its device is the null device");
    NtClose(null);
}

static void test_main(void)
{
    test_pipe();
    test_overlapped();
    test_completion();
    test_file_on_port();
    test_wait_packets();
    test_null();
}
