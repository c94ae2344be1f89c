/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The server of the textbook scenario: csrss.exe CLIENTS
 *
 * Publishes \Windows\ApiPort and serves it with one receive loop: connection requests, requests,
 * datagrams, a picture in a section view, the close of each client. A second port is served by
 * callbacks of the thread pool. Ends with status 0 when CLIENTS clients came and went and
 * everything they sent was as expected.
 */
#include "demo.h"

enum { CLIENTS_MAX = 64 };

/* One client, from its connection request to its close; its address is the port context. */
struct client {
    HANDLE port;
    ULONG pid;
    uint32_t record;
    unsigned n_notes, n_echoes;
    char name[NAME_BYTES];
};

static struct client clients[CLIENTS_MAX];
static unsigned n_clients, n_closed;
static HANDLE api_port, work_port;

static HANDLE port_create(const WCHAR *path)
{
    ALPC_PORT_ATTRIBUTES attributes = {.MaxMessageLength = MESSAGE_BYTES_MAX,
                                       .MaxPoolUsage = (SIZE_T)-1,
                                       .MaxSectionSize = (SIZE_T)-1,
                                       .MaxViewSize = (SIZE_T)-1,
                                       .MaxTotalSectionSize = (SIZE_T)-1};
    OBJECT_ATTRIBUTES object = {.Length = sizeof object};
    UNICODE_STRING name;
    HANDLE port;

    name_init(&name, path);
    object.ObjectName = &name;
    NTSTATUS status = NtAlpcCreatePort(&port, &object, &attributes);
    must(status == 0, "create a connection port", status);
    step("published the connection port %ls", path);
    return port;
}

static struct client *client_accept(HANDLE connection_port, struct demo_message *request)
{
    must(n_clients < CLIENTS_MAX, "a place for one more client", 0);
    struct client *client = &clients[n_clients++];

    client->pid = (ULONG)(ULONG_PTR)request->header.ClientId.UniqueProcess;
    client->record = n_clients;
    snprintf(client->name, sizeof client->name, "%.31s", request->body.name);
    NTSTATUS status = NtAlpcAcceptConnectPort(&client->port, connection_port, 0, NULL, NULL, client,
                                              &request->header, NULL, TRUE);
    must(status == 0, "accept a connection", status);
    return client;
}

static void reply(HANDLE port, struct demo_message *message)
{
    NTSTATUS status = NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_RELEASE_MESSAGE, &message->header,
                                                NULL, NULL, NULL, NULL, NULL);
    must(status == 0, "reply", status);
}

/* Callback of the thread pool: takes what is queued at the work port, answers it, returns. */
static void CALLBACK work_arrived(TP_CALLBACK_INSTANCE *instance, void *context,
                                  struct _TP_ALPC *alpc)
{
    (void)instance, (void)context, (void)alpc;
    for (;;) {
        struct demo_message message;
        SIZE_T size = sizeof message;
        LARGE_INTEGER now = {.QuadPart = 0};
        NTSTATUS status =
            NtAlpcSendWaitReceivePort(work_port, 0, NULL, NULL, &message.header, &size, NULL, &now);
        if (status == STATUS_TIMEOUT)
            return;
        must(status == 0, "receive at the work port", status);
        switch (message.header.u2.s2.Type & 0xff) {
        case LPC_CONNECTION_REQUEST:
            client_accept(work_port, &message);
            break;
        case LPC_REQUEST:
            step("thread %lu of the pool: asynchronous request of process %lu, answer %llu",
                 GetCurrentThreadId(), (ULONG)(ULONG_PTR)message.header.ClientId.UniqueProcess,
                 (unsigned long long)(message.body.value * message.body.value));
            message.body.value *= message.body.value;
            reply(work_port, &message);
            break;
        }
    }
}

static void serve_register(struct client *client, struct demo_message *message)
{
    step("process %lu (\"%s\") asks to be registered: record %u", client->pid, message->body.name,
         client->record);
    message->body.record = client->record;
    reply(api_port, message);
}

static void serve_note(struct client *client, const struct demo_message *message)
{
    must(message->body.value == client->n_notes, "datagrams in order", 0);
    client->n_notes++;
    step("datagram %llu of record %u: \"%s\"", (unsigned long long)message->body.value,
         client->record, message->body.name);
}

/* The view arrives mapped; its sum must be the sender's. The reply gives the view back. */
static void serve_picture(struct client *client, struct demo_message *message,
                          struct demo_attributes *attributes)
{
    ALPC_DATA_VIEW_ATTR *view =
        AlpcGetMessageAttribute(&attributes->header, ALPC_MESSAGE_VIEW_ATTRIBUTE);

    must(attributes->header.ValidAttributes & ALPC_MESSAGE_VIEW_ATTRIBUTE,
         "a view with the picture", 0);
    must(view->ViewSize >= PICTURE_BYTES, "a view of 64 MiB", 0);
    uint64_t sum = checksum(view->ViewBase, PICTURE_BYTES);
    step("picture of record %u: %u MiB at %p, checksum %016llx: %s", client->record,
         PICTURE_BYTES >> 20, view->ViewBase, (unsigned long long)sum,
         sum == message->body.value ? "as sent" : "WRONG");
    must(sum == message->body.value, "the picture's checksum", 0);
    NTSTATUS status = NtAlpcDeleteSectionView(api_port, 0, view->ViewBase);
    must(status == 0, "release the view", status);
    reply(api_port, message);
}

static void serve_request(struct client *client, struct demo_message *message,
                          struct demo_attributes *attributes)
{
    switch (message->body.call) {
    case CALL_REGISTER:
        serve_register(client, message);
        break;
    case CALL_PICTURE:
        serve_picture(client, message, attributes);
        break;
    case CALL_ECHO:
        client->n_echoes++;
        reply(api_port, message);
        break;
    default:
        must(0, "a call that csrss knows", 0);
    }
}

static void client_closed(struct client *client)
{
    step("record %u (\"%s\") closed its port after %u datagrams and %u echoes", client->record,
         client->name, client->n_notes, client->n_echoes);
    must(client->n_notes == N_NOTES || client->n_echoes == N_ECHOES, "everything before the close",
         0);
    NtAlpcDisconnectPort(client->port, 0);
    NtClose(client->port);
    n_closed++;
}

/* One message of the API port: what came decides. */
static void serve_one(void)
{
    struct demo_message message;
    struct demo_attributes attributes;
    SIZE_T size = sizeof message;

    attributes_init(&attributes, ALPC_MESSAGE_CONTEXT_ATTRIBUTE | ALPC_MESSAGE_VIEW_ATTRIBUTE);
    NTSTATUS status = NtAlpcSendWaitReceivePort(api_port, 0, NULL, NULL, &message.header, &size,
                                                &attributes.header, NULL);
    must(status == 0, "receive at the API port", status);
    ALPC_CONTEXT_ATTR *context =
        AlpcGetMessageAttribute(&attributes.header, ALPC_MESSAGE_CONTEXT_ATTRIBUTE);
    struct client *client = context->PortContext;

    switch (message.header.u2.s2.Type & 0xff) {
    case LPC_CONNECTION_REQUEST:
        client = client_accept(api_port, &message);
        step("connection request of process %lu (\"%s\"): accepted, the port pair exists",
             client->pid, client->name);
        break;
    case LPC_REQUEST:
        serve_request(client, &message, &attributes);
        break;
    case LPC_DATAGRAM:
        serve_note(client, &message);
        break;
    case LPC_PORT_CLOSED:
        client_closed(client);
        break;
    default:
        step("message of type %x ignored", message.header.u2.s2.Type);
    }
}

int main(int argc, char **argv)
{
    unsigned n_expected = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
    struct _TP_ALPC *completion;

    api_port = port_create(API_PORT);
    work_port = port_create(WORK_PORT);
    NTSTATUS status = TpAllocAlpcCompletion(&completion, work_port, work_arrived, NULL, NULL);
    must(status == 0, "give the work port to the thread pool", status);
    step("ready for %u clients", n_expected);
    while (n_closed < n_expected)
        serve_one();
    TpReleaseAlpcCompletion(completion);
    NtClose(work_port);
    NtClose(api_port);
    step("all %u clients came and went: done", n_expected);
    return 0;
}
