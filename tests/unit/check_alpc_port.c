/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */

#include "config.h"

#include "alpc/port.h"

#include "server_fixture.h"

static struct port_attributes result;

static status_t check(struct port_attributes given, bool on_connect)
{
    return port_attributes_check(&given, true, on_connect, NULL, &result);
}

START_TEST(attributes_are_checked_as_on_windows)
{
    ck_assert_uint_eq(check((struct port_attributes){.max_message_length = 0xffff}, false),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(check((struct port_attributes){.max_message_length = 0x10000}, false),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(check((struct port_attributes){.max_message_length = 0x20000}, true),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(result.max_message_length, 0xffff);
    ck_assert_uint_eq(check((struct port_attributes){.max_message_length = 39}, false),
                      STATUS_INVALID_PARAMETER);
    for (int bit = 0; bit < 32; bit++) {
        struct port_attributes one = {.max_message_length = 100, .flags = 1u << bit};
        ck_assert_uint_eq(check(one, false), one.flags == PORT_FLAG_SYSTEM_PROCESS
                                                 ? STATUS_INVALID_PARAMETER
                                                 : STATUS_SUCCESS);
    }
    ck_assert_uint_eq(
        check((struct port_attributes){.max_message_length = 100, .qos_length = 11}, false),
        STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(
        check((struct port_attributes){.max_message_length = 100, .qos_length = 12}, false),
        STATUS_SUCCESS);
}
END_TEST

START_TEST(a_name_is_taken_and_openif_is_an_error)
{
    struct server *server = fixture_start();
    static struct peer a;
    struct alpc_create_port_reply reply;

    peer_start(&a, server, 0, 1);
    ck_assert_uint_eq(CALL_NAMED(&a, alpc_create_port, &reply, "\\RPC Control\\p", 0),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(reply.max_message_length, 512);
    ck_assert_uint_eq(CALL_NAMED(&a, alpc_create_port, &reply, "\\RPC Control\\p", 0),
                      STATUS_OBJECT_NAME_COLLISION);
    ck_assert_uint_eq(CALL_NAMED(&a, alpc_create_port, &reply, "\\RPC Control\\p", OBJ_OPENIF),
                      STATUS_INVALID_PARAMETER);
    ck_assert_uint_eq(reply.port, 0);
    ck_assert_uint_eq(server->n_ports, 1);
    peer_end(&a);
    ck_assert_uint_eq(server->n_ports, 0);
    fixture_end();
}
END_TEST

START_TEST(a_port_is_reached_by_connecting_only)
{
    struct server *server = fixture_start();
    static struct peer a;
    struct alpc_create_port_reply reply;
    struct object_open_reply opened;
    struct handle_query_reply asked;

    peer_start(&a, server, 0, 1);
    ck_assert_uint_eq(CALL_NAMED(&a, alpc_create_port, &reply, "\\RPC Control\\p", 0),
                      STATUS_SUCCESS);
    ck_assert_uint_eq(CALL_NAMED(&a, object_open, &opened, "\\RPC Control\\p", 0),
                      STATUS_OBJECT_TYPE_MISMATCH);
    ck_assert_uint_eq(CALL(&a, handle_query, &asked, .handle = reply.port), STATUS_SUCCESS);
    ck_assert_uint_eq(asked.access, 0x1f0001);
    ck_assert_uint_eq(asked.attributes, 0);
    peer_end(&a);
    fixture_end();
}
END_TEST

int main(void)
{
    UNIT_BEGIN("port");
    UNIT_TEST(attributes_are_checked_as_on_windows);
    UNIT_TEST(a_name_is_taken_and_openif_is_an_error);
    UNIT_TEST(a_port_is_reached_by_connecting_only);
    return UNIT_END();
}
