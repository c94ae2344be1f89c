/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Waits on ports' handles, as a dispatcher uses them. */

#include <sys/eventfd.h>

#include "daemon.h"

#define WAITABLE 0x00040000u

static const char name[] = "\\RPC Control\\watch";
static struct test_message message;
static int changes; /* an eventfd that counts them */

static void changed(void *context)
{
    ck_assert_ptr_eq(context, &changes);
    ck_assert_int_eq(eventfd_write(changes, 1), 0);
}

static struct portico_watch *watch_open(handle_t port)
{
    struct portico_watch *watch;

    ck_ok(portico_watch_open(port, changed, &changes, &watch));
    return watch;
}

/* Sleeps until the watch is signalled. */
static void watch_await(struct portico_watch *watch)
{
    eventfd_t n;

    while (!portico_watch_is_signaled(watch))
        ck_assert_int_eq(eventfd_read(changes, &n), 0);
}

static struct pair pair_make_with(uint32_t flags)
{
    struct port_attributes attributes = test_attributes;
    struct portico_name wide = test_name(name);
    struct pair pair;

    daemon_connect();
    changes = eventfd(0, EFD_CLOEXEC);
    attributes.flags = flags;
    ck_ok(portico_port_create(&wide, &attributes, &pair.connection));
    pair.client = pair_connect(pair.connection, name, 0x1234, &pair.server);
    return pair;
}

static void send_some(handle_t client, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        message_fill(&message, 8, i);
        ck_ok(port_send(client, PORTICO_RELEASE, &message));
    }
}

/* Making the pair may or may not have left a signal for the connection request: whether its
 * receiver had blocked is a matter of time. */
static void signals_clear(struct portico_watch *watch)
{
    while (portico_watch_take(watch))
        ;
}

START_TEST(each_queued_message_is_one_signal_which_only_a_wait_takes)
{
    struct pair pair = pair_make_with(WAITABLE);
    struct portico_watch *watch = watch_open(pair.connection);

    signals_clear(watch);
    ck_assert(!portico_watch_is_signaled(watch));
    send_some(pair.client, 3);
    for (unsigned i = 0; i < 3; i++) {
        watch_await(watch);
        ck_assert(portico_watch_take(watch));
    }
    ck_assert(!portico_watch_is_signaled(watch));
    ck_assert(!portico_watch_take(watch));
    for (unsigned i = 0; i < 3; i++) {
        ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
        ck_assert(message_has(&message, 8, i));
    }
    ck_assert(!portico_watch_is_signaled(watch));
    portico_watch_close(watch);
    pair_close(&pair);
}
END_TEST

START_TEST(what_is_queued_before_the_watch_is_signalled_at_once)
{
    struct pair pair = pair_make_with(WAITABLE);
    struct portico_watch *watch = watch_open(pair.connection);

    signals_clear(watch);
    portico_watch_close(watch);
    send_some(pair.client, 1);
    watch = watch_open(pair.connection);
    ck_assert(portico_watch_is_signaled(watch));
    ck_assert(portico_watch_take(watch));
    portico_watch_give(watch);
    ck_assert(portico_watch_take(watch));
    ck_assert(!portico_watch_take(watch));
    portico_watch_close(watch);
    pair_close(&pair);
}
END_TEST

START_TEST(a_message_that_a_poller_received_first_is_a_signal_too)
{
    struct pair pair = pair_make_with(WAITABLE);
    struct portico_watch *watch = watch_open(pair.connection);

    signals_clear(watch);
    send_some(pair.client, 1);
    ck_ok(port_receive_for(pair.connection, &message, PORTICO_POLL, NULL));
    watch_await(watch);
    ck_assert(portico_watch_take(watch));
    ck_assert(!portico_watch_take(watch));
    portico_watch_close(watch);
    pair_close(&pair);
}
END_TEST

START_TEST(two_watches_of_one_port_share_its_signals)
{
    struct pair pair = pair_make_with(WAITABLE);
    struct portico_watch *a = watch_open(pair.connection), *b = watch_open(pair.connection);
    struct portico_watch *other = watch_open(pair.client);

    ck_assert(portico_watch_is_same(a, b));
    ck_assert(!portico_watch_is_same(a, other));
    portico_watch_close(other);
    signals_clear(a);
    send_some(pair.client, 1);
    watch_await(b);
    ck_assert(portico_watch_take(a));
    ck_assert(!portico_watch_is_signaled(b));
    portico_watch_close(a);
    send_some(pair.client, 1);
    watch_await(b);
    portico_watch_close(b);
    pair_close(&pair);
}
END_TEST

START_TEST(a_port_that_is_not_waitable_is_always_signalled)
{
    struct pair pair = pair_make_with(0);
    struct portico_watch *watch = watch_open(pair.connection);

    ck_assert(portico_watch_is_signaled(watch));
    ck_assert(portico_watch_take(watch));
    ck_assert(portico_watch_take(watch));
    portico_watch_close(watch);
    pair_close(&pair);
}
END_TEST

START_TEST(the_end_of_the_port_signals_it_for_good)
{
    struct pair pair = pair_make_with(WAITABLE);
    struct portico_watch *watch = watch_open(pair.connection);

    signals_clear(watch);
    ck_ok(portico_close(pair.connection));
    watch_await(watch);
    ck_assert(portico_watch_take(watch));
    ck_assert(portico_watch_take(watch));
    portico_watch_close(watch);
    ck_ok(portico_close(pair.server));
    ck_ok(portico_close(pair.client));
}
END_TEST

START_TEST(a_followed_port_tells_of_answers_and_of_its_end)
{
    struct portico_exchange request = {.send = &message.header, .wants_id = true};
    struct pair pair = pair_make_with(0);
    struct portico_watch *watch;
    eventfd_t n;

    ck_ok(portico_watch_follow(pair.client, changed, &changes, &watch));
    for (unsigned i = 0; i < 2; i++) {
        message_fill(&message, 8, i);
        ck_ok(portico_port_exchange(pair.client, &request));
        ck_assert_uint_ne(request.ret_message_id, 0);
        ck_assert(portico_watch_is_outstanding(watch, request.ret_message_id));
        ck_ok(port_take(pair.connection, &message));
        ck_assert_uint_eq(message.header.message_id, request.ret_message_id);
        ck_assert(portico_watch_is_outstanding(watch, request.ret_message_id));
        if (i == 0)
            ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
        else
            ck_ok(portico_port_disconnect(pair.server, 0));
        while (portico_watch_is_outstanding(watch, request.ret_message_id))
            ck_assert_int_eq(eventfd_read(changes, &n), 0);
    }
    portico_watch_close(watch);
    pair_close(&pair);
}
END_TEST

START_TEST(a_handle_that_is_no_port_has_no_watch)
{
    struct portico_watch *watch;

    daemon_connect();
    ck_status(portico_watch_open(0x7ffffc, changed, &changes, &watch), STATUS_INVALID_HANDLE);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico watch");
    UNIT_TEST(each_queued_message_is_one_signal_which_only_a_wait_takes);
    UNIT_TEST(what_is_queued_before_the_watch_is_signalled_at_once);
    UNIT_TEST(a_message_that_a_poller_received_first_is_a_signal_too);
    UNIT_TEST(two_watches_of_one_port_share_its_signals);
    UNIT_TEST(a_port_that_is_not_waitable_is_always_signalled);
    UNIT_TEST(the_end_of_the_port_signals_it_for_good);
    UNIT_TEST(a_followed_port_tells_of_answers_and_of_its_end);
    UNIT_TEST(a_handle_that_is_no_port_has_no_watch);
    return DAEMON_END(UNIT_END());
}
