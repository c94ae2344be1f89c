/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <inttypes.h>

#include "daemon.h"
#include "lane/sys.h"

static const char name[] = "\\RPC Control\\notice";

/* Accepts one client, receives one request and never answers. */
static int silent_server(void)
{
    struct test_message *message = malloc(sizeof(*message));
    handle_t connection, server;

    if (portico_start(NULL) || port_make(name, &connection))
        return 1;
    say('r');
    if (port_take(connection, message) ||
        portico_port_accept(connection, NULL, 0, &message->header, true, &server) ||
        port_take(connection, message))
        return 2;
    say('g');
    listen_for();
    return 0;
}

/* Accepts whoever comes until it is killed. */
static int open_server(void)
{
    struct test_message *message = malloc(sizeof(*message));
    handle_t connection, server;

    if (portico_start(NULL) || port_make(name, &connection))
        return 1;
    say('r');
    while (port_take(connection, message) == STATUS_SUCCESS)
        if (portico_port_accept(connection, NULL, 0, &message->header, true, &server))
            return 2;
    return 3;
}

/* Connects, asks, is killed while it waits. */
static int asking_client(void)
{
    struct test_message *message = malloc(sizeof(*message));
    handle_t client;

    if (portico_start(NULL) || port_connect_to(name, &client))
        return 1;
    message_fill(message, 64, 1);
    return port_call(client, message, message) == STATUS_SUCCESS ? 0 : 2;
}

/* Connects, sends three datagrams and an asynchronous request, says so, waits to be killed. */
static int sending_client(void)
{
    struct test_message *message = malloc(sizeof(*message));
    handle_t client;

    if (portico_start(NULL) || port_connect_to(name, &client))
        return 1;
    for (int i = 0; i < 3; i++) {
        message_fill(message, 64, 1);
        if (port_send(client, PORTICO_RELEASE, message))
            return 2;
    }
    say('s');
    listen_for();
    return 0;
}

/* Puts a handle of an event into its parent's table and takes it out again. */
static int giving_process(void)
{
    static const struct objattr no_name;
    struct call_extra extra = {.objattr = &no_name};
    struct event_create_request create = {.access = 0x1f0003};
    struct event_create_reply event;
    struct process_open_request open = {.process_id = (uint32_t)getppid(), .access = 0x1fffff};
    struct process_open_reply parent;
    struct handle_duplicate_reply copied;

    if (portico_start(NULL) || call_event_create(portico_control(), &create, &event, &extra) ||
        call_process_open(portico_control(), &open, &parent, NULL))
        return 1;
    struct handle_duplicate_request copy = {.source_process = HANDLE_SELF,
                                            .source = event.handle,
                                            .target_process = parent.handle,
                                            .options = HANDLE_SAME_ACCESS};
    if (call_handle_duplicate(portico_control(), &copy, &copied, NULL))
        return 2;
    struct handle_duplicate_request back = {
        .source_process = parent.handle, .source = copied.handle, .options = HANDLE_CLOSE_SOURCE};
    struct handle_query_request ask = {.handle = event.handle};
    struct handle_query_reply asked;
    if (call_handle_duplicate(portico_control(), &back, &copied, NULL) ||
        call_handle_query(portico_control(), &ask, &asked, NULL))
        return 3;
    printf("%" PRIx64 "\n", asked.object_id);
    return 0;
}

static int child_main(const char *role)
{
    if (strcmp(role, "silent") == 0)
        return silent_server();
    if (strcmp(role, "open") == 0)
        return open_server();
    if (strcmp(role, "asking") == 0)
        return asking_client();
    if (strcmp(role, "giving") == 0)
        return giving_process();
    return strcmp(role, "sending") == 0 ? sending_client() : 99;
}

static void *kill_main(void *argument)
{
    struct child *child = argument;

    if (child_hear(child) == 'g')
        kill(child->pid, SIGKILL);
    return NULL;
}

START_TEST(the_death_of_the_server_ends_a_blocked_request)
{
    struct child child = child_start("silent");
    static struct test_message message;
    pthread_t killer;
    handle_t client;

    ck_assert_int_eq(child_hear(&child), 'r');
    daemon_connect();
    ck_ok(port_connect_to(name, &client));
    pthread_create(&killer, NULL, kill_main, &child);
    message_fill(&message, 64, 1);
    ck_status(port_call(client, &message, &message), STATUS_PORT_DISCONNECTED);
    pthread_join(killer, NULL);
    message_fill(&message, 64, 1);
    ck_status(port_send(client, PORTICO_RELEASE, &message), STATUS_PORT_DISCONNECTED);
    ck_status(port_take(client, &message), STATUS_PORT_DISCONNECTED);
    child_end(&child);
    ck_ok(portico_close(client));
}
END_TEST

START_TEST(a_thousand_connections_that_end_at_once_are_all_told)
{
    const unsigned n = connections_possible(1000);
    struct child child = child_start("open");
    static struct test_message message;
    static handle_t clients[1000];

    ck_assert_int_eq(child_hear(&child), 'r');
    daemon_connect();
    for (unsigned i = 0; i < n; i++)
        ck_ok(port_connect_to(name, &clients[i]));
    kill(child.pid, SIGKILL);
    child_end(&child);
    for (unsigned i = 0; i < n; i++) {
        ck_status(port_take(clients[i], &message), STATUS_PORT_DISCONNECTED);
        message_fill(&message, 8, 1);
        ck_status(port_send(clients[i], PORTICO_RELEASE, &message), STATUS_PORT_DISCONNECTED);
        ck_ok(portico_close(clients[i]));
    }
}
END_TEST

static handle_t accept_next(handle_t connection, struct test_message *message)
{
    handle_t server;

    ck_ok(port_take(connection, message));
    ck_assert_uint_eq(message->header.type & 0xff, PORTICO_TYPE_CONNECTION_REQUEST);
    ck_ok(portico_port_accept(connection, NULL, 5, &message->header, true, &server));
    return server;
}

START_TEST(the_death_of_a_blocked_client_is_a_cancelled_message_and_a_close)
{
    static struct test_message message, reply;
    struct portico_attributes attributes = {.wanted = PORTICO_ATTRIBUTE_CONTEXT};
    handle_t connection, server;
    unsigned n_canceled = 0;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    struct child child = child_start("asking");
    server = accept_next(connection, &message);
    ck_ok(port_take(connection, &message));
    ck_assert_uint_eq(message.header.type,
                      PORTICO_TYPE_REQUEST | PORTICO_TYPE_CONTINUATION_REQUIRED);
    reply = message;
    kill(child.pid, SIGKILL);
    for (;;) {
        ck_ok(port_receive_for(connection, &message, PORTICO_FOREVER, &attributes));
        if (message.header.type != PORTICO_TYPE_CANCELED)
            break;
        n_canceled++;
        ck_assert_uint_eq(message.header.data_length, 0);
    }
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
    ck_assert_uint_eq(attributes.context.port_context, 5);
    ck_assert_uint_eq(n_canceled, 1);
    child_end(&child);
    /* answering the dead is a reply to nothing */
    ck_status(port_send(connection, PORTICO_RELEASE, &reply), STATUS_REPLY_MESSAGE_MISMATCH);
    ck_ok(portico_close(server));
    ck_ok(portico_close(connection));
}
END_TEST

START_TEST(what_a_dead_client_had_sent_unread_is_cancelled_message_by_message)
{
    static struct test_message message;
    handle_t connection, server;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    struct child child = child_start("sending");
    server = accept_next(connection, &message);
    ck_assert_int_eq(child_hear(&child), 's');
    kill(child.pid, SIGKILL);
    child_end(&child);
    struct portico_port_info info;
    do /* the server has seen the death when the notice has come: sends say so */
        message_fill(&message, 4, 1);
    while (port_send(server, PORTICO_RELEASE, &message) == STATUS_SUCCESS);
    for (int i = 0; i < 3; i++) {
        ck_ok(port_take(connection, &message));
        ck_assert_uint_eq(message.header.type, PORTICO_TYPE_CANCELED);
        ck_assert_uint_eq(message.header.data_length, 0);
    }
    ck_ok(port_take(connection, &message));
    ck_assert_uint_eq(message.header.type, PORTICO_TYPE_PORT_CLOSED);
    ck_status(port_receive_for(connection, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    ck_ok(portico_port_query(server, &info));
    ck_ok(portico_close(server));
    ck_ok(portico_close(connection));
}
END_TEST

/* What the watcher thread told the host. */
static int told[2];

static void tell_handle(handle_t handle, uint64_t object_id)
{
    const uint64_t values[2] = {handle, object_id};

    if (write(told[1], values, sizeof(values)) != sizeof(values))
        abort();
}

static void tell_wait(uint64_t wait_id)
{
    if (write(told[1], &wait_id, sizeof(wait_id)) != sizeof(wait_id))
        abort();
}

static uint64_t told_next(void)
{
    uint64_t value = 0;

    ck_assert_int_eq(read(told[0], &value, sizeof(value)), sizeof(value));
    return value;
}

START_TEST(the_host_is_told_of_closed_handles_and_met_waits)
{
    static const struct portico_hooks hooks = {.handle_closed = tell_handle, .wait_met = tell_wait};
    static const struct objattr no_name;
    struct call_extra extra = {.objattr = &no_name};
    struct event_create_request create = {.access = 0x1f0003};
    struct event_create_reply event;
    struct wait_begin_request begin = {0};
    struct wait_begin_reply begun;
    struct event_change_request change = {.change = EVENT_CHANGE_SET};
    struct event_change_reply changed;

    ck_assert_int_eq(pipe(told), 0);
    ck_ok(portico_start(&hooks));
    struct control *control = portico_control();
    ck_ok(call_event_create(control, &create, &event, &extra));
    begin.handle = change.handle = event.handle;
    ck_ok(call_wait_begin(control, &begin, &begun, NULL));
    ck_ok(call_event_change(control, &change, &changed, NULL));
    ck_assert_uint_eq(told_next(), begun.wait_id);
    struct child child = child_start("giving");
    char line[32] = "";
    begin.handle = (handle_t)told_next();
    ck_status(call_wait_begin(control, &begin, &begun, NULL), STATUS_INVALID_HANDLE);
    uint64_t object_id = told_next();
    ck_assert_int_gt(read(child.from, line, sizeof(line) - 1), 0);
    ck_assert_uint_eq(object_id, strtoull(line, NULL, 16));
    ck_assert_int_eq(child_end(&child), 0);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("portico notice");
    UNIT_TEST(the_death_of_the_server_ends_a_blocked_request);
    UNIT_TEST(a_thousand_connections_that_end_at_once_are_all_told);
    UNIT_TEST(the_death_of_a_blocked_client_is_a_cancelled_message_and_a_close);
    UNIT_TEST(what_a_dead_client_had_sent_unread_is_cancelled_message_by_message);
    UNIT_TEST(the_host_is_told_of_closed_handles_and_met_waits);
    return DAEMON_END(UNIT_END());
}
