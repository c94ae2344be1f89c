/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* Security contexts and the SECURITY attribute (reference 2.4, 3.10, 4.3, fact 16 of section 9),
 * who is at the other end (3.2, 3.3, 3.12, fact 17), descriptors on named ports. */
#include "alpc_tokens.h"

#define NAME L"\\RPC Control\\Security"

static HANDLE connection;

static void pair_begin(struct test_pair *pair, ULONG flags)
{
    const struct test_lending lending = {flags, SecurityImpersonation, FALSE};
    struct test_message connect;

    pair->connection = connection;
    if (!lending_pair(pair, NAME, &lending, &connect))
        bail_out("no connection");
}

static NTSTATUS context_make(HANDLE port, SECURITY_IMPERSONATION_LEVEL level, BOOLEAN dynamic,
                             ALPC_HANDLE *context)
{
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, level, dynamic, FALSE};
    ALPC_SECURITY_ATTR attr = {.QoS = &qos};
    NTSTATUS status = NtAlpcCreateSecurityContext(port, 0, &attr);

    *context = attr.ContextHandle;
    return status;
}

static void unconnected(void)
{
    ALPC_SECURITY_ATTR attr = {0};
    ALPC_HANDLE context;

    ok_status(NtAlpcCreateSecurityContext(connection, 0, &attr), STATUS_SUCCESS,
              "an unconnected port makes one, without a quality of service");
    context = attr.ContextHandle;
    ok(context != NULL, "it has a handle");
    ok_status(NtAlpcRevokeSecurityContext(connection, 0, context), STATUS_SUCCESS, "revoked");
    ok_status(NtAlpcDeleteSecurityContext(connection, 0, context), STATUS_SUCCESS, "then deleted");
    ok_status(NtAlpcDeleteSecurityContext(connection, 0, context), STATUS_INVALID_HANDLE,
              "but once");
    ok_status(NtAlpcRevokeSecurityContext(connection, 0, context), STATUS_INVALID_HANDLE,
              "nor revoked after that");
    ok_status(NtAlpcCreateSecurityContext(connection, 1, &attr), STATUS_INVALID_PARAMETER,
              "flags must be 0: create");
    ok_status(NtAlpcDeleteSecurityContext(connection, 1, context), STATUS_INVALID_PARAMETER,
              "delete");
    ok_status(NtAlpcRevokeSecurityContext(connection, 1, context), STATUS_INVALID_PARAMETER,
              "revoke");
    ok_status(NtAlpcCreateSecurityContext(connection, 0, (PALPC_SECURITY_ATTR)8),
              STATUS_ACCESS_VIOLATION, "a bad pointer");
    attr.QoS = (PSECURITY_QUALITY_OF_SERVICE)8;
    ok_status(NtAlpcCreateSecurityContext(connection, 0, &attr), STATUS_ACCESS_VIOLATION,
              "a bad quality of service");
    ok_status(NtAlpcCreateSecurityContext((HANDLE)0x5554, 0, &attr), STATUS_ACCESS_VIOLATION,
              "pointers are looked at first");
}

static ALPC_SECURITY_ATTR *received_security(struct test_attributes *attributes)
{
    return AlpcGetMessageAttribute(&attributes->header, ALPC_MESSAGE_SECURITY_ATTRIBUTE);
}

static void to_the_server(void)
{
    struct test_pair pair;
    struct test_message request;
    struct test_attributes attributes;
    ALPC_SECURITY_ATTR attr = {0};
    ALPC_HANDLE context;

    pair_begin(&pair, 0);
    ok_status(request_pass(&pair, NULL, &request, &attributes), STATUS_SUCCESS, "a plain request");
    ok(!(attributes.header.ValidAttributes & ALPC_MESSAGE_SECURITY_ATTRIBUTE),
       "fact 16: nothing attached, nothing valid");
    request_end(&pair, &request);
    ok_status(context_make(pair.client, SecurityImpersonation, FALSE, &context), STATUS_SUCCESS,
              "a context of the client port");
    attr.ContextHandle = context;
    ok_status(request_pass(&pair, &attr, &request, &attributes), STATUS_SUCCESS,
              "a request with it");
    ok(attributes.header.ValidAttributes & ALPC_MESSAGE_SECURITY_ATTRIBUTE, "SECURITY is valid");
    ok(received_security(&attributes)->ContextHandle == context,
       "fact 16: the handle has the same value");
    ok(received_security(&attributes)->Flags == 0 && !received_security(&attributes)->QoS,
       "there is nothing else in it");
    ok_status(NtAlpcDeleteSecurityContext(pair.client, 0, context), STATUS_DELETE_PENDING,
              "it is in use while the request is unanswered");
    ok_status(impersonate(pair.connection, &request, 0), STATUS_SUCCESS,
              "the server impersonates through it, whatever the port's attributes say");
    ok(thread_level() == SecurityImpersonation && thread_user_is(own_user.user.User.Sid),
       "at its level");
    revert();
    request_end(&pair, &request);
    ok_status(NtAlpcDeleteSecurityContext(pair.client, 0, context), STATUS_SUCCESS,
              "answered, it can go");
    ok_status(request_pass(&pair, &attr, &request, NULL), STATUS_INVALID_HANDLE,
              "and cannot be sent");
    lending_pair_close(&pair);
}

static void revoked(void)
{
    struct test_pair pair;
    struct test_message request;
    ALPC_SECURITY_ATTR attr = {0};

    pair_begin(&pair, 0);
    context_make(pair.client, SecurityImpersonation, FALSE, &attr.ContextHandle);
    ok_status(request_pass(&pair, &attr, &request, NULL), STATUS_SUCCESS, "a request");
    ok_status(NtAlpcRevokeSecurityContext(pair.client, 0, attr.ContextHandle), STATUS_SUCCESS,
              "its context is revoked");
    ok_status(impersonate(pair.connection, &request, 0), STATUS_REVISION_MISMATCH,
              "nobody is impersonated through it");
    ok(thread_level() == -1, "truly");
    request_end(&pair, &request);
    lending_pair_close(&pair);
}

static void inline_ones(void)
{
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, SecurityIdentification, 0, FALSE};
    ALPC_SECURITY_ATTR attr = {.Flags = ALPC_SECFLG_CREATE_HANDLE,
                               .QoS = &qos,
                               .ContextHandle = (ALPC_HANDLE)(LONG_PTR)-2};
    struct test_pair pair;
    struct test_message request;
    struct test_attributes attributes;

    pair_begin(&pair, 0);
    for (int i = 0; i < 3; i++) {
        ok_status(request_pass(&pair, &attr, &request, &attributes), STATUS_SUCCESS,
                  "made on the way");
        ok(attributes.header.ValidAttributes & ALPC_MESSAGE_SECURITY_ATTRIBUTE &&
               received_security(&attributes)->ContextHandle != (ALPC_HANDLE)(LONG_PTR)-2,
           "it arrives with a handle");
        ok_status(impersonate(pair.connection, &request, 0), STATUS_SUCCESS, "and works");
        ok(thread_level() == SecurityIdentification, "at the level of its quality of service");
        revert();
        request_end(&pair, &request);
    }
    attr.QoS = NULL;
    ok_status(request_pass(&pair, &attr, &request, NULL), STATUS_SUCCESS, "at the port's quality");
    ok_status(impersonate(pair.connection, &request, 0), STATUS_SUCCESS, "works");
    ok(thread_level() == SecurityImpersonation, "at the port's level");
    revert();
    request_end(&pair, &request);
    attr.ContextHandle = (ALPC_HANDLE)4;
    ok_status(request_pass(&pair, &attr, &request, NULL), STATUS_INVALID_PARAMETER,
              "only handle -2 is made");
    attr = (ALPC_SECURITY_ATTR){.Flags = 1};
    ok_status(request_pass(&pair, &attr, &request, NULL), STATUS_INVALID_PARAMETER,
              "an unknown flag");
    lending_pair_close(&pair);
}

static void delete_existing(void)
{
    ALPC_SECURITY_ATTR attr = {.Flags = ALPC_SECFLG_DELETE_EXISTING};
    struct test_pair pair;
    struct test_message request;
    struct test_attributes attributes;

    pair_begin(&pair, 0);
    context_make(pair.client, SecurityImpersonation, FALSE, &attr.ContextHandle);
    ok_status(request_pass(&pair, &attr, &request, &attributes), STATUS_SUCCESS,
              "a request that deletes a context");
    ok(!(attributes.header.ValidAttributes & ALPC_MESSAGE_SECURITY_ATTRIBUTE), "carries nothing");
    request_end(&pair, &request);
    ok_status(NtAlpcDeleteSecurityContext(pair.client, 0, attr.ContextHandle),
              STATUS_INVALID_HANDLE, "it is gone");
    lending_pair_close(&pair);
}

/* A server's word to its client needs an attribute always. */
static void to_the_client(void)
{
    struct test_pair pair;
    struct test_message message, received;
    struct test_attributes attributes;
    ALPC_SECURITY_ATTR *attr = (ALPC_SECURITY_ATTR *)attributes.space;
    ALPC_HANDLE context;

    pair_begin(&pair, ALLOW_IMPERSONATION);
    message_init(&message.header, 4);
    ok_status(port_send(pair.server, 0, &message.header), STATUS_SUCCESS, "the server asks");
    port_receive(pair.client, &received, NULL, NULL);
    ok_status(impersonate(pair.client, &received, 0), STATUS_ACCESS_DENIED,
              "and is not impersonated");
    ok_status(context_make(pair.server, SecurityIdentification, FALSE, &context), STATUS_SUCCESS,
              "a context of the server's port");
    attributes_init(&attributes, ALPC_MESSAGE_SECURITY_ATTRIBUTE);
    attr->ContextHandle = context;
    attributes.header.ValidAttributes = ALPC_MESSAGE_SECURITY_ATTRIBUTE;
    message_init(&message.header, 4);
    ok_status(NtAlpcSendWaitReceivePort(pair.server, 0, &message.header, &attributes.header, NULL,
                                        NULL, NULL, NULL),
              STATUS_SUCCESS, "attached");
    attributes_init(&attributes, ALPC_MESSAGE_SECURITY_ATTRIBUTE);
    port_receive(pair.client, &received, &attributes, NULL);
    ok(attributes.header.ValidAttributes == ALPC_MESSAGE_SECURITY_ATTRIBUTE &&
           attr->ContextHandle == context,
       "it arrives with the same handle");
    ok_status(impersonate(pair.client, &received, 0), STATUS_SUCCESS, "and works");
    ok(thread_level() == SecurityIdentification, "at its level");
    revert();
    lending_pair_close(&pair);
}

struct asker {
    HANDLE port;
    ALPC_HANDLE context;
    struct test_message message;
    NTSTATUS status;
};

static DWORD NTAPI asker_run(void *argument)
{
    struct asker *asker = argument;
    struct test_attributes attributes;
    SIZE_T size = sizeof asker->message;

    attributes_init(&attributes, ALPC_MESSAGE_SECURITY_ATTRIBUTE);
    ((ALPC_SECURITY_ATTR *)attributes.space)->ContextHandle = asker->context;
    attributes.header.ValidAttributes = ALPC_MESSAGE_SECURITY_ATTRIBUTE;
    message_init(&asker->message.header, 4);
    asker->status =
        NtAlpcSendWaitReceivePort(asker->port, SYNC, &asker->message.header, &attributes.header,
                                  &asker->message.header, &size, NULL, NULL);
    RtlExitUserThread(0);
    return 0;
}

NTSTATUS NTAPI NtWaitForSingleObject(HANDLE, BOOLEAN, PLARGE_INTEGER);

static int message_sid_is_ours(HANDLE port, struct test_message *message)
{
    UCHAR sid[68];
    ULONG length = 0;

    return !NtAlpcQueryInformationMessage(port, &message->header, AlpcMessageSidInformation, sid,
                                          sizeof sid, &length) &&
           RtlEqualSid(sid, own_user.user.User.Sid) && length == 8u + 4u * sid[1];
}

static void synchronous(void)
{
    struct test_pair pair;
    struct asker asker;
    struct test_message request;
    HANDLE thread;

    pair_begin(&pair, 0);
    asker.port = pair.client;
    context_make(pair.client, SecurityImpersonation, TRUE, &asker.context);
    RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)asker_run, &asker,
                        &thread, NULL);
    ok_status(port_receive(connection, &request, NULL, NULL), STATUS_SUCCESS, "a SYNC request");
    ok(message_sid_is_ours(connection, &request), "its sender's SID");
    ok_status(NtAlpcDeleteSecurityContext(pair.client, 0, asker.context), STATUS_DELETE_PENDING,
              "its context is in use");
    ok_status(impersonate(pair.server, &request, 0), STATUS_SUCCESS, "impersonated");
    revert();
    ok_status(port_send(connection, RELEASE, &request.header), STATUS_SUCCESS, "answered");
    NtWaitForSingleObject(thread, FALSE, NULL);
    ok_status(asker.status, STATUS_SUCCESS, "the client has its answer");
    ok_status(NtAlpcDeleteSecurityContext(pair.client, 0, asker.context), STATUS_SUCCESS,
              "and its context is its own again");
    NtClose(thread);
    lending_pair_close(&pair);
}

static void senders(void)
{
    struct test_pair pair;
    struct test_message request, unknown;
    struct test_attributes attributes;
    UCHAR sid[68];
    ULONG length = 0;
    LUID id;

    pair_begin(&pair, 0);
    request_pass(&pair, NULL, &request, &attributes);
    ALPC_TOKEN_ATTR *ids =
        AlpcGetMessageAttribute(&attributes.header, ALPC_MESSAGE_TOKEN_ATTRIBUTE);
    ok(message_sid_is_ours(connection, &request), "the SID of an asynchronous request's sender");
    ok_status(NtAlpcQueryInformationMessage(connection, &request.header, AlpcMessageSidInformation,
                                            sid, 4, &length),
              STATUS_BUFFER_TOO_SMALL, "a short buffer");
    ok(length >= 12, "the length is told");
    ok_status(NtAlpcQueryInformationMessage(connection, &request.header, AlpcMessageSidInformation,
                                            sid, sizeof sid, NULL),
              STATUS_SUCCESS, "nobody need ask for the length");
    ok_status(NtAlpcQueryInformationMessage(connection, &request.header, AlpcMessageSidInformation,
                                            (PVOID)8, sizeof sid, NULL),
              STATUS_ACCESS_VIOLATION, "a bad buffer");
    ok_status(NtAlpcQueryInformationMessage(connection, &request.header,
                                            AlpcMessageTokenModifiedIdInformation, &id, sizeof id,
                                            &length),
              STATUS_SUCCESS, "TokenModifiedId");
    ok(length == sizeof id && id.LowPart == ids->ModifiedId.LowPart &&
           id.HighPart == ids->ModifiedId.HighPart,
       "is that of the TOKEN attribute");
    ok_status(NtAlpcQueryInformationMessage(connection, &request.header,
                                            (ALPC_MESSAGE_INFORMATION_CLASS)99, sid, sizeof sid,
                                            NULL),
              STATUS_INVALID_INFO_CLASS, "an unknown class");
    unknown = request;
    unknown.header.MessageId += 0x1000;
    ok_status(NtAlpcQueryInformationMessage(connection, &unknown.header, AlpcMessageSidInformation,
                                            sid, sizeof sid, NULL),
              STATUS_ACCESS_DENIED, "an unknown message");
    request_end(&pair, &request);
    ok_status(NtAlpcQueryInformationMessage(connection, &request.header, AlpcMessageSidInformation,
                                            sid, sizeof sid, NULL),
              STATUS_ACCESS_DENIED, "an answered one");
    lending_pair_close(&pair);
}

static void connected_sid(void)
{
    struct test_pair pair;
    PSID own = own_user.user.User.Sid;
    ULONG size = 8 + 4 * ((UCHAR *)own)[1];

    pair_begin(&pair, 0);
    ok_status(NtAlpcQueryInformation(pair.client, AlpcConnectedSIDInformation, own, size, NULL),
              STATUS_SUCCESS, "the server is whom we think");
    ok_status(NtAlpcQueryInformation(pair.server, AlpcConnectedSIDInformation, own, size, NULL),
              STATUS_SUCCESS, "so is the client");
    ok_status(NtAlpcQueryInformation(pair.client, AlpcConnectedSIDInformation, (PVOID)&sid_nobody,
                                     16, NULL),
              STATUS_SERVER_SID_MISMATCH, "another SID");
    ok_status(NtAlpcQueryInformation(pair.client, AlpcConnectedSIDInformation, own, 4, NULL),
              STATUS_INFO_LENGTH_MISMATCH, "too short for a SID");
    ok_status(NtAlpcQueryInformation(connection, AlpcConnectedSIDInformation, own, size, NULL),
              STATUS_INVALID_PORT_HANDLE, "a connection port is connected to nobody");
    ok_status(
        NtAlpcQueryInformation(pair.client, AlpcConnectedSIDInformation, (PVOID)8, size, NULL),
        STATUS_ACCESS_VIOLATION, "a bad pointer");
    lending_pair_close(&pair);
}

static NTSTATUS connect_requiring(PSID sid, HANDLE *client)
{
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, NAME);
    return NtAlpcConnectPort(client, &name, NULL, NULL, 0, sid, NULL, NULL, NULL, NULL, NULL);
}

static NTSTATUS connect_ex(struct test_descriptor *sd, HANDLE *client)
{
    OBJECT_ATTRIBUTES server;
    UNICODE_STRING name;

    RtlInitUnicodeString(&name, NAME);
    InitializeObjectAttributes(&server, &name, 0, NULL, NULL);
    return NtAlpcConnectPortEx(client, &server, NULL, NULL, 0, &sd->descriptor, NULL, NULL, NULL,
                               NULL, NULL);
}

/* A client that got through goes again. */
static void dismiss(HANDLE client)
{
    struct test_message message;

    port_receive(connection, &message, NULL, NULL);
    port_accept(NULL, connection, &message, NULL, FALSE);
    NtClose(client);
}

static void required_server(void)
{
    struct test_descriptor sd;
    HANDLE client = NULL;

    ok_status(connect_requiring((PSID)&sid_nobody, &client), STATUS_SERVER_SID_MISMATCH,
              "the server is not that user");
    ok(client == NULL, "no handle comes back");
    ok_status(connect_requiring(own_user.user.User.Sid, &client), STATUS_SUCCESS, "it is this one");
    dismiss(client);
    descriptor_begin(&sd);
    descriptor_allow(&sd, 1, own_user.user.User.Sid);
    ok_status(connect_ex(&sd, &client), STATUS_SUCCESS, "it satisfies this descriptor");
    dismiss(client);
    descriptor_begin(&sd);
    descriptor_allow(&sd, 1, &sid_nobody);
    ok_status(connect_ex(&sd, &client), STATUS_SERVER_SID_MISMATCH, "not this one");
    descriptor_begin(&sd);
    RtlAddAccessDeniedAce(&sd.dacl.acl, ACL_REVISION, 1, own_user.user.User.Sid);
    descriptor_allow(&sd, 1, &sid_everyone);
    ok_status(connect_ex(&sd, &client), STATUS_SERVER_SID_MISMATCH, "nor this");
}

TEST_MAIN
{
    ok_status(own_user_find(), STATUS_SUCCESS, "who we are");
    ok_status(port_create(&connection, NAME, 0, 0), STATUS_SUCCESS, "a connection port");
    unconnected();
    to_the_server();
    revoked();
    inline_ones();
    delete_existing();
    to_the_client();
    synchronous();
    senders();
    connected_sid();
    required_server();
    NtClose(connection);
}
