/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* A client that dies in the middle of its connect, which brings a handle: this program starts
 * itself and ends the child while its request waits to be answered. */
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>

#include <nt/ntalpc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define HANDLE_ATTRIBUTE ALPC_MESSAGE_HANDLE_ATTRIBUTE

struct message {
    PORT_MESSAGE header;
    ULONG_PTR values[4];
};

struct attributes {
    ALPC_MESSAGE_ATTRIBUTES header;
    ALPC_HANDLE_ATTR handle;
};

static WCHAR port_name[64], event_name[64];

static void names_make(DWORD id)
{
    swprintf(port_name, 64, L"\\RPC Control\\ConnectDeath-%lu", (unsigned long)id);
    swprintf(event_name, 64, L"ConnectDeath-%lu", (unsigned long)id);
}

static void port_attributes(ALPC_PORT_ATTRIBUTES *attributes)
{
    memset(attributes, 0, sizeof *attributes);
    attributes->Flags = ALPC_PORFLG_ALLOW_DUP_OBJECT;
    attributes->MaxMessageLength = 0x1000;
    attributes->DupObjectTypes = 0xffd;
}

/* Waits for an answer that does not come. */
static int child_main(DWORD parent)
{
    struct attributes out = {{HANDLE_ATTRIBUTE, HANDLE_ATTRIBUTE}, {0}};
    ALPC_PORT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    HANDLE port;

    names_make(parent);
    out.handle.Flags = ALPC_HANDLEFLG_DUPLICATE_SAME_ACCESS;
    out.handle.Handle = OpenEventW(EVENT_ALL_ACCESS, FALSE, event_name);
    if (!out.handle.Handle)
        return 10;
    RtlInitUnicodeString(&name, port_name);
    port_attributes(&attributes);
    return NtAlpcConnectPort(&port, &name, NULL, &attributes, ALPC_MSGFLG_SYNC_REQUEST, NULL, NULL,
                             NULL, &out.header, NULL, NULL)
               ? 11
               : 12;
}

static HANDLE child_start(void)
{
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION info = {0};
    char self[MAX_PATH], line[MAX_PATH + 32];

    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" child %lu", self, (unsigned long)GetCurrentProcessId());
    if (CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &info))
        CloseHandle(info.hThread);
    return info.hProcess;
}

static HANDLE port_make(void)
{
    ALPC_PORT_ATTRIBUTES attributes;
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;
    HANDLE port = NULL;

    RtlInitUnicodeString(&name, port_name);
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    port_attributes(&attributes);
    ok(!NtAlpcCreatePort(&port, &object, &attributes), "a port that takes a handle");
    return port;
}

static NTSTATUS receive(HANDLE port, struct message *message, struct attributes *attributes,
                        LARGE_INTEGER *timeout)
{
    SIZE_T size = sizeof *message;

    memset(attributes, 0, sizeof *attributes);
    attributes->header.AllocatedAttributes = HANDLE_ATTRIBUTE;
    return NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &message->header, &size,
                                     &attributes->header, timeout);
}

/* UNKNOWN: whether Windows tells of a request that was received (reference 4.9 speaks of messages).
 */
static BOOL only_ends_are_told(HANDLE port)
{
    LARGE_INTEGER poll = {.QuadPart = 0};
    struct attributes attributes;
    struct message message;
    NTSTATUS status;

    while (!(status = receive(port, &message, &attributes, &poll)))
        if ((message.header.u2.s2.Type & 0xff) != LPC_CANCELED)
            return FALSE;
    return status == STATUS_TIMEOUT;
}

/* One child; with_handle: the request's handle is fetched with it. */
static void death(HANDLE port, BOOL with_handle)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, event_name), child = child_start();
    HANDLE server, got = NULL;
    ALPC_MESSAGE_HANDLE_INFORMATION info = {0};
    struct attributes attributes;
    struct message message;
    SIZE_T size = sizeof message;
    NTSTATUS status;

    if (with_handle)
        status = receive(port, &message, &attributes, NULL);
    else
        status = NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &message.header, &size, NULL, NULL);
    ok(!status && (message.header.u2.s2.Type & 0xff) == LPC_CONNECTION_REQUEST,
       "the child asks to connect (%x)", (unsigned)status);
    if (with_handle) {
        got = attributes.handle.Handle;
        ok(attributes.header.ValidAttributes == HANDLE_ATTRIBUTE, "and brings a handle");
    }
    ok(TerminateProcess(child, 5), "it is ended");
    ok(WaitForSingleObject(child, INFINITE) == WAIT_OBJECT_0, "and has gone");
    ok(NtAlpcQueryInformationMessage(port, &message.header, AlpcMessageHandleInformation, &info,
                                     sizeof info, NULL) < 0,
       "what was not fetched has gone with it");
    status =
        NtAlpcAcceptConnectPort(&server, port, 0, NULL, NULL, NULL, &message.header, NULL, TRUE);
    ok(status == (NTSTATUS)STATUS_REPLY_MESSAGE_MISMATCH, "it cannot be accepted (%x)",
       (unsigned)status);
    ok(only_ends_are_told(port), "and nothing but its end is told");
    if (with_handle)
        ok(SetEvent(got) && WaitForSingleObject(event, 0) == WAIT_OBJECT_0 && CloseHandle(got),
           "the handle that was fetched is good all the same");
    CloseHandle(child);
    CloseHandle(event);
    ok(!OpenEventW(EVENT_ALL_ACCESS, FALSE, event_name), "nobody holds its event any more");
}

static void test_main(void)
{
    HANDLE port;

    if (__argc == 3 && !strcmp(__argv[1], "child"))
        exit(child_main(strtoul(__argv[2], NULL, 10)));
    names_make(GetCurrentProcessId());
    port = port_make();
    death(port, FALSE);
    death(port, TRUE);
    CloseHandle(port);
    done_testing();
}
