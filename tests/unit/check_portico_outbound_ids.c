/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "daemon.h"
#include "portico/handle.h"
#include "portico/local_port.h"
#include "portico/outbound.h"

static const char name[] = "\\RPC Control\\ids";
static struct test_message message, kept;

START_TEST(ids_go_round_and_pass_over_those_of_live_messages)
{
    struct pair pair = pair_make(name);
    struct outbound *outbound;
    struct port *port;
    uint32_t lease;

    ck_ok(handle_get_port(pair.client, &port));
    outbound = port->outbound;
    lease = outbound->leases[0].n;
    message_fill(&message, 8, 1);
    ck_ok(port_send(pair.client, 0, &message)); /* unanswered: its id stays live */
    ck_ok(port_take(pair.connection, &kept));
    for (uint32_t i = 0; i < 2 * lease + 10; i++) {
        message_fill(&message, 4, i);
        ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
        ck_assert_uint_ne(message.header.message_id, kept.header.message_id);
        ck_assert_uint_ne(message.header.message_id, 0);
        ck_assert_uint_eq(message.header.message_id & 0x80000000, 0);
    }
    ck_assert(outbound->has_wrapped);
    ck_assert_uint_eq(outbound->n_leases, 1);
    ck_ok(port_send(pair.connection, PORTICO_RELEASE, &kept));
    ck_ok(port_receive_for(pair.client, &message, PORTICO_POLL, NULL));
    ck_assert_uint_eq(message.header.message_id, kept.header.message_id);
    port_unref(port);
    pair_close(&pair);
}
END_TEST

START_TEST(a_lease_full_of_live_messages_is_followed_by_another)
{
    struct pair pair = pair_make(name);
    struct port *port;
    uint32_t n;

    ck_ok(handle_get_port(pair.client, &port));
    n = port->outbound->leases[0].n + 100;
    for (uint32_t i = 0; i < n; i++) {
        message_fill(&message, 4, i);
        ck_ok(port_send(pair.client, 0, &message));
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
    }
    ck_assert_uint_gt(port->outbound->n_leases, 1);
    port_unref(port);
    pair_close(&pair);
}
END_TEST

START_TEST(exchanges_are_numbered_one_by_one)
{
    struct pair pair = pair_make(name);
    struct portico_attributes got = {.wanted = PORTICO_ATTRIBUTE_CONTEXT};
    uint32_t last = 0;

    for (int i = 0; i < 5; i++) {
        message_fill(&message, 4, 1);
        ck_ok(port_send(pair.client, 0, &message));
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, &got));
        if (i)
            ck_assert_uint_eq(got.context.callback_id, last + 1);
        last = got.context.callback_id;
        ck_assert_uint_ne(last, 0);
    }
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico outbound_ids");
    UNIT_TEST(ids_go_round_and_pass_over_those_of_live_messages);
    UNIT_TEST(a_lease_full_of_live_messages_is_followed_by_another);
    UNIT_TEST(exchanges_are_numbered_one_by_one);
    return DAEMON_END(UNIT_END());
}
