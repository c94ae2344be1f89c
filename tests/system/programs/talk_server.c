/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* talk_server.exe NAME CLOSES THREADS: a connection port NAME that complements every byte of a
 * request and sends it back; THREADS threads receive. Says "ready", "accepted PID", "closed PID";
 * ends with status 0 after CLOSES closes.
 */
#include "talk.h"

struct talk_client {
    HANDLE port;
    ULONG pid;
};

static HANDLE port;
static volatile LONG n_closes_left;

static void message_serve(struct talk_message *message, struct talk_client *client)
{
    switch (message->header.u2.s2.Type & 0xff) {
    case LPC_CONNECTION_REQUEST: {
        ALPC_PORT_ATTRIBUTES attributes;
        talk_attributes(&attributes);
        client = calloc(1, sizeof *client);
        client->pid = (ULONG)(ULONG_PTR)message->header.ClientId.UniqueProcess;
        NTSTATUS status = NtAlpcAcceptConnectPort(&client->port, port, 0, NULL, &attributes, client,
                                                  &message->header, NULL, TRUE);
        if (status)
            talk_say("accept failed", status);
        talk_say("accepted", client->pid);
        break;
    }
    case LPC_REQUEST: {
        unsigned size = (USHORT)message->header.u1.s1.DataLength;
        for (unsigned i = 0; i < size; i++)
            message->data[i] ^= 0xff;
        NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_RELEASE_MESSAGE, &message->header, NULL, NULL,
                                  NULL, NULL, NULL);
        break;
    }
    case LPC_PORT_CLOSED:
        talk_say("closed", client->pid);
        NtClose(client->port);
        if (InterlockedDecrement(&n_closes_left) == 0)
            ExitProcess(0);
        break;
    }
}

static DWORD CALLBACK receive(void *argument)
{
    struct talk_message *message = malloc(sizeof *message);

    (void)argument;
    for (;;) {
        struct {
            ALPC_MESSAGE_ATTRIBUTES header;
            ALPC_CONTEXT_ATTR context;
        } attributes = {.header.AllocatedAttributes = ALPC_MESSAGE_CONTEXT_ATTRIBUTE};
        SIZE_T size = sizeof *message;
        NTSTATUS status = NtAlpcSendWaitReceivePort(port, 0, NULL, NULL, &message->header, &size,
                                                    &attributes.header, NULL);
        if (status) {
            talk_say("receive failed", status);
            ExitProcess(2);
        }
        message_serve(message, attributes.context.PortContext);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 64;
    ALPC_PORT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    ANSI_STRING text;
    OBJECT_ATTRIBUTES object;

    n_closes_left = atoi(argv[2]);
    RtlInitAnsiString(&text, argv[1]);
    RtlAnsiStringToUnicodeString(&name, &text, TRUE);
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    talk_attributes(&attributes);
    NTSTATUS status = NtAlpcCreatePort(&port, &object, &attributes);
    if (status) {
        talk_say("create failed", status);
        return 1;
    }
    talk_say("ready", GetCurrentProcessId());
    for (int i = 1; i < atoi(argv[3]); i++)
        CloseHandle(CreateThread(NULL, 0, receive, NULL, 0, NULL));
    receive(NULL);
    return 0;
}
