/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <sched.h>

#include "daemon.h"
#include "lane/atomics.h"
#include "portico/handle.h"
#include "portico/local_port.h"
#include "portico/outbound.h"
#include "portico/receiver.h"

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

static status_t call_until(handle_t client, unsigned seed, int64_t deadline_ns)
{
    static __thread struct test_message request, reply;
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &request.header,
                                        .receive = &reply.header,
                                        .capacity = sizeof(reply),
                                        .deadline_ns = deadline_ns};

    message_fill(&request, 4, seed);
    return portico_port_exchange(client, &exchange);
}

/* Requests given up at once, unreceived, until the lane has no slot left and may not grow. */
static void slots_exhaust(handle_t client, const struct outbound *outbound)
{
    for (;;) {
        const struct outlane *lane = outbound->current;
        bool is_full = lane->slots.quarantined == UINT64_MAX;

        ck_status(call_until(client, 1, PORTICO_POLL), STATUS_TIMEOUT);
        if (is_full && outbound->current == lane)
            return;
    }
}

static void *call_main(void *argument)
{
    return (void *)(uintptr_t)call_until(*(handle_t *)argument, 2, PORTICO_FOREVER);
}

START_TEST(a_request_without_a_slot_goes_on_when_a_given_up_one_comes_back)
{
    struct pair pair = pair_make(name);
    struct port *port;
    pthread_t thread;
    void *status;

    ck_ok(handle_get_port(pair.client, &port));
    slots_exhaust(pair.client, port->outbound);
    pthread_create(&thread, NULL, call_main, &pair.client);
    while (!atom_load(&port->outbound->n_slot_waiters))
        sched_yield();
    /* The server takes what was given up, which returns the slots; then the request comes. */
    do
        ck_ok(port_take(pair.connection, &message));
    while (!message_has(&message, 4, 2));
    ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
    pthread_join(thread, &status);
    ck_assert_uint_eq((uintptr_t)status, STATUS_SUCCESS);
    ck_assert_uint_eq(port->outbound->n_slot_waiters, 0);
    port_unref(port);
    pair_close(&pair);
}
END_TEST

static const struct outlane *lane_of(handle_t client)
{
    const struct outlane *lane;
    struct port *port;

    ck_ok(handle_get_port(client, &port));
    lane = port->outbound->current;
    port_unref(port);
    return lane;
}

static void *request_main(void *argument)
{
    struct test_message *request = calloc(2, sizeof(*request));

    message_fill(request, 8, 1);
    ck_status(port_call(*(handle_t *)argument, request, request + 1), STATUS_PORT_DISCONNECTED);
    free(request);
    return NULL;
}

/* A connection ends while a request waits in it: received and unanswered, or perhaps not even
 * received. */
static void end_with_a_request(handle_t connection, bool is_received)
{
    handle_t server, client = pair_connect(connection, name, 1, &server);
    pthread_t thread;

    pthread_create(&thread, NULL, request_main, &client);
    if (is_received)
        ck_ok(port_take(connection, &message));
    ck_ok(portico_close(is_received ? client : server));
    pthread_join(thread, NULL);
    ck_ok(portico_close(is_received ? server : client));
    while (port_receive_for(connection, &message, PORTICO_POLL, NULL) == STATUS_SUCCESS)
        ; /* what has come of it */
}

START_TEST(the_slots_of_requests_whose_connection_has_ended_come_back)
{
    struct pair pair = pair_make(name);
    const struct outlane *lane = lane_of(pair.client);

    for (unsigned i = 0; i < 3 * LANE_SLOTS_MAX; i++)
        end_with_a_request(pair.connection, i % 2);
    ck_assert_ptr_eq(lane_of(pair.client), lane); /* it has not run out of them */
    pair_close(&pair);
}
END_TEST

enum { UNREADABLE_BYTES = 33 };

static bool copy_but_some(void *destination, const void *source, size_t size)
{
    if (size == UNREADABLE_BYTES)
        return false;
    memcpy(destination, source, size);
    return true;
}

/* Of the lane back to the client. */
static uint64_t slots_taken_by(handle_t server)
{
    struct return_way way;
    struct port *port;
    uint64_t taken;

    ck_ok(handle_get_port(server, &port));
    ck_ok(receiver_return_way(port->receiver, port, port->connection, port->generation, &way));
    taken = slots_taken(&way.outbound->current->slots);
    outbound_leave(way.outbound);
    port_unref(port);
    return taken;
}

/* Sync, of bytes that cannot be read: `sent` is a request, or the message that it answers. */
static void fail_to_send(handle_t port, const struct test_message *sent)
{
    struct test_message *copy = calloc(2, sizeof(*copy));

    copy->header = sent->header;
    copy->header.data_length = UNREADABLE_BYTES;
    copy->header.total_length = UNREADABLE_BYTES + sizeof(copy->header);
    ck_status(port_call(port, copy, copy + 1), STATUS_ACCESS_VIOLATION);
    free(copy);
}

START_TEST(what_could_not_be_sent_leaves_its_slot_to_the_next)
{
    struct portico_hooks hooks = {.copy_in = copy_but_some};
    const struct outlane *lane;
    struct pair pair;
    pthread_t thread;
    void *status;

    ck_ok(portico_start(&hooks));
    pair = pair_make(name);
    lane = lane_of(pair.client);
    message_fill(&message, 4, 1);
    for (unsigned i = 0; i < 3; i++)
        fail_to_send(pair.client, &message);
    ck_assert_uint_eq(slots_taken(&lane->slots), 0);
    pthread_create(&thread, NULL, call_main, &pair.client);
    ck_ok(port_take(pair.connection, &message));
    for (unsigned i = 0; i < 3; i++)
        fail_to_send(pair.connection, &message);
    ck_assert_uint_eq(slots_taken_by(pair.server), 0);
    ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
    pthread_join(thread, &status);
    ck_assert_uint_eq((uintptr_t)status, STATUS_SUCCESS);
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
    UNIT_TEST(a_request_without_a_slot_goes_on_when_a_given_up_one_comes_back);
    UNIT_TEST(the_slots_of_requests_whose_connection_has_ended_come_back);
    UNIT_TEST(what_could_not_be_sent_leaves_its_slot_to_the_next);
    return DAEMON_END(UNIT_END());
}
