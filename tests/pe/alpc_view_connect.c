/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Views with connection requests and acceptances. UNKNOWN: whose section the request's view can be
 * of on Windows; here, of any port of the client's. */
#include "alpc_view.h"

#define NAME L"\\RPC Control\\ViewConnect"

static HANDLE connection, holder;

struct connector {
    ALPC_DATA_VIEW_ATTR view, got;
    HANDLE port;
    NTSTATUS status;
    ULONG flags, valid;
};

static void connector_run(struct connector *connector)
{
    ALPC_PORT_ATTRIBUTES attributes;
    struct test_attributes out, in;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, NAME);
    port_attributes(&attributes, 0);
    attributes_init(&out, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    *(ALPC_DATA_VIEW_ATTR *)out.space = connector->view;
    out.header.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
    attributes_init(&in, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    connector->status =
        NtAlpcConnectPort(&connector->port, &name, NULL, &attributes, connector->flags, NULL, NULL,
                          NULL, &out.header, &in.header, NULL);
    connector->valid = in.header.ValidAttributes;
    connector->got = *(ALPC_DATA_VIEW_ATTR *)in.space;
}

static NTSTATUS NTAPI connector_main(void *argument)
{
    connector_run(argument);
    RtlExitUserThread(0);
    return 0;
}

static NTSTATUS answer(const ALPC_DATA_VIEW_ATTR *view, struct test_message *request,
                       BOOLEAN accept, HANDLE *server)
{
    ALPC_PORT_ATTRIBUTES limits;
    struct test_attributes out;

    port_attributes(&limits, 0);
    attributes_init(&out, ALPC_MESSAGE_VIEW_ATTRIBUTE);
    *(ALPC_DATA_VIEW_ATTR *)out.space = *view;
    out.header.ValidAttributes = ALPC_MESSAGE_VIEW_ATTRIBUTE;
    return NtAlpcAcceptConnectPort(server, connection, 0, NULL, &limits, NULL, &request->header,
                                   &out.header, accept);
}

static void filled(HANDLE port, ULONG flags, UCHAR byte, ALPC_DATA_VIEW_ATTR *view)
{
    view_make(port, section_make(port, flags, 0x1000), 0x1000, view);
    fill(view->ViewBase, byte, 0x1000);
}

static void synchronous(void)
{
    static struct connector connector;
    struct test_attributes attributes;
    struct test_message message;
    ALPC_DATA_VIEW_ATTR own, *got;
    HANDLE thread = NULL, server = NULL;

    filled(holder, ALPC_SECTIONFLG_SECURE, 1, &connector.view);
    connector.view.Flags = ALPC_VIEWFLG_SECURED_ACCESS;
    connector.flags = SYNC;
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (PVOID)connector_main, &connector,
                        &thread, NULL);
    got = view_receive(connection, &message, &attributes);
    ok(got && (TYPE(message) & 0xff) == LPC_CONNECTION_REQUEST &&
           got->Flags == ALPC_VIEWFLG_SECURED_ACCESS && bytes_are(got->ViewBase, 1, 0x1000),
       "a connection request brings a view");
    filled(connection, 0, 2, &own);
    own.Flags = ALPC_VIEWFLG_UNMAP_EXISTING;
    ok_status(answer(&own, &message, TRUE, &server), STATUS_SUCCESS,
              "the acceptance gives it back and brings another");
    NtWaitForSingleObject(thread, FALSE, NULL);
    ok_status(connector.status, STATUS_SUCCESS, "connected");
    ok(connector.valid == ALPC_MESSAGE_VIEW_ATTRIBUTE && connector.got.ViewSize == 0x1000 &&
           bytes_are(connector.got.ViewBase, 2, 0x1000),
       "with a view of the server's");
    ok_status(NtAlpcDeleteSectionView(connector.port, 0, connector.got.ViewBase), STATUS_SUCCESS,
              "which goes back");
    NtClose(thread);
    NtClose(connector.port);
    port_receive(connection, &message, NULL, NULL);
    NtClose(server);
}

static void asynchronous(void)
{
    static struct connector connector;
    struct test_attributes attributes;
    struct test_message message;
    ALPC_DATA_VIEW_ATTR own, *got;
    HANDLE server = NULL;

    filled(holder, 0, 3, &connector.view);
    connector_run(&connector);
    ok_status(connector.status, STATUS_SUCCESS, "an asynchronous connect");
    got = view_receive(connection, &message, &attributes);
    ok(got && got->Flags == 0 && bytes_are(got->ViewBase, 3, 0x1000), "brings a view");
    filled(connection, 0, 4, &own);
    ok_status(answer(&own, &message, TRUE, &server), STATUS_SUCCESS, "accepted");
    got = view_receive(connector.port, &message, &attributes);
    ok(got && (TYPE(message) & 0xff) == LPC_CONNECTION_REPLY && bytes_are(got->ViewBase, 4, 0x1000),
       "the connection reply brings the server's");
    NtClose(connector.port);
    do
        port_receive(connection, &message, NULL, NULL);
    while ((TYPE(message) & 0xff) == LPC_CANCELED);
    NtClose(server);
}

static void refused(void)
{
    static struct connector connector;
    struct test_message message;

    filled(holder, 0, 5, &connector.view);
    connector.view.SectionHandle = (ALPC_HANDLE)0x7ff0;
    connector_run(&connector);
    ok_status(connector.status, STATUS_INVALID_HANDLE, "a section that is none");
    filled(holder, 0, 5, &connector.view);
    connector.view.Flags = ALPC_VIEWFLG_UNMAP_EXISTING;
    connector_run(&connector);
    ok_status(connector.status, STATUS_INVALID_PARAMETER, "nothing to give back yet");
    ok_status(port_receive(connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "nobody has connected");
}

TEST_MAIN
{
    ok(!port_create(&connection, NAME, 0, 0), "a connection port");
    ok(!port_create(&holder, NULL, 0, 0), "a port that holds sections");
    synchronous();
    asynchronous();
    refused();
    NtClose(holder);
    NtClose(connection);
}
