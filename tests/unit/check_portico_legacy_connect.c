/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The legacy handshake between two processes. */

#include "legacy_pair.h"

static struct test_message message;

/* The child: connects, says what came of it, closes at the next word. */
static int child_main(const char *name)
{
    char information[64] = "question";
    struct portico_legacy_connect connect = {.name = test_name(LEGACY_NAME),
                                             .information = information,
                                             .information_size = sizeof(information)};
    handle_t port;
    status_t status;

    if (portico_start(NULL) != STATUS_SUCCESS)
        return 9;
    if (!strcmp(name, "registers"))
        connect.information = NULL;
    status = portico_legacy_connect(&connect, &port);
    if (status == STATUS_SUCCESS && !strcmp(name, "registers"))
        status = portico_thread_terminate_port(port, 0x1122334455667788);
    say(status == STATUS_SUCCESS ? 's' : status == STATUS_PORT_CONNECTION_REFUSED ? 'r' : 'x');
    if (status == STATUS_SUCCESS && connect.information)
        say(connect.information_size == 6 && !memcmp(information, "answer", 6) &&
                    connect.ret_max_message_length == 0x200
                ? 'i'
                : 'x');
    if (status == STATUS_SUCCESS && listen_for() != 'c')
        return 1;
    return 0;
}

static status_t accept_it(bool accept, handle_t *ret_server)
{
    struct portico_legacy_accept arguments = {.request = &message.header, .accept = accept};

    message_set(&message, 6);
    memcpy(message.data, "answer", 6);
    return portico_legacy_accept(&arguments, ret_server);
}

static void request_take(handle_t listener)
{
    uint64_t context = 1;
    struct portico_message header;

    ck_ok(legacy_take(listener, &message, &context));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_CONNECTION_REQUEST);
    ck_assert_uint_eq(message.header.callback_id, 0);
    ck_assert_uint_eq(context, 0);
    header = message.header;
    message_set(&message, 0);
    message.header.message_id = header.message_id;
    message.header.process_id = header.process_id;
    message.header.thread_id = header.thread_id;
}

static status_t accept_this(bool accept, handle_t *ret_server)
{
    struct portico_message header = message.header;
    struct portico_legacy_accept arguments = {.request = &message.header, .accept = accept};

    message_set(&message, 6);
    message.header.message_id = header.message_id;
    message.header.process_id = header.process_id;
    message.header.thread_id = header.thread_id;
    memcpy(message.data, "answer", 6);
    return portico_legacy_accept(&arguments, ret_server);
}

START_TEST(a_client_is_released_by_the_completion)
{
    handle_t listener, server;
    uint64_t context;

    daemon_connect();
    ck_ok(legacy_listen(&listener));
    struct child child = child_start("connects");
    request_take(listener);
    ck_ok(accept_this(true, &server));
    ck_status(portico_legacy_complete(listener), STATUS_INVALID_PORT_HANDLE);
    ck_ok(portico_legacy_complete(server));
    ck_assert_int_eq(child_hear(&child), 's');
    ck_assert_int_eq(child_hear(&child), 'i');
    ck_status(portico_legacy_complete(server), STATUS_INVALID_PARAMETER);
    child_tell(&child, 'c');
    ck_assert_int_eq(child_end(&child), 0);
    ck_ok(legacy_take(listener, &message, &context));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
    ck_assert_uint_eq(context, server);
    ck_ok(portico_close(server));
    ck_ok(portico_close(listener));
}
END_TEST

START_TEST(a_client_is_refused)
{
    handle_t listener, server = 0;

    daemon_connect();
    ck_ok(legacy_listen(&listener));
    for (int i = 0; i < 2; i++) {
        struct child child = child_start("connects");
        request_take(listener);
        if (i == 0) {
            ck_ok(accept_this(false, NULL));
        } else { /* accepted, and closed before it is complete */
            ck_ok(accept_this(true, &server));
            ck_ok(portico_close(server));
        }
        ck_assert_int_eq(child_hear(&child), 'r');
        ck_assert_int_eq(child_end(&child), 0);
    }
    ck_status(accept_it(true, &server), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_ok(portico_close(listener));
}
END_TEST

START_TEST(a_client_that_is_killed_while_it_waits_leaves_nothing)
{
    handle_t listener, server;

    daemon_connect();
    ck_ok(legacy_listen(&listener));
    struct child child = child_start("connects");
    request_take(listener);
    ck_ok(accept_this(true, &server));
    kill(child.pid, SIGKILL);
    ck_assert_int_eq(child_end(&child), 128 + SIGKILL);
    ck_ok(legacy_take(listener, &message, NULL));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
    ck_status(portico_legacy_complete(server), STATUS_INVALID_PARAMETER);
    ck_ok(portico_close(server));
    ck_ok(portico_close(listener));
}
END_TEST

START_TEST(the_end_of_a_registered_thread_is_told_also_when_it_is_killed)
{
    handle_t listener, server;
    uint64_t context, created;

    daemon_connect();
    ck_ok(legacy_listen(&listener));
    ck_status(portico_thread_terminate_port(listener, 1), STATUS_INVALID_PORT_HANDLE);
    for (int i = 0; i < 2; i++) {
        struct child child = child_start("registers");
        request_take(listener);
        ck_ok(accept_this(true, &server));
        ck_ok(portico_legacy_complete(server));
        ck_assert_int_eq(child_hear(&child), 's');
        if (i == 0)
            child_tell(&child, 'c');
        else
            kill(child.pid, SIGKILL);
        ck_assert_int_eq(child_end(&child), i == 0 ? 0 : 128 + SIGKILL);
        ck_ok(legacy_take(server, &message, &context));
        ck_assert_uint_eq(message.header.type, PORTICO_TYPE_CLIENT_DIED);
        ck_assert_uint_eq(message.header.process_id, (uint32_t)child.pid);
        ck_assert_uint_eq(message.header.thread_id, (uint32_t)child.pid);
        ck_assert_uint_eq(message.header.data_length, 8);
        memcpy(&created, message.data, 8);
        ck_assert_uint_eq(created, 0x1122334455667788);
        ck_assert_uint_eq(context, server);
        ck_ok(legacy_take(server, &message, &context));
        ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
        ck_ok(portico_close(server));
    }
    ck_ok(portico_close(listener));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("legacy_connect");
    UNIT_TEST(a_client_is_released_by_the_completion);
    UNIT_TEST(a_client_is_refused);
    UNIT_TEST(a_client_that_is_killed_while_it_waits_leaves_nothing);
    UNIT_TEST(the_end_of_a_registered_thread_is_told_also_when_it_is_killed);
    return DAEMON_END(UNIT_END());
}
