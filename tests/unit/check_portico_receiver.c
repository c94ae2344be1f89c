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

/* Both are seen in one scan. */
START_TEST(of_two_lanes_that_break_at_once_both_end)
{
    struct test_message *message = malloc(sizeof(*message));
    struct child liars[2];
    handle_t servers[2];

    daemon_connect();
    ck_ok(port_make(name, &connection));
    for (unsigned i = 0; i < 2; i++) {
        liars[i] = child_start("liar");
        ck_ok(port_take(connection, message));
        ck_ok(portico_port_accept(connection, NULL, 0, &message->header, true, &servers[i]));
        ck_assert_int_eq(child_hear(&liars[i]), 'c');
        ck_ok(port_take(connection, message));
        ck_assert(message_has(message, 8, 1));
    }
    for (unsigned i = 0; i < 2; i++) {
        child_tell(&liars[i], 'g');
        ck_assert_int_eq(child_hear(&liars[i]), 'b');
    }
    for (unsigned i = 0; i < 2; i++) {
        ck_ok(port_take(connection, message));
        ck_assert_uint_eq(message->header.type & 0xff, PORTICO_TYPE_PORT_CLOSED);
    }
    for (unsigned i = 0; i < 2; i++) {
        child_tell(&liars[i], 'q');
        ck_assert_int_eq(child_end(&liars[i]), 0);
        ck_ok(portico_close(servers[i]));
    }
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
    return DAEMON_END(UNIT_END());
}
