/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* Two threads that want opposite things of one message at the same moment, thousands of times: each
 * message ends exactly once, and both are told so. */

#include <stdatomic.h>

#include "daemon.h"

enum { N_ROUNDS = 3000, N_CLOSES = 1000, N_MESSAGES = 20000 };

static const char name[] = "\\RPC Control\\races";

/* Two threads that begin each round together. */
struct pairing {
    pthread_barrier_t barrier;
    struct pair pair;
    uint32_t message_id;
    status_t first, second; /* what the two got */
    bool is_over;
};

static void meet(struct pairing *pairing)
{
    pthread_barrier_wait(&pairing->barrier);
}

static void reply_to(handle_t port, uint32_t message_id, status_t *ret_status)
{
    struct test_message *reply = malloc(sizeof(*reply));

    message_fill(reply, 40, message_id);
    reply->header.message_id = message_id;
    *ret_status = port_send(port, PORTICO_RELEASE, reply);
    free(reply);
}

static void *replier_main(void *argument)
{
    struct pairing *pairing = argument;

    for (;;) {
        meet(pairing);
        if (pairing->is_over)
            return NULL;
        reply_to(pairing->pair.connection, pairing->message_id, &pairing->first);
        meet(pairing);
    }
}

struct caller {
    pthread_t thread;
    handle_t client;
    uint32_t n_answered, n_lost, n_wrong;
};

static void *caller_main(void *argument)
{
    struct caller *caller = argument;
    struct test_message *request = malloc(sizeof(*request)), *reply = malloc(sizeof(*reply));

    for (uint32_t i = 0; i < N_ROUNDS; i++) {
        message_fill(request, 24, i);
        status_t status = port_call(caller->client, request, reply);
        if (status == STATUS_SUCCESS && message_has(reply, 40, reply->header.message_id))
            caller->n_answered++;
        else if (status == STATUS_MESSAGE_LOST)
            caller->n_lost++;
        else
            caller->n_wrong++;
    }
    free(request);
    free(reply);
    return NULL;
}

START_TEST(a_cancel_against_a_reply_of_a_blocked_request)
{
    static struct pairing pairing;
    struct caller caller = {0};
    static struct test_message message;
    uint32_t n_replied = 0, n_canceled = 0;
    pthread_t replier;

    pairing = (struct pairing){.pair = pair_make(name)};
    pthread_barrier_init(&pairing.barrier, NULL, 2);
    caller.client = pairing.pair.client;
    pthread_create(&replier, NULL, replier_main, &pairing);
    pthread_create(&caller.thread, NULL, caller_main, &caller);
    for (int i = 0; i < N_ROUNDS; i++) {
        ck_ok(port_take(pairing.pair.connection, &message));
        pairing.message_id = message.header.message_id;
        meet(&pairing);
        pairing.second =
            portico_port_cancel(pairing.pair.connection, 0, message.header.message_id, 0, 0);
        meet(&pairing);
        bool replied = pairing.first == STATUS_SUCCESS;
        bool canceled = pairing.second == STATUS_PENDING;
        ck_assert_msg(replied != canceled, "reply %08x, cancel %08x", pairing.first,
                      pairing.second);
        ck_status(replied ? pairing.second : pairing.first,
                  replied ? STATUS_MESSAGE_NOT_FOUND : STATUS_REPLY_MESSAGE_MISMATCH);
        n_replied += replied;
        n_canceled += canceled;
    }
    pthread_join(caller.thread, NULL);
    ck_assert_uint_eq(caller.n_wrong, 0);
    ck_assert_uint_eq(caller.n_answered, n_replied);
    ck_assert_uint_eq(caller.n_lost, n_canceled);
    pairing.is_over = true;
    meet(&pairing);
    pthread_join(replier, NULL);
    pair_close(&pairing.pair);
}
END_TEST

/* All that is there at a port, by type. */
static void count_received(handle_t port, uint32_t counts[16])
{
    static struct test_message message;

    while (port_receive_for(port, &message, PORTICO_POLL, NULL) == STATUS_SUCCESS)
        counts[message.header.type & 0xf]++;
}

START_TEST(a_senders_cancel_against_the_reply)
{
    static struct pairing pairing;
    static struct test_message message;
    pthread_t replier;

    pairing = (struct pairing){.pair = pair_make(name)};
    pthread_barrier_init(&pairing.barrier, NULL, 2);
    pthread_create(&replier, NULL, replier_main, &pairing);
    for (int i = 0; i < N_ROUNDS; i++) {
        uint32_t at_client[16] = {0}, at_server[16] = {0};
        message_fill(&message, 16, (unsigned)i);
        ck_ok(port_send(pairing.pair.client, 0, &message));
        ck_ok(port_take(pairing.pair.connection, &message));
        pairing.message_id = message.header.message_id;
        meet(&pairing);
        pairing.second =
            portico_port_cancel(pairing.pair.client, 0, message.header.message_id, 0, 0);
        meet(&pairing);
        count_received(pairing.pair.client, at_client);
        count_received(pairing.pair.connection, at_server);
        /* The cancel came before the reply was received: its sender gets nothing for the message,
         * whatever the receiver did; and the receiver's message ended by its reply or by
         * LPC_CANCELED. */
        ck_status(pairing.second, STATUS_PENDING);
        ck_assert_uint_eq(at_client[PORTICO_TYPE_REPLY] + at_client[PORTICO_TYPE_CANCELED], 0);
        ck_assert_uint_eq((pairing.first == STATUS_SUCCESS) + at_server[PORTICO_TYPE_CANCELED], 1);
        count_received(pairing.pair.client, at_client);
        ck_status(portico_port_cancel(pairing.pair.client, 0, message.header.message_id, 0, 0),
                  STATUS_MESSAGE_NOT_FOUND);
    }
    pairing.is_over = true;
    meet(&pairing);
    pthread_join(replier, NULL);
    pair_close(&pairing.pair);
}
END_TEST

/* Answers each request. Each ends by its reply or by LPC_CANCELED. */
struct answering {
    handle_t connection;
    uint32_t n_requests, n_replied, n_canceled, n_odd;
};

static void *server_main(void *argument)
{
    struct answering *answering = argument;
    struct test_message *message = malloc(sizeof(*message));

    while (port_take(answering->connection, message) == STATUS_SUCCESS) {
        uint32_t type = message->header.type & 0xffu;

        answering->n_canceled += type == PORTICO_TYPE_CANCELED;
        if (type != PORTICO_TYPE_REQUEST)
            continue;
        message->data[0]++;
        status_t status = port_send(answering->connection, PORTICO_RELEASE, message);
        answering->n_requests++;
        answering->n_replied += status == STATUS_SUCCESS;
        answering->n_odd += status != STATUS_SUCCESS && status != STATUS_REPLY_MESSAGE_MISMATCH;
    }
    free(message);
    return NULL;
}

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

START_TEST(a_time_out_against_a_reply)
{
    struct pair pair = pair_make(name);
    static struct test_message request, reply;
    struct answering answering = {.connection = pair.connection};
    uint32_t n_answered = 0, n_sent = 0;
    pthread_t server;

    pthread_create(&server, NULL, server_main, &answering);
    for (uint32_t i = 0; i < N_ROUNDS; i++) {
        struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                            .send = &request.header,
                                            .receive = &reply.header,
                                            .capacity = sizeof(reply),
                                            .wants_id = true};
        message_fill(&request, 24, i);
        exchange.deadline_ns = now_ns() + (i * 137) % 40000;
        status_t status = portico_port_exchange(pair.client, &exchange);
        ck_assert_msg(status == STATUS_SUCCESS || status == STATUS_TIMEOUT, "%08x", status);
        n_sent += exchange.ret_message_id != 0; /* or its time was over before */
        if (status == STATUS_SUCCESS) {
            request.data[0]++;
            ck_assert_mem_eq(reply.data, request.data, 24); /* its own reply, no earlier one */
            n_answered++;
        }
    }
    message_fill(&request, 24, 1); /* and one that may take its time */
    ck_ok(port_call(pair.client, &request, &reply));
    ck_assert_uint_eq(reply.data[0], request.data[0] + 1u);
    ck_status(port_receive_for(pair.client, &reply, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    pair_close(&pair);
    pthread_join(server, NULL);
    /* At the receiver each ended once: by a reply, which may have come too late, or cancelled. */
    ck_assert_uint_eq(answering.n_replied + answering.n_canceled, n_sent + 1);
    ck_assert_uint_le(answering.n_requests, n_sent + 1);
    ck_assert_uint_ge(answering.n_replied, n_answered + 1);
    ck_assert_uint_eq(answering.n_odd, 0);
}
END_TEST

struct receiver {
    pthread_t thread;
    handle_t port;
    _Atomic uint8_t *seen;
    uint32_t n_out_of_order;
};

static void *receiver_main(void *argument)
{
    struct receiver *receiver = argument;
    struct test_message *message = malloc(sizeof(*message));
    uint32_t last = 0;

    while (port_take(receiver->port, message) == STATUS_SUCCESS) {
        uint32_t sequence;
        memcpy(&sequence, message->data, sizeof(sequence));
        if (message->header.type == PORTICO_TYPE_PORT_CLOSED || sequence >= N_MESSAGES)
            continue;
        receiver->seen[sequence]++;
        receiver->n_out_of_order += sequence < last;
        last = sequence;
        if ((message->header.type & 0xff) == PORTICO_TYPE_REQUEST)
            (void)!port_send(receiver->port, PORTICO_RELEASE, message);
    }
    free(message);
    return NULL;
}

START_TEST(two_receivers_get_each_message_once)
{
    struct pair pair = pair_make(name);
    static _Atomic uint8_t seen[N_MESSAGES];
    static struct test_message message;
    struct receiver receivers[2];

    memset(seen, 0, sizeof(seen));
    for (int i = 0; i < 2; i++) {
        receivers[i] = (struct receiver){.port = pair.connection, .seen = seen};
        pthread_create(&receivers[i].thread, NULL, receiver_main, &receivers[i]);
    }
    for (uint32_t i = 0; i < N_MESSAGES; i++) {
        message_set(&message, 8);
        memcpy(message.data, &i, sizeof(i));
        if (i % 16 == 15) /* keeps the sender from running ahead of them for ever */
            ck_ok(port_call(pair.client, &message, &message));
        else
            ck_ok(port_send(pair.client, PORTICO_RELEASE, &message));
    }
    pair_close(&pair);
    for (int i = 0; i < 2; i++) {
        pthread_join(receivers[i].thread, NULL);
        ck_assert_uint_eq(receivers[i].n_out_of_order, 0);
    }
    for (uint32_t i = 0; i < N_MESSAGES - 16; i++)
        ck_assert_msg(seen[i] == 1, "message %u was received %u times", i, seen[i]);
}
END_TEST

struct flood {
    pthread_t thread;
    handle_t client;
    uint32_t n_sent;
    status_t status;
};

static void *flood_main(void *argument)
{
    struct flood *flood = argument;
    struct test_message *message = malloc(sizeof(*message));

    message_fill(message, 30, 1);
    while ((flood->status = port_send(flood->client, PORTICO_RELEASE, message)) == STATUS_SUCCESS)
        flood->n_sent++;
    free(message);
    return NULL;
}

START_TEST(a_close_against_sends)
{
    static struct test_message message;
    handle_t connection;

    daemon_connect();
    ck_ok(port_make(name, &connection));
    for (int i = 0; i < N_CLOSES; i++) {
        uint32_t n_received = 0, n_want = (uint32_t)i % 40;
        handle_t server;
        struct flood flood = {.client = pair_connect(connection, name, 1, &server)};

        pthread_create(&flood.thread, NULL, flood_main, &flood);
        for (; n_received < n_want; n_received++)
            ck_ok(port_take(connection, &message));
        ck_ok(portico_close(flood.client));
        pthread_join(flood.thread, NULL);
        ck_assert_msg(flood.status == STATUS_PORT_DISCONNECTED ||
                          flood.status == STATUS_INVALID_HANDLE ||
                          flood.status == STATUS_QUOTA_EXCEEDED,
                      "%08x", flood.status);
        for (;; n_received++) {
            ck_ok(port_take(connection, &message));
            if (message.header.type == PORTICO_TYPE_PORT_CLOSED)
                break;
            ck_assert(message.header.type == PORTICO_TYPE_CANCELED ||
                      message.header.type == PORTICO_TYPE_DATAGRAM);
        }
        /* Each that was sent came, as itself or as its LPC_CANCELED. Only of the call that was
         * under way when the port closed it is open: what it sent after the close goes nowhere, and
         * it may report either. */
        ck_assert_uint_ge(n_received + 1, flood.n_sent);
        ck_assert_uint_le(n_received, flood.n_sent + 1);
        ck_ok(portico_close(server));
    }
    ck_status(port_receive_for(connection, &message, PORTICO_POLL, NULL), STATUS_TIMEOUT);
    ck_ok(portico_close(connection));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, NULL);
    UNIT_BEGIN("races");
    UNIT_TEST(a_cancel_against_a_reply_of_a_blocked_request);
    UNIT_TEST(a_senders_cancel_against_the_reply);
    UNIT_TEST(a_time_out_against_a_reply);
    UNIT_TEST(two_receivers_get_each_message_once);
    UNIT_TEST(a_close_against_sends);
    return DAEMON_END(UNIT_END());
}
