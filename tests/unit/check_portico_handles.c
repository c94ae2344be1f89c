/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "daemon.h"
#include "portico/handle.h"
#include "portico/local_port.h"
#include "portico/outbound.h"

#define ALLOW_DUP   0x00080000u
#define MULTIHANDLE 0x02000000u
#define EVENT       0x10u

static const char name[] = "\\RPC Control\\handles";
static struct port_attributes attributes;
static struct pair pair;
static handle_t event; /* the sender's */
static struct test_message message, reply;

struct server_thread {
    pthread_t thread;
    status_t status;
    uint32_t flags; /* of the answer */
    uint32_t n_handles;
};

static void *accept_main(void *argument)
{
    status_t *status = argument;
    static struct test_message request;

    *status = port_take(pair.connection, &request);
    if (*status == STATUS_SUCCESS)
        *status = portico_port_accept(pair.connection, &attributes, 0, &request.header, true,
                                      &pair.server);
    return NULL;
}

static void start(uint32_t flags)
{
    struct portico_name wide = test_name(name);
    struct portico_connect connect = {.name = wide,
                                      .attributes = &attributes,
                                      .flags = PORTICO_SYNC,
                                      .deadline_ns = PORTICO_FOREVER};
    struct event_create_request request = {.access = 0x1f0003, .manual_reset = 1};
    struct event_create_reply created;
    struct objattr none = {0};
    struct call_extra extra = {.objattr = &none};
    pthread_t thread;
    status_t status;

    daemon_connect();
    attributes = test_attributes;
    attributes.flags = flags;
    attributes.dup_object_types = 0xffd;
    ck_ok(portico_port_create(&wide, &attributes, &pair.connection));
    ck_assert_int_eq(pthread_create(&thread, NULL, accept_main, &status), 0);
    ck_ok(portico_port_connect(&connect, &pair.client));
    pthread_join(thread, NULL);
    ck_ok(status);
    ck_ok(call_event_create(portico_control(), &request, &created, &extra));
    event = created.handle;
}

static void end(void)
{
    ck_ok(portico_close(event));
    pair_close(&pair);
}

/* Handles of the event, those under way counted. */
static uint32_t n_handles(void)
{
    struct handle_query_request request = {.handle = event};
    struct handle_query_reply asked;

    ck_ok(call_handle_query(portico_control(), &request, &asked, NULL));
    return asked.n_handles;
}

static struct handle_offer offers[4];

static struct portico_attributes carrying(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        offers[i] = (struct handle_offer){.flags = HANDLE_OFFER_SAME_ACCESS, .handle = event};
    return (struct portico_attributes){.valid = PORTICO_ATTRIBUTE_HANDLE,
                                       .handles = {.offers = offers, .n = n}};
}

static status_t send_with(handle_t port, uint32_t flags, uint32_t n, struct test_message *what)
{
    struct portico_attributes sent = carrying(n);
    struct portico_exchange exchange = {
        .flags = flags, .send = &what->header, .send_attributes = &sent};

    return portico_port_exchange(port, &exchange);
}

static status_t take_wanting(handle_t port, uint32_t wanted, struct portico_attributes *ret_got)
{
    *ret_got = (struct portico_attributes){.wanted = wanted};
    return port_receive_for(port, &message, PORTICO_FOREVER, ret_got);
}

static void answer(uint32_t flags)
{
    message.header.data_length = 0;
    message.header.total_length = sizeof(message.header);
    ck_ok(port_send(pair.connection, flags, &message));
}

START_TEST(a_datagram_with_a_handle_waits_for_its_release)
{
    struct portico_attributes got;
    struct portico_message_handle again;
    struct event_change_reply changed;

    start(ALLOW_DUP);
    message_set(&message, 3);
    ck_ok(send_with(pair.client, PORTICO_RELEASE, 1, &message));
    ck_assert_uint_eq(n_handles(), 2);
    ck_ok(take_wanting(pair.connection, PORTICO_ATTRIBUTE_HANDLE, &got));
    ck_assert_uint_eq(message.header.type,
                      PORTICO_TYPE_DATAGRAM | PORTICO_TYPE_CONTINUATION_REQUIRED);
    ck_assert_uint_eq(got.valid, PORTICO_ATTRIBUTE_HANDLE);
    ck_assert_uint_eq(got.handles.n, 1);
    ck_assert_uint_eq(got.handles.type, EVENT);
    ck_assert_uint_eq(got.handles.access, 0x1f0003);
    ck_assert_uint_ne(got.handles.handle, event);
    struct event_change_request change = {.handle = got.handles.handle, .change = EVENT_CHANGE_SET};
    ck_ok(call_event_change(portico_control(), &change, &changed, NULL));
    /* It came whole: nothing is left to fetch. */
    ck_status(portico_message_handle(pair.connection, message.header.message_id, 0, &again),
              STATUS_HANDLE_NO_LONGER_VALID);
    answer(PORTICO_RELEASE);
    ck_assert_uint_eq(n_handles(), 2);
    ck_ok(portico_close(got.handles.handle));
    end();
}
END_TEST

START_TEST(a_port_for_several_fetches_each_as_often_as_it_likes)
{
    struct portico_attributes got;
    struct portico_message_handle one;

    start(ALLOW_DUP | MULTIHANDLE);
    message_set(&message, 3);
    ck_ok(send_with(pair.client, 0, 3, &message));
    ck_ok(take_wanting(pair.connection, PORTICO_ATTRIBUTE_HANDLE, &got));
    ck_assert_uint_eq(got.valid, PORTICO_ATTRIBUTE_HANDLE);
    ck_assert_uint_eq(got.handles.n, 3);
    ck_assert_uint_eq(got.handles.handle, 0);
    ck_assert_uint_eq(n_handles(), 4);
    for (int i = 0; i < 2; i++) {
        ck_ok(portico_message_handle(pair.connection, message.header.message_id, 2, &one));
        ck_assert_uint_eq(one.type, EVENT);
        ck_assert_uint_eq(n_handles(), 5 + (uint32_t)i);
    }
    ck_status(portico_message_handle(pair.connection, message.header.message_id, 3, &one),
              STATUS_INVALID_PARAMETER);
    answer(0);
    ck_assert_uint_eq(n_handles(), 3); /* ours and the two fetched */
    ck_status(portico_message_handle(pair.connection, message.header.message_id, 0, &one),
              STATUS_HANDLE_NO_LONGER_VALID);
    end();
}
END_TEST

START_TEST(what_was_not_wanted_stays_with_the_message)
{
    struct portico_message_handle one;

    start(ALLOW_DUP);
    message_set(&message, 3);
    ck_ok(send_with(pair.client, 0, 1, &message));
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(n_handles(), 2);
    ck_ok(portico_message_handle(pair.connection, message.header.message_id, 0, &one));
    answer(PORTICO_RELEASE);
    ck_assert_uint_eq(n_handles(), 2);
    end();
}
END_TEST

START_TEST(an_unread_message_that_is_cancelled_gives_its_handles_up)
{
    struct portico_attributes sent;
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &message.header,
                                        .send_attributes = &sent,
                                        .receive = &reply.header,
                                        .capacity = sizeof(reply),
                                        .deadline_ns = PORTICO_POLL};

    start(ALLOW_DUP);
    message_set(&message, 3);
    sent = carrying(1);
    ck_status(portico_port_exchange(pair.client, &exchange), STATUS_TIMEOUT);
    ck_assert_uint_eq(n_handles(), 1);
    end();
}
END_TEST

START_TEST(a_received_message_that_is_cancelled_gives_its_handles_up)
{
    start(ALLOW_DUP);
    message_set(&message, 3);
    ck_ok(send_with(pair.client, 0, 1, &message));
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(n_handles(), 2);
    ck_status(portico_port_cancel(pair.connection, 0, message.header.message_id,
                                  (uint32_t)message.header.callback_id, 0),
              STATUS_PENDING);
    ck_assert_uint_eq(n_handles(), 1);
    end();
}
END_TEST

START_TEST(the_end_of_the_connection_gives_all_up)
{
    start(ALLOW_DUP);
    message_set(&message, 3);
    for (int i = 0; i < 3; i++)
        ck_ok(send_with(pair.client, 0, 1, &message));
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(n_handles(), 4);
    ck_ok(portico_port_disconnect(pair.client, 0));
    ck_assert_uint_eq(n_handles(), 1);
    end();
}
END_TEST

START_TEST(what_could_not_be_sent_holds_nothing)
{
    start(ALLOW_DUP);
    message_set(&message, 3);
    message.header.message_id = 12345;
    ck_status(send_with(pair.client, PORTICO_RELEASE, 1, &message), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_assert_uint_eq(n_handles(), 1);
    message_set(&message, 3);
    ck_status(send_with(pair.client, 0, 0, &message), STATUS_INVALID_HANDLE);
    ck_status(send_with(pair.client, 0, 2, &message), STATUS_LPC_HANDLE_COUNT_EXCEEDED);
    ck_assert_uint_eq(n_handles(), 1);
    end();
    start(0);
    ck_status(send_with(pair.client, 0, 1, &message), STATUS_ACCESS_DENIED);
    ck_assert_uint_eq(n_handles(), 1);
    end();
}
END_TEST

static void *answer_main(void *argument)
{
    struct server_thread *server = argument;

    server->status = port_take(pair.connection, &message);
    message.header.data_length = 0;
    message.header.total_length = sizeof(message.header);
    if (server->status == STATUS_SUCCESS)
        server->status = send_with(pair.connection, server->flags, server->n_handles, &message);
    return NULL;
}

static void call_for(uint32_t flags, uint32_t n, struct portico_attributes *ret_got)
{
    struct server_thread server = {.flags = flags, .n_handles = n};
    static struct test_message request;
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &request.header,
                                        .receive = &reply.header,
                                        .capacity = sizeof(reply),
                                        .receive_attributes = ret_got,
                                        .deadline_ns = PORTICO_FOREVER};

    *ret_got = (struct portico_attributes){.wanted = PORTICO_ATTRIBUTE_HANDLE};
    message_set(&request, 1);
    ck_assert_int_eq(pthread_create(&server.thread, NULL, answer_main, &server), 0);
    ck_ok(portico_port_exchange(pair.client, &exchange));
    pthread_join(server.thread, NULL);
    ck_ok(server.status);
}

START_TEST(an_answer_brings_handles_to_the_thread_that_waits)
{
    struct portico_attributes got;

    start(ALLOW_DUP);
    call_for(PORTICO_RELEASE, 1, &got);
    ck_assert_uint_eq(got.valid, PORTICO_ATTRIBUTE_HANDLE);
    ck_assert_uint_ne(got.handles.handle, 0);
    ck_assert_uint_eq(n_handles(), 2);
    end();
}
END_TEST

START_TEST(several_in_a_final_answer_can_still_be_fetched)
{
    struct portico_attributes got;
    struct portico_message_handle one;
    uint32_t first = 0;

    start(ALLOW_DUP | MULTIHANDLE);
    for (uint32_t i = 0; i < 65; i++) {
        call_for(PORTICO_RELEASE, 2, &got);
        ck_assert_uint_eq(got.handles.n, 2);
        if (!i)
            first = reply.header.message_id;
    }
    ck_ok(portico_message_handle(pair.client, reply.header.message_id, 1, &one));
    /* The oldest of so many have gone. */
    ck_status(portico_message_handle(pair.client, first, 1, &one), STATUS_HANDLE_NO_LONGER_VALID);
    ck_assert_uint_eq(n_handles(), 1 + 64 * 2 + 1);
    end();
}
END_TEST

/* The next request has the id of the last one, as after a round of ids. */
static void repeat_id(void)
{
    struct port *port;

    ck_ok(handle_get_port(pair.client, &port));
    port->outbound->next_id--;
    port_unref(port);
}

START_TEST(an_id_that_comes_again_names_the_newest_answer)
{
    struct portico_attributes got;
    struct portico_message_handle one;
    uint32_t first;

    start(ALLOW_DUP | MULTIHANDLE);
    call_for(PORTICO_RELEASE, 2, &got);
    first = reply.header.message_id;
    repeat_id();
    call_for(PORTICO_RELEASE, 3, &got);
    ck_assert_uint_eq(reply.header.message_id, first);
    ck_ok(portico_message_handle(pair.client, first, 2, &one));
    end();
}
END_TEST

START_TEST(an_answer_that_continues_keeps_its_handles_until_it_is_released)
{
    struct portico_attributes got;
    struct portico_message_handle one;

    start(ALLOW_DUP | MULTIHANDLE);
    call_for(0, 2, &got);
    ck_assert_uint_eq(reply.header.type, 0x2001);
    ck_assert_uint_eq(n_handles(), 3);
    ck_ok(portico_message_handle(pair.client, reply.header.message_id, 0, &one));
    reply.header.data_length = 0;
    reply.header.total_length = sizeof(reply.header);
    ck_ok(send_with(pair.client, 0, 0, &reply)); /* HANDLE with nothing in it: gives them back */
    ck_assert_uint_eq(n_handles(), 2);
    end();
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico handles");
    UNIT_TEST(a_datagram_with_a_handle_waits_for_its_release);
    UNIT_TEST(a_port_for_several_fetches_each_as_often_as_it_likes);
    UNIT_TEST(what_was_not_wanted_stays_with_the_message);
    UNIT_TEST(an_unread_message_that_is_cancelled_gives_its_handles_up);
    UNIT_TEST(a_received_message_that_is_cancelled_gives_its_handles_up);
    UNIT_TEST(the_end_of_the_connection_gives_all_up);
    UNIT_TEST(what_could_not_be_sent_holds_nothing);
    UNIT_TEST(an_answer_brings_handles_to_the_thread_that_waits);
    UNIT_TEST(several_in_a_final_answer_can_still_be_fetched);
    UNIT_TEST(an_id_that_comes_again_names_the_newest_answer);
    UNIT_TEST(an_answer_that_continues_keeps_its_handles_until_it_is_released);
    return DAEMON_END(UNIT_END());
}
