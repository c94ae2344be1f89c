/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* What is known about pipes and who is at their ends: the list of names, process ids, acting as a
 * client. */

#include <windows.h>

#include <string.h>

#include "win32.h"

static HANDLE make(const char *name, DWORD instances)
{
    HANDLE pipe =
        CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, instances, 512, 512, 0, NULL);

    if (pipe == INVALID_HANDLE_VALUE)
        bail_out("%s: error %u", name, (unsigned)GetLastError());
    return pipe;
}

static HANDLE join(const char *name, DWORD flags)
{
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
}

/* How often a name is listed, and what is told of it the last time. */
static int listed(const char *mask, const char *name, WIN32_FIND_DATAA *ret_data)
{
    WIN32_FIND_DATAA data;
    HANDLE find = FindFirstFileA(mask, &data);
    int n = 0;

    if (find == INVALID_HANDLE_VALUE)
        return -(int)GetLastError();
    do
        if (!strcmp(data.cFileName, name)) {
            n++;
            *ret_data = data;
        }
    while (FindNextFileA(find, &data));
    if (GetLastError() != ERROR_NO_MORE_FILES)
        diag("the list ends with error %u", (unsigned)GetLastError());
    FindClose(find);
    return n;
}

static void test_list(void)
{
    HANDLE one = make("\\\\.\\pipe\\portico-Names-1", 7),
           two = make("\\\\.\\pipe\\portico-names-2", 1),
           more = make("\\\\.\\pipe\\portico-names-1", 7);
    WIN32_FIND_DATAA data = {0};

    is_number(listed("\\\\.\\pipe\\*", "portico-Names-1", &data), 1,
              "a pipe is listed once, as it was first spelled");
    is_number(data.nFileSizeLow, 2, "with the number of its instances");
    is_number(listed("\\\\.\\pipe\\*", "portico-names-2", &data), 1, "another one too");
    is_number(data.dwFileAttributes, FILE_ATTRIBUTE_NORMAL, "as no folder");
    is_number(listed("\\\\.\\pipe\\portico-*-2", "portico-names-2", &data), 1, "by a pattern");
    is_number(listed("\\\\.\\pipe\\PORTICO-*-2", "portico-Names-1", &data), 0,
              "which leaves the others out");
    is_number(listed("\\\\.\\pipe\\portico-no-*", "", &data), -ERROR_FILE_NOT_FOUND,
              "a pattern that none fits");
    CloseHandle(one);
    CloseHandle(more);
    is_number(listed("\\\\.\\pipe\\*", "portico-Names-1", &data), 0,
              "with its last instance the name goes");
    CloseHandle(two);
}

static void test_ids(void)
{
    HANDLE server = make("\\\\.\\pipe\\portico-names-ids", 1);
    HANDLE client = join("\\\\.\\pipe\\portico-names-ids", 0);
    ULONG id = 0;

    ok(GetNamedPipeClientProcessId(server, &id) && id == GetCurrentProcessId(),
       "GetNamedPipeClientProcessId");
    id = 0;
    ok(GetNamedPipeServerProcessId(client, &id) && id == GetCurrentProcessId(),
       "GetNamedPipeServerProcessId");
    CloseHandle(client);
    CloseHandle(server);
}

static int level_of_thread(void)
{
    SECURITY_IMPERSONATION_LEVEL level = -1;
    DWORD n;
    HANDLE token;

    if (!OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token))
        return -(int)GetLastError();
    if (!GetTokenInformation(token, TokenImpersonationLevel, &level, sizeof level, &n))
        diag("no level: error %u", (unsigned)GetLastError());
    CloseHandle(token);
    return (int)level;
}

static void test_impersonation(void)
{
    static const struct {
        DWORD flags;
        int level;
    } each[] = {{0, SecurityImpersonation},
                {SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, SecurityIdentification},
                {SECURITY_SQOS_PRESENT | SECURITY_IMPERSONATION, SecurityImpersonation}};
    HANDLE server = make("\\\\.\\pipe\\portico-names-as", 1), client;

    fails(ImpersonateNamedPipeClient(server), ERROR_CANNOT_IMPERSONATE, "acting as nobody");
    CloseHandle(server);
    for (unsigned i = 0; i < sizeof each / sizeof *each; i++) {
        char byte = 'x';
        DWORD n;

        server = make("\\\\.\\pipe\\portico-names-as", 1);
        client = join("\\\\.\\pipe\\portico-names-as", each[i].flags);
        ConnectNamedPipe(server, NULL);
        WriteFile(client, &byte, 1, &n, NULL); /* Windows wants something to have been read */
        ReadFile(server, &byte, 1, &n, NULL);
        ok(ImpersonateNamedPipeClient(server), "ImpersonateNamedPipeClient");
        is_number(level_of_thread(), each[i].level, "at the level that the client allows");
        ok(RevertToSelf(), "RevertToSelf");
        is_number(level_of_thread(), -ERROR_NO_TOKEN, "the thread is itself again");
        CloseHandle(client);
        CloseHandle(server);
    }
}

static HANDLE make_first(const char *name, DWORD more)
{
    return CreateNamedPipeA(name, PIPE_ACCESS_INBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE | more,
                            PIPE_TYPE_BYTE, 2, 512, 512, 0, NULL);
}

static void test_first(void)
{
    HANDLE first = make_first("\\\\.\\pipe\\portico-names-first", FILE_FLAG_OVERLAPPED), client;
    OVERLAPPED connecting = {0};
    char byte = 0;
    DWORD n;

    ok(first != INVALID_HANDLE_VALUE, "the first instance of a pipe");
    fails(make_first("\\\\.\\pipe\\portico-Names-First", 0) != INVALID_HANDLE_VALUE,
          ERROR_ACCESS_DENIED, "another one that wants to be the first");
    fails(make_first("portico-names-first", 0) != INVALID_HANDLE_VALUE, ERROR_INVALID_NAME,
          "a name that is no pipe's");
    fails(make_first("\\\\.\\pipe\\portico-names-first", 0x10) != INVALID_HANDLE_VALUE,
          ERROR_INVALID_PARAMETER, "a flag that there is not");
    fails(ConnectNamedPipe(first, &connecting), ERROR_IO_PENDING, "it is overlapped: to wait");
    client = CreateFileA("\\\\.\\pipe\\portico-names-first", GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                         0, NULL);
    ok(GetOverlappedResult(first, &connecting, &n, TRUE), "a client comes");
    ok(WriteFile(client, "x", 1, &n, NULL), "and writes");
    ok(ReadFile(first, &byte, 1, NULL, &connecting) || GetLastError() == ERROR_IO_PENDING, "read");
    ok(GetOverlappedResult(first, &connecting, &n, TRUE) && n == 1 && byte == 'x', "what it wrote");
    CloseHandle(client);
    CloseHandle(first);
    first = make_first("\\\\.\\pipe\\portico-names-first", 0);
    ok(first != INVALID_HANDLE_VALUE, "when all have gone there is a first one again");
    CloseHandle(first);
}

static void test_main(void)
{
    test_first();
    test_list();
    test_ids();
    test_impersonation();
}
