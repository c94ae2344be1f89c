/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* NtAlpcCreatePort and the basic queries of a connection port: facts 2 and 10 of reference
 * section 9. */
#include "alpc.h"

static void creation(void)
{
    HANDLE port = NULL, second;
    ALPC_PORT_ATTRIBUTES attributes;

    ok_status(NtAlpcCreatePort(NULL, NULL, NULL), STATUS_ACCESS_VIOLATION,
              "fact 2: NULL out pointer");
    ok_status(NtAlpcCreatePort((HANDLE *)16, NULL, NULL), STATUS_ACCESS_VIOLATION,
              "bad out pointer");
    ok_status(NtAlpcCreatePort(&port, (OBJECT_ATTRIBUTES *)16, NULL), STATUS_ACCESS_VIOLATION,
              "bad object attributes");
    ok_status(NtAlpcCreatePort(&port, NULL, NULL), STATUS_SUCCESS, "fact 2: no attributes at all");
    ok(port != NULL, "a handle comes back");
    ok_status(NtClose(port), STATUS_SUCCESS, "and can be closed");
    ok_status(NtClose(port), STATUS_INVALID_HANDLE, "once");

    ok_status(port_create(&port, L"\\RPC Control\\Create", 0, 0), STATUS_SUCCESS, "a named port");
    second = (HANDLE)0x1234;
    ok_status(port_create(&second, L"\\RPC Control\\Create", 0, 0), STATUS_OBJECT_NAME_COLLISION,
              "fact 2: the name is taken");
    ok(!second || second == (HANDLE)0x1234, "no handle comes back");
    second = NULL;
    ok_status(port_create(&second, L"\\RPC Control\\Create", OBJ_OPENIF, 0),
              STATUS_INVALID_PARAMETER, "fact 2: OBJ_OPENIF on a taken name");
    ok(second == NULL, "the handle is untouched");
    ok_status(port_create(&second, L"\\RPC Control\\create", OBJ_CASE_INSENSITIVE, 0),
              STATUS_OBJECT_NAME_COLLISION, "the name is taken whatever its case");
    ok_status(port_create(&second, L"\\No Such Directory\\Port", 0, 0),
              STATUS_OBJECT_PATH_NOT_FOUND, "no such directory");
    NtClose(port);
    ok_status(port_create(&port, L"\\RPC Control\\Create", 0, 0), STATUS_SUCCESS,
              "the name is free when the last handle has gone");
    NtClose(port);

    port_attributes(&attributes, 0);
    attributes.MaxMessageLength = 0x10000;
    ok_status(NtAlpcCreatePort(&port, NULL, &attributes), STATUS_INVALID_PARAMETER,
              "MaxMessageLength 10000h");
    attributes.MaxMessageLength = sizeof(PORT_MESSAGE) - 1;
    ok_status(NtAlpcCreatePort(&port, NULL, &attributes), STATUS_INVALID_PARAMETER,
              "MaxMessageLength below the header");
    attributes.MaxMessageLength = 0xffff;
    attributes.SecurityQos.Length = sizeof attributes.SecurityQos;
    ok_status(NtAlpcCreatePort(&port, NULL, &attributes), STATUS_SUCCESS, "a QoS with its length");
    NtClose(port);
}

static void flags(void)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        ULONG flag = 1ul << bit;
        HANDLE port = NULL;
        NTSTATUS status = port_create(&port, NULL, 0, flag);

        if (flag == ALPC_PORFLG_SYSTEM_PROCESS)
            ok_status(status, STATUS_INVALID_PARAMETER, "fact 2: flag 00100000 is the kernel's");
        else
            ok(status == STATUS_SUCCESS, "fact 2: flag %x is accepted", (unsigned)flag);
        if (!status)
            NtClose(port);
    }
}

static void basic_information(void)
{
    static const ULONG requested[] = {0, 0x10000, 0x70000, 0x80000};
    ALPC_BASIC_INFORMATION basic[2];
    ULONG length;
    HANDLE port;

    for (unsigned i = 0; i < sizeof requested / sizeof *requested; i++) {
        port_create(&port, NULL, 0, requested[i]);
        ok_status(NtAlpcQueryInformation(port, AlpcBasicInformation, basic, sizeof *basic, &length),
                  STATUS_SUCCESS, "basic information");
        ok(basic->Flags == (requested[i] | ALPC_PORFLG_ALLOW_LPC_REQUESTS),
           "flags %x read back with 00020000 set", (unsigned)requested[i]);
        NtClose(port);
    }
    port_create(&port, NULL, 0, 0);
    length = 0;
    ok_status(NtAlpcQueryInformation(port, AlpcBasicInformation, basic, sizeof basic, &length),
              STATUS_SUCCESS, "a longer buffer");
    ok(length == 16, "length 16 is returned");
    ok_status(NtAlpcQueryInformation(port, AlpcBasicInformation, basic, sizeof *basic, NULL),
              STATUS_SUCCESS, "no return length");
    for (ULONG size = 0; size < 16; size += 8) {
        fill(basic, 0xcc, sizeof *basic);
        length = 0;
        ok_status(NtAlpcQueryInformation(port, AlpcBasicInformation, basic, size, &length),
                  STATUS_INFO_LENGTH_MISMATCH, "a short buffer");
        ok(length == 16 && basic->Flags == 0xcccccccc, "the needed length, the buffer untouched");
    }
    length = 7;
    ok_status(NtAlpcQueryInformation((HANDLE)0xdead0, AlpcBasicInformation, basic, 16, &length),
              STATUS_INVALID_HANDLE, "a bad handle");
    ok(length == 7, "the length is untouched");
    ok_status(NtAlpcQueryInformation(port, AlpcBasicInformation, (void *)16, 16, NULL),
              STATUS_ACCESS_VIOLATION, "a bad buffer");
    ok(NtAlpcQueryInformation(port, (ALPC_PORT_INFORMATION_CLASS)99, basic, 16, NULL) < 0,
       "an unknown class fails");
    NtClose(port);
}

static void misuse(void)
{
    HANDLE event, port;
    struct test_message message;

    NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 0 /* notification */, FALSE);
    message_init(&message.header, 0);
    ok_status(port_send(event, RELEASE, &message.header), STATUS_OBJECT_TYPE_MISMATCH,
              "an event is no port");
    ok_status(port_send((HANDLE)0xdead0, RELEASE, &message.header), STATUS_INVALID_HANDLE,
              "a handle that is none");
    ok_status(NtAlpcDisconnectPort((HANDLE)0xdead0, 0), STATUS_INVALID_HANDLE,
              "disconnect of a handle that is none");
    port_create(&port, NULL, 0, 0);
    ok_status(port_receive(port, &message, NULL, POLL), STATUS_TIMEOUT,
              "nothing queued, time-out 0");
    SIZE_T size = sizeof message;
    ok_status(NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, (PORT_MESSAGE *)16, &size, NULL, POLL),
              STATUS_ACCESS_VIOLATION, "a bad receive buffer, found before a message is taken");
    ok(NtAlpcSendWaitReceivePort(port, RELEASE, (PORT_MESSAGE *)16, NULL, NULL, NULL, NULL, NULL) <
           0,
       "a bad message pointer fails");
    ok(port_send(port, RELEASE, &message.header) < 0, "a new message on a connection port fails");
    NtClose(port);
    NtClose(event);
}

TEST_MAIN
{
    creation();
    flags();
    basic_information();
    misuse();
}
