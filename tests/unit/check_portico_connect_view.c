/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Views with connection requests and acceptances. */

#include "views.h"

static const char name[] = "\\RPC Control\\connect_view";

static handle_t connection, holder; /* holder: a port of the client's that has sections */

struct connector {
    struct portico_attributes send, receive;
    uint32_t flags;
    handle_t client;
    status_t status;
};

static void *connector_main(void *argument)
{
    struct connector *connector = argument;
    struct portico_connect connect = {.name = test_name(name),
                                      .attributes = &test_attributes,
                                      .flags = connector->flags,
                                      .send_attributes = &connector->send,
                                      .receive_attributes = &connector->receive,
                                      .deadline_ns = PORTICO_FOREVER};

    connector->receive.wanted = PORTICO_ATTRIBUTE_VIEW;
    connector->status = portico_port_connect(&connect, &connector->client);
    return NULL;
}

static void begin(void)
{
    daemon_connect();
    ck_ok(port_make(name, &connection));
    ck_ok(portico_port_create(NULL, &test_attributes, &holder));
}

static void end(struct connector *connector, handle_t server)
{
    if (connector->client)
        ck_ok(portico_close(connector->client));
    if (server)
        ck_ok(portico_close(server));
    ck_ok(portico_close(holder));
    ck_ok(portico_close(connection));
}

static struct portico_view filled(handle_t port, uint32_t section, uint8_t byte)
{
    struct portico_view view = view_make(port, section, 0x1000);

    memset(view.base, byte, 0x1000);
    return view;
}

static status_t answer(const struct portico_view *view, bool accept, handle_t *ret_server)
{
    struct portico_attributes attributes = {.valid = PORTICO_ATTRIBUTE_VIEW, .view = *view};

    return portico_port_accept_with(connection, &test_attributes, 1, &message.header, &attributes,
                                    0, accept, ret_server);
}

START_TEST(a_view_comes_with_the_request_and_another_with_the_acceptance)
{
    static struct connector connector;
    handle_t server;
    pthread_t thread;

    begin();
    uint32_t section = section_make(holder, 0, 1);
    connector.flags = PORTICO_SYNC;
    connector.send = (struct portico_attributes){.valid = PORTICO_ATTRIBUTE_VIEW,
                                                 .view = filled(holder, section, 1)};
    connector.send.view.flags = PORTICO_VIEW_AUTO_RELEASE;
    ck_assert_int_eq(pthread_create(&thread, NULL, connector_main, &connector), 0);
    struct portico_view got = view_take_from(connection);
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_CONNECTION_REQUEST);
    ck_assert(bytes_are(&got, 1));
    struct portico_view own = filled(connection, section_make(connection, 0, 1), 2);
    own.flags = PORTICO_VIEW_RELEASE; /* what came goes back too */
    ck_ok(answer(&own, true, &server));
    ck_status(portico_view_delete(connection, got.base), STATUS_INVALID_ADDRESS);
    pthread_join(thread, NULL);
    ck_ok(connector.status);
    ck_assert_uint_eq(connector.receive.valid, PORTICO_ATTRIBUTE_VIEW);
    ck_assert(bytes_are(&connector.receive.view, 2));
    ck_status(portico_view_delete(holder, connector.send.view.base), STATUS_INVALID_ADDRESS);
    view_make(holder, section, 0x1000); /* the request is over */
    ck_ok(portico_view_delete(connector.client, connector.receive.view.base));
    end(&connector, server);
}
END_TEST

START_TEST(the_range_of_an_acceptances_view_comes_back_with_the_end_of_the_connection)
{
    static struct connector connector;
    handle_t server;

    begin();
    connector = (struct connector){0};
    connector_main(&connector);
    ck_ok(connector.status);
    ck_ok(port_take(connection, &message));
    uint32_t section = section_make(connection, 0, 1);
    struct portico_view own = filled(connection, section, 6);
    struct portico_view next = {.section = section, .size = 0x1000};
    own.flags = PORTICO_VIEW_AUTO_RELEASE;
    ck_ok(answer(&own, true, &server));
    struct portico_view got = view_take_from(connector.client);
    ck_assert(bytes_are(&got, 6));
    ck_status(portico_view_create(connection, &next), STATUS_NO_MEMORY);
    ck_ok(portico_close(connector.client));
    connector.client = 0;
    ck_ok(port_take(connection, &message));
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_PORT_CLOSED);
    view_make(connection, section, 0x1000);
    end(&connector, server);
}
END_TEST

START_TEST(an_asynchronous_connect_brings_and_gets_views)
{
    static struct connector connector;
    handle_t server;

    begin();
    connector.flags = 0;
    connector.send = (struct portico_attributes){
        .valid = PORTICO_ATTRIBUTE_VIEW,
        .view = filled(holder, section_make(holder, ALPC_SECTION_SECURE, 1), 3)};
    connector_main(&connector);
    ck_ok(connector.status);
    struct portico_view got = view_take_any(connection);
    ck_assert_uint_eq(got.flags, PORTICO_VIEW_SECURED);
    ck_assert(bytes_are(&got, 3));
    struct portico_view own = filled(connection, section_make(connection, 0, 1), 4);
    ck_ok(answer(&own, true, &server));
    got = view_take_from(connector.client);
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_CONNECTION_REPLY);
    ck_assert(bytes_are(&got, 4));
    end(&connector, server);
}
END_TEST

START_TEST(a_refused_request_keeps_what_was_to_be_released)
{
    static struct connector connector;
    pthread_t thread;

    begin();
    connector.flags = PORTICO_SYNC;
    connector.send = (struct portico_attributes){
        .valid = PORTICO_ATTRIBUTE_VIEW, .view = filled(holder, section_make(holder, 0, 1), 5)};
    connector.send.view.flags = PORTICO_VIEW_AUTO_RELEASE;
    ck_assert_int_eq(pthread_create(&thread, NULL, connector_main, &connector), 0);
    struct portico_view got = view_take_from(connection);
    ck_assert(bytes_are(&got, 5));
    struct portico_view back = {.flags = PORTICO_VIEW_RELEASE};
    ck_ok(answer(&back, false, NULL));
    pthread_join(thread, NULL);
    ck_status(connector.status, STATUS_PORT_CONNECTION_REFUSED);
    ck_assert(bytes_are(&connector.send.view, 5));
    ck_ok(portico_view_delete(holder, connector.send.view.base));
    end(&connector, 0);
}
END_TEST

START_TEST(what_is_no_view_of_this_processs_is_not_sent)
{
    static struct connector connector;

    begin();
    connector.flags = 0;
    connector.send = (struct portico_attributes){.valid = PORTICO_ATTRIBUTE_VIEW,
                                                 .view = {.section = 0x7ff0, .size = 0x1000}};
    connector_main(&connector);
    ck_status(connector.status, STATUS_INVALID_HANDLE);
    connector.send.view.section = section_make(holder, 0, 1);
    connector_main(&connector);
    ck_status(connector.status, STATUS_INVALID_ADDRESS);
    connector.send.view.flags = PORTICO_VIEW_RELEASE;
    connector_main(&connector);
    ck_status(connector.status, STATUS_INVALID_PARAMETER);
    ck_status(port_receive_for(connection, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    end(&connector, 0);
}
END_TEST

/* The port with the section may close once the request is out. */
START_TEST(the_section_outlives_its_port_until_the_connection_ends)
{
    static struct connector connector;
    handle_t server;

    begin();
    connector.flags = 0;
    connector.send = (struct portico_attributes){
        .valid = PORTICO_ATTRIBUTE_VIEW, .view = filled(holder, section_make(holder, 0, 1), 6)};
    connector_main(&connector);
    ck_ok(connector.status);
    ck_ok(portico_close(holder));
    struct portico_view got = view_take_from(connection), back = {.flags = PORTICO_VIEW_RELEASE};
    ck_assert(bytes_are(&got, 6));
    ck_ok(answer(&back, true, &server));
    ck_ok(portico_port_create(NULL, &test_attributes, &holder));
    end(&connector, server);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico connect_view");
    UNIT_TEST(a_view_comes_with_the_request_and_another_with_the_acceptance);
    UNIT_TEST(the_range_of_an_acceptances_view_comes_back_with_the_end_of_the_connection);
    UNIT_TEST(an_asynchronous_connect_brings_and_gets_views);
    UNIT_TEST(a_refused_request_keeps_what_was_to_be_released);
    UNIT_TEST(what_is_no_view_of_this_processs_is_not_sent);
    UNIT_TEST(the_section_outlives_its_port_until_the_connection_ends);
    return DAEMON_END(UNIT_END());
}
