/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Portico developers */
#include "config.h"

/* The attacks with what the daemon has handed out: eventfds whose open file is the daemon's too
 * (flags and counter), and futex words in shared memory whose waiters anybody who maps it may wake
 * or move elsewhere. Each attacker is a process of its own that goes through the public API and
 * finds its descriptors and lanes in /proc/self. Whatever it does, the daemon and everybody else go
 * on, and who waits for the attacker itself is freed at the latest by its end. */

#include <dirent.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "daemon.h"
#include "portico/lane.h"

enum {
    N_ROUNDS = 12, /* of attacks on bells, at least, while the honest one works */
    N_CALLS = 300, /* at least */
    N_WAKES = 100, /* of a sleeper, for nothing */
    QUIT_BYTES = 1,
};

static const char name[] = "\\RPC Control\\attacks";
static const char hostile_name[] = "\\RPC Control\\hostile";
static struct test_message message;

/* ---- attacks on eventfds ---- */

enum bell_attack { READ_AWAY, FILL, FILL_AND_BLOCK, RING };

static void attack_bell(int fd, enum bell_attack attack)
{
    const uint64_t one = 1, most = UINT64_MAX - 1;
    uint64_t count;

    if (attack == RING) {
        (void)!write(fd, &one, sizeof(one));
        return;
    }
    (void)!read(fd, &count, sizeof(count)); /* all of them are made with O_NONBLOCK */
    if (attack == READ_AWAY)
        return;
    (void)!write(fd, &most, sizeof(most));
    if (attack == FILL_AND_BLOCK && fcntl(fd, F_SETFL, 0) < 0)
        _exit(90);
}

/* Every eventfd of this process; how many. */
static unsigned attack_bells(enum bell_attack attack)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    char target[64];
    unsigned n = 0;

    while (dir && (entry = readdir(dir))) {
        ssize_t size = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
        if (size < 0)
            continue;
        target[size] = '\0';
        if (strcmp(target, "anon_inode:[eventfd]") != 0)
            continue;
        attack_bell(atoi(entry->d_name), attack);
        n++;
    }
    if (dir)
        closedir(dir);
    return n;
}

/* ---- attacks on futexes ---- */

static uint32_t elsewhere; /* where sleepers are moved */

static unsigned attack_word(uint32_t *word, int operation)
{
    long n = syscall(SYS_futex, word, operation, operation == FUTEX_WAKE ? INT32_MAX : 0,
                     (void *)INT32_MAX, &elsewhere, 0);

    return n > 0 ? (unsigned)n : 0;
}

/* The words of a first lane on which its sender may sleep: all of the header, each slot's state. */
static unsigned attack_lane(uint8_t *base, int operation)
{
    uint8_t *slots = base + LANE_HEADER_BYTES + LANE_RING_FIRST_BYTES;
    unsigned n = 0;

    for (size_t at = 0; at < sizeof(struct lane_header); at += sizeof(uint32_t))
        n += attack_word((uint32_t *)(void *)(base + at), operation);
    for (size_t slot = 0; slot < LANE_SLOTS_MAX; slot++)
        n += attack_word((uint32_t *)(void *)(slots + slot * LANE_SLOT_BYTES), operation);
    return n;
}

/* In every lane that this process has mapped; how many sleepers it has hit. */
static unsigned attack_lanes(int operation)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long from, to;
    char line[512];
    unsigned n = 0;

    while (maps && fgets(line, sizeof(line), maps))
        if (strstr(line, "rw-s") && strstr(line, "portico-lane") &&
            sscanf(line, "%lx-%lx", &from, &to) == 2)
            n += attack_lane((uint8_t *)from, operation);
    if (maps)
        fclose(maps);
    return n;
}

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

/* An attacker that its own play has ended is followed by another. */
static uint32_t rounds_since(struct child *attacker)
{
    struct pollfd look = {.fd = attacker->from, .events = POLLIN};
    uint32_t n = 0;

    while (poll(&look, 1, 0) == 1) {
        if (child_hear(attacker)) {
            n++;
            continue;
        }
        (void)child_end(attacker);
        *attacker = child_start("playing client");
        look.fd = attacker->from;
    }
    return n;
}

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
        n_rounds += rounds_since(&attacker);
    }
    kill(attacker.pid, SIGKILL);
    (void)child_end(&attacker);
    call(port, QUIT_BYTES, 2);
    ck_assert_int_eq(child_end(&server), 0);
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
    UNIT_TEST(a_moved_sleeper_wakes_when_its_server_disconnects);
    UNIT_TEST(a_moved_sleeper_wakes_when_its_server_dies);
    UNIT_TEST(a_moved_sleeper_wakes_when_its_own_side_closes_the_port);
    return DAEMON_END(UNIT_END());
}
