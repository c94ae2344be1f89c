/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The attacks with what the daemon has handed out: eventfds whose open file is the daemon's too
 * (flags and counter), and futex words in shared memory whose waiters anybody who maps it may wake
 * or move elsewhere. Each attacker is a process of its own that goes through the public API and
 * finds its descriptors and lanes in /proc/self. Whatever it does, the daemon and everybody else go
 * on, and who waits for the attacker itself is freed at the latest by its end. */

#include <sys/eventfd.h>

#include "attacks.h"
#include "daemon.h"

enum {
    N_ROUNDS = 12, /* of attacks on bells, at least, while the honest one works */
    N_CALLS = 300, /* at least */
    N_WAKES = 100, /* of a sleeper, for nothing */
    QUIT_BYTES = 1,
};

static const char name[] = "\\RPC Control\\attacks";
static const char hostile_name[] = "\\RPC Control\\hostile";
static struct test_message message;

/* ---- the attackers ---- */

/* A client with doorbells: its end is the server's to make. */
static int client_that_fills_its_bells(void)
{
    handle_t port;

    if (portico_start(NULL) != STATUS_SUCCESS || port_connect_to(name, &port) != STATUS_SUCCESS)
        return 1;
    (void)!port_receive_for(port, &message, PORTICO_POLL, NULL);
    /* Of a lane, of its port, and its thread's. */
    say(attack_bells(FILL_AND_BLOCK) >= 3 ? 'f' : '-');
    (void)listen_for();
    return 0;
}

static int client_that_nests_its_bells(void)
{
    handle_t port;

    if (portico_start(NULL) != STATUS_SUCCESS || port_connect_to(name, &port) != STATUS_SUCCESS)
        return 1;
    nest_bells();
    say('n');
    while (listen_for() == 'd') {
        message_fill(&message, 40, 1);
        (void)!port_send(port, PORTICO_RELEASE, &message);
    }
    return 0;
}

static handle_t hostile_port, hostile_server;

static bool hostile_server_start(void)
{
    return portico_start(NULL) == STATUS_SUCCESS &&
           port_make(hostile_name, &hostile_port) == STATUS_SUCCESS;
}

static bool hostile_server_accept(void)
{
    return port_take(hostile_port, &message) == STATUS_SUCCESS &&
           portico_port_accept(hostile_port, &test_attributes, 0, &message.header, true,
                               &hostile_server) == STATUS_SUCCESS;
}

static int server_that_fills_its_bells(void)
{
    if (!hostile_server_start())
        return 1;
    say('r');
    if (!hostile_server_accept())
        return 2;
    /* Of its port, and its thread's. */
    say(attack_bells(FILL_AND_BLOCK) >= 2 ? 'f' : '-');
    if (listen_for() == 'c')
        (void)portico_close(hostile_port);
    return 0;
}

/* Receives a request, wakes its sender for nothing, moves its sleep to a word of its own. */
static int server_that_moves_sleepers(void)
{
    unsigned n_woken = 0;

    if (!hostile_server_start())
        return 1;
    say('r');
    if (!hostile_server_accept() || port_take(hostile_port, &message) != STATUS_SUCCESS)
        return 2;
    while (n_woken < N_WAKES)
        n_woken += attack_lanes(FUTEX_WAKE);
    while (attack_lanes(FUTEX_REQUEUE) == 0)
        sched_yield();
    say('m');
    if (listen_for() == 'c')
        (void)portico_close(hostile_server);
    (void)listen_for();
    return 0;
}

/* New connections without end, whose bells are attacked between messages. Until it is killed. */
static int client_that_plays_with_its_bells(void)
{
    handle_t port;

    if (portico_start(NULL) != STATUS_SUCCESS)
        return 1;
    for (unsigned i = 0;; i++) {
        if (port_connect_to(name, &port) != STATUS_SUCCESS)
            return 2;
        for (unsigned n = 0; n < 40; n++) {
            message_fill(&message, 40, 1);
            (void)!port_send(port, PORTICO_RELEASE, &message);
            (void)!attack_bells(i % 3 == 0 ? READ_AWAY : i % 3 == 1 ? FILL : RING);
        }
        (void)portico_close(port);
        say('s');
    }
}

/* ---- the honest server ---- */

/* Until a request of QUIT_BYTES has been answered. */
static int serve(void)
{
    handle_t port, server;
    bool is_over = false;

    if (portico_start(NULL) != STATUS_SUCCESS || port_make(name, &port) != STATUS_SUCCESS)
        return 1;
    say('r');
    while (!is_over) {
        if (port_take(port, &message) != STATUS_SUCCESS)
            return 2;
        uint32_t type = message.header.type & 0xffu;
        if (type == PORTICO_TYPE_CONNECTION_REQUEST) {
            (void)!portico_port_accept(port, &test_attributes, 0, &message.header, true, &server);
        } else if (type == PORTICO_TYPE_REQUEST) {
            is_over = message.header.data_length == QUIT_BYTES;
            (void)!port_send(port, PORTICO_RELEASE, &message);
        }
    }
    return 0;
}

static int child_main(const char *role)
{
    if (strcmp(role, "server") == 0)
        return serve();
    if (strcmp(role, "filling client") == 0)
        return client_that_fills_its_bells();
    if (strcmp(role, "filling server") == 0)
        return server_that_fills_its_bells();
    if (strcmp(role, "nesting client") == 0)
        return client_that_nests_its_bells();
    if (strcmp(role, "moving server") == 0)
        return server_that_moves_sleepers();
    return client_that_plays_with_its_bells();
}

/* ---- tests ---- */

static void call(handle_t port, size_t size, unsigned seed)
{
    static struct test_message reply;

    message_fill(&message, size, seed);
    ck_ok(port_call(port, &message, &reply));
    ck_assert(message_has(&reply, size, seed));
}

/* The daemon serves whoever comes: a server, a connection, a call, their ends. */
static void somebody_else_is_served(void)
{
    struct child server = child_start("server");
    handle_t port;

    ck_assert_int_eq(child_hear(&server), 'r');
    ck_ok(port_connect_to(name, &port));
    call(port, 100, 1);
    call(port, QUIT_BYTES, 2);
    ck_ok(portico_close(port));
    ck_assert_int_eq(child_end(&server), 0);
}

START_TEST(a_client_whose_full_bells_block_stops_nobody_when_it_is_disconnected)
{
    struct child attacker;
    handle_t port, server;

    daemon_connect();
    ck_ok(port_make(name, &port));
    attacker = child_start("filling client");
    ck_ok(port_take(port, &message));
    ck_ok(portico_port_accept(port, &test_attributes, 0, &message.header, true, &server));
    ck_assert_int_eq(child_hear(&attacker), 'f');
    ck_ok(portico_close(server)); /* the daemon tells the client's port of its end */
    ck_ok(portico_close(port));
    somebody_else_is_served();
    ck_assert_int_eq(child_end(&attacker), 0);
    somebody_else_is_served();
}
END_TEST

static void server_fills(char then)
{
    struct child attacker;
    handle_t port;

    daemon_connect();
    attacker = child_start("filling server");
    ck_assert_int_eq(child_hear(&attacker), 'r');
    ck_ok(port_connect_to(hostile_name, &port));
    ck_assert_int_eq(child_hear(&attacker), 'f');
    message_fill(&message, 100, 1);
    (void)!port_send(port, PORTICO_RELEASE, &message);
    child_tell(&attacker, then);
    ck_assert_int_eq(child_end(&attacker), 0);
    somebody_else_is_served();
    ck_ok(portico_close(port));
    somebody_else_is_served();
}

START_TEST(a_server_whose_full_bells_block_stops_nobody_when_it_closes)
{
    server_fills('c');
}
END_TEST

START_TEST(a_server_whose_full_bells_block_stops_nobody_when_it_dies)
{
    server_fills('d');
}
END_TEST

START_TEST(who_reads_fills_and_rings_its_bells_delays_nobody_for_ever)
{
    struct child server, attacker;
    uint32_t n_rounds = 0;
    handle_t port;

    daemon_connect();
    server = child_start("server");
    ck_assert_int_eq(child_hear(&server), 'r');
    ck_ok(port_connect_to(name, &port));
    attacker = child_start("playing client");
    for (uint32_t i = 0; i < N_CALLS || n_rounds < N_ROUNDS; i++) {
        call(port, 4 + i * 37 % 3000, i);
        n_rounds += child_rounds(&attacker, "playing client");
    }
    kill(attacker.pid, SIGKILL);
    (void)child_end(&attacker);
    call(port, QUIT_BYTES, 2);
    ck_assert_int_eq(child_end(&server), 0);
    ck_ok(portico_close(port));
}
END_TEST

static int changes; /* an eventfd that counts them */

static void changed(void *context)
{
    (void)context;
    (void)!eventfd_write(changes, 1);
}

static void wait_for_signal(handle_t port, const struct child *attacker)
{
    struct portico_watch *watch;
    eventfd_t n;

    ck_ok(portico_watch_open(port, changed, NULL, &watch));
    while (portico_watch_take(watch))
        ;
    child_tell(attacker, 'd');
    while (!portico_watch_take(watch))
        ck_assert_int_eq(eventfd_read(changes, &n), 0);
    ck_ok(port_receive_for(port, &message, PORTICO_POLL, NULL));
    ck_assert(message_has(&message, 40, 1));
    portico_watch_close(watch);
}

START_TEST(a_client_that_nests_its_bell_keeps_nobody_from_waiting_on_the_port)
{
    struct port_attributes attributes = test_attributes;
    struct portico_name wide = test_name(name);
    struct child attacker;
    handle_t port, server;

    daemon_connect();
    attributes.flags = 0x00040000u; /* waitable */
    changes = eventfd(0, EFD_CLOEXEC);
    ck_ok(portico_port_create(&wide, &attributes, &port));
    attacker = child_start("nesting client");
    ck_ok(port_take(port, &message));
    ck_ok(portico_port_accept(port, &attributes, 0, &message.header, true, &server));
    ck_assert_int_eq(child_hear(&attacker), 'n');
    wait_for_signal(port, &attacker);
    wait_for_signal(port, &attacker);
    ck_assert_int_eq(child_end(&attacker), 0);
    ck_ok(portico_close(server));
    ck_ok(portico_close(port));
}
END_TEST

/* ---- sleepers that are moved ---- */

static struct sleeper {
    handle_t port;
    status_t status;
} sleeper;

static void *sleeper_main(void *argument)
{
    static struct test_message request, reply;

    (void)argument;
    message_fill(&request, 100, 1);
    sleeper.status = port_call(sleeper.port, &request, &reply);
    return NULL;
}

static pthread_t sleeper_start(struct child *attacker)
{
    pthread_t thread;

    daemon_connect();
    *attacker = child_start("moving server");
    ck_assert_int_eq(child_hear(attacker), 'r');
    ck_ok(port_connect_to(hostile_name, &sleeper.port));
    ck_assert_int_eq(pthread_create(&thread, NULL, sleeper_main, NULL), 0);
    ck_assert_int_eq(child_hear(attacker), 'm');
    return thread;
}

START_TEST(a_moved_sleeper_wakes_when_its_server_disconnects)
{
    struct child attacker;
    pthread_t thread = sleeper_start(&attacker);

    child_tell(&attacker, 'c');
    pthread_join(thread, NULL);
    ck_status(sleeper.status, STATUS_PORT_DISCONNECTED);
    ck_ok(portico_close(sleeper.port));
    ck_assert_int_eq(child_end(&attacker), 0);
    somebody_else_is_served();
}
END_TEST

START_TEST(a_moved_sleeper_wakes_when_its_server_dies)
{
    struct child attacker;
    pthread_t thread = sleeper_start(&attacker);

    kill(attacker.pid, SIGKILL);
    pthread_join(thread, NULL);
    ck_status(sleeper.status, STATUS_PORT_DISCONNECTED);
    ck_ok(portico_close(sleeper.port));
    (void)child_end(&attacker);
    somebody_else_is_served();
}
END_TEST

START_TEST(a_moved_sleeper_wakes_when_its_own_side_closes_the_port)
{
    struct child attacker;
    pthread_t thread = sleeper_start(&attacker);

    ck_ok(portico_port_disconnect(sleeper.port, 0));
    pthread_join(thread, NULL);
    ck_status(sleeper.status, STATUS_PORT_DISCONNECTED);
    ck_ok(portico_close(sleeper.port));
    ck_assert_int_eq(child_end(&attacker), 0);
    somebody_else_is_served();
}
END_TEST

int main(int argc, char **argv)
{
    DAEMON_BEGIN(argc, argv, child_main);
    UNIT_BEGIN("attacks");
    UNIT_TEST(a_client_whose_full_bells_block_stops_nobody_when_it_is_disconnected);
    UNIT_TEST(a_server_whose_full_bells_block_stops_nobody_when_it_closes);
    UNIT_TEST(a_server_whose_full_bells_block_stops_nobody_when_it_dies);
    UNIT_TEST(who_reads_fills_and_rings_its_bells_delays_nobody_for_ever);
    UNIT_TEST(a_client_that_nests_its_bell_keeps_nobody_from_waiting_on_the_port);
    UNIT_TEST(a_moved_sleeper_wakes_when_its_server_disconnects);
    UNIT_TEST(a_moved_sleeper_wakes_when_its_server_dies);
    UNIT_TEST(a_moved_sleeper_wakes_when_its_own_side_closes_the_port);
    return DAEMON_END(UNIT_END());
}
