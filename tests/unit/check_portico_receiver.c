/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

#include <stdatomic.h>

#include "daemon.h"

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

static int child_main(const char *role)
{
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

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("portico receiver");
    UNIT_TEST(each_message_of_four_processes_reaches_exactly_one_of_three_threads);
    return DAEMON_END(UNIT_END());
}
