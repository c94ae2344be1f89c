/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include "daemon.h"

static const char name[] = "\\RPC Control\\cancel";
static struct test_message message;

struct caller {
    handle_t client;
    status_t status;
    struct test_message message;
};

static void *call_main(void *argument)
{
    struct caller *caller = argument;

    message_fill(&caller->message, 8, 1);
    caller->status = port_call(caller->client, &caller->message, &caller->message);
    return NULL;
}

START_TEST(a_server_that_cancels_a_request_ends_its_blocked_sender)
{
    struct pair pair = pair_make(name);
    static struct caller caller;
    pthread_t thread;

    caller.client = pair.client;
    pthread_create(&thread, NULL, call_main, &caller);
    ck_ok(port_take(pair.connection, &message));
    ck_status(portico_port_cancel(pair.connection, 0, message.header.message_id,
                                  (uint32_t)message.header.callback_id, 0),
              STATUS_PENDING);
    pthread_join(thread, NULL);
    ck_status(caller.status, STATUS_MESSAGE_LOST);
    ck_status(port_send(pair.connection, PORTICO_RELEASE, &message), STATUS_REPLY_MESSAGE_MISMATCH);
    pair_close(&pair);
}
END_TEST

START_TEST(a_client_that_cancels_its_request_takes_it_out_of_the_servers_queue)
{
    struct pair pair = pair_make(name);
    struct portico_attributes got = {.wanted = PORTICO_ATTRIBUTE_CONTEXT};

    message_fill(&message, 8, 1);
    ck_ok(port_send(pair.client, 0, &message));
    ck_ok(port_receive_for(pair.connection, &message, PORTICO_FOREVER, &got));
    ck_status(
        portico_port_cancel(pair.client, 0, got.context.message_id, got.context.callback_id, 0),
        STATUS_PENDING);
    ck_ok(port_take(pair.connection, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_CANCELED);
    ck_assert_uint_eq(message.header.message_id, got.context.message_id);
    ck_status(port_send(pair.connection, PORTICO_RELEASE, &message), STATUS_REPLY_MESSAGE_MISMATCH);
    pair_close(&pair);
}
END_TEST

START_TEST(what_is_no_message_cannot_be_cancelled)
{
    struct pair pair = pair_make(name);

    ck_status(portico_port_cancel(pair.connection, 0, 0x1234, 0, 0), STATUS_MESSAGE_NOT_FOUND);
    ck_status(portico_port_cancel(pair.client, 0, 0x1234, 0, 0), STATUS_MESSAGE_NOT_FOUND);
    ck_status(portico_port_cancel(0x7ff0, 0, 0x1234, 0, 0), STATUS_INVALID_HANDLE);
    pair_close(&pair);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("portico cancel");
    UNIT_TEST(a_server_that_cancels_a_request_ends_its_blocked_sender);
    UNIT_TEST(a_client_that_cancels_its_request_takes_it_out_of_the_servers_queue);
    UNIT_TEST(what_is_no_message_cannot_be_cancelled);
    return DAEMON_END(UNIT_END());
}
