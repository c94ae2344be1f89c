/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The client of the textbook scenario: explorer.exe NAME [quick]
 *
 * Connects to \Windows\ApiPort, registers, sends datagrams, has an asynchronous request answered by
 * the server's thread pool and takes the answer in a callback of its own pool, hands over a 64 MiB
 * picture as a section view. With `quick`: connects, registers, and makes a thousand echo requests
 * (several of these run at once). Ends with status 0 only when each answer was verified.
 */
#include "demo.h"

static HANDLE port_connect(const WCHAR *path, const char *name)
{
    struct demo_message message;
    SIZE_T size = sizeof message;
    ALPC_PORT_ATTRIBUTES attributes = {.MaxMessageLength = MESSAGE_BYTES_MAX,
                                       .MaxPoolUsage = (SIZE_T)-1,
                                       .MaxSectionSize = (SIZE_T)-1,
                                       .MaxViewSize = (SIZE_T)-1,
                                       .MaxTotalSectionSize = (SIZE_T)-1};
    UNICODE_STRING port_name;
    HANDLE port;

    message_init(&message, CALL_REGISTER);
    snprintf(message.body.name, sizeof message.body.name, "%s", name);
    name_init(&port_name, path);
    NTSTATUS status =
        NtAlpcConnectPort(&port, &port_name, NULL, &attributes, ALPC_MSGFLG_SYNC_REQUEST, NULL,
                          &message.header, &size, NULL, NULL, NULL);
    must(status == 0, "connect", status);
    step("connected to %ls: the server is process %lu", path,
         (ULONG)(ULONG_PTR)message.header.ClientId.UniqueProcess);
    return port;
}

/* A request and its reply, in place. */
static void ask(HANDLE port, struct demo_message *message)
{
    SIZE_T size = sizeof *message;
    NTSTATUS status = NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST, &message->header,
                                                NULL, &message->header, &size, NULL, NULL);

    must(status == 0, "a synchronous request", status);
    must((message->header.u2.s2.Type & 0xff) == LPC_REPLY, "a reply to it", 0);
}

static uint32_t register_process(HANDLE port, const char *name)
{
    struct demo_message message;

    message_init(&message, CALL_REGISTER);
    snprintf(message.body.name, sizeof message.body.name, "%s", name);
    ask(port, &message);
    must(message.body.record != 0, "a record", 0);
    step("registered: record %u", message.body.record);
    return message.body.record;
}

static void send_notes(HANDLE port)
{
    static const char *const words[N_NOTES] = {"the", "desktop", "is", "being", "drawn"};

    for (unsigned i = 0; i < N_NOTES; i++) {
        struct demo_message message;
        message_init(&message, CALL_NOTE);
        message.body.value = i;
        snprintf(message.body.name, sizeof message.body.name, "%s", words[i]);
        NTSTATUS status = NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_RELEASE_MESSAGE,
                                                    &message.header, NULL, NULL, NULL, NULL, NULL);
        must(status == 0, "a datagram", status);
    }
    step("sent %d datagrams", N_NOTES);
}

struct work {
    HANDLE port;
    HANDLE done;
    uint64_t answer;
};

/* Callback of the thread pool: the answer to the asynchronous request is in the port's queue. */
static void CALLBACK answer_arrived(TP_CALLBACK_INSTANCE *instance, void *context,
                                    struct _TP_ALPC *alpc)
{
    struct work *work = context;
    struct demo_message message;
    SIZE_T size = sizeof message;
    LARGE_INTEGER now = {.QuadPart = 0};

    (void)instance, (void)alpc;
    NTSTATUS status =
        NtAlpcSendWaitReceivePort(work->port, 0, NULL, NULL, &message.header, &size, NULL, &now);
    if (status == STATUS_TIMEOUT)
        return;
    must(status == 0, "receive the asynchronous answer", status);
    step("thread %lu of the pool: the answer is %llu", GetCurrentThreadId(),
         (unsigned long long)message.body.value);
    work->answer = message.body.value;
    SetEvent(work->done);
}

static void ask_asynchronously(const char *name)
{
    struct work work = {.port = port_connect(WORK_PORT, name),
                        .done = CreateEventW(NULL, TRUE, FALSE, NULL)};
    struct _TP_ALPC *completion;
    struct demo_message message;

    NTSTATUS status = TpAllocAlpcCompletion(&completion, work.port, answer_arrived, &work, NULL);
    must(status == 0, "give the port to the thread pool", status);
    message_init(&message, CALL_WORK);
    message.body.value = 111111;
    status = NtAlpcSendWaitReceivePort(work.port, 0, &message.header, NULL, NULL, NULL, NULL, NULL);
    must(status == 0, "an asynchronous request", status);
    step("asynchronous request sent; thread %lu goes on with something else", GetCurrentThreadId());
    WaitForSingleObject(work.done, INFINITE);
    must(work.answer == 111111ull * 111111ull, "the right asynchronous answer", 0);
    TpReleaseAlpcCompletion(completion);
    NtClose(work.port);
    CloseHandle(work.done);
}

static void picture_draw(uint32_t *pixels)
{
    for (uint32_t y = 0; y < PICTURE_SIDE; y++)
        for (uint32_t x = 0; x < PICTURE_SIDE; x++)
            pixels[y * PICTURE_SIDE + x] = (x * 2654435761u) ^ (y << 12);
}

static void send_picture(HANDLE port, uint32_t record)
{
    struct demo_message message;
    struct demo_attributes attributes;
    ALPC_HANDLE section;
    SIZE_T size;

    NTSTATUS status = NtAlpcCreatePortSection(port, 0, NULL, PICTURE_BYTES, &section, &size);
    must(status == 0, "a port section of 64 MiB", status);
    attributes_init(&attributes, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    ALPC_DATA_VIEW_ATTR *view =
        AlpcGetMessageAttribute(&attributes.header, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    *view = (ALPC_DATA_VIEW_ATTR){.SectionHandle = section, .ViewSize = PICTURE_BYTES};
    status = NtAlpcCreateSectionView(port, 0, view);
    must(status == 0, "a view of it", status);
    picture_draw(view->ViewBase);

    message_init(&message, CALL_PICTURE);
    message.body.record = record;
    message.body.value = checksum(view->ViewBase, PICTURE_BYTES);
    step("picture of %u MiB drawn at %p, checksum %016llx", PICTURE_BYTES >> 20, view->ViewBase,
         (unsigned long long)message.body.value);
    attributes.header.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
    size = sizeof message;
    status = NtAlpcSendWaitReceivePort(port, ALPC_MSGFLG_SYNC_REQUEST, &message.header,
                                       &attributes.header, &message.header, &size, NULL, NULL);
    must(status == 0, "hand the picture over", status);
    step("picture handed over, nothing copied");
    status = NtAlpcDeleteSectionView(port, 0, view->ViewBase);
    must(status == 0, "give up the view", status);
    status = NtAlpcDeletePortSection(port, 0, section);
    must(status == 0, "give up the section", status);
}

static void echo_many(HANDLE port)
{
    for (unsigned i = 0; i < N_ECHOES; i++) {
        struct demo_message message;
        message_init(&message, CALL_ECHO);
        message.body.value = i * 3ull + 1;
        ask(port, &message);
        must(message.body.value == i * 3ull + 1, "the echo", 0);
    }
    step("%d echo requests answered", N_ECHOES);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "explorer.exe";
    int quick = argc > 2 && !strcmp(argv[2], "quick");
    HANDLE port = port_connect(API_PORT, name);
    uint32_t record = register_process(port, name);

    if (quick) {
        echo_many(port);
    } else {
        send_notes(port);
        ask_asynchronously(name);
        send_picture(port, record);
    }
    NtClose(port);
    step("closed: done");
    return 0;
}
