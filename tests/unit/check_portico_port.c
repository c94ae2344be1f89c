/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "daemon.h"

START_TEST(a_name_is_taken_once)
{
    handle_t first, second = 0;

    daemon_connect();
    ck_ok(port_make("\\RPC Control\\once", &first));
    ck_status(port_make("\\rpc control\\ONCE", &second), STATUS_OBJECT_NAME_COLLISION);
    ck_assert_uint_eq(second, 0);
    ck_ok(portico_close(first));
    ck_ok(port_make("\\RPC Control\\once", &second));
    ck_ok(portico_close(second));
}
END_TEST

START_TEST(a_port_may_have_no_name_and_no_attributes)
{
    handle_t port;
    struct portico_port_info info;

    daemon_connect();
    ck_ok(portico_port_create(NULL, NULL, &port));
    ck_ok(portico_port_query(port, &info));
    ck_assert_int_eq(info.kind, PORT_KIND_CONNECTION);
    ck_assert_uint_ne(info.flags & 0x20000, 0);
    ck_ok(portico_close(port));
    ck_status(portico_port_query(port, &info), STATUS_INVALID_HANDLE);
}
END_TEST

START_TEST(a_communication_port_tells_its_context_and_counts_its_messages)
{
    struct pair pair = pair_make("\\RPC Control\\query");
    static struct test_message message;
    struct portico_port_info info;

    ck_ok(portico_port_query(pair.server, &info));
    ck_assert_int_eq(info.kind, PORT_KIND_SERVER);
    ck_assert_uint_eq(info.port_context, 0x1234);
    ck_assert_uint_eq(info.sequence, 0);
    ck_ok(portico_port_query(pair.connection, &info));
    ck_assert_uint_eq(info.sequence, 1); /* the connection request */
    ck_ok(portico_port_query(pair.client, &info));
    ck_assert_uint_eq(info.sequence, 1); /* the connection reply */
    message_fill(&message, 8, 1);
    ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    ck_ok(port_take(pair.connection, &message));
    ck_ok(portico_port_query(pair.server, &info));
    ck_assert_uint_eq(info.sequence, 1);
    pair_close(&pair);
}
END_TEST

START_TEST(a_port_disconnects_once_and_sends_no_more)
{
    struct pair pair = pair_make("\\RPC Control\\disconnect");
    static struct test_message message;

    ck_ok(portico_port_disconnect(pair.client, 0));
    ck_status(portico_port_disconnect(pair.client, 0), STATUS_PORT_DISCONNECTED);
    message_fill(&message, 8, 1);
    ck_status(port_send(pair.client, PORTICO_RELEASE, &message), STATUS_PORT_DISCONNECTED);
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
    ck_assert_uint_eq(message.header.data_length, 8);
    pair_close(&pair);
}
END_TEST

START_TEST(other_objects_are_no_ports)
{
    struct event_create_request request = {.access = 0x1f0003};
    struct event_create_reply reply;
    struct objattr objattr = {0};
    struct call_extra extra = {.objattr = &objattr};
    static struct test_message message;

    daemon_connect();
    ck_ok(call_event_create(portico_control(), &request, &reply, &extra));
    message_fill(&message, 8, 1);
    ck_status(port_send(reply.handle, PORTICO_RELEASE, &message), STATUS_OBJECT_TYPE_MISMATCH);
    ck_status(port_send(0x7ff0, PORTICO_RELEASE, &message), STATUS_INVALID_HANDLE);
    ck_ok(portico_close(reply.handle));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico port");
    UNIT_TEST(a_name_is_taken_once);
    UNIT_TEST(a_port_may_have_no_name_and_no_attributes);
    UNIT_TEST(a_communication_port_tells_its_context_and_counts_its_messages);
    UNIT_TEST(a_port_disconnects_once_and_sends_no_more);
    UNIT_TEST(other_objects_are_no_ports);
    return DAEMON_END(UNIT_END());
}
