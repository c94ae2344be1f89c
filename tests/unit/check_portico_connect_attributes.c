/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Handles, security contexts and the other attributes with connection requests and acceptances;
 * views are in check_portico_connect_view.c. */

#include "daemon.h"

#define ALLOW_DUP   0x00080000u
#define MULTIHANDLE 0x02000000u
#define EVENT       0x10u

static const char name[] = "\\RPC Control\\connect_attributes";
static handle_t connection, event;
static struct test_message message;
static struct portico_attributes came; /* with the last message that was taken */

struct connector {
    struct port_attributes port_attributes;
    struct portico_attributes send, receive;
    struct test_message message;
    uint32_t flags;
    int64_t deadline_ns;
    handle_t client;
    status_t status;
};

static void *connector_main(void *argument)
{
    struct connector *connector = argument;
    struct portico_connect connect = {.name = test_name(name),
                                      .attributes = &connector->port_attributes,
                                      .flags = connector->flags,
                                      .message = &connector->message.header,
                                      .capacity = sizeof(connector->message),
                                      .message_context = 0x5151,
                                      .send_attributes = &connector->send,
                                      .receive_attributes = &connector->receive,
                                      .deadline_ns = connector->deadline_ns};

    message_set(&connector->message, 0);
    connector->receive.wanted = UINT32_MAX;
    connector->status = portico_port_connect(&connect, &connector->client);
    return NULL;
}

/* Handles of the event, those under way counted. */
static uint32_t n_handles(void)
{
    struct handle_query_request request = {.handle = event};
    struct handle_query_reply asked;

    ck_ok(call_handle_query(portico_control(), &request, &asked, NULL));
    return asked.n_handles;
}

static struct port_attributes attributes_of(uint32_t flags)
{
    struct port_attributes attributes = test_attributes;

    attributes.flags = flags;
    attributes.dup_object_types = 0xffd;
    return attributes;
}

static struct connector begin(uint32_t server_flags, uint32_t client_flags)
{
    struct event_create_request request = {.access = 0x1f0003, .manual_reset = 1};
    struct port_attributes attributes = attributes_of(server_flags);
    struct portico_name wide = test_name(name);
    struct event_create_reply created;
    struct objattr none = {0};
    struct call_extra extra = {.objattr = &none};

    daemon_connect();
    ck_ok(portico_port_create(&wide, &attributes, &connection));
    ck_ok(call_event_create(portico_control(), &request, &created, &extra));
    event = created.handle;
    return (struct connector){.port_attributes = attributes_of(client_flags),
                              .deadline_ns = PORTICO_FOREVER};
}

static struct portico_attributes carrying(uint32_t n)
{
    static struct handle_offer offers[4];

    for (uint32_t i = 0; i < n; i++)
        offers[i] = (struct handle_offer){.flags = HANDLE_OFFER_SAME_ACCESS, .handle = event};
    return (struct portico_attributes){.valid = PORTICO_ATTRIBUTE_HANDLE,
                                       .handles = {.offers = offers, .n = n}};
}

static void take(handle_t port, uint32_t wanted)
{
    came = (struct portico_attributes){.wanted = wanted};
    ck_ok(port_receive_for(port, &message, PORTICO_FOREVER, &came));
}

static status_t answer(const struct portico_attributes *attributes, bool accept,
                       handle_t *ret_server)
{
    return portico_port_accept_with(connection, &test_attributes, 1, &message.header, attributes, 0,
                                    accept, ret_server);
}

START_TEST(a_handle_comes_with_the_request_and_another_with_the_acceptance)
{
    static struct connector connector;
    struct portico_message_handle again;
    struct portico_attributes own;
    pthread_t thread;
    handle_t server;

    connector = begin(ALLOW_DUP, ALLOW_DUP);
    connector.flags = PORTICO_SYNC;
    connector.send = carrying(1);
    ck_assert_int_eq(pthread_create(&thread, NULL, connector_main, &connector), 0);
    take(connection, UINT32_MAX);
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_CONNECTION_REQUEST);
    ck_assert_uint_eq(came.valid, PORTICO_ATTRIBUTE_HANDLE);
    ck_assert_uint_eq(came.handles.n, 1);
    ck_assert_uint_eq(came.handles.type, EVENT);
    ck_assert_uint_eq(came.handles.access, 0x1f0003);
    ck_assert_uint_eq(n_handles(), 2);
    ck_status(portico_message_handle(connection, message.header.message_id, 0, &again),
              STATUS_HANDLE_NO_LONGER_VALID);
    ck_ok(portico_close(came.handles.handle));
    own = carrying(1);
    ck_ok(answer(&own, true, &server));
    pthread_join(thread, NULL);
    ck_ok(connector.status);
    ck_assert_uint_eq(connector.receive.valid, PORTICO_ATTRIBUTE_HANDLE |
                                                   PORTICO_ATTRIBUTE_CONTEXT |
                                                   PORTICO_ATTRIBUTE_TOKEN);
    ck_assert_uint_eq(connector.receive.handles.n, 1);
    ck_assert_uint_eq(n_handles(), 2);
    ck_ok(portico_close(connector.receive.handles.handle));
    ck_assert_uint_eq(connector.receive.context.port_context, connector.client);
    ck_assert_uint_eq(connector.receive.context.message_context, 0x5151);
    ck_assert_uint_eq(connector.receive.context.message_id, message.header.message_id);
    ck_assert_uint_eq(connector.receive.context.sequence, 1);
}
END_TEST

START_TEST(a_port_for_several_fetches_them_until_it_answers)
{
    static struct connector connector;
    struct portico_message_handle one;
    struct portico_attributes own;
    uint32_t id;
    handle_t server;

    connector = begin(ALLOW_DUP | MULTIHANDLE, ALLOW_DUP | MULTIHANDLE);
    connector.send = carrying(3);
    connector_main(&connector);
    ck_ok(connector.status);
    take(connection, UINT32_MAX);
    ck_assert_uint_eq(came.handles.n, 3);
    ck_assert_uint_eq(came.handles.handle, 0);
    id = message.header.message_id;
    ck_ok(portico_message_handle(connection, id, 2, &one));
    ck_assert_uint_eq(one.type, EVENT);
    ck_assert_uint_eq(n_handles(), 5);
    ck_ok(portico_close(one.handle));
    own = carrying(2);
    ck_ok(answer(&own, true, &server));
    ck_assert_uint_eq(n_handles(), 3);
    ck_status(portico_message_handle(connection, id, 2, &one), STATUS_HANDLE_NO_LONGER_VALID);
    take(connector.client, UINT32_MAX);
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_CONNECTION_REPLY);
    ck_assert_uint_eq(came.handles.n, 2);
    ck_assert_uint_eq(came.context.message_context, 0x5151);
    ck_ok(portico_message_handle(connector.client, message.header.message_id, 1, &one));
    ck_ok(portico_close(one.handle));
    ck_ok(portico_close(connector.client));
    take(connection, 0); /* the close */
    ck_assert_uint_eq(n_handles(), 1);
}
END_TEST

START_TEST(who_did_not_ask_for_it_fetches_it_later)
{
    static struct connector connector;
    struct portico_message_handle one;
    handle_t server;

    connector = begin(ALLOW_DUP, 0);
    connector.send = carrying(1);
    connector_main(&connector);
    take(connection, 0);
    ck_assert_uint_eq(came.valid, 0);
    ck_ok(portico_message_handle(connection, message.header.message_id, 0, &one));
    ck_ok(portico_close(one.handle));
    /* A wish that the client's port does not grant: the request waits as before. */
    struct portico_attributes own = carrying(1);
    ck_status(answer(&own, true, &server), STATUS_ACCESS_DENIED);
    ck_ok(portico_message_handle(connection, message.header.message_id, 0, &one));
    ck_ok(portico_close(one.handle));
    ck_assert_uint_eq(n_handles(), 2);
    ck_ok(answer(NULL, true, &server));
    ck_assert_uint_eq(n_handles(), 1);
}
END_TEST

START_TEST(a_refusal_and_a_time_out_release_what_came)
{
    static struct connector connector;
    struct portico_message_handle one;
    pthread_t thread;
    handle_t server;

    connector = begin(ALLOW_DUP, 0);
    connector.flags = PORTICO_SYNC;
    connector.send = carrying(1);
    ck_assert_int_eq(pthread_create(&thread, NULL, connector_main, &connector), 0);
    take(connection, 0);
    ck_assert_uint_eq(n_handles(), 2);
    ck_ok(answer(NULL, false, NULL));
    pthread_join(thread, NULL);
    ck_status(connector.status, STATUS_PORT_CONNECTION_REFUSED);
    ck_assert_uint_eq(n_handles(), 1);
    ck_status(portico_message_handle(connection, message.header.message_id, 0, &one),
              STATUS_HANDLE_NO_LONGER_VALID);
    connector.deadline_ns = PORTICO_POLL;
    connector_main(&connector);
    ck_status(connector.status, STATUS_TIMEOUT);
    ck_assert_uint_eq(n_handles(), 1);
    ck_status(port_receive_for(connection, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    /* Received before the client gives up. */
    connector.flags = 0;
    connector_main(&connector);
    take(connection, 0);
    ck_ok(portico_close(connector.client));
    ck_assert_uint_eq(n_handles(), 1);
    ck_status(portico_message_handle(connection, message.header.message_id, 0, &one),
              STATUS_PORT_DISCONNECTED);
    ck_status(answer(NULL, true, &server), STATUS_REPLY_MESSAGE_MISMATCH);
}
END_TEST

START_TEST(what_cannot_be_sent_makes_no_connection)
{
    static struct connector connector;

    connector = begin(0, 0);
    connector.send = carrying(1);
    connector_main(&connector);
    ck_status(connector.status, STATUS_ACCESS_DENIED);
    connector.send = carrying(0);
    connector_main(&connector);
    ck_status(connector.status, STATUS_INVALID_HANDLE);
    connector.send.handles.n = HANDLES_IN_MESSAGE_MAX + 1;
    connector_main(&connector);
    ck_status(connector.status, STATUS_LPC_HANDLE_COUNT_EXCEEDED);
    connector.send = (struct portico_attributes){.valid = PORTICO_ATTRIBUTE_SECURITY,
                                                 .security = {.context = 4711}};
    connector_main(&connector);
    ck_status(connector.status, STATUS_INVALID_HANDLE);
    connector.send.security.flags = PORTICO_SECURITY_CREATE;
    connector_main(&connector);
    ck_status(connector.status, STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(n_handles(), 1);
    ck_status(port_receive_for(connection, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
}
END_TEST

static status_t impersonate(void)
{
    status_t status = portico_port_impersonate(connection, message.header.message_id,
                                               (uint32_t)message.header.callback_id, 0);
    struct portico_impersonation itself = {.thread_id = (uint32_t)gettid()};

    if (status == STATUS_SUCCESS)
        ck_ok(portico_thread_impersonate(&itself));
    return status;
}

START_TEST(an_inline_context_lets_the_server_impersonate_who_asks)
{
    static struct connector connector;
    handle_t server;

    connector = begin(0, 0);
    connector_main(&connector);
    take(connection, PORTICO_ATTRIBUTE_SECURITY);
    ck_assert_uint_eq(came.valid, 0);
    ck_status(impersonate(), STATUS_ACCESS_DENIED); /* nobody has allowed it */
    ck_ok(answer(NULL, false, NULL));
    ck_ok(portico_close(connector.client));
    connector.send = (struct portico_attributes){.valid = PORTICO_ATTRIBUTE_SECURITY |
                                                          PORTICO_ATTRIBUTE_WORK_ON_BEHALF,
                                                 .work_on_behalf = 0x1234567890,
                                                 .security = {.flags = PORTICO_SECURITY_CREATE,
                                                              .context = PORTICO_SECURITY_INLINE,
                                                              .has_qos = true,
                                                              .qos = {.level = 2}}};
    connector_main(&connector);
    ck_ok(connector.status);
    take(connection, UINT32_MAX);
    ck_assert_uint_eq(came.valid, PORTICO_ATTRIBUTE_SECURITY | PORTICO_ATTRIBUTE_WORK_ON_BEHALF);
    ck_assert_uint_eq(came.work_on_behalf, 0x1234567890);
    ck_assert_uint_ne(came.security.context, 0);
    ck_ok(impersonate());
    ck_ok(answer(NULL, true, &server));
    ck_status(impersonate(), STATUS_ACCESS_DENIED); /* the request is over */
    /* The context is the new port's, as one made by a send. */
    ck_ok(portico_security_delete(connector.client, came.security.context));
}
END_TEST

START_TEST(another_ports_context_may_go_along_and_is_in_use_meanwhile)
{
    static struct connector connector;
    struct portico_qos qos = {.level = 2};
    struct portico_attributes own = {.valid = PORTICO_ATTRIBUTE_SECURITY};
    handle_t holder, server;
    uint64_t context;
    pthread_t thread;

    connector = begin(0, 0);
    ck_ok(portico_port_create(NULL, &test_attributes, &holder));
    ck_ok(portico_security_create(holder, &qos, &context));
    ck_ok(portico_security_create(connection, &qos, &own.security.context));
    connector.flags = PORTICO_SYNC;
    connector.send = (struct portico_attributes){.valid = PORTICO_ATTRIBUTE_SECURITY,
                                                 .security = {.context = context}};
    ck_assert_int_eq(pthread_create(&thread, NULL, connector_main, &connector), 0);
    take(connection, PORTICO_ATTRIBUTE_SECURITY);
    ck_assert_uint_eq(came.security.context, context);
    ck_ok(impersonate());
    ck_status(portico_security_delete(holder, context), STATUS_DELETE_PENDING);
    ck_ok(answer(&own, true, &server));
    pthread_join(thread, NULL);
    ck_ok(connector.status);
    ck_assert_uint_eq(connector.receive.valid & PORTICO_ATTRIBUTE_SECURITY,
                      PORTICO_ATTRIBUTE_SECURITY);
    ck_assert_uint_eq(connector.receive.security.context, own.security.context);
    ck_ok(portico_security_delete(connection, own.security.context));
    /* An own one goes with the connect, which carries nothing. */
    connector.flags = 0;
    connector.send.security.flags = PORTICO_SECURITY_DELETE;
    connector_main(&connector);
    ck_ok(connector.status);
    take(connection, PORTICO_ATTRIBUTE_SECURITY);
    ck_assert_uint_eq(came.valid, 0);
    ck_status(portico_security_delete(holder, context), STATUS_INVALID_HANDLE);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico connect_attributes");
    UNIT_TEST(a_handle_comes_with_the_request_and_another_with_the_acceptance);
    UNIT_TEST(a_port_for_several_fetches_them_until_it_answers);
    UNIT_TEST(who_did_not_ask_for_it_fetches_it_later);
    UNIT_TEST(a_refusal_and_a_time_out_release_what_came);
    UNIT_TEST(what_cannot_be_sent_makes_no_connection);
    UNIT_TEST(an_inline_context_lets_the_server_impersonate_who_asks);
    UNIT_TEST(another_ports_context_may_go_along_and_is_in_use_meanwhile);
    return DAEMON_END(UNIT_END());
}
