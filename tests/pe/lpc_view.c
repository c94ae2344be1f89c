/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* PORT_VIEW and REMOTE_PORT_VIEW: sections of either side, mapped read-write on both. Both ends are
 * in this process here (tests/system/csr.sh has two). */
#include "lpc.h"

#define NAME L"\\RPC Control\\LpcView"

NTSTATUS NTAPI NtCreateSection(PHANDLE, ACCESS_MASK, POBJECT_ATTRIBUTES, PLARGE_INTEGER, ULONG,
                               ULONG, HANDLE);
NTSTATUS NTAPI NtQueryVirtualMemory(HANDLE, PVOID, int, PVOID, SIZE_T, PSIZE_T);

/* Without a C run time. */
static void put(void *at, const char *text)
{
    while ((*(volatile char *)at = *text++))
        at = (char *)at + 1;
}

static int has(const void *at, const char *text)
{
    const volatile char *p = at;

    while (*text && *p == *text)
        p++, text++;
    return *p == *text;
}

enum { VIEW_SIZE = 0x20000, SERVER_SIZE = 0x5000 };

static HANDLE connection;

static HANDLE section_create(ULONGLONG size, ULONG protection)
{
    LARGE_INTEGER bytes = {.QuadPart = (LONGLONG)size};
    HANDLE section = NULL;

    NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &bytes, protection, SEC_COMMIT, NULL);
    return section;
}

static int is_mapped(void *base)
{
    MEMORY_BASIC_INFORMATION info;

    return !NtQueryVirtualMemory(NtCurrentProcess(), base, 0, &info, sizeof info, NULL) &&
           info.State == MEM_COMMIT && info.Type == MEM_MAPPED;
}

static void both_ways(void)
{
    PORT_VIEW view = {
        sizeof view, section_create(0x40000, PAGE_READWRITE), 0x10000, VIEW_SIZE, NULL, NULL};
    PORT_VIEW server_view = {
        sizeof server_view, section_create(SERVER_SIZE, PAGE_READWRITE), 0, 0, NULL, NULL};
    REMOTE_PORT_VIEW remote = {sizeof remote, 0, NULL}, client_view = {sizeof client_view, 0, NULL};
    struct lpc_client client = {.name = NAME, .view = &view, .remote_view = &remote};
    struct lpc_message request;
    HANDLE server;

    lpc_client_start(&client);
    ok_status(NtListenPort(connection, &request.header), 0, "a connection request");
    ok(request.header.ClientViewSize == VIEW_SIZE, "it tells the size of the client's view");
    ok_status(NtAcceptConnectPort(&server, NULL, &request.header, TRUE, &server_view, &client_view),
              0, "accept with a view");
    ok(client_view.ViewSize == VIEW_SIZE && is_mapped(client_view.ViewBase),
       "the client's view is mapped in the server");
    ok(server_view.ViewSize == SERVER_SIZE && is_mapped(server_view.ViewBase),
       "the server's own too, all of the section");
    ok(server_view.ViewRemoteBase && server_view.ViewRemoteBase != server_view.ViewBase,
       "and it is known where the client has it");
    NtCompleteConnectPort(server);
    thread_join(client.thread);
    ok_status(client.status, 0, "connected");
    ok(view.ViewSize == VIEW_SIZE && is_mapped(view.ViewBase), "the client has its view");
    ok(view.ViewRemoteBase == client_view.ViewBase, "and knows where the server has it");
    ok(remote.ViewSize == SERVER_SIZE && remote.ViewBase == server_view.ViewRemoteBase,
       "the client has the server's view");

    put(view.ViewBase, "from the client");
    ok(has(client_view.ViewBase, "from the client"),
       "fact 21: the server reads what the client wrote");
    put((char *)client_view.ViewBase + VIEW_SIZE - 16, "from the server");
    ok(has((char *)view.ViewBase + VIEW_SIZE - 16, "from the server"), "and the reverse");
    put(remote.ViewBase, "client");
    ok(has(server_view.ViewBase, "client"), "the server's section is shared too");

    NtClose(client.port);
    ok(!is_mapped(view.ViewBase) && !is_mapped(remote.ViewBase),
       "the client's views go with its port");
    ok(is_mapped(client_view.ViewBase), "the server's stay");
    NtClose(server);
    ok(!is_mapped(client_view.ViewBase) && !is_mapped(server_view.ViewBase), "till its port goes");
    lpc_receive(connection, NULL, &request, NULL);
    NtClose(view.SectionHandle);
    NtClose(server_view.SectionHandle);
}

static void client_only(void)
{
    PORT_VIEW view = {sizeof view, section_create(0x3000, PAGE_READWRITE), 0, 0, NULL, NULL};
    struct lpc_client client = {.name = NAME, .view = &view};
    struct lpc_message request;
    REMOTE_PORT_VIEW client_view = {sizeof client_view, 0, NULL};
    HANDLE server;

    lpc_client_start(&client);
    ok(lpc_accept(connection, &server, NULL, NULL, &client_view), "a connection with one view");
    thread_join(client.thread);
    ok(client_view.ViewSize == 0x3000 && view.ViewSize == 0x3000 &&
           view.ViewRemoteBase == client_view.ViewBase,
       "size 0 is the whole section");
    NtClose(view.SectionHandle);
    *(volatile int *)view.ViewBase = 42;
    ok(*(volatile int *)client_view.ViewBase == 42, "the views outlive the section's handle");
    NtClose(client.port);
    NtClose(server);
    lpc_receive(connection, NULL, &request, NULL);
}

static void refused(void)
{
    HANDLE section = section_create(0x20000, PAGE_READWRITE),
           read_only = section_create(0x20000, PAGE_READONLY);
    PORT_VIEW view = {sizeof view, section, 0, 0x1000, NULL, NULL};
    REMOTE_PORT_VIEW remote = {sizeof remote, 0, NULL};
    struct lpc_client client = {.name = NAME, .view = &view, .remote_view = &remote};
    struct lpc_message request;
    HANDLE server;

    view.Length = 0x18;
    ok_status(lpc_connect(&client), STATUS_INVALID_PARAMETER, "a PORT_VIEW of another length");
    view.Length = sizeof view;
    remote.Length = 0;
    ok_status(lpc_connect(&client), STATUS_INVALID_PARAMETER, "a REMOTE_PORT_VIEW of none");
    remote.Length = sizeof remote;
    view.SectionHandle = connection;
    ok_status(lpc_connect(&client), STATUS_OBJECT_TYPE_MISMATCH, "a port for a section");
    view.SectionHandle = (HANDLE)0x77770;
    ok_status(lpc_connect(&client), STATUS_INVALID_HANDLE, "no section");
    view.SectionHandle = read_only;
    ok_status(lpc_connect(&client), STATUS_SECTION_PROTECTION, "a section that cannot be written");
    view.SectionHandle = section;
    view.ViewSize = 0x20001;
    ok_status(lpc_connect(&client), STATUS_INVALID_VIEW_SIZE, "more than the section");
    view.ViewSize = 0x1000;
    view.SectionOffset = 0x20000;
    ok_status(lpc_connect(&client), STATUS_INVALID_VIEW_SIZE, "behind its end");
    view.SectionOffset = 0x1000;
    ok_status(lpc_connect(&client), STATUS_MAPPED_ALIGNMENT, "between two 64 KiB");
    ok(client.port == (HANDLE)0x55555555, "no handle for any");

    view.SectionOffset = 0;
    lpc_client_start(&client);
    NtListenPort(connection, &request.header);
    remote.Length = 4;
    ok_status(NtAcceptConnectPort(&server, NULL, &request.header, TRUE, NULL, &remote),
              STATUS_INVALID_PARAMETER, "the same checks at the server");
    remote.Length = sizeof remote;
    ok_status(NtAcceptConnectPort(&server, NULL, &request.header, FALSE, NULL, NULL), 0, "refuse");
    thread_join(client.thread);
    ok_status(client.status, STATUS_PORT_CONNECTION_REFUSED, "a refused client");
    NtClose(section);
    NtClose(read_only);
}

TEST_MAIN
{
    ok_status(lpc_create(&connection, NAME, 0x80, 0x200), 0, "NtCreatePort");
    both_ways();
    client_only();
    refused();
    NtClose(connection);
}
