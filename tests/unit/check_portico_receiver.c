/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "daemon.h"
#include "own_lanes.h"

static const char name[] = "\\RPC Control\\receiver";

enum { SENDERS = 4, MESSAGES = 3000, RECEIVERS = 3 };
static atomic_uchar seen[SENDERS * MESSAGES];
static atomic_uint n_received;
static handle_t connection;

static void *receive_main(void *argument)
{
    struct test_message *message = malloc(sizeof(*message));

    (void)argument;
    while (port_take(connection, message) == STATUS_SUCCESS) {
        uint32_t number;
        handle_t server;

        if ((message->header.type & 0xff) == PORTICO_TYPE_CONNECTION_REQUEST) {
            (void)!portico_port_accept(connection, NULL, 0, &message->header, true, &server);
            continue;
        }
        if (message->header.type != PORTICO_TYPE_DATAGRAM)
            continue;
        memcpy(&number, message->data, sizeof(number));
        seen[number]++;
        if (++n_received == SENDERS * MESSAGES)
            (void)!portico_close(connection);
    }
    free(message);
    return NULL;
}

static int sender(unsigned first)
{
    struct test_message *message = malloc(sizeof(*message));
    handle_t client;

    if (portico_start(NULL) || port_connect_to(name, &client))
        return 1;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        uint32_t number = first + i;
        message_set(message, i % 7 ? 8 : 2000);
        memcpy(message->data, &number, sizeof(number));
        if (port_send(client, PORTICO_RELEASE, message))
            return 2;
    }
    say('d');
    listen_for(); /* closing now would cancel what is unread */
    return 0;
}

/* Connects to a port that closes meanwhile. */
static int connect_once(void)
{
    handle_t client;

    return portico_start(NULL) || !port_connect_to(name, &client);
}

/* Calls when it is told to, over a lane in which nothing was before. */
static int call_late(void)
{
    struct test_message *message = malloc(sizeof(*message));
    handle_t client;

    if (portico_start(NULL) || port_connect_to(name, &client))
        return 1;
    say('c');
    listen_for();
    message_fill(message, 8, 1);
    if (port_send(client, PORTICO_RELEASE, message))
        return 2;
    say('s');
    listen_for();
    return 0;
}

/* Breaks its lane when it is told to, and lives on. */
static int lie(void)
{
    struct test_message *message = malloc(sizeof(*message));
    FILE *maps;
    handle_t client;
    uint8_t *base;
    size_t size;

    if (portico_start(NULL) || port_connect_to(name, &client))
        return 1;
    message_fill(message, 8, 1);
    if (port_send(client, PORTICO_RELEASE, message))
        return 2;
    say('c');
    listen_for();
    maps = fopen("/proc/self/maps", "r");
    if (!maps || !own_lane_next(maps, &base, &size))
        return 3;
    memset(base, 0xff, size);
    say('b');
    listen_for();
    return 0;
}

static int child_main(const char *role)
{
    if (!strcmp(role, "liar"))
        return lie();
    if (!strcmp(role, "late"))
        return call_late();
    if (!strcmp(role, "once"))
        return connect_once();
    return sender((unsigned)atoi(role));
}

START_TEST(each_message_of_four_processes_reaches_exactly_one_of_three_threads)
{
    struct child children[SENDERS];
    pthread_t threads[RECEIVERS];

    daemon_connect();
    ck_ok(port_make(name, &connection));
    for (int i = 0; i < RECEIVERS; i++)
        pthread_create(&threads[i], NULL, receive_main, NULL);
    for (int i = 0; i < SENDERS; i++) {
        char role[16];
        snprintf(role, sizeof(role), "%d", i * MESSAGES);
        children[i] = child_start(role);
    }
    for (int i = 0; i < RECEIVERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < SENDERS; i++) {
        ck_assert_int_eq(child_hear(&children[i]), 'd');
        ck_assert_int_eq(child_end(&children[i]), 0);
    }
    for (unsigned i = 0; i < SENDERS * MESSAGES; i++)
        ck_assert_msg(seen[i] == 1, "message %u came %u times", i, seen[i]);
}
END_TEST

/* Its doorbells come as three descriptors: with fewer it would sleep where nobody wakes it. */
START_TEST(a_receive_without_descriptors_for_its_doorbells_fails_and_the_next_one_works)
{
    struct test_message *message = malloc(sizeof(*message));
    struct child child;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    for (unsigned n = 0; n < 3; n++) {
        struct rlimit limit = descriptors_leave(n);
        status_t status = port_receive_for(connection, message, PORTICO_POLL, NULL);

        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        ck_assert_uint_eq(status, STATUS_INSUFFICIENT_RESOURCES);
    }
    ck_assert_uint_eq(port_receive_for(connection, message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    child = child_start("once");
    ck_ok(port_take(connection, message));
    ck_assert_uint_eq(message->header.type & 0xff, PORTICO_TYPE_CONNECTION_REQUEST);
    ck_ok(portico_close(connection));
    ck_assert_int_eq(child_end(&child), 0);
    free(message);
}
END_TEST

/* A lane comes with its bell: without it the receiver would not be woken. */
START_TEST(a_send_without_descriptors_for_its_lane_fails_and_the_next_one_wakes_the_receiver)
{
    struct test_message *message = malloc(sizeof(*message));
    struct pair pair = pair_make(name);

    for (unsigned n = 0; n < 2; n++) {
        message_fill(message, 8, n);
        struct rlimit limit = descriptors_leave(n);
        status_t status = port_send(pair.server, PORTICO_RELEASE, message);

        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        ck_assert_uint_eq(status, STATUS_INSUFFICIENT_RESOURCES);
    }
    message_fill(message, 8, 9);
    ck_ok(port_send(pair.server, PORTICO_RELEASE, message));
    ck_ok(port_take(pair.client, message));
    ck_assert(message_has(message, 8, 9));
    pair_close(&pair);
    free(message);
}
END_TEST

/* A child that has connected; a liar's first message is taken too. */
static struct child child_accept(const char *role, struct test_message *message,
                                 handle_t *ret_server)
{
    struct child child = child_start(role);

    ck_ok(port_take(connection, message));
    ck_ok(portico_port_accept(connection, NULL, 0, &message->header, true, ret_server));
    ck_assert_int_eq(child_hear(&child), 'c');
    if (!strcmp(role, "liar"))
        ck_ok(port_take(connection, message));
    return child;
}

static void child_break(struct child *liar)
{
    child_tell(liar, 'g');
    ck_assert_int_eq(child_hear(liar), 'b');
}

static void take_close(struct test_message *message)
{
    ck_ok(port_take(connection, message));
    ck_assert_uint_eq(message->header.type & 0xff, PORTICO_TYPE_PORT_CLOSED);
}

static void child_quit(struct child *child, handle_t server)
{
    child_tell(child, 'q');
    ck_assert_int_eq(child_end(child), 0);
    ck_ok(portico_close(server));
}

/* Both are seen in one scan. */
START_TEST(of_two_lanes_that_break_at_once_both_end)
{
    struct test_message *message = malloc(sizeof(*message));
    struct child liars[2];
    handle_t servers[2];

    daemon_connect();
    ck_ok(port_make(name, &connection));
    for (unsigned i = 0; i < 2; i++)
        liars[i] = child_accept("liar", message, &servers[i]);
    for (unsigned i = 0; i < 2; i++)
        child_break(&liars[i]);
    for (unsigned i = 0; i < 2; i++)
        take_close(message);
    for (unsigned i = 0; i < 2; i++)
        child_quit(&liars[i], servers[i]);
    ck_ok(portico_close(connection));
    free(message);
}
END_TEST

/* Its place in the port's memory is another's afterwards, and as it was left until that one sends.
 */
START_TEST(who_has_the_place_of_a_lane_that_broke_is_not_blamed_for_it)
{
    struct test_message *message = malloc(sizeof(*message));
    struct child liar, late;
    handle_t server, late_server;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    liar = child_accept("liar", message, &server);
    child_break(&liar);
    take_close(message);
    child_quit(&liar, server);
    late = child_accept("late", message, &late_server);
    liar = child_accept("liar", message, &server);
    child_break(&liar);
    take_close(message);
    child_quit(&liar, server);
    child_tell(&late, 'g');
    ck_assert_int_eq(child_hear(&late), 's');
    ck_ok(port_take(connection, message));
    ck_assert_uint_eq(message->header.type & 0xff, PORTICO_TYPE_DATAGRAM);
    child_quit(&late, late_server);
    ck_ok(portico_close(connection));
    free(message);
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("portico receiver");
    UNIT_TEST(each_message_of_four_processes_reaches_exactly_one_of_three_threads);
    UNIT_TEST(a_receive_without_descriptors_for_its_doorbells_fails_and_the_next_one_works);
    UNIT_TEST(a_send_without_descriptors_for_its_lane_fails_and_the_next_one_wakes_the_receiver);
    UNIT_TEST(of_two_lanes_that_break_at_once_both_end);
    UNIT_TEST(who_has_the_place_of_a_lane_that_broke_is_not_blamed_for_it);
    return DAEMON_END(UNIT_END());
}
