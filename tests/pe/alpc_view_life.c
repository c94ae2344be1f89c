/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* The life of plain views: read-only at the receiver, in every kind of message and in both
 * directions, given back in each of the ways of reference 4.8. */
#include "alpc_view.h"

#define NAME L"\\RPC Control\\ViewLife"

NTSTATUS NTAPI NtUnmapViewOfSection(HANDLE process, PVOID base);
NTSTATUS NTAPI NtProtectVirtualMemory(HANDLE process, PVOID *base, PSIZE_T size, ULONG protection,
                                      PULONG old);

static int is_read_only(void *base)
{
    MEMORY_BASIC_INFORMATION info;

    return NtQueryVirtualMemory(NtCurrentProcess(), base, 0, &info, sizeof info, NULL) == 0 &&
           info.State == MEM_COMMIT && info.Protect == PAGE_READONLY && info.Type == MEM_MAPPED;
}

static void read_only_at_the_receiver(struct test_pair *pair)
{
    ALPC_DATA_VIEW_ATTR view, *got;
    struct test_attributes attributes;
    struct test_message message;
    SIZE_T size = 0x1000;
    ULONG old;

    view_make(pair->client, section_make(pair->client, 0, 0x1000), 0x1000, &view);
    view_send(pair->client, 0, &view);
    got = view_receive(pair->connection, &message, &attributes);
    if (!ok(got != NULL, "a view arrives"))
        return;
    ok(is_read_only(got->ViewBase), "read-only");
    PVOID base = got->ViewBase;
    ok(NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_READWRITE, &old) < 0,
       "and cannot be made writable");
    if (running_on_portico()) /* what Windows does is not known */
        ok_status(NtUnmapViewOfSection(NtCurrentProcess(), base), STATUS_INVALID_PAGE_PROTECTION,
                  "nor unmapped behind the port's back");
    else
        skip(1, "unmapping a port view");
    ok_status(view_return(pair->connection, RELEASE, &message), STATUS_SUCCESS, "it goes back");
    ok_status(NtAlpcDeleteSectionView(pair->connection, 0, base), STATUS_INVALID_ADDRESS,
              "and is no view any more");
    port_receive(pair->client, &message, NULL, NULL);
    NtAlpcDeleteSectionView(pair->client, 0, view.ViewBase);
}

/* Several views in one section; each received with the size sent. */
static void regions(struct test_pair *pair)
{
    ALPC_HANDLE section = section_make(pair->client, 0, 0x40000);
    struct test_attributes attributes;
    struct test_message message;
    ALPC_DATA_VIEW_ATTR views[4], *got;

    for (unsigned i = 0; i < 4; i++) {
        ok_status(view_make(pair->client, section, 0x1000 * (i + 1), &views[i]), STATUS_SUCCESS,
                  "a view of a region");
        fill(views[i].ViewBase, (UCHAR)(i + 1), views[i].ViewSize);
    }
    ok(view_make(pair->client, section, 1, &views[0]) < 0, "the section is full");
    for (unsigned i = 1; i < 4; i++) {
        views[i].ViewSize -= 0x123;
        view_send(pair->client, RELEASE, &views[i]);
        got = view_receive(pair->connection, &message, &attributes);
        ok(got && got->ViewSize == views[i].ViewSize &&
               bytes_are(got->ViewBase, (UCHAR)(i + 1), got->ViewSize),
           "arrives with exactly the size sent");
        view_return(pair->connection, RELEASE, &message);
    }
    ALPC_DATA_VIEW_ATTR too_much = views[1];
    too_much.ViewSize = 0x2001;
    ok_status(view_send(pair->client, 0, &too_much), STATUS_INVALID_VIEW_SIZE,
              "more than the view has");
    ok_status(NtAlpcDeletePortSection(pair->client, 0, section), STATUS_DELETE_PENDING,
              "a section in use stays");
    ok(bytes_are(views[3].ViewBase, 4, 0x4000), "and changes nothing");
}

/* ---- SYNC requests, in another thread ---- */

struct call {
    HANDLE port;
    ALPC_DATA_VIEW_ATTR view, got;
    struct test_message message;
    NTSTATUS status;
    ULONG valid;
};

static NTSTATUS NTAPI call_main(void *argument)
{
    struct call *call = argument;
    struct test_attributes send, receive;
    SIZE_T size = sizeof call->message;

    attributes_init(&send, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    *(ALPC_DATA_VIEW_ATTR *)send.space = call->view;
    send.header.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
    attributes_init(&receive, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    message_init(&call->message.header, 8);
    call->status = NtAlpcSendWaitReceivePort(call->port, SYNC, &call->message.header, &send.header,
                                             &call->message.header, &size, &receive.header, NULL);
    call->valid = receive.header.ValidAttributes;
    call->got = *(ALPC_DATA_VIEW_ATTR *)receive.space;
    RtlExitUserThread(0);
    return 0;
}

static HANDLE call_start(struct call *call, HANDLE port, const ALPC_DATA_VIEW_ATTR *view)
{
    HANDLE thread = NULL;

    call->port = port;
    call->view = *view;
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (PVOID)call_main, call, &thread,
                        NULL);
    return thread;
}

static void call_end(HANDLE thread)
{
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
}

static void sync_requests(struct test_pair *pair)
{
    static struct call call;
    struct test_attributes attributes;
    struct test_message message;
    ALPC_DATA_VIEW_ATTR asked, answer, *got;
    ALPC_HANDLE section = section_make(pair->server, 0, 0x10000);

    view_make(pair->client, section_make(pair->client, 0, 0x1000), 0x1000, &asked);
    fill(asked.ViewBase, 0x21, 0x1000);
    for (UCHAR round = 1; round < 4; round++) {
        ok_status(view_make(pair->server, section, 0x1000, &answer), STATUS_SUCCESS,
                  "the server's only region");
        fill(answer.ViewBase, round, 0x1000);
        answer.Flags = ALPC_VIEWFLG_AUTO_RELEASE;
        HANDLE thread = call_start(&call, pair->client, &asked);
        got = view_receive(pair->connection, &message, &attributes);
        ok(got && bytes_are(got->ViewBase, 0x21, 0x1000), "a SYNC request brings its view");
        NtAlpcDeleteSectionView(pair->connection, 0, got->ViewBase);
        ok_status(view_attach(pair->server, RELEASE, &message, &answer), STATUS_SUCCESS,
                  "a reply with a view");
        ok(is_free(answer.ViewBase), "AUTO_RELEASE of a reply's view");
        call_end(thread);
        ok(call.status == 0 && TYPE(call.message) == LPC_REPLY && call.valid &&
               bytes_are(call.got.ViewBase, round, 0x1000),
           "arrives with the final reply");
        ok_status(NtAlpcDeleteSectionView(pair->client, 0, call.got.ViewBase), STATUS_SUCCESS,
                  "its receiver gives it back");
        port_receive(pair->connection, &message, NULL, POLL);
    }
    ok_status(NtAlpcDeletePortSection(pair->server, 0, section), STATUS_SUCCESS,
              "the section goes");
}

static void sync_auto_release(struct test_pair *pair)
{
    static struct call call;
    struct test_attributes attributes;
    struct test_message message;
    ALPC_DATA_VIEW_ATTR asked, *got;

    view_make(pair->client, section_make(pair->client, 0, 0x1000), 0x1000, &asked);
    fill(asked.ViewBase, 0x22, 0x1000);
    asked.Flags = ALPC_VIEWFLG_AUTO_RELEASE;
    HANDLE thread = call_start(&call, pair->client, &asked);
    got = view_receive(pair->connection, &message, &attributes);
    ok(got && bytes_are(got->ViewBase, 0x22, 0x1000), "a SYNC request with AUTO_RELEASE");
    view_return(pair->connection, RELEASE, &message);
    call_end(thread);
    ok(call.status == 0 && !call.valid, "is answered");
    /* Its address may be the receiver's by now: one process. */
    ok_status(NtAlpcDeleteSectionView(pair->client, 0, asked.ViewBase), STATUS_INVALID_ADDRESS,
              "the sender's view has gone");
}

/* The server asks, the client answers; then a continuation goes to and fro. */
static void from_the_server(struct test_pair *pair)
{
    struct test_attributes attributes;
    struct test_message message;
    ALPC_DATA_VIEW_ATTR there, back, *got;

    view_make(pair->server, section_make(pair->server, 0, 0x1000), 0x1000, &there);
    view_make(pair->client, section_make(pair->client, 0, 0x1000), 0x1000, &back);
    fill(there.ViewBase, 0x31, 0x1000);
    fill(back.ViewBase, 0x32, 0x1000);
    ok_status(view_send(pair->server, 0, &there), STATUS_SUCCESS, "a request of the server's");
    got = view_receive(pair->client, &message, &attributes);
    ok(got && bytes_are(got->ViewBase, 0x31, 0x1000), "brings its view to the client");
    back.Flags = ALPC_VIEWFLG_UNMAP_EXISTING;
    ok_status(view_attach(pair->client, 0, &message, &back), STATUS_SUCCESS,
              "a continuation gives it back and brings another");
    ok_status(NtAlpcDeleteSectionView(pair->client, 0, got->ViewBase), STATUS_INVALID_ADDRESS,
              "the first has gone");
    got = view_receive(pair->connection, &message, &attributes);
    ok(got && TYPE(message) == REQUEST_2000 && bytes_are(got->ViewBase, 0x32, 0x1000),
       "the second has come");
    ok_status(view_return(pair->connection, RELEASE, &message), STATUS_SUCCESS, "and goes back");
    port_receive(pair->client, &message, NULL, NULL);
    ok(TYPE(message) == LPC_REPLY, "with the final reply");
    ok_status(view_send(pair->server, RELEASE, &there), STATUS_SUCCESS,
              "a datagram of the server's");
    got = view_receive(pair->client, &message, &attributes);
    ok(got && TYPE(message) == (LPC_DATAGRAM | LPC_CONTINUATION_REQUIRED),
       "must be finished by the client");
    ok_status(view_return(pair->client, RELEASE, &message), STATUS_SUCCESS, "which it is");
    ok_status(port_receive(pair->connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "and nobody hears of it");
}

static void refused(struct test_pair *pair)
{
    ALPC_DATA_VIEW_ATTR view, wrong, *got;
    struct test_attributes attributes;
    struct test_message message;

    view_make(pair->client, section_make(pair->client, 0, 0x1000), 0x1000, &view);
    wrong = view;
    wrong.Flags = 1;
    ok_status(view_send(pair->client, 0, &wrong), STATUS_INVALID_PARAMETER, "an unknown flag");
    wrong.Flags = ALPC_VIEWFLG_UNMAP_EXISTING;
    ok_status(view_send(pair->client, 0, &wrong), STATUS_INVALID_PARAMETER,
              "UNMAP_EXISTING with a new message");
    wrong.Flags = ALPC_VIEWFLG_SECURED_ACCESS;
    ok_status(view_send(pair->client, 0, &wrong), STATUS_INVALID_PARAMETER,
              "SECURED of a section that is not");
    wrong = view;
    wrong.ViewBase = (char *)view.ViewBase + 0x1000;
    ok_status(view_send(pair->client, 0, &wrong), STATUS_INVALID_ADDRESS, "a base that is none");
    wrong = view;
    wrong.ViewSize = 0;
    ok_status(view_send(pair->client, 0, &wrong), STATUS_INVALID_VIEW_SIZE, "of no size");
    ok_status(port_receive(pair->connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "nothing was sent");
    view_send(pair->client, 0, &view);
    got = view_receive(pair->connection, &message, &attributes);
    fill(&wrong, 0, sizeof wrong);
    wrong.Flags = ALPC_VIEWFLG_UNMAP_EXISTING | ALPC_VIEWFLG_AUTO_RELEASE;
    ok_status(view_attach(pair->connection, RELEASE, &message, &wrong), STATUS_INVALID_PARAMETER,
              "UNMAP_EXISTING and AUTO_RELEASE of nothing");
    ok_status(NtAlpcDeleteSectionView(pair->client, 0, got->ViewBase), STATUS_INVALID_ADDRESS,
              "a view is deleted on the port that it was received from");
    ok_status(NtAlpcDeleteSectionView(pair->connection, 1, got->ViewBase), STATUS_INVALID_PARAMETER,
              "an unknown flag of the deletion");
    ok_status(NtAlpcDeleteSectionView((HANDLE)0x7ff0, 0, got->ViewBase), STATUS_INVALID_HANDLE,
              "a port that is none");
    ok_status(NtAlpcDeleteSectionView(pair->connection, 0, got->ViewBase), STATUS_SUCCESS, "once");
    ok_status(NtAlpcDeleteSectionView(pair->connection, 0, got->ViewBase), STATUS_INVALID_ADDRESS,
              "not twice");
    port_send(pair->connection, RELEASE, &message.header);
    port_receive(pair->client, &message, NULL, NULL);
}

TEST_MAIN
{
    struct test_pair pair;

    ok(pair_open(&pair, NAME, NULL), "a port pair");
    read_only_at_the_receiver(&pair);
    regions(&pair);
    sync_requests(&pair);
    sync_auto_release(&pair);
    from_the_server(&pair);
    refused(&pair);
    pair_close(&pair);
}
