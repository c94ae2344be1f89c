/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* What a thread is blocked on; flags of a port. */

#include "daemon.h"

static const char name[] = "\\RPC Control\\information";
static struct test_message message;
static struct portico_thread *_Atomic caller;
static handle_t client;

static void *call_main(void *argument)
{
    static struct test_message request, reply;

    (void)argument;
    caller = portico_thread_current();
    message_fill(&request, 8, 1);
    ck_ok(port_call(client, &request, &reply));
    return NULL;
}

START_TEST(a_thread_in_a_synchronous_request_is_blocked_on_its_server)
{
    struct pair pair = pair_make(name);
    struct portico_blocked blocked;
    pthread_t thread;

    client = pair.client;
    ck_assert_int_eq(pthread_create(&thread, NULL, call_main, NULL), 0);
    ck_ok(port_take(pair.connection, &message)); /* it is there: its sender waits */
    ck_ok(portico_thread_blocked_on(caller, &blocked));
    ck_assert(blocked.is_blocked);
    ck_assert_uint_eq(blocked.process_id, portico_process_id());
    ck_assert_uint_eq(blocked.name_size, (sizeof(name) - 1) * 2);
    for (size_t i = 0; i < sizeof(name) - 1; i++)
        ck_assert_uint_eq(blocked.name[i], (uint8_t)name[i]);
    ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
    pthread_join(thread, NULL);
    ck_ok(portico_thread_blocked_on(portico_thread_current(), &blocked));
    ck_assert(!blocked.is_blocked);
    ck_assert_uint_eq(blocked.name_size, 0);
    pair_close(&pair);
}
END_TEST

START_TEST(a_port_allows_legacy_requests_or_not)
{
    struct pair pair = pair_make(name);
    struct portico_port_info info;

    ck_ok(portico_port_set_flags(pair.client, 0xffffffff));
    ck_ok(portico_port_query(pair.client, &info));
    ck_assert_uint_eq(info.flags, 0x20000);
    ck_ok(portico_port_set_flags(pair.client, 0));
    ck_ok(portico_port_query(pair.client, &info));
    ck_assert_uint_eq(info.flags, 0);
    pair_close(&pair);
}
END_TEST

START_TEST(a_message_is_pending_until_it_is_answered)
{
    struct pair pair = pair_make(name);

    message_fill(&message, 8, 1);
    ck_ok(port_send(pair.client, 0, &message));
    ck_ok(port_take(pair.connection, &message));
    uint32_t id = message.header.message_id;
    ck_status(portico_message_direct_status(pair.connection, id), STATUS_PENDING);
    ck_status(portico_message_direct_status(pair.client, id), STATUS_PENDING);
    ck_ok(port_send(pair.connection, PORTICO_RELEASE, &message));
    ck_ok(portico_message_direct_status(pair.connection, id));
    ck_ok(port_take(pair.client, &message));
    ck_ok(portico_message_direct_status(pair.client, id));
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico information");
    UNIT_TEST(a_thread_in_a_synchronous_request_is_blocked_on_its_server);
    UNIT_TEST(a_message_is_pending_until_it_is_answered);
    UNIT_TEST(a_port_allows_legacy_requests_or_not);
    return DAEMON_END(UNIT_END());
}
