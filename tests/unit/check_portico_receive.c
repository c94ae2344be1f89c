/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <sched.h>
#include <stdatomic.h>

#include "alpc/view.h"
#include "daemon.h"
#include "lane/atomics.h"
#include "lane/sys.h"
#include "portico/handle.h"
#include "portico/local_port.h"
#include "portico/receiver.h"

static const char name[] = "\\RPC Control\\receive";
static struct test_message message;

START_TEST(a_message_too_large_for_the_buffer_stays_first_in_line)
{
    static const size_t sizes[] = {1, 512, 513, 5000, 65495};

    for (unsigned i = 0; i < 5; i++) {
        struct pair pair = pair_make(name);
        struct portico_exchange exchange = {.receive = &message.header, .capacity = 39 + sizes[i]};

        message_fill(&message, sizes[i], i);
        ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
        message_fill(&message, 0, i);
        ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
        ck_status(portico_port_exchange(pair.connection, &exchange), STATUS_BUFFER_TOO_SMALL);
        ck_assert_uint_eq(exchange.ret_size, sizes[i] + 40);
        exchange.capacity = i; /* less than a header */
        ck_status(portico_port_exchange(pair.connection, &exchange), STATUS_BUFFER_TOO_SMALL);
        ck_assert_uint_eq(exchange.ret_size, sizes[i] + 40);
        exchange.capacity = 40 + sizes[i];
        ck_ok(portico_port_exchange(pair.connection, &exchange));
        ck_assert(message_has(&message, sizes[i], i));
        ck_ok(portico_port_exchange(pair.connection, &exchange));
        ck_assert_uint_eq(message.header.data_length, 0);
        pair_close(&pair);
    }
}
END_TEST

START_TEST(a_receive_waits_no_longer_than_its_deadline)
{
    struct pair pair = pair_make(name);
    int64_t deadline = (int64_t)sys_now_ns() + 5000000;

    ck_status(port_receive_for(pair.connection, &message, deadline, NULL), STATUS_TIMEOUT);
    ck_assert_int_ge((int64_t)sys_now_ns(), deadline);
    ck_status(port_receive_for(pair.client, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    pair_close(&pair);
}
END_TEST

struct receiver_thread {
    handle_t port;
    uint32_t flags;
    struct portico_thread *_Atomic thread;
    status_t status;
    struct test_message message;
};

static void *receive_main(void *argument)
{
    struct receiver_thread *receiver = argument;
    struct portico_exchange exchange = {.flags = receiver->flags,
                                        .receive = &receiver->message.header,
                                        .capacity = sizeof(receiver->message),
                                        .deadline_ns = PORTICO_FOREVER};

    receiver->thread = portico_thread_current();
    receiver->status = portico_port_exchange(receiver->port, &exchange);
    return NULL;
}

START_TEST(an_interruption_ends_an_alertable_receive_whenever_it_comes)
{
    struct pair pair = pair_make(name);
    static struct receiver_thread receiver;
    pthread_t thread;

    for (int i = 0; i < 200; i++) {
        receiver.port = i % 2 ? pair.server : pair.connection;
        receiver.flags = PORTICO_ALERTABLE;
        receiver.thread = NULL;
        pthread_create(&thread, NULL, receive_main, &receiver);
        while (!receiver.thread)
            sched_yield();
        portico_thread_interrupt(receiver.thread);
        pthread_join(thread, NULL);
        ck_status(receiver.status, STATUS_ALERTED);
    }
    pair_close(&pair);
}
END_TEST

START_TEST(an_interruption_does_not_end_a_receive_that_is_not_alertable)
{
    struct pair pair = pair_make(name);
    static struct receiver_thread receiver;
    pthread_t thread;

    receiver.port = pair.connection;
    pthread_create(&thread, NULL, receive_main, &receiver);
    while (!receiver.thread)
        sched_yield();
    for (int i = 0; i < 20; i++)
        portico_thread_interrupt(receiver.thread);
    message_fill(&message, 9, 1);
    ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    pthread_join(thread, NULL);
    ck_ok(receiver.status);
    ck_assert(message_has(&receiver.message, 9, 1));
    pair_close(&pair);
}
END_TEST

START_TEST(closing_the_connection_port_ends_its_receivers)
{
    for (int i = 0; i < 30; i++) {
        struct receiver_thread *receivers = calloc(3, sizeof(*receivers));
        pthread_t threads[3];
        handle_t connection;

        daemon_connect();
        ck_ok(port_make(name, &connection));
        for (int j = 0; j < 3; j++) {
            receivers[j].port = connection;
            pthread_create(&threads[j], NULL, receive_main, &receivers[j]);
        }
        for (int j = 0; j < 3; j++)
            while (!receivers[j].thread)
                sched_yield();
        ck_ok(portico_close(connection));
        for (int j = 0; j < 3; j++) {
            pthread_join(threads[j], NULL);
            ck_assert_uint_ge(receivers[j].status, 0xc0000000);
        }
        free(receivers);
    }
}
END_TEST

/* Writable are the header and `room` bytes of data. */
static status_t receive_short_of(handle_t port, size_t room, size_t capacity)
{
    struct portico_exchange exchange = {.receive = &message.header, .capacity = capacity};

    unwritable.from = message.data + room;
    unwritable.to = unwritable.from + 1;
    status_t status = portico_port_exchange(port, &exchange);
    unwritable.from = unwritable.to = NULL;
    return status;
}

START_TEST(memory_that_cannot_be_written_loses_nothing)
{
    static const size_t sizes[] = {1, 512, 513, 5000, 65495};
    struct pair pair = pair_make(name);

    for (unsigned i = 0; i < 5; i++) {
        message_fill(&message, sizes[i], i);
        ck_ok(port_send(pair.client, i % 2 ? PORTICO_RELEASE : 0, &message));
    }
    for (unsigned i = 0; i < 5; i++) {
        struct portico_attributes attributes = {.wanted = PORTICO_ATTRIBUTE_CONTEXT};

        ck_status(receive_short_of(pair.connection, sizes[i] - 1, sizeof(message)),
                  STATUS_ACCESS_VIOLATION);
        ck_status(receive_short_of(pair.connection, 0, SIZE_MAX), STATUS_ACCESS_VIOLATION);
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, &attributes));
        ck_assert(message_has(&message, sizes[i], i));
        ck_assert_uint_eq(attributes.context.sequence, i + 1);
    }
    ck_status(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    pair_close(&pair);
}
END_TEST

START_TEST(a_close_is_not_lost_to_a_buffer_that_is_too_small_or_bad)
{
    struct pair pair = pair_make(name);
    struct portico_exchange exchange = {.receive = &message.header,
                                        .capacity = sizeof(message.header) + 7,
                                        .deadline_ns = PORTICO_FOREVER};

    ck_ok(portico_close(pair.client));
    message.data[7] = 0x55;
    ck_status(portico_port_exchange(pair.connection, &exchange), STATUS_BUFFER_TOO_SMALL);
    ck_assert_uint_eq(message.data[7], 0x55);
    ck_status(receive_short_of(pair.connection, 7, sizeof(message)), STATUS_ACCESS_VIOLATION);
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_PORT_CLOSED);
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.connection));
}
END_TEST

START_TEST(who_asks_for_the_size_only_loses_no_notice)
{
    struct pair pair = pair_make(name);
    struct portico_exchange exchange = {.receive = &message.header, .capacity = 1};

    message_fill(&message, 100, 1);
    ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    ck_ok(portico_close(pair.client));
    for (unsigned i = 0; i < 2; i++) {
        ck_status(portico_port_exchange(pair.connection, &exchange), STATUS_BUFFER_TOO_SMALL);
        ck_assert_uint_eq(exchange.ret_size, 40); /* empty: its client has gone */
    }
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_CANCELED);
    ck_status(portico_port_exchange(pair.connection, &exchange), STATUS_BUFFER_TOO_SMALL);
    ck_assert_uint_eq(exchange.ret_size, 48);
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type & 0xff, PORTICO_TYPE_PORT_CLOSED);
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.connection));
}
END_TEST

START_TEST(memory_that_goes_while_the_receiver_sleeps_loses_nothing)
{
    struct pair pair = pair_make(name);
    static struct receiver_thread receiver;
    pthread_t thread;

    for (unsigned i = 0; i < 20; i++) {
        receiver = (struct receiver_thread){.port = pair.connection};
        pthread_create(&thread, NULL, receive_main, &receiver);
        while (!receiver.thread)
            sched_yield();
        unwritable.to = receiver.message.data + 1;
        unwritable.from = receiver.message.data;
        message_fill(&message, 1000, i);
        ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
        pthread_join(thread, NULL);
        unwritable.from = unwritable.to = NULL;
        ck_status(receiver.status, STATUS_ACCESS_VIOLATION);
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
        ck_assert(message_has(&message, 1000, i));
    }
    pair_close(&pair);
}
END_TEST

static void *receive_for_server_main(void *argument)
{
    static struct test_message received;
    struct portico_exchange exchange = {.legacy = PORTICO_LEGACY_REPLY,
                                        .receive = &received.header,
                                        .capacity = sizeof(received),
                                        .deadline_ns = PORTICO_FOREVER};

    return (void *)(uintptr_t)portico_port_exchange(*(handle_t *)argument, &exchange);
}

static bool has_waiter(struct port_view *view)
{
    ck_assert(port_lock(view));
    bool has = view->at.memory->n_waiters;
    port_unlock(view);
    return has;
}

/* The notice of the end, alone (another receiver may have taken the message that tells of it),
 * after the thread has looked and found neither a message nor the end. */
START_TEST(an_end_noticed_after_the_look_ends_a_legacy_receive_by_the_server_port)
{
    struct pair pair = pair_make(name);
    struct connection_closed_notice notice = {.status = STATUS_PORT_DISCONNECTED};
    struct port *port;
    pthread_t thread;
    void *status;

    ck_ok(handle_get_port(pair.server, &port));
    notice.port_id = receiver_id(port->receiver);
    notice.connection = port->connection;
    notice.generation = port->generation;
    pthread_create(&thread, NULL, receive_for_server_main, &pair.server);
    while (!has_waiter(&port->receiver->view))
        sched_yield();
    port_connection_closed(&notice);
    pthread_join(thread, &status);
    ck_assert_uint_eq((uintptr_t)status, STATUS_PORT_DISCONNECTED);
    ck_assert_uint_eq(port->receiver->view.at.memory->n_waiters, 0);
    port_unref(port);
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico receive");
    UNIT_TEST(a_message_too_large_for_the_buffer_stays_first_in_line);
    UNIT_TEST(a_receive_waits_no_longer_than_its_deadline);
    UNIT_TEST(an_interruption_ends_an_alertable_receive_whenever_it_comes);
    UNIT_TEST(an_interruption_does_not_end_a_receive_that_is_not_alertable);
    UNIT_TEST(closing_the_connection_port_ends_its_receivers);
    UNIT_TEST(an_end_noticed_after_the_look_ends_a_legacy_receive_by_the_server_port);
    UNIT_TEST(memory_that_cannot_be_written_loses_nothing);
    UNIT_TEST(a_close_is_not_lost_to_a_buffer_that_is_too_small_or_bad);
    UNIT_TEST(who_asks_for_the_size_only_loses_no_notice);
    UNIT_TEST(memory_that_goes_while_the_receiver_sleeps_loses_nothing);
    return DAEMON_END(UNIT_END());
}
