/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "daemon.h"
#include "portico/handle.h"
#include "portico/local_port.h"
#include "portico/outbound.h"

static const char name[] = "\\RPC Control\\retire";
static struct test_message message;

START_TEST(a_replaced_lane_goes_back_when_it_is_empty)
{
    struct pair pair = pair_make(name);
    struct outbound *outbound;
    struct port *port;
    unsigned n = 0;

    ck_ok(handle_get_port(pair.client, &port));
    outbound = port->outbound;
    for (unsigned i = 0; i < 200; i++) {
        message_fill(&message, 60000, i);
        ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    }
    ck_assert_ptr_nonnull(outbound->current->older);
    while (port_receive_for(pair.connection, &message, PORTICO_POLL, NULL) == STATUS_SUCCESS)
        n++;
    ck_assert_uint_eq(n, 200);
    for (unsigned i = 0; i < 64 * RETIRE_EVERY && outbound->current->older; i++) {
        message_fill(&message, 8, i);
        ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
        ck_assert(message_has(&message, 8, i));
    }
    ck_assert_ptr_null(outbound->current->older);
    port_unref(port);
    pair_close(&pair);
}
END_TEST

struct caller {
    handle_t client;
    status_t status;
    struct test_message request, reply;
};

static void *call_main(void *argument)
{
    struct caller *caller = argument;

    message_fill(&caller->request, 20, 1);
    caller->status = port_call(caller->client, &caller->request, &caller->reply);
    return NULL;
}

START_TEST(a_replaced_lane_stays_while_a_thread_waits_in_it)
{
    struct pair pair = pair_make(name);
    static struct caller caller;
    static struct test_message kept;
    struct port *port;
    pthread_t thread;

    ck_ok(handle_get_port(pair.client, &port));
    caller.client = pair.client;
    pthread_create(&thread, NULL, call_main, &caller);
    ck_ok(port_take(pair.connection, &kept));
    for (unsigned i = 0; i < 10 * RETIRE_EVERY; i++) {
        message_fill(&message, i < 100 ? 60000 : 8, i);
        ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
        if (i >= 100)
            ck_ok(port_take(pair.connection, &message));
    }
    ck_assert_ptr_nonnull(port->outbound->current->older);
    ck_ok(port_send(pair.connection, PORTICO_RELEASE, &kept));
    pthread_join(thread, NULL);
    ck_ok(caller.status);
    ck_assert(message_has(&caller.reply, 20, 1));
    port_unref(port);
    pair_close(&pair);
}
END_TEST

static void drain(handle_t connection)
{
    while (port_receive_for(connection, &message, PORTICO_POLL, NULL) == STATUS_SUCCESS)
        ;
}

static uint64_t lane_bytes(void)
{
    struct server_status_request request = {0};
    struct server_status_reply reply;

    ck_ok(call_server_status(portico_control(), &request, &reply, NULL));
    return reply.lane_bytes;
}

/* Sends and receives small messages until the outbound has one lane, of the first size. */
static void trickle(const struct pair *pair, const struct outbound *outbound)
{
    for (unsigned i = 0; i < 64 * RETIRE_EVERY; i++) {
        message_fill(&message, 8, i);
        ck_ok(port_send(pair->client, PORTICO_RELEASE, &message));
        ck_ok(port_receive_for(pair->connection, &message, PORTICO_POLL, NULL));
        ck_assert(message_has(&message, 8, i));
    }
    ck_assert_ptr_null(outbound->current->older);
}

START_TEST(the_memory_of_a_burst_goes_back_after_it)
{
    struct pair pair = pair_make(name);
    struct outbound *outbound;
    uint64_t before;
    struct port *port;

    outbound_idle_ns = 0;
    ck_ok(handle_get_port(pair.client, &port));
    outbound = port->outbound;
    trickle(&pair, outbound);
    before = lane_bytes();
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 200; i++) {
            message_fill(&message, 60000, i);
            ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
        }
        ck_assert_uint_gt(lane_bytes(), before);
        drain(pair.connection);
        trickle(&pair, outbound);
        ck_assert_uint_eq(outbound->current->producer.view.geometry.ring_size,
                          LANE_RING_FIRST_BYTES);
        ck_assert_uint_eq(lane_bytes(), before);
    }
    port_unref(port);
    pair_close(&pair);
}
END_TEST

START_TEST(a_lane_that_is_used_or_kept_for_reserves_stays_large)
{
    struct pair pair = pair_make(name);
    struct outbound *outbound;
    struct port *port;
    uint32_t id;

    outbound_idle_ns = 0;
    ck_ok(portico_reserve_create(pair.client, PORTICO_MESSAGE_DATA_MAX, &id));
    ck_ok(handle_get_port(pair.client, &port));
    outbound = port->outbound;
    trickle(&pair, outbound);
    ck_assert_uint_gt(outbound->current->producer.view.geometry.ring_size, LANE_RING_FIRST_BYTES);
    ck_ok(portico_reserve_delete(pair.client, id));
    trickle(&pair, outbound);
    ck_assert_uint_eq(outbound->current->producer.view.geometry.ring_size, LANE_RING_FIRST_BYTES);
    for (unsigned i = 0; i < 100; i++) {
        message_fill(&message, 10000, i);
        ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    }
    ck_assert_uint_gt(outbound->current->producer.view.geometry.ring_size, LANE_RING_FIRST_BYTES);
    drain(pair.connection);
    port_unref(port);
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico outbound_retire");
    UNIT_TEST(a_replaced_lane_goes_back_when_it_is_empty);
    UNIT_TEST(a_replaced_lane_stays_while_a_thread_waits_in_it);
    UNIT_TEST(the_memory_of_a_burst_goes_back_after_it);
    UNIT_TEST(a_lane_that_is_used_or_kept_for_reserves_stays_large);
    return DAEMON_END(UNIT_END());
}
