/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "common/sid.h"
#include "daemon.h"
#include "portico/handle.h"
#include "portico/local_port.h"
#include "portico/receiver.h"
#include "portico/security.h"

#define ALLOW PORTICO_PORT_ALLOW_IMPERSONATION

static const char name[] = "\\RPC Control\\security";

static void *accept_run(void *argument)
{
    return pair_accept_main(argument);
}

/* A pair whose client says how far it may be impersonated. */
static struct pair lending_pair(uint32_t flags, uint32_t level, uint8_t tracking)
{
    struct port_attributes attributes = test_attributes;
    struct portico_connect connect = {.name = test_name(name),
                                      .attributes = &attributes,
                                      .flags = PORTICO_SYNC,
                                      .deadline_ns = PORTICO_FOREVER};
    struct pair pair;
    struct pair_accept accept = {.context = 1};
    pthread_t thread;

    attributes.flags = flags;
    attributes.qos_length = 12;
    attributes.impersonation_level = level;
    attributes.context_tracking = tracking;
    daemon_connect();
    ck_ok(port_make(name, &pair.connection));
    accept.connection = pair.connection;
    ck_assert_int_eq(pthread_create(&thread, NULL, accept_run, &accept), 0);
    ck_ok(portico_port_connect(&connect, &pair.client));
    pthread_join(thread, NULL);
    ck_ok(accept.status);
    pair.server = accept.server;
    return pair;
}

/* An asynchronous request from the client is received by the server. */
static struct test_message received;
static struct portico_attributes came;

static status_t pass(const struct pair *pair, const struct portico_security *security)
{
    static struct test_message request;
    struct portico_attributes attributes = {.valid = security ? PORTICO_ATTRIBUTE_SECURITY : 0};
    struct portico_exchange exchange = {.send = &request.header, .send_attributes = &attributes};
    status_t status;

    if (security)
        attributes.security = *security;
    message_set(&request, 4);
    status = portico_port_exchange(pair->client, &exchange);
    if (status != STATUS_SUCCESS)
        return status;
    came = (struct portico_attributes){.wanted = PORTICO_ATTRIBUTE_SECURITY};
    return port_receive_for(pair->connection, &received, PORTICO_FOREVER, &came);
}

static void answer(const struct pair *pair)
{
    static struct test_message reply;

    ck_ok(port_send(pair->connection, PORTICO_RELEASE, &received));
    ck_ok(port_take(pair->client, &reply));
}

static status_t impersonate(handle_t port, uint32_t flags)
{
    return portico_port_impersonate(port, received.header.message_id,
                                    (uint32_t)received.header.callback_id, flags);
}

static void revert(void)
{
    struct portico_impersonation how = {.thread_id = (uint32_t)gettid()};

    ck_ok(portico_thread_impersonate(&how));
}

static void become_nobody(void)
{
    struct portico_impersonation how = {.thread_id = (uint32_t)gettid(),
                                        .kind = TOKEN_IMPERSONATION_ANONYMOUS};

    ck_ok(portico_thread_impersonate(&how));
}

/* Who the thread acts as, and how far; STATUS_NO_TOKEN. */
static status_t acting(struct identity *ret_who, uint32_t *ret_level)
{
    struct token_open_request open = {.thread_id = (uint32_t)gettid(), .as_self = 1, .access = 8};
    struct token_open_reply opened;
    struct token_query_request query = {.access = 8};
    struct token_query_reply token;
    struct call_extra extra = {.ret_data = ret_who, .ret_capacity = sizeof(*ret_who)};
    status_t status = call_token_open(portico_control(), &open, &opened, NULL);

    if (status != STATUS_SUCCESS)
        return status;
    query.handle = opened.handle;
    ck_ok(call_token_query(portico_control(), &query, &token, &extra));
    *ret_level = token.level;
    return portico_close(opened.handle);
}

static bool acts_as(struct sid sid, uint32_t level)
{
    struct identity who;
    uint32_t found;

    return acting(&who, &found) == STATUS_SUCCESS && found == level &&
           sid_is((const uint8_t *)&who.user, sid_size(&who.user), &sid);
}

static bool is_itself(void)
{
    struct identity who;
    uint32_t level;

    return acting(&who, &level) == STATUS_NO_TOKEN;
}

START_TEST(a_context_goes_with_a_message_and_allows_what_it_says)
{
    struct pair pair = lending_pair(0, 2, 0);
    struct portico_qos qos = {.level = 1};
    struct portico_security security = {0};

    ck_ok(pass(&pair, NULL));
    ck_assert(!(came.valid & PORTICO_ATTRIBUTE_SECURITY));
    ck_status(impersonate(pair.connection, 0), STATUS_ACCESS_DENIED);
    answer(&pair);
    ck_ok(portico_security_create(pair.client, &qos, &security.context));
    ck_ok(pass(&pair, &security));
    ck_assert(came.valid & PORTICO_ATTRIBUTE_SECURITY);
    ck_assert_uint_eq(came.security.context, security.context);
    ck_status(portico_security_delete(pair.client, security.context), STATUS_DELETE_PENDING);
    ck_ok(impersonate(pair.server, 0));
    ck_assert(acts_as(sid_from_uid(geteuid()), 1));
    ck_status(impersonate(pair.server, 2 | 2 << 2), STATUS_BAD_IMPERSONATION_LEVEL);
    answer(&pair);
    ck_status(portico_security_delete(pair.client, security.context), STATUS_DELETE_PENDING);
    revert(); /* the thread was under it still */
    ck_ok(portico_security_delete(pair.client, security.context));
    ck_status(pass(&pair, &security), STATUS_INVALID_HANDLE);
    ck_assert(is_itself());
    pair_close(&pair);
}
END_TEST

START_TEST(a_revoked_context_is_of_no_use)
{
    struct pair pair = lending_pair(0, 2, 0);
    struct portico_security security = {0};

    ck_ok(portico_security_create(pair.client, NULL, &security.context));
    ck_ok(pass(&pair, &security));
    ck_ok(portico_security_revoke(pair.client, security.context));
    ck_status(impersonate(pair.connection, 0), STATUS_REVISION_MISMATCH);
    ck_ok(pass(&pair, &security)); /* as it came from elsewhere: the receiver finds out */
    ck_status(impersonate(pair.connection, 0), STATUS_REVISION_MISMATCH);
    ck_assert(is_itself());
    pair_close(&pair);
}
END_TEST

START_TEST(inline_contexts_are_made_once_for_the_same_wish)
{
    struct pair pair = lending_pair(0, 2, 0);
    struct portico_security security = {.flags = PORTICO_SECURITY_CREATE,
                                        .context = PORTICO_SECURITY_INLINE,
                                        .has_qos = true,
                                        .qos = {.level = 2}};
    uint64_t first;

    ck_ok(pass(&pair, &security));
    first = came.security.context;
    ck_assert_uint_ne(first, PORTICO_SECURITY_INLINE);
    for (int i = 0; i < 3000; i++) { /* more often than there may be contexts */
        answer(&pair);
        ck_ok(pass(&pair, &security));
        ck_assert_uint_eq(came.security.context, first);
    }
    ck_ok(impersonate(pair.connection, 0));
    ck_assert(acts_as(sid_from_uid(geteuid()), 2));
    revert();
    security.context = first;
    ck_status(pass(&pair, &security), STATUS_INVALID_PARAMETER);
    pair_close(&pair);
}
END_TEST

START_TEST(deleting_with_a_message_attaches_nothing)
{
    struct pair pair = lending_pair(0, 2, 0);
    struct portico_security security = {.flags = PORTICO_SECURITY_DELETE};

    ck_ok(portico_security_create(pair.client, NULL, &security.context));
    ck_ok(pass(&pair, &security));
    ck_assert(!(came.valid & PORTICO_ATTRIBUTE_SECURITY));
    answer(&pair);
    ck_status(pass(&pair, &security), STATUS_INVALID_HANDLE);
    pair_close(&pair);
}
END_TEST

START_TEST(a_datagram_with_a_context_needs_no_answer)
{
    struct pair pair = lending_pair(0, 2, 0);
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_SECURITY};
    static struct test_message message;
    struct portico_exchange exchange = {
        .flags = PORTICO_RELEASE, .send = &message.header, .send_attributes = &attributes};

    ck_ok(portico_security_create(pair.client, NULL, &attributes.security.context));
    message_set(&message, 4);
    ck_ok(portico_port_exchange(pair.client, &exchange));
    came = (struct portico_attributes){.wanted = PORTICO_ATTRIBUTE_SECURITY};
    ck_ok(port_receive_for(pair.connection, &received, PORTICO_FOREVER, &came));
    ck_assert_uint_eq(received.header.type, PORTICO_TYPE_DATAGRAM);
    ck_assert_uint_eq(came.security.context, attributes.security.context);
    ck_status(impersonate(pair.connection, 0), STATUS_ACCESS_DENIED);
    ck_ok(portico_security_delete(pair.client, attributes.security.context));
    pair_close(&pair);
}
END_TEST

START_TEST(a_thread_that_acts_as_another_lends_that_one_dynamically)
{
    struct pair pair = lending_pair(ALLOW, 2, 1);

    ck_ok(pass(&pair, NULL));
    ck_ok(impersonate(pair.connection, 0));
    ck_assert(acts_as(sid_from_uid(geteuid()), 2));
    revert();
    answer(&pair);
    become_nobody();
    ck_ok(pass(&pair, NULL));
    ck_assert(!(came.valid & PORTICO_ATTRIBUTE_SECURITY)); /* nobody attached it */
    revert();
    ck_ok(impersonate(pair.connection, 0));
    ck_assert(acts_as(sid_anonymous(), 2));
    revert();
    answer(&pair);
    ck_ok(pass(&pair, NULL));
    ck_ok(impersonate(pair.connection, 0));
    ck_assert(acts_as(sid_from_uid(geteuid()), 2));
    revert();
    pair_close(&pair);
}
END_TEST

START_TEST(the_sender_of_a_message_is_known_as_long_as_it_waits)
{
    struct pair pair = lending_pair(0, 0, 0);
    struct sid own = sid_from_uid(geteuid());
    struct portico_peer peer, other;

    ck_ok(pass(&pair, NULL));
    ck_ok(portico_message_sender(pair.connection, received.header.message_id, 0, &peer));
    ck_assert(sid_is(peer.sid, peer.sid_size, &own));
    ck_ok(portico_port_peer(pair.server, &other));
    ck_assert_uint_eq(other.modified_id, peer.modified_id);
    ck_ok(portico_port_peer(pair.client, &other));
    ck_assert_uint_eq(other.modified_id, peer.modified_id); /* one process is both */
    ck_status(portico_port_peer(pair.connection, &other), STATUS_INVALID_PORT_HANDLE);
    ck_status(portico_message_sender(pair.connection, received.header.message_id,
                                     (uint32_t)received.header.callback_id + 1, &peer),
              STATUS_ACCESS_DENIED);
    answer(&pair);
    ck_status(portico_message_sender(pair.connection, received.header.message_id, 0, &peer),
              STATUS_ACCESS_DENIED);
    pair_close(&pair);
}
END_TEST

/* A liar says that its message carries a context that it has from elsewhere: the record's word is
 * what stands in port memory then. */
static void lie(const struct pair *pair, uint64_t context)
{
    struct port *port;

    ck_ok(handle_get_port(pair->connection, &port));
    port_note_security(&port->receiver->view, received.header.message_id, false, context);
    port_unref(port);
}

START_TEST(a_context_that_was_passed_on_opens_nothing)
{
    struct pair pair = lending_pair(0, 2, 0), victim;
    struct portico_security lent = {0};
    uint64_t servers, listeners;

    /* The victim lends itself to us as its server; we pass that on as a client of another. */
    victim.connection = pair.connection;
    victim.client = pair_connect(pair.connection, name, 2, &victim.server);
    ck_ok(portico_security_create(victim.client, NULL, &lent.context));
    ck_ok(portico_security_create(pair.server, NULL, &servers));
    ck_ok(portico_security_create(pair.connection, NULL, &listeners));
    ck_status(pass(&pair, &lent), STATUS_INVALID_HANDLE); /* an honest library */
    ck_ok(pass(&pair, NULL));
    lie(&pair, lent.context);
    ck_status(impersonate(pair.connection, 0), STATUS_ACCESS_DENIED);
    ck_status(impersonate(pair.server, 0), STATUS_ACCESS_DENIED);
    lie(&pair, servers);
    ck_status(impersonate(pair.connection, 0), STATUS_ACCESS_DENIED);
    lie(&pair, listeners);
    ck_status(impersonate(pair.connection, 0), STATUS_ACCESS_DENIED);
    lie(&pair, lent.context ^ 2);
    ck_status(impersonate(pair.connection, 0), STATUS_ACCESS_DENIED);
    ck_assert(is_itself());
    ck_ok(portico_close(victim.client));
    ck_ok(portico_close(victim.server));
    pair_close(&pair);
}
END_TEST

/* ---- a client in another process ---- */

/* Connects, lending itself as argument says, sends a request without waiting for its answer, and
 * says its token's ModifiedId; ends when it is told. */
static int child_main(const char *what)
{
    struct port_attributes attributes = test_attributes;
    struct portico_connect connect = {.name = test_name(name),
                                      .attributes = &attributes,
                                      .flags = PORTICO_SYNC,
                                      .deadline_ns = PORTICO_FOREVER};
    static struct test_message request;
    struct token_query_request query = {.handle = 0};
    struct token_query_reply own;
    handle_t port;

    attributes.flags = what[0] == 'l' ? ALLOW : 0;
    attributes.impersonation_level = 2;
    if (portico_start(NULL) || portico_port_connect(&connect, &port) ||
        call_token_query(portico_control(), &query, &own, NULL))
        return 1;
    message_set(&request, sizeof(own.modified_id));
    memcpy(request.data, &own.modified_id, sizeof(own.modified_id));
    if (port_send(port, 0, &request))
        return 2;
    say('s');
    return listen_for() == 'e' ? 0 : 3;
}

static void child_begin(const char *what, struct child *child, struct pair *pair)
{
    daemon_connect();
    *pair = (struct pair){0};
    ck_ok(port_make(name, &pair->connection));
    *child = child_start(what);
    ck_ok(port_take(pair->connection, &received));
    ck_ok(portico_port_accept(pair->connection, &test_attributes, 1, &received.header, true,
                              &pair->server));
    ck_assert_int_eq(child_hear(child), 's');
    ck_ok(port_take(pair->connection, &received));
}

START_TEST(a_process_is_impersonated_by_another_until_it_has_gone)
{
    struct test_message closed;
    struct child child;
    struct pair pair;
    struct portico_peer peer;
    uint64_t modified_id;

    child_begin("lends", &child, &pair);
    memcpy(&modified_id, received.data, sizeof(modified_id));
    ck_ok(portico_message_sender(pair.connection, received.header.message_id, 0, &peer));
    ck_assert_uint_eq(peer.modified_id, modified_id);
    ck_ok(impersonate(pair.connection, 0));
    ck_assert(acts_as(sid_from_uid(geteuid()), 2));
    revert();
    child_tell(&child, 'e');
    ck_assert_int_eq(child_end(&child), 0);
    do
        ck_ok(port_take(pair.connection, &closed));
    while (closed.header.type != PORTICO_TYPE_PORT_CLOSED);
    ck_status(impersonate(pair.connection, 0), STATUS_ACCESS_DENIED);
    ck_status(portico_message_sender(pair.connection, received.header.message_id, 0, &peer),
              STATUS_ACCESS_DENIED);
    ck_assert(is_itself());
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.connection));
}
END_TEST

START_TEST(a_process_that_lends_nothing_is_not_impersonated)
{
    struct child child;
    struct pair pair;

    child_begin("keeps", &child, &pair);
    ck_status(impersonate(pair.connection, 0), STATUS_ACCESS_DENIED);
    ck_ok(impersonate(pair.connection, 1));
    ck_assert(acts_as(sid_anonymous(), 2));
    revert();
    child_tell(&child, 'e');
    ck_assert_int_eq(child_end(&child), 0);
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.connection));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("portico_security");
    UNIT_TEST(a_context_goes_with_a_message_and_allows_what_it_says);
    UNIT_TEST(a_revoked_context_is_of_no_use);
    UNIT_TEST(inline_contexts_are_made_once_for_the_same_wish);
    UNIT_TEST(deleting_with_a_message_attaches_nothing);
    UNIT_TEST(a_datagram_with_a_context_needs_no_answer);
    UNIT_TEST(a_thread_that_acts_as_another_lends_that_one_dynamically);
    UNIT_TEST(the_sender_of_a_message_is_known_as_long_as_it_waits);
    UNIT_TEST(a_context_that_was_passed_on_opens_nothing);
    UNIT_TEST(a_process_is_impersonated_by_another_until_it_has_gone);
    UNIT_TEST(a_process_that_lends_nothing_is_not_impersonated);
    return DAEMON_END(UNIT_END());
}
