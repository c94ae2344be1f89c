/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Views between two programs: this one starts itself. The child sends views of every kind, gets
 * some in answers, and ends in the middle. */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <nt/ntalpc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define VIEW_SIZE 0x20000

struct message {
    PORT_MESSAGE header;
    ULONG_PTR value;
};

struct attributes {
    ALPC_MESSAGE_ATTRIBUTES header;
    ALPC_DATA_VIEW_ATTR view;
};

static void message_init(struct message *message)
{
    memset(message, 0, sizeof *message);
    message->header.u1.s1.DataLength = sizeof message->value;
    message->header.u1.s1.TotalLength = sizeof *message;
}

static void attributes_init(struct attributes *attributes, const ALPC_DATA_VIEW_ATTR *view)
{
    memset(attributes, 0, sizeof *attributes);
    attributes->header.AllocatedAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
    if (!view)
        return;
    attributes->header.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
    attributes->view = *view;
}

static void port_attributes(ALPC_PORT_ATTRIBUTES *attributes)
{
    memset(attributes, 0, sizeof *attributes);
    attributes->MaxMessageLength = 0x1000;
    attributes->MaxPoolUsage = attributes->MaxSectionSize = attributes->MaxViewSize =
        attributes->MaxTotalSectionSize = (SIZE_T)-1;
}

static void name_make(WCHAR *name, DWORD id)
{
    swprintf(name, 64, L"\\RPC Control\\ViewShare-%lu", (unsigned long)id);
}

static NTSTATUS view_make(HANDLE port, ULONG flags, BYTE byte, ALPC_DATA_VIEW_ATTR *view)
{
    SIZE_T actual;
    NTSTATUS status;

    memset(view, 0, sizeof *view);
    status = NtAlpcCreatePortSection(port, flags, NULL, VIEW_SIZE, &view->SectionHandle, &actual);
    view->ViewSize = VIEW_SIZE;
    if (!status)
        status = NtAlpcCreateSectionView(port, 0, view);
    if (!status)
        memset(view->ViewBase, byte, VIEW_SIZE);
    return status;
}

static BOOL bytes_are(const ALPC_DATA_VIEW_ATTR *view, BYTE byte)
{
    const BYTE *bytes = view->ViewBase;

    for (SIZE_T i = 0; i < view->ViewSize; i++)
        if (bytes[i] != byte)
            return FALSE;
    return view->ViewSize == VIEW_SIZE;
}

/* ---- the child: its exit code says where it failed ---- */

static void child_needs(BOOL fine, UINT where)
{
    if (!fine)
        ExitProcess(where);
}

static void child_main(DWORD server)
{
    static const ULONG flags[][2] = {
        {0, 0},
        {0, ALPC_VIEWFLG_AUTO_RELEASE},
        {ALPC_SECTIONFLG_SECURE, ALPC_VIEWFLG_SECURED_ACCESS},
        {ALPC_SECTIONFLG_SECURE, ALPC_VIEWFLG_SECURED_ACCESS | ALPC_VIEWFLG_AUTO_RELEASE}};
    ALPC_PORT_ATTRIBUTES port_limits;
    UNICODE_STRING name;
    WCHAR text[64];
    ALPC_DATA_VIEW_ATTR view;
    struct attributes out, in;
    struct message message;
    SIZE_T size;
    HANDLE port;

    name_make(text, server);
    RtlInitUnicodeString(&name, text);
    port_attributes(&port_limits);
    child_needs(!NtAlpcConnectPort(&port, &name, NULL, &port_limits, ALPC_MSGFLG_SYNC_REQUEST, NULL,
                                   NULL, NULL, NULL, NULL, NULL),
                10);
    for (UINT i = 0; i < 4; i++) {
        child_needs(!view_make(port, flags[i][0], (BYTE)(i + 1), &view), 20 + i);
        view.Flags = flags[i][1];
        attributes_init(&out, &view);
        attributes_init(&in, NULL);
        message_init(&message);
        size = sizeof message;
        child_needs(!NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST, &message.header,
                                               &out.header, &message.header, &size, &in.header,
                                               NULL),
                    30 + i);
        child_needs(in.header.ValidAttributes == ALPC_MESSAGE_VIEW_ATTRIBUTE, 40 + i);
        child_needs(bytes_are(&in.view, (BYTE)(0x80 + i)), 50 + i);
        child_needs(!NtAlpcDeleteSectionView(port, 0, in.view.ViewBase), 60 + i);
    }
    /* Its last one: nobody deletes anything, the process just ends. */
    child_needs(!view_make(port, 0, 0x55, &view), 70);
    attributes_init(&out, &view);
    message_init(&message);
    child_needs(
        !NtAlpcSendWaitReceivePort(port, 0, &message.header, &out.header, NULL, NULL, NULL, NULL),
        71);
    attributes_init(&in, NULL);
    size = sizeof message;
    child_needs(
        !NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &message.header, &size, &in.header, NULL),
        72);
    child_needs(in.header.ValidAttributes && bytes_are(&in.view, 0x66), 73);
    TerminateProcess(GetCurrentProcess(), 7);
}

static HANDLE child_start(void)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION child;
    char self[MAX_PATH], command[2 * MAX_PATH];

    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(command, sizeof command, "\"%s\" child %lu", self,
             (unsigned long)GetCurrentProcessId());
    if (!CreateProcessA(self, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child))
        return NULL;
    CloseHandle(child.hThread);
    return child.hProcess;
}

/* ---- the parent ---- */

static NTSTATUS receive(HANDLE port, struct message *message, struct attributes *attributes)
{
    SIZE_T size = sizeof *message;

    attributes_init(attributes, NULL);
    return NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &message->header, &size,
                                     &attributes->header, NULL);
}

static NTSTATUS send_view(HANDLE port, ULONG flags, struct message *message,
                          const ALPC_DATA_VIEW_ATTR *view)
{
    struct attributes out;

    attributes_init(&out, view);
    return NtAlpcSendWaitReceivePort(port, flags, &message->header, &out.header, NULL, NULL, NULL,
                                     NULL);
}

static void answer_requests(HANDLE connection, HANDLE server)
{
    for (UINT i = 0; i < 4; i++) {
        ULONG expected = i < 2 ? 0 : ALPC_VIEWFLG_SECURED_ACCESS;
        ALPC_DATA_VIEW_ATTR answer;
        struct attributes in;
        struct message message;

        is_status(receive(connection, &message, &in), 0, "request %u", i);
        ok(in.header.ValidAttributes == ALPC_MESSAGE_VIEW_ATTRIBUTE && in.view.Flags == expected &&
               bytes_are(&in.view, (BYTE)(i + 1)),
           "brings the child's bytes, flags %x", in.view.Flags);
        is_status(NtAlpcDeleteSectionView(connection, 0, in.view.ViewBase), 0, "it goes back");
        is_status(view_make(server, 0, (BYTE)(0x80 + i), &answer), 0, "a view for the answer");
        answer.Flags = ALPC_VIEWFLG_AUTO_RELEASE;
        is_status(send_view(server, ALPC_MSGFLG_RELEASE_MESSAGE, &message, &answer), 0,
                  "the answer");
        is_status(NtAlpcDeletePortSection(server, 0, answer.SectionHandle), 0,
                  "its section can go at once");
    }
}

/* The child ends while each end has a view of the other's. */
static void child_ends(HANDLE connection, HANDLE server, HANDLE child)
{
    ALPC_DATA_VIEW_ATTR last, next;
    struct attributes in, notice;
    struct message message;
    DWORD code = 0;

    is_status(receive(connection, &message, &in), 0, "a last request");
    is_status(view_make(server, 0, 0x66, &last), 0, "a view for the child");
    message_init(&message);
    last.Flags = ALPC_VIEWFLG_AUTO_RELEASE;
    is_status(send_view(server, 0, &message, &last), 0, "a request to it");
    WaitForSingleObject(child, INFINITE);
    GetExitCodeProcess(child, &code);
    is_number(code, 7, "the child has done all of it");
    do
        receive(connection, &message, &notice);
    while ((message.header.u2.s2.Type & 0xff) == LPC_CANCELED);
    is_number(message.header.u2.s2.Type & 0xff, LPC_PORT_CLOSED, "the connection has ended");
    ok(in.header.ValidAttributes && bytes_are(&in.view, 0x55), "its view is still there");
    is_status(NtAlpcDeleteSectionView(connection, 0, in.view.ViewBase), 0, "and can be deleted");
    memset(&next, 0, sizeof next);
    next.SectionHandle = last.SectionHandle;
    next.ViewSize = VIEW_SIZE;
    is_status(NtAlpcCreateSectionView(server, 0, &next), 0,
              "the range of what the child had can be used again");
    is_status(NtAlpcDeleteSectionView(server, 0, next.ViewBase), 0, "it goes");
    is_status(NtAlpcDeletePortSection(server, 0, next.SectionHandle), 0, "and its section");
}

static void test_main(void)
{
    const char *is_child = strstr(GetCommandLineA(), " child ");
    ALPC_PORT_ATTRIBUTES port_limits;
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;
    WCHAR text[64];
    struct message message;
    struct attributes in;
    HANDLE connection, server, child;

    if (is_child) {
        child_main(strtoul(is_child + 7, NULL, 10));
        return;
    }
    name_make(text, GetCurrentProcessId());
    RtlInitUnicodeString(&name, text);
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    port_attributes(&port_limits);
    is_status(NtAlpcCreatePort(&connection, &object, &port_limits), 0, "a port");
    child = child_start();
    if (!ok(child != NULL, "a child"))
        return;
    is_status(receive(connection, &message, &in), 0, "it connects");
    is_status(NtAlpcAcceptConnectPort(&server, connection, 0, NULL, &port_limits, NULL,
                                      &message.header, NULL, TRUE),
              0, "accepted");
    answer_requests(connection, server);
    child_ends(connection, server, child);
    CloseHandle(child);
    NtClose(server);
    NtClose(connection);
}
