/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What objects are called: NtQueryObject of every kind, named and not; the list of a directory. */

#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include <nt/ntalpc.h>

#include "test.h"

#ifndef STATUS_MORE_ENTRIES
#define STATUS_MORE_ENTRIES ((LONG)0x00000105)
#endif
#define NO_MORE_ENTRIES ((LONG)0x8000001a)
#define TOO_SMALL       ((LONG)0xc0000023)

extern LONG WINAPI NtQueryObject(HANDLE, OBJECT_INFORMATION_CLASS, void *, ULONG, ULONG *);
extern LONG WINAPI NtOpenDirectoryObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
extern LONG WINAPI NtCreateDirectoryObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *);
extern LONG WINAPI NtQueryDirectoryObject(HANDLE, void *, ULONG, BOOLEAN, BOOLEAN, ULONG *,
                                          ULONG *);
extern LONG WINAPI NtCreateEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, int, BOOLEAN);
extern LONG WINAPI NtCreateSymbolicLinkObject(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *,
                                              UNICODE_STRING *);
extern LONG WINAPI NtCreateKeyedEvent(HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, ULONG);

struct text {
    UNICODE_STRING string;
    char room[1024];
};

static void is_wide(const UNICODE_STRING *got, const WCHAR *want, const char *what)
{
    size_t bytes = wcslen(want) * sizeof(WCHAR);

    if (!ok(got->Length == bytes && !memcmp(got->Buffer, want, bytes), "%s: %S", what, want))
        diag("got %S", got->Length ? got->Buffer : L"nothing");
}

/* name: its end, NULL: it has none. */
static void check(HANDLE handle, const WCHAR *type, const WCHAR *name)
{
    static struct text text;
    LONG status = NtQueryObject(handle, ObjectTypeInformation, &text, sizeof text, NULL);

    if (status)
        is_status(status, 0, "the type of a %S", type);
    else
        is_wide(&text.string, type, "a type");
    memset(&text, 0, sizeof text);
    status = NtQueryObject(handle, (OBJECT_INFORMATION_CLASS)1, &text, sizeof text, NULL);
    if (status) {
        is_status(status, 0, "the name of a %S", type);
    } else if (!name) {
        is_number(text.string.Length, 0, "which has no name");
    } else {
        size_t bytes = wcslen(name) * sizeof(WCHAR);

        if (!ok(text.string.Length >= bytes &&
                    !memcmp((char *)text.string.Buffer + text.string.Length - bytes, name, bytes),
                "its name ends with %S", name))
            diag("got %S", text.string.Length ? text.string.Buffer : L"nothing");
    }
    CloseHandle(handle);
}

static OBJECT_ATTRIBUTES named(UNICODE_STRING *string, const WCHAR *name, HANDLE root)
{
    OBJECT_ATTRIBUTES attributes;

    RtlInitUnicodeString(string, name);
    InitializeObjectAttributes(&attributes, string, OBJ_CASE_INSENSITIVE, root, NULL);
    return attributes;
}

static void test_kinds(void)
{
    HANDLE handle = NULL, other = NULL;
    HKEY key = NULL;

    check(CreateEventW(NULL, FALSE, FALSE, NULL), L"Event", NULL);
    check(CreateEventW(NULL, FALSE, FALSE, L"objects-event"), L"Event", L"\\objects-event");
    check(CreateSemaphoreW(NULL, 0, 1, NULL), L"Semaphore", NULL);
    check(CreateSemaphoreW(NULL, 0, 1, L"objects-semaphore"), L"Semaphore", L"\\objects-semaphore");
    check(CreateMutexW(NULL, FALSE, NULL), L"Mutant", NULL);
    check(CreateMutexW(NULL, FALSE, L"objects-mutex"), L"Mutant", L"\\objects-mutex");
    check(CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, NULL), L"Section",
          NULL);
    check(CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 4096, L"objects-map"),
          L"Section", L"\\objects-map");
    check(CreateWaitableTimerW(NULL, FALSE, NULL), L"Timer", NULL);
    check(CreateJobObjectW(NULL, NULL), L"Job", NULL);
    check(CreateJobObjectW(NULL, L"objects-job"), L"Job", L"\\objects-job");
    check(CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0), L"IoCompletion", NULL);
    NtCreateKeyedEvent(&handle, GENERIC_ALL, NULL, 0);
    check(handle, L"KeyedEvent", NULL);
    check(OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId()), L"Process", NULL);
    check(OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentThreadId()), L"Thread", NULL);
    OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &handle);
    check(handle, L"Token", NULL);
    RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"Software", 0, KEY_READ, &key);
    check(key, L"Key", L"\\Software");
    check(CreateFileW(L"objects-file", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                      FILE_FLAG_DELETE_ON_CLOSE, NULL),
          L"File", L"\\objects-file");
    check(CreateNamedPipeW(L"\\\\.\\pipe\\objects-pipe", PIPE_ACCESS_DUPLEX, 0, 1, 0, 0, 0, NULL),
          L"File", L"\\objects-pipe");
    CreatePipe(&handle, &other, NULL, 0);
    CloseHandle(other);
    CloseHandle(handle);
}

static void test_nt_kinds(void)
{
    UNICODE_STRING string, target;
    OBJECT_ATTRIBUTES attributes = named(&string, L"\\RPC Control\\objects-port", NULL);
    HANDLE handle = NULL;

    NtAlpcCreatePort(&handle, &attributes, NULL);
    check(handle, L"ALPC Port", L"\\RPC Control\\objects-port");
    attributes = named(&string, L"\\BaseNamedObjects", NULL);
    NtOpenDirectoryObject(&handle, 1, &attributes);
    check(handle, L"Directory", L"\\BaseNamedObjects");
    RtlInitUnicodeString(&target, L"\\Device");
    NtCreateSymbolicLinkObject(&handle, 1, NULL, &target);
    check(handle, L"SymbolicLink", NULL);
}

/* ---- directories ---- */

struct entry {
    UNICODE_STRING name, type;
};

enum { N_ENTRIES = 40 };

/* A bit for each of the names e00 to e39 that is listed as an event. */
static unsigned long long seen;

static ULONG see(const struct entry *entries)
{
    ULONG n = 0;

    for (; entries[n].name.Buffer; n++) {
        const WCHAR *text = entries[n].name.Buffer;

        if (entries[n].name.Length == 6 && text[0] == 'e' && !text[3] &&
            !wcscmp(entries[n].type.Buffer, L"Event"))
            seen |= 1ull << ((text[1] - '0') * 10 + text[2] - '0');
    }
    return n;
}

static HANDLE directory_make(HANDLE *ret_events)
{
    OBJECT_ATTRIBUTES attributes;
    UNICODE_STRING string;
    HANDLE directory = NULL;
    WCHAR name[] = L"e00";

    NtCreateDirectoryObject(&directory, GENERIC_ALL, NULL);
    for (int i = 0; i < N_ENTRIES; i++) {
        name[1] = (WCHAR)('0' + i / 10);
        name[2] = (WCHAR)('0' + i % 10);
        attributes = named(&string, name, directory);
        if (NtCreateEvent(&ret_events[i], EVENT_ALL_ACCESS, &attributes, 0, FALSE))
            bail_out("no event %d in a directory", i);
    }
    return directory;
}

static void test_directory(void)
{
    static _Alignas(8) char buffer[16384];
    const struct entry *entries = (const struct entry *)buffer;
    ULONG context = 0, size = 0, n_calls = 0, n = 0;
    HANDLE events[N_ENTRIES], directory = directory_make(events);
    LONG status;

    status = NtQueryDirectoryObject(directory, buffer, sizeof buffer, FALSE, TRUE, &context, &size);
    is_status(status, 0, "NtQueryDirectoryObject: all that is there in one call");
    is_number(see(entries), N_ENTRIES, "so many entries");
    ok(seen == (1ull << N_ENTRIES) - 1, "each of them");
    is_number(context, N_ENTRIES, "where it goes on");
    ok(size > N_ENTRIES * sizeof(struct entry) && size < sizeof buffer, "the bytes used: %u", size);
    status =
        NtQueryDirectoryObject(directory, buffer, sizeof buffer, FALSE, FALSE, &context, &size);
    is_status(status, NO_MORE_ENTRIES, "there is no more");
    seen = 0;
    do {
        status = NtQueryDirectoryObject(directory, buffer, 512, FALSE, !n_calls, &context, NULL);
        if (status >= 0)
            n += see(entries);
    } while (++n_calls < N_ENTRIES && status == STATUS_MORE_ENTRIES);
    is_status(status, 0, "in a small buffer call by call");
    ok(n_calls > 2 && n_calls < N_ENTRIES, "several entries a call: %u calls", n_calls);
    is_number(n, N_ENTRIES, "all of them");
    ok(seen == (1ull << N_ENTRIES) - 1, "each once");
    status = NtQueryDirectoryObject(directory, buffer, 32, FALSE, TRUE, &context, &size);
    is_status(status, TOO_SMALL, "a buffer for none");
    ok(size > 2 * sizeof(struct entry), "how much one takes: %u", size);
    status = NtQueryDirectoryObject(directory, buffer, sizeof buffer, TRUE, TRUE, &context, &size);
    is_status(status, 0, "one entry");
    is_number(see(entries), 1, "and no more");
    is_number(context, 1, "the next call goes on behind it");
    for (int i = 0; i < N_ENTRIES; i++)
        CloseHandle(events[i]);
    CloseHandle(directory);
}

static void test_main(void)
{
    test_kinds();
    test_nt_kinds();
    test_directory();
}
