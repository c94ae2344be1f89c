/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Handles and security contexts with connection requests and acceptances, and what the other
 * attributes are there. Views: alpc_view_connect.c; a client that dies: alpc_connect_death.c. */
#include "alpc_handles.h"
#include "alpc_tokens.h"

#undef NAME
#define NAME       L"\\RPC Control\\ConnectAttributes"
#define EVENT_NAME L"\\BaseNamedObjects\\ConnectAttributes"
#define HANDLE_    ALPC_MESSAGE_HANDLE_ATTRIBUTE
#define SECURITY   ALPC_MESSAGE_SECURITY_ATTRIBUTE
#define CONTEXT_   ALPC_MESSAGE_CONTEXT_ATTRIBUTE
#define TOKEN      ALPC_MESSAGE_TOKEN_ATTRIBUTE
#define BEHALF     ALPC_MESSAGE_WORK_ON_BEHALF_ATTRIBUTE
#define ALL        (ULONG) ALPC_MESSAGE_ATTRIBUTE_ALL

static HANDLE connection, event;

struct connector {
    struct test_attributes out, in;
    struct test_message message;
    ULONG flags, port_flags;
    HANDLE port;
    NTSTATUS status;
};

static struct connector connector;

static void server_open(ULONG flags, ULONG types)
{
    ALPC_PORT_ATTRIBUTES attributes;
    OBJECT_ATTRIBUTES object;
    UNICODE_STRING name;

    port_attributes(&attributes, flags);
    attributes.DupObjectTypes = types;
    RtlInitUnicodeString(&name, NAME);
    InitializeObjectAttributes(&object, &name, 0, NULL, NULL);
    ok_status(NtAlpcCreatePort(&connection, &object, &attributes), STATUS_SUCCESS, "a port");
}

static void *body(struct test_attributes *attributes, ULONG flag)
{
    return AlpcGetMessageAttribute(&attributes->header, flag);
}

/* A connect with room for all attributes, none of them valid yet. */
static void connector_init(ULONG flags, ULONG port_flags)
{
    fill(&connector, 0, sizeof connector);
    connector.flags = flags;
    connector.port_flags = port_flags;
    attributes_init(&connector.out, ALL);
    attributes_init(&connector.in, ALL);
}

static void with_handle(struct test_attributes *out, HANDLE handle)
{
    ALPC_HANDLE_ATTR *attr = body(out, HANDLE_);

    attr->Flags = SAME;
    attr->Handle = handle;
    out->header.ValidAttributes |= HANDLE_;
}

static void connector_run(void)
{
    ALPC_PORT_ATTRIBUTES attributes;
    UNICODE_STRING name;
    SIZE_T size = sizeof connector.message;

    RtlInitUnicodeString(&name, NAME);
    port_attributes(&attributes, connector.port_flags);
    attributes.DupObjectTypes = 0xffd;
    message_init(&connector.message.header, 4);
    connector.status = NtAlpcConnectPort(&connector.port, &name, NULL, &attributes, connector.flags,
                                         NULL, &connector.message.header, &size,
                                         &connector.out.header, &connector.in.header, NULL);
}

static NTSTATUS NTAPI connector_main(void *argument)
{
    (void)argument;
    connector_run();
    RtlExitUserThread(0);
    return 0;
}

static HANDLE connector_start(void)
{
    HANDLE thread = NULL;

    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (PVOID)connector_main, NULL,
                        &thread, NULL);
    return thread;
}

static NTSTATUS answer(struct test_message *request, struct test_attributes *out, BOOLEAN accept,
                       HANDLE *server)
{
    return NtAlpcAcceptConnectPort(server, connection, 0, NULL, NULL, NULL, &request->header,
                                   out ? &out->header : NULL, accept);
}

static void event_make(void)
{
    ok_status(guarded_event(&event, EVENT_NAME, NULL), STATUS_SUCCESS, "an event");
}

/* Nothing but the test's own handle keeps the event: without that its name is free. */
static int is_released(void)
{
    int is;

    NtClose(event);
    is = event_open(EVENT_NAME, EVENT_ALL_ACCESS) == STATUS_OBJECT_NAME_NOT_FOUND;
    event_make();
    return is;
}

static void drain(HANDLE server)
{
    struct test_message message;

    NtClose(connector.port);
    do
        if (port_receive(connection, &message, NULL, NULL))
            break;
    while ((TYPE(message) & 0xff) != LPC_PORT_CLOSED);
    NtClose(server);
}

/* Reference 3.2, 3.6: what Windows says of a connect. */
static void malformed(void)
{
    static ALPC_HANDLE_ATTR32 array[513];
    ALPC_HANDLE_ATTR *attr;
    struct test_message message;

    server_open(MULTI, 0xffd);
    connector_init(0, 0);
    attr = body(&connector.out, HANDLE_);
    connector.out.header.ValidAttributes = HANDLE_;
    attr->Handle = event;
    attr->Flags = 1;
    connector_run();
    ok_status(connector.status, STATUS_INVALID_PARAMETER, "an unknown flag");
    attr->Flags = ALPC_HANDLEFLG_INDIRECT;
    attr->HandleAttrArray = array;
    attr->HandleCount = 1;
    connector_run();
    ok_status(connector.status, STATUS_INVALID_PARAMETER, "an array of one");
    array[0] = array[1] = (ALPC_HANDLE_ATTR32){.Flags = SAME, .Handle = (ULONG)(ULONG_PTR)event};
    array[1].Flags |= ALPC_HANDLEFLG_INDIRECT;
    attr->HandleCount = 2;
    connector_run();
    ok_status(connector.status, STATUS_INVALID_PARAMETER, "an array in an array");
    attr->HandleAttrArray = NULL;
    attr->HandleCount = 512;
    connector_run();
    ok_status(connector.status, STATUS_ACCESS_VIOLATION, "no array");
    attr->HandleAttrArray = array;
    attr->HandleCount = 513;
    connector_run();
    ok_status(connector.status, STATUS_LPC_HANDLE_COUNT_EXCEEDED, "an array of too many");
    ok_status(port_receive(connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "nobody has connected");
    NtClose(connection);
}

/* UNKNOWN (reference 6.1 item 1): the statuses; that nothing is delivered is Portico's choice. */
static void filtered(void)
{
    struct test_message message;

    server_open(0, 0xffd);
    connector_init(0, 0);
    with_handle(&connector.out, event);
    connector_run();
    ok_status(connector.status, STATUS_ACCESS_DENIED, "a port that takes no handles");
    NtClose(connection);
    server_open(SINGLE, OB_FILE_OBJECT_TYPE);
    connector_run();
    ok_status(connector.status, STATUS_OBJECT_TYPE_MISMATCH, "a port that takes no events");
    with_handle(&connector.out, (HANDLE)(ULONG_PTR)0x7ffff0);
    connector_run();
    ok_status(connector.status, STATUS_INVALID_HANDLE, "a handle that is none");
    ok_status(port_receive(connection, &message, NULL, POLL), STATUS_TIMEOUT,
              "nobody has connected");
    ok(is_released(), "and nothing is held");
    NtClose(connection);
}

static void one_each_way(void)
{
    struct test_attributes in, out;
    struct test_message request;
    HANDLE thread, server = NULL, got;
    ALPC_HANDLE_ATTR *attr;
    ALPC_CONTEXT_ATTR *context;

    server_open(SINGLE, 0xffd);
    connector_init(SYNC, SINGLE);
    with_handle(&connector.out, event);
    ((ALPC_CONTEXT_ATTR *)body(&connector.out, CONTEXT_))->MessageContext = &connector;
    connector.out.header.ValidAttributes |= CONTEXT_;
    thread = connector_start();
    attributes_init(&in, ALL);
    fill(body(&in, CONTEXT_), 0xcc, sizeof(ALPC_CONTEXT_ATTR));
    ok_status(port_receive(connection, &request, &in, NULL), STATUS_SUCCESS, "a request");
    ok((TYPE(request) & 0xff) == LPC_CONNECTION_REQUEST && LENGTH(request) == 4, "to connect");
    ok(in.header.ValidAttributes == HANDLE_, "with a handle and nothing else (%x)",
       (unsigned)in.header.ValidAttributes);
    context = body(&in, CONTEXT_);
    ok(!context->PortContext && !context->MessageContext && !context->Sequence &&
           !context->MessageId && !context->CallbackId,
       "the context is zero");
    attr = body(&in, HANDLE_);
    got = attr->Handle;
    ok(attr->ObjectType == OB_EVENT_OBJECT_TYPE && attr->GrantedAccess == EVENT_ALL_ACCESS,
       "an event's");
    NtSetEvent(got, NULL);
    ok_status(wait_poll(event), STATUS_SUCCESS, "the same event");
    NtResetEvent(event, NULL);
    attributes_init(&out, HANDLE_);
    with_handle(&out, got);
    request.header.u1.s1.DataLength = 8;
    request.header.u1.s1.TotalLength = 8 + sizeof request.header;
    ok_status(answer(&request, &out, TRUE, &server), STATUS_SUCCESS, "the server sends it back");
    NtClose(got);
    NtWaitForSingleObject(thread, FALSE, NULL);
    NtClose(thread);
    ok_status(connector.status, STATUS_SUCCESS, "the client is connected");
    ok(LENGTH(connector.message) == 8, "and has the server's data");
    attr = body(&connector.in, HANDLE_);
    ok((connector.in.header.ValidAttributes & HANDLE_) && attr->ObjectType == OB_EVENT_OBJECT_TYPE,
       "and a handle");
    ok(attr->Handle != event, "of its own");
    NtSetEvent(attr->Handle, NULL);
    ok_status(wait_poll(event), STATUS_SUCCESS, "of the same event");
    NtResetEvent(event, NULL);
    NtClose(attr->Handle);
    /* UNKNOWN: whether a synchronous connect shows these two. */
    context = body(&connector.in, CONTEXT_);
    ok(connector.in.header.ValidAttributes == (HANDLE_ | CONTEXT_ | TOKEN), "the context too (%x)",
       (unsigned)connector.in.header.ValidAttributes);
    ok(context->PortContext == (PVOID)connector.port && context->MessageContext == &connector,
       "it is that of the connect");
    drain(server);
    ok(is_released(), "nothing is left");
    NtClose(connection);
}

static void several(void)
{
    static ALPC_HANDLE_ATTR32 array[2];
    struct test_attributes in, out;
    struct test_message request, message;
    ALPC_MESSAGE_HANDLE_INFORMATION info;
    ALPC_HANDLE_ATTR *attr;
    HANDLE server = NULL;

    server_open(MULTI, 0xffd);
    connector_init(0, MULTI);
    array[0] = array[1] = (ALPC_HANDLE_ATTR32){.Flags = SAME, .Handle = (ULONG)(ULONG_PTR)event};
    attr = body(&connector.out, HANDLE_);
    attr->Flags = ALPC_HANDLEFLG_INDIRECT;
    attr->HandleAttrArray = array;
    attr->HandleCount = 2;
    connector.out.header.ValidAttributes = HANDLE_;
    connector_run();
    ok_status(connector.status, STATUS_SUCCESS, "an asynchronous connect with two handles");
    attributes_init(&in, HANDLE_);
    ok_status(port_receive(connection, &request, &in, NULL), STATUS_SUCCESS, "they come");
    attr = body(&in, HANDLE_);
    ok(in.header.ValidAttributes == HANDLE_ && attr->HandleCount == 2, "as a count");
    ok_status(query_handle(connection, &request, 1, &info), STATUS_SUCCESS, "the second");
    ok(info.ObjectType == OB_EVENT_OBJECT_TYPE, "is an event");
    NtClose((HANDLE)(ULONG_PTR)info.Handle);
    ok_status(query_handle(connection, &request, 1, &info), STATUS_SUCCESS, "and again");
    NtClose((HANDLE)(ULONG_PTR)info.Handle);
    ok_status(query_handle(connection, &request, 2, &info), STATUS_INVALID_PARAMETER, "no third");
    attributes_init(&out, HANDLE_);
    attr = body(&out, HANDLE_);
    *attr = *(ALPC_HANDLE_ATTR *)body(&connector.out, HANDLE_);
    out.header.ValidAttributes = HANDLE_;
    ok_status(answer(&request, &out, TRUE, &server), STATUS_SUCCESS, "two with the acceptance");
    ok_status(query_handle(connection, &request, 0, &info), GONE,
              "the request's have gone with it");
    attributes_init(&in, ALL);
    ok_status(port_receive(connector.port, &message, &in, NULL), STATUS_SUCCESS, "the reply");
    attr = body(&in, HANDLE_);
    ok((TYPE(message) & 0xff) == LPC_CONNECTION_REPLY && (in.header.ValidAttributes & HANDLE_) &&
           attr->HandleCount == 2,
       "brings them");
    ok_status(query_handle(connector.port, &message, 0, &info), STATUS_SUCCESS, "the first");
    NtSetEvent((HANDLE)(ULONG_PTR)info.Handle, NULL);
    ok_status(wait_poll(event), STATUS_SUCCESS, "is the event");
    NtClose((HANDLE)(ULONG_PTR)info.Handle);
    drain(server);
    ok(is_released(), "the end of the connection releases the rest");
    NtClose(connection);
}

static void not_asked_for(void)
{
    struct test_message request;
    ALPC_MESSAGE_HANDLE_INFORMATION info;

    server_open(SINGLE, 0xffd);
    connector_init(0, 0);
    with_handle(&connector.out, event);
    connector_run();
    ok_status(connector.status, STATUS_SUCCESS, "a connect with a handle");
    ok_status(port_receive(connection, &request, NULL, NULL), STATUS_SUCCESS,
              "comes to somebody who has no room for it");
    ok_status(query_handle(connection, &request, 0, &info), STATUS_SUCCESS, "who fetches it later");
    NtClose((HANDLE)(ULONG_PTR)info.Handle);
    ok_status(answer(&request, NULL, FALSE, NULL), STATUS_SUCCESS, "a refusal");
    ok(is_released(), "releases it");
    ok_status(query_handle(connection, &request, 0, &info), GONE, "it cannot be fetched any more");
    ok_status(port_receive(connector.port, &request, NULL, NULL), STATUS_PORT_CONNECTION_REFUSED,
              "the client is told");
    NtClose(connector.port);
    with_handle(&connector.out, event);
    connector_run();
    ok_status(connector.status, STATUS_SUCCESS, "once more");
    NtClose(connector.port);
    ok(is_released(), "a client that gives up releases it too");
    NtClose(connection);
}

static void with_security(struct test_attributes *out, SECURITY_QUALITY_OF_SERVICE *qos)
{
    ALPC_SECURITY_ATTR *attr = body(out, SECURITY);

    attr->Flags = ALPC_SECFLG_CREATE_HANDLE;
    attr->QoS = qos;
    attr->ContextHandle = (ALPC_HANDLE)(LONG_PTR)-2;
    out->header.ValidAttributes |= SECURITY;
}

static void security(void)
{
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, SecurityIdentification, 0, 0};
    struct test_attributes in, out;
    struct test_message request, message;
    ALPC_SECURITY_ATTR *attr;
    HANDLE server = NULL;

    server_open(0, 0);
    connector_init(0, 0);
    connector_run();
    port_receive(connection, &request, NULL, NULL);
    ok_status(impersonate(connection, &request, 0), STATUS_ACCESS_DENIED,
              "a client that lends nothing cannot be impersonated");
    ok_status(NtAlpcImpersonateClientContainerOfPort(connection, &request.header, 0),
              STATUS_NOT_SUPPORTED, "nor the container that it is not in");
    answer(&request, NULL, FALSE, NULL);
    NtClose(connector.port);
    with_security(&connector.out, &qos);
    connector.out.header.ValidAttributes |= BEHALF | TOKEN;
    connector_run();
    ok_status(connector.status, STATUS_SUCCESS, "a connect with an inline context");
    attributes_init(&in, ALL);
    port_receive(connection, &request, &in, NULL);
    ok(in.header.ValidAttributes == (SECURITY | BEHALF), "brings it, and the ticket (%x)",
       (unsigned)in.header.ValidAttributes);
    attr = body(&in, SECURITY);
    ok(attr->ContextHandle && attr->ContextHandle != (ALPC_HANDLE)(LONG_PTR)-2 && !attr->QoS &&
           !attr->Flags,
       "a handle and no more");
    ok_status(impersonate(connection, &request, 2 | SecurityImpersonation << 2),
              STATUS_BAD_IMPERSONATION_LEVEL, "not at a higher level");
    ok_status(impersonate(connection, &request, 0), STATUS_SUCCESS,
              "its client is impersonated before it is connected");
    ok(thread_level() == SecurityIdentification, "at the context's level");
    ok_status(revert(), STATUS_SUCCESS, "and back");
    attributes_init(&out, SECURITY);
    with_security(&out, NULL);
    ok_status(answer(&request, &out, TRUE, &server), STATUS_SUCCESS, "one with the acceptance");
    ok_status(impersonate(connection, &request, 0), STATUS_ACCESS_DENIED, "the request is over");
    attributes_init(&in, SECURITY);
    ok_status(port_receive(connector.port, &message, &in, NULL), STATUS_SUCCESS, "the reply");
    ok(in.header.ValidAttributes == SECURITY &&
           ((ALPC_SECURITY_ATTR *)body(&in, SECURITY))->ContextHandle,
       "brings it");
    drain(server);
    attr = body(&connector.out, SECURITY);
    attr->Flags = 0;
    attr->ContextHandle = (ALPC_HANDLE)0x1234;
    connector_run();
    ok_status(connector.status, STATUS_INVALID_HANDLE, "a context that is none");
    attr->Flags = 1;
    connector_run();
    ok_status(connector.status, STATUS_INVALID_PARAMETER, "an unknown flag");
    NtClose(connection);
}

/* UNKNOWN: what Windows does; refused by name here. */
static void direct(void)
{
    ALPC_DIRECT_ATTR *attr;

    server_open(0, 0);
    connector_init(0, 0);
    attr = body(&connector.out, ALPC_MESSAGE_DIRECT_ATTRIBUTE);
    attr->Event = event;
    connector.out.header.ValidAttributes = ALPC_MESSAGE_DIRECT_ATTRIBUTE;
    connector_run();
    ok_status(connector.status, STATUS_NOT_IMPLEMENTED, "a DIRECT event");
    NtClose(connection);
}

TEST_MAIN
{
    event_make();
    malformed();
    filtered();
    one_each_way();
    several();
    not_asked_for();
    security();
    direct();
    NtClose(event);
}
