/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

/* NtAlpcImpersonateClientOfPort and what follows from it (reference 2.5, 3.12, 4.10; fact 18 of
 * section 9): which messages, which levels, the thread's token, access checks. */
#include "alpc_tokens.h"

#define NAME   L"\\RPC Control\\Impersonate"
#define EVENT  L"\\BaseNamedObjects\\Impersonate"
#define ANYONE L"\\BaseNamedObjects\\ImpersonateAnonymous"

static HANDLE connection;

static void begin(struct test_pair *pair, ULONG flags, SECURITY_IMPERSONATION_LEVEL level,
                  struct test_message *request)
{
    const struct test_lending lending = {flags, level, FALSE};
    struct test_message connect;

    pair->connection = connection;
    if (!lending_pair(pair, NAME, &lending, &connect))
        bail_out("no connection");
    ok_status(request_pass(pair, NULL, request, NULL), STATUS_SUCCESS, "a request arrives");
}

static void levels(void)
{
    static const struct {
        ULONG port_flags;
        SECURITY_IMPERSONATION_LEVEL level;
        ULONG flags;
        NTSTATUS status;
        int result;
    } cases[] = {
        {0, SecurityImpersonation, 0, STATUS_ACCESS_DENIED, -1},
        {ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityAnonymous, 0, STATUS_BAD_IMPERSONATION_LEVEL, -1},
        {ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityIdentification, 0, 0, SecurityIdentification},
        {ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityImpersonation, 0, 0, SecurityImpersonation},
        {ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityDelegation, 0, 0, SecurityDelegation},
        {ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityIdentification,
         ALPC_IMPERSONATEFLG_REQUIRE | 2 << 2, STATUS_BAD_IMPERSONATION_LEVEL, -1},
        {ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityImpersonation,
         ALPC_IMPERSONATEFLG_REQUIRE | 2 << 2, 0, SecurityImpersonation},
        {ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityImpersonation,
         ALPC_IMPERSONATEFLG_REQUIRE | 3 << 2, STATUS_BAD_IMPERSONATION_LEVEL, -1},
        {ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityImpersonation, 0x10, STATUS_INVALID_PARAMETER,
         -1},
    };

    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct test_pair pair;
        struct test_message request;

        begin(&pair, cases[i].port_flags, cases[i].level, &request);
        ok_status(impersonate(pair.connection, &request, cases[i].flags), cases[i].status,
                  "by the connection port");
        ok(thread_level() == cases[i].result, "case %u: the thread's level is right", i);
        if (cases[i].result >= 0)
            ok(thread_user_is(own_user.user.User.Sid), "it is the client's user");
        ok_status(revert(), STATUS_SUCCESS, "the thread reverts");
        ok(thread_level() == -1, "and has no token");
        ok_status(request_end(&pair, &request), STATUS_SUCCESS, "the request is answered");
        lending_pair_close(&pair);
    }
}

static void anonymous_instead(void)
{
    struct test_pair pair;
    struct test_message request;

    begin(&pair, 0, SecurityImpersonation, &request);
    ok_status(impersonate(pair.connection, &request, ALPC_IMPERSONATEFLG_ANONYMOUS), STATUS_SUCCESS,
              "refused, so anonymous, if one asks for it");
    ok(thread_user_is(&sid_anonymous), "S-1-5-7");
    revert();
    lending_pair_close(&pair);
}

/* The message must be there, received and not answered. */
static void messages(void)
{
    struct test_pair pair;
    struct test_message request, unknown;

    begin(&pair, ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityImpersonation, &request);
    unknown = request;
    unknown.header.MessageId += 0x1000;
    ok_status(impersonate(pair.connection, &unknown, 0), STATUS_ACCESS_DENIED,
              "fact 18: a message that does not exist");
    unknown.header.MessageId = 0;
    ok_status(impersonate(pair.connection, &unknown, 0), STATUS_ACCESS_DENIED, "message id 0");
    ok_status(impersonate(pair.client, &request, 0), STATUS_ACCESS_DENIED,
              "the client's port has not received it");
    ok_status(impersonate(pair.server, &request, 0), STATUS_SUCCESS,
              "the server communication port will do");
    ok(thread_level() == SecurityImpersonation, "and it works");
    revert();
    ok_status(request_end(&pair, &request), STATUS_SUCCESS, "answered");
    ok_status(impersonate(pair.connection, &request, 0), STATUS_ACCESS_DENIED,
              "an answered message");
    ok_status(NtAlpcImpersonateClientOfPort(pair.connection, (PPORT_MESSAGE)8, NULL),
              STATUS_ACCESS_VIOLATION, "a bad message pointer");
    ok_status(NtAlpcImpersonateClientOfPort((HANDLE)0x5554, &request.header, NULL),
              STATUS_INVALID_HANDLE, "a bad handle");
    ok(thread_level() == -1, "none of these made the thread another");
    lending_pair_close(&pair);
}

/* Ports of which nothing was asked: attributes of zeros. */
static void by_default(void)
{
    struct test_pair pair;
    struct test_message request;

    ok(pair_open(&pair, L"\\RPC Control\\ByDefault", NULL), "a pair with default attributes");
    ok_status(request_pass(&pair, NULL, &request, NULL), STATUS_SUCCESS, "a request");
    ok_status(impersonate(pair.connection, &request, 0), STATUS_ACCESS_DENIED,
              "fact 18: default attributes refuse impersonation");
    ok(thread_level() == -1, "the thread is itself");
    request_end(&pair, &request);
    pair_close(&pair);
}

static void datagrams(void)
{
    struct test_pair pair;
    struct test_message message, request;

    begin(&pair, ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityImpersonation, &request);
    message_init(&message.header, 4);
    ok_status(port_send(pair.client, RELEASE, &message.header), STATUS_SUCCESS, "a datagram");
    ok_status(port_receive(pair.connection, &message, NULL, NULL), STATUS_SUCCESS, "received");
    ok_status(impersonate(pair.connection, &message, 0), STATUS_ACCESS_DENIED,
              "a received datagram is no message that exists");
    lending_pair_close(&pair);
}

static void connection_requests(void)
{
    const struct test_lending lending = {ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityIdentification,
                                         FALSE};
    struct test_pair first, pair = {.connection = connection};
    struct test_message connect, message;

    begin(&first, 0, SecurityImpersonation, &message);
    ok_status(lending_connect(&pair.client, NAME, &lending), STATUS_SUCCESS, "a client asks");
    ok_status(port_receive(connection, &connect, NULL, NULL), STATUS_SUCCESS, "its request");
    ok_status(impersonate(connection, &connect, 0), STATUS_SUCCESS, "is impersonated unaccepted");
    ok(thread_level() == SecurityIdentification, "at its level");
    revert();
    ok_status(impersonate(first.server, &connect, 0), STATUS_SUCCESS,
              "also through another port of the server's");
    revert();
    ok_status(port_accept(&pair.server, connection, &connect, NULL, TRUE), STATUS_SUCCESS,
              "accepted");
    ok_status(impersonate(connection, &connect, 0), STATUS_ACCESS_DENIED,
              "the request is over then");
    port_receive(pair.client, &message, NULL, NULL);
    lending_pair_close(&pair);
    lending_pair_close(&first);
}

static void token_of_the_thread(void)
{
    struct test_pair pair;
    struct test_message request;
    struct test_attributes attributes;
    TOKEN_STATISTICS own, lent;
    union {
        TOKEN_GROUPS groups;
        UCHAR space[3000];
    } own_groups, lent_groups;
    ULONG length;
    HANDLE process_token, token;

    begin(&pair, ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityImpersonation, &request);
    request_end(&pair, &request);
    ok_status(request_pass(&pair, NULL, &request, &attributes), STATUS_SUCCESS, "a request");
    ALPC_TOKEN_ATTR *ids =
        AlpcGetMessageAttribute(&attributes.header, ALPC_MESSAGE_TOKEN_ATTRIBUTE);
    NtOpenProcessToken(NtCurrentProcess(), TOKEN_QUERY, &process_token);
    ok_status(NtQueryInformationToken(process_token, TokenStatistics, &own, sizeof own, &length),
              STATUS_SUCCESS, "the process' statistics");
    ok_status(NtQueryInformationToken(process_token, TokenGroups, &own_groups, sizeof own_groups,
                                      &length),
              STATUS_SUCCESS, "and groups");
    ok_status(impersonate(pair.connection, &request, 0), STATUS_SUCCESS, "impersonation");
    ok_status(NtOpenThreadTokenEx(NtCurrentThread(), TOKEN_QUERY, FALSE, 0, &token), STATUS_SUCCESS,
              "the thread's token");
    ok_status(NtQueryInformationToken(token, TokenStatistics, &lent, sizeof lent, &length),
              STATUS_SUCCESS, "its statistics");
    ok_status(
        NtQueryInformationToken(token, TokenGroups, &lent_groups, sizeof lent_groups, &length),
        STATUS_SUCCESS, "its groups");
    ok(own.TokenId.LowPart == ids->TokenId.LowPart && own.TokenId.HighPart == ids->TokenId.HighPart,
       "TOKEN carries the sender's TokenId");
    ok(lent.AuthenticationId.LowPart == ids->AuthenticationId.LowPart,
       "the impersonated token has the attribute's AuthenticationId");
    ok(lent.ModifiedId.LowPart == ids->ModifiedId.LowPart, "and its ModifiedId");
    ok(lent.TokenId.LowPart != own.TokenId.LowPart, "but is a token of its own");
    ok(lent.TokenType == TokenImpersonation && lent.ImpersonationLevel == SecurityImpersonation,
       "type and level are in the statistics too");
    ok(lent_groups.groups.GroupCount == own_groups.groups.GroupCount &&
           RtlEqualSid(lent_groups.groups.Groups[0].Sid, own_groups.groups.Groups[0].Sid),
       "the groups are the client's");
    NtClose(token);
    ok_status(NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, (PHANDLE)8),
              STATUS_ACCESS_VIOLATION, "a bad out pointer");
    revert();
    NtClose(process_token);
    request_end(&pair, &request);
    lending_pair_close(&pair);
}

static void access_checks(void)
{
    struct test_descriptor sd;
    struct test_pair pair;
    struct test_message request;
    HANDLE event, anyone;

    ok_status(guarded_event(&event, EVENT, NULL), STATUS_SUCCESS, "an event");
    descriptor_begin(&sd);
    descriptor_allow(&sd, EVENT_ALL_ACCESS, &sid_anonymous);
    ok_status(guarded_event(&anyone, ANYONE, &sd), STATUS_SUCCESS, "one for S-1-5-7 only");
    ok_status(event_open(ANYONE, EVENT_MODIFY_STATE), STATUS_ACCESS_DENIED, "not for us");
    begin(&pair, ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityIdentification, &request);
    impersonate(pair.connection, &request, 0);
    ok_status(event_open(EVENT, EVENT_MODIFY_STATE), STATUS_BAD_IMPERSONATION_LEVEL,
              "a token for identification passes no check");
    HANDLE token;
    ok_status(NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, FALSE, &token),
              STATUS_BAD_IMPERSONATION_LEVEL, "not even for itself");
    revert();
    ok_status(event_open(EVENT, EVENT_MODIFY_STATE), STATUS_SUCCESS, "itself again, it opens");
    request_end(&pair, &request);
    lending_pair_close(&pair);
    begin(&pair, ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityImpersonation, &request);
    impersonate(pair.connection, &request, 0);
    ok_status(event_open(EVENT, EVENT_MODIFY_STATE), STATUS_SUCCESS, "at Impersonation it opens");
    ok_status(NtImpersonateAnonymousToken(NtCurrentThread()), STATUS_SUCCESS, "anonymous");
    ok_status(event_open(EVENT, EVENT_MODIFY_STATE), STATUS_ACCESS_DENIED, "cannot open ours");
    ok_status(event_open(ANYONE, EVENT_MODIFY_STATE), STATUS_SUCCESS, "can open its own");
    revert();
    request_end(&pair, &request);
    lending_pair_close(&pair);
    NtClose(event);
    NtClose(anyone);
}

/* Whom the client's thread acts as, at the connection (static) or when it sends (dynamic). */
static void tracking(BOOLEAN dynamic)
{
    const struct test_lending lending = {ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityImpersonation,
                                         dynamic};
    struct test_descriptor sd;
    struct test_pair pair;
    struct test_message connect, request;
    struct test_attributes attributes;

    descriptor_begin(&sd);
    descriptor_allow(&sd, 1, &sid_anonymous);
    descriptor_allow(&sd, 1, own_user.user.User.Sid);
    ok_status(guarded_port(&pair.connection, L"\\RPC Control\\Tracking", &sd), STATUS_SUCCESS,
              "a port for us and S-1-5-7");
    NtImpersonateAnonymousToken(NtCurrentThread());
    ok(lending_pair(&pair, L"\\RPC Control\\Tracking", &lending, &connect), "S-1-5-7 connects");
    revert();
    ok_status(request_pass(&pair, NULL, &request, NULL), STATUS_SUCCESS, "we send");
    ok_status(impersonate(pair.connection, &request, 0), STATUS_SUCCESS, "impersonated");
    if (dynamic)
        ok(thread_user_is(own_user.user.User.Sid), "dynamic: who sent");
    else
        ok(thread_user_is(&sid_anonymous), "static: who connected");
    revert();
    request_end(&pair, &request);
    NtImpersonateAnonymousToken(NtCurrentThread());
    ok_status(request_pass(&pair, NULL, &request, &attributes), STATUS_SUCCESS, "S-1-5-7 sends");
    revert();
    ok(!(attributes.header.ValidAttributes & ALPC_MESSAGE_SECURITY_ATTRIBUTE),
       "no SECURITY attribute: none was attached");
    ok_status(impersonate(pair.connection, &request, 0), STATUS_SUCCESS, "impersonated");
    ok(thread_user_is(&sid_anonymous), "S-1-5-7 both ways");
    revert();
    request_end(&pair, &request);
    lending_pair_close(&pair);
    NtClose(pair.connection);
}

struct helper {
    HANDLE ready, go;
    int level_before, level_after;
};

NTSTATUS NTAPI NtSetEvent(HANDLE, PLONG);
NTSTATUS NTAPI NtWaitForSingleObject(HANDLE, BOOLEAN, PLARGE_INTEGER);

static DWORD NTAPI helper_run(void *argument)
{
    struct helper *helper = argument;

    helper->level_before = thread_level();
    NtSetEvent(helper->ready, NULL);
    NtWaitForSingleObject(helper->go, FALSE, NULL);
    helper->level_after = thread_level();
    RtlExitUserThread(0);
    return 0;
}

static void other_threads(void)
{
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, SecurityIdentification, 0, FALSE};
    struct helper helper = {0};
    HANDLE thread;

    NtCreateEvent(&helper.ready, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    NtCreateEvent(&helper.go, EVENT_ALL_ACCESS, NULL, 1, FALSE);
    NtImpersonateAnonymousToken(NtCurrentThread());
    ok_status(RtlCreateUserThread(NtCurrentProcess(), NULL, FALSE, 0, 0, 0, (void *)helper_run,
                                  &helper, &thread, NULL),
              STATUS_SUCCESS, "a second thread");
    NtWaitForSingleObject(helper.ready, FALSE, NULL);
    ok(helper.level_before == -1, "it is not anonymous with its maker");
    ok_status(NtImpersonateThread(thread, NtCurrentThread(), &qos), STATUS_SUCCESS,
              "it is made to act as this one does");
    ok_status(NtImpersonateThread(thread, NtCurrentThread(), NULL), STATUS_ACCESS_VIOLATION,
              "without a quality of service it is not");
    revert();
    NtSetEvent(helper.go, NULL);
    NtWaitForSingleObject(thread, FALSE, NULL);
    ok(helper.level_after == SecurityIdentification, "at the level that was asked for");
    ok(thread_level() == -1, "this one is itself");
    NtClose(thread);
    NtClose(helper.ready);
    NtClose(helper.go);
}

static void own_tokens(void)
{
    SECURITY_QUALITY_OF_SERVICE qos = {sizeof qos, SecurityIdentification, 0, FALSE};
    OBJECT_ATTRIBUTES object = {.Length = sizeof object};
    HANDLE process_token, token, higher;

    object.SecurityQualityOfService = &qos;
    NtOpenProcessToken(NtCurrentProcess(), TOKEN_ALL_ACCESS, &process_token);
    ok_status(NtSetInformationThread(NtCurrentThread(), CLASS_IMPERSONATION_TOKEN, &process_token,
                                     sizeof process_token),
              STATUS_BAD_TOKEN_TYPE, "a primary token is not for a thread");
    ok_status(NtDuplicateToken(process_token, 0, &object, FALSE, TokenImpersonation, &token),
              STATUS_SUCCESS, "a copy for identification");
    qos.ImpersonationLevel = SecurityImpersonation;
    ok_status(NtDuplicateToken(token, 0, &object, FALSE, TokenImpersonation, &higher),
              STATUS_BAD_IMPERSONATION_LEVEL, "cannot be copied to a higher level");
    ok_status(NtDuplicateToken(token, 0, &object, FALSE, TokenPrimary, &higher),
              STATUS_BAD_IMPERSONATION_LEVEL, "nor to a primary token");
    ok_status(
        NtSetInformationThread(NtCurrentThread(), CLASS_IMPERSONATION_TOKEN, &token, sizeof token),
        STATUS_SUCCESS, "the thread takes it");
    ok(thread_level() == SecurityIdentification, "and has it");
    ok_status(NtSetInformationThread(NtCurrentThread(), CLASS_IMPERSONATION_TOKEN, &token, 4),
              STATUS_INFO_LENGTH_MISMATCH, "a handle is eight bytes");
    ok_status(NtSetInformationThread(NtCurrentThread(), CLASS_IMPERSONATION_TOKEN, (PVOID)8,
                                     sizeof token),
              STATUS_ACCESS_VIOLATION, "a bad pointer");
    NtClose(token);
    ok(thread_level() == SecurityIdentification, "closing the handle changes nothing");
    revert();
    NtClose(process_token);
}

/* -4 the process' token, -5 the thread's, -6 the one that counts. */
static void pseudo_handles(void)
{
    const HANDLE process = (HANDLE)(LONG_PTR)-4, thread = (HANDLE)(LONG_PTR)-5,
                 effective = (HANDLE)(LONG_PTR)-6;
    struct test_user user;

    ok_status(token_user(process, &user), STATUS_SUCCESS, "the process' token");
    ok_status(token_user(thread, &user), STATUS_NO_TOKEN, "the thread has none");
    ok_status(token_user(effective, &user), STATUS_SUCCESS, "so the process' counts");
    ok(RtlEqualSid(user.user.User.Sid, own_user.user.User.Sid), "it is ours");
    NtImpersonateAnonymousToken(NtCurrentThread());
    ok_status(token_user(thread, &user), STATUS_SUCCESS, "the thread has one");
    ok(RtlEqualSid(user.user.User.Sid, (PSID)&sid_anonymous), "S-1-5-7's");
    ok_status(token_user(effective, &user), STATUS_SUCCESS, "which counts now");
    ok(RtlEqualSid(user.user.User.Sid, (PSID)&sid_anonymous), "truly");
    ok_status(token_user(process, &user), STATUS_SUCCESS, "the process' is as it was");
    ok(RtlEqualSid(user.user.User.Sid, own_user.user.User.Sid), "ours");
    revert();
}

static void containers(void)
{
    struct test_pair pair;
    struct test_message request, unknown;

    begin(&pair, ALPC_PORFLG_ALLOW_IMPERSONATION, SecurityImpersonation, &request);
    unknown = request;
    unknown.header.MessageId += 0x1000;
    ok_status(NtAlpcImpersonateClientContainerOfPort(pair.connection, &request.header, 1),
              STATUS_INVALID_PARAMETER, "flags must be 0");
    ok_status(NtAlpcImpersonateClientContainerOfPort(pair.connection, &unknown.header, 0),
              STATUS_ACCESS_DENIED, "an unknown message");
    ok_status(NtAlpcImpersonateClientContainerOfPort(pair.connection, &request.header, 0),
              STATUS_NOT_SUPPORTED, "there are no containers here");
    request_end(&pair, &request);
    lending_pair_close(&pair);
}

TEST_MAIN
{
    ok_status(own_user_find(), STATUS_SUCCESS, "who we are");
    ok(thread_level() == -1, "nobody is impersonated at first");
    ok_status(revert(), STATUS_SUCCESS, "reverting from nobody");
    ok_status(port_create(&connection, NAME, 0, 0), STATUS_SUCCESS, "a connection port");
    levels();
    anonymous_instead();
    messages();
    by_default();
    datagrams();
    connection_requests();
    token_of_the_thread();
    access_checks();
    tracking(FALSE);
    tracking(TRUE);
    other_threads();
    own_tokens();
    pseudo_handles();
    containers();
    NtClose(connection);
}
