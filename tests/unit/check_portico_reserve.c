/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "portico/reserve.h"
#include "portico/lane.h"

#include "daemon.h"

#define SIZE 1000u

static const char name[] = "\\RPC Control\\reserve";
static struct test_message message;

static status_t send_with(handle_t port, uint32_t flags, uint32_t id, size_t size)
{
    message_fill(&message, size, 7);
    message.header.message_id = id;
    return port_send(port, flags, &message);
}

static status_t call_with(handle_t port, uint32_t id, int64_t deadline_ns)
{
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &message.header,
                                        .receive = &message.header,
                                        .capacity = sizeof(message),
                                        .deadline_ns = deadline_ns};

    message_fill(&message, SIZE, 7);
    message.header.message_id = id;
    return portico_port_exchange(port, &exchange);
}

START_TEST(a_reserve_is_good_for_one_datagram_at_a_time)
{
    struct pair pair = pair_make(name);
    uint32_t id;

    ck_ok(portico_reserve_create(pair.client, SIZE, &id));
    ck_assert(id & RESERVE_ID_BIT);
    for (int i = 0; i < 100; i++) {
        ck_ok(send_with(pair.client, PORTICO_RELEASE, id, SIZE));
        ck_status(send_with(pair.client, PORTICO_RELEASE, id, SIZE), STATUS_RESOURCE_IN_USE);
        ck_ok(port_take(pair.connection, &message));
        ck_assert_uint_eq(message.header.type, PORTICO_TYPE_DATAGRAM);
        ck_assert_uint_eq(message.header.message_id & RESERVE_ID_BIT, 0);
        ck_assert(message_has(&message, SIZE, 7));
    }
    ck_ok(portico_reserve_delete(pair.client, id));
    pair_close(&pair);
}
END_TEST

START_TEST(an_asynchronous_request_holds_its_reserve_until_it_is_released)
{
    struct pair pair = pair_make(name);
    uint32_t id;

    ck_ok(portico_reserve_create(pair.client, SIZE, &id));
    ck_ok(send_with(pair.client, 0, id, SIZE));
    ck_ok(port_take(pair.connection, &message));
    ck_ok(port_send(pair.connection, 0, &message)); /* answered, not released */
    ck_status(send_with(pair.client, 0, id, SIZE), STATUS_RESOURCE_IN_USE);
    ck_ok(port_take(pair.client, &message));
    ck_status(send_with(pair.client, 0, id, SIZE), STATUS_RESOURCE_IN_USE);
    message_set(&message, 0);
    pair_close(&pair);
}
END_TEST

START_TEST(the_end_of_a_message_frees_its_reserve)
{
    struct pair pair = pair_make(name);
    struct test_message answer;
    uint32_t id;

    ck_ok(portico_reserve_create(pair.client, SIZE, &id));
    for (int i = 0; i < 20; i++) {
        ck_ok(send_with(pair.client, 0, id, SIZE));
        ck_ok(port_take(pair.connection, &answer));
        ck_ok(port_send(pair.connection, PORTICO_RELEASE, &answer));
        ck_status(send_with(pair.client, 0, id, SIZE), STATUS_RESOURCE_IN_USE); /* unreceived */
        ck_ok(port_take(pair.client, &answer));
    }
    ck_ok(send_with(pair.client, 0, id, SIZE));
    ck_ok(port_take(pair.connection, &answer));
    ck_status(portico_port_cancel(pair.connection, 0, answer.header.message_id, 0, 0),
              STATUS_PENDING);
    ck_ok(port_take(pair.client, &answer));
    ck_assert_uint_eq(answer.header.type, PORTICO_TYPE_CANCELED);
    ck_ok(send_with(pair.client, PORTICO_RELEASE, id, SIZE));
    pair_close(&pair);
}
END_TEST

struct server {
    pthread_t thread;
    handle_t connection;
    uint32_t flags;
};

static void *answer_one(void *argument)
{
    struct server *server = argument;
    struct test_message *request = malloc(sizeof(*request));

    if (port_take(server->connection, request) == STATUS_SUCCESS)
        (void)!port_send(server->connection, server->flags, request);
    free(request);
    return NULL;
}

static status_t call_answered(const struct pair *pair, uint32_t id, uint32_t flags)
{
    struct server server = {.connection = pair->connection, .flags = flags};
    status_t status;

    pthread_create(&server.thread, NULL, answer_one, &server);
    status = call_with(pair->client, id, PORTICO_FOREVER);
    pthread_join(server.thread, NULL);
    return status;
}

START_TEST(a_sync_request_frees_its_reserve_with_its_reply)
{
    struct pair pair = pair_make(name);
    uint32_t id;

    ck_ok(portico_reserve_create(pair.client, SIZE, &id));
    for (int i = 0; i < 20; i++) {
        ck_ok(call_answered(&pair, id, PORTICO_RELEASE));
        ck_assert(message_has(&message, SIZE, 7));
    }
    ck_ok(call_answered(&pair, id, 0)); /* a continuation: the message lives on at the client */
    struct test_message held = message;
    ck_status(send_with(pair.client, 0, id, SIZE), STATUS_RESOURCE_IN_USE);
    ck_ok(port_send(pair.client, PORTICO_RELEASE, &held));
    ck_ok(send_with(pair.client, 0, id, SIZE));
    pair_close(&pair);
}
END_TEST

START_TEST(a_sync_request_that_timed_out_holds_its_reserve_until_the_receiver_knows)
{
    struct pair pair = pair_make(name);
    uint32_t id;

    ck_ok(portico_reserve_create(pair.client, SIZE, &id));
    ck_status(call_with(pair.client, id, PORTICO_POLL), STATUS_TIMEOUT);
    ck_status(send_with(pair.client, 0, id, SIZE), STATUS_RESOURCE_IN_USE);
    while (port_receive_for(pair.connection, &message, PORTICO_POLL, NULL) == STATUS_SUCCESS)
        ;
    ck_ok(send_with(pair.client, 0, id, SIZE));
    pair_close(&pair);
}
END_TEST

START_TEST(reserves_that_are_none)
{
    struct pair pair = pair_make(name);
    uint32_t id, other;

    ck_status(portico_reserve_create(pair.client, PORTICO_MESSAGE_DATA_MAX + 1, &id),
              STATUS_BUFFER_OVERFLOW);
    ck_status(portico_reserve_create(0x7ff0, SIZE, &id), STATUS_INVALID_HANDLE);
    ck_status(send_with(pair.client, 0, 0x80001234, 10), STATUS_OBJECTID_NOT_FOUND);
    ck_status(portico_reserve_delete(pair.client, 0x80001234), STATUS_OBJECTID_NOT_FOUND);
    ck_ok(portico_reserve_create(pair.client, SIZE, &id));
    ck_ok(portico_reserve_create(pair.client, SIZE, &other));
    ck_assert_uint_ne(id, other);
    ck_status(send_with(pair.client, 0, id, SIZE + 1), STATUS_PORT_MESSAGE_TOO_LONG);
    ck_status(send_with(pair.server, 0, id, SIZE), STATUS_OBJECTID_NOT_FOUND); /* another port's */
    ck_ok(portico_reserve_create(pair.connection, SIZE, &other));
    ck_status(send_with(pair.connection, 0, other, SIZE), STATUS_ACCESS_DENIED);
    ck_ok(portico_reserve_delete(pair.client, id));
    ck_status(portico_reserve_delete(pair.client, id), STATUS_OBJECTID_NOT_FOUND);
    ck_status(send_with(pair.client, 0, id, SIZE), STATUS_OBJECTID_NOT_FOUND);
    pair_close(&pair);
}
END_TEST

START_TEST(a_reserve_whose_message_lives_can_be_deleted)
{
    struct pair pair = pair_make(name);
    uint32_t id;

    ck_ok(portico_reserve_create(pair.client, SIZE, &id));
    ck_ok(send_with(pair.client, 0, id, SIZE));
    ck_ok(portico_reserve_delete(pair.client, id));
    ck_ok(port_take(pair.connection, &message));
    ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
    ck_ok(port_take(pair.client, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_REPLY);
    pair_close(&pair);
}
END_TEST

/* A pair whose lanes cannot grow beyond `max_pool`. */
static struct pair limited_pair(uint64_t max_pool)
{
    struct port_attributes attributes = test_attributes;
    struct portico_name wide = test_name(name);
    struct pair pair;

    daemon_connect();
    attributes.max_pool_usage = max_pool;
    ck_ok(portico_port_create(&wide, &attributes, &pair.connection));
    pair.client = pair_connect(pair.connection, name, 0x1234, &pair.server);
    return pair;
}

static uint32_t fill_lane(handle_t client, size_t size)
{
    uint32_t n = 0;
    status_t status;

    while ((status = send_with(client, PORTICO_RELEASE, 0, size)) == STATUS_SUCCESS)
        n++;
    ck_status(status, STATUS_QUOTA_EXCEEDED);
    return n;
}

START_TEST(a_reserve_goes_through_when_nothing_else_does)
{
    static const uint32_t sizes[] = {0, SIZE, 30000, PORTICO_MESSAGE_DATA_MAX};

    for (unsigned k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
        struct pair pair = limited_pair(1u << 20);
        uint32_t id, n;

        ck_ok(portico_reserve_create(pair.client, sizes[k], &id));
        n = fill_lane(pair.client, 3000);
        for (int round = 0; round < 3; round++) {
            ck_ok(send_with(pair.client, PORTICO_RELEASE, id, sizes[k]));
            ck_status(send_with(pair.client, PORTICO_RELEASE, 0, 3000), STATUS_QUOTA_EXCEEDED);
            for (uint32_t i = 0; i < n; i++) {
                ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
                ck_assert(message_has(&message, 3000, 7));
            }
            ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
            ck_assert(message_has(&message, sizes[k], 7));
            ck_status(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL),
                      STATUS_TIMEOUT);
            n = fill_lane(pair.client, 3000);
        }
        pair_close(&pair);
    }
}
END_TEST

START_TEST(many_reserves_go_through_together)
{
    struct pair pair = limited_pair(8u << 20);
    uint32_t ids[40], n;

    for (int i = 0; i < 40; i++)
        ck_ok(portico_reserve_create(pair.client, 20000, &ids[i]));
    n = fill_lane(pair.client, 777);
    for (int i = 0; i < 40; i++)
        ck_ok(send_with(pair.client, i & 1 ? 0 : PORTICO_RELEASE, ids[i], 20000));
    for (uint32_t i = 0; i < n; i++)
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
    for (int i = 0; i < 40; i++) {
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
        ck_assert(message_has(&message, 20000, 7));
    }
    pair_close(&pair);
}
END_TEST

/* Each datagram that was sent with a reserve keeps a slot of the lane till it is received. */
START_TEST(a_datagram_with_a_reserve_does_not_wait_for_a_slot)
{
    struct pair pair = limited_pair(1u << 20);
    status_t status = STATUS_SUCCESS;
    uint32_t id, n_sent = 0;

    while (status == STATUS_SUCCESS && n_sent < 4096) {
        ck_ok(portico_reserve_create(pair.client, 0, &id));
        status = send_with(pair.client, PORTICO_RELEASE, id, 0);
        n_sent += status == STATUS_SUCCESS;
    }
    ck_status(status, STATUS_INSUFFICIENT_RESOURCES);
    ck_assert_uint_ge(n_sent, LANE_SLOTS_MAX);
    for (uint32_t i = 0; i < n_sent; i++)
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
    ck_ok(send_with(pair.client, PORTICO_RELEASE, id, 0)); /* the refused one has lost nothing */
    pair_close(&pair);
}
END_TEST

START_TEST(a_reserve_that_the_limit_has_no_room_for_is_refused)
{
    struct pair pair = limited_pair(1u << 18);
    uint32_t id, n = 0;
    status_t status;

    while ((status = portico_reserve_create(pair.client, 10000, &id)) == STATUS_SUCCESS)
        n++;
    ck_status(status, STATUS_QUOTA_EXCEEDED);
    ck_assert_uint_gt(n, 3);
    ck_ok(portico_reserve_delete(pair.client, id)); /* the last one that was made */
    ck_ok(portico_reserve_create(pair.client, 10000, &id));
    pair_close(&pair);
}
END_TEST

START_TEST(reserves_of_a_port_that_cannot_send_yet_find_their_room_later)
{
    struct portico_connect connect = {.name = test_name(name), .attributes = &test_attributes};
    handle_t connection, client, server;
    uint32_t id;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    ck_ok(portico_port_connect(&connect, &client));
    ck_ok(portico_reserve_create(client, SIZE, &id));
    ck_status(send_with(client, 0, id, SIZE), STATUS_LPC_REQUESTS_NOT_ALLOWED);
    ck_ok(port_take(connection, &message));
    ck_ok(portico_port_accept(connection, &test_attributes, 0, &message.header, true, &server));
    ck_ok(port_take(client, &message));
    ck_ok(send_with(client, PORTICO_RELEASE, id, SIZE));
    ck_ok(port_take(connection, &message));
    ck_ok(portico_close(client));
    ck_ok(portico_close(server));
    ck_ok(portico_close(connection));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico reserve");
    UNIT_TEST(a_reserve_is_good_for_one_datagram_at_a_time);
    UNIT_TEST(an_asynchronous_request_holds_its_reserve_until_it_is_released);
    UNIT_TEST(the_end_of_a_message_frees_its_reserve);
    UNIT_TEST(a_sync_request_frees_its_reserve_with_its_reply);
    UNIT_TEST(a_sync_request_that_timed_out_holds_its_reserve_until_the_receiver_knows);
    UNIT_TEST(reserves_that_are_none);
    UNIT_TEST(a_reserve_whose_message_lives_can_be_deleted);
    UNIT_TEST(a_reserve_goes_through_when_nothing_else_does);
    UNIT_TEST(many_reserves_go_through_together);
    UNIT_TEST(a_datagram_with_a_reserve_does_not_wait_for_a_slot);
    UNIT_TEST(a_reserve_that_the_limit_has_no_room_for_is_refused);
    UNIT_TEST(reserves_of_a_port_that_cannot_send_yet_find_their_room_later);
    return DAEMON_END(UNIT_END());
}
