/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* queued.exe: a port with messages that nobody has received: it connects to itself, sends five
 * datagrams, connects again, says "ready" and waits to be killed. */
#include <windows.h>

#include <nt/ntalpc.h>
#include <stdio.h>

static UNICODE_STRING name;

static void client_make(HANDLE *ret_port)
{
    if (NtAlpcConnectPort(ret_port, &name, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL))
        ExitProcess(3);
}

int main(void)
{
    OBJECT_ATTRIBUTES object;
    PORT_MESSAGE message;
    HANDLE port, client, server;
    SIZE_T size = sizeof(message);

    RtlInitUnicodeString(&name, L"\\RPC Control\\Queued \x00fc");
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    if (NtAlpcCreatePort(&port, &object, NULL))
        return 3;
    client_make(&client);
    if (NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &message, &size, NULL, NULL) ||
        NtAlpcAcceptConnectPort(&server, port, 0, NULL, NULL, NULL, &message, NULL, TRUE) ||
        NtAlpcSendWaitReceivePort(client, 0, NULL, NULL, &message, &size, NULL, NULL))
        return 3;
    for (int i = 0; i < 5; i++) {
        PORT_MESSAGE datagram = {.u1.s1.TotalLength = sizeof(datagram)};

        if (NtAlpcSendWaitReceivePort(client, ALPC_MSGFLG_RELEASE_MESSAGE, &datagram, NULL, NULL,
                                      NULL, NULL, NULL))
            return 3;
    }
    client_make(&client);
    puts("ready");
    fflush(stdout);
    Sleep(INFINITE);
    return 0;
}
