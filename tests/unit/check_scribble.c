/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* A process that scribbles at random over every lane that it has mapped, again and again over new
 * connections, while an honest process works on a connection of its own to the same port: each of
 * its requests is answered and each of its datagrams arrives, in order. Both through the public
 * API; the scribbler finds its lanes in /proc/self/maps. */

#include <time.h>

#include "common/macro.h"
#include "daemon.h"
#include "own_lanes.h"

enum {
    N_ROUNDS = 12,      /* of scribbling, at least, while the honest one works */
    N_CALLS = 600,      /* at least */
    N_WRITES = 3000,    /* of a round */
    N_CONTEXTS = 1000,  /* connections that the server can tell apart */
    HONEST_CONTEXT = 1, /* who connects first */
    QUIT_BYTES = 1,
};

static const char name[] = "\\RPC Control\\scribble";
static struct test_message message;

/* ---- the server ---- */

static handle_t servers[N_CONTEXTS];
static uint32_t n_datagrams; /* of the honest one */

static void accept_next(handle_t port, uint64_t *context)
{
    bool accept = *context + 1 < N_CONTEXTS;

    *context += accept;
    (void)!portico_port_accept(port, &test_attributes, *context, &message.header, accept,
                               &servers[*context]);
}

/* What a lying client has sent is answered like anything else. False: the honest one says good-bye.
 */
static bool serve_one(handle_t port, uint64_t context)
{
    uint32_t type = message.header.type & 0xffu, n;

    if (context == HONEST_CONTEXT && type == PORTICO_TYPE_DATAGRAM) {
        if (message.header.data_length == QUIT_BYTES)
            return false;
        memcpy(&n, message.data, sizeof(n));
        if (message.header.data_length != sizeof(n) || n != n_datagrams)
            _exit(3); /* lost, twice, out of order or torn */
        n_datagrams++;
    } else if (type == PORTICO_TYPE_REQUEST) {
        for (size_t i = sizeof(n); i < message.header.data_length; i++)
            message.data[i]++;
        memcpy(message.data, &n_datagrams, sizeof(n_datagrams));
        (void)!port_send(port, PORTICO_RELEASE, &message);
    } else if (type == PORTICO_TYPE_PORT_CLOSED && context < N_CONTEXTS && servers[context]) {
        (void)!portico_close(servers[context]);
        servers[context] = 0;
    }
    return true;
}

static int serve(void)
{
    struct portico_attributes attributes = {.wanted = PORTICO_ATTRIBUTE_CONTEXT};
    uint64_t context = 0;
    handle_t port;

    if (portico_start(NULL) != STATUS_SUCCESS || port_make(name, &port) != STATUS_SUCCESS)
        return 1;
    say('r');
    for (;;) {
        if (port_receive_for(port, &message, PORTICO_FOREVER, &attributes) != STATUS_SUCCESS)
            return 2;
        if ((message.header.type & 0xffu) == PORTICO_TYPE_CONNECTION_REQUEST)
            accept_next(port, &context);
        else if (!serve_one(port, attributes.context.port_context))
            return 0;
    }
}

/* ---- the scribbler ---- */

static uint64_t state = 0x9E3779B97F4A7C15u;

static uint64_t any(void)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

/* Half of the writes go where the words are that both ends act on: header, begin of the ring. */
static void scribble_over(uint8_t *from, uint64_t size)
{
    for (unsigned i = 0; i < N_WRITES; i++) {
        uint64_t at = any() % (any() & 1 ? MIN(size, 8192u) : size) & ~7ull;
        uint64_t value = any() >> any() % 64;
        *(volatile uint64_t *)(void *)(from + at) = value;
    }
}

/* How many lanes there were. */
static unsigned scribble(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    uint8_t *base;
    size_t size;
    unsigned n = 0;

    for (; maps && own_lane_next(maps, &base, &size); n++)
        scribble_over(base, size);
    if (maps)
        fclose(maps);
    return n;
}

/* Its own answer may never come, so it waits for it a moment only. */
static status_t call_briefly(handle_t port)
{
    struct portico_exchange exchange = {.flags = PORTICO_SYNC,
                                        .send = &message.header,
                                        .receive = &message.header,
                                        .capacity = sizeof(message)};
    struct timespec now;

    message_fill(&message, 40, 1);
    clock_gettime(CLOCK_MONOTONIC, &now);
    exchange.deadline_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec + 20000000;
    return portico_port_exchange(port, &exchange);
}

/* Until it is killed, by itself or by its parent. */
static int scribble_for_ever(void)
{
    handle_t port;

    state ^= (uint64_t)getpid() << 20;
    if (portico_start(NULL) != STATUS_SUCCESS)
        return 1;
    for (;;) {
        if (port_connect_to(name, &port) != STATUS_SUCCESS)
            return 2;
        bool answered = call_briefly(port) == STATUS_SUCCESS;
        unsigned n = scribble();
        (void)!call_briefly(port);
        message_fill(&message, 300, 1);
        (void)!port_send(port, PORTICO_RELEASE, &message);
        (void)!portico_close(port);
        if (answered && n)
            say('s');
    }
}

static int child_main(const char *role)
{
    return strcmp(role, "server") == 0 ? serve() : scribble_for_ever();
}

/* ---- the honest one ---- */

static void send_number(handle_t port, uint32_t n)
{
    message_set(&message, sizeof(n));
    memcpy(message.data, &n, sizeof(n));
    ck_ok(port_send(port, PORTICO_RELEASE, &message));
}

/* The answer says how many datagrams have arrived before it. */
static void call_and_check(handle_t port, uint32_t i, uint32_t n_sent)
{
    static struct test_message reply;
    size_t size = 4 + i * 37 % 3000;
    uint32_t n_arrived;

    message_fill(&message, size, i);
    ck_ok(port_call(port, &message, &reply));
    ck_assert_uint_eq(reply.header.data_length, size);
    memcpy(&n_arrived, reply.data, sizeof(n_arrived));
    ck_assert_uint_eq(n_arrived, n_sent);
    uint32_t n_wrong = 0;
    for (size_t at = sizeof(n_arrived); at < size; at++)
        n_wrong += reply.data[at] != (uint8_t)(pattern_byte(at, i) + 1);
    ck_assert_uint_eq(n_wrong, 0);
}

START_TEST(who_scribbles_over_its_lanes_harms_nobody_else)
{
    struct child server, scribbler;
    uint32_t n_rounds = 0, n_sent = 0;
    handle_t port;

    daemon_connect();
    server = child_start("server");
    ck_assert_int_eq(child_hear(&server), 'r');
    ck_ok(port_connect_to(name, &port));
    scribbler = child_start("scribbler");
    for (uint32_t i = 0; i < N_CALLS || n_rounds < N_ROUNDS; i++) {
        for (uint32_t n = i % 5; n > 0; n--)
            send_number(port, n_sent++);
        call_and_check(port, i, n_sent);
        n_rounds += child_rounds(&scribbler, "scribbler");
    }
    kill(scribbler.pid, SIGKILL);
    (void)child_end(&scribbler);
    call_and_check(port, 1, n_sent);
    message_set(&message, QUIT_BYTES);
    ck_ok(port_send(port, PORTICO_RELEASE, &message));
    ck_assert_int_eq(child_end(&server), 0);
    ck_ok(portico_close(port));
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("scribble");
    UNIT_TEST(who_scribbles_over_its_lanes_harms_nobody_else);
    return DAEMON_END(UNIT_END());
}
